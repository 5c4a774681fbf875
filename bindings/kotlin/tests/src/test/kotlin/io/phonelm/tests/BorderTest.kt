package io.phonelm.tests

import com.sun.management.OperatingSystemMXBean
import io.phonelm.LanguageModel
import io.phonelm.ModelOptions
import java.lang.management.ManagementFactory
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.DurationUnit
import kotlin.time.TimeSource
import kotlinx.coroutines.delay
import org.junit.jupiter.api.Timeout

/**
 * What the way through Kotlin costs. By the clock: the speed that an app sees beside that of the engine alone, in the program
 * `phonelm`. By processor time: an answer read as it comes beside one that nobody reads until it is complete. The first is what
 * counts and is printed; whatever else the machine does disturbs it, so the second is held to.
 */
@Timeout(180)
class BorderTest {
    /** Tokens a second, and nanoseconds of processor time a token. */
    private class Cost(val speed: Double, val processor: Double)

    // Threads that wait for each other would use up processor time, so that one computes.
    @Test
    fun borderCost() = withTiny(ModelOptions(threads = 1)) { model ->
        repeat(WARM_UP) { answer(model, reading = true) }
        val read = mutableListOf<Cost>()
        val unread = mutableListOf<Cost>()
        val alone = mutableListOf<Double>()
        repeat(ROUNDS) {
            read += answer(model, reading = true)
            unread += answer(model, reading = false)
            alone += engineAlone()
        }
        val clock = read.maxOf { it.speed } / alone.max()
        val processor = unread.zip(read) { without, with -> without.processor / with.processor }.sorted()[ROUNDS / 2]
        val figures = "%.3f of the engine alone by the best of $ROUNDS, %.3f by processor time".format(clock, processor)
        println("border: $figures")
        assertTrue(processor >= 0.8, figures)
    }

    private suspend fun answer(model: LanguageModel, reading: Boolean): Cost = model.newSession().use { session ->
        val (start, processor) = TimeSource.Monotonic.markNow() to system.processCpuTime
        var tokens = 0
        var first: TimeSource.Monotonic.ValueTimeMark? = null
        session.streamResponse(PROMPT, endless.copy(maximumResponseTokens = TOKENS)).collect { chunk ->
            if (first == null) {
                first = TimeSource.Monotonic.markNow()
                while (!reading && session.isResponding) delay(20.milliseconds)
            }
            chunk.response?.let { tokens = it.statistics.generatedTokens }
        }
        assertEquals(TOKENS, tokens)
        val seconds = (first ?: start).elapsedNow().toDouble(DurationUnit.SECONDS)
        Cost((TOKENS - 1) / seconds, (system.processCpuTime - processor).toDouble() / TOKENS)
    }

    private fun engineAlone(): Double {
        val program = ProcessBuilder(
            System.getProperty("phonelm.program"), "run", tiny, "--prompt", PROMPT, "--tools", "none", "--json",
            "--temperature", "${endless.temperature}", "--seed", "${endless.seed}", "--max-tokens", "$TOKENS", "--threads", "1",
        ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val json = program.inputStream.reader().readText()
        assertEquals(0, program.waitFor(), json)
        return checkNotNull(Regex("\"decode_tokens_per_second\": ([0-9.]+)").find(json)).groupValues[1].toDouble()
    }

    private companion object {
        val system = ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean

        const val PROMPT = "Tell me a story."
        const val TOKENS = 300
        const val WARM_UP = 30
        const val ROUNDS = 15
    }
}
