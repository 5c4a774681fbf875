package io.phonelm.actions

import android.Manifest
import android.content.Context
import android.content.Intent
import android.net.Uri
import java.io.File
import java.time.Instant
import java.time.ZoneId
import java.time.ZonedDateTime
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.w3c.dom.Element

/** Calls turned into intents, against what Android's documentation says of each, written out. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
class IntentsTest {
    private val context: Context = RuntimeEnvironment.getApplication()

    @Before
    fun contacts() {
        Robolectric.setupContentProvider(People::class.java, "com.android.contacts")
    }

    private fun plan(function: String, arguments: String, now: ZonedDateTime = NOW): Plan = runBlocking {
        val planner = Planner(context, now.zone) { Contacts(context.contentResolver, context.resources) }
        planner.plan(readAction(function, arguments, days(now)))
    }

    private fun intents(function: String, arguments: String, now: ZonedDateTime = NOW) =
        plan(function, arguments, now).steps.mapNotNull { it.target }

    private fun check(vararg expected: Pair<String, String>, now: ZonedDateTime = NOW) {
        val shown = expected.map { (call, _) ->
            call to intents(call.substringBefore(' '), call.substringAfter(' '), now).first().shown()
        }
        assertEquals(expected.toList(), shown)
    }

    @Test
    fun clock() = check(
        """set_alarm {"hour":7,"minutes":0}""" to "android.intent.action.SET_ALARM HOUR=7 MINUTES=0 SKIP_UI=true",
        """set_alarm {"hour":23,"minutes":59,"label":"bins"}""" to
            "android.intent.action.SET_ALARM HOUR=23 MESSAGE=bins MINUTES=59 SKIP_UI=true",
        // Calendar.SUNDAY is 1, Calendar.MONDAY 2, Calendar.SATURDAY 7.
        """set_alarm {"hour":0,"minutes":0,"days":["sunday","saturday","monday"]}""" to
            "android.intent.action.SET_ALARM DAYS=[2, 7, 1] HOUR=0 MINUTES=0 SKIP_UI=true",
        "show_alarms {}" to "android.intent.action.SHOW_ALARMS",
        """set_timer {"seconds":1}""" to "android.intent.action.SET_TIMER LENGTH=1 SKIP_UI=true",
        """set_timer {"seconds":86400,"label":"Nap"}""" to "android.intent.action.SET_TIMER LENGTH=86400 MESSAGE=Nap SKIP_UI=true",
    )

    private fun millis(moment: String) = Instant.parse(moment).toEpochMilli()

    @Test
    fun events() {
        val insert = "android.intent.action.INSERT content://com.android.calendar/events vnd.android.cursor.dir/event"
        check(
            """insert_event {"title":"lunch","day":"tomorrow","time":"12:30"}""" to
                "$insert beginTime=${millis("2026-11-27T11:30:00Z")} title=lunch",
            """insert_event {"title":"lunch","day":"tomorrow","time":"12:30","duration_minutes":90,"location":"cafe luna",
               "guests":["bo@example.org","Bo"]}""" to
                "$insert EMAIL=bo@example.org,bo@example.org beginTime=${millis("2026-11-27T11:30:00Z")} " +
                "endTime=${millis("2026-11-27T13:00:00Z")} eventLocation=cafe luna title=lunch",
            """insert_event {"title":"party","day":"new year's eve","time":"23:30","duration_minutes":60}""" to
                "$insert beginTime=${millis("2026-12-31T22:30:00Z")} endTime=${millis("2026-12-31T23:30:00Z")} title=party",
            // Neither the hour that the clock leaves out in spring nor the one that it repeats in autumn is lost.
            """insert_event {"title":"gap","day":"28 march 2027","time":"02:30","duration_minutes":60}""" to
                "$insert beginTime=${millis("2027-03-28T01:30:00Z")} endTime=${millis("2027-03-28T02:30:00Z")} title=gap",
            """insert_event {"title":"twice","day":"31 october 2027","time":"02:30","duration_minutes":120}""" to
                "$insert beginTime=${millis("2027-10-31T00:30:00Z")} endTime=${millis("2027-10-31T02:30:00Z")} title=twice",
            """insert_event {"title":"trip","day":"tomorrow"}""" to
                "$insert allDay=true beginTime=${millis("2026-11-27T00:00:00Z")} title=trip",
            """insert_event {"title":"trip","day":"tomorrow","duration_minutes":60}""" to
                "$insert allDay=true beginTime=${millis("2026-11-27T00:00:00Z")} title=trip",
            """insert_event {"title":"trip","day":"tomorrow","duration_minutes":2880}""" to
                "$insert allDay=true beginTime=${millis("2026-11-27T00:00:00Z")} endTime=${millis("2026-11-29T00:00:00Z")} title=trip",
        )
    }

    @Test
    fun anAllDayEventIsOnItsDayInItsZoneAndInUtc() {
        for (zone in listOf("Pacific/Pago_Pago", "America/New_York", "UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Kiritimati")) {
            val now = NOW.withZoneSameInstant(ZoneId.of(zone))
            val begin = intents("insert_event", """{"title":"trip","day":"may 12"}""", now).single().getLongExtra("beginTime", 0)
            for (read in listOf(ZoneId.of(zone), ZoneId.of("UTC"))) {
                assertEquals("2027-05-12", Instant.ofEpochMilli(begin).atZone(read).toLocalDate().toString(), "$zone read in $read")
            }
        }
    }

    @Test
    fun contactsApp() {
        val lookup = "content://com.android.contacts/contacts/lookup"
        check(
            """insert_contact {"name":"tony the plumber"}""" to
                "android.intent.action.INSERT vnd.android.cursor.dir/contact name=tony the plumber",
            """insert_contact {"name":"Tony","phone":"555 0177","email":"t@example.org","company":"Pipes"}""" to
                "android.intent.action.INSERT vnd.android.cursor.dir/contact company=Pipes email=t@example.org name=Tony " +
                "phone=555 0177",
            """edit_contact {"name":"mum"}""" to
                "android.intent.action.EDIT $lookup/key3/3 vnd.android.cursor.item/contact finishActivityOnSaveCompleted=true",
            """edit_contact {"name":"Hank","phone":"1","email":"h@example.org","company":"Co"}""" to
                "android.intent.action.EDIT $lookup/key4/4 vnd.android.cursor.item/contact company=Co email=h@example.org " +
                "finishActivityOnSaveCompleted=true phone=1",
            """view_contact {"name":"lena groß"}""" to "android.intent.action.VIEW $lookup/key5/5 vnd.android.cursor.item/contact",
            "pick_contact {}" to "android.intent.action.PICK vnd.android.cursor.dir/contact",
        )
    }

    @Test
    fun callsAndMessages() = check(
        """dial {"to":"+1 555 010 4477"}""" to "android.intent.action.DIAL tel:%2B1%20555%20010%204477",
        """dial {"to":"(212) 555-0123"}""" to "android.intent.action.DIAL tel:(212)%20555-0123",
        // Unescaped, # would begin a fragment, and what follows it be lost.
        """dial {"to":"*100#"}""" to "android.intent.action.DIAL tel:*100%23",
        """dial {"to":"mum"}""" to "android.intent.action.DIAL tel:555%200177",
        """send_message {"to":"555 0109","body":"yes & no?"}""" to "android.intent.action.SENDTO smsto:555%200109 sms_body=yes & no?",
        """send_message {"to":"Ana Silva","body":"hi"}""" to "android.intent.action.SENDTO smsto:%2B351%20555%200102 sms_body=hi",
        """send_message {"to":"Bo","body":"hi"}""" to "android.intent.action.SENDTO smsto:555%200107 sms_body=hi",
        """send_email {"to":["Bo"]}""" to "android.intent.action.SENDTO mailto: EMAIL=[bo@example.org]",
        """send_email {"to":["a@example.org","ana silva"],"cc":["b@example.org"],"bcc":["c@example.org"],
           "subject":"Hi & bye","body":"Text?"}""" to
            "android.intent.action.SENDTO mailto: BCC=[c@example.org] CC=[b@example.org] EMAIL=[a@example.org, ana@example.org] " +
            "SUBJECT=Hi & bye TEXT=Text?",
    )

    @Test
    fun webAndMaps() = check(
        """web_search {"query":"do penguins have knees?"}""" to "android.intent.action.WEB_SEARCH query=do penguins have knees?",
        """search_location {"query":"Café & bar, Zürich #1"}""" to
            "android.intent.action.VIEW geo:0,0?q=Caf%C3%A9%20%26%20bar%2C%20Z%C3%BCrich%20%231",
        """navigate {"destination":"St. Mary's","mode":"drive"}""" to
            "android.intent.action.VIEW google.navigation:q=St.%20Mary's&mode=d",
        """navigate {"destination":"A&B","mode":"walk"}""" to "android.intent.action.VIEW google.navigation:q=A%26B&mode=w",
        """navigate {"destination":"home","mode":"bicycle"}""" to "android.intent.action.VIEW google.navigation:q=home&mode=b",
        """navigate {"destination":"the mall","mode":"transit"}""" to
            "android.intent.action.VIEW https://www.google.com/maps/dir/?api=1&destination=the%20mall&travelmode=transit",
    )

    @Test
    fun withoutNavigationThereIsTheMap() = assertEquals(
        listOf("google.navigation:q=home&mode=d", "geo:0,0?q=home"),
        intents("navigate", """{"destination":"home","mode":"drive"}""").map { it.dataString },
    )

    @Test
    fun settings() {
        val pages = mapOf(
            "main" to "SETTINGS", "wifi" to "WIFI_SETTINGS", "bluetooth" to "BLUETOOTH_SETTINGS",
            "airplane_mode" to "AIRPLANE_MODE_SETTINGS",
            "display" to "DISPLAY_SETTINGS", "sound" to "SOUND_SETTINGS", "location" to "LOCATION_SOURCE_SETTINGS",
            "security" to "SECURITY_SETTINGS", "date" to "DATE_SETTINGS", "language" to "LOCALE_SETTINGS",
            "storage" to "INTERNAL_STORAGE_SETTINGS", "apps" to "APPLICATION_SETTINGS", "accessibility" to "ACCESSIBILITY_SETTINGS",
            "notifications" to "ALL_APPS_NOTIFICATION_SETTINGS",
        )
        for ((page, name) in pages) check("""open_settings {"page":"$page"}""" to "android.settings.$name")
        check("""open_settings {"page":"battery"}""" to "android.intent.action.POWER_USAGE_SUMMARY")
        assertEquals(SettingsPage.entries.map { it.name.lowercase() }.toSet(), pages.keys + "battery")
        assertEquals("android.settings.SETTINGS", intents("open_settings", """{"page":"notifications"}""")[1].action)
    }

    @Test
    fun cameraAndMedia() = check(
        """open_camera {"mode":"photo"}""" to "android.media.action.STILL_IMAGE_CAMERA",
        """open_camera {"mode":"video"}""" to "android.media.action.VIDEO_CAMERA",
        "take_photo {}" to "android.media.action.IMAGE_CAPTURE",
        "record_video {}" to "android.media.action.VIDEO_CAPTURE",
        """play_media {"query":"Miles Davis"}""" to
            "android.media.action.MEDIA_PLAY_FROM_SEARCH focus=vnd.android.cursor.item/* query=Miles Davis",
    )

    @Test
    fun documents() {
        val office = "application/vnd.openxmlformats-officedocument"
        val odf = "application/vnd.oasis.opendocument"
        val create = "android.intent.action.CREATE_DOCUMENT"
        val open = "android.intent.action.OPEN_DOCUMENT"
        val content = "android.intent.action.GET_CONTENT"
        check(
            """create_document {"name":"Inventory May","kind":"text"}""" to "$create text/plain OPENABLE TITLE=Inventory May",
            """create_document {"name":"a","kind":"pdf"}""" to "$create application/pdf OPENABLE TITLE=a",
            """create_document {"name":"a","kind":"spreadsheet"}""" to "$create $office.spreadsheetml.sheet OPENABLE TITLE=a",
            """create_document {"name":"a","kind":"presentation"}""" to "$create $office.presentationml.presentation OPENABLE TITLE=a",
            """open_document {"kind":"any"}""" to "$open */* OPENABLE",
            """open_document {"kind":"pdf"}""" to "$open application/pdf OPENABLE",
            """open_document {"kind":"text"}""" to
                "$open */* OPENABLE MIME_TYPES=[text/plain, $office.wordprocessingml.document, $odf.text, application/msword]",
            """open_document {"kind":"spreadsheet"}""" to
                "$open */* OPENABLE MIME_TYPES=[$office.spreadsheetml.sheet, $odf.spreadsheet, application/vnd.ms-excel, text/csv]",
            """open_document {"kind":"presentation"}""" to "$open */* OPENABLE MIME_TYPES=" +
                "[$office.presentationml.presentation, $odf.presentation, application/vnd.ms-powerpoint]",
            """pick_file {"kind":"image","multiple":true}""" to "$content image/* OPENABLE ALLOW_MULTIPLE=true",
            """pick_file {"kind":"video","multiple":false}""" to "$content video/* OPENABLE ALLOW_MULTIPLE=false",
            """pick_file {"kind":"audio","multiple":false}""" to "$content audio/* OPENABLE ALLOW_MULTIPLE=false",
            """pick_file {"kind":"any","multiple":false}""" to "$content */* OPENABLE ALLOW_MULTIPLE=false",
            "pick_ringtone {}" to "android.intent.action.RINGTONE_PICKER TYPE=1",
        )
    }

    /** Calls whose intents are all that there are. */
    private fun all(): List<Intent> {
        val travel = TravelMode.entries.map { "navigate" to """{"destination":"home","mode":"${it.name.lowercase()}"}""" }
        val pages = SettingsPage.entries.map { "open_settings" to """{"page":"${it.name.lowercase()}"}""" }
        val cameras = CameraMode.entries.map { "open_camera" to """{"mode":"${it.name.lowercase()}"}""" }
        val opened = DocumentKind.entries.map { "open_document" to """{"kind":"${it.name.lowercase()}"}""" }
        val created = (DocumentKind.entries - DocumentKind.ANY)
            .map { "create_document" to """{"name":"a","kind":"${it.name.lowercase()}"}""" }
        val files = FileKind.entries.map { "pick_file" to """{"kind":"${it.name.lowercase()}","multiple":true}""" }
        val calls = CALLS.toList() + travel + pages + cameras + opened + created + files
        assertEquals(CATALOGUE.map { it.name }.toSet(), CALLS.keys)
        val views = listOf("text/plain", null).map { Intents.viewDocument(Uri.parse("content://documents/1"), it) }
        return calls.flatMap { (function, arguments) -> intents(function, arguments) } + views
    }

    /**
     * An element of `queries`, by the rules of
     * https://developer.android.com/training/package-visibility/declaring#intent-filter-signature.
     */
    private class Query(element: Element) {
        private val action = value(element, "action", "name")
        private val category = value(element, "category", "name")
        private val scheme = value(element, "data", "scheme")
        private val host = value(element, "data", "host")
        private val type = value(element, "data", "mimeType")

        private fun value(element: Element, tag: String, attribute: String): String? {
            val found = element.getElementsByTagName(tag)
            assertTrue(found.length <= 1, "an intent of queries takes one $tag")
            return (found.item(0) as? Element)?.getAttributeNS(ANDROID, attribute)?.ifEmpty { null }
        }

        fun covers(intent: Intent) = intent.action == action &&
            category == intent.categories?.single() &&
            (scheme == intent.data?.scheme || (scheme == null && intent.data?.scheme == "content")) &&
            (host == null || host == intent.data?.host) &&
            (type == intent.type || (type == "*/*" && intent.type != null))

        override fun toString() = listOfNotNull(action, category, scheme, host, type).joinToString(" ")
    }

    private fun elements(tag: String): List<Element> {
        val manifest = File(System.getProperty("aar.folder"), "AndroidManifest.xml")
        val builder = DocumentBuilderFactory.newInstance().apply { isNamespaceAware = true }.newDocumentBuilder()
        val found = builder.parse(manifest).getElementsByTagName(tag)
        return List(found.length) { found.item(it) as Element }
    }

    @Test
    fun theManifestNamesEveryIntentAndNoOther() {
        val queries = elements("intent").map(::Query)
        val intents = all()
        val missing = intents.filter { intent -> queries.none { it.covers(intent) } }
        assertEquals(emptyList(), missing.map { it.shown() }, "not in <queries>")
        val needless = queries.filter { query -> intents.none(query::covers) }
        assertEquals(emptyList(), needless.map { "$it" }, "in <queries> for nothing")
    }

    @Test
    fun theManifestAsksForTheAlarmAndNotForTheContacts() {
        val asked = elements("uses-permission").map { it.getAttributeNS(ANDROID, "name") }
        assertEquals(listOf(Manifest.permission.SET_ALARM), asked)
    }

    private companion object {
        const val ANDROID = "http://schemas.android.com/apk/res/android"
    }
}
