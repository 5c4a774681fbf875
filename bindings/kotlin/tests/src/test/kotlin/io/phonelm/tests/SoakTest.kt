package io.phonelm.tests

import io.phonelm.Governor
import io.phonelm.LanguageModel
import io.phonelm.LanguageModelSession
import io.phonelm.MemoryPressure
import io.phonelm.PhoneLMException
import io.phonelm.SessionFolder
import io.phonelm.ThermalState
import java.io.File
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicLong
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Timeout

/**
 * Four threads that do anything to sessions at random for `soak.seconds`, as soak.rs does without a border: every answer is
 * the one that a thread alone gets, nobody waits for ever, and memory stays flat.
 */
@Timeout(value = 2, unit = TimeUnit.DAYS)
class SoakTest {
    private val prompts = listOf("My name is Ada.", "What is my name?", "What is 3 plus 4?")
    private val brief = greedy.copy(maximumResponseTokens = 12)
    private val duration = System.getProperty("soak.seconds").toInt().seconds

    @Test
    fun anythingAtOnceForLong() = withTiny { model ->
        val seed = System.nanoTime()
        println("soak: seed $seed")
        val answers = answers(model)
        val governor = Governor().apply { attach(model) }
        val steps = List(THREADS) { AtomicLong() }
        val start = TimeSource.Monotonic.markNow()
        val samples = mutableListOf<Long>()
        val watched = launch(Dispatchers.Default) {
            var last = steps.map { it.get() to start.elapsedNow() }
            while (isActive) {
                delay(1.seconds)
                // What nobody uses does not count.
                System.gc()
                samples += residentKb()
                last = steps.mapIndexed { thread, step ->
                    val before = last[thread]
                    if (step.get() != before.first) step.get() to start.elapsedNow() else before
                }
                last.forEachIndexed { thread, (step, at) ->
                    check(start.elapsedNow() - at < PATIENCE) { "thread $thread stands at step $step" }
                }
            }
        }
        coroutineScope {
            steps.forEachIndexed { thread, step ->
                launch(Dispatchers.IO) {
                    val actor = Actor(model, governor, answers, Random(seed + thread))
                    while (start.elapsedNow() < duration) {
                        actor.step()
                        step.incrementAndGet()
                    }
                    actor.end()
                }
            }
        }
        watched.cancel()
        System.getProperty("soak.csv").takeIf { it.isNotEmpty() }?.let { file ->
            File(file).writeText("second,resident_kb\n" + samples.mapIndexed { i, kb -> "${i + 1},$kb\n" }.joinToString(""))
        }
        val done = steps.sumOf { it.get() }
        println("\nreliability: soak-kotlin tried $done survived $done lost 0 seconds ${duration.inWholeSeconds} ${memory(samples)}")
    }

    /** The answer after each history, a history being the prompts' numbers, from one session after the other. */
    private suspend fun answers(model: LanguageModel): Map<List<Int>, String> = buildMap {
        suspend fun follow(session: LanguageModelSession, history: List<Int>) {
            for (prompt in prompts.indices) {
                session.fork().use { fork ->
                    put(history + prompt, fork.respond(prompts[prompt], brief).text)
                    if (history.size + 1 < TURNS) follow(fork, history + prompt)
                }
            }
        }
        model.newSession().use { follow(it, emptyList()) }
    }

    private class Talk(val session: LanguageModelSession, val folder: SessionFolder?, var history: List<Int> = emptyList())

