/// What a person did on a screen for a message.
public enum ComposeOutcome: Sendable, Hashable {
    /// It was sent.
    case sent
    /// It was kept as a draft.
    case saved
    /// It was thrown away.
    case cancelled
    /// It could not be sent.
    case failed
}

/// Screens on which the user sends what is filled in.
public protocol MessageComposer: Sendable {
    /// Whether the phone can send text messages.
    func canSendMessages() async -> Bool

    /// Whether the phone's mail app has an account.
    func canSendEmails() async -> Bool

    /// Shows a message until the user is done with it.
    func compose(message: String, to number: String) async throws -> ComposeOutcome

    /// Shows an e-mail until the user is done with it.
    func compose(_ email: ComposedEmail) async throws -> ComposeOutcome
}

/// An e-mail with everything filled in.
public struct ComposedEmail: Sendable, Hashable {
    /// The addresses that it goes to.
    public var to: [String]
    /// The addresses that get a copy.
    public var cc: [String]
    /// The addresses that get a copy without the others' seeing it.
    public var bcc: [String]
    /// The subject.
    public var subject: String
    /// The text.
    public var body: String
}
