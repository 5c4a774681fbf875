package io.phonelm.tests

import io.phonelm.Backend
import io.phonelm.GenerationOptions
import io.phonelm.Governor
import io.phonelm.GovernorPolicy
import io.phonelm.GovernorState
import io.phonelm.IdleCaches
import io.phonelm.LanguageModel
import io.phonelm.LanguageModelSession
import io.phonelm.Measures
import io.phonelm.MemoryPressure
import io.phonelm.ModelOptions
import io.phonelm.ModelSource
import io.phonelm.PhoneLMException
import io.phonelm.SessionFolder
import io.phonelm.Signals
import io.phonelm.ThermalState
import java.io.File
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

private val long = GenerationOptions(temperature = 5.0, seed = 1, maximumResponseTokens = 150)

suspend fun openGoverned(path: String, granted: Long, governor: Governor): LanguageModel {
    val model = try {
        LanguageModel.open(path, ModelOptions(memoryBudgetBytes = granted))
    } catch (error: PhoneLMException.OverBudget) {
        check(error.largestContextSize > 0) { "take a smaller model" }
        LanguageModel.open(path, ModelOptions(contextSize = error.largestContextSize, memoryBudgetBytes = granted))
    }
    governor.attach(model)
    return model
}

class GovernorTest {
    private val governor = Governor()

    @Test
    fun pausedAnswerGoesOnTheSame() = withTiny { model ->
        governor.attach(model)
        val expected = model.newSession().respond("Tell me everything", long).text
        val session = model.newSession()
        val texts = Channel<String>(Channel.UNLIMITED)
        val answer = async {
            session.streamResponse("Tell me everything", long).collect { texts.send(it.text) }
        }
        texts.receive()
        governor.setThermalState(ThermalState.CRITICAL)
        delay(200.milliseconds)
        assertFalse(answer.isCompleted)
        while (!texts.isEmpty) assertTrue(expected.startsWith(texts.receive()))
        delay(100.milliseconds)
        assertTrue(texts.isEmpty && session.isResponding)
        governor.setThermalState(ThermalState.NOMINAL)
        answer.await()
        texts.close()
        var last = ""
        for (text in texts) last = text
        assertEquals(expected, last)
    }

    @Test
    fun whatEndsInAPauseEndsAtOnce() = withTiny { model ->
        governor.attach(model)
        governor.setThermalState(ThermalState.CRITICAL)
        val (cancelled, closed, unloaded) = List(3) { model.newSession() }
        val answer = launch { cancelled.respond("Tell me everything", endless) }
        eventually { cancelled.isResponding }
        answer.cancelAndJoin()
        eventually { !cancelled.isResponding }
        val other = async { runCatching { closed.respond("Tell me everything", endless) }.exceptionOrNull() }
        eventually { closed.isResponding }
        closed.close()
        assertTrue(other.await() is PhoneLMException.SessionClosed)
        val last = async { runCatching { unloaded.respond("Tell me everything", endless) }.exceptionOrNull() }
        eventually { unloaded.isResponding }
        unloaded.save(SessionFolder(File(temporaryFolder(), "copy").path))
        model.close()
        assertTrue(last.await() is PhoneLMException.ModelUnloaded)
    }

    @Test
    fun fewerThreadsTheSameAnswer() = withTiny(ModelOptions(threads = 2, backend = Backend.CPU)) { model ->
        governor.attach(model)
        val expected = model.newSession().respond("Tell me everything", long).text
        governor.setThermalState(ThermalState.SERIOUS)
        assertEquals(expected, model.newSession().respond("Tell me everything", long).text)
        assertContains(model.info.executor, "1 threads")
    }

