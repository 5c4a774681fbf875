// The assistant: what the model calls is shown, asked for, changed, refused, and started on the phone.
package io.phonelm.sample

import android.content.Intent
import android.provider.AlarmClock
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextReplacement
import androidx.lifecycle.ViewModelProvider
import io.phonelm.sample.assistant.AssistantViewModel
import io.phonelm.sample.assistant.CallState
import io.phonelm.sample.assistant.Entry
import io.phonelm.sample.ui.Screen
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import org.robolectric.Shadows.shadowOf

class AssistantTest : ScreenTest() {
    private val assistant: AssistantViewModel get() = ViewModelProvider(activity)[AssistantViewModel::class.java]
    private val calls: List<Entry.Call> get() = assistant.state.value.entries.filterIsInstance<Entry.Call>()

    @Test
    fun eachCallIsAskedForAndStarted() {
        begin()
        say("Set a timer for 5 minutes and call 555 0177")
        waitFor("Start a timer of 5 min")
        press(R.string.run)
        waitFor("Call 555 0177")
        press(R.string.run)
        done()
        val started = List(2) { started() }.associateBy { it?.action }
        assertEquals(setOf(AlarmClock.ACTION_SET_TIMER, Intent.ACTION_DIAL), started.keys)
        assertEquals(300, started[AlarmClock.ACTION_SET_TIMER]?.getIntExtra(AlarmClock.EXTRA_LENGTH, 0))
        assertEquals(2, calls.count { it.state is CallState.Done })
    }

    @Test
    fun changedArgumentsAreCheckedAndRun() {
        begin()
        say("Set a timer for 5 minutes")
        waitFor("Start a timer of 5 min")
        press(R.string.change)
        changeSeconds("a while")
        eventually("it is asked for again") { calls.single().problem != null }
        press(R.string.change)
        changeSeconds("600")
        done()
        assertEquals(600, started()?.getIntExtra(AlarmClock.EXTRA_LENGTH, 0))
        waitFor("Start a timer of 10 min")
    }

    @Test
    fun whatIsRefusedIsNotDone() {
        begin()
        say("Set a timer for 5 minutes")
        waitFor("Start a timer of 5 min")
        press(R.string.refuse)
        done()
        assertNull(started())
        assertEquals(CallState.Refused, calls.single().state)
        waitFor(text(R.string.call_refused))
    }

    @Test
    fun whatCannotBeDoneIsNotAskedFor() {
        begin()
        say("Wake me at 7 tomorrow")
        done()
        assertIs<CallState.Failed>(calls.single().state)
        waitFor("No app on this phone")
    }

    @Test
    fun stopEndsTheQuestion() {
        begin()
        say("Set a timer for 5 minutes")
        waitFor("Start a timer of 5 min")
        rule.runOnUiThread { assistant.stop() }
        done()
        assertEquals(CallState.Refused, calls.single().state)
        say("Set a timer for 2 minutes")
        waitFor("Start a timer of 2 min")
    }

    /** A phone with a clock that has timers and no alarms, and with a dialler. */
    private fun begin() {
        install(AlarmClock.ACTION_SET_TIMER)
        install(Intent.ACTION_DIAL, scheme = "tel")
        launch()
        open(Screen.ASSISTANT)
    }

    private fun changeSeconds(value: String) {
        rule.onNode(hasSetTextAction() and hasText("Seconds")).performScrollTo().performTextReplacement(value)
        press(R.string.run_changed)
    }

    private fun done() = eventually("the request is served") { !assistant.state.value.isBusy }

    private fun started(): Intent? = shadowOf(activity).nextStartedActivity
}
