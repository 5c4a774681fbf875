extension LanguageModelSession {
    /// A whole answer.
    public struct Response: Sendable, Hashable {
        /// The text of the answer.
        public let content: String

        /// Why the answer ended.
        public let finishReason: FinishReason

        /// What the answer took.
        public let statistics: Statistics

        /// When something else went on with the answer, in order; mostly empty.
        public let backendChanges: [BackendChange]
    }

    /// Something else went on with an answer: the GPU failed, or the app went to the background. Nothing was lost.
    public struct BackendChange: Sendable, Hashable {
        /// What computed before, as in ``LanguageModel/Info/executor``.
        public let from: String

        /// What computed from then on.
        public let to: String

        /// Why, in words.
        public let reason: String
    }

    /// Why an answer ended.
    public enum FinishReason: Sendable, Hashable {
        /// The model had said all, or reached one of the stop sequences.
        case stop
        /// The answer reached ``GenerationOptions/maximumResponseTokens``.
        case length
        /// The context was full.
        case contextFull
        /// The constraint on the answer allowed nothing more.
        case constraint
        /// The model went on calling tools after ``ToolPolicy/maximumRounds``.
        case toolLimit
    }

    /// What an answer took.
    public struct Statistics: Sendable, Hashable {
        /// Tokens of the conversation before the answer.
        public let promptTokens: Int

        /// How many of ``promptTokens`` were in the cache already.
        public let cachedTokens: Int

        /// Tokens of the answer.
        public let generatedTokens: Int

        /// Seconds from the request to the first token.
        public let secondsToFirstToken: Double

        /// Tokens a second, from the first token to the last.
        public let tokensPerSecond: Double

        /// The oldest turns that were dropped to make room; see ``ContextOverflow``.
        public let droppedTurns: Int

        /// Tokens of ``droppedTurns``.
        public let droppedTokens: Int
    }
}
