import Foundation
internal import PhoneLMBindings

/// All that can go wrong.
///
/// `localizedDescription` says in a sentence what happened and what to do. Cancelling is no error of this kind: a
/// cancelled task gets Swift's `CancellationError`.
public enum LanguageModelError: Error, Sendable, Hashable {
    /// There is no file at the path.
    case modelNotFound(path: String)
    /// The file is no model, or one that this engine cannot run.
    case modelInvalid(path: String, reason: String)
    /// The file cannot be mapped into memory: import it into a ``ModelStore`` first.
    case modelUnmappable(reason: String)
    /// The model file is damaged: bring it anew.
    case modelDamaged(reason: String)
    /// ``LanguageModel/unload()`` was called.
    case modelUnloaded
    /// The session is making another answer.
    case sessionBusy
    /// ``LanguageModelSession/close()`` was called.
    case sessionClosed
    /// The conversation outgrew the context.
    case contextSizeExceeded(ContextSizeExceeded)
    /// This device or this model cannot do it.
    case unsupported(reason: String)
    /// An option has a value that it cannot have.
    case optionInvalid(option: String, value: String, allowed: String)
    /// A JSON schema, a regular expression or a Lark grammar is none, or asks for something that answers, or the calls of a
    /// tool, cannot be held to.
    case grammarInvalid(reason: String)
    /// The answer is no value of its type: it ended too early, or the type is another one than its schema says. It stays in
    /// the conversation.
    case responseInvalid(reason: String)
    /// The prompt cannot be answered.
    case promptInvalid(reason: String)
    /// The transcript is none of a conversation.
    case transcriptInvalid(reason: String)
    /// The folder cannot be used for a session: there is one in it, or none, or one that cannot be read or is open already.
    /// It was left as it is.
    case sessionInvalid(path: String, reason: String)
    /// The folder of a search holds another one, other files or a broken line, and was left as it is.
    case searchInvalid(path: String, reason: String)
    /// No tool call waits under this identifier.
    case unknownCall(id: String)
    /// Arguments that a user changed do not fit the tool; the call still waits.
    case argumentsInvalid(tool: String, reason: String)
    /// There is too little memory.
    case outOfMemory(neededBytes: Int)
    /// The model would take more memory than ``LanguageModel/Options/memoryBudget`` grants; nothing was loaded. The context
    /// size is the largest that fits, 0 if not even the model does.
    case overBudget(neededBytes: Int, grantedBytes: Int, largestContextSize: Int)
    /// Computing failed.
    case computeFailed(reason: String)
    /// There is too little space on the disk.
    case storageFull(neededBytes: Int, availableBytes: Int)
    /// The bytes are not those that were expected.
    case checksumMismatch(expected: String, found: String)
    /// Reading or writing failed.
    case storageFailed(path: String, reason: String)
    /// An error of this library: please report it.
    case internalError(reason: String)

    /// By how much the conversation outgrew the context.
    public struct ContextSizeExceeded: Sendable, Hashable {
        /// Tokens that the context may have.
        public let contextSize: Int
        /// Tokens that the request needs.
        public let tokenCount: Int

        /// Creates the numbers of an error.
        ///
        /// - Parameters:
        ///   - contextSize: Tokens that the context may have.
        ///   - tokenCount: Tokens that the request needs.
        public init(contextSize: Int, tokenCount: Int) {
            self.contextSize = contextSize
            self.tokenCount = tokenCount
        }
    }

    /// Whether the same request may succeed later without any change.
    public var isRetryable: Bool {
        errorIsRetryable(error: SdkError(self))
    }
}

extension LanguageModelError: LocalizedError {
    /// What happened and what to do, for people.
    public var errorDescription: String? {
        errorMessage(error: SdkError(self))
    }
}
