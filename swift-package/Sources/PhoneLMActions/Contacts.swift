import Foundation

/// A person in the contacts.
public struct Contact: Sendable, Hashable, Identifiable {
    /// A value of a contact, such as a number, and what it is called.
    public struct Detail: Sendable, Hashable {
        /// The value.
        public var value: String
        /// What it is called in the user's language, as in "home"; empty if it has no name.
        public var label: String
        /// Whether it is the number of a mobile phone.
        public var isMobile: Bool

        /// Creates a detail.
        ///
        /// - Parameters:
        ///   - value: The value.
        ///   - label: What it is called in the user's language.
        ///   - isMobile: Whether it is the number of a mobile phone.
        public init(value: String, label: String = "", isMobile: Bool = false) {
            self.value = value
            self.label = label
            self.isMobile = isMobile
        }

        /// A birthday, with a year or without: "12 May 1990".
        init?(birthday: DateComponents?) {
            guard let day = birthday?.day, let month = birthday?.month, (1...12).contains(month) else { return nil }
            let year = birthday?.year.map { " \($0)" } ?? ""
            self.init(value: "\(day) \(DayWords.months[month - 1].capitalized)\(year)")
        }
    }

    /// Names the contact in its store.
    public let id: String
    /// The full name.
    public let name: String
    /// What is known of the contact; the birthday is written as a date.
    public let details: [ContactField: [Detail]]

    /// Creates a contact.
    ///
    /// - Parameters:
    ///   - id: Names the contact in its store.
    ///   - name: The full name.
    ///   - details: What is known of the contact.
    public init(id: String, name: String, details: [ContactField: [Detail]]) {
        self.id = id
        self.name = name
        self.details = details
    }
}

/// What is new of a contact.
public struct NewDetails: Sendable, Hashable {
    /// A telephone number.
    public var phone: String?
    /// An e-mail address.
    public var email: String?
    /// The company.
    public var company: String?

    var all: [String] { [phone, email, company].compactMap { $0 } }
}

/// The user's contacts.
public protocol ContactStore: PermittedPart {
    /// The contacts whose name matches, with all that is known of them.
    func contacts(matching name: String) async throws -> [Contact]

    /// Adds a contact; one with a single name has no family name.
    func add(givenName: String, familyName: String, _ details: NewDetails) async throws

    /// Adds a number and an address to what a contact has; a company takes the place of the one before.
    func update(_ contact: Contact, with details: NewDetails) async throws
}

extension Contact {
    /// The one of `found` that the user means.
    static func choose(_ said: String, from found: [Contact]) throws -> Contact {
        let words = said.lowercased().split(separator: " ")
        let whole = found.filter { $0.name.lowercased() == said.lowercased() }
        let parts = found.filter { Set($0.name.lowercased().split(separator: " ")).isSuperset(of: words) }
        let best = [whole, parts, found].first { !$0.isEmpty } ?? []
        guard let one = best.first else { throw ActionError.contactUnknown(name: said) }
        if best.count > 1 { throw ActionError.contactAmbiguous(name: said, matches: best.map(\.name)) }
        return one
    }

    /// The value to use where one is needed: the mobile number, else the first.
    func best(_ field: ContactField) throws -> String {
        let details = try present(field)
        return (details.first(where: \.isMobile) ?? details[0]).value
    }

    /// The values of a field, of which there is at least one.
    func present(_ field: ContactField) throws -> [Detail] {
        let details = self.details[field, default: []].filter { !$0.value.isEmpty }
        if details.isEmpty { throw ActionError.contactLacks(name: name, field: field) }
        return details
    }
}
