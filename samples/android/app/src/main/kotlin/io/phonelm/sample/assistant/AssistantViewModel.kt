// The assistant: a request becomes calls of the phone's functions, and the user decides about each that changes something.
package io.phonelm.sample.assistant

import android.content.Context
import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import io.phonelm.ContextOverflow
import io.phonelm.LanguageModel
import io.phonelm.LanguageModelSession
import io.phonelm.PhoneLMException
import io.phonelm.ToolConfirmation
import io.phonelm.ToolDecision
import io.phonelm.ToolPolicy
import io.phonelm.ToolStep
import io.phonelm.Transcript
import io.phonelm.actions.ActionException
import io.phonelm.actions.PhoneActions
import io.phonelm.sample.AppModel
import io.phonelm.sample.ModelState
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** Something on the screen, in the order in which it came. */
sealed interface Entry {
    data class Request(val text: String) : Entry

    data class Answer(val text: String) : Entry

    data class Failure(val reason: String) : Entry

    /**
     * A call of a function.
     *
     * @property summary What it will do, in a sentence; `null` until that is known.
     * @property problem Why the arguments that the user changed do not fit.
     */
    data class Call(
        val id: String,
        val function: String,
        val arguments: String,
        val state: CallState,
        val summary: String? = null,
        val problem: String? = null,
    ) : Entry
}

/** How far a call is. */
sealed interface CallState {
    /** Its turn to be asked for has not come. */
    data object Waiting : CallState

    data object Asking : CallState

    data object Running : CallState

    data class Done(val output: String) : CallState

    data class Failed(val reason: String) : CallState

    data object Refused : CallState

    /** The user stopped the answer while it ran; whether it took effect is not known. */
    data object Unknown : CallState
}

data class AssistantState(val entries: List<Entry> = emptyList(), val isBusy: Boolean = false)

class AssistantViewModel(private val app: AppModel, context: Context) : ViewModel() {
    /** Where the functions show other apps' screens. */
    val screen = ScreenLauncher()

    private val actions = PhoneActions(context, screen)
    private val schemas = actions.tools.associate { it.name to it.parameters }
    private val mutable = MutableStateFlow(AssistantState())
    private val draftText = MutableStateFlow("")
    private var session: LanguageModelSession? = null
    private var working: Job? = null

    /** What the user decides about the call that is asked for. */
    private var decision = CompletableDeferred<ToolDecision>()

    val state: StateFlow<AssistantState> = mutable.asStateFlow()
    val model: StateFlow<ModelState> = app.state
    val draft: StateFlow<String> = draftText.asStateFlow()

    init {
        viewModelScope.launch {
            app.state.collect { model -> if (model is ModelState.Ready) begin(model.model) else leave() }
        }
    }

    fun reopen() = app.reopen()

    fun write(text: String) {
        draftText.value = text
    }

    /** Carries out what is in the draft. */
    fun send() {
        val request = draft.value.trim()
        val session = session ?: return
        if (request.isEmpty() || state.value.isBusy) return
        write("")
        add(Entry.Request(request))
        mutable.update { it.copy(isBusy = true) }
        working = viewModelScope.launch {
            try {
                session.streamResponse(request).collect { chunk ->
                    chunk.step?.let(::follow)
                    if (chunk.delta.isNotEmpty()) answer(chunk.delta)
                }
            } catch (error: PhoneLMException) {
                add(Entry.Failure(error.message.orEmpty()))
            } finally {
                changeAll { it.copy(state = it.state.afterTheEnd()) }
                mutable.update { it.copy(isBusy = false) }
            }
        }
    }

    /** Ends the answer. What has run is not undone. */
    fun stop() {
        working?.cancel()
    }

    fun run() {
        decision.complete(ToolDecision.Run)
    }

    /** @param arguments A JSON object. */
    fun runWith(arguments: String) {
        decision.complete(ToolDecision.RunWith(arguments))
    }

    fun refuse() {
        decision.complete(ToolDecision.Refuse())
    }

    /** Begins anew. */
    fun clear() {
        viewModelScope.launch {
            working?.run { cancel(); join() }
            session?.reset()
            mutable.value = AssistantState()
        }
    }

    /** The JSON schema of a function's arguments. */
    fun schema(function: String): String = schemas.getValue(function)

    override fun onCleared() {
        session?.close()
    }

    private fun begin(model: LanguageModel) {
        leave()
        try {
            val policy = ToolPolicy(confirm = ::confirm)
            session = model.newSession(tools = actions.tools, overflow = ContextOverflow.DropOldest(), toolPolicy = policy)
        } catch (error: PhoneLMException) {
            add(Entry.Failure(error.message.orEmpty()))
        }
    }

    private fun leave() {
        session?.close()
        session = null
    }

    private fun follow(step: ToolStep) {
        val call = step.call
        when (step) {
            is ToolStep.Confirming -> add(Entry.Call(call.id, call.toolName, call.arguments, CallState.Waiting))
            is ToolStep.Running -> runs(call)
            is ToolStep.Finished -> change(call) { it.copy(state = CallState.Done(step.output)) }
            is ToolStep.Failed -> change(call) { it.copy(state = CallState.Failed(step.message)) }
            // What cannot be done was refused by this app, with the reason on the card already.
            is ToolStep.Refused -> change(call) { if (it.state is CallState.Failed) it else it.copy(state = CallState.Refused) }
        }
    }

    /** A call that needs no permission has no card yet. */
    private fun runs(call: Transcript.ToolCall) {
        val isKnown = state.value.entries.any { it is Entry.Call && it.id == call.id }
        if (!isKnown) {
            add(Entry.Call(call.id, call.toolName, call.arguments, CallState.Running))
            viewModelScope.launch { summarise(call) }
        }
        change(call) { it.copy(arguments = call.arguments, state = CallState.Running) }
    }

    private suspend fun summarise(call: Transcript.ToolCall) {
        try {
            val summary = actions.describe(call)
            change(call) { it.copy(summary = summary) }
        } catch (_: ActionException) {
            // What is wrong with it will be told when it runs.
        }
    }

    private suspend fun confirm(asked: ToolConfirmation): ToolDecision {
        val call = asked.call
        val summary = try {
            actions.describe(call)
        } catch (error: ActionException) {
            change(call) { it.copy(state = CallState.Failed(error.message.orEmpty())) }
            throw error
        }
        decision = CompletableDeferred()
        change(call) { it.copy(state = CallState.Asking, summary = summary, problem = asked.problem) }
        val decided = decision.await()
        if (decided is ToolDecision.RunWith) summarise(call.copy(arguments = decided.arguments))
        return decided
    }

    private fun answer(delta: String) {
        mutable.update { state ->
            val last = state.entries.lastOrNull()
            if (last is Entry.Answer) {
                state.copy(entries = state.entries.dropLast(1) + Entry.Answer(last.text + delta))
            } else {
                state.copy(entries = state.entries + Entry.Answer(delta))
            }
        }
    }

    private fun add(entry: Entry) = mutable.update { it.copy(entries = it.entries + entry) }

    private fun change(call: Transcript.ToolCall, to: (Entry.Call) -> Entry.Call) =
        changeAll { if (it.id == call.id) to(it) else it }

    private fun changeAll(to: (Entry.Call) -> Entry.Call) = mutable.update { state ->
        state.copy(entries = state.entries.map { if (it is Entry.Call) to(it) else it })
    }
}

private fun CallState.afterTheEnd(): CallState = when (this) {
    CallState.Waiting, CallState.Asking -> CallState.Refused
    CallState.Running -> CallState.Unknown
    else -> this
}
