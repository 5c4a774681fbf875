// Bringing models into a store.

import Foundation
import PhoneLM
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StoreTests {
    private let folder: Folder
    private let store: ModelStore
    private let bytes: Data

    init() async throws {
        folder = try Folder()
        store = try await ModelStore(directory: folder.url.appendingPathComponent("models"))
        bytes = try Data(contentsOf: Tiny.url)
    }

    @Test func importAFile() async throws {
        let model = try await store.importModel(contentsOf: Tiny.url, named: "tiny")
        #expect(model.name == "tiny")
        #expect(model.bytes == bytes.count)
        #expect(try Data(contentsOf: model.url) == bytes)
        #expect(try await Tiny.model().verify() == model.sha256)
        let missing = URL(fileURLWithPath: "/no/model.gguf")
        guard case .storageFailed = try await failure({ try await store.importModel(contentsOf: missing, named: "no") })
        else { throw Missing() }
    }

    @Test func importAStream() async throws {
        let pending = try await store.beginImport(named: "tiny", size: bytes.count)
        let head = bytes.prefix(100_000)
        let (stream, continuation) = AsyncStream<UInt8>.makeStream()
        for byte in head { continuation.yield(byte) }
        continuation.finish()
        try await pending.write(contentsOf: stream)
        #expect(pending.offset == head.count)
        #expect(try await pending.write(bytes.dropFirst(head.count)) == bytes.count)
        #expect(try await pending.finish().bytes == bytes.count)
    }

    @Test func importReportsProgress() async throws {
        let (counts, continuation) = AsyncStream<Int>.makeStream()
        _ = try await store.importModel(contentsOf: Tiny.url, named: "tiny") { continuation.yield($0) }
        continuation.finish()
        var last = 0
        for await count in counts {
            #expect(count > last)
            last = count
        }
        #expect(last == bytes.count)
    }

    @Test func importResumes() async throws {
        let sha256 = try await Tiny.model().verify()
        let first = try await store.beginImport(named: "tiny", sha256: sha256)
        try await first.write(bytes.prefix(5_000_000))
        first.suspend()
        let second = try await store.beginImport(named: "tiny", sha256: sha256)
        #expect(second.offset == 5_000_000)
        try await second.write(bytes.dropFirst(5_000_000))
        #expect(try await second.finish().sha256 == sha256)
        let third = try await store.beginImport(named: "other")
        try await third.write(bytes.prefix(10))
        try await third.discard()
        #expect(try await store.beginImport(named: "other").offset == 0)
    }

    @Test func importCancelledKeepsThePart() async throws {
        let store = store
        let task = Task {
            try await store.importModel(contentsOf: Tiny.url, named: "tiny") { count in
                if count > 2_000_000 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await store.models().isEmpty)
        #expect(try await store.beginImport(named: "tiny").offset > 2_000_000)
    }

    @Test func importWithWrongChecksum() async throws {
        let wrong = String(repeating: "0", count: 64)
        let error = try await failure {
            try await store.importModel(contentsOf: Tiny.url, named: "tiny", sha256: wrong)
        }
        guard case .checksumMismatch(wrong, _) = error else { throw error }
        #expect(try await store.models().isEmpty)
        let digits = try await failure { try await store.beginImport(named: "tiny", sha256: "12") }
        guard case .optionInvalid = digits else { throw digits }
    }

    @Test func importWithoutSpace() async throws {
        guard case .storageFull = try await failure({ try await store.beginImport(named: "huge", size: .max) })
        else { throw Missing() }
        #expect(try await store.models().isEmpty)
    }

    @Test func listAndDelete() async throws {
        let file = Tiny.url
        for name in ["b", "a"] { _ = try await store.importModel(contentsOf: file, named: name) }
        #expect(try await store.models().map(\.name) == ["a", "b"])
        #expect(try await store.model(named: "a")?.bytes == bytes.count)
        #expect(try await store.delete("a"))
        #expect(try await !store.delete("a"))
        #expect(try await store.model(named: "a") == nil)
        #expect(try await store.models().map(\.name) == ["b"])
        guard case .optionInvalid = try await failure({ try await store.delete("../a") }) else { throw Missing() }
    }

    @Test func importedModelOpens() async throws {
        let stored = try await store.importModel(contentsOf: Tiny.url, named: "tiny")
        let model = try await LanguageModel(contentsOf: stored.url)
        #expect(try await LanguageModelSession(model: model).respond(to: "Who are you?").finishReason == .stop)
    }
}
