package io.phonelm

import io.phonelm.ffi.Activation as NativeActivation
import io.phonelm.ffi.LayerRange
import io.phonelm.ffi.ModelShape as NativeShape
import io.phonelm.ffi.SearchObjective as NativeObjective
import io.phonelm.ffi.SearchOptions as NativeOptions
import io.phonelm.ffi.SearchSpace as NativeSpace
import io.phonelm.ffi.ValueRange
import io.phonelm.ffi.WeightType as NativeWeightType

/**
 * What an [ArchitectureSearch] looks for. What is left out is as the program `phonelm search` has it.
 *
 * @property parameters Parameters of the wanted model.
 * @property tolerance Share by which a shape may miss them; 0.02 if `null`.
 * @property vocabularySize Rows of the embedding; 49,152 if `null`.
 * @property contextSize Longest text of the wanted model in tokens; 2048 if `null`.
 * @property prefillTokens Tokens of the prompt that is timed; 128 if `null`.
 * @property decodeTokens Tokens that are decoded after it; 64 if `null`.
 * @property objective What counts.
 * @property budgetSeconds Seconds to measure, over all starts together; 20 minutes if `null`.
 * @property weightType How the weights are stored.
 * @property sparsity Share of the neurons that ReLU leaves at zero in the trained model; about half, as random weights have it,
 *   if `null`.
 * @property threads Compute threads of the processor, 1 to 256; the number of big cores if `null`.
 * @property backend What computes. A search is for one of both, so [Backend.AUTO] is refused.
 * @property space Which shapes are looked at.
 * @property also Shapes that are timed whole beside the best, whatever their size, and cannot win.
 */
public data class SearchOptions(
    val parameters: Long,
    val tolerance: Double? = null,
    val vocabularySize: Int? = null,
    val contextSize: Int? = null,
    val prefillTokens: Int? = null,
    val decodeTokens: Int? = null,
    val objective: SearchObjective = SearchObjective.Decode,
    val budgetSeconds: Double? = null,
    val weightType: WeightType = WeightType.Q4_0,
    val sparsity: Double? = null,
    val threads: Int? = null,
    val backend: Backend = Backend.CPU,
    val space: SearchSpace = SearchSpace(),
    val also: List<ModelShape> = emptyList(),
)

/** What counts as good in a search. */
public sealed interface SearchObjective {
    /** Tokens decoded in a second. */
    public data object Decode : SearchObjective

    /** Tokens of the prompt read in a second. */
    public data object Prefill : SearchObjective

    /** Milliseconds from the prompt to the first token. */
    public data object Ttft : SearchObjective

    /**
     * The weighted geometric mean of the speeds of decode and prefill.
     *
     * @property decode The weight of decode, 0 to 1.
     */
    public data class Weighted(val decode: Double) : SearchObjective

    /** Millijoules of a decoded token: computed from what it reads and multiplies, not measured. */
    public data object EnergyProxy : SearchObjective
}

/** How a model's weights are stored. */
public enum class WeightType {
    /** Four bits a weight and a scale for 32 of them. */
    Q4_0,

    /** Eight bits a weight and a scale for 32 of them. */
    Q8_0,
}

/** The non-linearity of a model's FFN. */
public enum class Activation {
    /** As PhoneLM has it. */
    RELU,

    /** As Llama has it. */
    SILU,
}

/**
 * What the shapes of a search may differ in.
 *
 * @property headDims Widths of a head, multiples of 16; 64, 96, 128 and 160 if `null`.
 * @property kvGroups Query heads for a key head, of which 1 is multi-head attention; 1 and 4 if `null`.
 * @property activations Non-linearities of the FFN; [Activation.RELU] if `null`.
 * @property tied Whether the head is the embedding; it is, if `null`.
 * @property layers Depths; 4 to 64 if `null`.
 * @property aspect Width to depth; 8 to 160 if `null`.
 * @property ffnRatio Neurons of the FFN to the width; 2 to 6 if `null`.
 */
public data class SearchSpace(
    val headDims: List<Int>? = null,
    val kvGroups: List<Int>? = null,
    val activations: List<Activation>? = null,
    val tied: List<Boolean>? = null,
    val layers: IntRange? = null,
    val aspect: ClosedRange<Double>? = null,
    val ffnRatio: ClosedRange<Double>? = null,
)

/**
 * Sizes of a model.
 *
 * @property hidden Width of the residual stream.
 * @property layers Number of layers.
 * @property ffn Neurons of the FFN.
 * @property heads Query heads.
 * @property kvHeads Key and value heads.
 * @property activation Non-linearity of the FFN.
 * @property tied Whether the head is the embedding.
 */
public data class ModelShape(
    val hidden: Int,
    val layers: Int,
    val ffn: Int,
    val heads: Int,
    val kvHeads: Int,
    val activation: Activation = Activation.RELU,
    val tied: Boolean = true,
)

internal fun SearchOptions.toNative(directory: String): NativeOptions = NativeOptions(
    params = parameters.unsigned("parameters"),
    directory = directory,
    tolerance = tolerance,
    vocab = vocabularySize?.unsigned("vocabularySize"),
    context = contextSize?.unsigned("contextSize"),
    prefill = prefillTokens?.unsigned("prefillTokens"),
    decode = decodeTokens?.unsigned("decodeTokens"),
    objective = objective.toNative(),
    budgetSeconds = budgetSeconds,
    weights = when (weightType) {
        WeightType.Q4_0 -> NativeWeightType.Q4_0
        WeightType.Q8_0 -> NativeWeightType.Q8_0
    },
    sparsity = sparsity,
    threads = threads?.unsigned("threads"),
    backend = backend.toNative(),
    space = space.toNative(),
    also = also.map { it.toNative() },
)

private fun SearchObjective.toNative(): NativeObjective = when (this) {
    SearchObjective.Decode -> NativeObjective.Decode
    SearchObjective.Prefill -> NativeObjective.Prefill
    SearchObjective.Ttft -> NativeObjective.Ttft
    is SearchObjective.Weighted -> NativeObjective.Weighted(decode)
    SearchObjective.EnergyProxy -> NativeObjective.EnergyProxy
}

private fun SearchSpace.toNative(): NativeSpace = NativeSpace(
    headDims = headDims?.map { it.unsigned("headDims") },
    kvGroups = kvGroups?.map { it.unsigned("kvGroups") },
    activations = activations?.map { it.toNative() },
    tied = tied,
    layers = layers?.let { LayerRange(it.first.unsigned("layers"), it.last.unsigned("layers")) },
    aspect = aspect?.toNative(),
    ffnRatio = ffnRatio?.toNative(),
)

private fun ClosedRange<Double>.toNative() = ValueRange(start, endInclusive)

private fun Activation.toNative(): NativeActivation = when (this) {
    Activation.RELU -> NativeActivation.RELU
    Activation.SILU -> NativeActivation.SILU
}

private fun ModelShape.toNative(): NativeShape = NativeShape(
    hidden = hidden.unsigned("also"),
    layers = layers.unsigned("also"),
    ffn = ffn.unsigned("also"),
    heads = heads.unsigned("also"),
    kvHeads = kvHeads.unsigned("also"),
    activation = activation.toNative(),
    tied = tied,
)

internal fun NativeShape.toPublic(): ModelShape = ModelShape(
    hidden = hidden.toInt(),
    layers = layers.toInt(),
    ffn = ffn.toInt(),
    heads = heads.toInt(),
    kvHeads = kvHeads.toInt(),
    activation = when (activation) {
        NativeActivation.RELU -> Activation.RELU
        NativeActivation.SILU -> Activation.SILU
    },
    tied = tied,
)
