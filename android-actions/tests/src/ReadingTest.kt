package io.phonelm.actions

import io.phonelm.actions.ActionException.ArgumentInvalid
import java.time.DayOfWeek.FRIDAY
import java.time.DayOfWeek.MONDAY
import java.time.LocalDate
import java.time.LocalTime
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import org.json.JSONArray
import org.json.JSONObject

/** Calls read into actions: what each function takes, and what it refuses. The catalogue says what there is to try. */
class ReadingTest {
    private fun read(function: String, json: String) = readAction(function, json, days())

    private fun refusal(function: String, json: String): String =
        assertFailsWith<ArgumentInvalid>("$function $json") { read(function, json) }.message.orEmpty()

    /** A value that the schema allows. */
    private fun good(name: String, schema: JSONObject): Any = when (schema.getString("type")) {
        "integer" -> schema.optInt("minimum", 1)
        "boolean" -> true
        "array" -> JSONArray().put(good(name, schema.getJSONObject("items")))
        else -> schema.optJSONArray("enum")?.getString(0) ?: mapOf("day" to "tomorrow", "time" to "00:00")[name] ?: "something"
    }

    private fun schema(function: Function) = JSONObject(function.parameters)

    private fun full(schema: JSONObject): JSONObject {
        val properties = schema.getJSONObject("properties")
        return JSONObject().apply { properties.keys().forEach { put(it, good(it, properties.getJSONObject(it))) } }
    }

    private fun JSONObject.with(name: String, value: Any?) = JSONObject(toString()).put(name, value ?: JSONObject.NULL).toString()

    private fun JSONObject.without(name: String) = JSONObject(toString()).apply { remove(name) }.toString()

    private inline fun eachProperty(
        body: (function: String, full: JSONObject, name: String, schema: JSONObject, isRequired: Boolean) -> Unit,
    ) {
        for (function in CATALOGUE) {
            val schema = schema(function)
            val required = schema.getJSONArray("required").let { list -> List(list.length()) { list.getString(it) } }
            val properties = schema.getJSONObject("properties")
            for (name in properties.keys()) body(function.name, full(schema), name, properties.getJSONObject(name), name in required)
        }
    }

    @Test
    fun theCatalogueIsComplete() {
        assertEquals(24, CATALOGUE.map { it.name }.toSet().size)
        for (function in CATALOGUE) assertEquals(function.name, read(function.name, full(schema(function)).toString()).function)
    }

    @Test
    fun everyRequiredArgumentIsRequiredAndEveryOtherIsNot() = eachProperty { function, full, name, _, isRequired ->
        val absent = listOf(full.without(name), full.with(name, null))
        for (json in absent) if (isRequired) assertContains(refusal(function, json), name) else read(function, json)
    }

    @Test
    fun everyChoiceIsTakenAndNoOther() = eachProperty { function, full, name, schema, _ ->
        val isList = schema.getString("type") == "array"
        val choices = (if (isList) schema.getJSONObject("items") else schema).optJSONArray("enum") ?: return@eachProperty
        fun value(choice: String): Any = if (isList) JSONArray().put(choice) else choice
        for (index in 0 until choices.length()) read(function, full.with(name, value(choices.getString(index))))
        for (wrong in listOf("nonsense", choices.getString(0).uppercase())) {
            val message = refusal(function, full.with(name, value(wrong)))
            assertContains(message, wrong)
            assertContains(message, choices.getString(0))
        }
    }

    @Test
    fun everyNumberHasItsBounds() = eachProperty { function, full, name, schema, _ ->
        if (schema.getString("type") != "integer") return@eachProperty
        val (least, most) = schema.getInt("minimum") to schema.optInt("maximum", Int.MAX_VALUE)
        read(function, full.with(name, least))
        read(function, full.with(name, most))
        for (wrong in listOf(least - 1, most + 1L, 2.5, 1e300, "$least", true)) {
            assertContains(refusal(function, full.with(name, wrong)), name)
        }
    }

