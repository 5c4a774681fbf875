// Between the public types of a search and the generated ones.

import Foundation
internal import PhoneLMBindings

extension SearchOptions {
    init(_ options: ArchitectureSearch.Options, directory: URL) throws {
        let space = options.space
        self.init(
            params: try required(options.parameters, "parameters"),
            directory: directory.path,
            tolerance: options.tolerance,
            vocab: try unsigned(options.vocabularySize, "vocabularySize"),
            context: try unsigned(options.contextSize, "contextSize"),
            prefill: try unsigned(options.prefillTokens, "prefillTokens"),
            decode: try unsigned(options.decodeTokens, "decodeTokens"),
            objective: SearchObjective(options.objective),
            budgetSeconds: options.budgetSeconds,
            weights: options.weightType == .int4 ? .q40 : .q80,
            sparsity: options.sparsity,
            threads: try unsigned(options.threads, "threads"),
            backend: BackendPreference(options.backend),
            space: SearchSpace(
                headDims: try space.headDims?.map { try required($0, "headDims") },
                kvGroups: try space.kvGroups?.map { try required($0, "kvGroups") },
                activations: space.activations?.map(Activation.init),
                tied: space.tied,
                layers: try space.layers.map {
                    LayerRange(
                        least: try required($0.lowerBound, "layers"), most: try required($0.upperBound, "layers"))
                },
                aspect: space.aspect.map(ValueRange.init),
                ffnRatio: space.ffnRatio.map(ValueRange.init)
            ),
            also: try options.also.map(PhoneLMBindings.ModelShape.init)
        )
    }
}

extension SearchObjective {
    init(_ objective: ArchitectureSearch.Objective) {
        self =
            switch objective {
            case .decode: .decode
            case .prefill: .prefill
            case .ttft: .ttft
            case .weighted(let decode): .weighted(decode: decode)
            case .energyProxy: .energyProxy
            }
    }
}

extension Activation {
    init(_ activation: ModelShape.Activation) {
        self =
            switch activation {
            case .relu: .relu
            case .silu: .silu
            }
    }
}

extension ValueRange {
    init(_ range: ClosedRange<Double>) {
        self.init(least: range.lowerBound, most: range.upperBound)
    }

    /// From the one to the other; what has no order, as where one of them is no number, is none.
    var closed: ClosedRange<Double> {
        least <= most ? least...most : 0...0
    }
}

extension PhoneLMBindings.ModelShape {
    init(_ shape: ModelShape) throws {
        self.init(
            hidden: try required(shape.hidden, "also"),
            layers: try required(shape.layers, "also"),
            ffn: try required(shape.ffn, "also"),
            heads: try required(shape.heads, "also"),
            kvHeads: try required(shape.kvHeads, "also"),
            activation: Activation(shape.activation),
            tied: shape.tied
        )
    }
}

extension ModelShape {
    init(_ shape: PhoneLMBindings.ModelShape) {
        self.init(
            hidden: Int(shape.hidden),
            layers: Int(shape.layers),
            ffn: Int(shape.ffn),
            heads: Int(shape.heads),
            kvHeads: Int(shape.kvHeads),
            activation: shape.activation == .relu ? .relu : .silu,
            tied: shape.tied
        )
    }
}

extension ArchitectureSearch.Progress {
    init(_ progress: SearchProgress) {
        stage =
            switch progress.stage {
            case .probe: .probe
            case .sample: .sample
            case .final: .final
            }
        shape = ModelShape(progress.shape)
        done = Int(progress.done)
        total = Int(progress.total)
        seconds = progress.seconds
        budgetSeconds = progress.budgetSeconds
        best = progress.best.map(ArchitectureSearch.ShapeResult.init)
        slowdown = progress.slowdown
    }
}

extension ArchitectureSearch.ShapeResult {
    init(_ result: PhoneLMBindings.ShapeResult) {
        shape = ModelShape(result.shape)
        headDim = Int(result.headDim)
        parameters = Int(clamping: result.parameters)
        composed = result.composed.map(ArchitectureSearch.Speeds.init)
        measured = result.measured.map(ArchitectureSearch.Speeds.init)
        spread = result.spread?.closed
        isOnFront = result.front
        isCandidate = result.candidate
    }
}

extension ArchitectureSearch.Speeds {
    init(_ speeds: ShapeSpeeds) {
        value = speeds.value
        prefillTokensPerSecond = speeds.prefillTokensPerSecond
        decodeTokensPerSecond = speeds.decodeTokensPerSecond
        ttftMilliseconds = speeds.ttftMs
        bytesPerToken = speeds.bytesPerToken
        millijoulesPerToken = speeds.millijoulesPerToken
    }
}

extension ArchitectureSearch.Outcome {
    init(_ result: SearchResult) {
        winner = .init(result.winner)
        shapes = result.shapes.map(ArchitectureSearch.ShapeResult.init)
        unit = result.unit
        moreIsBetter = result.moreIsBetter
        device = result.device
        isComplete = result.complete
        seconds = result.seconds
        measurements = Int(result.measurements)
        drift = .init(
            prefill: result.drift.prefill.closed,
            decode: result.drift.decode.closed,
            unsteady: Int(result.drift.unsteady)
        )
        composition = .init(
            checked: Int(result.composition.checked),
            prefillMiddle: result.composition.prefillMiddle,
            prefillLargest: result.composition.prefillLargest,
            decodeMiddle: result.composition.decodeMiddle,
            decodeLargest: result.composition.decodeLargest,
            isProved: result.composition.proved
        )
        resultsJSON = URL(fileURLWithPath: result.files.resultsJson)
        resultsCSV = URL(fileURLWithPath: result.files.resultsCsv)
        configJSON = URL(fileURLWithPath: result.files.configJson)
    }
}
