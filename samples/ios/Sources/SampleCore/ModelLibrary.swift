// The Models screen: the model that the app brings, those that were imported, and the one that is open.

import Foundation
import Observation
import PhoneLM

/// The model files of the app, of which one is open.
///
/// A model is offered first, with the memory that it will need; only when the offer is taken it is imported and opened.
@MainActor
@Observable
public final class ModelLibrary {
    /// A model file.
    public struct Entry: Sendable, Hashable, Identifiable {
        /// What it is called by.
        public let name: String
        /// Where it is.
        public let url: URL
        /// Whether it came with the app, and cannot be deleted.
        public let isBundled: Bool

        /// The file.
        public var id: URL { url }
    }

    /// The model that is open.
    struct Loaded {
        let entry: Entry
        let model: LanguageModel
    }

    /// What is being done with a model.
    public struct Work: Sendable, Hashable {
        /// What, in words.
        public let title: String
        /// How far it is, from 0 to 1.
        public internal(set) var fraction: Double
    }

    /// The models, that of the app first.
    public private(set) var entries: [Entry]
    private(set) var current: Loaded?
    /// The model that waits for a yes; `nil` refuses it.
    public var offer: Offer?
    /// What is being done.
    public private(set) var work: Work?
    /// What went wrong last.
    public private(set) var problem: String?

    @ObservationIgnored var modelChanged: @MainActor (LanguageModel?) -> Void = { _ in }
    private let tiny: Entry
    private let folder: URL
    private let budget: Int?
    private var task: Task<Void, Never>?

    init(tiny: URL, folder: URL, budget: Int? = MemoryPlan.availableMemory) {
        self.tiny = Entry(name: "phonelm-tiny", url: tiny, isBundled: true)
        self.folder = folder
        self.budget = budget
        entries = [self.tiny]
    }

    /// The model that is open.
    public var openEntry: Entry? { current?.entry }

    /// What is known of the model that is open.
    public var facts: [Fact] {
        guard let info = current?.model.info else { return [] }
        return [
            Fact("Family", info.family),
            Fact("Parameters", info.parameters.formatted()),
            Fact("Weights", info.quantization),
            Fact("Context", "\(info.contextSize.formatted()) tokens"),
            Fact("Computed by", info.executor),
        ]
    }

    /// Whether something is being done, and nothing else can begin.
    public var isBusy: Bool { task != nil }

    /// Opens the model that the app brings, and lists the others.
    func start() {
        guard current == nil else { return }
        perform {
            await self.load(self.tiny, contextSize: nil)
            try await self.list()
        }
    }

    /// Finds out what a model of the list will need, and offers it.
    public func consider(_ entry: Entry) {
        look(at: entry, access: nil)
    }

    /// Finds out what a picked file will need, and offers it.
    ///
    /// - Parameters:
    ///   - url: The file.
    ///   - access: What holds the right to read it for as long as it lives.
    public func consider(picked url: URL, access: any Sendable) {
        look(at: Entry(name: storeName(of: url), url: url, isBundled: false), access: access)
    }

    /// Takes the offer: imports the file if it is not in the app yet, and opens it.
    public func acceptOffer() {
        guard let offer, !isBusy else { return }
        self.offer = nil
        perform {
            let entry = offer.isImport ? try await self.imported(offer) : offer.entry
            await self.load(entry, contextSize: offer.contextSize)
        }
    }

    /// Ends what is being done. What was imported so far stays, and a later import of the same file goes on from there.
    public func cancel() {
        task?.cancel()
    }

    /// Deletes an imported model; the app's own takes its place if it is open.
    public func delete(_ entry: Entry) {
        guard !entry.isBundled else { return }
        perform {
            if self.current?.entry == entry { await self.load(self.tiny, contextSize: nil) }
            try await self.store().delete(entry.name)
            try await self.list()
        }
    }

    private func look(at entry: Entry, access: (any Sendable)?) {
        perform {
            let plan = try await LanguageModel.plan(contentsOf: entry.url, budget: self.budget)
            self.offer = Offer(entry: entry, plan: plan, access: access)
        }
    }

    /// Begins what the user can cancel, unless something else is being done.
    private func perform(_ body: @escaping @MainActor () async throws -> Void) {
        guard !isBusy else { return }
        problem = nil
        task = Task {
            do {
                try await body()
            } catch is CancellationError {
            } catch {
                problem = error.localizedDescription
            }
            work = nil
            task = nil
        }
    }

    private func store() async throws -> ModelStore {
        try await ModelStore(directory: folder)
    }

    private func list() async throws {
        let stored = try await store().models()
        entries = [tiny] + stored.map { Entry(name: $0.name, url: $0.url, isBundled: false) }
    }

    private func imported(_ offer: Offer) async throws -> Entry {
        let (name, size) = (offer.entry.name, Double(max(offer.plan.fileBytes, 1)))
        let tell = begin("Importing \(name)")
        let stored = try await store().importModel(contentsOf: offer.entry.url, named: name) { tell(Double($0) / size) }
        try await list()
        return Entry(name: stored.name, url: stored.url, isBundled: false)
    }

    /// Opens a model in the place of the open one, whose memory is given back first. If it does not open, the app's own
    /// takes its place.
    private func load(_ entry: Entry, contextSize: Int?) async {
        current?.model.unload()
        current = nil
        modelChanged(nil)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let options = LanguageModel.Options(contextSize: contextSize, cacheDirectory: folder)
            let tell = begin("Opening \(entry.name)")
            let model = try await LanguageModel(contentsOf: entry.url, options: options, progress: tell)
            current = Loaded(entry: entry, model: model)
            modelChanged(model)
        } catch {
            // Also when this task was cancelled.
            if entry != tiny { await Task { await load(tiny, contextSize: nil) }.value }
            if !(error is CancellationError) { problem = error.localizedDescription }
        }
    }

    /// Shows new work; what it gives tells how far that is.
    private func begin(_ title: String) -> @Sendable (Double) -> Void {
        work = Work(title: title, fraction: 0)
        return { fraction in
            Task { @MainActor in
                guard let work = self.work, work.title == title else { return }
                self.work?.fraction = max(work.fraction, fraction)
            }
        }
    }
}

/// What the store may call a file by: its letters, digits, `-`, `_` and `.`, the first no `.`.
private func storeName(of file: URL) -> String {
    let name = file.deletingPathExtension().lastPathComponent.map { character in
        character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character)) ? character : "-"
    }
    let visible = String(name.drop { $0 == "." }.prefix(128))
    return visible.isEmpty ? "model" : visible
}
