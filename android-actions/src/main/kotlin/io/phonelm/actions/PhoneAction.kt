package io.phonelm.actions

import java.time.DayOfWeek
import java.time.LocalDate
import java.time.LocalTime

/**
 * A call of one of the 24 functions with its arguments checked: what the user wants the phone to do.
 *
 * @property function The name that the model calls.
 */
internal sealed class PhoneAction(val function: String) {
    /**
     * Sets an alarm in the clock app, which shows no screen of its own:
     * [AlarmClock.ACTION_SET_ALARM](https://developer.android.com/reference/android/provider/AlarmClock#ACTION_SET_ALARM).
     *
     * @property hour 0 to 23, in the phone's time.
     * @property minutes 0 to 59.
     * @property label What it is for.
     * @property days Weekdays on which it repeats, Monday first; none if it rings once.
     */
    data class SetAlarm(val hour: Int, val minutes: Int, val label: String?, val days: List<DayOfWeek>) :
        PhoneAction("set_alarm")

    /**
     * Shows the alarms:
     * [AlarmClock.ACTION_SHOW_ALARMS](https://developer.android.com/reference/android/provider/AlarmClock#ACTION_SHOW_ALARMS).
     */
    data object ShowAlarms : PhoneAction("show_alarms")

    /**
     * Starts a countdown in the clock app, which shows no screen of its own:
     * [AlarmClock.ACTION_SET_TIMER](https://developer.android.com/reference/android/provider/AlarmClock#ACTION_SET_TIMER).
     *
     * @property seconds 1 to 86,400, a day.
     * @property label What it is for.
     */
    data class SetTimer(val seconds: Int, val label: String?) : PhoneAction("set_timer")

    /**
     * Opens the calendar's editor with an event filled in; the user saves it:
     * [adding an event](https://developer.android.com/guide/components/intents-common#AddEvent).
     *
     * @property title What it is.
     * @property date The day, resolved from what was said.
     * @property time When it begins, in the phone's zone; `null` if it lasts all day.
     * @property durationMinutes Its length in minutes.
     * @property location Where.
     * @property guests Who is invited: e-mail addresses, or names of contacts that have one.
     */
    data class InsertEvent(
        val title: String,
        val date: LocalDate,
        val time: LocalTime?,
        val durationMinutes: Int?,
        val location: String?,
        val guests: List<String>,
    ) : PhoneAction("insert_event")

    /**
     * Opens the editor of a new contact; the user saves it:
     * [inserting a contact](https://developer.android.com/guide/components/intents-common#InsertContact).
     *
     * @property name The full name.
     * @property phone The number as said.
     * @property email The e-mail address.
     * @property company The company.
     */
    data class InsertContact(val name: String, val phone: String?, val email: String?, val company: String?) :
        PhoneAction("insert_contact")

    /**
     * Opens the editor of a contact with what is new filled in; the user saves it:
     * [editing a contact](https://developer.android.com/guide/components/intents-common#EditContact).
     *
     * @property name The contact's name; finding it needs READ_CONTACTS.
     * @property phone A new number.
     * @property email A new e-mail address.
     * @property company A new company.
     */
    data class EditContact(val name: String, val phone: String?, val email: String?, val company: String?) :
        PhoneAction("edit_contact")

    /**
     * Shows a contact's card: [viewing a contact](https://developer.android.com/guide/components/intents-common#ViewContact).
     *
     * @property name The contact's name; finding it needs READ_CONTACTS.
     */
    data class ViewContact(val name: String) : PhoneAction("view_contact")

    /**
     * Lets the user choose a contact, of which the model is told the name:
     * [selecting a contact](https://developer.android.com/guide/components/intents-common#PickContact). Needs a result.
     */
    data object PickContact : PhoneAction("pick_contact")

    /**
     * Reads one detail of a contact from the
     * [contacts provider](https://developer.android.com/guide/topics/providers/contacts-provider) for the model.
     *
     * @property name The contact's name; finding it needs READ_CONTACTS.
     * @property field Which detail.
     */
    data class GetContactInfo(val name: String, val field: ContactField) : PhoneAction("get_contact_info")

    /**
     * Opens the dialler on a number; the user presses the button:
     * [Intent.ACTION_DIAL](https://developer.android.com/reference/android/content/Intent#ACTION_DIAL).
     *
     * @property to A number, or a contact's name, whose primary number is taken, else the mobile one, else the first.
     */
    data class Dial(val to: String) : PhoneAction("dial")

    /**
     * Opens the messages app with a text filled in; the user sends it:
     * [composing a message](https://developer.android.com/guide/components/intents-common#SendMessage).
     *
     * @property to As in [Dial].
     * @property body The text.
     */
    data class SendMessage(val to: String, val body: String) : PhoneAction("send_message")

