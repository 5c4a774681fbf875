// Every error that an app can cause, with its numbers.

import Foundation
import PhoneLM
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ErrorTests {
    private let folder = try? Folder()

    private func file(_ bytes: Data) throws -> URL {
        try #require(folder).file(bytes)
    }

    @Test func modelNotFound() async throws {
        let error = try await failure { try await LanguageModel(contentsOf: URL(fileURLWithPath: "/no/model.gguf")) }
        #expect(error == .modelNotFound(path: "/no/model.gguf"))
        #expect(error.localizedDescription.contains("/no/model.gguf"))
        let web = try await failure { try await LanguageModel(contentsOf: try #require(URL(string: "https://a.b/c"))) }
        #expect(web == .modelNotFound(path: "https://a.b/c"))
    }

    @Test func modelInvalid() async throws {
        let file = try file(Data("this is no model".utf8))
        let error = try await failure { try await LanguageModel(contentsOf: file) }
        guard case .modelInvalid(let path, let reason) = error else { throw error }
        #expect(path == file.path)
        #expect(!reason.isEmpty)
    }

    @Test func modelUnmappable() async throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        let error = try await failure {
            try await LanguageModel(fileDescriptor: descriptor, offset: 0, length: 1000)
        }
        guard case .modelUnmappable = error else { throw error }
        #expect(error.localizedDescription.contains("import"))
        let closed = try await failure { try await LanguageModel(fileDescriptor: 9999, offset: 0, length: 1000) }
        #expect(!closed.isRetryable)
    }

    @Test func modelDamaged() async throws {
        let wrong = String(repeating: "0", count: 64)
        let error = try await failure { try await Tiny.model().verify(sha256: wrong) }
        guard case .modelDamaged(let reason) = error else { throw error }
        #expect(reason.contains(wrong))
    }

    @Test func modelUnloaded() async throws {
        let model = try await LanguageModel(contentsOf: Tiny.url)
        model.unload()
        let error = try await failure { try LanguageModelSession(model: model) }
        #expect(error == .modelUnloaded)
        #expect(!error.isRetryable)
    }

    @Test func sessionClosed() async throws {
        let session = try await Tiny.session()
        session.close()
        #expect(try await failure { try session.reset() } == .sessionClosed)
    }

    @Test func contextFull() async throws {
        let session = try await Tiny.session()
        let error = try await failure { try await session.respond(to: String(repeating: "word ", count: 5000)) }
        guard case .contextSizeExceeded(let exceeded) = error else { throw error }
        #expect(exceeded.contextSize == 2048)
        #expect(exceeded.tokenCount > 2048)
        #expect(error.localizedDescription.contains("2048"))
    }

    @Test func unsupported() async throws {
        let error = try await failure {
            try await LanguageModel(contentsOf: Tiny.url, options: .init(backend: .gpu))
        }
        guard case .unsupported(let reason) = error else { throw error }
        #expect(!reason.isEmpty)
    }

    @Test func optionInvalid() async throws {
        let session = try await Tiny.session()
        for options in [
            GenerationOptions(temperature: -1), GenerationOptions(samplingMode: .random(probabilityThreshold: .nan)),
            GenerationOptions(maximumResponseTokens: 0), GenerationOptions(maximumResponseTokens: -1),
            GenerationOptions(samplingMode: .random(top: .max)), GenerationOptions(repetitionPenalty: .infinity),
        ] {
            let error = try await failure { try await session.respond(to: "Who are you?", options: options) }
            guard case .optionInvalid(let option, _, let allowed) = error else { throw error }
            #expect(!option.isEmpty && !allowed.isEmpty)
        }
        for options in [LanguageModel.Options(threads: 0), .init(threads: 1_000_000), .init(contextSize: -5)] {
            let error = try await failure { try await LanguageModel(contentsOf: Tiny.url, options: options) }
            guard case .optionInvalid = error else { throw error }
        }
        let share = try await failure {
            try LanguageModelSession(model: try await Tiny.model(), overflow: .dropOldest(keepingShare: 2))
        }
        guard case .optionInvalid(option: "keepingShare", _, _) = share else { throw share }
        let none = try await failure {
            try await session.respond(to: "Hi", options: GenerationOptions(maximumResponseTokens: 0))
        }
        #expect(none.localizedDescription.contains("maximumResponseTokens is 0"))
        #expect(session.transcript.isEmpty)
    }

    @Test func promptInvalid() async throws {
        let error = try await failure { try await Tiny.session().respond(to: "") }
        guard case .promptInvalid = error else { throw error }
    }

    @Test func transcriptInvalid() async throws {
        let model = try await Tiny.model()
        for json in ["", "{}", "[]", #"{"version": 99, "model": "", "entries": []}"#] {
            let error = try await failure { try LanguageModelSession(model: model, transcriptJSON: json) }
            guard case .transcriptInvalid = error else { throw error }
        }
    }

    @Test func checksumMismatch() async throws {
        let store = try await ModelStore(directory: try #require(folder).url)
        let wrong = String(repeating: "0", count: 64)
        let error = try await failure {
            try await store.importModel(contentsOf: Tiny.url, named: "tiny", sha256: wrong)
        }
        guard case .checksumMismatch(let expected, let found) = error else { throw error }
        #expect(expected == wrong)
        #expect(found.count == 64 && found != wrong)
    }

    @Test func storageFull() async throws {
        let store = try await ModelStore(directory: try #require(folder).url)
        let error = try await failure { try await store.beginImport(named: "huge", size: .max) }
        guard case .storageFull(let needed, let available) = error else { throw error }
        #expect(needed > available && available > 0)
        #expect(error.isRetryable)
    }

    @Test func storageFailed() async throws {
        let file = try file(Data())
        let error = try await failure { try await ModelStore(directory: file.appendingPathComponent("store")) }
        guard case .storageFailed(let path, let reason) = error else { throw error }
        #expect(path.hasPrefix(file.path) && !reason.isEmpty)
    }

    @Test func everyErrorSaysWhatItIs() {
        let errors: [LanguageModelError] = [
            .modelNotFound(path: "the-path"), .modelInvalid(path: "the-path", reason: "the-reason"),
            .modelUnmappable(reason: "the-reason"), .modelDamaged(reason: "the-reason"), .modelUnloaded,
            .sessionBusy, .sessionClosed, .contextSizeExceeded(.init(contextSize: 4321, tokenCount: 5432)),
            .unsupported(reason: "the-reason"), .optionInvalid(option: "the-option", value: "7", allowed: "the-range"),
            .grammarInvalid(reason: "the-reason"), .responseInvalid(reason: "the-reason"),
            .promptInvalid(reason: "the-reason"), .transcriptInvalid(reason: "the-reason"), .unknownCall(id: "the-id"),
            .sessionInvalid(path: "the-path", reason: "the-reason"),
            .searchInvalid(path: "the-path", reason: "the-reason of the-path"),
            .argumentsInvalid(tool: "the-option", reason: "the-reason"),
            .outOfMemory(neededBytes: 4321),
            .overBudget(neededBytes: 5432, grantedBytes: 4321, largestContextSize: 64),
            .computeFailed(reason: "the-reason"),
            .storageFull(neededBytes: 5432, availableBytes: 4321),
            .checksumMismatch(expected: "the-one", found: "the-other"),
            .storageFailed(path: "the-path", reason: "the-reason"), .internalError(reason: "the-reason"),
        ]
        for error in errors {
            let message = error.localizedDescription
            #expect(!message.isEmpty)
            let details = ["the-path", "the-reason", "the-option", "the-range", "the-id", "the-one", "the-other"]
            for detail in details + ["4321", "5432"] where "\(error)".contains(detail) {
                #expect(message.contains(detail), "\(error): \(message)")
            }
        }
        #expect(errors.filter(\.isRetryable).count == 3)
    }

    @Test func brokenFilesNeverCrash() async throws {
        let whole = try Data(contentsOf: Tiny.url)
        var random = SystemRandomNumberGenerator()
        for round in 0..<40 {
            let length = round.isMultiple(of: 2) ? Int.random(in: 0..<whole.count, using: &random) : 1 << 16
            var bytes = whole.prefix(length)
            if !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0xff
            }
            let broken = try file(Data(bytes))
            let error = try await failure { try await LanguageModel(contentsOf: broken) }
            guard case .modelInvalid = error else { throw error }
            try FileManager.default.removeItem(at: broken)
        }
    }
}
