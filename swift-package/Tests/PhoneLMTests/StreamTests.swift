// Reading an answer while it is made.

import Foundation
import PhoneLM
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    private let long = GenerationOptions(samplingMode: .random(seed: 3), temperature: 10, maximumResponseTokens: 300)

    @Test func streamDeltasAddUp() async throws {
        var text = ""
        var pieces = 0
        for try await snapshot in try await Tiny.session().streamResponse(to: "Tell me everything", options: long) {
            text += snapshot.delta
            pieces += 1
            #expect(snapshot.content.utf8.elementsEqual(text.utf8))
        }
        #expect(try await Tiny.session().respond(to: "Tell me everything", options: long).content == text)
        #expect(pieces > 2)
    }

    @Test func streamStartsWithCollection() async throws {
        let session = try await Tiny.session()
        let stream = session.streamResponse(to: "Who are you?")
        try await Task.sleep(for: .milliseconds(50))
        #expect(!session.isResponding)
        #expect(session.transcript.isEmpty)
        _ = try await stream.collect()
        #expect(session.transcript.count == 2)
    }

    @Test func streamCollectedTwice() async throws {
        let session = try await Tiny.session()
        let stream = session.streamResponse(to: "Who are you?")
        let first = try await stream.collect()
        for try await snapshot in stream { Issue.record("\(snapshot)") }
        #expect(try await stream.collect() == first)
        #expect(session.transcript.count == 2)
    }

    @Test func lastChunkCarriesTheResponse() async throws {
        var snapshots: [LanguageModelSession.ResponseStream.Snapshot] = []
        for try await snapshot in try await Tiny.session().streamResponse(to: "Who are you?") {
            snapshots.append(snapshot)
        }
        let response = try #require(snapshots.last?.response)
        #expect(response.content == snapshots.last?.content)
        #expect(response.finishReason == .stop)
        #expect(snapshots.dropLast().allSatisfy { $0.response == nil })
    }

    @Test func slowCollectorLosesNothing() async throws {
        var text = ""
        for try await snapshot in try await Tiny.session().streamResponse(to: "Tell me everything", options: long) {
            text += snapshot.delta
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await Tiny.session().respond(to: "Tell me everything", options: long).content == text)
    }

    @Test func collectorThatThrows() async throws {
        struct Enough: Error {}
        let session = try await Tiny.session()
        await #expect(throws: Enough.self) {
            for try await _ in session.streamResponse(to: "Tell me everything", options: .endless) {
                throw Enough()
            }
        }
        try await until { !session.isResponding }
        #expect(session.transcript.isEmpty)
        #expect(try await session.respond(to: "Who are you?").finishReason == .stop)
    }

    @MainActor
    @Test func singleThreadedDispatcherCollectsAndBlocks() async throws {
        func block() {
            Thread.sleep(forTimeInterval: 0.005)
        }
        var text = ""
        for try await snapshot in try await Tiny.session().streamResponse(to: "Tell me everything", options: long) {
            text += snapshot.delta
            block()
        }
        #expect(!text.isEmpty)
    }

    @Test func unicodeStaysWhole() async throws {
        let prompt = "山田さん 👩‍👩‍👧 e\u{301} 🌅"
        let session = try await Tiny.session()
        var before = ""
        for try await snapshot in session.streamResponse(to: prompt, options: long) {
            #expect(snapshot.content.utf8.elementsEqual((before + snapshot.delta).utf8))
            before = snapshot.content
        }
        let entry = try #require(session.transcript.first)
        guard case .prompt(let said) = entry, case .text(let words)? = said.segments.first else { throw Missing() }
        #expect(words.content.utf8.elementsEqual(prompt.utf8))
    }
}
