package io.phonelm.actions

import android.util.JsonReader
import android.util.JsonToken
import io.phonelm.actions.ActionException.ArgumentInvalid
import java.io.IOException
import java.io.StringReader
import java.time.DateTimeException
import java.time.LocalTime
import java.time.format.DateTimeFormatter
import java.time.format.ResolverStyle

/**
 * The arguments of a call: a JSON object of texts, numbers, booleans and lists of texts. Models and users write it, so it
 * is read strictly, token by token, and nothing in it nests.
 */
internal class Arguments private constructor(private val function: String, private val values: Map<String, Any>) {
    private val asked = mutableSetOf<String>()

    fun text(name: String): String = optionalText(name) ?: invalid(name, "is missing")

    /** A blank text counts as none. */
    fun optionalText(name: String): String? = value<String>(name, "a text")?.trim()?.ifEmpty { null }

    fun int(name: String, range: IntRange): Int = optionalInt(name, range) ?: invalid(name, "is missing")

    fun optionalInt(name: String, range: IntRange): Int? {
        val number = value<Number>(name, "a whole number") ?: return null
        val whole = number.text.toIntOrNull()
        if (whole == null || whole !in range) {
            val bounds = if (range.last == Int.MAX_VALUE) "of at least ${range.first}" else "from ${range.first} to ${range.last}"
            invalid(name, "must be a whole number $bounds, not ${number.text.take(SHOWN)}")
        }
        return whole
    }

    fun flag(name: String): Boolean = value<Boolean>(name, "true or false") ?: invalid(name, "is missing")

    fun texts(name: String): List<String> =
        value<List<*>>(name, "a list of texts").orEmpty().map { (it as String).trim() }.filter { it.isNotEmpty() }

    /** HH:MM on the 24-hour clock. */
    fun optionalTime(name: String): LocalTime? {
        val text = optionalText(name) ?: return null
        return try {
            LocalTime.parse(text, CLOCK)
        } catch (_: DateTimeException) {
            invalid(name, "must be HH:MM on the 24-hour clock, from 00:00 to 23:59, not ${text.take(SHOWN)}")
        }
    }

    /** One of [choices], named in lower case. */
    fun <E : Enum<E>> choice(name: String, choices: List<E>): E = choice(name, text(name), choices)

    fun <E : Enum<E>> choices(name: String, choices: List<E>): List<E> = texts(name).map { choice(name, it, choices) }

    private fun <E : Enum<E>> choice(name: String, text: String, choices: List<E>): E = choices.find { it.word == text }
        ?: invalid(name, "must be one of ${choices.joinToString { it.word }}, not ${text.take(SHOWN)}")

    /** Refuses what the function does not take. To be called when all else was read. */
    fun checkAllRead() {
        val unknown = values.keys.find { it !in asked } ?: return
        throw ArgumentInvalid("$function takes no argument ${unknown.take(SHOWN)}.")
    }

    fun invalid(name: String, reason: String): Nothing = throw ArgumentInvalid("$function: $name $reason.")

    private inline fun <reified T : Any> value(name: String, kind: String): T? {
        asked += name
        val value = values[name] ?: return null
        return value as? T ?: invalid(name, "must be $kind")
    }

    /** A number as it is written, because a double would round it. */
    private class Number(val text: String)

    companion object {
        private const val MOST_CHARACTERS = 65_536
        private const val SHOWN = 40
        private val CLOCK = DateTimeFormatter.ofPattern("H:mm").withResolverStyle(ResolverStyle.STRICT)
        private val Enum<*>.word: String get() = name.lowercase()

        fun read(function: String, json: String): Arguments {
            if (json.length > MOST_CHARACTERS) {
                throw ArgumentInvalid("$function: ${json.length} characters of arguments are more than $MOST_CHARACTERS.")
            }
            try {
                JsonReader(StringReader(json)).use { reader ->
                    val values = reader.values(function)
                    if (reader.peek() != JsonToken.END_DOCUMENT) throw ArgumentInvalid("$function takes one JSON object.")
                    return Arguments(function, values)
                }
            } catch (error: IOException) {
                throw ArgumentInvalid("$function: the arguments are no JSON object: ${error.message}")
            } catch (_: IllegalStateException) {
                throw ArgumentInvalid("$function takes a JSON object as its arguments.")
            }
        }

        private fun JsonReader.values(function: String): Map<String, Any> {
            val values = mutableMapOf<String, Any>()
            beginObject()
            while (hasNext()) {
                val name = nextName()
                val value: Any? = when (peek()) {
                    JsonToken.STRING -> nextString()
                    JsonToken.NUMBER -> Number(nextString())
                    JsonToken.BOOLEAN -> nextBoolean()
                    JsonToken.BEGIN_ARRAY -> texts(function, name)
                    JsonToken.NULL -> nextNull().let { null }
                    else -> throw ArgumentInvalid("$function: ${name.take(SHOWN)} must not be an object.")
                }
                if (value != null && values.put(name, value) != null) {
                    throw ArgumentInvalid("$function: ${name.take(SHOWN)} stands there twice.")
                }
            }
            endObject()
            return values
        }

        private fun JsonReader.texts(function: String, name: String): List<String> {
            val texts = mutableListOf<String>()
            beginArray()
            while (hasNext()) {
                if (peek() != JsonToken.STRING) {
                    throw ArgumentInvalid("$function: ${name.take(SHOWN)} must be a list of texts.")
                }
                texts += nextString()
            }
            endArray()
            return texts
        }
    }
}
