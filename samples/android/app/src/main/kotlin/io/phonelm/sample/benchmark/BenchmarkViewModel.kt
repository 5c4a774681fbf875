// How fast the model reads and writes on this phone, measured with the answers' own statistics.
package io.phonelm.sample.benchmark

import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import io.phonelm.GenerationOptions
import io.phonelm.LanguageModel
import io.phonelm.PhoneLMException
import io.phonelm.Statistics
import io.phonelm.sample.AppModel
import io.phonelm.sample.ModelState
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/**
 * The fastest of a few rounds with prompts of one length.
 *
 * @property prefill Tokens of the prompt read in a second.
 * @property decode Tokens of the answer written in a second.
 */
data class Measured(val promptTokens: Int, val prefill: Double, val decode: Double)

/** @property progress The share that is done; `null` while nothing runs. */
data class BenchmarkState(
    val progress: Float? = null,
    val results: List<Measured> = emptyList(),
    val problem: String? = null,
)

class BenchmarkViewModel(private val app: AppModel) : ViewModel() {
    private val mutable = MutableStateFlow(BenchmarkState())
    private var running: Job? = null

    val state: StateFlow<BenchmarkState> = mutable.asStateFlow()
    val model: StateFlow<ModelState> = app.state

    fun reopen() = app.reopen()

    fun start() {
        val ready = model.value as? ModelState.Ready ?: return
        running?.cancel()
        mutable.value = BenchmarkState(progress = 0f)
        running = viewModelScope.launch {
            try {
                val lengths = LENGTHS.filter { it + WRITTEN < ready.info.contextSize }
                measure(ready.model, lengths)
            } catch (error: PhoneLMException) {
                mutable.update { it.copy(problem = error.message) }
            } finally {
                mutable.update { it.copy(progress = null) }
            }
        }
    }

    fun stop() {
        running?.cancel()
    }

    private suspend fun measure(model: LanguageModel, lengths: List<Int>) {
        // The first two warm up, and tell how many tokens a word has, and how many stand around the words.
        val (short, long) = listOf(PROBE, 2 * PROBE).map { answer(model, it, round = 0).promptTokens }
        val tokensPerWord = (long - short).toDouble() / PROBE
        val around = short - PROBE * tokensPerWord
        for ((index, length) in lengths.withIndex()) {
            val rounds = List(ROUNDS) { round ->
                val done = (index * ROUNDS + round).toFloat() / (lengths.size * ROUNDS)
                mutable.update { it.copy(progress = done) }
                answer(model, ((length - around) / tokensPerWord).toInt(), round)
            }
            val fastest = Measured(
                promptTokens = rounds.first().promptTokens,
                prefill = rounds.maxOf { (it.promptTokens - it.cachedTokens) / it.secondsToFirstToken },
                decode = rounds.maxOf { it.tokensPerSecond },
            )
            mutable.update { it.copy(results = it.results + fastest) }
        }
    }

    /** A prompt of so many words in a new conversation. Each round begins differently, so that nothing is kept of another. */
    private suspend fun answer(model: LanguageModel, words: Int, round: Int): Statistics =
        model.newSession().use { session ->
            val prompt = "${NUMBERS[round]} " + "word ".repeat(words)
            session.respond(prompt, WILD).statistics
        }

    private companion object {
        val LENGTHS = listOf(64, 256, 1024)
        val NUMBERS = listOf("one", "two", "three")
        const val ROUNDS = 3
        const val PROBE = 16
        const val WRITTEN = 64

        /** Drawn so wildly that an answer hardly ever ends before it is long enough. */
        val WILD = GenerationOptions(temperature = 5.0, seed = 1, maximumResponseTokens = WRITTEN)
    }
}
