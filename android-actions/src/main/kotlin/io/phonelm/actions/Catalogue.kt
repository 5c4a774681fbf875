package io.phonelm.actions

import org.json.JSONArray

/** What the model is told of a function. */
internal class Function(val name: String, val description: String, val parameters: String)

/** The 24 functions, as phonelm-tiny was trained on them: models/phonelm-tiny/tools.json, packed beside the classes. */
internal val CATALOGUE: List<Function> by lazy {
    val resource = checkNotNull(PhoneActions::class.java.getResourceAsStream("/io/phonelm/actions/tools.json")) {
        "the app was packed without io/phonelm/actions/tools.json"
    }
    val functions = JSONArray(resource.use { it.readBytes().decodeToString() })
    List(functions.length()) { index ->
        val function = functions.getJSONObject(index)
        Function(function.getString("name"), function.getString("description"), function.getJSONObject("parameters").toString())
    }
}
