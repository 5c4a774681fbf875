package io.phonelm.tests

import io.phonelm.LanguageModel
import io.phonelm.LexicalToolRetriever
import io.phonelm.PhoneLMException
import io.phonelm.Response
import io.phonelm.Tool
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlinx.coroutines.runBlocking

suspend fun answer(model: LanguageModel, request: String, catalogue: List<Tool>): Response {
    val few = LexicalToolRetriever.select(request, catalogue, count = 5)
    return model.newSession(tools = few).use { session -> session.respond(request) }
}

class RetrieverTest {
    private val calls = mutableListOf<String>()

    private fun tool(name: String, description: String, argument: String) =
        Tool(name, description, """{"type":"object","properties":{"$argument":{"type":"string"}}}""") { calls += name; "{}" }

    private val catalogue = listOf(
        tool("set_alarm", "Set an alarm in the clock app.", "hour"),
        tool("record_video", "Record one video and come back with it.", "length"),
        tool("play_media", "Play music, a podcast or a video.", "query"),
        tool("dial", "Open the dialler on a number or a contact.", "to"),
        tool("web_search", "Search the web.", "query"),
        tool("pick_ringtone", "Choose a ringtone.", "sound"),
    )

    @Test
    fun toolsAreFoundByTheirWords() = runBlocking {
        suspend fun names(request: String, count: Int) =
            LexicalToolRetriever.select(request, catalogue, count).map { it.name }
        assertEquals(listOf("record_video", "play_media"), names("Record a VIDEO of the cat", 2))
        assertEquals(listOf("pick_ringtone"), names("ringtones, please", 1))
        assertEquals(catalogue.take(3).map { it.name }, names("xyzzy", 3))
        assertEquals(catalogue.size, names("xyzzy", 100).size)
        assertEquals(emptyList(), names("video", 0))
        val error = assertFailsWith<PhoneLMException.OptionInvalid> { names("video", -1) }
        assertEquals("count", error.option)
    }

    @Test
    fun chosenToolsAnswer() = withTiny { model ->
        val response = answer(model, "Wake me with an alarm at 7 tomorrow", catalogue)
        assertContains(calls, "set_alarm")
        assertEquals(true, response.text.isNotEmpty())
    }
}