    /**
     * Opens an e-mail app with everything filled in; the user sends it:
     * [composing an e-mail](https://developer.android.com/guide/components/intents-common#ComposeEmail).
     *
     * @property to E-mail addresses, or names of contacts that have one.
     * @property subject The subject.
     * @property body The text.
     * @property cc Who gets a copy, as [to].
     * @property bcc Who gets a copy without the others' seeing it, as [to].
     */
    data class SendEmail(
        val to: List<String>,
        val subject: String?,
        val body: String?,
        val cc: List<String>,
        val bcc: List<String>,
    ) : PhoneAction("send_email")

    /**
     * Searches the web: [Intent.ACTION_WEB_SEARCH](https://developer.android.com/guide/components/intents-common#SearchWeb).
     *
     * @property query What to search for.
     */
    data class WebSearch(val query: String) : PhoneAction("web_search")

    /**
     * Shows a place on a map: [a `geo:` address](https://developer.android.com/guide/components/intents-common#ViewMap).
     *
     * @property query The place, or a kind of place.
     */
    data class SearchLocation(val query: String) : PhoneAction("search_location")

    /**
     * Starts directions:
     * [`google.navigation:`](https://developers.google.com/maps/documentation/urls/android-intents#launch-turn-by-turn-navigation),
     * for public transport [a map's address](https://developers.google.com/maps/documentation/urls/get-started#directions-action).
     * Where no app takes it, the place is shown on a map.
     *
     * @property destination Where to.
     * @property mode How.
     */
    data class Navigate(val destination: String, val mode: TravelMode) : PhoneAction("navigate")

    /**
     * Opens a page of the [settings](https://developer.android.com/reference/android/provider/Settings#constants_1); where
     * the phone does not have it, the settings.
     *
     * @property page Which page.
     */
    data class OpenSettings(val page: SettingsPage) : PhoneAction("open_settings")

    /**
     * Opens the camera app and leaves it open:
     * [still image or video mode](https://developer.android.com/guide/components/intents-common#CameraStill).
     *
     * @property mode What it is to take.
     */
    data class OpenCamera(val mode: CameraMode) : PhoneAction("open_camera")

    /**
     * Lets the user take one picture:
     * [MediaStore.ACTION_IMAGE_CAPTURE](https://developer.android.com/reference/android/provider/MediaStore#ACTION_IMAGE_CAPTURE).
     * Needs a result; without `MediaStore.EXTRA_OUTPUT`, which the launcher may add, it is a thumbnail.
     */
    data object TakePhoto : PhoneAction("take_photo")

    /**
     * Lets the user record one video:
     * [MediaStore.ACTION_VIDEO_CAPTURE](https://developer.android.com/reference/android/provider/MediaStore#ACTION_VIDEO_CAPTURE).
     * Needs a result.
     */
    data object RecordVideo : PhoneAction("record_video")

    /**
     * Plays what a search finds:
     * [MediaStore.INTENT_ACTION_MEDIA_PLAY_FROM_SEARCH](https://developer.android.com/guide/components/intents-common#PlaySearch).
     *
     * @property query What to play.
     */
    data class PlayMedia(val query: String) : PhoneAction("play_media")

    /**
     * Lets the user choose where an empty document is created:
     * [Intent.ACTION_CREATE_DOCUMENT](https://developer.android.com/reference/android/content/Intent#ACTION_CREATE_DOCUMENT).
     * Needs a result.
     *
     * @property name The file's name without a suffix.
     * @property kind What it is; not [DocumentKind.ANY].
     */
    data class CreateDocument(val name: String, val kind: DocumentKind) : PhoneAction("create_document")

    /**
     * Lets the user choose a document, and shows it:
     * [Intent.ACTION_OPEN_DOCUMENT](https://developer.android.com/reference/android/content/Intent#ACTION_OPEN_DOCUMENT).
     * Needs a result.
     *
     * @property kind What may be chosen.
     */
    data class OpenDocument(val kind: DocumentKind) : PhoneAction("open_document")

    /**
     * Lets the user choose files:
     * [Intent.ACTION_GET_CONTENT](https://developer.android.com/reference/android/content/Intent#ACTION_GET_CONTENT). Needs a
     * result.
     *
     * @property kind What may be chosen.
     * @property multiple Whether several may be.
     */
    data class PickFile(val kind: FileKind, val multiple: Boolean) : PhoneAction("pick_file")

    /**
     * Lets the user choose a ringtone, of which the model is told the title; nothing is set:
     * [RingtoneManager.ACTION_RINGTONE_PICKER](https://developer.android.com/reference/android/media/RingtoneManager#ACTION_RINGTONE_PICKER).
     * Needs a result.
     */
    data object PickRingtone : PhoneAction("pick_ringtone")
}
