// The Assistant screen: requests become cards, and what acts waits for the user.

import Foundation
import PhoneLM
import PhoneLMActions
import Testing

@testable import SampleCore

@MainActor
@Suite(.timeLimit(.minutes(1)))
struct AssistantTests {
    private let phone = FakePhone()
    private let assistant: Assistant

    init() async throws {
        assistant = Assistant(actions: phone.actions())
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

    /// Lets what waits run, and waits until it is done or the user is asked again.
    private func allow() async throws {
        let card = try waiting()
        assistant.allow(card, with: card.fields)
        try await until { !assistant.isWorking || cards.contains { $0.isAsking && $0.id != card.id } }
    }

    @Test func aRequestBecomesACard() async throws {
        try await ask("Set a timer for 5 minutes")
        let turn = try #require(assistant.turns.first)
        #expect(turn.request == "Set a timer for 5 minutes" && turn.problem == nil)
        #expect(turn.cards.map(\.title) == ["Set timer"])
        #expect(turn.cards[0].given.map { "\($0.title): \($0.text)" } == ["Seconds: 300"])
        #expect(turn.cards[0].sentence == "Start a timer of 5 min")
        try await allow()
        #expect(cards[0].state == .finished("This app started a timer of 5 min."))
        #expect(cards[0].sentence == "Start a timer of 5 min")
        #expect(assistant.turns[0].answer.isEmpty == false)
        #expect(await phone.alarms.set.count == 1)
    }

    @Test func theFirstCardComesSoon() async throws {
        try await ask("Set a timer for 5 minutes")
        try await allow()
        assistant.request = "Set a timer for 8 minutes"
        let time = try await ContinuousClock().measure {
            assistant.run()
            try await until { !cards.isEmpty && assistant.turns.count == 2 }
        }
        print("assistant: the first card after \(time)")
        #expect(time < .seconds(5))
        assistant.refuse()
        try await until { !assistant.isWorking }
    }

    @Test func whatActsWaitsForAYes() async throws {
        try await ask("Wake me at 7")
        let card = try waiting()
        #expect(card.title == "Set alarm" && card.state == .asking(problem: nil))
        #expect(assistant.isWorking)
        #expect(await phone.alarms.set.isEmpty)
        try await allow()
        #expect(cards.count == 1)
        #expect(await phone.alarms.set.map(\.schedule) == [.once(FakePhone.seven)])
    }

    @Test func argumentsCanBeChanged() async throws {
        try await ask("Wake me at 7")
        var fields = try waiting().fields
        #expect(fields.prefix(2).map(\.text) == ["7", "0"])
        fields[0].text = "half past"
        assistant.allow(cards[0], with: fields)
        #expect(!cards[0].isAsking)
        try await until { cards[0].isAsking }
        guard case .asking(.some) = cards[0].state else { throw Unexpected(cards) }
        (fields[0].text, fields[1].text) = ("8", "5")
        assistant.allow(cards[0], with: fields)
        try await until { !assistant.isWorking }
        #expect(cards.count == 1 && cards[0].given.prefix(2).map(\.text) == ["8", "5"])
        #expect(await phone.alarms.set.map(\.schedule) == [.once(FakePhone.seven.addingTimeInterval(65 * 60))])
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
        #expect(await phone.alarms.set.isEmpty)
    }

    @Test func whatThePhoneCannotDoIsNotAskedFor() async throws {
        assistant.use(nil)
        let assistant = Assistant(actions: phone.actions { $0.alarms = nil })
        assistant.use(try await Tiny.model())
        assistant.request = "Wake me at 7"
        assistant.run()
        try await until { !assistant.isWorking }
        let card = try #require(assistant.turns.first?.cards.first)
        #expect(card.state == .refused && card.sentence?.contains("iOS 26.1") == true)
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
        try await allow()
        try await allow()
        #expect(cards.map(\.title) == ["Set timer", "Set alarm"])
        #expect(cards.compactMap(\.sentence) == ["Start a timer of 5 min", "Set an alarm for 07:00"])
        #expect(await phone.alarms.set.count == 2)
    }

    @Test func aToolThatFailsSaysWhy() async throws {
        await phone.alarms.breakDown()
        try await ask("Wake me at 7")
        try await allow()
        guard case .failed(let message) = cards[0].state else { throw Unexpected(cards) }
        #expect(message.contains("the clock is broken"))
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
