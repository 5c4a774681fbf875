package io.phonelm.tests

import io.phonelm.LanguageModel
import io.phonelm.PhoneLMException
import java.io.File
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

class EnduranceTest {
    @Test
    fun twoHundredSessionsInFlatMemory() = withTiny { model ->
        val before = residentAfter(50) { model.newSession().use { it.respond("Who are you?", greedy) } }
        val after = residentAfter(200) { model.newSession().use { it.respond("Who are you?", greedy) } }
        println("200 sessions: ${before / 1000} kB before, ${after / 1000} kB after")
        assertTrue(after - before < 4_000_000, "200 sessions grew from $before to $after bytes")
    }

    /** Sessions that nobody closes go with the garbage. */
    @Test
    fun forgottenSessionsAreFreed() = withTiny { model ->
        val before = residentAfter(50) { model.newSession().respond("Who are you?", greedy) }
        val after = residentAfter(200) { model.newSession().respond("Who are you?", greedy) }
        assertTrue(after - before < 8_000_000, "200 sessions grew from $before to $after bytes")
    }

    @Test
    fun twoHundredModelsOpenedAndClosed() = runBlocking {
        val open = suspend { LanguageModel.open(tiny).use { it.newSession().respond("Hi", greedy.copy(maximumResponseTokens = 1)); Unit } }
        val before = residentAfter(20) { open() }
        val after = residentAfter(200) { open() }
        println("200 models: ${before / 1000} kB before, ${after / 1000} kB after")
        assertTrue(after - before < 8_000_000, "200 models grew from $before to $after bytes")
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

    /** Memory that the process holds after [rounds] of [work] and a collection of the garbage, in bytes. */
    private suspend fun residentAfter(rounds: Int, work: suspend () -> Unit): Long {
        repeat(rounds) { work() }
        repeat(3) {
            System.gc()
            delay(100)
        }
        val line = File("/proc/self/status").readLines().first { it.startsWith("RssAnon") }
        return line.filter { it.isDigit() }.toLong() * 1024
    }
}
