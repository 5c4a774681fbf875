package io.phonelm.tests

import io.phonelm.GenerationOptions
import io.phonelm.LanguageModelSession
import io.phonelm.PhoneLMException
import io.phonelm.Schema
import io.phonelm.Tool
import io.phonelm.ToolStep
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.toList
import kotlinx.serialization.Contextual
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.builtins.serializer
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.jsonObject

@Serializable
data class Trip(val city: String, val days: Int, val byTrain: Boolean = false)

suspend fun plan(session: LanguageModelSession): Trip {
    session.streamResponse("Plan a trip to Rome", Schema.of<Trip>()).collect { chunk -> println(chunk.json) }
    return session.respond("Plan another one", Schema.of<Trip>()).content
}

class GeneratedTest {
    @Serializable
    enum class Sky { @SerialName("clear sky") CLEAR, RAIN }

    @Serializable
    data class Place(val name: String, val height: Double?)

    @Serializable
    data class Weather(
        val sky: Sky,
        @SerialName("degrees_celsius") val degrees: Byte,
        val places: List<Place>,
        val note: String? = null,
        val wind: Map<String, Long> = emptyMap(),
        val mark: Char = 'x',
        val gusts: UShort = 0u,
    )

    /** Strings of a size, so that no answer is cut off. */
    private val short = Schema(
        """{"type":"object","properties":{"name":{"type":"string","maxLength":20},"height":{"type":"number","enum":[1.5,8849]}},
            "required":["name","height"],"additionalProperties":false}""",
        Place.serializer(),
    )

    private fun wild(seed: Long) = GenerationOptions(temperature = 1.5, seed = seed, maximumResponseTokens = 400)

    @Test
    fun respondWithAValue() = withTiny { model ->
        for (seed in 0L until 10L) {
            val response = model.newSession().respond("Name a mountain", short, wild(seed))
            assertContains(listOf(1.5, 8849.0), response.content.height)
            assertEquals(response.content, Json.decodeFromString<Place>(response.text))
            assertTrue(response.statistics.generatedTokens > 0)
        }
        assertContains(Sky.entries, model.newSession().respond("Rain?", Schema.of<Sky>()).content)
    }

    @Test
    fun streamOfPartialValues() = withTiny { model ->
        val chunks = model.newSession().streamResponse("Name a mountain", short, wild(seed = 4)).toList()
        val whole = assertNotNull(chunks.last().response)
        assertEquals(whole.content, chunks.last().content)
        chunks.dropLast(1).forEach { assertNull(it.response) }
        var before: JsonElement? = null
        for (chunk in chunks.mapNotNull { it.json }) {
            assertTrue(chunk.jsonObject.keys.containsAll(before?.jsonObject?.keys.orEmpty()), "$before, $chunk")
            before = chunk
        }
        assertEquals(Json.parseToJsonElement(whole.text), before)
        // The name comes first, and a height that is not there yet is null.
        val partial = chunks.mapNotNull { it.content }
        assertTrue(partial.all { whole.content.name.startsWith(it.name) }, "$partial")
    }

    @Test
    fun valueAfterATool() = withTiny { model ->
        val alarm = """{"type":"object","properties":{"hour":{"type":"integer"},"minutes":{"type":"integer"}}}"""
        val tools = listOf(Tool("set_alarm", "Set an alarm in the clock app.", alarm) { "{}" })
        val stream = model.newSession(tools = tools).streamResponse("Wake me at 7 tomorrow", Schema.of<Sky>(), greedy)
        val chunks = stream.toList()
        assertEquals(1, chunks.count { it.step is ToolStep.Finished })
        assertContains(Sky.entries, chunks.last().response?.content)
    }

    @Test
    fun responseInvalid() = withSession { session ->
        val cut = assertFailsWith<PhoneLMException.ResponseInvalid> {
            session.respond("Name a mountain", short, GenerationOptions(maximumResponseTokens = 3))
        }
        assertContains(cut.reason, "length")
        val other = Schema("""{"const":"seven"}""", Int.serializer())
        val error = assertFailsWith<PhoneLMException.ResponseInvalid> { session.respond("Seven", other) }
        assertContains(error.message.orEmpty(), error.reason)
        assertEquals(4, session.transcript.entries.size)
    }

    @Test
    fun schemaOfAType() {
        val integer = { least: Long, most: Long -> """{"type":"integer","minimum":$least,"maximum":$most}""" }
        val place = """{"type":"object","properties":{"name":{"type":"string"},
            "height":{"anyOf":[{"type":"number"},{"type":"null"}]}},"required":["name","height"],"additionalProperties":false}"""
        val expected = """{"type":"object","properties":{"sky":{"enum":["clear sky","RAIN"]},
            "degrees_celsius":${integer(-128, 127)},"places":{"type":"array","items":$place},
            "note":{"anyOf":[{"type":"string"},{"type":"null"}]},
            "wind":{"type":"object","additionalProperties":${integer(-9007199254740991, 9007199254740991)}},
            "mark":{"type":"string","pattern":"^[ -\uD7FF\uE000-\uFFFD]$"},"gusts":${integer(0, 65535)}},
            "required":["sky","degrees_celsius","places"],"additionalProperties":false}"""
        val schema = Schema.of<Weather>().json
        assertEquals(Json.parseToJsonElement(expected), Json.parseToJsonElement(schema))
        assertTrue(schema.indexOf("sky") < schema.indexOf("degrees_celsius") && schema.indexOf("note") < schema.indexOf("wind"))
    }

    @Serializable
    data class Reading(val sky: Sky, val degrees: Byte, val gusts: UShort, val mark: Char, val again: Boolean?, val more: Int = 0)

    @Test
    fun valuesOfADerivedSchema() = withTiny { model ->
        for (seed in 0L until 10L) {
            val reading = model.newSession().respond("How is the weather?", Schema.of<Reading>(), wild(seed)).content
            assertContains(Sky.entries, reading.sky)
        }
    }

    @Serializable
    class Endless(val next: Endless?)

    @Serializable
    class Unknown(@Contextual val any: Any)

    @Test
    fun schemaThatCannotBeMade() {
        for ((make, reason) in listOf<Pair<() -> Schema<*>, String>>(
            { Schema.of<Endless>() } to "it holds itself",
            { Schema.of<Unknown>() } to "only known when it is read",
            { Schema.of<Map<Int, String>>() } to "a map whose keys are kotlin.Int",
        )) {
            val error = assertFailsWith<PhoneLMException.GrammarInvalid> { make() }
            assertContains(error.reason, reason)
        }
    }

    @Test
    fun documentedPlan() = withTiny { model ->
        val session = model.newSession(defaults = GenerationOptions(maximumResponseTokens = 400))
        runCatching { plan(session) }.onFailure { assertTrue(it is PhoneLMException.ResponseInvalid, "$it") }
    }
}
