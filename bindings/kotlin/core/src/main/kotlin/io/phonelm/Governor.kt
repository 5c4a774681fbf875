package io.phonelm

import io.phonelm.ffi.Governor as NativeGovernor
import io.phonelm.ffi.GovernorPolicy as NativePolicy
import io.phonelm.ffi.GovernorState as NativeState
import io.phonelm.ffi.IdleCaches as NativeCaches
import io.phonelm.ffi.Measures as NativeMeasures
import io.phonelm.ffi.MemoryPressure as NativePressure
import io.phonelm.ffi.ThermalState as NativeThermalState
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/**
 * Has an app's models mind memory, heat and the background.
 *
 * ```
 * val governor = Governor()
 * governor.attach(model)
 * governor.setThermalState(ThermalState.SERIOUS)
 * ```
 *
 * On Android `governor.follow(context)` gives it the signals; anywhere else, and in tests, the app does. A governor knows its
 * models as long as they are open and keeps none. An app keeps one governor, which `follow` does too; models whose governor is
 * gone compute as if there had been none.
 *
 * Every function may be called from any thread and returns at once.
 *
 * @param policy What follows from which signals.
 * @throws PhoneLMException.OptionInvalid if a share of the policy is out of range.
 */
public class Governor(policy: GovernorPolicy = GovernorPolicy()) {
    private val native = crossing {
        stayAttached
        NativeGovernor(policy.toNative())
    }

    /** What it knows and does now. */
    public val state: GovernorState
        get() = crossing { native.state() }.toPublic()

    /** The present state and those that follow; of several that came while a collector was busy, it gets the newest. */
    public val states: Flow<GovernorState> = flow {
        val watch = crossing { native.watch() }
        try {
            while (true) emit((crossing { watch.next() } ?: break).toPublic())
        } finally {
            watch.end()
            watch.close()
        }
    }

    /** Governs [model] from now on, until it is closed. A model has one governor at most. */
    public fun attach(model: LanguageModel) {
        crossing { native.attach(model.native) }
    }

    /** Tells how short memory is. Each call drops caches as the policy says, once. */
    public fun setMemoryPressure(memory: MemoryPressure) {
        crossing { native.setMemoryPressure(NativePressure.valueOf(memory.name)) }
    }

    /** Tells how hot the device is. */
    public fun setThermalState(thermal: ThermalState) {
        crossing { native.setThermalState(NativeThermalState.valueOf(thermal.name)) }
    }

    /** Tells whether the app is in the background. Models that are governed need no [LanguageModel.setBackground]. */
    public fun setBackground(background: Boolean) {
        crossing { native.setBackground(background) }
    }

    /**
     * Takes [measures] whatever the signals say, or with `null` leaves it to the policy again.
     *
     * @throws PhoneLMException.OptionInvalid if the share of threads is out of range.
     */
    public fun setOverride(measures: Measures?) {
        crossing { native.setOverride(measures?.toNative()) }
    }
}

/** How short memory is, as the platform last told. */
public enum class MemoryPressure {
    /** There is enough. */
    NORMAL,

    /** Apps should give back what they can easily make again. */
    LOW,

    /** The system is about to end apps. */
    CRITICAL,
}

/** How hot the device is. */
public enum class ThermalState {
    /** Nothing to mind. */
    NOMINAL,

    /** Warmer than usual. */
    FAIR,

    /** The system slows down. */
    SERIOUS,

    /** The device has to cool down. */
    CRITICAL,
}

/** Caches of idle sessions, those that are not answering, that are given back. */
public enum class IdleCaches {
    /** None. */
    KEEP,

    /** Those of sessions that are kept in a folder, from which their next turn reads them back. */
    DROP_SAVED,

    /** All. Sessions without a folder compute theirs anew; no word is lost. */
    DROP_ALL,
}

/**
 * Which measures follow from which signals.
 *
 * @property hotThreadShare The share of threads in serious heat, above 0 up to 1.
 * @property pauseWhenCriticallyHot Whether critical heat pauses.
 * @property atLowMemory What low memory costs.
 * @property atCriticalMemory What critical memory costs. Running answers go on: a pause would free nothing.
 * @property pauseInBackground Whether the background pauses; otherwise answers go on there, on the processor.
 */
public data class GovernorPolicy(
    val hotThreadShare: Double = 0.5,
    val pauseWhenCriticallyHot: Boolean = true,
    val atLowMemory: IdleCaches = IdleCaches.DROP_SAVED,
    val atCriticalMemory: IdleCaches = IdleCaches.DROP_ALL,
    val pauseInBackground: Boolean = false,
)

/**
 * What the platform told.
 *
 * @property memory The last word on memory.
 * @property thermal How hot the device is.
 * @property background Whether the app is in the background.
 */
public data class Signals(val memory: MemoryPressure, val thermal: ThermalState, val background: Boolean)

/**
 * What is done about it.
 *
 * @property pause Whether nothing is computed. Answers wait between two tokens and go on with the same ones; cancelling, closing
 *   and saving work meanwhile.
 * @property threadShare The share of its threads that a model computes with, above 0 up to 1, rounded up to whole ones. No
 *   answer depends on it.
 * @property idleCaches What is given back, once with each signal of memory and each override.
 * @property background Whether models leave the GPU alone, as [LanguageModel.setBackground] has one do.
 */
public data class Measures(
    val pause: Boolean = false,
    val threadShare: Double = 1.0,
    val idleCaches: IdleCaches = IdleCaches.KEEP,
    val background: Boolean = false,
)

/**
 * What a governor knows and does.
 *
 * @property signals What the platform told.
 * @property measures What is done.
 * @property overridden Whether the app decided the measures, not the policy.
 */
public data class GovernorState(val signals: Signals, val measures: Measures, val overridden: Boolean)

private fun GovernorPolicy.toNative() = NativePolicy(
    hotThreadShare = hotThreadShare,
    pauseWhenCriticallyHot = pauseWhenCriticallyHot,
    atLowMemory = atLowMemory.toNative(),
    atCriticalMemory = atCriticalMemory.toNative(),
    pauseInBackground = pauseInBackground,
)

private fun IdleCaches.toNative() = NativeCaches.valueOf(name)

private fun Measures.toNative() = NativeMeasures(pause, threadShare, idleCaches.toNative(), background)

private fun NativeState.toPublic() = GovernorState(
    Signals(
        MemoryPressure.valueOf(signals.memory.name),
        ThermalState.valueOf(signals.thermal.name),
        signals.background,
    ),
    measures.run { Measures(pause, threadShare, IdleCaches.valueOf(idleCaches.name), background) },
    overridden,
)
