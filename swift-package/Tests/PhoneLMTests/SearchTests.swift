// Searches of models of a few hundred thousand weights.

import Foundation
import PhoneLM
import Testing

func searchShape(in folder: URL, _ options: ArchitectureSearch.Options) async throws -> ArchitectureSearch.Outcome? {
    for try await event in ArchitectureSearch(options, directory: folder) {
        switch event {
        case .progress(let progress):
            let best = progress.best?.speeds?.decodeTokensPerSecond ?? 0
            print("\(progress.done) of \(progress.total), best so far: \(best) tokens/s, slowdown \(progress.slowdown)")
        case .finished(let outcome):
            print("\(outcome.winner.shape): \(outcome.winner.speeds?.decodeTokensPerSecond ?? 0) tokens/s")
            return outcome
        }
    }
    return nil
}

@Suite(.serialized, .timeLimit(.minutes(2)))
struct SearchTests {
    private let folder: Folder
    private let place: URL

    init() throws {
        folder = try Folder()
        place = folder.url.appendingPathComponent("search")
    }

    /// Few shapes of about 300,000 parameters, read and decoded in a moment.
    private let small = ArchitectureSearch.Options(
        parameters: 300_000,
        tolerance: 0.04,
        vocabularySize: 512,
        contextSize: 64,
        prefillTokens: 16,
        decodeTokens: 8,
        budgetSeconds: 60,
        threads: 1,
        space: .init(headDims: [16, 32], kvGroups: [1, 2], layers: 2...6, ffnRatio: 2...4)
    )

    private func search(
        _ change: (inout ArchitectureSearch.Options) -> Void = { _ in }
    ) -> ArchitectureSearch {
        var options = small
        change(&options)
        return ArchitectureSearch(options, directory: place)
    }

    @Test func searchFindsAWinner() async throws {
        let asked = ModelShape(hidden: 32, layers: 1, ffn: 32, heads: 2, kvHeads: 1)
        var options = small
        options.also = [asked]
        let outcome = try #require(try await searchShape(in: place, options))
        let winner = outcome.winner
        #expect(winner.isCandidate && winner.isOnFront && outcome.isComplete && outcome.moreIsBetter)
        #expect((288_000...312_000).contains(winner.parameters))
        #expect(winner.shape.hidden == winner.headDim * winner.shape.heads)
        let value = try #require(winner.measured).value
        #expect(try #require(winner.spread).contains(value))
        #expect(outcome.shapes.filter(\.isCandidate).compactMap(\.measured).allSatisfy { $0.value <= value })
        #expect(outcome.shapes.filter { !$0.isCandidate }.map(\.shape) == [asked])
        #expect(outcome.front.first == winner)
        #expect(outcome.composition.checked > 0)
        #expect(outcome.drift.decode.upperBound > 0)
        #expect(outcome.device.contains("CPU"))
        let config = try String(contentsOf: outcome.configJSON, encoding: .utf8)
        #expect(config.contains("\"hidden_size\": \(winner.shape.hidden)"))
        let table = try String(contentsOf: outcome.resultsCSV, encoding: .utf8)
        #expect(table.split(separator: "\n").count == 1 + outcome.shapes.count)
        #expect(try !Data(contentsOf: outcome.resultsJSON).isEmpty)
    }

    @Test func searchReportsProgress() async throws {
        var (progress, outcome): ([ArchitectureSearch.Progress], ArchitectureSearch.Outcome?) = ([], nil)
        for try await event in search() {
            switch event {
            case .progress(let reading): progress.append(reading)
            case .finished(let found): outcome = found
            }
        }
        for (one, next) in zip(progress, progress.dropFirst()) {
            #expect(one.done < next.done && one.seconds < next.seconds)
        }
        #expect(progress.allSatisfy { $0.done < $0.total && $0.budgetSeconds == 60 && $0.slowdown > 0 })
        let last = try #require(progress.last)
        #expect(last.stage == .final)
        #expect(last.done + 1 == outcome?.measurements)
        #expect(try #require(last.best?.measured).decodeTokensPerSecond > 0)
    }

