// Functions of the app that the model calls.

import Foundation
import PhoneLM
import Testing

/// Remembers what it was called with.
private actor Calls {
    private(set) var all: [String] = []

    func add(_ call: String) {
        all.append(call)
    }
}

private struct SetTimer: Tool {
    struct Arguments: Decodable { let seconds: Int }

    let calls: Calls
    let name = "set_timer"
    let description = "Start a countdown."
    let parameters = """
        {"type": "object", "properties": {"seconds": {"type": "integer", "minimum": 1, "maximum": 86400, \
        "description": "Length in seconds."}, "label": {"type": "string", "description": "What it is for, in the \
        user's words."}}, "required": ["seconds"], "additionalProperties": false}
        """

    func call(arguments: Arguments) async throws -> String {
        await calls.add("set_timer \(arguments.seconds)")
        return #"{"status": "ok"}"#
    }
}

private struct Dial: Tool {
    struct Arguments: Decodable { let to: String }
    struct Busy: LocalizedError { var errorDescription: String? { "the line is busy" } }

    let calls: Calls
    var wait = Duration.zero
    let name = "dial"
    let description = "Open the dialler on a number or a contact."
    let parameters = """
        {"type": "object", "properties": {"to": {"type": "string", "description": "The number as said, or the \
        contact's name."}}, "required": ["to"], "additionalProperties": false}
        """

    func call(arguments: Arguments) async throws -> String {
        await calls.add("dial \(arguments.to)")
        try await Task.sleep(for: wait)
        throw Busy()
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ToolTests {
    private let calls = Calls()

    private func outputs(of session: LanguageModelSession) -> [String] {
        session.transcript.compactMap { entry in
            guard case .toolOutput(let output) = entry, case .text(let text)? = output.segments.first
            else { return nil }
            return "\(output.toolName) \(text.content)"
        }
    }

    @Test func toolIsCalledAndAnswered() async throws {
        let session = try await Tiny.session(tools: [SetTimer(calls: calls)])
        let response = try await session.respond(to: "Set a timer for 5 minutes")
        let made = await calls.all
        #expect(made == ["set_timer 300"])
        #expect(!response.content.isEmpty)
        guard session.transcript.count == 4, case .toolCalls(let asked) = session.transcript[1] else { throw Missing() }
        #expect(asked.map(\.toolName) == ["set_timer"])
        #expect(asked[0].arguments.contains("300"))
        #expect(outputs(of: session) == [#"set_timer {"status": "ok"}"#])
    }

    @Test func toolThatThrows() async throws {
        let session = try await Tiny.session(tools: [Dial(calls: calls)])
        let response = try await session.respond(to: "Call mum")
        #expect(await calls.all == ["dial mum"])
        #expect(!response.content.isEmpty)
        #expect(outputs(of: session).first?.contains("the line is busy") == true)
    }

    @Test func cancelWhileAToolRuns() async throws {
        let session = try await Tiny.session(tools: [Dial(calls: calls, wait: .seconds(30))])
        let task = Task { try await session.respond(to: "Call mum") }
        while await calls.all.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(outputs(of: session) == ["dial outcome unknown"])
        #expect(!session.isResponding)
    }

    @Test func severalToolCalls() async throws {
        let session = try await Tiny.session(tools: [SetTimer(calls: calls), Dial(calls: calls)])
        try await session.respond(to: "Set a timer for 5 minutes and call mum")
        let made = await calls.all
        #expect(made == ["set_timer 300", "dial mum"])
        #expect(outputs(of: session).count == 2)
    }
}
