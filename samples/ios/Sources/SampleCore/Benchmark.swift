// The Speed screen: how fast the open model reads prompts of several lengths, and answers after them.

import Foundation
import Observation
import PhoneLM

/// Measures the open model.
@MainActor
@Observable
public final class Benchmark {
    /// The fastest of some rounds with prompts of one length: other work only ever adds time.
    public struct Reading: Sendable, Hashable, Identifiable {
        /// Tokens of the prompt.
        public let promptTokens: Int
        /// Tokens of the prompt read in a second.
        public internal(set) var prefill: Double
        /// Tokens of the answer made in a second.
        public internal(set) var decode: Double

        /// The length.
        public var id: Int { promptTokens }
    }

    /// What was measured so far.
    public private(set) var readings: [Reading] = []
    /// How far it is, from 0 to 1; `nil` when nothing is measured.
    public private(set) var fraction: Double?
    /// What computes.
    public private(set) var executor: String?
    /// What went wrong last.
    public private(set) var problem: String?

    private let rounds: Int
    private var model: LanguageModel?
    private var task: Task<Void, Never>?

    init(rounds: Int = 3) {
        self.rounds = rounds
    }

    /// Whether there is a model to measure.
    public var canRun: Bool { model != nil && fraction == nil }

    /// Measures this model from now on.
    func use(_ model: LanguageModel?) {
        stop()
        (self.model, readings, executor, problem) = (model, [], nil, nil)
    }

    /// Begins to measure.
    public func run() {
        guard canRun, let model else { return }
        (readings, problem, fraction) = ([], nil, 0)
        task = Task {
            do {
                try await measure(model)
            } catch is CancellationError {
            } catch {
                if model === self.model { problem = error.localizedDescription }
            }
            fraction = nil
        }
    }

    /// Ends it; what was measured stays.
    public func stop() {
        task?.cancel()
    }

    private func measure(_ model: LanguageModel) async throws {
        // The first answer warms up, and tells how many tokens a word has.
        let tokensPerWord = Double(try await reading(model, words: 16, round: 0).promptTokens) / 16
        executor = model.info.executor
        let lengths = promptTokens.filter { $0 + answerTokens < model.contextSize }
        for (place, length) in lengths.enumerated() {
            for round in 0..<rounds {
                let reading = try await reading(model, words: Int(Double(length) / tokensPerWord), round: round)
                guard model === self.model else { return }
                keep(reading)
                fraction = Double(place * rounds + round + 1) / Double(lengths.count * rounds)
            }
        }
    }

    private func keep(_ reading: Reading) {
        guard let last = readings.indices.last, readings[last].promptTokens == reading.promptTokens else {
            return readings.append(reading)
        }
        readings[last].prefill = max(readings[last].prefill, reading.prefill)
        readings[last].decode = max(readings[last].decode, reading.decode)
    }

    /// A prompt of so many words, and an answer to it that hardly ever ends before it is long enough.
    private func reading(_ model: LanguageModel, words: Int, round: Int) async throws -> Reading {
        let session = try LanguageModelSession(model: model)
        defer { session.close() }
        // Each round begins differently, so that nothing is kept from another.
        let prompt = "\(round)" + String(repeating: " word", count: words)
        let options = GenerationOptions(
            samplingMode: .random(seed: 1), temperature: 5, maximumResponseTokens: answerTokens)
        let statistics = try await session.respond(to: prompt, options: options).statistics
        return Reading(
            promptTokens: statistics.promptTokens,
            prefill: Double(statistics.promptTokens - statistics.cachedTokens) / statistics.secondsToFirstToken,
            decode: statistics.tokensPerSecond
        )
    }
}

private let promptTokens = [64, 256, 1024]
private let answerTokens = 64