    @Test func searchCancelledGoesOn() async throws {
        let search = search()
        let first = Task {
            try await search.run { if $0.done >= 2 { withUnsafeCurrentTask { $0?.cancel() } } }
        }
        await #expect(throws: CancellationError.self) { try await first.value }
        // A loop that is left ends the search as well.
        var done = 0
        for try await event in search {
            if case .progress(let progress) = event { done = progress.done }
            if done > 4 { break }
        }
        #expect(!FileManager.default.fileExists(atPath: place.appendingPathComponent("results.json").path))
        let (rest, continuation) = AsyncStream<Int>.makeStream()
        #expect(try await search.run { continuation.yield($0.done) }.isComplete)
        continuation.finish()
        #expect(try #require(await rest.first { _ in true }) >= done)
        // Whatever is known need not be measured again.
        let weighted = self.search { $0.objective = .weighted(decode: 0.7) }
        #expect(try await weighted.run().isComplete)
    }

    @Test func searchCancelStopsWithinATime() async throws {
        let large = ArchitectureSearch(.init(parameters: 100_000_000, threads: 1), directory: place)
        let task = Task { try await large.run() }
        let measurements = place.appendingPathComponent("measurements.jsonl").path
        for _ in 0..<3000 where !FileManager.default.fileExists(atPath: measurements) {
            try await Task.sleep(for: .milliseconds(10))
        }
        let clock = ContinuousClock()
        let time = await clock.measure {
            task.cancel()
            _ = await task.result
        }
        print("cancel: the search ended after \(time)")
        #expect(time < .seconds(10))
    }

    @Test func searchOfAnImpossibleBudget() async throws {
        let error = try await failure { try await search { $0.parameters = 5_000_000_000 }.run() }
        guard case .optionInvalid("parameters", "5000000000", let allowed) = error else { throw error }
        #expect(allowed.contains("the nearest has"))
        #expect(error.localizedDescription.contains(allowed))
        let seconds = try await failure { try await search { $0.budgetSeconds = 0.001 }.run() }
        guard case .optionInvalid("budgetSeconds", _, _) = seconds else { throw seconds }
    }

    @Test func searchInACorruptFolder() async throws {
        _ = try await search().run()
        let file = place.appendingPathComponent("measurements.jsonl")
        let whole = try String(contentsOf: file, encoding: .utf8)
        for text in ["a text of mine\n", "\(whole.prefix { $0 != "\n" })\n{}\n"] {
            try Data(text.utf8).write(to: file)
            let error = try await failure { try await search().run() }
            guard case .searchInvalid(file.path, let reason) = error else { throw error }
            #expect(error.localizedDescription.contains(reason))
            #expect(try String(contentsOf: file, encoding: .utf8) == text)
        }
        let taken = try folder.file(Data("mine".utf8))
        let other = try await failure { try await ArchitectureSearch(small, directory: folder.url).run() }
        guard case .searchInvalid = other else { throw other }
        let failed = try await failure { try await ArchitectureSearch(small, directory: taken).run() }
        guard case .storageFailed = failed else { throw failed }
    }

    @Test func searchOptionInvalid() async throws {
        let odd = ModelShape(hidden: 7, layers: 1, ffn: 32, heads: 1, kvHeads: 1)
        let cases: [(String, (inout ArchitectureSearch.Options) -> Void)] = [
            ("parameters", { $0.parameters = -1 }), ("parameters", { $0.parameters = 0 }),
            ("tolerance", { $0.tolerance = .nan }), ("vocabularySize", { $0.vocabularySize = 0 }),
            ("contextSize", { $0.contextSize = 1 << 30 }), ("prefillTokens", { $0.prefillTokens = 4000 }),
            ("decodeTokens", { $0.decodeTokens = -1 }), ("objective", { $0.objective = .weighted(decode: 2) }),
            ("budgetSeconds", { $0.budgetSeconds = .nan }),
            (
                "sparsity",
                {
                    $0.sparsity = 0.5
                    $0.weightType = .int8
                }
            ),
            ("threads", { $0.threads = 0 }), ("backend", { $0.backend = .automatic }), ("also", { $0.also = [odd] }),
            ("headDims", { $0.space.headDims = [24] }), ("space", { $0.space.headDims = [] }),
            ("kvGroups", { $0.space.kvGroups = [0] }), ("layers", { $0.space.layers = 0...4 }),
            ("aspect", { $0.space.aspect = -1...1 }), ("ffnRatio", { $0.space.ffnRatio = 0...1 }),
        ]
        for (named, change) in cases {
            let error = try await failure { try await search(change).run() }
            guard case .optionInvalid(named, _, _) = error else { throw error }
        }
    }
}
