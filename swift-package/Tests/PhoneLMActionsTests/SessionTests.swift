// From a request to the phone, with phonelm-tiny.

import Foundation
import PhoneLM
import Testing

@testable import PhoneLMActions

@Suite(.timeLimit(.minutes(1)))
struct SessionTests {
    private let phone = FakePhone()
    private let greedy = GenerationOptions(samplingMode: .greedy, maximumResponseTokens: 100)

    private func model() async throws -> LanguageModel {
        let path = ProcessInfo.processInfo.environment["PHONELM_TINY"] ?? "phonelm-tiny.gguf"
        return try await LanguageModel(contentsOf: URL(fileURLWithPath: path))
    }

    /// A session as swift-package/Examples/AssistantController.swift makes it.
    private func assistant(
        _ actions: PhoneActions,
        ask: @escaping @Sendable (String) async -> Bool
    ) async throws -> LanguageModelSession {
        let policy = ToolPolicy { asked in
            do {
                return await ask(try await actions.describe(asked.call)) ? .run : .refuse(reason: nil)
            } catch {
                return .refuse(reason: error.localizedDescription)
            }
        }
        return try LanguageModelSession(model: try await model(), tools: actions.tools, toolPolicy: policy)
    }

    private func outputs(of session: LanguageModelSession) -> [String] {
        session.transcript.compactMap { entry in
            guard case .toolOutput(let output) = entry, case .text(let text)? = output.segments.first
            else { return nil }
            return "\(output.toolName): \(text.content)"
        }
    }

    @Test func aRequestIsDone() async throws {
        let asked = Log()
        let session = try await assistant(phone.actions()) { what in
            await asked.add(what)
            return true
        }
        _ = try await session.respond(to: "Set a timer for 5 minutes and call mum", options: greedy)
        #expect(await asked.lines == ["Start a timer of 5 min", "Call Mum (555 0177)"])
        #expect(await phone.log.lines == ["alarm 2026-11-26T09:05:30Z Timer", "open tel:5550177"])
        #expect(outputs(of: session).count == 2)
    }

    @Test func aRefusalIsToldToTheModel() async throws {
        let session = try await assistant(phone.actions()) { _ in false }
        let response = try await session.respond(to: "Set a timer for 5 minutes", options: greedy)
        #expect(!response.content.isEmpty)
        #expect(outputs(of: session).first?.contains("the user refused") == true)
        #expect(await phone.log.lines.isEmpty)
    }

    @Test func nobodyIsAskedForWhatCannotBeDone() async throws {
        let actions = phone.actions { $0.contacts = nil }
        let session = try await assistant(actions) { _ in
            Issue.record("somebody is asked")
            return true
        }
        _ = try await session.respond(to: "Call mum", options: greedy)
        #expect(outputs(of: session).first?.contains("This app cannot read contacts.") == true)
        #expect(await phone.log.lines.isEmpty)
    }

    @Test func editedIntoNonsenseItIsAskedForAgainAndThenDoneAsEdited() async throws {
        let problems = Log()
        let policy = ToolPolicy { asked in
            await problems.add(asked.problem ?? "")
            let isFirst = asked.problem == nil
            return .runWith(arguments: isFirst ? #"{"seconds":0}"# : #"{"seconds":61,"label":"tea"}"#)
        }
        let session = try LanguageModelSession(
            model: try await model(), tools: phone.actions().tools, toolPolicy: policy)
        _ = try await session.respond(to: "Set a timer for 5 minutes", options: greedy)
        let lines = await problems.lines
        #expect(lines.map(\.isEmpty) == [true, false])
        #expect(await phone.log.lines == ["alarm 2026-11-26T09:01:31Z tea"])
    }

    @Test func aDryRunIsDescribed() async throws {
        let actions = phone.actions()
        let session = try LanguageModelSession(
            model: try await model(), tools: actions.tools, toolPolicy: ToolPolicy(dryRun: true))
        var described: [String] = []
        for try await snapshot in session.streamResponse(to: "Set a timer for 5 minutes", options: greedy) {
            guard case .refused(let call, .dryRun)? = snapshot.step else { continue }
            described.append(try await actions.describe(call))
        }
        #expect(described == ["Start a timer of 5 min"])
        #expect(await phone.log.lines.isEmpty)
    }
}
