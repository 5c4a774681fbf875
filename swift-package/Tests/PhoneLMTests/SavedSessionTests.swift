// Sessions that are kept in a folder.

import Foundation
import PhoneLM
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SavedSessionTests {
    let folder = SessionFolder(
        FileManager.default.temporaryDirectory.appendingPathComponent("phonelm-\(UUID().uuidString)"))

    @Test func aRestoredSessionGoesOn() async throws {
        let model = try await Tiny.model()
        let session = try LanguageModelSession(model: model, instructions: "You are Bolt.", folder: folder)
        try await session.respond(to: "My name is Ada")
        let before = session.transcript
        session.close()

        let restored = try await LanguageModelSession.restore(from: folder, model: model)
        #expect(restored.turns == 1 && restored.lostBytes == 0 && restored.readsAnew == nil)
        #expect(restored.session.transcript == before)
        #expect(try await restored.session.respond(to: "What is my name?").content.contains("Ada"))
    }

    @Test func aCopyIsASessionOfItsOwn() async throws {
        let session = try await Tiny.session()
        try await session.respond(to: "My name is Ada")
        try await session.save(to: folder)
        await #expect(throws: LanguageModelError.self) { try await session.save(to: folder) }
        let restored = try await LanguageModelSession.restore(from: folder, model: try await Tiny.model())
        #expect(restored.session.transcript == session.transcript)
    }

    @Test func aSealedSessionNeedsItsKey() async throws {
        let model = try await Tiny.model()
        let sealed = SessionFolder(folder.url, key: Data(repeating: 7, count: 32))
        let session = try LanguageModelSession(model: model, folder: sealed)
        try await session.respond(to: "My name is Ada")
        session.close()
        let error = try await failure { _ = try await LanguageModelSession.restore(from: folder, model: model) }
        guard case .sessionInvalid(folder.url.path, let reason) = error else { throw error }
        #expect(reason.contains("sealed"))
        let log = try Data(contentsOf: folder.url.appendingPathComponent("transcript.log"))
        #expect(log.range(of: Data("Ada".utf8)) == nil)
        #expect(try await LanguageModelSession.restore(from: sealed, model: model).turns == 1)
    }

    @Test func foldersThatCannotBeUsedAreLeftAlone() async throws {
        let model = try await Tiny.model()
        let none = try await failure { _ = try await LanguageModelSession.restore(from: folder, model: model) }
        guard case .sessionInvalid = none else { throw none }
        let session = try LanguageModelSession(model: model, folder: folder)
        let open = try await failure { _ = try await LanguageModelSession.restore(from: folder, model: model) }
        guard case .sessionInvalid(_, let reason) = open else { throw open }
        #expect(reason.contains("open"))
        session.close()
    }
}
