package io.phonelm

import io.phonelm.ffi.GenerationOptions as NativeOptions
import io.phonelm.ffi.OverflowPolicy as NativePolicy

/**
 * How an answer is made. What is `null` is the session's default, and the engine's where that is `null` as well.
 *
 * @property maximumResponseTokens Most tokens of the answer; without it as many as the context holds.
 * @property temperature 0 takes the most likely token each time; higher is more varied.
 * @property topK Draws among this many of the most likely tokens; 0 draws among all.
 * @property topP Draws among the most likely tokens whose probabilities add up to this.
 * @property minP Leaves out tokens less likely than this share of the most likely one.
 * @property repetitionPenalty Above 1 makes tokens that were used less likely.
 * @property presencePenalty Taken from the score of every token that was used.
 * @property frequencyPenalty Taken from the score of a token as often as it was used.
 * @property seed The same seed draws the same answer; without one each answer draws its own.
 * @property stopSequences Texts that end the answer and are no part of it.
 * @property keepPartialResponse Whether a cancelled turn enters the conversation with what was said so far.
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
)

/** What happens when a conversation outgrows the context. */
public sealed interface ContextOverflow {
    /** The turn fails with [PhoneLMException.ContextFull]; the session stands at its last turn. */
    public data object Fail : ContextOverflow

    /**
     * The oldest turns are forgotten, all at once, until the conversation fills [keepShare] of the context (0.1 to 0.9).
     * Instructions stay. [Statistics.droppedTurns] tells of it.
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
)

internal fun ContextOverflow.toNative(): NativePolicy = when (this) {
    ContextOverflow.Fail -> NativePolicy.Fail
    is ContextOverflow.DropOldest -> NativePolicy.DropOldest(keepShare)
}
