/// How the model words its answer: sampling, length and when to stop.
///
/// What is `nil` is taken from the session's options, and from the engine's defaults where those say nothing either.
public struct GenerationOptions: Sendable, Hashable {
    /// How the next token is chosen.
    public struct SamplingMode: Sendable, Hashable {
        var temperature: Double?
        var top: Int?
        var probabilityThreshold: Double?
        var minimumProbability: Double?
        var seed: UInt64?

        /// Always the most likely token: the same prompt gives the same answer.
        public static let greedy = SamplingMode(temperature: 0)

        /// A token by chance among the likely ones.
        ///
        /// - Parameters:
        ///   - top: How many of the most likely tokens take part.
        ///   - probabilityThreshold: The most likely tokens take part until their probabilities reach this sum.
        ///   - minimumProbability: Tokens take part from this share of the most likely token's probability on.
        ///   - seed: The same seed, prompt and options give the same answer on one device.
        public static func random(
            top: Int? = nil,
            probabilityThreshold: Double? = nil,
            minimumProbability: Double? = nil,
            seed: UInt64? = nil
        ) -> SamplingMode {
            SamplingMode(
                top: top,
                probabilityThreshold: probabilityThreshold,
                minimumProbability: minimumProbability,
                seed: seed
            )
        }
    }

    /// How the next token is chosen.
    public var samplingMode: SamplingMode?

    /// How far the model strays from its most likely words: 0 never does. Not used with ``SamplingMode/greedy``.
    public var temperature: Double?

    /// The most tokens that an answer may have; it then ends with ``LanguageModelSession/FinishReason/length``.
    public var maximumResponseTokens: Int?

    /// Above 1, makes tokens that occurred already less likely.
    public var repetitionPenalty: Double?

    /// Taken from the score of each token that occurred already.
    public var presencePenalty: Double?

    /// Taken from the score of each token, once for every time that it occurred.
    public var frequencyPenalty: Double?

    /// The answer ends before any of these texts.
    public var stopSequences: [String]?

    /// Whether the transcript keeps what was said before an answer was cancelled.
    public var keepsPartialResponse: Bool?

    /// What the answer must look like; anything if it is `nil`.
    public var grammar: Grammar?

    /// Creates options; what is left out stays as the session or the engine has it.
    ///
    /// - Parameters:
    ///   - samplingMode: How the next token is chosen.
    ///   - temperature: How far the model strays from its most likely words.
    ///   - maximumResponseTokens: The most tokens that an answer may have.
    ///   - repetitionPenalty: Above 1, makes tokens that occurred already less likely.
    ///   - presencePenalty: Taken from the score of each token that occurred already.
    ///   - frequencyPenalty: Taken from the score of each token, once for every time that it occurred.
    ///   - stopSequences: The answer ends before any of these texts.
    ///   - keepsPartialResponse: Whether the transcript keeps what was said before an answer was cancelled.
    ///   - grammar: What the answer must look like.
    public init(
        samplingMode: SamplingMode? = nil,
        temperature: Double? = nil,
        maximumResponseTokens: Int? = nil,
        repetitionPenalty: Double? = nil,
        presencePenalty: Double? = nil,
        frequencyPenalty: Double? = nil,
        stopSequences: [String]? = nil,
        keepsPartialResponse: Bool? = nil,
        grammar: Grammar? = nil
    ) {
        self.samplingMode = samplingMode
        self.temperature = temperature
        self.maximumResponseTokens = maximumResponseTokens
        self.repetitionPenalty = repetitionPenalty
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.stopSequences = stopSequences
        self.keepsPartialResponse = keepsPartialResponse
        self.grammar = grammar
    }
}
