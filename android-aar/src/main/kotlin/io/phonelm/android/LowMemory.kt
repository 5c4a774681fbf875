package io.phonelm.android

import android.content.ComponentCallbacks2
import android.content.Context

/**
 * Calls [action] on the main thread whenever Android runs low on memory and would end background processes next, until the
 * returned hook is closed.
 *
 * ```
 * val hook = context.onLowMemory { model.close() }
 * ```
 *
 * A closed model frees everything; a closed session frees its part of the conversation memory.
 */
@Suppress("DEPRECATION")
public fun Context.onLowMemory(action: () -> Unit): AutoCloseable = onTrimMemory { level ->
    // Android 14 and later send no level while the app is in front; earlier versions do.
    val isInFront = level < ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN
    val limit = if (isInFront) ComponentCallbacks2.TRIM_MEMORY_RUNNING_CRITICAL else ComponentCallbacks2.TRIM_MEMORY_BACKGROUND
    if (level >= limit) action()
}
