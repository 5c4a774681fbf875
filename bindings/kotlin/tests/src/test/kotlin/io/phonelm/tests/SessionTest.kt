package io.phonelm.tests

import io.phonelm.ContextOverflow
import io.phonelm.FinishReason
import io.phonelm.GenerationOptions
import io.phonelm.ModelOptions
import io.phonelm.PhoneLMException
import io.phonelm.Transcript
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.launch

class SessionTest {
    @Test
    fun twoTurnsReuseTheCache() = withSession { session ->
        session.respond("My name is Ada.", greedy)
        val second = session.respond("What is my name?", greedy)
        assertContains(second.text, "Ada")
        assertTrue(second.statistics.cachedTokens > second.statistics.promptTokens / 2, "${second.statistics}")
    }

    @Test
    fun instructionsAreFollowed() = withTiny { model ->
        val session = model.newSession(instructions = "You are Bolt.")
        assertContains(session.respond("Who are you?", greedy).text, "Bolt")
    }

    @Test
    fun sessionBusy() = withSession { session ->
        val first = launch { session.respond("Tell me a story.", endless) }
        eventually { session.isResponding }
        val error = assertFailsWith<PhoneLMException.SessionBusy> { session.respond("Who are you?") }
        assertTrue(error.isRetryable)
        first.cancelAndJoin()
        assertContains(session.respond("Who are you?", greedy).text, "PhoneLM")
    }

    @Test
    fun twoSessionsAtOnce() = withTiny { model ->
        val alone = model.newSession().respond("Tell me a story.", endless.copy(maximumResponseTokens = 120))
        val order = mutableListOf<Int>()
        val answers = List(2) { number ->
            async {
                var text = ""
                model.newSession().streamResponse("Tell me a story.", endless.copy(maximumResponseTokens = 120)).collect {
                    order += number
                    text = it.text
                }
                text
            }
        }.awaitAll()
        assertEquals(listOf(alone.text, alone.text), answers)
        // They took turns: neither had ended before the other was half through.
        assertTrue(order.lastIndexOf(0) > order.indexOf(1) && order.lastIndexOf(1) > order.indexOf(0))
        assertTrue(order.take(order.size / 2).toSet().size == 2, "$order")
    }

    @Test
    fun fork() = withSession { session ->
        session.respond("My name is Ada.", greedy)
        val fork = session.fork()
        fork.respond("My name is Bob.", greedy)
        assertContains(session.respond("What is my name?", greedy).text, "Ada")
        assertContains(fork.respond("What is my name?", greedy).text, "Bob")
        fork.close()
        assertEquals(4, session.transcript.entries.size)
    }

    @Test
    fun reset() = withTiny { model ->
        val session = model.newSession(instructions = "You are Bolt.")
        session.respond("My name is Ada.", greedy)
        session.reset()
        assertTrue(session.transcript.entries.single() is Transcript.Entry.Instructions)
        assertFalse("Ada" in session.respond("What is my name?", greedy).text)
        assertContains(session.respond("Who are you?", greedy).text, "Bolt")
    }

    @Test
    fun prewarm() = withTiny { model ->
        val session = model.newSession(instructions = "You are Bolt. ".repeat(20))
        session.prewarm("Who are")
        val response = session.respond("Who are you?", greedy)
        assertContains(response.text, "Bolt")
        session.prewarm()
        session.close()
        assertFailsWith<PhoneLMException.SessionClosed> { session.prewarm() }
    }

    @Test
    fun isResponding() = withSession { session ->
        assertFalse(session.isResponding)
        session.streamResponse("Tell me a story.", endless).take(3).collect { assertTrue(session.isResponding) }
        eventually { !session.isResponding }
    }

    @Test
    fun transcriptAsValues() = withTiny { model ->
        val session = model.newSession(instructions = "You are Bolt.")
        val text = session.respond("Hello 👋", greedy).text
        val words = { words: String -> listOf(Transcript.Segment.Text(words)) }
        val expected = listOf(
            Transcript.Entry.Instructions(words("You are Bolt.")),
            Transcript.Entry.Prompt(words("Hello 👋")),
            Transcript.Entry.Response(words(text)),
        )
        assertEquals(expected, session.transcript.entries)
    }

