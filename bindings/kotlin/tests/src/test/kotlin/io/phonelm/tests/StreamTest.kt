package io.phonelm.tests

import io.phonelm.GenerationOptions
import io.phonelm.LanguageModel
import io.phonelm.ResponseChunk
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicReference
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.resetMain
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.setMain

class StreamTest {
    @Test
    fun streamDeltasAddUp() = withSession { session ->
        val chunks = session.chunks("Tell me a story.", endless.copy(maximumResponseTokens = 200))
        assertTrue(chunks.size > 3)
        val text = StringBuilder()
        for (chunk in chunks) {
            assertEquals(text.append(chunk.delta).toString(), chunk.text)
        }
        assertEquals(chunks.last().response?.text, text.toString())
    }

    @Test
    fun lastChunkCarriesTheResponse() = withSession { session ->
        val chunks = session.chunks("Who are you?", greedy)
        val response = checkNotNull(chunks.last().response)
        assertEquals(chunks.last().text, response.text)
        chunks.dropLast(1).forEach { assertNull(it.response) }
    }

    @Test
    fun streamStartsWithCollection() = withSession { session ->
        val stream = session.streamResponse("Who are you?", greedy)
        assertFalse(session.isResponding)
        session.respond("What can you do?", greedy)
        assertEquals(3, stream.take(3).toList().size)
    }

    @Test
    fun streamCollectedTwice() = withSession { session ->
        val stream = session.streamResponse("Who are you?", greedy)
        stream.collect {}
        assertFailsWith<IllegalStateException> { stream.collect {} }
        assertEquals(2, session.transcript.entries.size)
    }

    @Test
    fun slowCollectorLosesNothing() = withSession { session ->
        val options = endless.copy(maximumResponseTokens = 150)
        val whole = session.fork().respond("Tell me a story.", options).text
        val chunks = mutableListOf<ResponseChunk>()
        session.streamResponse("Tell me a story.", options).collect {
            Thread.sleep(50)
            chunks += it
        }
        assertEquals(whole, chunks.joinToString("") { it.delta })
        // What comes while the collector is busy waits as one piece.
        assertTrue(chunks.size < 100, "${chunks.size} chunks")
    }

    @Test
    fun collectorThatThrows() = withSession { session ->
        assertFailsWith<ArithmeticException> {
            session.streamResponse("Tell me a story.", endless).collect { throw ArithmeticException() }
        }
        eventually { !session.isResponding }
        assertEquals(emptyList(), session.transcript.entries)
        assertTrue(session.respond("Who are you?", greedy).text.isNotEmpty())
    }

    /** A callback that waits for its collector's only thread would hang here, as on Android's main thread. */
    @Test
    fun singleThreadedDispatcherCollectsAndBlocks() {
        val dispatcher = Executors.newSingleThreadExecutor().asCoroutineDispatcher()
        dispatcher.use {
            val chunks = runBlocking(dispatcher) {
                LanguageModel.open(tiny).use { model ->
                    val options = endless.copy(maximumResponseTokens = 100)
                    model.newSession().streamResponse("Tell me a story.", options).toBlockedList()
                }
            }
            assertEquals(chunks.last().response?.text, chunks.joinToString("") { it.delta })
        }
    }

    private suspend fun Flow<ResponseChunk>.toBlockedList(): List<ResponseChunk> {
        val chunks = mutableListOf<ResponseChunk>()
        collect {
            Thread.sleep(20)
            chunks += it
        }
        return chunks
    }

    /** An app's view model on Dispatchers.Main, under coroutines-test as apps test it. */
    @OptIn(ExperimentalCoroutinesApi::class)
    @Test
    fun mainDispatcherCollects() = runTest {
        Dispatchers.setMain(StandardTestDispatcher(testScheduler))
        try {
            val shown = AtomicReference("")
            LanguageModel.open(tiny).use { model ->
                launch(Dispatchers.Main) {
                    model.newSession().streamResponse("Who are you?", greedy).collect { shown.set(it.text) }
                }.join()
            }
            assertTrue("PhoneLM" in shown.get())
        } finally {
            Dispatchers.resetMain()
        }
    }

    @Test
    fun unicodeStaysWhole() = withTiny { model ->
        var beyondAscii = 0
        for (seed in 1L..12L) {
            val session = model.newSession(instructions = UNICODE)
            val options = GenerationOptions(temperature = 4.0, seed = seed, maximumResponseTokens = 80)
            val chunks = session.chunks(UNICODE, options)
            for (chunk in chunks) {
                val bytes = chunk.delta.encodeToByteArray(throwOnInvalidSequence = true)
                assertEquals(chunk.delta, bytes.decodeToString(throwOnInvalidSequence = true))
                beyondAscii += chunk.delta.count { it.code > 127 }
            }
            assertEquals(chunks.last().response?.text, chunks.joinToString("") { it.delta })
            assertTrue(UNICODE in session.transcriptJson())
            session.close()
        }
        assertTrue(beyondAscii > 10, "only $beyondAscii characters beyond ASCII were drawn")
    }

    /** The answer cut after each of its tokens: what was whole stays, half a character is never shown. */
    @Test
    fun unicodeCutAtEveryToken() = withTiny { model ->
        val options = GenerationOptions(temperature = 4.0, seed = 3)
        val whole = model.newSession().respond(UNICODE, options.copy(maximumResponseTokens = 60)).text
        for (tokens in 1..60) {
            val cut = model.newSession().use { it.respond(UNICODE, options.copy(maximumResponseTokens = tokens)).text }
            assertTrue(whole.startsWith(cut.trimEnd('\uFFFD')), "$cut is no beginning of $whole")
        }
    }

    private companion object {
        const val UNICODE = "👩‍👩‍👧 日本語 e\u0301 🏴󠁧󠁢󠁳󠁣󠁴󠁿 नि"
    }
}
