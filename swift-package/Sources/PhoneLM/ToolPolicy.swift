internal import PhoneLMBindings

/// Whether a ``Tool`` may run when the model calls it. Nothing that is said in a conversation changes it.
public enum ToolPermission: Sendable, Hashable {
    /// At once.
    case allow
    /// When ``ToolPolicy/confirm`` says so.
    case ask
    /// Never; the model is told.
    case deny
}

/// What a session does with the calls of its model.
///
/// ```swift
/// let policy = ToolPolicy { asked in
///     await dialog.allows(asked.call) ? .run : .refuse(reason: nil)
/// }
/// ```
public struct ToolPolicy: Sendable {
    /// Most rounds of calls in a turn, 1 to 64. When the model calls once more, the turn ends with
    /// ``LanguageModelSession/FinishReason/toolLimit``.
    public var maximumRounds: Int

    /// Whether calls are only shown and none runs.
    public var dryRun: Bool

    /// Asks the user about a call of a tool with ``ToolPermission/ask``, in the task that reads the answer.
    public var confirm: @Sendable (ToolConfirmation) async -> ToolDecision

    /// Creates a policy.
    ///
    /// - Parameters:
    ///   - maximumRounds: Most rounds of calls in a turn, 1 to 64.
    ///   - dryRun: Whether calls are only shown and none runs.
    ///   - confirm: Asks the user about a call; where it is left out, calls that have to be asked for are refused.
    public init(
        maximumRounds: Int = 8,
        dryRun: Bool = false,
        confirm: @escaping @Sendable (ToolConfirmation) async -> ToolDecision = { _ in
            .refuse(reason: "nobody can be asked")
        }
    ) {
        self.maximumRounds = maximumRounds
        self.dryRun = dryRun
        self.confirm = confirm
    }
}

/// A call that waits for the user.
public struct ToolConfirmation: Sendable, Hashable {
    /// What the model wants to call.
    public let call: Transcript.ToolCall

    /// What was wrong with the arguments of ``ToolDecision/runWith(arguments:)``, if the call is asked for again.
    public let problem: String?
}

/// What the user says to a call.
public enum ToolDecision: Sendable, Hashable {
    /// It may run.
    case run
    /// It may run with these arguments instead: a JSON object that fits the tool's schema. If it does not, the call is
    /// asked for again.
    case runWith(arguments: String)
    /// It must not run; the model reads why.
    case refuse(reason: String?)
}

/// What happens to a call while an answer is made.
public enum ToolStep: Sendable, Hashable {
    /// The user is asked.
    case confirming(Transcript.ToolCall)
    /// It runs, with the arguments that the user may have changed.
    case running(Transcript.ToolCall)
    /// It ended, and the model is told this.
    case finished(Transcript.ToolCall, output: String)
    /// It failed, and the model is told this.
    case failed(Transcript.ToolCall, message: String)
    /// It does not run.
    case refused(Transcript.ToolCall, ToolRefusal)

    /// The call.
    public var call: Transcript.ToolCall {
        switch self {
        case .confirming(let call), .running(let call): call
        case .finished(let call, _), .failed(let call, _), .refused(let call, _): call
        }
    }
}

/// Why a call did not run.
public enum ToolRefusal: Sendable, Hashable {
    /// The tool has ``ToolPermission/deny``.
    case denied
    /// The user refused it.
    case user
    /// ``ToolPolicy/dryRun`` is set.
    case dryRun
    /// The session has no tool of this name.
    case unknownTool
    /// ``ToolPolicy/maximumRounds`` were made.
    case tooManyRounds
}

extension PhoneLMBindings.ToolPermission {
    init(_ permission: ToolPermission) {
        self =
            switch permission {
            case .allow: .allow
            case .ask: .ask
            case .deny: .deny
            }
    }
}

extension PhoneLMBindings.ToolDecision {
    init(_ decision: ToolDecision) {
        self =
            switch decision {
            case .run: .run
            case .runWith(let arguments): .runWith(argumentsJson: arguments)
            case .refuse(let reason): .refuse(reason: reason)
            }
    }
}

extension ToolRefusal {
    init(_ reason: RefusalReason) {
        self =
            switch reason {
            case .denied: .denied
            case .user: .user
            case .dryRun: .dryRun
            case .unknownTool: .unknownTool
            case .tooManyRounds: .tooManyRounds
            }
    }
}
