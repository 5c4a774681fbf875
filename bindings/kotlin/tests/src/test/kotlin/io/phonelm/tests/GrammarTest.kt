package io.phonelm.tests

import io.phonelm.FinishReason
import io.phonelm.GenerationOptions
import io.phonelm.Grammar
import io.phonelm.PhoneLMException
import io.phonelm.Tool
import io.phonelm.Transcript
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue

class GrammarTest {
    @Test
    fun answersKeepToTheirGrammar() = withTiny { model ->
        val sum = Grammar.Lark("start: \"1\" (\"+\" \"1\")~0..4\n")
        for (seed in 0L until 10L) {
            val wild = GenerationOptions(temperature = 1.5, seed = seed)
            val either = model.newSession().respond("Is it raining?", wild.copy(grammar = Grammar.Regex("yes|no")))
            assertContains(listOf("yes", "no"), either.text)
            assertEquals(FinishReason.STOP, either.finishReason)
            assertTrue("1+1+1+1+1".startsWith(model.newSession().respond("Count", wild.copy(grammar = sum)).text))
            val list = wild.copy(grammar = Grammar.JsonSchema("""{"type":"array","items":{"const":7},"maxItems":2}"""))
            assertContains(listOf("[]", "[7]", "[7, 7]"), model.newSession().respond("Sevens", list).text)
        }
    }

    @Test
    fun sessionsGrammarHoldsUntilARequestHasItsOwn() = withTiny { model ->
        val session = model.newSession(defaults = greedy.copy(grammar = Grammar.Regex("aha")))
        assertEquals("aha", session.respond("Who are you?").text)
        assertEquals("oho", session.respond("Who are you?", greedy.copy(grammar = Grammar.Regex("oho"))).text)
        assertEquals("aha", session.fork().respond("And you?").text)
    }

    @Test
    fun grammarBesideTools() = withTiny { model ->
        val ran = mutableListOf<String>()
        val schema = """{"type":"object","properties":{"hour":{"type":"integer"},"minutes":{"type":"integer"}}}"""
        val tools = listOf(Tool("set_alarm", "Set an alarm in the clock app.", schema) { ran += it; "{}" })
        val session = model.newSession(tools = tools)
        val response = session.respond("Wake me at 7 tomorrow", greedy.copy(grammar = Grammar.Regex("done|failed")))
        assertContains(ran.single(), "\"hour\":7")
        assertContains(listOf("done", "failed"), response.text)
        val kinds = session.transcript.entries.map { it::class.simpleName }
        assertEquals(listOf("Prompt", "ToolCalls", "ToolOutput", "Response"), kinds)
        assertIs<Transcript.Entry.Response>(session.transcript.entries.last())
    }

    @Test
    fun grammarInvalid() = withSession { session ->
        for ((grammar, reason) in listOf(
            Grammar.JsonSchema("{") to "the JSON schema is no JSON",
            Grammar.JsonSchema("""{"type":"strnig"}""") to "strnig",
            Grammar.JsonSchema("""{"type":"array","uniqueItems":true}""") to "uniqueItems",
            Grammar.Regex("(a") to "the regular expression cannot be held",
            Grammar.Lark("start: missing") to "missing",
        )) {
            val error = assertFailsWith<PhoneLMException.GrammarInvalid>("$grammar") {
                session.respond("Hello", greedy.copy(grammar = grammar))
            }
            assertContains(error.reason, reason)
            assertContains(error.message.orEmpty(), error.reason)
        }
        assertEquals(0, session.transcript.entries.size)
        assertTrue(session.respond("Hello", greedy).text.isNotEmpty())
    }

    @Test
    fun schemaThatCallsCannotBeHeldTo() = withTiny { model ->
        val torch = Tool("torch", "Turns the torch on.", """{"type":"object","not":{}}""") { "" }
        val session = model.newSession(tools = listOf(torch))
        val error = assertFailsWith<PhoneLMException.GrammarInvalid> { session.respond("Light!", greedy) }
        assertContains(error.reason, "torch")
    }
}
