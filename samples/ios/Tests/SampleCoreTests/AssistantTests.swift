// The Assistant screen: requests become cards, and what acts waits for the user.

import Foundation
import PhoneLM
import Testing

@testable import SampleCore

@MainActor
@Suite(.timeLimit(.minutes(1)))
struct AssistantTests {
    private let folder: Folder
    private let assistant: Assistant

    init() async throws {
        folder = try Folder()
        assistant = Assistant(tools: phoneTools(documents: folder.url.appendingPathComponent("documents")))
        assistant.use(try await Tiny.model())
    }

    /// Asks for it, and waits until it is done or the user is asked.
    private func ask(_ request: String) async throws {
        assistant.request = request
        assistant.run()
        try #require(assistant.isWorking && assistant.request.isEmpty)
        try await settled()
    }

    private func settled() async throws {
        try await until { !assistant.isWorking || cards.contains(where: \.isAsking) }
    }

    private var cards: [CallCard] { assistant.turns.last?.cards ?? [] }

    private func waiting() throws -> CallCard {
        try #require(cards.first { $0.isAsking })
    }

    @Test func aRequestBecomesACard() async throws {
        try await ask("Set a timer for 5 minutes")
        let turn = try #require(assistant.turns.first)
        #expect(turn.request == "Set a timer for 5 minutes" && turn.problem == nil)
        #expect(turn.cards.map(\.title) == ["Set timer"])
        #expect(turn.cards[0].given.map { "\($0.title): \($0.text)" } == ["Seconds: 300"])
        #expect(turn.cards[0].state == .finished(#"{"status": "ok"}"#))
        #expect(!turn.answer.isEmpty)
    }

    @Test func theFirstCardComesSoon() async throws {
        let clock = ContinuousClock()
        try await ask("Set a timer for 5 minutes")
        assistant.request = "Set a timer for 8 minutes"
        let time = try await clock.measure {
            assistant.run()
            try await until { !cards.isEmpty && assistant.turns.count == 2 }
        }
        print("assistant: the first card after \(time)")
        #expect(time < .seconds(5))
        try await settled()
    }

    @Test func whatActsWaitsForAYes() async throws {
        try await ask("Wake me at 7")
        let card = try waiting()
        #expect(card.title == "Set alarm" && card.state == .asking(problem: nil))
        #expect(assistant.isWorking)
        assistant.allow(card, with: card.fields)
        try await until { !assistant.isWorking }
        #expect(cards.count == 1 && cards[0].state == .finished(#"{"status": "ok"}"#))
        try await ask("Show my alarms")
        #expect(cards.map(\.state) == [.finished("7:00 ")])
    }

    @Test func argumentsCanBeChanged() async throws {
        try await ask("Wake me at 7")
        var fields = try waiting().fields
        #expect(fields.map(\.name) == ["hour", "minutes", "label"])
        #expect(fields.map(\.text) == ["7", "0", ""])
        fields[0].text = "half past"
        assistant.allow(cards[0], with: fields)
        try await until { cards.first?.state != .asking(problem: nil) }
        guard case .asking(.some) = cards[0].state else { throw Unexpected(cards) }
        (fields[0].text, fields[1].text, fields[2].text) = ("8", "5", "tea")
        assistant.allow(cards[0], with: fields)
        try await until { !assistant.isWorking }
        #expect(cards.count == 1 && cards[0].state == .finished(#"{"status": "ok"}"#))
        #expect(cards[0].given.map(\.text) == ["8", "5", "tea"])
        try await ask("Show my alarms")
        #expect(cards.map(\.state) == [.finished("8:05 tea")])
    }

    @Test func fieldsKeepTheTypesOfTheirSchema() throws {
        let schema = """
            {"type": "object", "properties": {"n": {"type": "integer"}, "on": {"type": "boolean"}, \
            "x": {"type": "number"}, "days": {"type": "array"}, "kind": {"type": "string", "enum": ["a", "b"]}}, "required": ["n"]}
            """
        let json = #"{"days":["mon","tue"],"kind":"a","n":1,"on":true,"x":0.5}"#
        let fields = ArgumentField.all(schema: schema, arguments: json)
        #expect(fields.map(\.name) == ["n", "days", "kind", "on", "x"])
        #expect(fields.map(\.text) == ["1", "mon, tue", "a", "true", "0.5"])
        #expect(fields[2].hint == "a, b")
        #expect(ArgumentField.json(fields) == json)
        #expect(ArgumentField.json(ArgumentField.all(schema: schema, arguments: "{}")) == #"{"n":""}"#)
    }

    @Test func whatIsRefusedDoesNotRun() async throws {
        try await ask("Wake me at 7")
        _ = try waiting()
        assistant.refuse()
        try await until { !assistant.isWorking }
        #expect(cards.map(\.state) == [.refused])
        #expect(assistant.turns[0].answer.isEmpty == false)
        try await ask("Show my alarms")
        #expect(cards.map(\.state) == [.finished("There are no alarms.")])
    }

    @Test func stoppingRefusesWhatWaits() async throws {
        try await ask("Wake me at 7")
        _ = try waiting()
        assistant.stop()
        try await until { !assistant.isWorking }
        #expect(assistant.turns[0].isStopped && cards.map(\.state) == [.refused])
        try await ask("Set a timer for 5 minutes")
        #expect(cards.map(\.title) == ["Set timer"])
    }

    @Test func severalCallsKeepTheirOrder() async throws {
        try await ask("Set a timer for 5 minutes and wake me at 7")
        #expect(cards.map(\.title) == ["Set timer", "Set alarm"])
        assistant.allow(cards[1], with: cards[1].fields)
        try await until { !assistant.isWorking }
        #expect(cards.allSatisfy { $0.state == .finished(#"{"status": "ok"}"#) })
    }

    @Test func aToolThatFailsSaysWhy() async throws {
        for outcome in ["finished", "failed"] {
            assistant.use(try await Tiny.model())
            try await ask("Create a text document called plan")
            let card = try waiting()
            assistant.allow(card, with: card.fields)
            try await until { !assistant.isWorking }
            #expect("\(cards[0].state)".hasPrefix(outcome))
        }
        #expect(FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("documents/plan.txt").path))
    }

    @Test func anotherModelBeginsAnew() async throws {
        try await ask("Wake me at 7")
        _ = try waiting()
        assistant.use(nil)
        try await until { !assistant.isWorking }
        assistant.request = "Wake me at 8"
        #expect(assistant.turns.isEmpty && !assistant.canRun)
        assistant.use(try await Tiny.model())
        #expect(assistant.canRun)
    }
}

/// The cards are not as they should be.
private struct Unexpected: Error {
    let cards: [CallCard]

    init(_ cards: [CallCard]) {
        self.cards = cards
    }
}
