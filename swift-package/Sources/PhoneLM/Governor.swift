internal import PhoneLMBindings

/// Has an app's models mind memory, heat and the background.
///
/// ```swift
/// let governor = try Governor()
/// governor.attach(model)
/// governor.setThermalState(.serious)
/// ```
///
/// On iPhone and iPad `followSystem()` gives it the signals; anywhere else, and in tests, the app does. A governor knows its
/// models as long as they are open and keeps none. Keep one governor as long as the app lives: models whose governor is gone
/// compute as if there had been none.
///
/// Everything here may be called from anywhere and returns at once.
public final class Governor: Sendable {
    /// How short memory is, as the platform last told.
    public enum MemoryPressure: Sendable, Hashable, CaseIterable {
        /// There is enough.
        case normal
        /// Apps should give back what they can easily make again.
        case low
        /// The system is about to end apps.
        case critical
    }

    /// How hot the device is.
    public enum ThermalState: Sendable, Hashable, CaseIterable {
        /// Nothing to mind.
        case nominal
        /// Warmer than usual.
        case fair
        /// The system slows down.
        case serious
        /// The device has to cool down.
        case critical
    }

    /// Caches of idle sessions, those that are not answering, that are given back.
    public enum IdleCaches: Sendable, Hashable, CaseIterable {
        /// None.
        case keep
        /// Those of sessions that are kept in a folder, from which their next turn reads them back.
        case dropSaved
        /// All. Sessions without a folder compute theirs anew; no word is lost.
        case dropAll
    }

    /// Which measures follow from which signals.
    public struct Policy: Sendable, Hashable {
        /// The share of threads in serious heat, above 0 up to 1.
        public var hotThreadShare: Double

        /// Whether critical heat pauses.
        public var pausesWhenCriticallyHot: Bool

        /// What low memory costs.
        public var atLowMemory: IdleCaches

        /// What critical memory costs. Running answers go on: a pause would free nothing.
        public var atCriticalMemory: IdleCaches

        /// Whether the background pauses; otherwise answers go on there, on the processor.
        public var pausesInBackground: Bool

        /// Creates a policy.
        ///
        /// - Parameters:
        ///   - hotThreadShare: The share of threads in serious heat.
        ///   - pausesWhenCriticallyHot: Whether critical heat pauses.
        ///   - atLowMemory: What low memory costs.
        ///   - atCriticalMemory: What critical memory costs.
        ///   - pausesInBackground: Whether the background pauses.
        public init(
            hotThreadShare: Double = 0.5,
            pausesWhenCriticallyHot: Bool = true,
            atLowMemory: IdleCaches = .dropSaved,
            atCriticalMemory: IdleCaches = .dropAll,
            pausesInBackground: Bool = false
        ) {
            self.hotThreadShare = hotThreadShare
            self.pausesWhenCriticallyHot = pausesWhenCriticallyHot
            self.atLowMemory = atLowMemory
            self.atCriticalMemory = atCriticalMemory
            self.pausesInBackground = pausesInBackground
        }
    }

    /// What the platform told.
    public struct Signals: Sendable, Hashable {
        /// The last word on memory.
        public let memory: MemoryPressure
        /// How hot the device is.
        public let thermal: ThermalState
        /// Whether the app is in the background.
        public let isInBackground: Bool
    }

    /// What is done about it.
    public struct Measures: Sendable, Hashable {
        /// Whether nothing is computed. Answers wait between two tokens and go on with the same ones; cancelling, closing and
        /// saving work meanwhile.
        public var pauses: Bool

        /// The share of its threads that a model computes with, above 0 up to 1, rounded up to whole ones. No answer depends
        /// on it.
        public var threadShare: Double

        /// What is given back, once with each signal of memory and each override.
        public var idleCaches: IdleCaches

        /// Whether models leave the GPU alone, as ``LanguageModel/setBackground(_:)`` has one do.
        public var background: Bool

        /// Creates measures; none unless said.
        ///
        /// - Parameters:
        ///   - pauses: Whether nothing is computed.
        ///   - threadShare: The share of its threads that a model computes with.
        ///   - idleCaches: What is given back.
        ///   - background: Whether models leave the GPU alone.
        public init(
            pauses: Bool = false,
            threadShare: Double = 1,
            idleCaches: IdleCaches = .keep,
            background: Bool = false
        ) {
            self.pauses = pauses
            self.threadShare = threadShare
            self.idleCaches = idleCaches
            self.background = background
        }
    }

    /// What a governor knows and does.
    public struct State: Sendable, Hashable {
        /// What the platform told.
        public let signals: Signals
        /// What is done.
        public let measures: Measures
        /// Whether the app decided the measures, not the policy.
        public let isOverridden: Bool
    }

    private let governor: PhoneLMBindings.Governor

    /// Creates a governor with no model and nothing to mind.
    ///
    /// - Parameter policy: What follows from which signals.
    /// - Throws: ``LanguageModelError/optionInvalid(option:value:allowed:)`` if a share is out of range.
    public init(policy: Policy = Policy()) throws {
        governor = try crossing { try PhoneLMBindings.Governor(policy: GovernorPolicy(policy)) }
    }

    /// What it knows and does now.
    public var state: State { State(governor.state()) }

    /// The present state and those that follow; of several that came while a loop was busy, it gets the newest.
    public var states: AsyncStream<State> {
        let watch = governor.watch()
        return AsyncStream {
            await watch.next().map { State($0) }
        } onCancel: {
            watch.end()
        }
    }

    /// Governs a model from now on, until it is unloaded. A model has one governor at most.
    public func attach(_ model: LanguageModel) {
        governor.attach(model: model.model)
    }

    /// Tells how short memory is. Each call drops caches as the policy says, once.
    public func setMemoryPressure(_ memory: MemoryPressure) {
        governor.setMemoryPressure(memory: .init(memory))
    }

    /// Tells how hot the device is.
    public func setThermalState(_ thermal: ThermalState) {
        governor.setThermalState(thermal: .init(thermal))
    }

    /// Tells whether the app is in the background. Models that are governed need no ``LanguageModel/setBackground(_:)``.
    public func setBackground(_ background: Bool) {
        governor.setBackground(background: background)
    }

    /// Takes these measures whatever the signals say, or with `nil` leaves it to the policy again.
    ///
    /// - Throws: ``LanguageModelError/optionInvalid(option:value:allowed:)`` if the share of threads is out of range.
    public func setOverride(_ measures: Measures?) throws {
        try crossing { try governor.setOverride(measures: measures.map { .init($0) }) }
    }
}
