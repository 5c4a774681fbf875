// Models under a governor whose signals the tests give.

import Foundation
import PhoneLM
import Testing

func open(_ url: URL, within granted: Int, governor: Governor) async throws -> LanguageModel {
    var options = LanguageModel.Options(memoryBudget: granted)
    let model: LanguageModel
    do {
        model = try await LanguageModel(contentsOf: url, options: options)
    } catch LanguageModelError.overBudget(_, _, let largest) where largest > 0 {
        options.contextSize = largest
        model = try await LanguageModel(contentsOf: url, options: options)
    }
    governor.attach(model)
    return model
}

@Suite(.timeLimit(.minutes(2)))
struct GovernorTests {
    let governor: Governor
    let long = GenerationOptions(samplingMode: .random(seed: 3), temperature: 10, maximumResponseTokens: 150)

    init() throws {
        governor = try Governor()
    }

    private func governed(_ options: LanguageModel.Options = .init()) async throws -> LanguageModel {
        let model = try await LanguageModel(contentsOf: Tiny.url, options: options)
        governor.attach(model)
        return model
    }

    @Test func pausedAnswerGoesOnTheSame() async throws {
        let model = try await governed()
        let expected = try await LanguageModelSession(model: model).respond(to: "Tell me all", options: long).content
        let session = try LanguageModelSession(model: model)
        var stream = session.streamResponse(to: "Tell me all", options: long).makeAsyncIterator()
        _ = try await stream.next()
        governor.setThermalState(.critical)
        try await Task.sleep(for: .milliseconds(300))
        #expect(session.isResponding)
        governor.setThermalState(.nominal)
        var last = ""
        while let snapshot = try await stream.next() { last = snapshot.content }
        #expect(last == expected)
    }

    @Test func whatEndsInAPauseEndsAtOnce() async throws {
        let model = try await governed()
        let sessions = try (0..<3).map { _ in try LanguageModelSession(model: model) }
        governor.setThermalState(.critical)
        var tasks: [Task<LanguageModelSession.Response, any Error>] = []
        for session in sessions { tasks.append(try await session.startEndless()) }
        tasks[0].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[0].value }
        sessions[1].close()
        await #expect(throws: LanguageModelError.sessionClosed) { try await tasks[1].value }
        let folder = try Folder()
        try await sessions[2].save(to: SessionFolder(folder.url.appendingPathComponent("copy")))
        model.unload()
        await #expect(throws: LanguageModelError.modelUnloaded) { try await tasks[2].value }
    }

    @Test func fewerThreadsTheSameAnswer() async throws {
        let model = try await governed(.init(threads: 2, backend: .cpu))
        let expected = try await LanguageModelSession(model: model).respond(to: "Tell me all", options: long).content
        governor.setThermalState(.serious)
        let answer = try await LanguageModelSession(model: model).respond(to: "Tell me all", options: long).content
        #expect(answer == expected)
        #expect(model.info.executor.contains("1 threads"))
    }

    @Test func idleCachesComeBackFromTheFolder() async throws {
        let model = try await governed()
        let folder = try Folder()
        let kept = try LanguageModelSession(
            model: model, folder: SessionFolder(folder.url.appendingPathComponent("session")))
        let plain = try LanguageModelSession(model: model)
        let story = "My name is Ada. " + String(repeating: "I have two cats and bake bread on Sundays. ", count: 8)
        for session in [kept, plain] { try await session.respond(to: story) }
        governor.setMemoryPressure(.low)
        let whole = kept.contextUsage.tokens / 64
        let blocks = folder.url.appendingPathComponent("session/kv").path
        try await until {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: blocks)) ?? []
            return files.filter { $0.hasSuffix(".kv") }.count == whole
        }
        let back = try await kept.respond(to: "What is my name?")
        let untouched = try await plain.respond(to: "What is my name?")
        #expect(back.content == untouched.content)
        #expect(back.statistics.cachedTokens == 64 * whole)
        #expect(untouched.statistics.cachedTokens > back.statistics.cachedTokens)
        governor.setMemoryPressure(.critical)
        #expect(try await plain.respond(to: "What is my name?").statistics.cachedTokens == 0)
    }

    @Test func loadOverItsBudget() async throws {
        let needed = try await LanguageModel.plan(contentsOf: Tiny.url).totalBytes
        let error = try await failure {
            try await LanguageModel(contentsOf: Tiny.url, options: .init(memoryBudget: needed - 1))
        }
        guard case .overBudget(needed, needed - 1, let largest) = error else { throw error }
        #expect(error.localizedDescription.contains("\(largest)"))
        #expect(try await open(Tiny.url, within: needed - 1, governor: governor).contextSize == largest)
        let negative = try await failure {
            try await LanguageModel(contentsOf: Tiny.url, options: .init(memoryBudget: -1))
        }
        guard case .optionInvalid("memoryBudget", "-1", _) = negative else { throw negative }
    }

    @Test func overrideAndBack() async throws {
        let model = try await governed()
        try governor.setOverride(.init(pauses: true))
        let session = try LanguageModelSession(model: model)
        let answer = Task { try await session.respond(to: "Who are you?") }
        try await Task.sleep(for: .milliseconds(200))
        #expect(session.isResponding && governor.state.isOverridden)
        try governor.setOverride(nil)
        #expect(try await answer.value.content.contains("PhoneLM"))
        #expect(!governor.state.isOverridden)
        let error = try await failure { try governor.setOverride(.init(threadShare: 2)) }
        guard case .optionInvalid("threadShare", "2", _) = error else { throw error }
        #expect(throws: LanguageModelError.self) { try Governor(policy: .init(hotThreadShare: 0)) }
    }

    @Test func statesAreWatched() async throws {
        var states = governor.states.makeAsyncIterator()
        let first = try #require(await states.next())
        #expect(first.measures == .init() && first.signals.thermal == .nominal && !first.isOverridden)
        governor.setBackground(true)
        #expect(await states.next()?.measures.background == true)
        for memory in Governor.MemoryPressure.allCases.reversed() {
            governor.setMemoryPressure(memory)
            #expect(await states.next()?.signals.memory == memory)
        }
        for caches in Governor.IdleCaches.allCases {
            try governor.setOverride(.init(idleCaches: caches))
            #expect(await states.next()?.measures.idleCaches == caches)
        }
        for thermal in Governor.ThermalState.allCases.reversed() {
            governor.setThermalState(thermal)
            #expect(await states.next()?.signals.thermal == thermal)
        }
        let stream = governor.states
        let waiting = Task { for await _ in stream {} }
        waiting.cancel()
        await waiting.value
    }

    @Test func signalsFromManyThreadsAndTwoModels() async throws {
        let models = [try await governed(), try await governed()]
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask { [governor] in
                    for round in 0..<50 {
                        switch (number + round) % 4 {
                        case 0: governor.setThermalState(.critical)
                        case 1: governor.setThermalState(.serious)
                        case 2: governor.setMemoryPressure(.critical)
                        default: governor.setBackground(round.isMultiple(of: 2))
                        }
                    }
                }
            }
        }
        governor.setThermalState(.nominal)
        for model in models {
            let answer = try await LanguageModelSession(model: model).respond(to: "Who are you?")
            #expect(answer.content.contains("PhoneLM"))
        }
    }
}
