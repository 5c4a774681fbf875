package io.phonelm

import io.phonelm.ffi.Generation
import io.phonelm.ffi.ToolCall
import io.phonelm.ffi.ToolOutcome
import kotlin.time.Duration
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withTimeout

/** Asks for and runs the calls of one answer. */
internal class ToolRunner(
    private val tools: List<Tool>,
    private val policy: ToolPolicy,
    private val generation: Generation,
) {
    private val ended = Channel<ToolStep>(Channel.UNLIMITED)
    private val asking = Mutex()

    /** Calls that ended, as they end. */
    val steps: ReceiveChannel<ToolStep> get() = ended

    /** Asks the user, again where the arguments that he changed do not fit. */
    suspend fun confirm(call: ToolCall): Unit = asking.withLock {
        var problem: String? = null
        repeat(ATTEMPTS) {
            try {
                val decision = decide(ToolConfirmation(call.toPublic(), problem))
                return tell { generation.confirm(call.callId, decision.toNative()) }
            } catch (error: PhoneLMException.ArgumentsInvalid) {
                problem = error.reason
            }
        }
        val refusal = ToolDecision.Refuse("the changed arguments do not fit: $problem")
        tell { generation.confirm(call.callId, refusal.toNative()) }
    }

    private suspend fun decide(asked: ToolConfirmation): ToolDecision = guarded({ ToolDecision.Refuse(it) }) {
        policy.confirm(asked)
    }

    suspend fun run(call: ToolCall) {
        val outcome = guarded({ ToolOutcome.Failed(it) }) {
            val tool = tools.first { it.name == call.name }
            ToolOutcome.Output(withLimit(tool.timeLimit) { tool.body(call.argumentsJson) })
        }
        ended.trySend(
            when (outcome) {
                is ToolOutcome.Output -> ToolStep.Finished(call.toPublic(), outcome.text)
                is ToolOutcome.Failed -> ToolStep.Failed(call.toPublic(), outcome.message)
            },
        )
        tell { generation.answer(call.callId, outcome) }
    }

    /** A generation that has ended meanwhile takes no answer; its next event says why it ended. */
    private inline fun tell(block: () -> Unit) {
        try {
            crossing(block)
        } catch (_: PhoneLMException.UnknownCall) {
        }
    }

    /** What the app's code gives, or what is made of what it throws. */
    private suspend fun <T> guarded(failed: (String) -> T, block: suspend () -> T): T =
        try {
            block()
        } catch (error: CancellationException) {
            // A time limit inside the app's code has failed; the end of the whole answer goes on.
            currentCoroutineContext().ensureActive()
            failed(error.message ?: error.javaClass.simpleName)
        } catch (error: Exception) {
            failed(error.message ?: error.javaClass.simpleName)
        }

    /** Runs [body] beside the answer, so that one which ignores its cancellation holds nobody up. */
    private suspend fun withLimit(limit: Duration, body: suspend () -> String): String {
        if (limit == Duration.INFINITE) return body()
        val running = CoroutineScope(currentCoroutineContext() + Job()).async { body() }
        try {
            return withTimeout(limit) { running.await() }
        } catch (error: TimeoutCancellationException) {
            if (running.isCompleted) throw error
            throw IllegalStateException("it did not end within $limit; whether it took effect is not known", error)
        } finally {
            running.cancel()
        }
    }

    private companion object {
        /** How often unfit arguments are asked for again. */
        const val ATTEMPTS = 5
    }
}
