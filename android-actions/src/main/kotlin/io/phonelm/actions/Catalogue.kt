package io.phonelm.actions

import org.json.JSONArray

/** What the model is told of a function, and what it does to the world. */
internal class Function(val name: String, val description: String, val parameters: String) {
    val effect: Effect get() = EFFECTS.getValue(name)
}

private val EFFECTS: Map<String, Effect> = mapOf(
    Effect.READS to listOf("get_contact_info"),
    Effect.SHOWS to listOf(
        "show_alarms", "view_contact", "pick_contact", "web_search", "search_location", "navigate", "open_settings",
        "open_camera", "take_photo", "record_video", "play_media", "open_document", "pick_file", "pick_ringtone",
    ),
    Effect.WRITES to
        listOf("set_alarm", "set_timer", "insert_event", "insert_contact", "edit_contact", "create_document"),
    Effect.SENDS to listOf("send_message", "send_email"),
    Effect.CALLS to listOf("dial"),
).flatMap { (effect, functions) -> functions.map { it to effect } }.toMap()

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
