// The Speed and Search screens, and the app as a whole.

import Foundation
import PhoneLM
import PhoneLMActions
import Testing

@testable import SampleCore

@MainActor
@Suite(.serialized, .timeLimit(.minutes(2)))
struct MeasuringTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    @Test func theBenchmarkMeasuresPromptsAndAnswers() async throws {
        let benchmark = Benchmark(rounds: 2)
        #expect(!benchmark.canRun)
        benchmark.use(try await Tiny.model())
        benchmark.run()
        #expect(!benchmark.canRun && benchmark.fraction == 0)
        try await until { benchmark.fraction == nil }
        #expect(benchmark.problem == nil && benchmark.executor?.contains("CPU") == true)
        let lengths = benchmark.readings.map(\.promptTokens)
        #expect(lengths.count == 3 && lengths == lengths.sorted())
        #expect(benchmark.readings.allSatisfy { $0.prefill > 0 && $0.decode > 0 && $0.prefill.isFinite })
    }

    @Test func theBenchmarkCanBeStopped() async throws {
        let benchmark = Benchmark(rounds: 100)
        benchmark.use(try await Tiny.model())
        benchmark.run()
        try await until { !benchmark.readings.isEmpty }
        benchmark.stop()
        try await until { benchmark.fraction == nil }
        #expect(benchmark.problem == nil && benchmark.canRun && !benchmark.readings.isEmpty)
        benchmark.use(nil)
        #expect(benchmark.readings.isEmpty && !benchmark.canRun)
    }

    /// A search of few shapes of about 300,000 parameters, which is over in a moment.
    private func smallSearch(parameters: Int = 300_000) -> ShapeSearch {
        let options = ArchitectureSearch.Options(
            parameters: parameters, tolerance: 0.04, vocabularySize: 512, contextSize: 64, prefillTokens: 16,
            decodeTokens: 8, threads: 1,
            space: .init(headDims: [16, 32], kvGroups: [1, 2], layers: 2...6, ffnRatio: 2...4))
        let place = folder.url.appendingPathComponent("search")
        return ShapeSearch(folder: place, size: .init(title: "small", options: options))
    }

    @Test func theSearchFindsAShapeAndPlotsIt() async throws {
        let first = smallSearch()
        first.run()
        #expect(first.stage == "Counting shapes" && first.fraction == nil)
        try await until { (first.progress?.done ?? 0) > 2 }
        #expect(first.fraction ?? 0 > 0 && first.facts.first?.name == "Now")
        first.stop()
        try await until { !first.isRunning }
        #expect(first.problem == nil && first.outcome == nil && first.points.isEmpty)
        let done = try #require(first.progress?.done)
        let second = smallSearch()
        second.aim = .both
        second.run()
        try await until { second.progress != nil || !second.isRunning }
        #expect(try #require(second.progress).done >= done)
        try await until { !second.isRunning }
        let outcome = try #require(second.outcome)
        #expect(second.points.count > 1 && second.points.allSatisfy { $0.value > 0 && $0.layers > 0 })
        #expect(second.points.first?.kind == "No deeper one is as good")
        #expect(second.facts.map(\.name) == ["The fastest shape", "Writing", "Reading"])
        #expect(second.facts[0].value.contains("\(outcome.winner.shape.layers) layers"))
        #expect(second.warning == nil && second.unit == outcome.unit)
    }

    @Test func aSearchAmongOtherFilesBeginsAnewWhenItMay() async throws {
        let place = folder.url.appendingPathComponent("search/300000")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: place.appendingPathComponent("measurements.jsonl"))
        let search = smallSearch()
        search.run()
        try await until { !search.isRunning }
        #expect(search.isBlocked && search.problem?.isEmpty == false)
        search.runAnew()
        try await until { search.progress != nil }
        search.stop()
        try await until { !search.isRunning }
        #expect(!search.isBlocked && search.problem == nil)
    }

    @Test func theSearchSaysWhatIsImpossible() async throws {
        let search = smallSearch(parameters: 5_000_000_000)
        search.run()
        try await until { !search.isRunning }
        #expect(search.problem?.contains("the nearest has") == true && !search.isBlocked)
    }

    @Test func theAppStartsWithItsOwnModel() async throws {
        let sample = Sample(tiny: Tiny.url, folder: folder.url, device: PhoneDevice())
        sample.chat.draft = "Who are you?"
        #expect(!sample.chat.canSend)
        sample.start()
        try await until { !sample.library.isBusy }
        #expect(sample.chat.canSend && sample.benchmark.canRun)
        sample.chat.send()
        sample.setBackground(true)
        sample.setBackground(false)
        try await until { !sample.chat.isAnswering }
        #expect(sample.chat.messages.count == 2)
        sample.library.current?.model.unload()
        sample.chat.retry()
        try await until { !sample.chat.isAnswering }
        #expect(sample.chat.problem?.isEmpty == false)
    }
}
