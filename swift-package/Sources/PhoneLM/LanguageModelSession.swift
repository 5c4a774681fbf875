internal import PhoneLMBindings

/// A conversation with a model.
///
/// A session gives one answer at a time: a second request before the first has ended is refused with
/// ``LanguageModelError/sessionBusy``. Sessions of one model take turns, token by token.
///
/// A turn enters the ``transcript`` when its answer is complete. Cancelling the task that waits for an answer stops the
/// model within a token and leaves the conversation as it was before the request. A session that is kept in a
/// ``SessionFolder`` outlives its process.
public final class LanguageModelSession: Sendable {
    let session: PhoneLMBindings.Session
    let tools: [any Tool]
    let toolPolicy: ToolPolicy

    init(_ session: PhoneLMBindings.Session, _ tools: [any Tool], _ toolPolicy: ToolPolicy) {
        self.session = session
        self.tools = tools
        self.toolPolicy = toolPolicy
    }

    /// Begins a conversation.
    ///
    /// - Parameters:
    ///   - model: The model that answers.
    ///   - tools: Functions of the app that the model may call.
    ///   - instructions: What the model should be and do.
    ///   - options: What requests use unless they say otherwise.
    ///   - overflow: What happens when the conversation outgrows the context.
    ///   - toolPolicy: Who is asked about calls, and how many there may be.
    ///   - folder: Where the session is kept, new or empty; with one, this call waits for the disk for a moment. Without one
    ///     nothing is kept.
    /// - Throws: ``LanguageModelError``.
    public convenience init(
        model: LanguageModel,
        tools: [any Tool] = [],
        instructions: String? = nil,
        options: GenerationOptions = GenerationOptions(),
        overflow: ContextOverflow = .fail,
        toolPolicy: ToolPolicy = ToolPolicy(),
        folder: SessionFolder? = nil
    ) throws {
        let options = try SessionOptions(instructions, options, overflow, tools, toolPolicy, folder)
        self.init(try crossing { try model.model.newSession(options: options) }, tools, toolPolicy)
    }

    /// Goes on with a conversation that was saved as JSON, of this model or of another one.
    ///
    /// - Parameters:
    ///   - model: The model that answers.
    ///   - tools: Functions of the app that the model may call.
    ///   - transcriptJSON: What ``transcriptJSON()`` gave; its instructions hold again.
    ///   - options: What requests use unless they say otherwise.
    ///   - overflow: What happens when the conversation outgrows the context.
    ///   - toolPolicy: Who is asked about calls, and how many there may be.
    /// - Throws: ``LanguageModelError``.
    public convenience init(
        model: LanguageModel,
        tools: [any Tool] = [],
        transcriptJSON: String,
        options: GenerationOptions = GenerationOptions(),
        overflow: ContextOverflow = .fail,
        toolPolicy: ToolPolicy = ToolPolicy()
    ) throws {
        let options = try SessionOptions(nil, options, overflow, tools, toolPolicy)
        self.init(
            try crossing { try model.model.restoreSession(transcriptJson: transcriptJSON, options: options) },
            tools,
            toolPolicy
        )
    }

    /// The conversation so far.
    public var transcript: Transcript { Transcript(session.transcript()) }

    /// The conversation so far, to be saved: a session made from it goes on exactly here.
    ///
    /// - Throws: ``LanguageModelError``.
    public func transcriptJSON() throws -> String {
        try crossing { try session.transcriptJson() }
    }

    /// Whether an answer is being made.
    public var isResponding: Bool { session.isResponding() }

    /// How much of the context the conversation takes.
    public var contextUsage: ContextUsage { ContextUsage(session.usage()) }

    /// Asks for an answer and waits for all of it.
    ///
    /// Cancelling the task ends the answer with a `CancellationError`.
    ///
    /// - Parameters:
    ///   - prompt: What to answer.
    ///   - options: What differs from the session's options for this answer.
    /// - Throws: ``LanguageModelError``.
    @discardableResult
    public func respond(
        to prompt: String,
        options: GenerationOptions = GenerationOptions()
    ) async throws -> Response {
        try await streamResponse(to: prompt, options: options).collect()
    }

    /// Asks for an answer that can be read while it is made.
    ///
    /// The model begins when the first snapshot is asked for. Cancelling the task that reads, or leaving its loop,
    /// stops the model.
    ///
    /// - Parameters:
    ///   - prompt: What to answer.
    ///   - options: What differs from the session's options for this answer.
    public func streamResponse(
        to prompt: String,
        options: GenerationOptions = GenerationOptions()
    ) -> ResponseStream {
        ResponseStream(Turn(session: self, prompt: prompt, options: options))
    }

    /// Lets the model read the instructions, and the beginning of the next prompt if it is known, before it is asked.
    ///
    /// Returns at once. What goes wrong meanwhile is told by the request that follows.
    ///
    /// - Parameter promptPrefix: How the next prompt begins.
    public func prewarm(promptPrefix: String? = nil) {
        try? session.prewarm(prefix: promptPrefix)
    }

    /// A second conversation that begins with this one; they share the memory of what they have in common.
    ///
    /// - Throws: ``LanguageModelError``.
    public func fork() throws -> LanguageModelSession {
        LanguageModelSession(try crossing { try session.fork() }, tools, toolPolicy)
    }

    /// Forgets the conversation; the instructions stay.
    ///
    /// - Throws: ``LanguageModelError``.
    public func reset() throws {
        try crossing { try session.reset() }
    }

    /// Ends the conversation and gives its memory back, now. An answer that is being made ends with
    /// ``LanguageModelError/sessionClosed``.
    ///
    /// A session that nobody holds any more closes by itself. May be called at any time, from anywhere, more than once.
    public func close() {
        session.end()
    }
}

/// What happens when a conversation outgrows the context.
public enum ContextOverflow: Sendable, Hashable {
    /// The request fails with ``LanguageModelError/contextSizeExceeded(_:)``.
    case fail
    /// The oldest turns are dropped until this share of the context is in use; the instructions stay. 0.5 is customary.
    case dropOldest(keepingShare: Double = 0.5)
}

/// How much of the context a conversation takes.
public struct ContextUsage: Sendable, Hashable {
    /// Tokens of the conversation so far.
    public let tokens: Int
    /// Tokens that the conversation may have.
    public let contextSize: Int
}
