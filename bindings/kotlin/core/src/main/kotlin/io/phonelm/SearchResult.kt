package io.phonelm

import io.phonelm.ffi.SearchComposition as NativeComposition
import io.phonelm.ffi.SearchProgress as NativeProgress
import io.phonelm.ffi.SearchResult as NativeResult
import io.phonelm.ffi.SearchStage as NativeStage
import io.phonelm.ffi.ShapeResult as NativeShapeResult
import io.phonelm.ffi.ShapeSpeeds as NativeSpeeds
import io.phonelm.ffi.ValueRange
import java.io.File

/** What an [ArchitectureSearch] tells. */
public sealed interface SearchEvent {
    /**
     * A measurement begins.
     *
     * @property progress How far the search is.
     */
    public data class Progress(val progress: SearchProgress) : SearchEvent

    /**
     * The last event.
     *
     * @property result What was found.
     */
    public data class Finished(val result: SearchResult) : SearchEvent
}

/** What a measurement is for. */
public enum class SearchStage {
    /** Shallow models, from which the speed of every shape is composed. */
    PROBE,

    /** A few whole models from all over the space, which prove what was composed. */
    SAMPLE,

    /** The front-runners, whole and in turns. */
    FINAL,
}

/**
 * How far a search is.
 *
 * @property stage What the measurement that begins is for.
 * @property shape The shape that is measured.
 * @property done Measurements made, those of earlier starts included.
 * @property total Measurements in all, if time allows; it changes when the front-runners are known or one was disturbed.
 * @property seconds Seconds spent, those of earlier starts included.
 * @property budgetSeconds Seconds that may be spent.
 * @property best The best shape so far, as soon as the speed of one is known.
 * @property slowdown Time of a reference model, when it was last timed, to its usual one. Above 1 the device is slower than
 *   usual, from heat or other work; beyond 1.1 a measurement is made again.
 */
public data class SearchProgress(
    val stage: SearchStage,
    val shape: ModelShape,
    val done: Int,
    val total: Int,
    val seconds: Double,
    val budgetSeconds: Double,
    val best: ShapeResult?,
    val slowdown: Double,
)

/**
 * How fast a shape is.
 *
 * @property value Of the objective, in [SearchResult.unit].
 * @property prefillTokensPerSecond Tokens of the prompt read in a second.
 * @property decodeTokensPerSecond Tokens decoded in a second.
 * @property ttftMilliseconds Milliseconds of the prompt.
 * @property bytesPerToken Bytes that a decoded token reads.
 * @property millijoulesPerToken Energy of a decoded token, computed from what it reads and multiplies.
 */
public data class ShapeSpeeds(
    val value: Double,
    val prefillTokensPerSecond: Double,
    val decodeTokensPerSecond: Double,
    val ttftMilliseconds: Double,
    val bytesPerToken: Double,
    val millijoulesPerToken: Double,
)

/**
 * What is known of a shape.
 *
 * @property shape Its sizes.
 * @property headDim Width of a head.
 * @property parameters Number of weights.
 * @property composed Its speeds as composed from shallow models, if its width was measured.
 * @property measured Its speeds as measured whole, if it was: the middle of all visits.
 * @property spread The lowest and highest value of the objective over these visits. Shapes whose spreads overlap are equally
 *   fast, as far as the search knows.
 * @property isOnFront Whether no deeper shape is as good.
 * @property isCandidate Whether it can win: it is within the budget, not only asked for.
 */
public data class ShapeResult(
    val shape: ModelShape,
    val headDim: Int,
    val parameters: Long,
    val composed: ShapeSpeeds?,
    val measured: ShapeSpeeds?,
    val spread: ClosedRange<Double>?,
    val isOnFront: Boolean,
    val isCandidate: Boolean,
) {
    /** What is known best of it: what was measured, else what was composed. */
    public val speeds: ShapeSpeeds?
        get() = measured ?: composed
}

/**
 * How the device changed during a search, by the times of a reference model.
 *
 * @property prefill Time of its prompt to the usual one: fastest and slowest.
 * @property decode The same of a decoded token.
 * @property unsteady Measurements that were disturbed.
 */
public data class SearchDrift(val prefill: ClosedRange<Double>, val decode: ClosedRange<Double>, val unsteady: Int)

