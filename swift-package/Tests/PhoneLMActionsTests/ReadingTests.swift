// Calls read into actions: what each function takes, and what it refuses. The catalogue says what there is to try.

import Foundation
import Testing

@testable import PhoneLMActions

/// One argument of a function, as its schema has it.
private struct Argument {
    let function: String
    let name: String
    let schema: [String: Any]
    let isRequired: Bool
    /// Arguments that are all good.
    let full: [String: Any]

    var type: String { schema["type"] as? String ?? "" }

    /// What may be said for an enumeration, or for the items of a list of one.
    var choices: [String]? {
        (type == "array" ? schema["items"] as? [String: Any] : schema)?["enum"] as? [String]
    }

    func json(with value: Any) -> String { PhoneLMActionsTests.json(full.merging([name: value]) { $1 }) }

    func json(without name: String) -> String { PhoneLMActionsTests.json(full.filter { $0.key != name }) }
}

private func json(_ object: [String: Any]) -> String {
    let data = try? JSONSerialization.data(withJSONObject: object)
    return data.map { String(decoding: $0, as: UTF8.self) } ?? ""
}

private func schema(of function: Function) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(function.parameters.utf8))
    return try #require(object as? [String: Any])
}

/// A value that the schema allows.
private func good(_ name: String, _ schema: [String: Any]) -> Any {
    switch schema["type"] as? String {
    case "integer": schema["minimum"] as? Int ?? 1
    case "boolean": true
    case "array": [good(name, schema["items"] as? [String: Any] ?? [:])]
    default: (schema["enum"] as? [String])?.first ?? ["day": "tomorrow", "time": "00:00"][name] ?? "something"
    }
}

private func full(_ function: Function) throws -> [String: Any] {
    let properties = try schema(of: function)["properties"] as? [String: [String: Any]] ?? [:]
    return Dictionary(uniqueKeysWithValues: properties.map { ($0.key, good($0.key, $0.value)) })
}

private func arguments() throws -> [Argument] {
    try Function.all.flatMap { function in
        let schema = try schema(of: function)
        let required = try #require(schema["required"] as? [String])
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        return try properties.map { name, property in
            Argument(
                function: function.name, name: name, schema: property, isRequired: required.contains(name),
                full: try full(function))
        }
    }
}

/// Why a call cannot be read.
private func refused(_ function: String, _ json: String) -> String {
    do {
        let action = try read(function, json)
        Issue.record("\(function) \(json) was read as \(action)")
    } catch ActionError.argumentInvalid(let reason) {
        return reason
    } catch {
        Issue.record("\(function) \(json): \(error)")
    }
    return ""
}

@Suite(.timeLimit(.minutes(1)))
struct ReadingTests {
    @Test func theCatalogueIsComplete() throws {
        #expect(Set(Function.all.map(\.name)) == Set(calls.keys))
        #expect(Function.all.count == 24)
        #expect(Function.all.first?.description == "Set an alarm in the clock app.")
        for function in Function.all { _ = try read(function.name, json(try full(function))) }
    }

    @Test func everyRequiredArgumentIsRequiredAndEveryOtherIsNot() throws {
        for argument in try arguments() {
            for json in [argument.json(without: argument.name), argument.json(with: NSNull())] {
                if argument.isRequired {
                    #expect(refused(argument.function, json).contains(argument.name))
                } else {
                    _ = try read(argument.function, json)
                }
            }
        }
    }

    @Test func everyChoiceIsTakenAndNoOther() throws {
        for argument in try arguments() {
            guard let choices = argument.choices, let first = choices.first else { continue }
            let value: (String) -> Any = { argument.type == "array" ? [$0] : $0 }
            for choice in choices { _ = try read(argument.function, argument.json(with: value(choice))) }
            for wrong in ["nonsense", first.uppercased()] {
                let reason = refused(argument.function, argument.json(with: value(wrong)))
                #expect(reason.contains(wrong) && reason.contains(first))
            }
        }
    }

