import Foundation

extension ArchitectureSearch {
    /// What a measurement is for.
    public enum Stage: Sendable, Hashable {
        /// Shallow models, from which the speed of every shape is composed.
        case probe
        /// A few whole models from all over the space, which prove what was composed.
        case sample
        /// The front-runners, whole and in turns.
        case final
    }

    /// How far a search is.
    public struct Progress: Sendable, Hashable {
        /// What the measurement that begins is for.
        public let stage: Stage
        /// The shape that is measured.
        public let shape: ModelShape
        /// Measurements made, those of earlier starts included.
        public let done: Int
        /// Measurements in all, if time allows; it changes when the front-runners are known or one was disturbed.
        public let total: Int
        /// Seconds spent, those of earlier starts included.
        public let seconds: Double
        /// Seconds that may be spent.
        public let budgetSeconds: Double
        /// The best shape so far, as soon as the speed of one is known.
        public let best: ShapeResult?
        /// Time of a reference model, when it was last timed, to its usual one. Above 1 the device is slower than usual,
        /// from heat or other work; beyond 1.1 a measurement is made again.
        public let slowdown: Double
    }

    /// How fast a shape is.
    public struct Speeds: Sendable, Hashable {
        /// Of the objective, in ``Outcome/unit``.
        public let value: Double
        /// Tokens of the prompt read in a second.
        public let prefillTokensPerSecond: Double
        /// Tokens decoded in a second.
        public let decodeTokensPerSecond: Double
        /// Milliseconds of the prompt.
        public let ttftMilliseconds: Double
        /// Bytes that a decoded token reads.
        public let bytesPerToken: Double
        /// Energy of a decoded token, computed from what it reads and multiplies.
        public let millijoulesPerToken: Double
    }

    /// What is known of a shape.
    public struct ShapeResult: Sendable, Hashable {
        /// Its sizes.
        public let shape: ModelShape
        /// Width of a head.
        public let headDim: Int
        /// Number of weights.
        public let parameters: Int
        /// Its speeds as composed from shallow models, if its width was measured.
        public let composed: Speeds?
        /// Its speeds as measured whole, if it was: the middle of all visits.
        public let measured: Speeds?
        /// The lowest and highest value of the objective over these visits.
        ///
        /// Shapes whose spreads overlap are equally fast, as far as the search knows.
        public let spread: ClosedRange<Double>?
        /// Whether no deeper shape is as good.
        public let isOnFront: Bool
        /// Whether it can win: it is within the budget, not only asked for.
        public let isCandidate: Bool

        /// What is known best of it: what was measured, else what was composed.
        public var speeds: Speeds? { measured ?? composed }
    }

    /// How the device changed during a search, by the times of a reference model.
    public struct Drift: Sendable, Hashable {
        /// Time of its prompt to the usual one: fastest and slowest.
        public let prefill: ClosedRange<Double>
        /// The same of a decoded token.
        public let decode: ClosedRange<Double>
        /// Measurements that were disturbed.
        public let unsteady: Int
    }

    /// How well whole models are composed from shallow ones: errors, as shares of what was measured.
    public struct Composition: Sendable, Hashable {
        /// Whole models that were measured.
        public let checked: Int
        /// The middle error of the prompt's time.
        public let prefillMiddle: Double
        /// The largest one.
        public let prefillLargest: Double
        /// The middle error of a decoded token's time.
        public let decodeMiddle: Double
        /// The largest one.
        public let decodeLargest: Double
        /// Whether all are within 5 %; where not, only what was measured whole counts.
        public let isProved: Bool
    }

    /// What a search found.
    public struct Outcome: Sendable, Hashable {
        /// The best shape within the budget of parameters.
        public let winner: ShapeResult
        /// Every shape, the best first.
        public let shapes: [ShapeResult]
        /// What the value of the objective counts.
        public let unit: String
        /// Whether the largest value is the best.
        public let moreIsBetter: Bool
        /// What computed.
        public let device: String
        /// Whether all was measured before the time ended; a larger budget goes on.
        public let isComplete: Bool
        /// Seconds spent, those of earlier starts included.
        public let seconds: Double
        /// Measurements made.
        public let measurements: Int
        /// How the device changed meanwhile.
        public let drift: Drift
        /// How well shapes are composed.
        public let composition: Composition
        /// Everything, as a file.
        public let resultsJSON: URL
        /// Every shape, as a table.
        public let resultsCSV: URL
        /// The winner in Hugging Face's form, for training.
        public let configJSON: URL

        /// The shapes of which no deeper one is as good, the best first: what to choose from.
        public var front: [ShapeResult] { shapes.filter(\.isOnFront) }
    }
}
