// The Models screen: the app's own model, an import with its plan and progress, and what can go wrong.

import Foundation
import PhoneLM
import Testing

@testable import SampleCore

@MainActor
@Suite(.timeLimit(.minutes(1)))
struct ModelLibraryTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func started(budget: Int? = nil) async throws -> ModelLibrary {
        let library = ModelLibrary(tiny: Tiny.url, folder: folder.url.appendingPathComponent("models"), budget: budget)
        library.start()
        try await until { !library.isBusy }
        try #require(library.openEntry?.name == "phonelm-tiny")
        return library
    }

    private func offered(_ url: URL, by library: ModelLibrary) async throws -> ModelLibrary.Offer? {
        library.consider(picked: url, access: "a right")
        try await until { !library.isBusy }
        return library.offer
    }

    @Test func thePlanComesBeforeTheModel() async throws {
        let library = try await started()
        let offer = try #require(try await offered(Tiny.url, by: library))
        #expect(offer.isImport && offer.fits && offer.warning == nil)
        #expect(offer.contextSize == 2048)
        #expect(library.facts.contains(Fact("Context", "2,048 tokens")))
        #expect(offer.facts.last?.value == offer.plan.fileBytes.asBytes)
        let conversation = try #require(offer.facts.first { $0.name.contains("2,048 tokens") })
        #expect(conversation.value == offer.plan.keyValueBytes.asBytes)
        library.offer = nil
        library.acceptOffer()
        #expect(!library.isBusy && library.entries.count == 1)
        library.consider(library.entries[0])
        try await until { library.offer != nil }
        #expect(library.offer?.isImport == false)
    }

    @Test func aPickedModelIsImportedAndOpened() async throws {
        let library = try await started()
        var told: [LanguageModel?] = []
        library.modelChanged = { told.append($0) }
        let file = folder.url.appendingPathComponent("My model (1).gguf")
        try FileManager.default.copyItem(at: Tiny.url, to: file)
        _ = try await offered(file, by: library)
        library.acceptOffer()
        var titles: [String] = []
        try await until {
            if let work = library.work, titles.last != work.title { titles.append(work.title) }
            return !library.isBusy
        }
        #expect(titles.first == "Importing My-model--1-")
        #expect(library.problem == nil && library.work == nil && library.offer == nil)
        #expect(library.entries.map(\.name) == ["phonelm-tiny", "My-model--1-"])
        #expect(library.openEntry == library.entries[1])
        #expect(told.count == 2 && told[0] == nil && told[1] === library.current?.model)
        let again = try await started()
        #expect(again.entries == library.entries)
    }

    @Test func deletingTheOpenModelOpensTheAppsOwn() async throws {
        let library = try await started()
        _ = try await offered(Tiny.url, by: library)
        library.acceptOffer()
        try await until { !library.isBusy }
        library.delete(library.entries[1])
        try await until { !library.isBusy }
        #expect(library.entries.count == 1 && library.openEntry?.isBundled == true)
        library.delete(library.entries[0])
        #expect(!library.isBusy && library.entries.count == 1)
    }

    @Test func cancellingAnImportLeavesTheOpenModel() async throws {
        let library = try await started()
        let model = library.current?.model
        _ = try await offered(Tiny.url, by: library)
        library.acceptOffer()
        library.cancel()
        try await until { !library.isBusy }
        #expect(library.problem == nil && library.entries.count == 1)
        #expect(library.current?.model === model)
    }

    @Test func aFileThatIsNoModelIsRefused() async throws {
        let library = try await started()
        let file = folder.url.appendingPathComponent("notes.gguf")
        try Data("no model".utf8).write(to: file)
        #expect(try await offered(file, by: library) == nil)
        #expect(library.problem?.contains("notes.gguf") == true)
        #expect(library.current?.model.isLoaded == true)
    }

    @Test func littleMemoryMakesTheContextSmaller() async throws {
        let plan = try await LanguageModel.plan(contentsOf: Tiny.url, budget: nil)
        let half = plan.totalBytes - plan.keyValueBytesPerToken * 1024
        let library = try await started(budget: half)
        let offer = try #require(try await offered(Tiny.url, by: library))
        #expect(offer.fits && (1..<2048).contains(offer.contextSize))
        #expect(offer.warning?.contains(offer.contextSize.formatted()) == true)
        library.acceptOffer()
        try await until { !library.isBusy }
        #expect(library.current?.model.contextSize == offer.contextSize)
    }

    @Test func tooLittleMemoryIsSaid() async throws {
        let library = try await started(budget: 1000)
        let offer = try #require(try await offered(Tiny.url, by: library))
        #expect(!offer.fits && offer.warning?.contains("does not fit") == true)
    }

    @Test func anAppWithoutItsModelSaysSo() async throws {
        let missing = folder.url.appendingPathComponent("none.gguf")
        let library = ModelLibrary(tiny: missing, folder: folder.url.appendingPathComponent("models"))
        library.start()
        try await until { !library.isBusy }
        #expect(library.current == nil && library.problem?.contains("none.gguf") == true)
    }
}
