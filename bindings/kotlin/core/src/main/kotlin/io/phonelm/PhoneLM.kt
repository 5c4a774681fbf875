package io.phonelm

import io.phonelm.ffi.LogLevel as NativeLevel
import io.phonelm.ffi.LogOptions
import io.phonelm.ffi.LogRecord as NativeRecord
import io.phonelm.ffi.Logger as NativeLogger
import io.phonelm.ffi.sdkVersion
import io.phonelm.ffi.setLogger as setNativeLogger

/** What belongs to the library as a whole. */
public object PhoneLM {
    /** The version of the native library. */
    public val version: String
        get() = crossing { sdkVersion() }

    /**
     * Hands the library's log to [logger] from now on, in place of an earlier one; `null` ends it.
     *
     * @param level The least serious level that is logged.
     * @param includeText Whether prompts and answers may be logged, which is a matter of privacy.
     */
    public fun setLogger(logger: Logger?, level: LogLevel = LogLevel.INFO, includeText: Boolean = false) {
        crossing { setNativeLogger(logger?.let(::Adapter), LogOptions(level.toNative(), includeText)) }
    }
}

/** Hears the library's log, on one thread of the library's own. What it throws is dropped. */
public fun interface Logger {
    /** Takes one record. Calls back into the library are legal; waiting for them is not. */
    public fun log(record: LogRecord)
}

/**
 * One line of the log.
 *
 * @property level How serious it is.
 * @property target The part of the library that tells it.
 * @property message What happened.
 */
public data class LogRecord(val level: LogLevel, val target: String, val message: String)

/** How serious a [LogRecord] is, or the least serious that is logged. */
public enum class LogLevel {
    /** Nothing. */
    OFF,

    /** What failed. */
    ERROR,

    /** What may be wrong. */
    WARN,

    /** What happened. */
    INFO,

    /** What helps an app's developer. */
    DEBUG,

    /** Every step. */
    TRACE,
}

private class Adapter(private val logger: Logger) : NativeLogger {
    override fun log(record: NativeRecord) {
        // An exception would cross into the native library, which cannot act on it.
        runCatching { logger.log(LogRecord(record.level.toPublic(), record.target, record.message)) }
    }
}

private fun LogLevel.toNative(): NativeLevel = NativeLevel.valueOf(name)

private fun NativeLevel.toPublic(): LogLevel = LogLevel.valueOf(name)
