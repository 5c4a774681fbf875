// The conversation: streams, stops, is asked again, and outlives rotation and process.
package io.phonelm.sample

import androidx.compose.ui.test.assertTextContains
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithTag
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.lifecycle.ViewModelProvider
import io.phonelm.sample.chat.ChatViewModel
import io.phonelm.sample.chat.Message
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch

class ChatTest : ScreenTest() {
    private val chat: ChatViewModel get() = ViewModelProvider(activity)[ChatViewModel::class.java]
    private val messages: List<Message> get() = chat.state.value.messages

    @Test
    fun anAnswerStreamsAndSaysWhatItCost() {
        launch()
        ask("Who are you?")
        rule.onNode(hasText("PhoneLM", substring = true) and hasText("model", substring = true)).assertExists()
        waitFor("tokens/s")
        rule.onNodeWithTag("draft").assertTextContains("")
    }

    @Test
    fun aSuggestionIsAsked() {
        launch()
        rule.onNodeWithText("What is 12 plus 7?").performClick()
        answered()
        assertContains(messages.last().text, "19")
    }

    @Test
    fun stopKeepsWhatWasSaid() {
        launch()
        CoroutineScope(Dispatchers.Main.immediate).launch {
            chat.state.first { it.isAnswering && it.messages.last().text.isNotEmpty() }
            chat.stop()
        }
        say("Who are you?")
        answered()
        assertTrue(messages.last().isStopped)
        waitFor(text(R.string.stopped))
        ask("What is 3 plus 4?")
        assertEquals(4, messages.size)
        assertContains(messages.last().text, "7")
    }

    @Test
    fun anotherQuestionTakesThePlaceOfTheLast() {
        launch()
        ask("My name is Ada.")
        ask("What is 12 plus 7?")
        rule.onNodeWithContentDescription(text(R.string.edit_question)).performClick()
        rule.onNodeWithTag("draft").assertTextContains("What is 12 plus 7?")
        ask("What is my name?")
        assertEquals(listOf("My name is Ada.", "What is my name?"), messages.filter { it.isMine }.map { it.text })
        assertContains(messages.last().text, "Ada")
    }

    @Test
    fun theSameQuestionIsAnsweredOnceMore() {
        launch()
        ask("Who are you?")
        rule.onNodeWithContentDescription(text(R.string.retry)).performClick()
        answered()
        assertEquals(2, messages.size)
        assertTrue(messages.last().text.isNotEmpty())
    }

    @Test
    fun theConversationOutlivesRotationAndProcess() {
        launch()
        ask("My name is Ada.")
        scenario.recreate()
        rule.waitForIdle()
        assertTrue(isShown("My name is Ada."))
        // Without its view models the app knows what it wrote to its files.
        scenario.close()
        launch()
        waitFor("My name is Ada.")
        ask("What is my name?")
        assertContains(messages.last().text, "Ada")
        rule.onNodeWithContentDescription(text(R.string.new_chat)).performClick()
        waitFor(text(R.string.chat_welcome))
    }

    @Test
    fun aModelThatGaveItsMemoryBackIsLoadedAgain() {
        launch()
        ask("My name is Ada.")
        rule.runOnUiThread { app.onLowMemory() }
        press(R.string.load_again)
        eventually("the model is back") { chat.state.value.isReady }
        ask("What is my name?")
        assertContains(messages.last().text, "Ada")
    }

    private fun ask(question: String) {
        say(question)
        answered()
    }

    private fun answered() = eventually("there is an answer") { messages.isNotEmpty() && !chat.state.value.isAnswering }
}
