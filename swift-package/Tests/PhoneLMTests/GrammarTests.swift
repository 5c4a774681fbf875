// Answers that are held to a form, alone and beside tools, and forms that are none.

import Foundation
import PhoneLM
import Testing

private struct SetAlarm: Tool {
    struct Arguments: Decodable { let hour: Int? }

    let name = "set_alarm"
    let description = "Set an alarm in the clock app."
    let parameters = """
        {"type": "object", "properties": {"hour": {"type": "integer"}, "minutes": {"type": "integer"}}}
        """

    func call(arguments: Arguments) async throws -> String { "{}" }
}

private struct Torch: Tool {
    struct Arguments: Decodable {}

    let name = "torch"
    let description = "Turns the torch on."
    let parameters = #"{"type": "object", "not": {}}"#

    func call(arguments: Arguments) async throws -> String { "{}" }
}

@Suite(.timeLimit(.minutes(1)))
struct GrammarTests {
    private func under(_ grammar: Grammar) -> GenerationOptions {
        GenerationOptions(grammar: grammar)
    }

    @Test func answersKeepToTheirGrammar() async throws {
        let sum = Grammar.lark("start: \"1\" (\"+\" \"1\")~0..4\n")
        for seed in UInt64(0)..<10 {
            var wild = GenerationOptions(samplingMode: .random(seed: seed), temperature: 1.5)
            wild.grammar = .regex("yes|no")
            let either = try await Tiny.session().respond(to: "Is it raining?", options: wild)
            #expect(["yes", "no"].contains(either.content))
            #expect(either.finishReason == .stop)
            wild.grammar = sum
            #expect("1+1+1+1+1".hasPrefix(try await Tiny.session().respond(to: "Count", options: wild).content))
            wild.grammar = .jsonSchema(#"{"type": "array", "items": {"const": 7}, "maxItems": 2}"#)
            let list = try await Tiny.session().respond(to: "Sevens", options: wild).content
            #expect(["[]", "[7]", "[7, 7]"].contains(list))
        }
    }

    @Test func sessionsGrammarHoldsUntilARequestHasItsOwn() async throws {
        let session = try LanguageModelSession(model: try await Tiny.model(), options: under(.regex("aha")))
        #expect(try await session.respond(to: "Who are you?").content == "aha")
        #expect(try await session.respond(to: "Who are you?", options: under(.regex("oho"))).content == "oho")
        #expect(try await session.fork().respond(to: "And you?").content == "aha")
    }

    @Test func grammarBesideTools() async throws {
        let session = try await Tiny.session(tools: [SetAlarm()])
        let response = try await session.respond(to: "Wake me at 7 tomorrow", options: under(.regex("done|failed")))
        #expect(["done", "failed"].contains(response.content))
        guard session.transcript.count == 4, case .toolCalls(let calls) = session.transcript[1],
            case .response = session.transcript[3]
        else { throw Missing() }
        #expect(calls.map(\.toolName) == ["set_alarm"])
        #expect(calls[0].arguments.contains("\"hour\":7"))
    }

    @Test func grammarInvalid() async throws {
        let session = try await Tiny.session()
        let invalid: [(Grammar, String)] = [
            (.jsonSchema("{"), "the JSON schema is no JSON"),
            (.jsonSchema(#"{"type": "strnig"}"#), "strnig"),
            (.jsonSchema(#"{"type": "array", "uniqueItems": true}"#), "uniqueItems"),
            (.regex("(a"), "the regular expression cannot be held"),
            (.lark("start: missing"), "missing"),
        ]
        for (grammar, expected) in invalid {
            let error = try await failure { try await session.respond(to: "Hello", options: under(grammar)) }
            guard case .grammarInvalid(let reason) = error else { throw error }
            #expect(reason.contains(expected), "\(reason)")
            #expect(error.localizedDescription.contains(reason))
        }
        #expect(session.transcript.isEmpty)
        #expect(try await session.respond(to: "Hello").finishReason == .stop)
    }

    @Test func schemaThatCallsCannotBeHeldTo() async throws {
        let session = try await Tiny.session(tools: [Torch()])
        let error = try await failure { try await session.respond(to: "Light!") }
        guard case .grammarInvalid(let reason) = error else { throw error }
        #expect(reason.contains("torch"))
    }
}
