// What an answer tells when something else goes on with it. There is no GPU here, so its events are written down.

import PhoneLMBindings
import Testing

@testable import PhoneLM

@Suite(.timeLimit(.minutes(1)))
struct BackendTests {
    @Test func backendChangesAreInTheResponse() async throws {
        let statistics = PhoneLMBindings.Statistics(
            promptTokens: 3, cachedTokens: 0, generatedTokens: 2, secondsToFirstToken: 0.1, tokensPerSecond: 20)
        let generation = Scripted([
            .text(text: "I'm"),
            .backendChanged(from: "GPU, Metal", to: "CPU, 4 threads", reason: "the app went to the background"),
            .text(text: " Bolt."),
            .backendChanged(from: "CPU, 4 threads", to: "GPU, Metal", reason: "the app is in front again"),
            .finished(response: .init(text: "I'm Bolt.", finish: .stop, statistics: statistics)),
        ])
        let turn = Turn(session: try await Tiny.session(), prompt: "Who are you?", options: .init())
        var response: LanguageModelSession.Response?
        while response == nil {
            response = try #require(try await turn.snapshot(of: generation)).response
        }
        #expect(response?.content == "I'm Bolt.")
        #expect(
            response?.backendChanges == [
                .init(from: "GPU, Metal", to: "CPU, 4 threads", reason: "the app went to the background"),
                .init(from: "CPU, 4 threads", to: "GPU, Metal", reason: "the app is in front again"),
            ])
    }
}

/// A generation without an engine.
private final class Scripted: Generation, @unchecked Sendable {
    private let events: Locked<[Event]>

    init(_ events: [Event]) {
        self.events = Locked(events)
        super.init(noHandle: NoHandle())
    }

    required init(unsafeFromHandle handle: UInt64) {
        fatalError("there is no engine behind it")
    }

    override func next() async throws -> Event? {
        events.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
