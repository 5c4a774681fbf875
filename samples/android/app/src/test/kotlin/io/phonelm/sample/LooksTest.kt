// Every screen, drawn: light and dark, on a phone and on a tablet, with the largest font, from right to left. The pictures of
// a phone, light and dark, are those in docs/images/android.
package io.phonelm.sample

import android.app.ActivityManager
import android.content.Intent
import android.provider.AlarmClock
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.unit.LayoutDirection
import androidx.lifecycle.ViewModelProvider
import io.phonelm.sample.assistant.AssistantViewModel
import io.phonelm.sample.assistant.CallState
import io.phonelm.sample.assistant.Entry
import io.phonelm.sample.benchmark.BenchmarkViewModel
import io.phonelm.sample.chat.ChatViewModel
import io.phonelm.sample.search.SearchViewModel
import io.phonelm.sample.ui.Screen
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

class LooksTest : ScreenTest() {
    @Test
    fun light() = drawAll("light")

    @Test
    @Config(qualifiers = "+night")
    fun dark() = drawAll("dark")

    @Test
    @Config(qualifiers = "w1280dp-h800dp-land-mdpi")
    fun tablet() = drawAll("tablet")

    @Test
    @Config(qualifiers = "w1280dp-h800dp-land-night-mdpi")
    fun tabletDark() = drawAll("tablet-dark")

    @Test
    fun largestFont() {
        RuntimeEnvironment.setFontScale(LARGEST)
        drawAll("large")
    }

    @Test
    @Config(qualifiers = "ar-ldrtl-w393dp-h851dp-xhdpi")
    fun rightToLeft() {
        drawAll("rtl")
        val button = rule.onAllNodes(hasClickAction()).fetchSemanticsNodes().first()
        assertEquals(LayoutDirection.Rtl, button.layoutInfo.layoutDirection)
    }

    /** Brings each screen to where it has something to show, draws it, and checks that everything on it has a name. */
    private fun drawAll(look: String) {
        prepare()
        launch()
        drawNamed("$look-chat-empty")
        chat()
        drawNamed("$look-chat")
        assistant(look)
        drawNamed("$look-assistant")
        models()
        drawNamed("$look-models")
        benchmark()
        drawNamed("$look-benchmark")
        search()
        drawNamed("$look-search")
    }

    private fun prepare() {
        install(AlarmClock.ACTION_SET_TIMER)
        install(Intent.ACTION_DIAL, scheme = "tel")
        val memory = ActivityManager.MemoryInfo().apply { availMem = 64_000_000 }
        shadowOf(checkNotNull(app.getSystemService(ActivityManager::class.java))).setMemoryInfo(memory)
        // What one look has searched, the others need not.
        searched.takeIf { it.exists() }?.copyRecursively(File(app.filesDir, "search"))
    }

    private fun chat() {
        val chat = ViewModelProvider(activity)[ChatViewModel::class.java]
        for (question in listOf("Hello! My name is Ada.", "What is 12 plus 7?", "What can you do?")) {
            say(question)
            eventually("it is answered") { !chat.state.value.isAnswering }
        }
    }

    private fun assistant(look: String) {
        open(Screen.ASSISTANT)
        drawNamed("$look-assistant-empty")
        say("Set a timer for 5 minutes and call 555 0177")
        waitFor("Start a timer of 5 min")
        press(R.string.run)
        waitFor("Call 555 0177")
        val assistant = ViewModelProvider(activity)[AssistantViewModel::class.java]
        eventually("the timer has started") { assistant.state.value.entries.any { it is Entry.Call && it.state is CallState.Done } }
    }

    private fun models() {
        open(Screen.MODELS)
        press(R.string.show_plan)
        waitFor(text(R.string.plan_total))
    }

    private fun benchmark() {
        open(Screen.BENCHMARK)
        press(R.string.measure)
        val benchmark = ViewModelProvider(activity)[BenchmarkViewModel::class.java]
        eventually("everything is measured") { benchmark.state.value.run { results.size == 3 && progress == null } }
    }

    private fun search() {
        open(Screen.SEARCH)
        press(R.string.start_search)
        val search = ViewModelProvider(activity)[SearchViewModel::class.java]
        eventually("a shape is found") { search.state.value.result != null }
        File(app.filesDir, "search").copyRecursively(searched, overwrite = true)
        rule.onNodeWithContentDescription("A plot of", substring = true).performScrollTo()
    }

    private fun drawNamed(name: String) {
        assertNamed()
        draw(name)
    }

    /** Whoever cannot see the screen hears a name of everything that can be pressed. */
    private fun assertNamed() {
        val nodes = rule.onAllNodes(hasClickAction()).fetchSemanticsNodes()
        assertTrue(nodes.isNotEmpty())
        val nameless = nodes.filter { it.names().all(String::isBlank) && !it.config.contains(SemanticsActions.SetText) }
        assertTrue(nameless.isEmpty(), "without a name: ${nameless.map { it.boundsInRoot to it.config }}")
    }

    private fun SemanticsNode.names(): List<String> =
        config.getOrNull(SemanticsProperties.ContentDescription).orEmpty() +
            config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text }

    private companion object {
        /** What Android's settings offer at most. */
        const val LARGEST = 2f

        val searched: File = File(System.getProperty("screenshots"), "../searched").also { it.deleteRecursively() }
    }
}
