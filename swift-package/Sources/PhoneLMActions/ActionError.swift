import Foundation

/// Why an action was not done. The description is a sentence for the model and for people; inside a tool the model is
/// told it.
public enum ActionError: LocalizedError, Sendable, Hashable {
    /// There is no such function, or its arguments are not what it takes.
    case argumentInvalid(reason: String)
    /// No contact has that name.
    case contactUnknown(name: String)
    /// Several contacts have that name.
    case contactAmbiguous(name: String, matches: [String])
    /// The contact lacks what is needed.
    case contactLacks(name: String, field: ContactField)
    /// Contacts are needed and cannot be read.
    case contactsUnreadable(reason: String)
    /// iOS lets no app do it, or this phone or this app has no way.
    case unsupported(reason: String)
    /// The user, or the system, does not let this app do it.
    case notAllowed(reason: String)

    /// A sentence that says why.
    public var errorDescription: String? {
        switch self {
        case .argumentInvalid(let reason), .contactsUnreadable(let reason), .unsupported(let reason),
            .notAllowed(let reason):
            reason
        case .contactUnknown(let name):
            "No contact is called \(name). Ask the user for the number or the address itself."
        case .contactAmbiguous(let name, let matches):
            "\(matches.count) contacts match \(name): \(matches.prefix(5).joined(separator: ", ")). Ask the user which one."
        case .contactLacks(let name, let field):
            "\(name) has no \(field.words) in the contacts."
        }
    }
}
