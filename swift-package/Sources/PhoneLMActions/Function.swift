/// What the model is told of a function. ``all`` of them are written by cargo xtask, as phonelm-tiny was trained on them.
struct Function: Sendable {
    let name: String
    let description: String
    let parameters: String

    /// What it does to the world. What is not known counts as the gravest.
    var effect: Effect {
        switch name {
        case "get_contact_info": .reads
        case "show_alarms", "view_contact", "pick_contact", "web_search", "search_location", "navigate",
            "open_settings", "open_camera", "take_photo", "record_video", "play_media", "open_document", "pick_file",
            "pick_ringtone":
            .shows
        case "set_alarm", "set_timer", "insert_event", "insert_contact", "edit_contact", "create_document": .writes
        case "send_message", "send_email": .sends
        default: .calls
        }
    }
}
