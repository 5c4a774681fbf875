// Stopping an answer at every moment: the conversation stays as it was.

import Foundation
import PhoneLM
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CancelTests {
    /// Reads an endless answer, and cancels its own task as soon as it is told to.
    private func read(
        _ session: LanguageModelSession,
        cancelWhen isEnough: @escaping @Sendable (LanguageModelSession.ResponseStream.Snapshot) -> Bool
    ) async throws {
        let task = Task {
            for try await snapshot in session.streamResponse(to: "Tell me everything", options: .endless)
            where isEnough(snapshot) {
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(!session.isResponding)
        #expect(session.transcript.isEmpty)
        #expect(try await session.respond(to: "Who are you?").finishReason == .stop)
    }

    @Test func cancelInPrefill() async throws {
        let session = try await Tiny.session()
        let prompt = String(repeating: "a word and ", count: 300)
        let task = Task { try await session.respond(to: prompt) }
        try await until { session.isResponding }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(session.transcript.isEmpty)
        #expect(session.contextUsage.tokens == 0)
    }

    @Test func cancelAtTheFirstToken() async throws {
        try await read(Tiny.session()) { _ in true }
    }

    @Test func cancelInMidStream() async throws {
        try await read(Tiny.session()) { $0.content.count > 200 }
    }

    @Test func cancelAfterTheEnd() async throws {
        let session = try await Tiny.session()
        let stream = session.streamResponse(to: "Who are you?")
        let task = Task {
            let response = try await stream.collect()
            withUnsafeCurrentTask { $0?.cancel() }
            return (response, try await stream.collect())
        }
        let (first, again) = try await task.value
        #expect(first == again)
        #expect(session.transcript.count == 2)
    }

    @Test func cancelByDroppingTheCollector() async throws {
        let session = try await Tiny.session()
        let stream = session.streamResponse(to: "Tell me everything", options: .endless)
        for try await _ in stream { break }
        try await until { !session.isResponding }
        #expect(session.transcript.isEmpty)
        await #expect(throws: CancellationError.self) { try await stream.collect() }
    }

    @Test func cancelKeepsTheConversation() async throws {
        let session = try await Tiny.session(instructions: "You are Bolt.")
        try await session.respond(to: "My name is Ada")
        let (transcript, usage) = (session.transcript, session.contextUsage)
        let task = try await session.startEndless()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(session.transcript == transcript)
        #expect(session.contextUsage == usage)
        #expect(try await session.respond(to: "What is my name?").content.contains("Ada"))
    }

    @Test func keepPartialKeepsWhatWasSaid() async throws {
        let session = try await Tiny.session()
        var options = GenerationOptions.endless
        options.keepsPartialResponse = true
        var said = ""
        for try await snapshot in session.streamResponse(to: "Tell me everything", options: options) {
            said = snapshot.content
            break
        }
        try await until { !session.isResponding }
        guard case .response(let response)? = session.transcript.last, case .text(let text)? = response.segments.first
        else { throw Missing() }
        #expect(text.content.utf8.starts(with: said.utf8))
        #expect(!said.isEmpty)
    }

    @Test func cancelStopsWithinATime() async throws {
        let session = try await Tiny.session()
        let task = try await session.startEndless()
        try await Task.sleep(for: .milliseconds(30))
        let clock = ContinuousClock()
        let time = await clock.measure {
            task.cancel()
            _ = await task.result
        }
        print("cancel: stopped after \(time)")
        #expect(time < .seconds(1))
        #expect(!session.isResponding)
    }
}
