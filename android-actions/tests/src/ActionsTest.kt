package io.phonelm.actions

import android.Manifest
import android.app.Activity
import android.content.ClipData
import android.content.Context
import android.content.Intent
import android.media.Ringtone
import android.media.RingtoneManager
import android.net.Uri
import io.phonelm.ToolPermission
import java.time.ZonedDateTime
import java.util.Locale
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import org.json.JSONObject
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadow.api.Shadow

/** Actions from the call to what the model is told: who is asked, apps that are there or not, contacts, results. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
class ActionsTest {
    private val app = RuntimeEnvironment.getApplication()
    private val context: Context get() = app
    private val launcher = Recorder(context)

    @Before
    fun contacts() {
        Robolectric.setupContentProvider(People::class.java, "com.android.contacts")
    }

    private fun grantContacts() = shadowOf(app).grantPermissions(Manifest.permission.READ_CONTACTS)

    private fun declareContacts() {
        shadowOf(context.packageManager).getInternalMutablePackageInfo(context.packageName).requestedPermissions =
            arrayOf(Manifest.permission.READ_CONTACTS)
    }

    private val timer = """{"seconds":300}"""

    private fun installTimer() = installApp("android.intent.action.SET_TIMER")

    @Test
    fun toolsAreTheCatalogue() {
        val tools = actions(context).tools
        assertEquals(24, tools.size)
        assertEquals("set_alarm", tools.first().name)
        assertEquals("Set an alarm in the clock app.", tools.first().description)
        assertEquals("object", JSONObject(tools.first().parameters).getString("type"))
    }

    @Test
    fun startedFromTheAppItIsATaskOfItsOwn() = runBlocking {
        installTimer()
        assertEquals("The clock app was asked to start a timer of 5 min.", actions(context).run("set_timer", timer))
        val started = shadowOf(app).nextStartedActivity
        assertEquals("android.intent.action.SET_TIMER LENGTH=300 SKIP_UI=true", started.shown())
        assertEquals(Intent.FLAG_ACTIVITY_NEW_TASK, started.flags)
    }

    @Test
    fun startedFromAnActivityItIsPartOfItsTask() = runBlocking {
        installTimer()
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        actions(activity).run("set_timer", timer)
        assertEquals(0, shadowOf(activity).nextStartedActivity.flags)
    }

    private fun asked(actions: PhoneActions) = actions.tools.filter { it.permission == ToolPermission.ASK }.map { it.name }

    @Test
    fun whatWritesSendsOrCallsIsAskedForAndNothingElse() {
        val writing = listOf("set_alarm", "set_timer", "insert_event", "insert_contact", "edit_contact", "create_document")
        val expected = writing + listOf("send_message", "send_email", "dial")
        assertEquals(expected.toSet(), asked(actions(context)).toSet())
        assertEquals(15, actions(context).tools.count { it.permission == ToolPermission.ALLOW })
    }

    @Test
    fun theAppSaysWhatIsAskedFor() {
        assertEquals(24, asked(PhoneActions(context, asksFor = Effect.entries.toSet())).size)
        assertEquals(listOf("dial"), asked(PhoneActions(context, asksFor = setOf(Effect.CALLS))))
        assertEquals(emptyList(), asked(PhoneActions(context, asksFor = emptySet())))
    }

    @Test
    fun aDescriptionSaysWhatWasFoundAndNothingIsDone() = runBlocking {
        installTimer()
        installApp("android.intent.action.DIAL", scheme = "tel")
        installApp("android.intent.action.SENDTO", scheme = "smsto")
        installApp("android.intent.action.INSERT", scheme = "content", type = "vnd.android.cursor.dir/event")
        installApp("android.media.action.IMAGE_CAPTURE")
        grantContacts()
        val actions = actions(context, launcher)
        assertEquals("Start a timer of 5 min", actions.describe("set_timer", timer))
        assertEquals("Call Mum (555 0177)", actions.describe("dial", """{"to":"mum"}"""))
        val message = actions.describe("send_message", """{"to":"ana silva","body":"late"}""")
        assertEquals("Send Ana Silva (+351 555 0102) the message: late", message)
        val event = actions.describe("insert_event", """{"title":"brunch","day":"sunday","time":"11:00"}""")
        assertEquals("Add to the calendar: brunch on Sunday 29 November 2026 at 11:00", event)
        val read = actions.describe("get_contact_info", """{"name":"mum","field":"phone"}""")
        assertEquals("Read the phone number of Mum", read)
        assertEquals("Let the user take a picture", actions.describe("take_photo", "{}"))
        assertEquals(emptyList(), launcher.started.map { it.shown() } + launcher.permissions)
    }

    @Test
    fun badArgumentsAreNeitherDescribedNorDone() = runBlocking {
        installTimer()
        val least = listOf("", "{}", "[]", """{"seconds":0}""")
        val more = listOf("""{"seconds":86401}""", """{"seconds":"five"}""", """{"seconds":5,"x":1}""")
        val actions = actions(context, launcher)
        for (nonsense in least + more) {
            assertFailsWith<ActionException.ArgumentInvalid>(nonsense) { actions.describe("set_timer", nonsense) }
            assertFailsWith<ActionException.ArgumentInvalid>(nonsense) { actions.run("set_timer", nonsense) }
        }
        assertFailsWith<ActionException.ArgumentInvalid> { actions.describe("fly", "{}") }
        assertEquals(0, launcher.started.size)
    }

    @Test
    fun withoutAnAppNothingIsDescribedAndTheModelIsTold() = runBlocking {
        grantContacts()
        val actions = actions(context, launcher)
        for ((function, arguments) in CALLS - "get_contact_info") {
            val error = assertFailsWith<ActionException.NoApp>(function) { actions.run(function, arguments) }
            assertContains(error.message.orEmpty(), function)
            assertFailsWith<ActionException.NoApp>(function) { actions.describe(function, arguments) }
        }
        assertEquals(0, launcher.started.size)
    }

    @Test
    fun theNextBestWayIsGone() = runBlocking {
        installApp("android.intent.action.VIEW", scheme = "geo")
        installApp("android.settings.SETTINGS")
        assertContains(actions(context, launcher).run("navigate", """{"destination":"home","mode":"drive"}"""), "map shows home")
        assertContains(actions(context, launcher).run("open_settings", """{"page":"notifications"}"""), "no page notifications")
        assertEquals(listOf("geo:0,0?q=home", null), launcher.started.map { it.dataString })
    }

    @Test
    fun whatTheSystemRefuses() = runBlocking {
        installTimer()
        val refuses = ActionLauncher { throw SecurityException("needs CAMERA") }
        val error = assertFailsWith<ActionException.NotAllowed> { actions(context, refuses).run("set_timer", timer) }
        assertContains(error.message.orEmpty(), "needs CAMERA")
        val gone = ActionLauncher { throw android.content.ActivityNotFoundException() }
        assertFailsWith<ActionException.NoApp> { actions(context, gone).run("set_timer", timer) }
        Unit
    }

    @Test
    fun whoIsMeant() = runBlocking {
        installApp("android.intent.action.VIEW", type = "vnd.android.cursor.item/contact")
        grantContacts()
        suspend fun view(name: String) = actions(context, launcher).run("view_contact", """{"name":"$name"}""")
        assertContains(view("MUM"), "Mum")
        assertContains(view("bo"), "contact Bo is")
        assertContains(view("diddley bo"), "Bo Diddley")
        assertContains(view("silva"), "Ana Silva")
        assertContains(view("anast"), "Anastasia Petrova")
        val several = assertFailsWith<ActionException.ContactAmbiguous> { view("ana") }
        assertEquals(listOf("Ana Silva", "Ana Costa"), several.matches)
        assertContains(several.message.orEmpty(), "Ana Silva, Ana Costa")
        val nobody = assertFailsWith<ActionException.ContactUnknown> { view("Hotel Miramar") }
        assertContains(nobody.message.orEmpty(), "Hotel Miramar")
        assertFailsWith<ActionException.ContactUnknown> { view("../%2F?") }
        Unit
    }

    @Test
    fun whatAContactLacks() = runBlocking {
        grantContacts()
        suspend fun fails(function: String, arguments: String) =
            assertFailsWith<ActionException.ContactLacks> { actions(context, launcher).run(function, arguments) }.message.orEmpty()
        assertContains(fails("dial", """{"to":"Hank"}"""), "Hank has no phone number")
        assertContains(fails("send_message", """{"to":"Hank","body":"a"}"""), "phone number")
        assertContains(fails("send_email", """{"to":["bo","mum"]}"""), "Mum has no e-mail address")
        assertContains(fails("insert_event", """{"title":"a","day":"today","guests":["hank"]}"""), "Hank has no e-mail address")
        assertContains(fails("get_contact_info", """{"name":"mum","field":"birthday"}"""), "Mum has no birthday")
    }

    @Test
    fun detailsOfAContact() = runBlocking {
        grantContacts()
        suspend fun read(name: String, field: String) =
            actions(context).run("get_contact_info", """{"name":"$name","field":"$field"}""")
        assertEquals("Ana Silva, phone number: +351 555 0101 (Home), +351 555 0102 (Mobile)", read("ana silva", "phone"))
        assertEquals("Mum, phone number: 555 0177 (Home), 555 0199 (Mobile)", read("mum", "phone"))
        assertEquals("Ana Silva, e-mail address: ana@example.org (Home)", read("ana silva", "email"))
        assertEquals("Ana Silva, postal address: 1 Rua Nova, Porto (Home)", read("ana silva", "address"))
        assertEquals("Ana Silva, birthday: 1990-05-12", read("ana silva", "birthday"))
    }

    @Test
    fun contactsThatTheAppDoesNotDeclare() = runBlocking {
        for (function in listOf("dial", "get_contact_info", "view_contact", "edit_contact", "send_message")) {
            val run: suspend () -> Unit = { actions(context, launcher).run(function, CALLS.getValue(function)) }
            val error = assertFailsWith<ActionException.ContactsUnreadable>(function) { run() }
            assertContains(error.message.orEmpty(), "This app cannot read contacts")
        }
        assertEquals(emptyList(), launcher.permissions)
    }

    @Test
    fun contactsThatTheUserDenies() = runBlocking {
        declareContacts()
        val error = assertFailsWith<ActionException.ContactsUnreadable> { actions(context, launcher).run("dial", """{"to":"mum"}""") }
        assertContains(error.message.orEmpty(), "The user does not let")
        assertEquals(listOf(Manifest.permission.READ_CONTACTS), launcher.permissions)
        assertFailsWith<ActionException.ContactsUnreadable> { actions(context).run("dial", """{"to":"mum"}""") }
        Unit
    }

    @Test
    fun contactsThatTheUserGrants() = runBlocking {
        declareContacts()
        installApp("android.intent.action.DIAL", scheme = "tel")
        launcher.grants = { grantContacts(); true }
        actions(context, launcher).run("dial", """{"to":"mum"}""")
        assertEquals("tel:555%200177", launcher.started.single().dataString)
    }

    @Test
    fun numbersAndAddressesNeedNoContacts() = runBlocking {
        installApp("android.intent.action.DIAL", scheme = "tel")
        installApp("android.intent.action.SENDTO", scheme = "mailto")
        for (number in listOf("555", "+1 (555) 010-4477", "(0)30/12 34", "*#06#", "112")) {
            actions(context, launcher).run("dial", JSONObject().put("to", number).toString())
            assertEquals(number, launcher.started.last().data?.schemeSpecificPart)
        }
        actions(context, launcher).run("send_email", """{"to":["a@example.org"]}""")
        Unit
    }

    @Test
    fun withoutALauncherForResultsNothingIsDescribedOrDone() = runBlocking {
        installApp("android.intent.action.CREATE_DOCUMENT", type = "*/*", category = Intent.CATEGORY_OPENABLE)
        val actions = PhoneActions(context)
        val document = """{"name":"a","kind":"text"}"""
        val error = assertFailsWith<ActionException.NoResults> { actions.describe("create_document", document) }
        assertContains(error.message.orEmpty(), "create_document")
        assertFailsWith<ActionException.NoResults> { actions.run("create_document", document) }
        assertNull(shadowOf(app).nextStartedActivity)
    }

    private fun bringing(result: Intent?) = actions(context, Recorder(context, result))

    /** Robolectric has no ringtones, and the classes of its own need Bluetooth. */
    @Implements(RingtoneManager::class)
    class Ringtones {
        companion object {
            @JvmStatic
            @Implementation
            fun getRingtone(context: Context, uri: Uri): Ringtone =
                if (uri.authority == "settings") Shadow.newInstanceOf(Ringtone::class.java) else error("no $uri in $context")
        }
    }

    @Implements(Ringtone::class)
    class Title {
        @Implementation
        fun getTitle(context: Context): String = "Dawn chorus".also { checkNotNull(context) }
    }

    @Config(shadows = [Ringtones::class, Title::class])
    @Test
    fun whatTheUserBringsBack() = runBlocking {
        installApp("android.intent.action.PICK", type = "vnd.android.cursor.dir/contact")
        installApp("android.media.action.IMAGE_CAPTURE")
        installApp("android.media.action.VIDEO_CAPTURE")
        installApp("android.intent.action.GET_CONTENT", type = "*/*", category = Intent.CATEGORY_OPENABLE)
        installApp("android.intent.action.CREATE_DOCUMENT", type = "*/*", category = Intent.CATEGORY_OPENABLE)
        installApp("android.intent.action.RINGTONE_PICKER")
        fun at(uri: String) = Intent().setData(Uri.parse(uri))
        val contact = at("content://com.android.contacts/contacts/lookup/key1/1")
        assertEquals("The user chose Ana Silva.", bringing(contact).run("pick_contact", "{}"))
        assertEquals("The user took a picture.", bringing(Intent()).run("take_photo", "{}"))
        assertEquals("The user chose clip.mp4.", bringing(at("content://media/clip.mp4")).run("record_video", "{}"))
        val clip = ClipData.newRawUri("", Uri.parse("content://media/a.png"))
        clip.addItem(ClipData.Item(Uri.parse("content://media/b.png")))
        val several = Intent().apply { clipData = clip }
        assertEquals("The user chose a.png, b.png.", bringing(several).run("pick_file", """{"kind":"image","multiple":true}"""))
        assertEquals("The user chose nothing.", bringing(Intent()).run("pick_file", """{"kind":"image","multiple":true}"""))
        val document = bringing(at("content://documents/a.txt"))
        assertEquals("The user chose a.txt.", document.run("create_document", """{"name":"a","kind":"text"}"""))
        assertEquals("The user chose silence.", bringing(Intent()).run("pick_ringtone", "{}"))
        val ringtone = Intent().putExtra(RingtoneManager.EXTRA_RINGTONE_PICKED_URI, Uri.parse("content://settings/system/ringtone"))
        assertEquals("The user chose the ringtone Dawn chorus.", bringing(ringtone).run("pick_ringtone", "{}"))
        for (function in listOf("pick_contact", "take_photo", "record_video", "pick_ringtone")) {
            assertEquals("The user turned back without choosing.", bringing(null).run(function, "{}"))
        }
    }

    @Test
    fun anOpenedDocumentIsShown() = runBlocking {
        installApp("android.intent.action.OPEN_DOCUMENT", type = "*/*", category = Intent.CATEGORY_OPENABLE)
        val launcher = Recorder(context, Intent().setData(Uri.parse("content://documents/a.pdf")))
        val open = """{"kind":"pdf"}"""
        assertEquals("The user chose a.pdf. No app on this phone shows it.", actions(context, launcher).run("open_document", open))
        installApp("android.intent.action.VIEW", scheme = "content", type = "*/*")
        assertEquals("The user chose a.pdf. It is on the screen.", actions(context, launcher).run("open_document", open))
        val view = launcher.started.last()
        assertEquals("android.intent.action.VIEW content://documents/a.pdf */*", view.shown())
        assertEquals(Intent.FLAG_GRANT_READ_URI_PERMISSION, view.flags and Intent.FLAG_GRANT_READ_URI_PERMISSION)
    }

    /** The model may call two functions at once; two screens would hide each other. */
    @Test
    fun actionsWaitForEachOther() = runBlocking {
        installTimer()
        installApp("android.media.action.IMAGE_CAPTURE")
        val photo = CompletableDeferred<Intent?>()
        val waiting = object : ResultLauncher by launcher {
            override suspend fun startForResult(intent: Intent) = photo.await()
        }
        val actions = actions(context, waiting)
        val first = async { actions.run("take_photo", "{}") }
        val second = async { actions.run("set_timer", timer) }
        val described = async { actions.describe("set_timer", timer) }
        repeat(5) { yield() }
        assertEquals(0, launcher.started.size)
        assertFalse(described.isCompleted)
        photo.complete(Intent())
        assertEquals("The user took a picture.", first.await())
        assertEquals("The clock app was asked to start a timer of 5 min.", second.await())
        assertEquals("Start a timer of 5 min", described.await())
        assertEquals(1, launcher.started.size)
    }

    @Test
    fun clockZoneAndLocaleDecideTheDay() = runBlocking {
        installApp("android.intent.action.INSERT", scheme = "content", type = "vnd.android.cursor.dir/event")
        suspend fun add(day: String, now: String, locale: Locale): String {
            val clock = clock(ZonedDateTime.parse(now))
            val actions = PhoneActions(context, launcher, clock = clock, locale = locale)
            return actions.run("insert_event", """{"title":"brunch","day":"$day","time":"00:00"}""")
        }
        val eve = "2026-12-31T23:59:59-05:00[America/New_York]"
        assertContains(add("tomorrow", eve, Locale.US), "Friday 1 January 2027 at 00:00")
        val midnight = ZonedDateTime.parse("2027-01-01T00:00-05:00").toInstant().toEpochMilli()
        assertEquals(midnight, launcher.started.last().getLongExtra("beginTime", 0))
        assertContains(add("5/12", eve, Locale.US), "12 May 2027")
        assertContains(add("5/12", eve, Locale.UK), "5 December 2027")
        assertContains(add("übermorgen", eve, Locale.GERMANY), "Saturday 2 January 2027")
        assertContains(add("morgen", "2026-12-31T23:59:59+13:00[Pacific/Auckland]", Locale.GERMANY), "1 January 2027")
    }

    @Test
    fun exceptionsSayWhatTheyAre() = runBlocking {
        val error = runCatching { actions(context).run("dial", "{}") }.exceptionOrNull()
        assertEquals("dial: to is missing.", assertIs<ActionException>(error).message)
    }
}
