// The Search screen: which shape of model would be the fastest on this phone.

import Foundation
import Observation
import PhoneLM

/// A search of the fastest shape, its progress and its plot.
@MainActor
@Observable
public final class ShapeSearch {
    /// How large the wanted model is. Each size is a search of its own; aim and time may change within it.
    public struct Size: Sendable, Hashable, Identifiable {
        /// What the user reads.
        public let title: String
        let options: ArchitectureSearch.Options

        /// What the user reads.
        public var id: String { title }

        /// The sizes to choose from.
        public static let all = [
            Size(title: "4 million", options: .init(parameters: 4_000_000, vocabularySize: 4096)),
            Size(title: "50 million", options: .init(parameters: 50_000_000)),
            Size(title: "150 million", options: .init(parameters: 150_000_000)),
            Size(title: "500 million", options: .init(parameters: 500_000_000)),
        ]
    }

    /// What counts.
    public enum Aim: String, CaseIterable, Identifiable, Sendable {
        case writing = "Writing"
        case reading = "Reading"
        case both = "Both"

        /// Itself.
        public var id: Aim { self }
    }

    /// How long it may measure, in seconds.
    public enum Budget: Double, CaseIterable, Identifiable, Sendable {
        case short = 30
        case middle = 180
        case long = 1200

        /// Itself.
        public var id: Budget { self }
        /// What the user reads.
        public var title: String {
            switch self {
            case .short: "30 seconds"
            case .middle: "3 minutes"
            case .long: "20 minutes"
            }
        }
    }

    /// A shape in the plot.
    public struct Point: Sendable, Hashable, Identifiable {
        /// Where it stands among the shapes, the best first.
        public let id: Int
        /// Its layers.
        public let layers: Int
        /// What counts, of it.
        public let value: Double
        /// What is known of it, as the legend says it.
        public let kind: String
    }

    /// How large the wanted model is.
    public var size: Size
    /// What counts.
    public var aim = Aim.writing
    /// How long it may measure.
    public var budget = Budget.short
    private(set) var progress: ArchitectureSearch.Progress?
    private(set) var outcome: ArchitectureSearch.Outcome?
    /// Whether it runs.
    public private(set) var isRunning = false
    /// What went wrong last.
    public private(set) var problem: String?
    /// Whether what was measured has to be deleted before this search can begin.
    public private(set) var isBlocked = false

    private let folder: URL
    private var task: Task<Void, Never>?

    init(folder: URL, size: Size = Size.all[0]) {
        self.folder = folder
        self.size = size
    }

    /// What is being done.
    public var stage: String {
        switch progress?.stage {
        case .probe: "Timing layers"
        case .sample: "Checking whole models"
        case .final: "Comparing the fastest"
        case nil: "Counting shapes"
        }
    }

    /// How far it is, from 0 to 1; `nil` while nobody knows.
    public var fraction: Double? { progress.map { Double($0.done) / Double(max($0.total, 1)) } }

    /// What is measured, the best shape so far, and in the end the fastest.
    public var facts: [Fact] {
        let shape = outcome?.winner ?? progress?.best
        var facts: [Fact] = []
        if isRunning, let progress { facts.append(Fact("Now", progress.shape.line)) }
        if let shape { facts.append(Fact(isRunning ? "Best so far" : "The fastest shape", shape.shape.line)) }
        if let speeds = shape?.speeds {
            facts.append(Fact("Writing", "\(speeds.decodeTokensPerSecond.short) tokens/s"))
            facts.append(Fact("Reading", "\(speeds.prefillTokensPerSecond.short) tokens/s"))
        }
        return facts
    }

    /// What makes the result worth less, if anything does.
    public var warning: String? {
        if isRunning, let progress, progress.slowdown > 1.1 {
            return "The phone is \(progress.slowdown.short) times slower than usual. Let it cool down."
        }
        guard let outcome, !outcome.isComplete else { return nil }
        return "The time ended before everything was measured. A search with more time goes on from here."
    }

    /// What the plot's speeds are counted in.
    public var unit: String { outcome?.unit ?? "" }

    /// The shapes whose speed is known.
    public var points: [Point] {
        (outcome?.shapes ?? []).enumerated().compactMap { place, shape in
            guard let speeds = shape.speeds else { return nil }
            let measured = shape.measured == nil ? "Composed" : "Measured whole"
            let kind = shape.isOnFront ? "No deeper one is as good" : measured
            return Point(id: place, layers: shape.shape.layers, value: speeds.value, kind: kind)
        }
    }

    /// Begins the search, or goes on with what an earlier one of the same size measured.
    public func run() {
        guard !isRunning else { return }
        (isRunning, isBlocked, problem, progress, outcome) = (true, false, nil, nil, nil)
        task = Task {
            do {
                for try await event in try search() {
                    switch event {
                    case .progress(let progress): self.progress = progress
                    case .finished(let outcome): self.outcome = outcome
                    }
                }
            } catch is CancellationError {
            } catch {
                problem = error.localizedDescription
                if case LanguageModelError.searchInvalid = error { isBlocked = true }
            }
            isRunning = false
        }
    }

    /// Ends the search; what was measured stays.
    public func stop() {
        task?.cancel()
    }

    /// Deletes what was measured for this size, and begins anew.
    public func runAnew() {
        guard !isRunning else { return }
        do {
            try FileManager.default.removeItem(at: place)
            run()
        } catch {
            problem = error.localizedDescription
        }
    }

    private var place: URL { folder.appendingPathComponent("\(size.options.parameters)") }

    private func search() throws -> ArchitectureSearch {
        var options = size.options
        options.objective =
            switch aim {
            case .writing: .decode
            case .reading: .prefill
            case .both: .weighted(decode: 0.5)
            }
        options.budgetSeconds = budget.rawValue
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return ArchitectureSearch(options, directory: place)
    }
}
