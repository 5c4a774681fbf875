package io.phonelm.tests

import io.phonelm.LanguageModel
import io.phonelm.LanguageModelSession
import io.phonelm.PhoneLMException
import io.phonelm.Tool
import io.phonelm.Transcript
import java.util.concurrent.Executors
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

class ToolTest {
    @Test
    fun toolIsCalledAndAnswered() = withTiny { model ->
        val calls = mutableListOf<String>()
        val session = model.newSession(tools = listOf(alarm { arguments -> calls.add(arguments); "{\"ok\":true}" }))
        val response = session.respond("Wake me at 7 tomorrow", greedy)
        assertContains(calls.single(), "\"hour\":7")
        assertTrue(response.text.isNotEmpty())
        val kinds = session.transcript.entries.map { it::class.simpleName }
        assertEquals(listOf("Prompt", "ToolCalls", "ToolOutput", "Response"), kinds)
        val call = (session.transcript.entries[1] as Transcript.Entry.ToolCalls).calls.single()
        val output = session.transcript.entries[2] as Transcript.Entry.ToolOutput
        assertEquals(call.id to "set_alarm", output.id to output.toolName)
        assertEquals(calls.single(), call.arguments)
    }

    @Test
    fun severalToolCalls() = withTiny { model ->
        val calls = mutableListOf<String>()
        val session = model.newSession(
            tools = listOf(timer { calls.add("timer"); "{}" }, dial { calls.add("dial"); "{}" }),
        )
        session.respond("Set a timer for 5 minutes and call mum", greedy)
        assertEquals(setOf("timer", "dial"), calls.toSet())
        assertEquals(2, session.outputs().size)
    }

    /** Both are waiting before either answers, so they must run at the same time. */
    @Test
    fun severalToolsRunAtOnce() = withTiny { model ->
        val (one, two) = List(2) { CompletableDeferred<Unit>() }
        val session = model.newSession(
            tools = listOf(timer { one.complete(Unit); two.await(); "{}" }, dial { two.complete(Unit); one.await(); "{}" }),
        )
        session.respond("Set a timer for 5 minutes and call mum", greedy)
    }

    @Test
    fun toolThatThrows() = withTiny { model ->
        val session = model.newSession(tools = listOf(alarm { error("the clock is broken") }))
        val response = session.respond("Wake me at 7 tomorrow", greedy)
        assertTrue(response.text.isNotEmpty())
        assertContains(session.outputs().single(), "the clock is broken")
    }

    @Test
    fun toolThatRunsOutOfTime() = withTiny { model ->
        val session = model.newSession(tools = listOf(alarm { withTimeout(1.milliseconds) { awaitCancellation() } }))
        session.respond("Wake me at 7 tomorrow", greedy)
        assertContains(session.outputs().single(), "1 ms")
    }

    @Test
    fun cancelWhileAToolRuns() = withTiny { model ->
        val (started, cancelled) = List(2) { CompletableDeferred<Unit>() }
        val session = model.newSession(tools = listOf(alarm {
            started.complete(Unit)
            try {
                awaitCancellation()
            } finally {
                cancelled.complete(Unit)
            }
        }))
        val answer = launch { session.respond("Wake me at 7 tomorrow", greedy) }
        started.await()
        answer.cancelAndJoin()
        cancelled.await()
        eventually { !session.isResponding }
        session.respond("Hello", greedy.copy(maximumResponseTokens = 5))
    }

    @Test
    fun closeWhileAToolRuns() = withTiny { model ->
        val session = model.newSession(tools = listOf(alarm { model.close(); delay(50.milliseconds); "{}" }))
        assertFailsWith<PhoneLMException.ModelUnloaded> { session.respond("Wake me at 7 tomorrow", greedy) }
    }

    @Test
    fun toolOnASingleThread() {
        Executors.newSingleThreadExecutor().asCoroutineDispatcher().use { dispatcher ->
            runBlocking(dispatcher) {
                LanguageModel.open(tiny).use { model ->
                    val session = model.newSession(tools = listOf(alarm { Thread.sleep(20); delay(20.milliseconds); "{}" }))
                    session.respond("Wake me at 7 tomorrow", greedy)
                    assertEquals(1, session.outputs().size)
                }
            }
        }
    }

    @Test
    fun badSchema() = withTiny { model ->
        val error = assertFailsWith<PhoneLMException.OptionInvalid> {
            model.newSession(tools = listOf(Tool("x", "", "no JSON") { "" }))
        }
        assertContains(error.option, "x")
    }

    private fun alarm(body: suspend (String) -> String) = Tool(
        "set_alarm",
        "Set an alarm in the clock app.",
        """{"type":"object","properties":{"hour":{"type":"integer"},"minutes":{"type":"integer"}}}""",
        body,
    )

    private fun timer(body: suspend (String) -> String) = Tool(
        "set_timer",
        "Start a countdown.",
        """{"type":"object","properties":{"seconds":{"type":"integer"},"label":{"type":"string"}},"required":["seconds"]}""",
        body,
    )

    private fun dial(body: suspend (String) -> String) = Tool(
        "dial",
        "Open the dialler on a number or a contact.",
        """{"type":"object","properties":{"to":{"type":"string"}},"required":["to"]}""",
        body,
    )

    private fun LanguageModelSession.outputs(): List<String> =
        transcript.entries.filterIsInstance<Transcript.Entry.ToolOutput>()
            .map { assertIs<Transcript.Segment.Text>(it.segments.single()).text }
}
