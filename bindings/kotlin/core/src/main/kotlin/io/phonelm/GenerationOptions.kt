package io.phonelm

import io.phonelm.ffi.GenerationOptions as NativeOptions
import io.phonelm.ffi.OverflowPolicy as NativePolicy

/**
 * How an answer is made. What is `null` is as the session's defaults say, and after those as stated here.
 *
 * @property maximumResponseTokens Most tokens of the answer, at least 1; as many as the context holds.
 * @property temperature 0 to 10: 0, the default, takes the likeliest token each time; more is more varied.
 * @property topK Draws only among so many of the likeliest tokens; 0, the default, for all.
 * @property topP Draws only among the likeliest tokens that together reach this probability, above 0 up to 1, the default.
 * @property minP Draws only among tokens at least this share as likely as the likeliest, 0, the default, to 1.
 * @property repetitionPenalty Makes tokens of the last 64 less likely, above 0 up to 10; 1, the default, leaves them.
 * @property presencePenalty Taken off the score of each token of the last 64, -2 to 2; 0 by default.
 * @property frequencyPenalty Taken off the score for each time that a token is among the last 64, -2 to 2; 0 by default.
 * @property seed The same seed draws the same answer; without one each answer draws its own.
 * @property stopSequences Texts that end the answer and are no part of it.
 * @property keepPartialResponse Whether a cancelled turn enters the conversation with what was said so far; it does not by default.
 * @property grammar What the answer must look like; anything by default.
 */
public data class GenerationOptions(
    val maximumResponseTokens: Int? = null,
    val temperature: Double? = null,
    val topK: Int? = null,
    val topP: Double? = null,
    val minP: Double? = null,
    val repetitionPenalty: Double? = null,
    val presencePenalty: Double? = null,
    val frequencyPenalty: Double? = null,
    val seed: Long? = null,
    val stopSequences: List<String>? = null,
    val keepPartialResponse: Boolean? = null,
    val grammar: Grammar? = null,
)

/** What happens when a conversation outgrows the context. */
public sealed interface ContextOverflow {
    /** The turn fails with [PhoneLMException.ContextFull]; the session stands at its last turn. */
    public data object Fail : ContextOverflow

    /**
     * * The oldest turns are forgotten, all at once, until the conversation fills [keepShare] of the context (0.1 to 0.9).
     * Instructions stay. [Statistics.droppedTurns] tells of it.
     *
     * @property keepShare 0.1 to 0.9 of the context; less forgets more at once, but seldom.
     */
    public data class DropOldest(val keepShare: Double = 0.5) : ContextOverflow
}

internal fun GenerationOptions.toNative(): NativeOptions = NativeOptions(
    maxTokens = maximumResponseTokens?.unsigned("maximumResponseTokens"),
    temperature = temperature?.toFloat(),
    topK = topK?.unsigned("topK"),
    topP = topP?.toFloat(),
    minP = minP?.toFloat(),
    repetitionPenalty = repetitionPenalty?.toFloat(),
    presencePenalty = presencePenalty?.toFloat(),
    frequencyPenalty = frequencyPenalty?.toFloat(),
    seed = seed?.toULong(),
    stop = stopSequences,
    keepPartial = keepPartialResponse,
    grammar = grammar?.toNative(),
)

internal fun ContextOverflow.toNative(): NativePolicy = when (this) {
    ContextOverflow.Fail -> NativePolicy.Fail
    is ContextOverflow.DropOldest -> NativePolicy.DropOldest(keepShare)
}
