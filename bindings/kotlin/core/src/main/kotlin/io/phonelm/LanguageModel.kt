package io.phonelm

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native
import io.phonelm.ffi.LoadEvent
import io.phonelm.ffi.Model
import io.phonelm.ffi.Session
import io.phonelm.ffi.SessionOptions
import io.phonelm.ffi.VerifyEvent
import io.phonelm.ffi.loadModel
import io.phonelm.ffi.plan as nativePlan
import io.phonelm.ffi.uniffiRustFutureContinuationCallbackImpl
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * A language model in memory. Its sessions share the weights and take turns, token by token.
 *
 * ```
 * LanguageModel.open(path).use { model ->
 *     model.newSession(instructions = "Answer in one sentence.").use { session ->
 *         session.streamResponse("Who are you?").collect { print(it.delta) }
 *     }
 * }
 * ```
 *
 * Every function here and in [LanguageModelSession] may be called from any thread, the main thread included. The memory is
 * the native library's, which the garbage collector does not see: [close] a model that is no longer needed.
 */
public class LanguageModel private constructor(internal val native: Model) : AutoCloseable {
    /** What the model is, and what computes at the moment. */
    public val info: ModelInfo
        get() = crossing { native.info() }.toPublic()

    /** Whether the model is still open. */
    public val isLoaded: Boolean
        get() = crossing { native.isLoaded() }

    /**
     * Starts a conversation.
     *
     * @param instructions What the model is told before anything else.
     * @param tools What the model may call; their bodies run in the coroutine that waits for the answer.
     * @param defaults How answers are made where a call says nothing else.
     * @param overflow What happens when the conversation outgrows the context.
     * @param toolPolicy Who is asked about calls, and how many there may be.
     * @param folder Where the session is kept, new or empty; with one, this call waits for the disk, so that it belongs off
     * the main thread. Without one nothing is kept.
     * @throws PhoneLMException.ModelUnloaded after [close].
     * @throws PhoneLMException.OptionInvalid if a default is out of range.
     * @throws PhoneLMException.Unsupported if there are tools and the model cannot call any.
     * @throws PhoneLMException.SessionInvalid if a session is kept in the folder already.
     * @throws PhoneLMException.StorageFailed if the folder cannot be written to.
     */
    public fun newSession(
        instructions: String? = null,
        tools: List<Tool> = emptyList(),
        defaults: GenerationOptions = GenerationOptions(),
        overflow: ContextOverflow = ContextOverflow.Fail,
        toolPolicy: ToolPolicy = ToolPolicy(),
        folder: SessionFolder? = null,
    ): LanguageModelSession = session(tools, toolPolicy) {
        native.newSession(sessionOptions(instructions, tools, defaults, overflow, toolPolicy, folder))
    }

    /**
     * Goes on with a conversation of an earlier session, whose instructions are part of its transcript.
     *
     * @param transcriptJson What [LanguageModelSession.transcriptJson] gave.
     * @throws PhoneLMException.TranscriptInvalid if the text is no transcript.
     */
    public fun restoreSession(
        transcriptJson: String,
        tools: List<Tool> = emptyList(),
        defaults: GenerationOptions = GenerationOptions(),
        overflow: ContextOverflow = ContextOverflow.Fail,
        toolPolicy: ToolPolicy = ToolPolicy(),
    ): LanguageModelSession = session(tools, toolPolicy) {
        native.restoreSession(
            transcriptJson,
            sessionOptions(instructions = null, tools, defaults, overflow, toolPolicy),
        )
    }

    /**
     * Goes on with the session that is kept in a folder, or with a copy that [LanguageModelSession.save] wrote; it is kept
     * there from here on. It stands at its last turn. Calls that may have run when their process died read "outcome unknown"
     * and are not repeated.
     *
     * @param instructions What holds in place of the session's own instructions, if anything.
     * @throws PhoneLMException.SessionInvalid if there is no session, if it is open already, or if the key is another.
     * @throws PhoneLMException.StorageFailed if the folder cannot be read.
     */
    public suspend fun restoreSession(
        folder: SessionFolder,
        instructions: String? = null,
        tools: List<Tool> = emptyList(),
        defaults: GenerationOptions = GenerationOptions(),
        overflow: ContextOverflow = ContextOverflow.Fail,
        toolPolicy: ToolPolicy = ToolPolicy(),
    ): RestoredSession = withContext(Dispatchers.IO) {
        val options = sessionOptions(instructions, tools, defaults, overflow, toolPolicy)
        val restored = crossing { native.restoreSavedSession(folder.toNative(), options) }
        val session = LanguageModelSession(restored.session, tools, toolPolicy)
        RestoredSession(session, restored.turns.toInt(), restored.lostBytes.toLong(), restored.readsAnew)
    }

