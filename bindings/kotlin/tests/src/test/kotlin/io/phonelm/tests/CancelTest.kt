package io.phonelm.tests

import io.phonelm.LanguageModelSession
import io.phonelm.ModelOptions
import io.phonelm.Transcript
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.Job
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout

class CancelTest {
    @Test
    fun cancelInPrefill() = withTiny { model ->
        val session = model.newSession()
        val answer = launch { session.respond("Once more. ".repeat(400), greedy) }
        eventually { session.isResponding }
        answer.cancelAndJoin()
        stoppedAsIfNothingHadBeen(session)
    }

    @Test
    fun cancelAtTheFirstToken() = withSession { session ->
        session.streamResponse("Tell me a story.", endless).first()
        stoppedAsIfNothingHadBeen(session)
    }

    @Test
    fun cancelInMidStream() = withSession { session ->
        val answer = launch {
            val self = checkNotNull(coroutineContext[Job])
            session.streamResponse("Tell me a story.", endless).collect { if (it.text.length > 100) self.cancel() }
        }
        answer.join()
        assertTrue(answer.isCancelled)
        stoppedAsIfNothingHadBeen(session)
    }

    @Test
    fun cancelAfterTheEnd() = withSession { session ->
        val answer = async { session.respond("Who are you?", greedy) }
        assertContains(answer.await().text, "PhoneLM")
        answer.cancel()
        assertEquals(2, session.transcript.entries.size)
    }

    @Test
    fun cancelByDroppingTheCollector() = withSession { session ->
        session.streamResponse("Tell me a story.", endless).takeWhile { it.text.length < 60 }.collect {}
        stoppedAsIfNothingHadBeen(session)
    }

    @Test
    fun cancelByATimeLimit() = withSession { session ->
        assertFailsWith<TimeoutCancellationException> {
            withTimeout(100.milliseconds) { session.respond("Tell me a story.", endless) }
        }
        stoppedAsIfNothingHadBeen(session)
    }

    @Test
    fun cancelKeepsTheConversation() = withSession { session ->
        session.respond("My name is Ada.", greedy)
        val (before, usage) = session.transcript to session.contextUsage
        session.streamResponse("Tell me a story.", endless).first()
        eventually { !session.isResponding }
        assertEquals(before, session.transcript)
        assertEquals(usage, session.contextUsage)
        assertContains(session.respond("What is my name?", greedy).text, "Ada")
    }

    @Test
    fun keepPartialKeepsWhatWasSaid() = withSession { session ->
        val options = endless.copy(keepPartialResponse = true)
        val said = session.streamResponse("Tell me a story.", options).first { it.text.length > 40 }
        eventually { !session.isResponding }
        val response = session.transcript.entries.last() as Transcript.Entry.Response
        assertTrue((response.segments.single() as Transcript.Segment.Text).text.startsWith(said.text))
    }

    /** One batch of the prompt at the most is still computed, which takes the tiny model milliseconds. */
    @Test
    fun cancelStopsWithinATime() = withTiny(ModelOptions(threads = 1)) { model ->
        val times = List(20) {
            val session = model.newSession()
            session.streamResponse("Tell me a story.", endless).first()
            val start = TimeSource.Monotonic.markNow()
            eventually { !session.isResponding }
            start.elapsedNow()
        }.sorted()
        assertTrue(times[times.size / 2] < 50.milliseconds, "$times")
    }

    /** A cancelled session can be asked again without waiting. */
    @Test
    fun askAgainAtOnce() = withSession { session ->
        repeat(20) { session.streamResponse("Tell me a story.", endless).first() }
        assertContains(session.respond("Who are you?", greedy).text, "PhoneLM")
    }

    private suspend fun stoppedAsIfNothingHadBeen(session: LanguageModelSession) {
        eventually(2.seconds) { !session.isResponding }
        delay(20.milliseconds)
        assertEquals(emptyList(), session.transcript.entries)
        assertContains(session.respond("Who are you?", greedy).text, "PhoneLM")
    }
}
