package io.phonelm.actions

import android.Manifest
import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import io.phonelm.GenerationOptions
import io.phonelm.LanguageModel
import io.phonelm.LanguageModelSession
import io.phonelm.ToolDecision
import io.phonelm.ToolPolicy
import io.phonelm.ToolRefusal
import io.phonelm.ToolStep
import io.phonelm.Transcript
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import org.junit.Before
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** From a request to the intents, with phonelm-tiny and the library of the AAR, in an app with a screen. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35])
class SessionTest {
    private val activity = Robolectric.buildActivity(AssistantActivity::class.java).setup().get()
    private val greedy = GenerationOptions(temperature = 0.0, maximumResponseTokens = 100)
    private val model = System.getProperty("phonelm.model")

    @Before
    fun phone() {
        Robolectric.setupContentProvider(People::class.java, "com.android.contacts")
        installApp("android.intent.action.SET_TIMER")
        installApp("android.intent.action.DIAL", scheme = "tel")
        installApp("android.intent.action.PICK", type = "vnd.android.cursor.dir/contact")
    }

    @Test
    fun aRequestBecomesIntents() = runBlocking {
        shadowOf(RuntimeEnvironment.getApplication()).grantPermissions(Manifest.permission.READ_CONTACTS)
        LanguageModel.open(model).use { model ->
            val asked = mutableListOf<String>()
            val session = activity.session(model) { asked += it; true }
            session.respond("Set a timer for 5 minutes and call mum", greedy)
            assertEquals(listOf("Start a timer of 5 min", "Call Mum (555 0177)"), asked)
            val started = List(2) { shadowOf(activity).nextStartedActivity.shown() }.toSet()
            val expected = setOf("android.intent.action.SET_TIMER LENGTH=300 SKIP_UI=true", "android.intent.action.DIAL tel:555%200177")
            assertEquals(expected, started)
            val outputs = session.transcript.entries.filterIsInstance<Transcript.Entry.ToolOutput>()
            assertEquals(listOf("set_timer", "dial"), outputs.map { it.toolName })
        }
    }

    private fun outputs(session: LanguageModelSession) =
        session.transcript.entries.filterIsInstance<Transcript.Entry.ToolOutput>().map { "$it" }

    @Test
    fun aRefusalIsToldToTheModel() = runBlocking {
        LanguageModel.open(model).use { model ->
            val session = activity.session(model) { false }
            val response = session.respond("Set a timer for 5 minutes", greedy)
            assertTrue(response.text.isNotEmpty())
            assertContains(outputs(session).single(), "the user refused")
            assertEquals(null, shadowOf(activity).nextStartedActivity)
        }
    }

    @Test
    fun nobodyIsAskedForWhatCannotBeDone() = runBlocking {
        LanguageModel.open(model).use { model ->
            val session = activity.session(model) { error("nobody is asked") }
            session.respond("Call mum", greedy)
            assertContains(outputs(session).single(), "This app cannot read contacts.")
            assertEquals(null, shadowOf(activity).nextStartedActivity)
        }
    }

    @Test
    fun editedIntoNonsenseItIsAskedForAgainAndThenDoneAsEdited() = runBlocking {
        LanguageModel.open(model).use { model ->
            val problems = mutableListOf<String?>()
            val policy = ToolPolicy { asked ->
                problems += asked.problem
                ToolDecision.RunWith(if (problems.size == 1) """{"seconds":0}""" else """{"seconds":61,"label":"tea"}""")
            }
            val session = model.newSession(tools = PhoneActions(activity, activity).tools, toolPolicy = policy)
            session.respond("Set a timer for 5 minutes", greedy)
            assertEquals(listOf(true, false), problems.map { it == null })
            val started = shadowOf(activity).nextStartedActivity.shown()
            assertEquals("android.intent.action.SET_TIMER LENGTH=61 MESSAGE=tea SKIP_UI=true", started)
        }
    }

    @Test
    fun aDryRunIsDescribed() = runBlocking {
        LanguageModel.open(model).use { model ->
            val actions = PhoneActions(activity, activity)
            val session = model.newSession(tools = actions.tools, toolPolicy = ToolPolicy(dryRun = true))
            val steps = session.streamResponse("Set a timer for 5 minutes", greedy).toList().mapNotNull { it.step }
            val refused = steps.filterIsInstance<ToolStep.Refused>().filter { it.reason == ToolRefusal.DRY_RUN }
            assertEquals(listOf("Start a timer of 5 min"), refused.map { actions.describe(it.call) })
            assertEquals(null, shadowOf(activity).nextStartedActivity)
        }
    }

    @Test
    fun theScreenTakesResultsBack() = runBlocking {
        val actions = PhoneActions(activity, activity)
        val cases = listOf(
            Activity.RESULT_OK to "The user chose Mum.",
            Activity.RESULT_CANCELED to "The user turned back without choosing.",
        )
        for ((code, told) in cases) {
            val run = async { actions.run("pick_contact", "{}") }
            yield()
            val picked = Intent().setData(Uri.parse("content://com.android.contacts/contacts/lookup/key3/3"))
            shadowOf(activity).receiveResult(shadowOf(activity).nextStartedActivity, code, picked)
            assertEquals(told, run.await())
        }
    }

    @Test
    fun theScreenAsksForThePermission() = runBlocking {
        val run = async { activity.requestPermission(Manifest.permission.READ_CONTACTS) }
        yield()
        val granted = intArrayOf(PackageManager.PERMISSION_GRANTED)
        activity.onRequestPermissionsResult(2, arrayOf(Manifest.permission.READ_CONTACTS), granted)
        assertTrue(run.await())
    }
}