    @Test
    fun restoreSession() = withTiny { model ->
        val session = model.newSession(instructions = "You are Bolt.")
        session.respond("My name is Ada.", greedy)
        val restored = model.restoreSession(session.transcriptJson())
        assertEquals(session.transcript, restored.transcript)
        assertEquals(session.respond("What is my name?", greedy).text, restored.respond("What is my name?", greedy).text)
        assertContains(restored.respond("Who are you?", greedy).text, "Bolt")
    }

    @Test
    fun contextUsageGrows() = withSession { session ->
        assertEquals(2048, session.contextUsage.contextSize)
        session.respond("My name is Ada.", greedy)
        val first = session.contextUsage.tokens
        session.respond("What is my name?", greedy)
        assertTrue(first > 0 && session.contextUsage.tokens > first)
    }

    @Test
    fun overflowFails() = withTiny(ModelOptions(contextSize = 128)) { model ->
        val session = model.newSession()
        session.respond("My name is Ada.", greedy)
        val before = session.transcript
        val error = assertFailsWith<PhoneLMException.ContextFull> { session.respond("Once more. ".repeat(100)) }
        assertEquals(128, error.limit)
        assertTrue(error.needed > 128)
        assertEquals(before, session.transcript)
    }

    @Test
    fun overflowDropsTheOldest() = withTiny(ModelOptions(contextSize = 256)) { model ->
        val session = model.newSession("You are Bolt.", overflow = ContextOverflow.DropOldest(keepShare = 0.5))
        var dropped = 0
        repeat(20) { dropped += session.respond("My favourite number is $it.", greedy).statistics.droppedTurns }
        assertTrue(dropped > 0)
        assertTrue(session.contextUsage.tokens <= 256)
        assertContains(session.respond("Who are you?", greedy).text, "Bolt")
    }

    @Test
    fun contextFullEndsTheAnswer() = withTiny(ModelOptions(contextSize = 64)) { model ->
        val response = model.newSession().respond("Tell me a story.", endless)
        assertEquals(FinishReason.CONTEXT_FULL, response.finishReason)
        assertTrue(response.text.isNotEmpty())
    }

    @Test
    fun sessionCloseTwice() = withTiny { model ->
        val session = model.newSession()
        session.close()
        session.close()
        assertContains(model.newSession().respond("Who are you?", greedy).text, "PhoneLM")
    }

    @Test
    fun sessionUseAfterClose() = withTiny { model ->
        val session = model.newSession()
        session.respond("My name is Ada.", greedy)
        session.close()
        assertFailsWith<PhoneLMException.SessionClosed> { session.respond("Who are you?") }
        assertFailsWith<PhoneLMException.SessionClosed> { session.streamResponse("Who are you?").collect {} }
        assertFailsWith<PhoneLMException.SessionClosed> { session.fork() }
        assertFailsWith<PhoneLMException.SessionClosed> { session.reset() }
        // What was said can still be kept.
        assertEquals(2, session.transcript.entries.size)
    }

    @Test
    fun sessionCloseDuringGeneration() = withSession { session ->
        val error = assertFailsWith<PhoneLMException.SessionClosed> {
            session.streamResponse("Tell me a story.", endless).collect { session.close() }
        }
        assertFalse(error.isRetryable)
    }

    @Test
    fun sameSeedSameAnswer() = withTiny { model ->
        val options = GenerationOptions(temperature = 1.5, seed = 42, maximumResponseTokens = 40)
        val answers = List(3) { model.newSession().respond("Tell me a story.", options).text }
        assertEquals(1, answers.toSet().size)
        val others = List(3) { model.newSession().respond("Tell me a story.", endless.copy(seed = it.toLong())).text }
        assertEquals(3, others.toSet().size)
    }

    @Test
    fun stopText() = withSession { session ->
        val whole = session.fork().respond("Who are you?", greedy).text
        val stop = whole.substring(10, 14)
        val response = session.respond("Who are you?", greedy.copy(stopSequences = listOf(stop)))
        assertEquals(whole.substringBefore(stop), response.text)
        assertEquals(FinishReason.STOP, response.finishReason)
    }

    @Test
    fun maximumResponseTokens() = withTiny { model ->
        val session = model.newSession(defaults = greedy.copy(maximumResponseTokens = 3))
        val response = session.respond("Who are you?")
        assertEquals(FinishReason.LENGTH, response.finishReason)
        assertEquals(3, response.statistics.generatedTokens)
        val five = session.respond("Who are you?", GenerationOptions(maximumResponseTokens = 5))
        assertEquals(5, five.statistics.generatedTokens)
    }
}
