// The same things many times, and from many threads: no crash, no hang, no growth.

import Foundation
import PhoneLM
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct EnduranceTests {
    /// Does it 50 times to warm up, then 200 times, and tells by how many kilobytes the process grew in the best of
    /// four parts: what leaks shows in every part, what the allocator keeps for a while does not.
    private func growth(_ body: () async throws -> Void) async throws -> Int {
        var sizes: [Int] = []
        for _ in 0...4 {
            for _ in 0..<50 { try await body() }
            sizes.append(try await settledMemory())
        }
        let growths = zip(sizes.dropFirst(), sizes).map(-)
        print("memory: \(growths) KB more in each 50 rounds")
        return try #require(growths.min())
    }

    /// What the engine lets go it frees on its own thread, soon.
    private func settledMemory() async throws -> Int {
        try await Task.sleep(for: .milliseconds(200))
        return try #require(memoryInUse())
    }

    @Test(.enabled(if: memoryInUse() != nil, "memory is read from /proc"))
    func twoHundredSessionsInFlatMemory() async throws {
        let options = GenerationOptions(maximumResponseTokens: 4)
        let growth = try await growth {
            try await Tiny.session(instructions: "You are Bolt.").respond(to: "Who are you?", options: options)
        }
        #expect(growth < 512)
    }

    @Test(.enabled(if: memoryInUse() != nil, "memory is read from /proc"))
    func twoHundredModelsOpenedAndClosed() async throws {
        let growth = try await growth {
            let model = try await LanguageModel(contentsOf: Tiny.url)
            model.unload()
        }
        #expect(growth < 512)
    }

    @Test func aThousandGenerateCancelPairs() async throws {
        let session = try await Tiny.session()
        for round in 0..<1000 {
            let task = Task { try await session.respond(to: "Tell me everything", options: .endless) }
            if round.isMultiple(of: 2) { await Task.yield() }
            if round.isMultiple(of: 5) { try await Task.sleep(for: .milliseconds(2)) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(session.transcript.isEmpty)
        #expect(try await session.respond(to: "Who are you?").finishReason == .stop)
    }

    @Test func manyThreadsAtOnce() async throws {
        let expected = try await Tiny.session().respond(to: "Who are you?").content
        let shared = try await Tiny.session()
        try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<16 {
                group.addTask {
                    _ = try? await shared.respond(to: "Who are you?", options: .init(maximumResponseTokens: index + 1))
                    _ = (shared.transcript, shared.isResponding, shared.contextUsage, try? shared.fork())
                    return try await Tiny.session().respond(to: "Who are you?").content
                }
            }
            for try await answer in group { #expect(answer == expected) }
        }
    }
}
