package io.phonelm.actions

import android.app.SearchManager
import android.content.Intent
import android.media.RingtoneManager
import android.net.Uri
import android.provider.AlarmClock
import android.provider.CalendarContract
import android.provider.CalendarContract.Events
import android.provider.ContactsContract.Contacts as Table
import android.provider.ContactsContract.Intents.Insert
import android.provider.MediaStore
import android.provider.Settings
import java.time.DayOfWeek
import java.time.LocalDate
import java.time.ZoneId
import java.time.ZoneOffset
import java.util.Calendar

/** What Android documents for each action: names of intents, their data and extras. Links stand at [PhoneAction]. */
internal object Intents {
    fun setAlarm(action: PhoneAction.SetAlarm): Intent = Intent(AlarmClock.ACTION_SET_ALARM)
        .putExtra(AlarmClock.EXTRA_HOUR, action.hour)
        .putExtra(AlarmClock.EXTRA_MINUTES, action.minutes)
        .putText(AlarmClock.EXTRA_MESSAGE, action.label)
        .putDays(action.days)
        // The user was asked already, or the app decided that it need not.
        .putExtra(AlarmClock.EXTRA_SKIP_UI, true)

    private fun Intent.putDays(days: List<DayOfWeek>): Intent =
        if (days.isEmpty()) this else putIntegerArrayListExtra(AlarmClock.EXTRA_DAYS, ArrayList(days.map { it.inCalendar }))

    fun showAlarms(): Intent = Intent(AlarmClock.ACTION_SHOW_ALARMS)

    fun setTimer(action: PhoneAction.SetTimer): Intent = Intent(AlarmClock.ACTION_SET_TIMER)
        .putExtra(AlarmClock.EXTRA_LENGTH, action.seconds)
        .putText(AlarmClock.EXTRA_MESSAGE, action.label)
        .putExtra(AlarmClock.EXTRA_SKIP_UI, true)

    fun insertEvent(action: PhoneAction.InsertEvent, guests: List<String>, zone: ZoneId): Intent {
        val intent = Intent(Intent.ACTION_INSERT)
            .setDataAndType(Events.CONTENT_URI, "vnd.android.cursor.dir/event")
            .putExtra(Events.TITLE, action.title)
            .putText(Events.EVENT_LOCATION, action.location)
            .putText(Intent.EXTRA_EMAIL, guests.joinToString(",").ifEmpty { null })
        val time = action.time
        val minutes = action.durationMinutes?.toLong()
        if (time != null) {
            val begin = action.date.atTime(time).atZone(zone)
            intent.putExtra(CalendarContract.EXTRA_EVENT_BEGIN_TIME, begin.toInstant().toEpochMilli())
            minutes?.let { begin.plusMinutes(it).toInstant().toEpochMilli() }
                ?.let { intent.putExtra(CalendarContract.EXTRA_EVENT_END_TIME, it) }
        } else {
            intent.putExtra(CalendarContract.EXTRA_EVENT_ALL_DAY, true)
            intent.putExtra(CalendarContract.EXTRA_EVENT_BEGIN_TIME, allDay(action.date, zone))
            val days = minutes?.let { (it + MINUTES_OF_A_DAY - 1) / MINUTES_OF_A_DAY } ?: 1
            if (days > 1) intent.putExtra(CalendarContract.EXTRA_EVENT_END_TIME, allDay(action.date.plusDays(days), zone))
        }
        return intent
    }

    /** A moment of [date] both in [zone] and in UTC, because calendars read the days of an all-day event in either. */
    private fun allDay(date: LocalDate, zone: ZoneId): Long =
        maxOf(date.atStartOfDay(zone).toInstant(), date.atStartOfDay(ZoneOffset.UTC).toInstant()).toEpochMilli()

    fun insertContact(action: PhoneAction.InsertContact): Intent = Intent(Intent.ACTION_INSERT)
        .setType(Table.CONTENT_TYPE)
        .putExtra(Insert.NAME, action.name)
        .putDetails(action.phone, action.email, action.company)

    fun editContact(action: PhoneAction.EditContact, contact: Contact): Intent = Intent(Intent.ACTION_EDIT)
        .setDataAndType(contact.uri, Table.CONTENT_ITEM_TYPE)
        .putDetails(action.phone, action.email, action.company)
        // Comes back to this app after saving, as the contacts provider's documentation asks.
        .putExtra("finishActivityOnSaveCompleted", true)

    fun viewContact(contact: Contact): Intent = Intent(Intent.ACTION_VIEW).setDataAndType(contact.uri, Table.CONTENT_ITEM_TYPE)

    fun pickContact(): Intent = Intent(Intent.ACTION_PICK).setType(Table.CONTENT_TYPE)

    fun dial(number: String): Intent = Intent(Intent.ACTION_DIAL, Uri.fromParts("tel", number, null))

    fun sendMessage(number: String, body: String): Intent =
        Intent(Intent.ACTION_SENDTO, Uri.fromParts("smsto", number, null)).putExtra("sms_body", body)

    fun sendEmail(action: PhoneAction.SendEmail, to: List<String>, cc: List<String>, bcc: List<String>): Intent =
        Intent(Intent.ACTION_SENDTO, Uri.parse("mailto:"))
            .putExtra(Intent.EXTRA_EMAIL, to.toTypedArray())
            .apply { if (cc.isNotEmpty()) putExtra(Intent.EXTRA_CC, cc.toTypedArray()) }
            .apply { if (bcc.isNotEmpty()) putExtra(Intent.EXTRA_BCC, bcc.toTypedArray()) }
            .putText(Intent.EXTRA_SUBJECT, action.subject)
            .putText(Intent.EXTRA_TEXT, action.body)