    @Test
    fun idleCachesComeBackFromTheFolder() = withTiny { model ->
        governor.attach(model)
        val folder = File(temporaryFolder(), "session")
        val kept = model.newSession(folder = SessionFolder(folder.path))
        val plain = model.newSession()
        val story = "My name is Ada. " + "I have two cats and bake bread on Sundays. ".repeat(8)
        for (session in listOf(kept, plain)) session.respond(story, greedy)
        governor.setMemoryPressure(MemoryPressure.LOW)
        val whole = kept.contextUsage.tokens / 64
        eventually { File(folder, "kv").list { _, name -> name.endsWith(".kv") }.orEmpty().size == whole }
        suspend fun ask(session: LanguageModelSession) = session.respond("What is my name?", greedy)
        val (back, untouched) = ask(kept) to ask(plain)
        assertEquals(untouched.text, back.text)
        assertEquals(64 * whole, back.statistics.cachedTokens)
        assertTrue(untouched.statistics.cachedTokens > back.statistics.cachedTokens)
        governor.setMemoryPressure(MemoryPressure.CRITICAL)
        assertEquals(0, ask(plain).statistics.cachedTokens)
    }

    @Test
    fun loadOverItsBudget() = runBlocking {
        val needed = LanguageModel.plan(ModelSource.Path(tiny)).totalBytes
        val error = assertFailsWith<PhoneLMException.OverBudget> {
            LanguageModel.open(tiny, ModelOptions(memoryBudgetBytes = needed - 1))
        }
        assertEquals(listOf(needed, needed - 1), listOf(error.needed, error.granted))
        assertContains(error.message.orEmpty(), "${error.largestContextSize}")
        openGoverned(tiny, needed - 1, governor).use { assertEquals(error.largestContextSize, it.info.contextSize) }
        assertFailsWith<PhoneLMException.OptionInvalid> {
            LanguageModel.open(tiny, ModelOptions(memoryBudgetBytes = -1))
        }
        Unit
    }

    @Test
    fun overrideAndBack() = withTiny { model ->
        governor.attach(model)
        governor.setOverride(Measures(pause = true))
        val answer = async { model.newSession().respond("Who are you?", greedy) }
        delay(100.milliseconds)
        assertFalse(answer.isCompleted)
        assertTrue(governor.state.overridden)
        governor.setOverride(null)
        assertContains(answer.await().text, "PhoneLM")
        assertFalse(governor.state.overridden)
        val invalid = Measures(threadShare = 2.0)
        assertContains(
            assertFailsWith<PhoneLMException.OptionInvalid> { governor.setOverride(invalid) }.message.orEmpty(),
            "threadShare",
        )
        assertFailsWith<PhoneLMException.OptionInvalid> { Governor(GovernorPolicy(hotThreadShare = 0.0)) }
    }

    @Test
    fun statesAreWatched() = runBlocking {
        val seen = Channel<GovernorState>(Channel.UNLIMITED)
        val watching = launch { governor.states.collect { seen.send(it) } }
        val first = Signals(MemoryPressure.NORMAL, ThermalState.NOMINAL, background = false)
        assertEquals(GovernorState(first, Measures(), overridden = false), seen.receive())
        governor.setBackground(true)
        assertTrue(seen.receive().measures.background)
        for (memory in MemoryPressure.entries.reversed()) {
            governor.setMemoryPressure(memory)
            assertEquals(memory, seen.receive().signals.memory)
        }
        for (caches in IdleCaches.entries) {
            governor.setOverride(Measures(idleCaches = caches))
            assertEquals(caches, seen.receive().measures.idleCaches)
        }
        watching.cancelAndJoin()
        for (thermal in ThermalState.entries) {
            governor.setThermalState(thermal)
            assertEquals(thermal, governor.states.map { it.signals.thermal }.first())
        }
    }

    @Test
    fun signalsFromManyThreadsAndTwoModels() = withTiny { one ->
        val two = LanguageModel.open(tiny)
        for (model in listOf(one, two)) governor.attach(model)
        List(8) { number ->
            launch(Dispatchers.Default) {
                repeat(50) { round ->
                    when ((number + round) % 4) {
                        0 -> governor.setThermalState(ThermalState.CRITICAL)
                        1 -> governor.setThermalState(ThermalState.SERIOUS)
                        2 -> governor.setMemoryPressure(MemoryPressure.CRITICAL)
                        else -> governor.setBackground(round % 2 == 0)
                    }
                }
            }
        }.forEach { it.join() }
        governor.setThermalState(ThermalState.NOMINAL)
        for (model in listOf(one, two)) assertContains(model.newSession().respond("Who are you?", greedy).text, "PhoneLM")
        two.close()
    }
}
