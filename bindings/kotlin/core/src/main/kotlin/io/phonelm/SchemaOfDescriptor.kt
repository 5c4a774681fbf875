// The JSON schema of a serializable type, read from its descriptor.
package io.phonelm

import io.phonelm.ffi.SdkException
import kotlinx.serialization.descriptors.PrimitiveKind
import kotlinx.serialization.descriptors.SerialDescriptor
import kotlinx.serialization.descriptors.SerialKind
import kotlinx.serialization.descriptors.StructureKind
import kotlinx.serialization.descriptors.elementDescriptors
import kotlinx.serialization.descriptors.elementNames
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

internal fun SerialDescriptor.toSchema(): JsonObject = schema(within = emptyList())

/** @param within The classes around this type. */
private fun SerialDescriptor.schema(within: List<SerialDescriptor>): JsonObject {
    val whole = if (isInline) inlined(within) else ofKind(within)
    if (!isNullable) return whole
    return JsonObject(mapOf("anyOf" to JsonArray(listOf(whole, typed("null")))))
}

private fun SerialDescriptor.inlined(within: List<SerialDescriptor>): JsonObject = when (serialName.removeSuffix("?")) {
    "kotlin.UByte" -> integer(0, UByte.MAX_VALUE.toLong())
    "kotlin.UShort" -> integer(0, UShort.MAX_VALUE.toLong())
    "kotlin.UInt" -> integer(0, UInt.MAX_VALUE.toLong())
    "kotlin.ULong" -> integer(0, LARGEST)
    else -> getElementDescriptor(0).schema(within)
}

private fun SerialDescriptor.ofKind(within: List<SerialDescriptor>): JsonObject = when (kind) {
    PrimitiveKind.BOOLEAN -> typed("boolean")
    PrimitiveKind.BYTE -> integer(Byte.MIN_VALUE.toLong(), Byte.MAX_VALUE.toLong())
    PrimitiveKind.SHORT -> integer(Short.MIN_VALUE.toLong(), Short.MAX_VALUE.toLong())
    PrimitiveKind.INT -> integer(Int.MIN_VALUE.toLong(), Int.MAX_VALUE.toLong())
    PrimitiveKind.LONG -> integer(-LARGEST, LARGEST)
    PrimitiveKind.FLOAT, PrimitiveKind.DOUBLE -> typed("number")
    PrimitiveKind.CHAR -> buildJsonObject {
        put("type", "string")
        put("pattern", ONE_CHAR)
    }
    PrimitiveKind.STRING -> typed("string")
    SerialKind.ENUM -> JsonObject(mapOf("enum" to JsonArray(elementNames.map(::JsonPrimitive))))
    StructureKind.LIST -> buildJsonObject {
        put("type", "array")
        put("items", getElementDescriptor(0).schema(within))
    }
    StructureKind.MAP -> buildJsonObject {
        val (key, value) = elementDescriptors.toList()
        if (key.kind != PrimitiveKind.STRING) refuse("it is a map whose keys are ${key.serialName} and no texts")
        put("type", "object")
        put("additionalProperties", value.schema(within))
    }
    StructureKind.CLASS, StructureKind.OBJECT -> members(within)
    else -> refuse("what it holds is only known when it is read")
}

private fun SerialDescriptor.members(within: List<SerialDescriptor>): JsonObject {
    if (this in within) refuse("it holds itself")
    val names = elementNames.toList()
    return buildJsonObject {
        put("type", "object")
        put("properties", JsonObject(names.zip(elementDescriptors.map { it.schema(within + this@members) }).toMap()))
        val required = names.filterIndexed { index, _ -> !isElementOptional(index) }
        put("required", JsonArray(required.map(::JsonPrimitive)))
        put("additionalProperties", false)
    }
}

private fun typed(name: String) = JsonObject(mapOf("type" to JsonPrimitive(name)))

private fun integer(least: Long, most: Long) = buildJsonObject {
    put("type", "integer")
    put("minimum", least)
    put("maximum", most)
}

private fun SerialDescriptor.refuse(why: String): Nothing {
    val advice = "give Schema a JSON schema of your own"
    throw SdkException.GrammarInvalid("no schema can be made of $serialName: $why; $advice").toPublic()
}

/** One letter that is one `Char`. */
private const val ONE_CHAR = "^[ -\uD7FF\uE000-\uFFFD]\$"

/** The largest whole number that all readers of JSON agree on. */
private const val LARGEST = (1L shl 53) - 1
