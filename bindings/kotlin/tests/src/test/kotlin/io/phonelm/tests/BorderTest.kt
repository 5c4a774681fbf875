package io.phonelm.tests

import io.phonelm.LanguageModel
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.DurationUnit
import kotlin.time.TimeSource
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import org.junit.jupiter.api.Timeout

/** What the way through Kotlin costs: the speed that an app sees beside that of the engine alone, in the program `phonelm`. */
@Timeout(180)
class BorderTest {
    @Test
    fun borderCost() = withTiny { model ->
        repeat(WARM_UP) { throughKotlin(model) }
        // Whatever else the machine does only slows, so the best of each is what it can do. In turns, because clocks change.
        val pairs = List(PAIRS) { throughKotlin(model) to engineAlone() }
        val app = pairs.maxOf { it.first }
        val engine = pairs.maxOf { it.second }
        val figures = "%.0f tokens a second, %.0f without the border: %.3f".format(app, engine, app / engine)
        println("border: $figures")
        assertTrue(app / engine >= 0.95, figures)
    }

    /** Tokens a second after the first. */
    private suspend fun throughKotlin(model: LanguageModel): Double = model.newSession().use { session ->
        val start = TimeSource.Monotonic.markNow()
        val times = mutableListOf<Duration>()
        val options = endless.copy(maximumResponseTokens = TOKENS)
        val chunks = session.streamResponse(PROMPT, options).onEach { times += start.elapsedNow() }.toList()
        assertEquals(TOKENS, chunks.last().response?.statistics?.generatedTokens)
        (TOKENS - 1) / (times.last() - times.first()).toDouble(DurationUnit.SECONDS)
    }

    private fun engineAlone(): Double {
        val program = ProcessBuilder(
            System.getProperty("phonelm.program"), "run", tiny, "--prompt", PROMPT, "--tools", "none", "--json",
            "--temperature", "${endless.temperature}", "--seed", "${endless.seed}", "--max-tokens", "$TOKENS",
        ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val json = program.inputStream.reader().readText()
        assertEquals(0, program.waitFor(), json)
        return checkNotNull(Regex("\"decode_tokens_per_second\": ([0-9.]+)").find(json)).groupValues[1].toDouble()
    }

    private companion object {
        const val PROMPT = "Tell me a story."
        const val TOKENS = 200
        const val WARM_UP = 3
        const val PAIRS = 20
    }
}