    private inner class Actor(
        private val model: LanguageModel,
        private val governor: Governor,
        private val answers: Map<List<Int>, String>,
        private val random: Random,
    ) {
        private val talks = mutableListOf<Talk>()

        suspend fun step() {
            if (talks.isEmpty()) talks += opened()
            val talk = talks.random(random)
            when (random.nextInt(11)) {
                0, 1 -> ask(talk)
                2 -> talk.session.streamResponse("Tell me a story.", endless).first()
                3 -> talks += Talk(talk.session.fork(), null, talk.history)
                4 -> copy(talk)
                5 -> restore(talk)
                6 -> talks += Talk(model.restoreSession(talk.session.transcriptJson()), null, talk.history)
                7 -> reset(talk)
                8 -> talk.session.prewarm("What is")
                9 -> signal()
                else -> close(talk)
            }
            if (talks.size > SESSIONS) end(talks.random(random))
        }

        fun end() = talks.toList().forEach { end(it) }

        private fun opened(): Talk {
            val folder = if (random.nextBoolean()) newFolder() else null
            return Talk(model.newSession(folder = folder), folder)
        }

        private suspend fun ask(talk: Talk) {
            if (talk.history.size == TURNS) reset(talk)
            val prompt = random.nextInt(prompts.size)
            talk.history += prompt
            assertEquals(answers[talk.history], talk.session.respond(prompts[prompt], brief).text, "after ${talk.history}")
            assertEquals(2 * talk.history.size, talk.session.transcript.entries.size)
        }

        private suspend fun copy(talk: Talk) {
            val folder = newFolder()
            talk.session.save(folder)
            restored(folder, talk.history)
        }

        private suspend fun restore(talk: Talk) {
            talks -= talk
            talk.session.close()
            talk.folder?.let { restored(it, talk.history) }
        }

        private suspend fun restored(folder: SessionFolder, history: List<Int>) {
            val restored = model.restoreSession(folder)
            assertEquals(history.size, restored.turns)
            assertEquals(0, restored.lostBytes)
            talks += Talk(restored.session, folder, history)
        }

        private fun reset(talk: Talk) {
            talk.session.reset()
            talk.history = emptyList()
        }

        private suspend fun close(talk: Talk) {
            end(talk)
            assertFailsWith<PhoneLMException.SessionClosed> { talk.session.respond("Hello") }
        }

        /** Heat, short memory or the background for a moment. All of them end, since critical heat stops every answer. */
        private suspend fun signal() {
            when (random.nextInt(3)) {
                0 -> {
                    governor.setThermalState(listOf(ThermalState.SERIOUS, ThermalState.CRITICAL).random(random))
                    delay(random.nextInt(20).milliseconds)
                    governor.setThermalState(ThermalState.NOMINAL)
                }
                1 -> governor.setMemoryPressure(listOf(MemoryPressure.LOW, MemoryPressure.CRITICAL).random(random))
                else -> {
                    governor.setBackground(true)
                    governor.setBackground(false)
                }
            }
        }

        private fun end(talk: Talk) {
            talks -= talk
            talk.session.close()
            talk.folder?.let { File(it.path).parentFile.deleteRecursively() }
        }

        private fun newFolder() = SessionFolder(File(temporaryFolder(), "session").path)
    }

    /** Holds the last tenth of a minute or more against the middle one. */
    private fun memory(samples: List<Long>): String {
        if (samples.size < TELLING) return ""
        fun median(start: Int) = samples.subList(start, start + samples.size / 10).sorted()[samples.size / 20]
        val (middle, last) = median(samples.size * 9 / 20) to median(samples.size * 9 / 10)
        assertTrue(last <= middle + LIMIT_KB, "memory grew from $middle to $last kB; $LIMIT_KB may lie between")
        return "middle-kb $middle last-kb $last bound-kb $LIMIT_KB"
    }

    private companion object {
        const val THREADS = 4

        /** Sessions that a thread holds at most. */
        const val SESSIONS = 4

        /** Turns after which a conversation begins anew. */
        const val TURNS = 3

        /** Longest time without a step of a thread. */
        val PATIENCE = 60.seconds

        /** Seconds from which on memory is judged. */
        const val TELLING = 60

        /** As in soak.rs, twice what the sessions' keys and values take, for the code that the JVM compiles meanwhile. */
        const val LIMIT_KB = 16_384L
    }
}
