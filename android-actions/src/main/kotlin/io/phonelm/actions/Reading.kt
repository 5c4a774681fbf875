package io.phonelm.actions

import io.phonelm.actions.ActionException.ArgumentInvalid
import java.time.DayOfWeek

/** The action that a call means; [days] resolves days as people say them. */
internal fun readAction(function: String, json: String, days: DayReader): PhoneAction {
    val arguments = Arguments.read(function, json)
    return arguments.action(function, days).also { arguments.checkAllRead() }
}

private fun Arguments.action(function: String, days: DayReader): PhoneAction = when (function) {
    "set_alarm" -> PhoneAction.SetAlarm(
        hour = int("hour", 0..23),
        minutes = int("minutes", 0..59),
        label = optionalText("label"),
        days = choices("days", DayOfWeek.entries).distinct().sorted(),
    )
    "show_alarms" -> PhoneAction.ShowAlarms
    "set_timer" -> PhoneAction.SetTimer(int("seconds", 1..86_400), optionalText("label"))
    "insert_event" -> event(days)
    "insert_contact" ->
        PhoneAction.InsertContact(text("name"), optionalText("phone"), optionalText("email"), optionalText("company"))
    "edit_contact" ->
        PhoneAction.EditContact(text("name"), optionalText("phone"), optionalText("email"), optionalText("company"))
    "view_contact" -> PhoneAction.ViewContact(text("name"))
    "pick_contact" -> PhoneAction.PickContact
    "get_contact_info" -> PhoneAction.GetContactInfo(text("name"), choice("field", ContactField.entries))
    "dial" -> PhoneAction.Dial(text("to"))
    "send_message" -> PhoneAction.SendMessage(text("to"), text("body"))
    "send_email" -> PhoneAction.SendEmail(
        to = texts("to").ifEmpty { invalid("to", "names nobody") },
        subject = optionalText("subject"),
        body = optionalText("body"),
        cc = texts("cc"),
        bcc = texts("bcc"),
    )
    "web_search" -> PhoneAction.WebSearch(text("query"))
    "search_location" -> PhoneAction.SearchLocation(text("query"))
    "navigate" -> PhoneAction.Navigate(text("destination"), choice("mode", TravelMode.entries))
    "open_settings" -> PhoneAction.OpenSettings(choice("page", SettingsPage.entries))
    "open_camera" -> PhoneAction.OpenCamera(choice("mode", CameraMode.entries))
    "take_photo" -> PhoneAction.TakePhoto
    "record_video" -> PhoneAction.RecordVideo
    "play_media" -> PhoneAction.PlayMedia(text("query"))
    "create_document" -> PhoneAction.CreateDocument(text("name"), choice("kind", DocumentKind.entries - DocumentKind.ANY))
    "open_document" -> PhoneAction.OpenDocument(choice("kind", DocumentKind.entries))
    "pick_file" -> PhoneAction.PickFile(choice("kind", FileKind.entries), flag("multiple"))
    "pick_ringtone" -> PhoneAction.PickRingtone
    else -> throw ArgumentInvalid("There is no function ${function.take(40)}.")
}

private fun Arguments.event(days: DayReader): PhoneAction.InsertEvent {
    val time = optionalTime("time")
    val said = text("day")
    return PhoneAction.InsertEvent(
        title = text("title"),
        date = days.read(said, time) ?: invalid(
            "day",
            "is no day that can be found in a calendar: ${said.take(40)}. Ask the user for the date, as in 12 may",
        ),
        time = time,
        durationMinutes = optionalInt("duration_minutes", 1..Int.MAX_VALUE),
        location = optionalText("location"),
        guests = texts("guests"),
    )
}
