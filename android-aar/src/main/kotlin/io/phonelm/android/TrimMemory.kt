package io.phonelm.android

import android.content.ComponentCallbacks2
import android.content.Context
import android.content.res.Configuration

/**
 * Gives [onLevel] each level of `onTrimMemory`, on the main thread, until the returned hook is closed. Memory that ran out comes
 * as the last level.
 */
internal fun Context.onTrimMemory(onLevel: (Int) -> Unit): AutoCloseable {
    val app = applicationContext
    val callbacks = TrimMemoryCallbacks(onLevel)
    app.registerComponentCallbacks(callbacks)
    return AutoCloseable { app.unregisterComponentCallbacks(callbacks) }
}

private class TrimMemoryCallbacks(private val onLevel: (Int) -> Unit) : ComponentCallbacks2 {
    override fun onTrimMemory(level: Int): Unit = onLevel(level)

    @Suppress("DEPRECATION")
    @Deprecated("Called by Android", level = DeprecationLevel.HIDDEN)
    override fun onLowMemory(): Unit = onLevel(ComponentCallbacks2.TRIM_MEMORY_COMPLETE)

    override fun onConfigurationChanged(newConfig: Configuration): Unit = Unit
}
