package io.phonelm

import io.phonelm.ffi.Event
import io.phonelm.ffi.FinishReason as NativeReason
import io.phonelm.ffi.Response as NativeResponse

/**
 * A whole answer.
 *
 * @property text What the model said.
 * @property finishReason Why it ended.
 * @property statistics What it cost.
 * @property backendChanges When something else went on with it, in order; mostly empty.
 */
public data class Response(
    val text: String,
    val finishReason: FinishReason,
    val statistics: Statistics,
    val backendChanges: List<BackendChange> = emptyList(),
)

/**
 * Something else went on with an answer: the GPU failed, or the app went to the background. Nothing was lost.
 *
 * @property from What computed before, as in [ModelInfo.executor].
 * @property to What computed from then on.
 * @property reason Why, in words.
 */
public data class BackendChange(val from: String, val to: String, val reason: String)

/**
 * A piece of an answer while it is made.
 *
 * @property delta What came since the last chunk: whole characters, never half of one.
 * @property text All that came so far.
 * @property response The whole answer; on the last chunk only.
 * @property step What happened to a call of a tool, if that is what the chunk tells.
 */
public data class ResponseChunk(
    val delta: String,
    val text: String,
    val response: Response? = null,
    val step: ToolStep? = null,
)

/** Why an answer ended. */
public enum class FinishReason {
    /** The model ended it, or one of [GenerationOptions.stopSequences] did. */
    STOP,

    /** It has as many tokens as were allowed. */
    LENGTH,

    /** It was cancelled. */
    CANCELLED,

    /** The context is full. */
    CONTEXT_FULL,

    /** A constraint of its form ended it. */
    CONSTRAINT,

    /** The model went on calling tools after [ToolPolicy.maxRounds]. */
    TOOL_LIMIT,

    /** It failed. */
    ERROR,
}

/**
 * What an answer cost.
 *
 * @property promptTokens Tokens of the conversation that it answers.
 * @property cachedTokens Those of them that were kept from earlier turns and cost nothing.
 * @property generatedTokens Tokens of the answer.
 * @property secondsToFirstToken Seconds until the first of them.
 * @property tokensPerSecond Tokens a second after the first.
 * @property droppedTurns Turns that were forgotten to make room; see [ContextOverflow.DropOldest].
 * @property droppedTokens Tokens of those turns.
 */
public data class Statistics(
    val promptTokens: Int,
    val cachedTokens: Int,
    val generatedTokens: Int,
    val secondsToFirstToken: Double,
    val tokensPerSecond: Double,
    val droppedTurns: Int,
    val droppedTokens: Int,
)

internal fun Event.BackendChanged.toPublic(): BackendChange = BackendChange(from, to, reason)

internal fun NativeResponse.toPublic(
    droppedTurns: Int,
    droppedTokens: Int,
    backendChanges: List<BackendChange>,
): Response = Response(
    text = text,
    finishReason = when (finish) {
        NativeReason.STOP -> FinishReason.STOP
        NativeReason.LENGTH -> FinishReason.LENGTH
        NativeReason.CANCELLED -> FinishReason.CANCELLED
        NativeReason.CONTEXT_FULL -> FinishReason.CONTEXT_FULL
        NativeReason.CONSTRAINT -> FinishReason.CONSTRAINT
        NativeReason.TOOL_LIMIT -> FinishReason.TOOL_LIMIT
        NativeReason.ERROR -> FinishReason.ERROR
    },
    statistics = Statistics(
        promptTokens = statistics.promptTokens.toInt(),
        cachedTokens = statistics.cachedTokens.toInt(),
        generatedTokens = statistics.generatedTokens.toInt(),
        secondsToFirstToken = statistics.secondsToFirstToken,
        tokensPerSecond = statistics.tokensPerSecond,
        droppedTurns = droppedTurns,
        droppedTokens = droppedTokens,
    ),
    backendChanges = backendChanges,
)