    @Test func everyNumberHasItsBounds() throws {
        for argument in try arguments() where argument.type == "integer" {
            let least = try #require(argument.schema["minimum"] as? Int)
            let most = argument.schema["maximum"] as? Int ?? Int.max
            for right in [least, most] { _ = try read(argument.function, argument.json(with: right)) }
            let beyond: Any = most == Int.max ? 1e300 : most + 1
            for wrong: Any in [least - 1, beyond, 2.5, 1e300, "\(least)", true] {
                #expect(refused(argument.function, argument.json(with: wrong)).contains(argument.name))
            }
        }
    }

    @Test func everyArgumentHasItsType() throws {
        for argument in try arguments() {
            let wrong: [Any] =
                switch argument.type {
                case "array": ["text", 1, [1], [[String]()], [String: Int]()]
                case "boolean": ["true", 2, [String]()]
                case "integer": [true, ["a"], ["a": 1]]
                default: [true, 5, ["a"], ["a": 1]]
                }
            for value in wrong {
                #expect(refused(argument.function, argument.json(with: value)).contains(argument.name))
            }
        }
    }

    @Test func nothingElseIsTaken() throws {
        for function in Function.all {
            let more = try full(function).merging(["volume": 3]) { $1 }
            #expect(refused(function.name, json(more)).contains("volume"))
        }
        #expect(refused("make_coffee", "{}").contains("make_coffee"))
    }

    @Test func blankTextsAreNone() throws {
        for argument in try arguments() where argument.type == "string" {
            let blank = argument.json(with: " \n")
            if argument.isRequired {
                #expect(refused(argument.function, blank).contains(argument.name))
            } else {
                _ = try read(argument.function, blank)
            }
        }
    }

    @Test func noJSON() {
        let deep = "{\"label\":" + String(repeating: "[", count: 30_000) + String(repeating: "]", count: 30_000) + "}"
        let wrong = [
            "", " ", "null", "7", "[]", "\"a\"", "{", "{\"hour\":7", "{\"hour\":7}}", "{\"hour\":7}{}", "{hour:7}",
            "{'hour':7}", "{\"hour\":}", "{\"hour\":NaN,\"minutes\":0}", "set_alarm(7)", deep,
        ]
        for json in wrong { #expect(!refused("set_alarm", json).isEmpty, "\(json.prefix(40))") }
    }

    @Test func times() throws {
        func at(_ time: String) -> String { #"{"title":"lunch","day":"tomorrow","time":"\#(time)"}"# }
        for (text, time) in [("00:00", "00:00"), ("23:59", "23:59"), ("09:05", "09:05"), ("9:05", "09:05")] {
            guard case .insertEvent(let event) = try read("insert_event", at(text)) else { throw CancellationError() }
            #expect(event.time?.description == time)
        }
        for text in ["24:00", "12:60", "-1:00", "7", "7pm", "12:00:00", "noon", "١٢:٠٠", ":", "12:5"] {
            #expect(refused("insert_event", at(text)).contains("time"))
        }
    }

    @Test func daysAsSaid() throws {
        let event = try read("insert_event", #"{"title":"brunch","day":"tomorrow"}"#)
        let tomorrow = try #require(Day(2026, 11, 27))
        #expect(event == .insertEvent(.init(title: "brunch", day: tomorrow)))
        let reason = refused("insert_event", #"{"title":"brunch","day":"diwali"}"#)
        #expect(reason.contains("diwali") && reason.contains("12 may"))
    }

    @Test func weekdaysAreInOrderAndOnce() throws {
        let alarm = try read("set_alarm", #"{"hour":7,"minutes":0,"days":["friday","monday","friday"]}"#)
        #expect(alarm == .setAlarm(ClockTime(hour: 7, minute: 0), label: nil, days: [.monday, .friday]))
    }

    @Test func anEMailGoesToSomebody() {
        #expect(refused("send_email", #"{"to":[" "]}"#).contains("nobody"))
    }

    @Test func effects() {
        let effects = Dictionary(grouping: Function.all, by: \.effect).mapValues { $0.map(\.name) }
        let writing = ["set_alarm", "set_timer", "insert_event", "insert_contact", "edit_contact", "create_document"]
        #expect(effects[.writes] == writing)
        #expect(effects[.sends] == ["send_message", "send_email"])
        #expect(effects[.calls] == ["dial"])
        #expect(effects[.reads] == ["get_contact_info"])
        #expect(effects[.shows]?.count == 14)
    }
}
