internal import PhoneLMBindings

extension GovernorPolicy {
    init(_ policy: Governor.Policy) {
        self.init(
            hotThreadShare: policy.hotThreadShare,
            pauseWhenCriticallyHot: policy.pausesWhenCriticallyHot,
            atLowMemory: .init(policy.atLowMemory),
            atCriticalMemory: .init(policy.atCriticalMemory),
            pauseInBackground: policy.pausesInBackground
        )
    }
}

extension PhoneLMBindings.MemoryPressure {
    init(_ memory: Governor.MemoryPressure) {
        self =
            switch memory {
            case .normal: .normal
            case .low: .low
            case .critical: .critical
            }
    }
}

extension PhoneLMBindings.ThermalState {
    init(_ thermal: Governor.ThermalState) {
        self =
            switch thermal {
            case .nominal: .nominal
            case .fair: .fair
            case .serious: .serious
            case .critical: .critical
            }
    }
}

extension PhoneLMBindings.IdleCaches {
    init(_ caches: Governor.IdleCaches) {
        self =
            switch caches {
            case .keep: .keep
            case .dropSaved: .dropSaved
            case .dropAll: .dropAll
            }
    }
}

extension PhoneLMBindings.Measures {
    init(_ measures: Governor.Measures) {
        self.init(
            pause: measures.pauses,
            threadShare: measures.threadShare,
            idleCaches: .init(measures.idleCaches),
            background: measures.background
        )
    }
}

extension Governor.State {
    init(_ state: GovernorState) {
        signals = .init(state.signals)
        measures = .init(state.measures)
        isOverridden = state.overridden
    }
}

extension Governor.Signals {
    init(_ signals: PhoneLMBindings.Signals) {
        memory =
            switch signals.memory {
            case .normal: .normal
            case .low: .low
            case .critical: .critical
            }
        thermal =
            switch signals.thermal {
            case .nominal: .nominal
            case .fair: .fair
            case .serious: .serious
            case .critical: .critical
            }
        isInBackground = signals.background
    }
}

extension Governor.Measures {
    init(_ measures: PhoneLMBindings.Measures) {
        pauses = measures.pause
        threadShare = measures.threadShare
        idleCaches =
            switch measures.idleCaches {
            case .keep: .keep
            case .dropSaved: .dropSaved
            case .dropAll: .dropAll
            }
        background = measures.background
    }
}