    /**
     * Reads every byte of the model file and returns its SHA-256.
     *
     * @param expectedSha256 What it should be, if known.
     * @param onProgress Hears the share that is done, from 0 to 1, in the caller's context.
     * @throws PhoneLMException.ModelDamaged if it is another one, or a weight is no number.
     */
    public suspend fun verify(expectedSha256: String? = null, onProgress: (Double) -> Unit = {}): String {
        val verification = crossing { native.verify(expectedSha256) }
        try {
            while (true) {
                when (val event = checkNotNull(crossing { verification.next() })) {
                    is VerifyEvent.Progress -> onProgress(event.fraction)
                    is VerifyEvent.Verified -> return event.sha256
                }
            }
        } finally {
            verification.cancel()
            verification.close()
        }
    }

    /**
     * Tells whether the app is in the background, where a phone may forbid work on the GPU: the processor then goes on with
     * running answers until the app is in front again. Changes nothing for a model on the processor. Returns at once and takes
     * effect within a token; may be called at any moment, twice, from any thread.
     */
    public fun setBackground(background: Boolean) {
        crossing { native.setBackground(background) }
    }

    /**
     * Frees the model. Running answers end with [PhoneLMException.ModelUnloaded] at their next token, as does every later
     * call. May be called at any moment, twice, from any thread.
     */
    override fun close() {
        crossing { native.unload() }
    }

    private inline fun session(tools: List<Tool>, policy: ToolPolicy, make: () -> Session): LanguageModelSession =
        LanguageModelSession(crossing(make), tools, policy)

    private fun sessionOptions(
        instructions: String?,
        tools: List<Tool>,
        defaults: GenerationOptions,
        overflow: ContextOverflow,
        policy: ToolPolicy,
        folder: SessionFolder? = null,
    ) = SessionOptions(
        instructions,
        defaults.toNative(),
        overflow.toNative(),
        tools.map { it.toNative() },
        policy.maxRounds.unsigned("maxRounds"),
        folder?.toNative(),
        policy.dryRun,
    )

    /** Opens models, and tells beforehand what they cost. */
    public companion object {
        /**
         * Opens the GGUF file at [path]; see the other `open`.
         */
        public suspend fun open(
            path: String,
            options: ModelOptions = ModelOptions(),
            onProgress: (Double) -> Unit = {},
        ): LanguageModel = open(ModelSource.Path(path), options, onProgress)

        /**
         * Opens a model. Cancelling the coroutine ends the loading.
         *
         * @param onProgress Hears the share that is loaded, from 0 to 1, in the caller's context.
         * @throws PhoneLMException.ModelNotFound if there is no such file.
         * @throws PhoneLMException.ModelInvalid if it is no model that can run here.
         * @throws PhoneLMException.ModelUnmappable if the descriptor cannot be mapped.
         * @throws PhoneLMException.OptionInvalid if an option is out of range.
         * @throws PhoneLMException.OverBudget if it takes more than [ModelOptions.memoryBudgetBytes].
         * @throws PhoneLMException.OutOfMemory if the memory does not suffice; ask [plan] before.
         * @throws PhoneLMException.Unsupported if this machine cannot do what the options ask for.
         */
        public suspend fun open(
            source: ModelSource,
            options: ModelOptions = ModelOptions(),
            onProgress: (Double) -> Unit = {},
        ): LanguageModel {
            // The first call maps the native library, which reads the disk.
            val loading = withContext(Dispatchers.IO) {
                crossing {
                    stayAttached
                    loadModel(source.toNative(), options.toNative())
                }
            }
            try {
                while (true) {
                    when (val event = checkNotNull(crossing { loading.next() })) {
                        is LoadEvent.Progress -> onProgress(event.fraction)
                        is LoadEvent.Ready -> return LanguageModel(event.model)
                    }
                }
            } finally {
                loading.cancel()
                loading.close()
            }
        }

        /**
         * What a model would need, from the header of its file alone.
         *
         * @param budgetBytes What may be used beyond the mapped file; the plan then tells the largest context that fits.
         */
        public suspend fun plan(
            source: ModelSource,
            options: ModelOptions = ModelOptions(),
            budgetBytes: Long? = null,
        ): MemoryPlan = withContext(Dispatchers.IO) {
            crossing { nativePlan(source.toNative(), options.toNative(), budgetBytes?.unsigned("budgetBytes")) }.toPublic()
        }
    }
}

/**
 * Has the JVM keep the threads that wake a waiting coroutine until they end. By default JNA makes a thread known for each call
 * and forgets it after, which costs more than the call and slows the thread that computes.
 */
internal val stayAttached: Unit by lazy {
    Native.setCallbackThreadInitializer(
        uniffiRustFutureContinuationCallbackImpl,
        CallbackThreadInitializer(/* daemon = */ true, /* detach = */ false, /* name = */ "phonelm"),
    )
}
