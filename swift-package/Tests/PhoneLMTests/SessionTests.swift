// Conversations: turns, several at once, forks, transcripts, a full context.

import Foundation
import PhoneLM
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SessionTests {
    @Test func twoTurnsReuseTheCache() async throws {
        let session = try await Tiny.session()
        let first = try await session.respond(to: "My name is Ada")
        let second = try await session.respond(to: "What is my name?")
        #expect(second.content.contains("Ada"))
        #expect(second.statistics.cachedTokens >= first.statistics.promptTokens)
    }

    @Test func sessionBusy() async throws {
        let session = try await Tiny.session()
        let task = try await session.startEndless()
        await #expect(throws: LanguageModelError.sessionBusy) { try await session.respond(to: "Who are you?") }
        #expect(LanguageModelError.sessionBusy.isRetryable)
        task.cancel()
        _ = await task.result
        #expect(try await session.respond(to: "Who are you?").finishReason == .stop)
    }

    @Test func twoSessionsAtOnce() async throws {
        let (one, other) = (try await Tiny.session(), try await Tiny.session())
        async let first = one.respond(to: "Who are you?").content
        async let second = other.respond(to: "What is the capital of France?").content
        let together = try await [first, second]
        let alone = [
            try await Tiny.session().respond(to: "Who are you?").content,
            try await Tiny.session().respond(to: "What is the capital of France?").content,
        ]
        #expect(together == alone)
    }

    @Test func fork() async throws {
        let session = try await Tiny.session()
        try await session.respond(to: "My name is Ada")
        let fork = try session.fork()
        #expect(fork.transcript == session.transcript)
        try await session.respond(to: "What is 3 plus 4?")
        let response = try await fork.respond(to: "What is my name?")
        #expect(response.content.contains("Ada"))
        #expect(response.statistics.cachedTokens > 0)
        #expect(fork.transcript != session.transcript)
    }

    @Test func reset() async throws {
        let session = try await Tiny.session(instructions: "You are Bolt.")
        let first = try await session.respond(to: "Who are you?")
        try session.reset()
        #expect(session.transcript.count == 1)
        #expect(try await session.respond(to: "Who are you?").content == first.content)
    }

    @Test func prewarm() async throws {
        let instructions = String(repeating: "You are Bolt. ", count: 20)
        let (cold, warm) = (
            try await Tiny.session(instructions: instructions), try await Tiny.session(instructions: instructions)
        )
        warm.prewarm(promptPrefix: "What is")
        // Served behind the prewarming, token by token.
        let expected = try await cold.respond(to: "What is your name?")
        let response = try await warm.respond(to: "What is your name?")
        #expect(response.content == expected.content)
        #expect(response.statistics.cachedTokens + 12 > response.statistics.promptTokens)
    }

    @Test func isResponding() async throws {
        let session = try await Tiny.session()
        #expect(!session.isResponding)
        let task = try await session.startEndless()
        #expect(session.isResponding)
        task.cancel()
        _ = await task.result
        #expect(!session.isResponding)
    }

    @Test func transcriptAsJson() async throws {
        let session = try await Tiny.session(instructions: "You are Bolt.")
        try await session.respond(to: "Who are you?")
        let json = try JSONSerialization.jsonObject(with: Data(session.transcriptJSON().utf8)) as? [String: Any]
        #expect(json?["instructions"] as? String == "You are Bolt.")
        #expect((json?["entries"] as? [Any])?.count == 2)
    }

    @Test func restoreSession() async throws {
        let session = try await Tiny.session(instructions: "You are Bolt.")
        try await session.respond(to: "My name is Ada")
        let restored = try LanguageModelSession(
            model: try await Tiny.model(), transcriptJSON: try session.transcriptJSON())
        #expect(restored.transcript == session.transcript)
        let wentOn = try await session.respond(to: "What is my name?")
        let again = try await restored.respond(to: "What is my name?")
        #expect(wentOn.content == again.content)
        #expect(wentOn.statistics.promptTokens == again.statistics.promptTokens)
    }

    @Test func contextUsageGrows() async throws {
        let session = try await Tiny.session()
        #expect(session.contextUsage.contextSize == 2048)
        try await session.respond(to: "Who are you?")
        let first = session.contextUsage.tokens
        try await session.respond(to: "Who are you?")
        #expect(0 < first && first < session.contextUsage.tokens)
    }

    @Test func overflowFails() async throws {
        let session = try await Tiny.smallSession(context: 128, overflow: .fail)
        try await session.respond(to: "Who are you?")
        let before = session.transcript
        let error = try await failure { try await session.respond(to: String(repeating: "word ", count: 150)) }
        guard case .contextSizeExceeded(let exceeded) = error else { throw error }
        #expect(exceeded.contextSize == 128)
        #expect(exceeded.tokenCount > 128)
        #expect(session.transcript == before)
    }

    @Test func overflowDropsTheOldest() async throws {
        let session = try await Tiny.smallSession(context: 160, overflow: .dropOldest(keepingShare: 0.5))
        var statistics: LanguageModelSession.Statistics
        var turns = 0
        repeat {
            statistics = try await session.respond(to: "What is the capital of France?").statistics
            turns += 1
        } while statistics.droppedTurns == 0 && turns < 30
        #expect(statistics.droppedTurns > 0)
        #expect(statistics.droppedTokens > 0)
        guard case .instructions? = session.transcript.first else { throw Missing() }
    }

    @Test func sessionCloseTwice() async throws {
        let session = try await Tiny.session()
        session.close()
        session.close()
        #expect(!session.isResponding)
    }

    @Test func sessionUseAfterClose() async throws {
        let session = try await Tiny.session()
        try await session.respond(to: "Who are you?")
        session.close()
        await #expect(throws: LanguageModelError.sessionClosed) { try await session.respond(to: "Who are you?") }
        #expect(throws: LanguageModelError.sessionClosed) { try session.reset() }
        #expect(throws: LanguageModelError.sessionClosed) { try session.fork() }
        session.prewarm()
        #expect(session.transcript.count == 2)
    }

    @Test func sessionCloseDuringGeneration() async throws {
        let session = try await Tiny.session()
        let task = try await session.startEndless()
        session.close()
        await #expect(throws: LanguageModelError.sessionClosed) { try await task.value }
    }

    @Test func sameSeedSameAnswer() async throws {
        func answer(seed: UInt64) async throws -> String {
            let options = GenerationOptions(
                samplingMode: .random(top: 50, probabilityThreshold: 0.95, seed: seed), temperature: 2,
                maximumResponseTokens: 30)
            return try await Tiny.session().respond(to: "Tell me everything", options: options).content
        }
        let first = try await answer(seed: 1)
        #expect(try await answer(seed: 1) == first)
        #expect(try await answer(seed: 2) != first)
    }

    @Test func stopText() async throws {
        let whole = try await Tiny.session().respond(to: "Who are you?").content
        let stop = String(try #require(whole.split(separator: " ").dropFirst().first))
        let options = GenerationOptions(stopSequences: [stop])
        let cut = try await Tiny.session().respond(to: "Who are you?", options: options)
        #expect(cut.finishReason == .stop)
        #expect(!cut.content.contains(stop) && whole.hasPrefix(cut.content))
    }

    @Test func maximumResponseTokens() async throws {
        let options = GenerationOptions(maximumResponseTokens: 3)
        let response = try await Tiny.session().respond(to: "Who are you?", options: options)
        #expect(response.finishReason == .length)
        #expect(response.statistics.generatedTokens == 3)
    }
}
