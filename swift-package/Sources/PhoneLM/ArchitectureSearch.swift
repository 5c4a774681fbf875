import Foundation
internal import PhoneLMBindings

/// Finds the fastest shape of a model for this device, before a model is trained.
///
/// Shapes within a budget of parameters are timed with random weights.
///
/// ```swift
/// let search = ArchitectureSearch(.init(parameters: 100_000_000), directory: folder)
/// for try await event in search {
///     switch event {
///     case .progress(let progress): bar.progress = Double(progress.done) / Double(progress.total)
///     case .finished(let result): label.text = "\(result.winner.shape)"
///     }
/// }
/// ```
///
/// Let nothing else compute meanwhile: searches of one process take turns, and whatever disturbs a measurement makes it
/// worth less. What is measured is kept in the ``directory`` at once, so that a search which ended for any reason goes on
/// there, also with another ``Options/objective`` or a larger ``Options/budgetSeconds``.
///
/// Each loop over a search begins it, or goes on with it. When the loop is left or its task cancelled, the search ends
/// after the token, the prompt or the step of making a model that is being computed. A slow loop misses progress and no
/// result.
public struct ArchitectureSearch: AsyncSequence, Sendable {
    /// What a search tells.
    public enum Event: Sendable, Hashable {
        /// A measurement begins.
        case progress(Progress)
        /// The last event.
        case finished(Outcome)
    }

    /// A search that is running. When it goes, the search stops.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let run: Run

        /// Waits for the next event; `nil` after the last one.
        ///
        /// - Throws: ``LanguageModelError``, or `CancellationError` if the task is cancelled.
        public mutating func next() async throws -> Event? {
            try await run.next()
        }
    }

    /// What is looked for.
    public let options: Options
    /// Where measurements and results go: a folder that is new, empty, or that of an earlier start of the same search.
    public let directory: URL

    /// Creates a search, which begins when it is run.
    ///
    /// - Parameters:
    ///   - options: What is looked for.
    ///   - directory: Where measurements and results go.
    public init(_ options: Options, directory: URL) {
        self.options = options
        self.directory = directory
    }

    /// Begins to search.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(run: Run(self))
    }

    /// Searches, and gives what was found.
    ///
    /// Cancelling the task ends the search with a `CancellationError`.
    ///
    /// - Parameter progress: Is told of the measurements that begin.
    /// - Throws: ``LanguageModelError/optionInvalid(option:value:allowed:)`` if an option is out of range, no shape has so
    ///   many parameters, or the budget of seconds did not suffice for one speed;
    ///   ``LanguageModelError/searchInvalid(path:reason:)`` if the folder holds another search, other files or a broken
    ///   line; another ``LanguageModelError`` if folder, memory or machine refuse.
    public func run(progress: (@Sendable (Progress) -> Void)? = nil) async throws -> Outcome {
        for try await event in self {
            switch event {
            case .progress(let reading): progress?(reading)
            case .finished(let outcome): return outcome
            }
        }
        throw CancellationError()
    }
}

/// One start of a search, made when it is first waited for.
private final class Run: Sendable {
    private let search: ArchitectureSearch
    private let started = Locked<PhoneLMBindings.Search?>(nil)

    init(_ search: ArchitectureSearch) {
        self.search = search
    }

    deinit {
        started.withLock { $0 }?.cancel()
    }

    func next() async throws -> ArchitectureSearch.Event? {
        let running = try start()
        return try await withTaskCancellationHandler {
            switch try await crossingAsync({ try await running.next() }) {
            case .progress(let progress): .progress(.init(progress))
            case .finished(let result): .finished(.init(result))
            case nil: nil
            }
        } onCancel: {
            running.cancel()
        }
    }

    private func start() throws -> PhoneLMBindings.Search {
        try started.withLock { started in
            if let started { return started }
            try Task.checkCancellation()
            let running = startSearch(options: try SearchOptions(search.options, directory: search.directory))
            started = running
            return running
        }
    }
}
