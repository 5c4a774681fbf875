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
    var permission = ToolPermission.allow
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
    var timeLimit: Duration? = .seconds(60)
    var permission = ToolPermission.allow
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

    private func steps(of session: LanguageModelSession, _ prompt: String) async throws -> [ToolStep] {
        var steps: [ToolStep] = []
        for try await snapshot in session.streamResponse(to: prompt) {
            if let step = snapshot.step { steps.append(step) }
        }
        return steps
    }

    @Test func twoToolsOfOneName() async throws {
        let twice = try await failure { try await Tiny.session(tools: [Dial(calls: calls), Dial(calls: calls)]) }
        guard case .optionInvalid = twice else { throw twice }
        let rounds = try await failure { try await Tiny.session(toolPolicy: ToolPolicy(maximumRounds: 0)) }
        guard case .optionInvalid("maximumRounds", _, _) = rounds else { throw rounds }
    }

    @Test func toolRunsOnceTheUserSaysSo() async throws {
        let policy = ToolPolicy { [calls] asked in
            await calls.add("asked \(asked.call.toolName)")
            return .run
        }
        let tool = SetTimer(calls: calls, permission: .ask)
        try await Tiny.session(tools: [tool], toolPolicy: policy).respond(to: "Set a timer for 5 minutes")
        #expect(await calls.all == ["asked set_timer", "set_timer 300"])
    }

    @Test func userChangesTheArguments() async throws {
        let policy = ToolPolicy { [calls] asked in
            await calls.add(asked.problem == nil ? "first" : "again")
            return .runWith(arguments: asked.problem == nil ? "nonsense" : #"{"seconds": 60}"#)
        }
        let session = try await Tiny.session(tools: [SetTimer(calls: calls, permission: .ask)], toolPolicy: policy)
        try await session.respond(to: "Set a timer for 5 minutes")
        #expect(await calls.all == ["first", "again", "set_timer 60"])
        #expect(outputs(of: session).first?.contains("changed_by_user") == true)
    }

    @Test func userRefuses() async throws {
        let policies = [
            "too late": ToolPolicy { _ in .refuse(reason: "too late") },
            "nobody can be asked": ToolPolicy(),
            "do not fit": ToolPolicy { _ in .runWith(arguments: "nonsense, whatever is said") },
        ]
        for (reason, policy) in policies {
            let session = try await Tiny.session(tools: [Dial(calls: calls, permission: .ask)], toolPolicy: policy)
            let response = try await session.respond(to: "Call mum")
            #expect(!response.content.isEmpty)
            #expect(outputs(of: session).first?.contains(reason) == true)
        }
        #expect(await calls.all.isEmpty)
    }

    @Test func deniedToolsAndDryRuns() async throws {
        let denied = try await Tiny.session(tools: [Dial(calls: calls, permission: .deny)])
        let dry = try await Tiny.session(tools: [Dial(calls: calls)], toolPolicy: ToolPolicy(dryRun: true))
        for (session, expected) in [(denied, ToolRefusal.denied), (dry, .dryRun)] {
            let steps = try await steps(of: session, "Call mum")
            guard steps.count == 1, case .refused(_, expected) = steps[0] else { throw Missing() }
        }
        #expect(await calls.all.isEmpty)
    }

    @Test func everyStepIsShown() async throws {
        let tools: [any Tool] = [SetTimer(calls: calls, permission: .ask), Dial(calls: calls)]
        let session = try await Tiny.session(tools: tools, toolPolicy: ToolPolicy { _ in .run })
        let steps = try await steps(of: session, "Set a timer for 5 minutes and call mum")
        let timer = steps.filter { $0.call.toolName == "set_timer" }
        let dial = steps.filter { $0.call.toolName == "dial" }
        guard let timerCall = timer.first?.call, let dialCall = dial.first?.call else { throw Missing() }
        let output = #"{"status": "ok"}"#
        #expect(timer == [.confirming(timerCall), .running(timerCall), .finished(timerCall, output: output)])
        #expect(dial == [.running(dialCall), .failed(dialCall, message: "the line is busy")])
    }

    /// It ignores that it is cancelled, too.
    @Test func toolThatNeverReturns() async throws {
        struct Endless: Tool {
            struct Arguments: Decodable {}

            let name = "dial"
            let description = "Open the dialler on a number or a contact."
            let parameters = #"{"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]}"#
            let timeLimit: Duration? = .milliseconds(20)

            func call(arguments: Arguments) async throws -> String {
                await withCheckedContinuation { continuation in
                    DispatchQueue.global().asyncAfter(deadline: .now() + 2) { continuation.resume(returning: "late") }
                }
            }
        }
        let session = try await Tiny.session(tools: [Endless()])
        let began = ContinuousClock.now
        let response = try await session.respond(to: "Call mum")
        #expect(ContinuousClock.now - began < .seconds(2))
        #expect(!response.content.isEmpty)
        #expect(outputs(of: session).first?.contains("not known") == true)
    }
}
