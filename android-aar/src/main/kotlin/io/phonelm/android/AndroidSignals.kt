package io.phonelm.android

import android.app.Activity
import android.app.ActivityManager
import android.app.Application
import android.content.ComponentCallbacks2
import android.content.Context
import android.os.Build
import android.os.Bundle
import android.os.PowerManager
import io.phonelm.Governor
import io.phonelm.MemoryPressure
import io.phonelm.ThermalState

/**
 * Gives this governor Android's signals until the returned hook is closed: memory, heat (from Android 10 on) and whether an
 * activity of the app is on the screen. `Application.onCreate` is the place for it.
 *
 * ```
 * val hook = governor.follow(context)
 * ```
 */
public fun Governor.follow(context: Context): AutoCloseable {
    val app = context.applicationContext as Application
    val memory = app.onTrimMemory { level -> memoryPressure(level)?.let(::setMemoryPressure) }
    val front = FrontSignals(this)
    app.registerActivityLifecycleCallbacks(front)
    val heat = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) followHeat(app) else null
    return AutoCloseable {
        memory.close()
        app.unregisterActivityLifecycleCallbacks(front)
        heat?.close()
    }
}

/** Bytes that Android grants now, for [io.phonelm.ModelOptions.memoryBudgetBytes] and `LanguageModel.plan`. */
public val Context.availableMemory: Long
    get() {
        val activities = getSystemService(Context.ACTIVITY_SERVICE) as ActivityManager
        return ActivityManager.MemoryInfo().also(activities::getMemoryInfo).availMem
    }

private fun Governor.followHeat(app: Application): AutoCloseable {
    val power = app.getSystemService(Context.POWER_SERVICE) as PowerManager
    val listener = PowerManager.OnThermalStatusChangedListener { setThermalState(thermalState(it)) }
    // Android tells the present status at once.
    power.addThermalStatusListener(listener)
    return AutoCloseable { power.removeThermalStatusListener(listener) }
}

private fun thermalState(status: Int): ThermalState = when {
    status >= PowerManager.THERMAL_STATUS_CRITICAL -> ThermalState.CRITICAL
    status >= PowerManager.THERMAL_STATUS_SEVERE -> ThermalState.SERIOUS
    status >= PowerManager.THERMAL_STATUS_LIGHT -> ThermalState.FAIR
    else -> ThermalState.NOMINAL
}

// Android 14 and later send two of the levels; earlier versions all of them.
@Suppress("DEPRECATION")
private fun memoryPressure(level: Int): MemoryPressure? = when {
    level >= ComponentCallbacks2.TRIM_MEMORY_MODERATE -> MemoryPressure.CRITICAL
    level >= ComponentCallbacks2.TRIM_MEMORY_BACKGROUND -> MemoryPressure.LOW
    level >= ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN -> null
    level >= ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL -> MemoryPressure.CRITICAL
    level >= ComponentCallbacks2.TRIM_MEMORY_RUNNING_LOW -> MemoryPressure.LOW
    else -> null
}

private class FrontSignals(private val governor: Governor) : Application.ActivityLifecycleCallbacks {
    private val started = HashSet<Activity>()

    override fun onActivityStarted(activity: Activity) {
        started += activity
        governor.setBackground(false)
    }

    override fun onActivityStopped(activity: Activity) {
        started -= activity
        // An activity that is turned around comes back at once.
        if (started.isEmpty() && !activity.isChangingConfigurations) governor.setBackground(true)
    }

    override fun onActivityCreated(activity: Activity, savedInstanceState: Bundle?): Unit = Unit

    override fun onActivityResumed(activity: Activity): Unit = Unit

    override fun onActivityPaused(activity: Activity): Unit = Unit

    override fun onActivitySaveInstanceState(activity: Activity, outState: Bundle): Unit = Unit

    override fun onActivityDestroyed(activity: Activity): Unit = Unit
}
