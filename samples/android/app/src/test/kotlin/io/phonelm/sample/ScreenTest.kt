// What the tests share: the app on a screen, with the real engine and phonelm-tiny, and patience for both.
package io.phonelm.sample

import android.content.ComponentName
import android.content.Intent
import android.content.IntentFilter
import android.graphics.Bitmap
import android.graphics.Canvas
import androidx.annotation.StringRes
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.hasAnyAncestor
import androidx.compose.ui.test.hasScrollAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.createEmptyComposeRule
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextReplacement
import androidx.test.core.app.ActivityScenario
import io.phonelm.sample.ui.Screen
import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import org.junit.After
import org.junit.Rule
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [35], qualifiers = "w393dp-h851dp-xhdpi")
abstract class ScreenTest {
    @get:Rule
    val rule = createEmptyComposeRule()

    protected lateinit var scenario: ActivityScenario<MainActivity>

    protected val app: SampleApp get() = RuntimeEnvironment.getApplication() as SampleApp

    protected val activity: MainActivity
        get() {
            lateinit var found: MainActivity
            scenario.onActivity { found = it }
            return found
        }

    /** Starts the app and waits for its model. */
    protected fun launch() {
        scenario = ActivityScenario.launch(MainActivity::class.java)
        eventually("the model is loaded") { app.models.state.value is ModelState.Ready }
    }

    @After
    fun close() {
        scenario.close()
        app.models.close()
    }

    protected fun text(@StringRes id: Int, vararg arguments: Any): String = app.getString(id, *arguments)

    protected fun open(screen: Screen) {
        val name = text(screen.title)
        val called = SemanticsMatcher("is called $name") { node ->
            val texts = node.config.getOrElse(SemanticsProperties.Text) { emptyList() }.map { it.text }
            name in texts || name in node.config.getOrElse(SemanticsProperties.ContentDescription) { emptyList() }
        }
        rule.onNode(has(Role.Tab) and called).performClick()
        rule.waitForIdle()
    }

    /** Says something in a conversation. */
    protected fun say(words: String) {
        rule.onNodeWithTag("draft").performTextReplacement(words)
        rule.onNodeWithContentDescription(text(R.string.send)).performClick()
    }

    /** Presses the button that says so, wherever it has scrolled to. */
    protected fun press(@StringRes id: Int) {
        val button = has(Role.Button) and hasText(text(id))
        val isInList = rule.onAllNodes(button and hasAnyAncestor(hasScrollAction())).fetchSemanticsNodes().isNotEmpty()
        rule.onNode(button).run { if (isInList) performScrollTo() else this }.performClick()
    }

    protected fun isShown(words: String): Boolean =
        rule.onAllNodes(hasText(words, substring = true)).fetchSemanticsNodes().isNotEmpty()

    protected fun waitFor(words: String) = eventually("'$words' is shown") { isShown(words) }

    protected fun eventually(what: String, limit: Duration = 90.seconds, condition: () -> Boolean) {
        val start = TimeSource.Monotonic.markNow()
        while (true) {
            rule.waitForIdle()
            if (condition()) return
            check(start.elapsedNow() < limit) { "it did not come true within $limit that $what" }
            Thread.sleep(5)
        }
    }

    /** The window as a picture, in the folder of screenshots. */
    protected fun draw(name: String) {
        rule.waitForIdle()
        val window = activity.window.decorView
        val picture = Bitmap.createBitmap(window.width, window.height, Bitmap.Config.ARGB_8888)
        rule.runOnUiThread { window.draw(Canvas(picture)) }
        val file = File(System.getProperty("screenshots"), "$name.png")
        checkNotNull(file.parentFile).mkdirs()
        file.outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
    }

    private fun has(role: Role) = SemanticsMatcher.expectValue(SemanticsProperties.Role, role)

    /** Installs an app that takes an intent, as its manifest would say. */
    protected fun install(action: String, scheme: String? = null) {
        val name = ComponentName("org.example", "org.example.${action.substringAfterLast('.')}")
        val filter = IntentFilter(action).apply {
            addCategory(Intent.CATEGORY_DEFAULT)
            scheme?.let(::addDataScheme)
        }
        shadowOf(app.packageManager).run {
            addActivityIfNotPresent(name)
            addIntentFilterForActivity(name, filter)
        }
    }
}
