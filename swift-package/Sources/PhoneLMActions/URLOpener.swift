import Foundation

/// Opens addresses in the app that they belong to.
public protocol URLOpener: Sendable {
    /// Whether an app took it.
    func open(_ url: URL) async -> Bool

    /// The address of this app's page in the settings, or of its notifications there.
    func settings(ofNotifications: Bool) async -> URL?
}

/// The addresses that actions open, as Apple and the web document them.
enum Addresses {
    /// The telephone. `nil` with a star or a hash, which iOS does not dial for an app:
    /// https://developer.apple.com/library/archive/featuredarticles/iPhoneURLScheme_Reference/PhoneLinks/PhoneLinks.html
    static func telephone(_ number: String) -> URL? {
        if number.contains(where: { "*#".contains($0) }) { return nil }
        return URL(string: "tel:" + number.filter { "+0123456789,;".contains($0) })
    }

    /// An e-mail, for phones whose mail app has no account (RFC 6068).
    static func mail(_ email: ComposedEmail) -> URL? {
        let people = { (people: [String]) in people.map(encoded).joined(separator: ",") }
        let fields = [
            ("cc", people(email.cc)), ("bcc", people(email.bcc)), ("subject", encoded(email.subject)),
            ("body", encoded(email.body)),
        ]
        let query = fields.filter { !$0.1.isEmpty }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        return URL(string: "mailto:\(people(email.to))" + (query.isEmpty ? "" : "?\(query)"))
    }

    /// A place on a map:
    /// https://developer.apple.com/library/archive/featuredarticles/iPhoneURLScheme_Reference/MapLinks/MapLinks.html
    static func map(of place: String) -> URL? {
        URL(string: "https://maps.apple.com/?q=\(encoded(place))")
    }

    /// Directions; the link takes no bicycle.
    static func directions(to place: String, _ mode: TravelMode) -> URL? {
        let flag =
            switch mode {
            case .drive: "&dirflg=d"
            case .walk: "&dirflg=w"
            case .transit: "&dirflg=r"
            case .bicycle: ""
            }
        return URL(string: "https://maps.apple.com/?daddr=\(encoded(place))\(flag)")
    }

    /// What a search engine finds; `start` is its address up to what is searched for.
    static func search(_ start: String, _ query: String) -> URL? {
        URL(string: start + encoded(query))
    }

    private static func encoded(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
}
