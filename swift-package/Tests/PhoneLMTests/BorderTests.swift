// What reading an answer through Swift costs.

import Foundation
import PhoneLM
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct BorderTests {
    /// Tokens a second of one answer, in three ways to count the seconds.
    private struct Rates {
        /// By the engine's own clock.
        let engine: Double
        /// From the request to the end, by the clock of who waits for it.
        let reader: Double
        /// By the time that processors spent on this process.
        let processor: Double
    }

    /// Threads that wait for each other would use up processor time, so that one computes.
    private let model: LanguageModel

    init() async throws {
        model = try await LanguageModel(contentsOf: Tiny.url, options: .init(threads: 1))
    }

    /// Asks, and reads at once, or lets the text wait until the answer is complete.
    private func answer(reading: Bool) async throws -> Rates {
        let session = try LanguageModelSession(model: model)
        var options = GenerationOptions.endless
        options.maximumResponseTokens = 300
        let (began, processor) = (ContinuousClock.now, clock())
        let stream = session.streamResponse(to: "Tell me everything", options: options)
        var iterator = stream.makeAsyncIterator()
        _ = try await iterator.next()
        while !reading && session.isResponding { try await Task.sleep(for: .milliseconds(20)) }
        if reading { _ = try await stream.collect() }
        let (seconds, processorTime) = ((ContinuousClock.now - began) / .seconds(1), clock() - processor)
        let statistics = try await stream.collect().statistics
        let tokens = Double(statistics.generatedTokens)
        return Rates(
            engine: tokens / (statistics.secondsToFirstToken + (tokens - 1) / statistics.tokensPerSecond),
            reader: tokens / seconds,
            processor: tokens * Double(CLOCKS_PER_SEC) / Double(processorTime)
        )
    }

    /// The first figure is the one that counts, but what else the machine does disturbs it; the others are held to.
    @Test func borderCost() async throws {
        func median(_ ratios: [Double]) -> Double { ratios.sorted()[ratios.count / 2] }
        _ = try await (answer(reading: false), answer(reading: true))
        var pairs: [(alone: Rates, read: Rates)] = []
        for _ in 0..<9 {
            pairs.append((try await answer(reading: false), try await answer(reading: true)))
        }
        let tokens = median(pairs.map { $0.read.reader / $0.alone.engine })
        let waiting = median(pairs.map { $0.read.reader / $0.read.engine })
        let processor = median(pairs.map { $0.read.processor / $0.alone.processor })
        print(
            String(
                format: "border: %.3f of the engine alone (%.3f for waiting, %.3f by processor time)",
                tokens, waiting, processor))
        #expect(waiting >= 0.9)
        #expect(processor >= 0.8)
    }
}
