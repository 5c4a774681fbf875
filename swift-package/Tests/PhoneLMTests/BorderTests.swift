// What reading an answer through Swift costs.

import Foundation
import PhoneLM
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct BorderTests {
    private let options: GenerationOptions = {
        var options = GenerationOptions.endless
        options.maximumResponseTokens = 600
        return options
    }()

    /// Tokens a second of the engine alone, by its own clock: its text waits until the answer is complete.
    private func alone() async throws -> Double {
        let session = try await Tiny.session()
        var iterator = session.streamResponse(to: "Tell me everything", options: options).makeAsyncIterator()
        var last = try await iterator.next()
        try await until { !session.isResponding }
        while let snapshot = try await iterator.next() { last = snapshot }
        let statistics = try #require(last?.response).statistics
        let tokens = Double(statistics.generatedTokens)
        return tokens / (statistics.secondsToFirstToken + (tokens - 1) / statistics.tokensPerSecond)
    }

    /// Tokens a second as a reader of the stream sees them.
    private func read() async throws -> Double {
        let session = try await Tiny.session()
        let clock = ContinuousClock()
        let start = clock.now
        let response = try await session.respond(to: "Tell me everything", options: options)
        return Double(response.statistics.generatedTokens) / ((clock.now - start) / .seconds(1))
    }

    @Test func borderCost() async throws {
        _ = try await (alone(), read())
        var ratios: [Double] = []
        for round in 0..<7 {
            // Each goes first in turn, because a machine slows down or speeds up in the course of a pair.
            if round.isMultiple(of: 2) {
                let alone = try await alone()
                ratios.append(try await read() / alone)
            } else {
                let read = try await read()
                ratios.append(read / (try await alone()))
            }
        }
        let median = ratios.sorted()[ratios.count / 2]
        print(String(format: "border: %.3f of the engine alone", median))
        #expect(median >= 0.9)
    }
}
