package io.phonelm.tests

import io.phonelm.LanguageModel
import io.phonelm.PhoneLMException
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Timeout

@Timeout(180)
class EnduranceTest {
    @Test
    fun twoHundredSessionsInFlatMemory() = withTiny { model ->
        flat("sessions") { model.newSession().use { it.respond("Who are you?", short) } }
    }

    /** Sessions that nobody closes go with the garbage. */
    @Test
    fun twoHundredForgottenSessions() = withTiny { model ->
        flat("forgotten sessions") { model.newSession().respond("Who are you?", short) }
    }

    @Test
    fun twoHundredModelsOpenedAndClosed() = runBlocking {
        flat("models") {
            LanguageModel.open(tiny).use { it.newSession().respond("Who are you?", short) }
        }
    }

    @Test
    fun aThousandGenerateCancelPairs() = withSession { session ->
        val random = Random(1)
        repeat(1000) { round ->
            when (round % 3) {
                0 -> session.streamResponse("Tell me a story.", endless).first()
                1 -> launch(Dispatchers.Default) { session.respond("Tell me a story.", endless) }.cancelAndJoin()
                else -> {
                    val answer = launch(Dispatchers.Default) { session.respond("Tell me a story.", endless) }
                    withContext(Dispatchers.Default) { Thread.sleep(0, random.nextInt(999_999)) }
                    answer.cancelAndJoin()
                }
            }
        }
        assertEquals(emptyList(), session.transcript.entries)
        assertContains(session.respond("Who are you?", greedy).text, "PhoneLM")
    }

    /** Everything at once, from many threads; the only errors are documented ones. */
    @Test
    fun manyThreadsAtOnce() = withTiny { model ->
        val shared = model.newSession()
        val jobs: List<Job> = List(16) { number ->
            launch(Dispatchers.IO) {
                repeat(20) { round ->
                    try {
                        when ((number + round) % 5) {
                            0 -> shared.respond("Hello", greedy.copy(maximumResponseTokens = 4))
                            1 -> shared.fork().use { it.respond("Hello", greedy.copy(maximumResponseTokens = 4)) }
                            2 -> model.newSession().use { it.streamResponse("Tell me a story.", endless).first() }
                            3 -> shared.transcript.entries.size + shared.contextUsage.tokens + shared.transcriptJson().length
                            else -> model.newSession().apply { close() }.respond("Hello")
                        }
                    } catch (error: PhoneLMException) {
                        assertTrue(
                            error is PhoneLMException.SessionBusy || error is PhoneLMException.SessionClosed ||
                                error is PhoneLMException.ContextFull,
                            "$error",
                        )
                    }
                }
            }
        }
        jobs.joinAll()
        assertContains(model.newSession().respond("Who are you?", greedy).text, "PhoneLM")
    }

    /**
     * Does [work] until everything is warm, then 200 times more: in the best of four parts the process must not grow. What
     * leaks shows in every part; what the garbage collector or the allocator keeps for a while does not.
     */
    private suspend fun flat(what: String, work: suspend () -> Unit) {
        repeat(100) { work() }
        val sizes = mutableListOf(resident())
        repeat(4) {
            repeat(50) { work() }
            sizes += resident()
        }
        val growth = sizes.zipWithNext { before, after -> (after - before) / 1024 }
        println("memory: $growth kB more after each 50 $what, of ${sizes.first() / 1024} kB")
        assertTrue(growth.min() < LIMIT_KB, "$what grow: $growth kB")
    }

    /**
     * Memory of its own that the process holds once the garbage is collected and the allocator gave back what is free: the
     * least of several readings, because what was closed is freed by a thread that may be late.
     */
    private suspend fun resident(): Long = List(5) {
        System.gc()
        delay(100.milliseconds)
        residentKb() * 1024
    }.min()

    private companion object {
        const val LIMIT_KB = 256L

        val short = greedy.copy(maximumResponseTokens = 4)
    }
}
