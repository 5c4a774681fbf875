import Foundation

/// Sizes of a model.
public struct ModelShape: Sendable, Hashable {
    /// The non-linearity of a model's FFN.
    public enum Activation: Sendable, Hashable {
        /// As PhoneLM has it.
        case relu
        /// As Llama has it.
        case silu
    }

    /// Width of the residual stream.
    public var hidden: Int
    /// Number of layers.
    public var layers: Int
    /// Neurons of the FFN.
    public var ffn: Int
    /// Query heads.
    public var heads: Int
    /// Key and value heads.
    public var kvHeads: Int
    /// Non-linearity of the FFN.
    public var activation: Activation
    /// Whether the head is the embedding.
    public var tied: Bool

    /// Creates a shape.
    ///
    /// - Parameters:
    ///   - hidden: Width of the residual stream.
    ///   - layers: Number of layers.
    ///   - ffn: Neurons of the FFN.
    ///   - heads: Query heads.
    ///   - kvHeads: Key and value heads.
    ///   - activation: Non-linearity of the FFN.
    ///   - tied: Whether the head is the embedding.
    public init(
        hidden: Int,
        layers: Int,
        ffn: Int,
        heads: Int,
        kvHeads: Int,
        activation: Activation = .relu,
        tied: Bool = true
    ) {
        self.hidden = hidden
        self.layers = layers
        self.ffn = ffn
        self.heads = heads
        self.kvHeads = kvHeads
        self.activation = activation
        self.tied = tied
    }
}

extension ArchitectureSearch {
    /// What counts as good.
    public enum Objective: Sendable, Hashable {
        /// Tokens decoded in a second.
        case decode
        /// Tokens of the prompt read in a second.
        case prefill
        /// Milliseconds from the prompt to the first token.
        case ttft
        /// The weighted geometric mean of the speeds of decode and prefill; the weight of decode is 0 to 1.
        case weighted(decode: Double)
        /// Millijoules of a decoded token: computed from what it reads and multiplies, not measured.
        case energyProxy
    }

    /// How the weights are stored.
    public enum WeightType: Sendable, Hashable {
        /// Four bits a weight and a scale for 32 of them.
        case int4
        /// Eight bits a weight and a scale for 32 of them.
        case int8
    }

    /// What the shapes may differ in; what is left out is as the program `phonelm search` has it.
    public struct Space: Sendable, Hashable {
        /// Widths of a head, multiples of 16; `nil` takes 64, 96, 128 and 160.
        public var headDims: [Int]?
        /// Query heads for a key head, of which 1 is multi-head attention; `nil` takes 1 and 4.
        public var kvGroups: [Int]?
        /// Non-linearities of the FFN; `nil` takes ReLU.
        public var activations: [ModelShape.Activation]?
        /// Whether the head is the embedding; `nil` says that it is.
        public var tied: [Bool]?
        /// Depths; `nil` takes 4 to 64.
        public var layers: ClosedRange<Int>?
        /// Width to depth; `nil` takes 8 to 160.
        public var aspect: ClosedRange<Double>?
        /// Neurons of the FFN to the width; `nil` takes 2 to 6.
        public var ffnRatio: ClosedRange<Double>?

        /// Creates a space.
        ///
        /// - Parameters:
        ///   - headDims: Widths of a head, multiples of 16.
        ///   - kvGroups: Query heads for a key head.
        ///   - activations: Non-linearities of the FFN.
        ///   - tied: Whether the head is the embedding.
        ///   - layers: Depths.
        ///   - aspect: Width to depth.
        ///   - ffnRatio: Neurons of the FFN to the width.
        public init(
            headDims: [Int]? = nil,
            kvGroups: [Int]? = nil,
            activations: [ModelShape.Activation]? = nil,
            tied: [Bool]? = nil,
            layers: ClosedRange<Int>? = nil,
            aspect: ClosedRange<Double>? = nil,
            ffnRatio: ClosedRange<Double>? = nil
        ) {
            self.headDims = headDims
            self.kvGroups = kvGroups
            self.activations = activations
            self.tied = tied
            self.layers = layers
            self.aspect = aspect
            self.ffnRatio = ffnRatio
        }
    }

    /// What is looked for; what is left out is as the program `phonelm search` has it.
    public struct Options: Sendable, Hashable {
        /// Parameters of the wanted model.
        public var parameters: Int
        /// Share by which a shape may miss them; `nil` takes 0.02.
        public var tolerance: Double?
        /// Rows of the embedding; `nil` takes 49,152.
        public var vocabularySize: Int?
        /// Longest text of the wanted model in tokens; `nil` takes 2048.
        public var contextSize: Int?
        /// Tokens of the prompt that is timed; `nil` takes 128.
        public var prefillTokens: Int?
        /// Tokens that are decoded after it; `nil` takes 64.
        public var decodeTokens: Int?
        /// What counts.
        public var objective: Objective
        /// Seconds to measure, over all starts together; `nil` takes 20 minutes.
        public var budgetSeconds: Double?
        /// How the weights are stored.
        public var weightType: WeightType
        /// Share of the neurons that ReLU leaves at zero in the trained model; `nil` takes about half, as random weights
        /// have it.
        public var sparsity: Double?
        /// Compute threads of the processor, 1 to 256; `nil` takes the number of big cores.
        public var threads: Int?
        /// What computes. A search is for one of both, so ``LanguageModel/Backend/automatic`` is refused.
        public var backend: LanguageModel.Backend
        /// Which shapes are looked at.
        public var space: Space
        /// Shapes that are timed whole beside the best, whatever their size, and cannot win.
        public var also: [ModelShape]

        /// Creates options.
        ///
        /// - Parameters:
        ///   - parameters: Parameters of the wanted model.
        ///   - tolerance: Share by which a shape may miss them.
        ///   - vocabularySize: Rows of the embedding.
        ///   - contextSize: Longest text of the wanted model in tokens.
        ///   - prefillTokens: Tokens of the prompt that is timed.
        ///   - decodeTokens: Tokens that are decoded after it.
        ///   - objective: What counts.
        ///   - budgetSeconds: Seconds to measure, over all starts together.
        ///   - weightType: How the weights are stored.
        ///   - sparsity: Share of the neurons that ReLU leaves at zero in the trained model.
        ///   - threads: Compute threads of the processor.
        ///   - backend: What computes.
        ///   - space: Which shapes are looked at.
        ///   - also: Shapes that are timed whole beside the best.
        public init(
            parameters: Int,
            tolerance: Double? = nil,
            vocabularySize: Int? = nil,
            contextSize: Int? = nil,
            prefillTokens: Int? = nil,
            decodeTokens: Int? = nil,
            objective: Objective = .decode,
            budgetSeconds: Double? = nil,
            weightType: WeightType = .int4,
            sparsity: Double? = nil,
            threads: Int? = nil,
            backend: LanguageModel.Backend = .cpu,
            space: Space = Space(),
            also: [ModelShape] = []
        ) {
            self.parameters = parameters
            self.tolerance = tolerance
            self.vocabularySize = vocabularySize
            self.contextSize = contextSize
            self.prefillTokens = prefillTokens
            self.decodeTokens = decodeTokens
            self.objective = objective
            self.budgetSeconds = budgetSeconds
            self.weightType = weightType
            self.sparsity = sparsity
            self.threads = threads
            self.backend = backend
            self.space = space
            self.also = also
        }
    }
}
