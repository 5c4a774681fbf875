package io.phonelm

import io.phonelm.ffi.Event
import io.phonelm.ffi.Generation
import io.phonelm.ffi.GenerationRequest
import io.phonelm.ffi.PromptSegment
import io.phonelm.ffi.Session
import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlinx.serialization.json.JsonElement

/**
 * A conversation with a [LanguageModel].
 *
 * A turn is a transaction: one that is cancelled or fails leaves the conversation at its last turn. A session answers one
 * prompt at a time; several sessions of a model answer at once. One that is kept in a [SessionFolder] outlives its process.
 */
public class LanguageModelSession internal constructor(
    private val native: Session,
    private val tools: List<Tool>,
    private val policy: ToolPolicy,
) : AutoCloseable {
    /** What was said so far, to show it. */
    public val transcript: Transcript
        get() = crossing { native.transcript() }.toPublic()

    /**
     * What was said so far, to keep it: [LanguageModel.restoreSession] goes on from there. Beside the words it holds the
     * tokens that the model gave, so that the same model goes on exactly.
     */
    public fun transcriptJson(): String = crossing { native.transcriptJson() }

    /** How much of the context the conversation fills. */
    public val contextUsage: ContextUsage
        get() = crossing { native.usage() }.let { ContextUsage(it.tokens.toInt(), it.context.toInt()) }

    /** Whether an answer is being made. */
    public val isResponding: Boolean
        get() = crossing { native.isResponding() }

    /**
     * Says [prompt] and waits for the whole answer. Cancelling the coroutine ends the answer within one token.
     *
     * @throws PhoneLMException.SessionBusy if an answer is being made.
     * @throws PhoneLMException.ContextFull if the conversation does not fit the context.
     * @throws PhoneLMException.PromptInvalid if the prompt is empty.
     * @throws PhoneLMException.OptionInvalid if an option is out of range.
     * @throws PhoneLMException.GrammarInvalid if the answer cannot be held to [GenerationOptions.grammar], or the calls of a
     * tool to its schema.
     * @throws PhoneLMException.Unsupported if the model has no chat template.
     * @throws PhoneLMException.SessionClosed after [close], before or while it answers.
     * @throws PhoneLMException.ModelUnloaded when the model is closed, before or while it answers.
     */
    public suspend fun respond(prompt: String, options: GenerationOptions = GenerationOptions()): Response =
        answer(prompt, options) {}

    /**
     * Says [prompt] and hands on the answer while it is made. Nothing happens until the flow is collected, and it can be
     * collected once. Text is taken when the collector is ready for it, so a slow one loses nothing; when the collector ends,
     * fails or is cancelled, the answer ends within one token. Fails as [respond] does.
     */
    public fun streamResponse(prompt: String, options: GenerationOptions = GenerationOptions()): Flow<ResponseChunk> {
        val collected = AtomicBoolean()
        return flow {
            check(collected.compareAndSet(false, true)) {
                "a response can be collected once; call streamResponse again to ask again"
            }
            val text = StringBuilder()
            val response = answer(prompt, options) { heard ->
                when (heard) {
                    is Heard.Text -> {
                        text.append(heard.delta)
                        emit(ResponseChunk(heard.delta, text.toString()))
                    }
                    is Heard.Step -> emit(ResponseChunk(delta = "", text.toString(), step = heard.step))
                }
            }
            emit(ResponseChunk(delta = "", text.toString(), response))
        }
    }

    /**
     * Says [prompt] and waits for an answer that is a value of a type. What the model writes is held to the schema in place of
     * [GenerationOptions.grammar]; it does not read the schema, so the prompt should say what is wanted. Fails as the other
     * `respond` does.
     *
     * @throws PhoneLMException.GrammarInvalid if answers cannot be held to the schema.
     * @throws PhoneLMException.ResponseInvalid if the answer ended before it was whole, because it has as many tokens as were
     * allowed or the context is full, or if the type cannot be read from what its schema allows.
     */
    public suspend fun <T> respond(
        prompt: String,
        schema: Schema<T>,
        options: GenerationOptions = GenerationOptions(),
    ): GeneratedResponse<T> = schema.read(respond(prompt, options.copy(grammar = schema.grammar)))

    /**
     * Says [prompt] and hands on an answer that is a value of a type while it is made; see [streamResponse] of text, and
     * [respond] with a schema.
     */
    public fun <T> streamResponse(
        prompt: String,
        schema: Schema<T>,
        options: GenerationOptions = GenerationOptions(),
    ): Flow<GeneratedChunk<T>> {
        val chunks = streamResponse(prompt, options.copy(grammar = schema.grammar))
        return flow {
            var json: JsonElement? = null
            var content: T? = null
            chunks.collect { chunk ->
                val response = chunk.response?.let { schema.read(it) }
                if (chunk.delta.isNotEmpty()) {
                    json = partialJson(chunk.text) ?: json
                    content = json?.let { schema.readPart(it) } ?: content
                }
                emit(GeneratedChunk(response?.content ?: content, json, response, chunk.step))
            }
        }
    }

    /**
     * Computes ahead what the next answer needs, in the background: what was said so far and, if known, how the next prompt
     * begins.
     */
    public fun prewarm(promptPrefix: String? = null) {
        crossing { native.prewarm(promptPrefix) }
    }

    /** Forgets all that was said; instructions stay. An answer that is being made is cancelled. */
    public fun reset() {
        crossing { native.reset() }
    }

    /**
     * Writes a copy of the conversation, as it stands after its last turn, to a folder that does not exist yet: whole, or not at
     * all. [LanguageModel.restoreSession] goes on from it. The model computes nothing else meanwhile.
     *
     * @throws PhoneLMException.SessionInvalid if something lies there.
     * @throws PhoneLMException.StorageFull if the disk has no room.
     * @throws PhoneLMException.StorageFailed if the folder cannot be written.
     */
    public suspend fun save(folder: SessionFolder) {
        crossing { native.save(folder.toNative()) }
    }

    /**
     * A second session that goes on from the same conversation and shares its memory until they differ. It is kept in no
     * folder.
     */
    public fun fork(): LanguageModelSession = LanguageModelSession(crossing { native.fork() }, tools, policy)

    /**
     * Ends the session and frees its memory. An answer that is being made ends with [PhoneLMException.SessionClosed], as does
     * every later call. May be called at any moment, twice, from any thread.
     */
    override fun close() {
        crossing { native.end() }
    }

    /** Pulls an answer to its end; its tools run beside. */
    private suspend fun answer(prompt: String, options: GenerationOptions, hear: suspend (Heard) -> Unit): Response {
        val request = GenerationRequest(listOf(PromptSegment.Text(prompt)), options.toNative())
        val generation = crossing { native.generate(request) }
        try {
            return coroutineScope { pull(generation, hear) }
        } finally {
            generation.cancel()
            generation.close()
        }
    }

    private suspend fun CoroutineScope.pull(generation: Generation, hear: suspend (Heard) -> Unit): Response {
        var droppedTurns = 0
        var droppedTokens = 0
        val backendChanges = mutableListOf<BackendChange>()
        val runner = ToolRunner(tools, policy, generation)
        while (true) {
            when (val event = next(generation, runner, hear)) {
                is Event.Text -> hear(Heard.Text(event.text))
                is Event.ConfirmationNeeded -> {
                    hear(Heard.Step(ToolStep.Confirming(event.call.toPublic())))
                    launch { runner.confirm(event.call) }
                }
                is Event.ToolCall -> {
                    hear(Heard.Step(ToolStep.Running(event.call.toPublic())))
                    launch { runner.run(event.call) }
                }
                is Event.ToolRefused ->
                    hear(Heard.Step(ToolStep.Refused(event.call.toPublic(), event.reason.toPublic())))
                is Event.ContextDropped -> {
                    droppedTurns += event.turns.toInt()
                    droppedTokens += event.tokens.toInt()
                }
                is Event.BackendChanged -> backendChanges += event.toPublic()
                is Event.Finished -> return event.response.toPublic(droppedTurns, droppedTokens, backendChanges)
            }
        }
    }

    /** Waits for the next event, and meanwhile tells of tools that end. */
    private suspend fun CoroutineScope.next(
        generation: Generation,
        runner: ToolRunner,
        hear: suspend (Heard) -> Unit,
    ): Event {
        if (tools.isEmpty()) return checkNotNull(crossing { generation.next() })
        val next = async(start = CoroutineStart.UNDISPATCHED) { crossing { generation.next() } }
        while (true) {
            val step = select<ToolStep?> {
                runner.steps.onReceive { it }
                next.onAwait { null }
            }
            if (step == null) return checkNotNull(next.await())
            hear(Heard.Step(step))
        }
    }

    /** What is told while an answer is made. */
    private sealed interface Heard {
        class Text(val delta: String) : Heard

        class Step(val step: ToolStep) : Heard
    }
}

/**
 * How much of the context a conversation fills.
 *
 * @property tokens Tokens of the conversation so far.
 * @property contextSize Tokens that fit.
 */
public data class ContextUsage(val tokens: Int, val contextSize: Int)
