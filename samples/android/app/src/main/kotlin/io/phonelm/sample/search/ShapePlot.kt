// Shapes as points: their depth against their speed, what was composed, what was measured, and the best of them.
package io.phonelm.sample.search

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.material3.MaterialTheme
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Rect
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.Path
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.TextMeasurer
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.drawText
import androidx.compose.ui.text.rememberTextMeasurer
import androidx.compose.ui.unit.dp
import io.phonelm.SearchResult
import io.phonelm.ShapeResult
import kotlin.math.ceil
import kotlin.math.floor
import kotlin.math.log10
import kotlin.math.pow

/** The colours of a plot. */
data class PlotColours(val composed: Color, val measured: Color, val front: Color, val grid: Color)

@Composable
fun plotColours() = PlotColours(
    composed = MaterialTheme.colorScheme.outline,
    measured = MaterialTheme.colorScheme.tertiary,
    front = MaterialTheme.colorScheme.primary,
    grid = MaterialTheme.colorScheme.outlineVariant,
)

/** @param description What is to be seen on it, for those who cannot. */
@Composable
fun ShapePlot(result: SearchResult, description: String) {
    val colours = plotColours()
    val texts = rememberTextMeasurer()
    val style = MaterialTheme.typography.labelSmall.copy(color = MaterialTheme.colorScheme.onSurfaceVariant)
    Canvas(Modifier.fillMaxWidth().height(240.dp).semantics { contentDescription = description }) {
        val shapes = result.shapes.filter { it.isCandidate && it.speeds != null }
        if (shapes.isEmpty()) return@Canvas
        val depths = Scale.around(shapes.map { it.shape.layers.toDouble() }, leastStep = 1.0)
        val values = Scale.around(shapes.flatMap { listOfNotNull(it.value, it.spread?.start, it.spread?.endInclusive) })
        val left = values.ticks.maxOf { texts.measure(label(it), style).size.width } + 8.dp.toPx()
        val below = texts.measure("0", style).size.height + 6.dp.toPx()
        val area = Rect(left, 8.dp.toPx(), size.width - 8.dp.toPx(), size.height - below)
        val margin = 12.dp.toPx()
        val place = { layers: Double, value: Double ->
            Offset(area.across(depths.share(layers), margin), area.bottom - area.height * values.share(value))
        }
        axes(area, margin, depths, values, texts, style, colours.grid)
        points(shapes, colours, place)
        ring(result.winner, colours.front, place)
    }
}

private val ShapeResult.value: Double get() = speeds?.value ?: 0.0

/** Points keep away from the numbers at both sides. */
private fun Rect.across(share: Float, margin: Float) = left + margin + (width - 2 * margin) * share

private fun DrawScope.axes(
    area: Rect,
    margin: Float,
    depths: Scale,
    values: Scale,
    texts: TextMeasurer,
    style: TextStyle,
    grid: Color,
) {
    for (tick in values.ticks) {
        val y = area.bottom - area.height * values.share(tick)
        drawLine(grid, Offset(area.left, y), Offset(area.right, y), alpha = 0.5f)
        val text = texts.measure(label(tick), style)
        drawText(text, topLeft = Offset(area.left - text.size.width - 6.dp.toPx(), y - text.size.height / 2f))
    }
    for (tick in depths.ticks) {
        val text = texts.measure(label(tick), style)
        val x = area.across(depths.share(tick), margin)
        drawText(text, topLeft = Offset(x - text.size.width / 2f, area.bottom + 4.dp.toPx()))
    }
}

private fun DrawScope.points(shapes: List<ShapeResult>, colours: PlotColours, place: (Double, Double) -> Offset) {
    val (measured, composed) = shapes.partition { it.measured != null }
    for (shape in composed) drawCircle(colours.composed, 2.5.dp.toPx(), place(shape.shape.layers.toDouble(), shape.value), 0.6f)
    val front = Path()
    shapes.filter { it.isOnFront }.sortedBy { it.shape.layers }.forEachIndexed { index, shape ->
        val at = place(shape.shape.layers.toDouble(), shape.value)
        if (index == 0) front.moveTo(at.x, at.y) else front.lineTo(at.x, at.y)
    }
    drawPath(front, colours.front, style = Stroke(1.5.dp.toPx()))
    for (shape in measured) {
        val layers = shape.shape.layers.toDouble()
        shape.spread?.let { spread ->
            drawLine(colours.measured, place(layers, spread.start), place(layers, spread.endInclusive), 1.5.dp.toPx(), alpha = 0.6f)
        }
        drawCircle(colours.measured, 4.dp.toPx(), place(layers, shape.value))
    }
}

private fun DrawScope.ring(winner: ShapeResult, colour: Color, place: (Double, Double) -> Offset) {
    drawCircle(colour, 8.dp.toPx(), place(winner.shape.layers.toDouble(), winner.value), style = Stroke(2.dp.toPx()))
}

/** An axis with round numbers on it. */
private class Scale(val ticks: List<Double>) {
    fun share(value: Double): Float = ((value - ticks.first()) / (ticks.last() - ticks.first())).toFloat()

    companion object {
        /** An axis that reaches from below the least value to above the largest. */
        fun around(values: List<Double>, leastStep: Double = 0.0): Scale {
            val (least, most) = values.min() to values.max()
            val step = step((most - least).coerceAtLeast(most * 0.01).coerceAtLeast(1e-9)).coerceAtLeast(leastStep)
            val first = floor(least / step).toInt()
            val last = maxOf(ceil(most / step).toInt(), first + 1)
            return Scale((first..last).map { it * step })
        }

        /** 1, 2 or 5 and zeros, so that three to six of them make up a range. */
        private fun step(range: Double): Double {
            val power = 10.0.pow(floor(log10(range / 3)))
            return listOf(5.0, 2.0, 1.0).map { it * power }.firstOrNull { range / it >= 3 } ?: power
        }
    }
}

private fun label(value: Double): String = if (value == floor(value)) "%,d".format(value.toLong()) else "%.2g".format(value)
