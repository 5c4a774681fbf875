// The conversation: asks, stops, asks again in other words, and keeps what was said.
package io.phonelm.sample.chat

import androidx.lifecycle.SavedStateHandle
import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import io.phonelm.ContextOverflow
import io.phonelm.GenerationOptions
import io.phonelm.LanguageModel
import io.phonelm.LanguageModelSession
import io.phonelm.PhoneLMException
import io.phonelm.Statistics
import io.phonelm.Transcript
import io.phonelm.sample.AppModel
import io.phonelm.sample.ModelState
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull

/**
 * Something that was said.
 *
 * @property isMine Whether the user said it.
 * @property statistics What the answer cost, if it was made since the app was started.
 * @property failure Why there is no whole answer.
 */
data class Message(
    val isMine: Boolean,
    val text: String,
    val statistics: Statistics? = null,
    val isStopped: Boolean = false,
    val failure: String? = null,
)

/**
 * What the screen shows.
 *
 * @property isEditing Whether the draft takes the place of the last question.
 */
data class ChatState(
    val messages: List<Message> = emptyList(),
    val isReady: Boolean = false,
    val isAnswering: Boolean = false,
    val isEditing: Boolean = false,
)

class ChatViewModel(
    private val app: AppModel,
    private val history: ChatHistory,
    private val saved: SavedStateHandle,
) : ViewModel() {
    private val mutable = MutableStateFlow(ChatState())
    private var session: LanguageModelSession? = null
    private var answering: Job? = null

    /** The conversation before its last turn. */
    private var before: String? = null

    val state: StateFlow<ChatState> = mutable.asStateFlow()
    val model: StateFlow<ModelState> = app.state
    val draft: StateFlow<String> = saved.getStateFlow(DRAFT, "")

    init {
        viewModelScope.launch {
            app.state.collect { model -> if (model is ModelState.Ready) restore(model.model) else leave() }
        }
    }

    fun reopen() = app.reopen()

    fun write(text: String) {
        saved[DRAFT] = text
    }

    /** Asks what is in the draft. */
    fun send() {
        val text = draft.value.trim()
        if (text.isEmpty() || session == null || state.value.isAnswering) return
        write("")
        if (state.value.isEditing) askAgain(text, GenerationOptions()) else ask(text, GenerationOptions())
    }

    /** Ends the answer; what was said so far stays in the conversation. */
    fun stop() {
        answering?.cancel()
    }

    /** Asks the last question once more, and lets the model be more varied. */
    fun retry() {
        val question = state.value.messages.lastOrNull { it.isMine } ?: return
        if (!state.value.isAnswering) askAgain(question.text, GenerationOptions(temperature = VARIED))
    }

    /** Takes the last question into the draft. */
    fun edit() {
        val question = state.value.messages.lastOrNull { it.isMine } ?: return
        if (state.value.isAnswering) return
        write(question.text)
        mutable.update { it.copy(isEditing = true) }
    }

    fun stopEditing() {
        write("")
        mutable.update { it.copy(isEditing = false) }
    }

    /** Begins a new conversation. */
    fun clear() {
        viewModelScope.launch {
            answering?.run { cancel(); join() }
            val session = session ?: return@launch
            session.reset()
            before = null
            mutable.update { ChatState(isReady = true) }
            save(session)
        }
    }

    override fun onCleared() {
        session?.close()
    }

    private suspend fun restore(model: LanguageModel) {
        leave()
        val chat = history.load()
        val restored = try {
            chat?.let { model.restoreSession(it.transcript, overflow = OVERFLOW) }
        } catch (_: PhoneLMException.TranscriptInvalid) {
            null
        }
        before = chat?.beforeLastTurn.takeIf { restored != null }
        val opened = restored ?: model.newSession(overflow = OVERFLOW)
        session = opened
        mutable.update { it.copy(messages = it.messages.ifEmpty { opened.transcript.messages() }, isReady = true) }
    }

    private fun leave() {
        session?.close()
        session = null
        mutable.update { it.copy(isReady = false) }
    }

    /** Goes back to where the last question was asked, unless it left no trace anyway. */
    private fun askAgain(question: String, options: GenerationOptions) {
        val model = (app.state.value as? ModelState.Ready)?.model ?: return
        val last = state.value.messages.lastOrNull()
        if (last?.failure == null) {
            session?.close()
            session = before?.let { model.restoreSession(it, overflow = OVERFLOW) } ?: model.newSession(overflow = OVERFLOW)
        }
        mutable.update { it.copy(messages = it.messages.dropLast(2), isEditing = false) }
        ask(question, options)
    }

    private fun ask(question: String, options: GenerationOptions) {
        val session = session ?: return
        mutable.update {
            // A turn that failed is no part of the conversation, so a new one takes its place.
            val messages = if (it.messages.lastOrNull()?.failure == null) it.messages else it.messages.dropLast(2)
            val added = listOf(Message(isMine = true, question), Message(isMine = false, ""))
            it.copy(messages = messages + added, isAnswering = true)
        }
        answering = viewModelScope.launch {
            val start = session.transcriptJson()
            try {
                session.streamResponse(question, options.copy(keepPartialResponse = true)).collect { chunk ->
                    changeLast { it.copy(text = chunk.text, statistics = chunk.response?.statistics) }
                }
                before = start
            } catch (stopped: CancellationException) {
                withContext(NonCancellable) { settle(session, start, question) }
                throw stopped
            } catch (error: PhoneLMException) {
                changeLast { it.copy(failure = error.message) }
            } finally {
                mutable.update { it.copy(isAnswering = false) }
                withContext(NonCancellable) { save(session) }
            }
        }
    }

    /** After a stop: the turn has become part of the conversation, or, where nothing was said yet, never was. */
    private suspend fun settle(session: LanguageModelSession, start: String, question: String) {
        withTimeoutOrNull(2.seconds) { while (session.isResponding) delay(5.milliseconds) }
        val isKept = runCatching { session.transcriptJson() != start }.getOrDefault(false)
        if (isKept) {
            before = start
            // The model may have said more than was on the screen yet.
            val said = session.transcript.messages().last().text
            changeLast { it.copy(text = said, isStopped = true) }
        } else {
            mutable.update { it.copy(messages = it.messages.dropLast(2)) }
            write(question)
        }
    }

    private suspend fun save(session: LanguageModelSession) {
        try {
            history.save(SavedChat(session.transcriptJson(), before))
        } catch (_: PhoneLMException) {
            // The model went away meanwhile; what was saved after the last turn stays.
        } catch (_: IOException) {
            // Where nothing can be written, the conversation lives as long as the process.
        }
    }

    private fun changeLast(change: (Message) -> Message) {
        mutable.update { it.copy(messages = it.messages.dropLast(1) + change(it.messages.last())) }
    }

    private companion object {
        const val DRAFT = "draft"
        const val VARIED = 0.8
        val OVERFLOW = ContextOverflow.DropOldest()
    }
}

private fun Transcript.messages(): List<Message> = entries.mapNotNull { entry ->
    when (entry) {
        is Transcript.Entry.Prompt -> Message(isMine = true, entry.segments.text())
        is Transcript.Entry.Response -> Message(isMine = false, entry.segments.text())
        else -> null
    }
}

private fun List<Transcript.Segment>.text() = joinToString("") { (it as Transcript.Segment.Text).text }
