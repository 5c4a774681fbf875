// What the tests share: the tiny model, an answer that does not end by itself, descriptors by their number, memory held.
package io.phonelm.tests

import com.sun.jna.Function
import io.phonelm.GenerationOptions
import io.phonelm.LanguageModel
import io.phonelm.LanguageModelSession
import io.phonelm.ModelOptions
import io.phonelm.ResponseChunk
import io.phonelm.tiny.PhoneLMTiny
import java.io.File
import java.io.FileDescriptor
import java.nio.file.Files
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking

internal val tiny: String by lazy { runBlocking { PhoneLMTiny.extractTo(File(System.getProperty("phonelm.folder"))) } }

/** Draws so wildly that the model's end mark practically never comes. */
internal val endless = GenerationOptions(temperature = 5.0, seed = 1)

/** Takes the likeliest token each time. */
internal val greedy = GenerationOptions(temperature = 0.0)

internal fun withTiny(options: ModelOptions = ModelOptions(), block: suspend CoroutineScope.(LanguageModel) -> Unit) =
    runBlocking { LanguageModel.open(tiny, options).use { block(it) } }

internal fun withSession(block: suspend CoroutineScope.(LanguageModelSession) -> Unit) =
    withTiny { model -> model.newSession().use { block(it) } }

internal suspend fun LanguageModelSession.chunks(prompt: String, options: GenerationOptions): List<ResponseChunk> =
    streamResponse(prompt, options).toList()

internal suspend fun eventually(limit: Duration = 5.seconds, condition: () -> Boolean) {
    val start = TimeSource.Monotonic.markNow()
    while (!condition()) {
        check(start.elapsedNow() < limit) { "it did not happen within $limit" }
        delay(1.milliseconds)
    }
}

internal val FileDescriptor.number: Int
    get() = FileDescriptor::class.java.getDeclaredField("fd").apply { isAccessible = true }.getInt(this)

internal fun temporaryFolder(): File {
    val folder = File(System.getProperty("phonelm.folder")).apply { mkdirs() }
    return Files.createTempDirectory(folder.toPath(), "test").toFile()
}

/** kB of its own that the process holds once the allocator gave back what is free. */
internal fun residentKb(): Long {
    Function.getFunction("c", "malloc_trim").invokeInt(arrayOf(0))
    return File("/proc/self/status").readLines().first { it.startsWith("RssAnon") }.filter { it.isDigit() }.toLong()
}