    fun webSearch(query: String): Intent = Intent(Intent.ACTION_WEB_SEARCH).putExtra(SearchManager.QUERY, query)

    fun searchLocation(query: String): Intent = Intent(Intent.ACTION_VIEW, Uri.parse("geo:0,0?q=${Uri.encode(query)}"))

    fun navigate(action: PhoneAction.Navigate): Intent {
        val destination = Uri.encode(action.destination)
        val mode = when (action.mode) {
            TravelMode.DRIVE -> "d"
            TravelMode.WALK -> "w"
            TravelMode.BICYCLE -> "b"
            TravelMode.TRANSIT -> null
        }
        val address = mode?.let { "google.navigation:q=$destination&mode=$it" }
            ?: "https://www.google.com/maps/dir/?api=1&destination=$destination&travelmode=transit"
        return Intent(Intent.ACTION_VIEW, Uri.parse(address))
    }

    fun openSettings(page: SettingsPage): Intent = Intent(
        when (page) {
            SettingsPage.MAIN -> Settings.ACTION_SETTINGS
            SettingsPage.WIFI -> Settings.ACTION_WIFI_SETTINGS
            SettingsPage.BLUETOOTH -> Settings.ACTION_BLUETOOTH_SETTINGS
            SettingsPage.AIRPLANE_MODE -> Settings.ACTION_AIRPLANE_MODE_SETTINGS
            SettingsPage.DISPLAY -> Settings.ACTION_DISPLAY_SETTINGS
            SettingsPage.SOUND -> Settings.ACTION_SOUND_SETTINGS
            SettingsPage.BATTERY -> Intent.ACTION_POWER_USAGE_SUMMARY
            SettingsPage.LOCATION -> Settings.ACTION_LOCATION_SOURCE_SETTINGS
            SettingsPage.SECURITY -> Settings.ACTION_SECURITY_SETTINGS
            SettingsPage.DATE -> Settings.ACTION_DATE_SETTINGS
            SettingsPage.LANGUAGE -> Settings.ACTION_LOCALE_SETTINGS
            SettingsPage.STORAGE -> Settings.ACTION_INTERNAL_STORAGE_SETTINGS
            SettingsPage.APPS -> Settings.ACTION_APPLICATION_SETTINGS
            SettingsPage.ACCESSIBILITY -> Settings.ACTION_ACCESSIBILITY_SETTINGS
            SettingsPage.NOTIFICATIONS -> Settings.ACTION_ALL_APPS_NOTIFICATION_SETTINGS
        },
    )

    fun openCamera(mode: CameraMode): Intent = Intent(
        when (mode) {
            CameraMode.PHOTO -> MediaStore.INTENT_ACTION_STILL_IMAGE_CAMERA
            CameraMode.VIDEO -> MediaStore.INTENT_ACTION_VIDEO_CAMERA
        },
    )

    fun takePhoto(): Intent = Intent(MediaStore.ACTION_IMAGE_CAPTURE)

    fun recordVideo(): Intent = Intent(MediaStore.ACTION_VIDEO_CAPTURE)

    fun playMedia(query: String): Intent = Intent(MediaStore.INTENT_ACTION_MEDIA_PLAY_FROM_SEARCH)
        .putExtra(MediaStore.EXTRA_MEDIA_FOCUS, "vnd.android.cursor.item/*")
        .putExtra(SearchManager.QUERY, query)

    fun createDocument(action: PhoneAction.CreateDocument): Intent = Intent(Intent.ACTION_CREATE_DOCUMENT)
        .addCategory(Intent.CATEGORY_OPENABLE)
        .setType(action.kind.mimeTypes.first())
        .putExtra(Intent.EXTRA_TITLE, action.name)

    fun openDocument(kind: DocumentKind): Intent {
        val intent = Intent(Intent.ACTION_OPEN_DOCUMENT).addCategory(Intent.CATEGORY_OPENABLE)
        val single = kind.mimeTypes.singleOrNull() ?: return intent.setType("*/*")
            .putExtra(Intent.EXTRA_MIME_TYPES, kind.mimeTypes.toTypedArray())
        return intent.setType(single)
    }

    fun viewDocument(document: Uri, mimeType: String?): Intent = Intent(Intent.ACTION_VIEW)
        .setDataAndType(document, mimeType ?: "*/*")
        .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)

    fun pickFile(action: PhoneAction.PickFile): Intent = Intent(Intent.ACTION_GET_CONTENT)
        .addCategory(Intent.CATEGORY_OPENABLE)
        .setType(action.kind.mimeType)
        .putExtra(Intent.EXTRA_ALLOW_MULTIPLE, action.multiple)

    fun pickRingtone(): Intent = Intent(RingtoneManager.ACTION_RINGTONE_PICKER)
        .putExtra(RingtoneManager.EXTRA_RINGTONE_TYPE, RingtoneManager.TYPE_RINGTONE)

    private fun Intent.putText(name: String, text: String?): Intent = if (text == null) this else putExtra(name, text)

    private fun Intent.putDetails(phone: String?, email: String?, company: String?): Intent =
        putText(Insert.PHONE, phone).putText(Insert.EMAIL, email).putText(Insert.COMPANY, company)

    /** As [Calendar] counts: Sunday is 1. */
    private val DayOfWeek.inCalendar: Int get() = value % 7 + 1

    private const val MINUTES_OF_A_DAY = 24 * 60L
}
