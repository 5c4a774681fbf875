package io.phonelm.actions

import android.Manifest
import android.app.Activity
import android.content.ClipData
import android.content.Context
import android.content.Intent
import android.media.Ringtone
import android.media.RingtoneManager
import android.net.Uri
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

/** Actions from the call to what the model is told: policy, apps that are there or not, contacts, results. */
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
        val tools = unasked(context).tools
        assertEquals(24, tools.size)
        assertEquals("set_alarm", tools.first().name)
        assertEquals("Set an alarm in the clock app.", tools.first().description)
        assertEquals("object", JSONObject(tools.first().parameters).getString("type"))
    }

    @Test
    fun startedFromTheAppItIsATaskOfItsOwn() = runBlocking {
        installTimer()
        assertEquals("The clock app was asked to start a timer of 5 min.", unasked(context).run("set_timer", timer))
        val started = shadowOf(app).nextStartedActivity
        assertEquals("android.intent.action.SET_TIMER LENGTH=300 SKIP_UI=true", started.shown())
        assertEquals(Intent.FLAG_ACTIVITY_NEW_TASK, started.flags)
    }

    @Test
    fun startedFromAnActivityItIsPartOfItsTask() = runBlocking {
        installTimer()
        val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
        unasked(activity).run("set_timer", timer)
        assertEquals(0, shadowOf(activity).nextStartedActivity.flags)
    }

    @Test
    fun whatShowsOrReadsIsNotAskedFor() = runBlocking {
        installApp("android.intent.action.SHOW_ALARMS")
        grantContacts()
        val actions = PhoneActions(context, launcher) { error("nobody is asked") }
        actions.run("show_alarms", "{}")
        actions.run("get_contact_info", """{"name":"mum","field":"phone"}""")
        assertEquals(1, launcher.started.size)
    }

    @Test
    fun whatWritesSendsOrCallsIsAskedFor() = runBlocking {
        installTimer()
        installApp("android.intent.action.DIAL", scheme = "tel")
        installApp("android.intent.action.SENDTO", scheme = "smsto")
        grantContacts()
        val pending = mutableListOf<PendingAction>()
        val actions = PhoneActions(context, launcher) { pending += it; Decision.Allow }
        actions.run("set_timer", timer)
        actions.run("dial", """{"to":"mum"}""")
        actions.run("send_message", """{"to":"ana silva","body":"late"}""")
        val summaries = listOf("Start a timer of 5 min", "Call Mum (555 0177)", "Send Ana Silva (+351 555 0102) the message: late")
        assertEquals(summaries, pending.map { it.summary })
        assertEquals(listOf(Effect.WRITES, Effect.CALLS, Effect.SENDS), pending.map { it.action.effect })
        assertEquals(timer, pending.first().arguments)
        assertEquals(PhoneAction.Dial("mum"), pending[1].action)
        assertEquals(3, launcher.started.size)
    }

    @Test
    fun theAppSaysWhatIsAskedFor() = runBlocking {
        installApp("android.intent.action.WEB_SEARCH")
        val actions = PhoneActions(context, launcher, asksFor = Effect.entries.toSet()) { Decision.Refuse("the app is locked") }
        val error = assertFailsWith<ActionException.Refused> { actions.run("web_search", """{"query":"a"}""") }
        assertEquals("the app is locked", error.message)
        assertEquals(0, launcher.started.size)
    }

    @Test
    fun refusedItIsNotDone() = runBlocking {
        installTimer()
        val actions = PhoneActions(context, launcher) { Decision.Refuse() }
        assertFailsWith<ActionException.Refused> { actions.run("set_timer", timer) }
        assertEquals(0, launcher.started.size)
    }

    @Test
    fun editedItIsDoneAsEditedAndNotAskedAgain() = runBlocking {
        installTimer()
        var asked = 0
        val actions = PhoneActions(context, launcher) { asked += 1; Decision.Edit("""{"seconds":61,"label":"tea"}""") }
        assertEquals("The clock app was asked to start a timer of 1 min 1 s: tea.", actions.run("set_timer", timer))
        assertEquals("android.intent.action.SET_TIMER LENGTH=61 MESSAGE=tea SKIP_UI=true", launcher.started.single().shown())
        assertEquals(1, asked)
    }

    @Test
    fun editedIntoNonsenseItIsNotDone() = runBlocking {
        installTimer()
        val least = listOf("", "{}", "[]", """{"seconds":0}""")
        val more = listOf("""{"seconds":86401}""", """{"seconds":"five"}""", """{"seconds":5,"x":1}""")
        for (nonsense in least + more) {
            val actions = PhoneActions(context, launcher) { Decision.Edit(nonsense) }
            assertFailsWith<ActionException.ArgumentInvalid>(nonsense) { actions.run("set_timer", timer) }
        }
        assertEquals(0, launcher.started.size)
    }

    @Test
    fun badArgumentsAreNotAskedFor() = runBlocking {
        val actions = PhoneActions(context, launcher) { error("nobody is asked") }
        assertFailsWith<ActionException.ArgumentInvalid> { actions.run("set_timer", "{}") }
        assertFailsWith<ActionException.ArgumentInvalid> { actions.run("fly", "{}") }
        Unit
    }

    @Test
    fun withoutAnAppNothingIsAskedAndTheModelIsTold() = runBlocking {
        grantContacts()
        val calls = CALLS - "get_contact_info"
        val actions = PhoneActions(context, launcher) { error("nobody is asked") }
        for ((function, arguments) in calls) {
            val error = assertFailsWith<ActionException.NoApp>(function) { actions.run(function, arguments) }
            assertContains(error.message.orEmpty(), function)
        }
        assertEquals(0, launcher.started.size)
    }

    @Test
    fun theNextBestWayIsGone() = runBlocking {
        installApp("android.intent.action.VIEW", scheme = "geo")
        installApp("android.settings.SETTINGS")
        assertContains(unasked(context, launcher).run("navigate", """{"destination":"home","mode":"drive"}"""), "map shows home")
        assertContains(unasked(context, launcher).run("open_settings", """{"page":"notifications"}"""), "no page notifications")
        assertEquals(listOf("geo:0,0?q=home", null), launcher.started.map { it.dataString })
    }

    @Test
    fun whatTheSystemRefuses() = runBlocking {
        installTimer()
        val refuses = ActionLauncher { throw SecurityException("needs CAMERA") }
        val error = assertFailsWith<ActionException.NotAllowed> { unasked(context, refuses).run("set_timer", timer) }
        assertContains(error.message.orEmpty(), "needs CAMERA")
        val gone = ActionLauncher { throw android.content.ActivityNotFoundException() }
        assertFailsWith<ActionException.NoApp> { unasked(context, gone).run("set_timer", timer) }
        Unit
    }

    @Test
    fun aDryRunDoesNothingAndSaysAll() = runBlocking {
        installApp("android.intent.action.DIAL", scheme = "tel")
        installApp("android.media.action.IMAGE_CAPTURE")
        declareContacts()
        val actions = PhoneActions(context, launcher, isDryRun = true) { error("nobody is asked") }
        val dial = JSONObject(actions.run("dial", """{"to":"555 0100"}"""))
        assertEquals("Call 555 0100", dial.getString("summary"))
        assertEquals("calls", dial.getString("effect"))
        assertEquals("tel:555%200100", dial.getJSONObject("intent").getString("data"))
        assertFailsWith<ActionException.ContactsUnreadable> { actions.run("dial", """{"to":"mum"}""") }
        val photo = JSONObject(actions.run("take_photo", "{}")).getJSONObject("intent")
        assertEquals("android.media.action.IMAGE_CAPTURE", photo.getString("action"))
        assertFailsWith<ActionException.NoApp> { actions.run("show_alarms", "{}") }
        grantContacts()
        val read = JSONObject(actions.run("get_contact_info", """{"name":"mum","field":"phone"}"""))
        assertEquals("Read the phone number of Mum", read.getString("summary"))
        assertFalse(read.has("intent"))
        assertEquals(emptyList(), launcher.started.map { it.shown() } + launcher.permissions)
    }

    @Test
    fun whoIsMeant() = runBlocking {
        installApp("android.intent.action.VIEW", type = "vnd.android.cursor.item/contact")
        grantContacts()
        suspend fun view(name: String) = unasked(context, launcher).run("view_contact", """{"name":"$name"}""")
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
            assertFailsWith<ActionException.ContactLacks> { unasked(context, launcher).run(function, arguments) }.message.orEmpty()
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
            unasked(context).run("get_contact_info", """{"name":"$name","field":"$field"}""")
        assertEquals("Ana Silva, phone number: +351 555 0101 (Home), +351 555 0102 (Mobile)", read("ana silva", "phone"))
        assertEquals("Mum, phone number: 555 0177 (Home), 555 0199 (Mobile)", read("mum", "phone"))
        assertEquals("Ana Silva, e-mail address: ana@example.org (Home)", read("ana silva", "email"))
        assertEquals("Ana Silva, postal address: 1 Rua Nova, Porto (Home)", read("ana silva", "address"))
        assertEquals("Ana Silva, birthday: 1990-05-12", read("ana silva", "birthday"))
    }

    @Test
    fun contactsThatTheAppDoesNotDeclare() = runBlocking {
        for (function in listOf("dial", "get_contact_info", "view_contact", "edit_contact", "send_message")) {
            val run: suspend () -> Unit = { unasked(context, launcher).run(function, CALLS.getValue(function)) }
            val error = assertFailsWith<ActionException.ContactsUnreadable>(function) { run() }
            assertContains(error.message.orEmpty(), "This app cannot read contacts")
        }
        assertEquals(emptyList(), launcher.permissions)
    }

    @Test
    fun contactsThatTheUserDenies() = runBlocking {
        declareContacts()
        val error = assertFailsWith<ActionException.ContactsUnreadable> { unasked(context, launcher).run("dial", """{"to":"mum"}""") }
        assertContains(error.message.orEmpty(), "The user does not let")
        assertEquals(listOf(Manifest.permission.READ_CONTACTS), launcher.permissions)
        assertFailsWith<ActionException.ContactsUnreadable> { unasked(context).run("dial", """{"to":"mum"}""") }
        Unit
    }

    @Test
    fun contactsThatTheUserGrants() = runBlocking {
        declareContacts()
        installApp("android.intent.action.DIAL", scheme = "tel")
        launcher.grants = { grantContacts(); true }
        unasked(context, launcher).run("dial", """{"to":"mum"}""")
        assertEquals("tel:555%200177", launcher.started.single().dataString)
    }

    @Test
    fun numbersAndAddressesNeedNoContacts() = runBlocking {
        installApp("android.intent.action.DIAL", scheme = "tel")
        installApp("android.intent.action.SENDTO", scheme = "mailto")
        for (number in listOf("555", "+1 (555) 010-4477", "(0)30/12 34", "*#06#", "112")) {
            unasked(context, launcher).run("dial", JSONObject().put("to", number).toString())
            assertEquals(number, launcher.started.last().data?.schemeSpecificPart)
        }
        unasked(context, launcher).run("send_email", """{"to":["a@example.org"]}""")
        Unit
    }

    @Test
    fun withoutALauncherForResultsNothingIsAsked() = runBlocking {
        installApp("android.intent.action.CREATE_DOCUMENT", type = "*/*", category = Intent.CATEGORY_OPENABLE)
        val actions = PhoneActions(context) { error("nobody is asked") }
        val error = assertFailsWith<ActionException.NoResults> { actions.run("create_document", """{"name":"a","kind":"text"}""") }
        assertContains(error.message.orEmpty(), "create_document")
        assertNull(shadowOf(app).nextStartedActivity)
    }

    private fun bringing(result: Intent?) = unasked(context, Recorder(context, result))

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
        assertEquals("The user chose a.pdf. No app on this phone shows it.", unasked(context, launcher).run("open_document", open))
        installApp("android.intent.action.VIEW", scheme = "content", type = "*/*")
        assertEquals("The user chose a.pdf. It is on the screen.", unasked(context, launcher).run("open_document", open))
        val view = launcher.started.last()
        assertEquals("android.intent.action.VIEW content://documents/a.pdf */*", view.shown())
        assertEquals(Intent.FLAG_GRANT_READ_URI_PERMISSION, view.flags and Intent.FLAG_GRANT_READ_URI_PERMISSION)
    }

    /** The model may call two functions at once; two questions on the screen would hide each other. */
    @Test
    fun actionsWaitForEachOther() = runBlocking {
        installTimer()
        val (first, second) = List(2) { CompletableDeferred<Decision>() }
        val asked = mutableListOf<String>()
        val actions = PhoneActions(context, launcher) {
            asked += it.arguments
            if (asked.size == 1) first.await() else second.await()
        }
        val runs = listOf("""{"seconds":1}""", """{"seconds":2}""").map { async { actions.run("set_timer", it) } }
        repeat(5) { yield() }
        assertEquals(listOf("""{"seconds":1}"""), asked)
        first.complete(Decision.Allow)
        second.complete(Decision.Allow)
        runs.forEach { it.await() }
        assertEquals(listOf(1, 2), launcher.started.map { it.getIntExtra("android.intent.extra.alarm.LENGTH", 0) })
    }

    @Test
    fun clockZoneAndLocaleDecideTheDay() = runBlocking {
        installApp("android.intent.action.INSERT", scheme = "content", type = "vnd.android.cursor.dir/event")
        suspend fun add(day: String, now: String, locale: Locale): String {
            val clock = clock(ZonedDateTime.parse(now))
            val actions = PhoneActions(context, launcher, clock = clock, locale = locale) { Decision.Allow }
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
        val error = runCatching { unasked(context).run("dial", "{}") }.exceptionOrNull()
        assertEquals("dial: to is missing.", assertIs<ActionException>(error).message)
    }
}