/**
 * How well whole models are composed from shallow ones: errors, as shares of what was measured.
 *
 * @property checked Whole models that were measured.
 * @property prefillMiddle The middle error of the prompt's time.
 * @property prefillLargest The largest one.
 * @property decodeMiddle The middle error of a decoded token's time.
 * @property decodeLargest The largest one.
 * @property isProved Whether all are within 5 %; where not, only what was measured whole counts.
 */
public data class SearchComposition(
    val checked: Int,
    val prefillMiddle: Double,
    val prefillLargest: Double,
    val decodeMiddle: Double,
    val decodeLargest: Double,
    val isProved: Boolean,
)

/**
 * What a search found.
 *
 * @property winner The best shape within the budget of parameters.
 * @property shapes Every shape, the best first.
 * @property unit What the value of the objective counts.
 * @property moreIsBetter Whether the largest value is the best.
 * @property device What computed.
 * @property isComplete Whether all was measured before the time ended; a larger budget goes on.
 * @property seconds Seconds spent, those of earlier starts included.
 * @property measurements Measurements made.
 * @property drift How the device changed meanwhile.
 * @property composition How well shapes are composed.
 * @property resultsJson Everything, as a file.
 * @property resultsCsv Every shape, as a table.
 * @property configJson The winner in Hugging Face's form, for training.
 */
public data class SearchResult(
    val winner: ShapeResult,
    val shapes: List<ShapeResult>,
    val unit: String,
    val moreIsBetter: Boolean,
    val device: String,
    val isComplete: Boolean,
    val seconds: Double,
    val measurements: Int,
    val drift: SearchDrift,
    val composition: SearchComposition,
    val resultsJson: File,
    val resultsCsv: File,
    val configJson: File,
) {
    /** The shapes of which no deeper one is as good, the best first: what to choose from. */
    public val front: List<ShapeResult>
        get() = shapes.filter { it.isOnFront }
}

internal fun NativeProgress.toPublic(): SearchProgress = SearchProgress(
    stage = when (stage) {
        NativeStage.PROBE -> SearchStage.PROBE
        NativeStage.SAMPLE -> SearchStage.SAMPLE
        NativeStage.FINAL -> SearchStage.FINAL
    },
    shape = shape.toPublic(),
    done = done.toInt(),
    total = total.toInt(),
    seconds = seconds,
    budgetSeconds = budgetSeconds,
    best = best?.toPublic(),
    slowdown = slowdown,
)

internal fun NativeResult.toPublic(): SearchResult = SearchResult(
    winner = winner.toPublic(),
    shapes = shapes.map { it.toPublic() },
    unit = unit,
    moreIsBetter = moreIsBetter,
    device = device,
    isComplete = complete,
    seconds = seconds,
    measurements = measurements.toInt(),
    drift = SearchDrift(drift.prefill.toPublic(), drift.decode.toPublic(), drift.unsteady.toInt()),
    composition = composition.toPublic(),
    resultsJson = File(files.resultsJson),
    resultsCsv = File(files.resultsCsv),
    configJson = File(files.configJson),
)

private fun NativeShapeResult.toPublic(): ShapeResult = ShapeResult(
    shape = shape.toPublic(),
    headDim = headDim.toInt(),
    parameters = parameters.toLong(),
    composed = composed?.toPublic(),
    measured = measured?.toPublic(),
    spread = spread?.toPublic(),
    isOnFront = front,
    isCandidate = candidate,
)

private fun NativeSpeeds.toPublic(): ShapeSpeeds = ShapeSpeeds(
    value = value,
    prefillTokensPerSecond = prefillTokensPerSecond,
    decodeTokensPerSecond = decodeTokensPerSecond,
    ttftMilliseconds = ttftMs,
    bytesPerToken = bytesPerToken,
    millijoulesPerToken = millijoulesPerToken,
)

private fun NativeComposition.toPublic(): SearchComposition = SearchComposition(
    checked = checked.toInt(),
    prefillMiddle = prefillMiddle,
    prefillLargest = prefillLargest,
    decodeMiddle = decodeMiddle,
    decodeLargest = decodeLargest,
    isProved = proved,
)

private fun ValueRange.toPublic(): ClosedRange<Double> = least..most
