package io.phonelm.tests

import io.phonelm.LogLevel
import io.phonelm.LogRecord
import io.phonelm.PhoneLM
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking

class LoggingTest {
    @AfterTest
    fun silence() = PhoneLM.setLogger(null)

    @Test
    fun version() = assertTrue(Regex("""\d+\.\d+\.\d+.*""").matches(PhoneLM.version))

    @Test
    fun loggerHearsOfAModel() {
        val records = CopyOnWriteArrayList<LogRecord>()
        PhoneLM.setLogger({ records += it }, LogLevel.TRACE)
        withTiny { model -> model.newSession().respond("Who are you?", greedy) }
        eventuallyBlocking { records.any { "model loaded" in it.message } }
        assertTrue(records.all { it.target.startsWith("phonelm") })
    }

    @Test
    fun loggerThatThrows() {
        val calls = CopyOnWriteArrayList<LogLevel>()
        PhoneLM.setLogger({ calls += it.level; throw IllegalArgumentException("a broken logger") }, LogLevel.TRACE)
        repeat(2) { withTiny { model -> assertTrue(model.newSession().respond("Who are you?", greedy).text.isNotEmpty()) } }
        eventuallyBlocking { calls.size >= 2 }
    }

    @Test
    fun levelsAreKept() {
        val records = CopyOnWriteArrayList<LogRecord>()
        PhoneLM.setLogger({ records += it }, LogLevel.ERROR)
        withTiny { model -> model.newSession().respond("Who are you?", greedy) }
        assertEquals(emptyList(), records.toList())
    }

    @Test
    fun promptsStayOutOfTheLog() {
        val records = CopyOnWriteArrayList<LogRecord>()
        PhoneLM.setLogger({ records += it }, LogLevel.TRACE)
        withTiny { model -> model.newSession().respond("My secret is xylophone.", greedy) }
        eventuallyBlocking { records.isNotEmpty() }
        assertFalse(records.any { "xylophone" in it.message })
    }

    private fun eventuallyBlocking(condition: () -> Boolean) = runBlocking { eventually(condition = condition) }
}
