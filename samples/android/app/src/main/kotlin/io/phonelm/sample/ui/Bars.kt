// Bars: of one row, each as long as its value; and of parts that make up a whole.
package io.phonelm.sample.ui

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp

/**
 * A bar of a chart.
 *
 * @property shown Its value as people read it.
 */
data class Bar(val label: String, val value: Double, val shown: String)

/** Bars below each other, the longest as wide as the chart. */
@Composable
fun BarChart(bars: List<Bar>, colour: Color) {
    val most = bars.maxOfOrNull { it.value } ?: return
    for (bar in bars) {
        Column(Modifier.semantics(mergeDescendants = true) {}, Arrangement.spacedBy(4.dp)) {
            Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(8.dp)) {
                Text(bar.label, Modifier.weight(1f), style = MaterialTheme.typography.labelLarge)
                Text(bar.shown, style = MaterialTheme.typography.labelLarge, textAlign = TextAlign.End)
            }
            Track { Box(Modifier.fillMaxWidth(share(bar.value, most)).fillMaxHeight().clip(CircleShape).background(colour)) }
        }
    }
}

/** A part of a whole, with its name and size beside its colour. */
data class Part(val label: String, val value: Double, val shown: String, val colour: Color)

/** Parts one after the other on a track that stands for [whole], and a line on each below. */
@Composable
fun PartsBar(parts: List<Part>, whole: Double) {
    Track {
        Row(Modifier.fillMaxWidth(share(parts.sumOf { it.value }, whole)).fillMaxHeight().clip(CircleShape)) {
            for (part in parts.filter { it.value > 0 }) {
                Spacer(Modifier.weight(part.value.toFloat()).fillMaxHeight().background(part.colour))
            }
        }
    }
    for (part in parts) {
        Row(
            Modifier.fillMaxWidth().semantics(mergeDescendants = true) {},
            Arrangement.spacedBy(8.dp),
            Alignment.CenterVertically,
        ) {
            Spacer(Modifier.size(12.dp).clip(CircleShape).background(part.colour))
            Hint(part.label, Modifier.weight(1f))
            Text(part.shown, style = MaterialTheme.typography.bodyMedium)
        }
    }
}

@Composable
private fun Track(content: @Composable () -> Unit) {
    val colour = MaterialTheme.colorScheme.surfaceContainerHighest
    Box(Modifier.fillMaxWidth().height(12.dp).clip(CircleShape).background(colour)) { content() }
}

/** A share of the width; what is small can still be seen. */
private fun share(value: Double, of: Double): Float = if (of > 0) (value / of).coerceIn(0.01, 1.0).toFloat() else 0f
