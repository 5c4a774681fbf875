// Arguments of a call as fields that a person can change, made from the function's JSON schema.
package io.phonelm.sample.assistant

import org.json.JSONArray
import org.json.JSONObject

/**
 * An argument.
 *
 * @property type Its JSON type: string, integer, boolean, array (of strings).
 * @property choices The only values it may have; empty if there are others.
 * @property text Its value as shown; empty if it is left out. Those of an array stand with commas between them.
 */
data class Field(
    val name: String,
    val type: String,
    val description: String,
    val isRequired: Boolean,
    val choices: List<String>,
    val text: String,
)

/** The fields of a [schema], filled with [arguments]; both are JSON objects. */
fun fields(schema: String, arguments: String): List<Field> {
    val json = JSONObject(schema)
    val values = JSONObject(arguments)
    val required = json.optJSONArray("required").strings()
    val properties = json.getJSONObject("properties")
    return properties.keys().asSequence().toList().map { name ->
        val property = properties.getJSONObject(name)
        Field(
            name = name,
            type = property.getString("type"),
            description = property.optString("description"),
            isRequired = name in required,
            choices = property.optJSONArray("enum").strings(),
            text = values.opt(name).shown(),
        )
    }
}

/** The arguments as a JSON object; what cannot be read as its type stays text, and the SDK says what is wrong with it. */
fun json(fields: List<Field>): String {
    val json = JSONObject()
    for (field in fields) {
        val text = field.text.trim()
        if (text.isEmpty() && !field.isRequired) continue
        json.put(field.name, value(field.type, text))
    }
    return json.toString()
}

private fun value(type: String, text: String): Any = when (type) {
    "integer" -> text.toLongOrNull() ?: text
    "number" -> text.toDoubleOrNull() ?: text
    "boolean" -> text.toBooleanStrictOrNull() ?: text
    "array" -> JSONArray(text.split(',').map { it.trim() }.filter { it.isNotEmpty() })
    else -> text
}

private fun Any?.shown(): String = when (this) {
    null -> ""
    is JSONArray -> strings().joinToString(", ")
    else -> toString()
}

private fun JSONArray?.strings(): List<String> = this?.let { list -> List(list.length()) { list.getString(it) } }.orEmpty()
