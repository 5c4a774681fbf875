package io.phonelm

import io.phonelm.ffi.SdkException
import io.phonelm.ffi.completeJson
import kotlinx.serialization.DeserializationStrategy
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.serializer

/**
 * What answers as values of [T] look like, for [LanguageModelSession.respond]. Of a `@Serializable` class it is made by
 * [of]; with a JSON schema of your own, which may say more (bounds, lengths, patterns), by the constructor.
 *
 * ```
 * @Serializable
 * data class Trip(val city: String, val days: Int)
 *
 * val trip = session.respond("Plan a trip to Rome", Schema.of<Trip>()).content
 * ```
 *
 * @property json The JSON schema.
 * @param deserializer Reads JSON that follows it.
 */
public class Schema<T>(public val json: String, private val deserializer: DeserializationStrategy<T>) {
    /** Makes schemas of classes. */
    public companion object {
        /**
         * The schema of a `@Serializable` type: booleans, numbers, characters, texts, enumerations, lists, maps by text, and
         * classes of these. What may be `null` may be `null` in an answer, what has a default may be left out, and
         * `@SerialName` holds.
         *
         * @throws PhoneLMException.GrammarInvalid if the type has something else in it, or itself.
         */
        public inline fun <reified T> of(): Schema<T> = of(serializer<T>())

        /** The schema of what [deserializer] reads; see the other `of`. */
        public fun <T> of(deserializer: DeserializationStrategy<T>): Schema<T> =
            Schema(deserializer.descriptor.toSchema().toString(), deserializer)
    }

    internal val grammar: Grammar get() = Grammar.JsonSchema(json)

    /** What a whole answer says. */
    internal fun read(response: Response): GeneratedResponse<T> = try {
        val content = FORMAT.decodeFromString(deserializer, response.text)
        GeneratedResponse(content, response.text, response.statistics, response.backendChanges)
    } catch (error: IllegalArgumentException) {
        // The lines that follow the first one repeat the answer.
        val reason = error.message.orEmpty().substringBefore('\n')
        val early = "it ended before it was whole (${response.finishReason.name.lowercase()})"
        throw SdkException.ResponseInvalid(if (response.finishReason == FinishReason.STOP) reason else early).toPublic()
    }

    /** What an answer says so far, if that is a value already. */
    internal fun readPart(json: JsonElement): T? = try {
        FORMAT.decodeFromJsonElement(deserializer, json)
    } catch (_: IllegalArgumentException) {
        null
    }
}

/** What can be read so far of JSON that is still being written. */
internal fun partialJson(text: String): JsonElement? =
    crossing { completeJson(text) }?.let { FORMAT.parseToJsonElement(it) }

/** A member that may be `null` need not be there yet. */
private val FORMAT = Json { explicitNulls = false }