    @Test
    fun everyArgumentHasItsType() = eachProperty { function, full, name, schema, _ ->
        val wrong = when (schema.getString("type")) {
            "array" -> listOf("text", 1, JSONArray().put(1), JSONArray().put(JSONArray()), JSONObject())
            "boolean" -> listOf("true", 1, JSONArray())
            else -> listOf(true, JSONArray().put("a"), JSONObject().put("a", 1))
        }
        for (value in wrong) assertContains(refusal(function, full.with(name, value)), name)
        if (schema.getString("type") == "string") assertContains(refusal(function, full.with(name, 5)), name)
    }

    @Test
    fun nothingElseIsTaken() {
        for (function in CATALOGUE) {
            assertContains(refusal(function.name, full(schema(function)).with("volume", 3)), "volume")
        }
        assertContains(refusal("make_coffee", "{}"), "make_coffee")
    }

    @Test
    fun blankTextsAreNone() = eachProperty { function, full, name, schema, isRequired ->
        if (schema.getString("type") != "string") return@eachProperty
        if (isRequired) assertContains(refusal(function, full.with(name, " \n")), name) else read(function, full.with(name, " \n"))
    }

    @Test
    fun noJson() {
        val deep = "{\"label\":" + "[".repeat(30_000) + "]".repeat(30_000) + "}"
        val wrong = listOf(
            "", " ", "null", "7", "[]", "\"a\"", "{", "{\"hour\":7", "{\"hour\":7}}", "{\"hour\":7}{}", "{hour:7}", "{'hour':7}",
            "{\"hour\":}",
            "{\"hour\":7,\"hour\":8,\"minutes\":0}", "{\"hour\":NaN,\"minutes\":0}", "set_alarm(7)", deep,
        )
        for (json in wrong) refusal("set_alarm", json)
        assertContains(refusal("dial", "{\"to\":\"${"5".repeat(70_000)}\"}"), "65536")
    }

    @Test
    fun times() {
        fun at(time: String) = """{"title":"lunch","day":"tomorrow","time":"$time"}"""
        for ((text, time) in listOf("00:00" to "00:00", "23:59" to "23:59", "09:05" to "09:05", "9:05" to "09:05")) {
            assertEquals(LocalTime.parse(time), (read("insert_event", at(text)) as PhoneAction.InsertEvent).time)
        }
        for (text in listOf("24:00", "12:60", "-1:00", "7", "7pm", "12:00:00", "noon", "١٢:٠٠")) {
            assertContains(refusal("insert_event", at(text)), "time")
        }
    }

    @Test
    fun daysAsSaid() {
        val event = """{"title":"brunch","day":"%s"}"""
        assertEquals(LocalDate.parse("2026-11-27"), (read("insert_event", event.format("tomorrow")) as PhoneAction.InsertEvent).date)
        assertContains(refusal("insert_event", event.format("diwali")), "diwali")
        assertContains(refusal("insert_event", event.format("diwali")), "12 may")
    }

    @Test
    fun weekdaysAreInOrderAndOnce() {
        val alarm = read("set_alarm", """{"hour":7,"minutes":0,"days":["friday","monday","friday"]}""")
        assertEquals(PhoneAction.SetAlarm(7, 0, null, listOf(MONDAY, FRIDAY)), alarm)
    }

    @Test
    fun anEMailGoesToSomebody() = assertContains(refusal("send_email", """{"to":[" "]}"""), "nobody")

    @Test
    fun effects() {
        val effects = CATALOGUE.groupBy({ it.effect }, { it.name })
        val writing = listOf("set_alarm", "set_timer", "insert_event", "insert_contact", "edit_contact", "create_document")
        assertEquals(writing, effects[Effect.WRITES])
        assertEquals(listOf("send_message", "send_email"), effects[Effect.SENDS])
        assertEquals(listOf("dial"), effects[Effect.CALLS])
        assertEquals(listOf("get_contact_info"), effects[Effect.READS])
        assertEquals(14, effects[Effect.SHOWS]?.size)
    }
}
