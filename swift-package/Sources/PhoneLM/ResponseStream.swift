import Foundation
internal import PhoneLMBindings

extension LanguageModelSession {
    /// An answer that is read while it is made.
    ///
    /// ```swift
    /// for try await snapshot in session.streamResponse(to: "Tell me a story") {
    ///     label.text = snapshot.content
    /// }
    /// ```
    ///
    /// A stream is one answer: the model is asked once, and what one loop has read does not come again. Nothing is lost
    /// when the reader is slow; the pieces that it missed arrive joined.
    public struct ResponseStream: AsyncSequence, Sendable {
        /// The answer as far as it goes.
        public struct Snapshot: Sendable, Hashable {
            /// All text so far.
            public let content: String
            /// What ``content`` has more than in the snapshot before.
            public let delta: String
            /// The whole answer, in the last snapshot only.
            public let response: Response?
            /// What happened to a call of a tool, if that is what the snapshot tells.
            public let step: ToolStep?
        }

        /// A reader of the answer. When it goes, the model stops.
        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let reader: Reader

            /// Waits for the next snapshot; `nil` after the last one.
            ///
            /// - Throws: ``LanguageModelError``, or `CancellationError` if the task is cancelled.
            public mutating func next() async throws -> Snapshot? {
                try await reader.turn.next()
            }
        }

        private let turn: Turn

        init(_ turn: Turn) {
            self.turn = turn
        }

        /// Begins to read.
        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(reader: Reader(turn))
        }

        /// Reads to the end, and gives the whole answer; it may have been read already.
        ///
        /// - Throws: What ended the answer.
        public func collect() async throws -> Response {
            for try await _ in self {}
            return try turn.outcome()
        }
    }
}

/// Stops the turn when the last copy of an iterator goes.
private final class Reader: Sendable {
    let turn: Turn

    init(_ turn: Turn) {
        self.turn = turn
    }

    deinit {
        turn.cancel()
    }
}

/// One request and its answer: begins the generation, runs the tools it asks for, and knows how it ended.
final class Turn: Sendable {
    private struct State {
        var generation: Generation?
        var content = ""
        var droppedTurns: UInt64 = 0
        var droppedTokens: UInt64 = 0
        var backendChanges: [LanguageModelSession.BackendChange] = []
        /// What is done before the next event is waited for.
        var todo: Todo?
        var outcome: Result<LanguageModelSession.Response, any Error>?
    }

    private enum Todo {
        case confirm(ToolCall)
        case run(ToolCall)
    }

    private let session: LanguageModelSession
    private let prompt: String
    private let options: GenerationOptions
    private let state = Locked(State())

    init(session: LanguageModelSession, prompt: String, options: GenerationOptions) {
        self.session = session
        self.prompt = prompt
        self.options = options
    }

    func next() async throws -> LanguageModelSession.ResponseStream.Snapshot? {
        guard state.withLock({ $0.outcome == nil }) else { return nil }
        do {
            let generation = try begin()
            return try await withTaskCancellationHandler {
                try await snapshot(of: generation)
            } onCancel: {
                generation.cancel()
            }
        } catch {
            state.withLock { $0.outcome = .failure(error) }
            throw error
        }
    }

    func cancel() {
        state.withLock { $0.generation }?.cancel()
    }

    func outcome() throws -> LanguageModelSession.Response {
        guard let outcome = state.withLock({ $0.outcome }) else { throw CancellationError() }
        return try outcome.get()
    }

    private func begin() throws -> Generation {
        try state.withLock { state in
            if let generation = state.generation { return generation }
            try Task.checkCancellation()
            let request = GenerationRequest(prompt: [.text(text: prompt)], options: try .init(options))
            let generation = try crossing { try session.session.generate(request: request) }
            state.generation = generation
            return generation
        }
    }

    /// The next snapshot of a generation; what else it tells is done and kept.
    func snapshot(
        of generation: Generation
    ) async throws -> LanguageModelSession.ResponseStream.Snapshot? {
        if let step = try await doWhatWaits(generation) { return told(step) }
        while let event = try await crossingAsync({ try await generation.next() }) {
            switch event {
            case .text(let text):
                // What came before the end of a cancelled answer is read over: its end comes within a token.
                if Task.isCancelled { continue }
                return state.withLock { state in
                    state.content += text
                    return .init(content: state.content, delta: text, response: nil, step: nil)
                }
            case .confirmationNeeded(let call):
                state.withLock { $0.todo = .confirm(call) }
                return told(.confirming(.init(call)))
            case .toolCall(let call):
                state.withLock { $0.todo = .run(call) }
                return told(.running(.init(call)))
            case .toolRefused(let call, let reason):
                return told(.refused(.init(call), .init(reason)))
            case .contextDropped(let turns, let tokens):
                state.withLock { state in
                    state.droppedTurns += turns
                    state.droppedTokens += tokens
                }
            case .backendChanged(let from, let to, let reason):
                state.withLock { $0.backendChanges.append(.init(from: from, to: to, reason: reason)) }
            case .finished(let response):
                return try finish(response)
            }
        }
        return nil
    }

    private func finish(
        _ response: PhoneLMBindings.Response
    ) throws -> LanguageModelSession.ResponseStream.Snapshot {
        try state.withLock { state in
            let whole = try LanguageModelSession.Response(
                response,
                droppedTurns: state.droppedTurns,
                droppedTokens: state.droppedTokens,
                backendChanges: state.backendChanges
            )
            state.outcome = .success(whole)
            return .init(content: whole.content, delta: "", response: whole, step: nil)
        }
    }

    private func told(_ step: ToolStep) -> LanguageModelSession.ResponseStream.Snapshot {
        .init(content: state.withLock { $0.content }, delta: "", response: nil, step: step)
    }

    /// Asks for or runs the call that the last snapshot told of.
    private func doWhatWaits(_ generation: Generation) async throws -> ToolStep? {
        let todo = state.withLock { state in
            defer { state.todo = nil }
            return state.todo
        }
        let runner = ToolRunner(tools: session.tools, policy: session.toolPolicy, generation: generation)
        switch todo {
        case .confirm(let call): try await runner.confirm(call)
        case .run(let call): return try await runner.run(call)
        case nil: break
        }
        return nil
    }
}
