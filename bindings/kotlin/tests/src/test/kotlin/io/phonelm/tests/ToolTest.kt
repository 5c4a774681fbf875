package io.phonelm.tests

import io.phonelm.LanguageModel
import io.phonelm.LanguageModelSession
import io.phonelm.PhoneLMException
import io.phonelm.Tool
import io.phonelm.ToolDecision
import io.phonelm.ToolPermission
import io.phonelm.ToolPolicy
import io.phonelm.ToolRefusal
import io.phonelm.ToolStep
import io.phonelm.Transcript
import java.util.concurrent.Executors
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
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

    @Test
    fun twoToolsOfOneName() = withTiny { model ->
        assertFailsWith<PhoneLMException.OptionInvalid> { model.newSession(tools = listOf(alarm { "" }, alarm { "" })) }
        val rounds = assertFailsWith<PhoneLMException.OptionInvalid> {
            model.newSession(toolPolicy = ToolPolicy(maxRounds = 0))
        }
        assertEquals("maxRounds", rounds.option)
    }

    @Test
    fun toolRunsOnceTheUserSaysSo() = withTiny { model ->
        val happened = mutableListOf<String>()
        val policy = ToolPolicy { asked -> happened.add("asked ${asked.call.toolName}"); ToolDecision.Run }
        val tools = listOf(alarm(ToolPermission.ASK) { happened.add("ran"); "{}" })
        model.newSession(tools = tools, toolPolicy = policy).respond("Wake me at 7 tomorrow", greedy)
        assertEquals(listOf("asked set_alarm", "ran"), happened)
    }

    @Test
    fun userChangesTheArguments() = withTiny { model ->
        val (problems, ran) = List(2) { mutableListOf<String?>() }
        val policy = ToolPolicy { asked ->
            problems.add(asked.problem)
            ToolDecision.RunWith(if (asked.problem == null) "nonsense" else """{"hour": 8, "minutes": 15}""")
        }
        val tools = listOf(alarm(ToolPermission.ASK) { ran.add(it); "set" })
        val session = model.newSession(tools = tools, toolPolicy = policy)
        session.respond("Wake me at 7 tomorrow", greedy)
        assertEquals(null, problems[0])
        assertTrue(problems.size == 2 && problems[1] != null, "$problems")
        assertEquals(listOf<String?>("""{"hour":8,"minutes":15}"""), ran)
        assertContains(session.outputs().single(), "changed_by_user")
    }

    @Test
    fun userRefuses() = withTiny { model ->
        val policies = mapOf(
            "too late" to ToolPolicy { ToolDecision.Refuse("too late") },
            "the dialog broke" to ToolPolicy { error("the dialog broke") },
            "nobody can be asked" to ToolPolicy(),
            "do not fit" to ToolPolicy { ToolDecision.RunWith("nonsense, whatever is said") },
        )
        for ((reason, policy) in policies) {
            val tools = listOf(alarm(ToolPermission.ASK) { error("it must not run") })
            val session = model.newSession(tools = tools, toolPolicy = policy)
            val response = session.respond("Wake me at 7 tomorrow", greedy)
            assertTrue(response.text.isNotEmpty())
            assertContains(session.outputs().single(), reason)
        }
    }

    @Test
    fun deniedToolsAndDryRuns() = withTiny { model ->
        val sessions = mapOf(
            ToolRefusal.DENIED to model.newSession(tools = listOf(alarm(ToolPermission.DENY) { error("it ran") })),
            ToolRefusal.DRY_RUN to
                model.newSession(tools = listOf(alarm { error("it ran") }), toolPolicy = ToolPolicy(dryRun = true)),
        )
        for ((reason, session) in sessions) {
            val steps = session.steps("Wake me at 7 tomorrow")
            assertEquals(reason, assertIs<ToolStep.Refused>(steps.single()).reason)
        }
    }

    @Test
    fun everyStepIsShown() = withTiny { model ->
        val tools = listOf(timer { error("no clock") }, dial(ToolPermission.ASK) { "ringing" })
        val session = model.newSession(tools = tools, toolPolicy = ToolPolicy { ToolDecision.Run })
        val steps = session.steps("Set a timer for 5 minutes and call mum")
        val named = { name: String -> steps.filter { it.call.toolName == name } }
        val timer = named("set_timer")
        assertEquals(listOf(ToolStep.Running(timer[0].call), ToolStep.Failed(timer[0].call, "no clock")), timer)
        val call = named("dial")[0].call
        assertEquals(
            listOf(ToolStep.Confirming(call), ToolStep.Running(call), ToolStep.Finished(call, "ringing")),
            named("dial"),
        )
    }

    /** It ignores that it is cancelled, too. */
    @Test
    fun toolThatNeverReturns() = withTiny { model ->
        val done = CompletableDeferred<Unit>()
        val tools = listOf(alarm(limit = 20.milliseconds) { withContext(NonCancellable) { done.await() }; "{}" })
        val session = model.newSession(tools = tools)
        val response = session.respond("Wake me at 7 tomorrow", greedy)
        assertTrue(response.text.isNotEmpty())
        assertContains(session.outputs().single(), "not known")
        done.complete(Unit)
    }

    private suspend fun LanguageModelSession.steps(prompt: String): List<ToolStep> =
        streamResponse(prompt, greedy).toList().mapNotNull { it.step }

    private fun alarm(
        permission: ToolPermission = ToolPermission.ALLOW,
        limit: Duration = 60.seconds,
        body: suspend (String) -> String,
    ) = Tool(
        "set_alarm",
        "Set an alarm in the clock app.",
        """{"type":"object","properties":{"hour":{"type":"integer"},"minutes":{"type":"integer"}}}""",
        permission,
        limit,
        body,
    )

    private fun timer(body: suspend (String) -> String) = Tool(
        "set_timer",
        "Start a countdown.",
        """{"type":"object","properties":{"seconds":{"type":"integer"},"label":{"type":"string"}},"required":["seconds"]}""",
        body = body,
    )

    private fun dial(permission: ToolPermission = ToolPermission.ALLOW, body: suspend (String) -> String) = Tool(
        "dial",
        "Open the dialler on a number or a contact.",
        """{"type":"object","properties":{"to":{"type":"string"}},"required":["to"]}""",
        permission,
        body = body,
    )

    private fun LanguageModelSession.outputs(): List<String> =
        transcript.entries.filterIsInstance<Transcript.Entry.ToolOutput>()
            .map { assertIs<Transcript.Segment.Text>(it.segments.single()).text }
}
