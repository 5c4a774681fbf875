// What to search for, how far the search is, and what it found.
package io.phonelm.sample.search

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.Button
import androidx.compose.material3.FilterChip
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.DisposableEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalView
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import io.phonelm.ModelShape
import io.phonelm.SearchProgress
import io.phonelm.SearchResult
import io.phonelm.SearchStage
import io.phonelm.sample.R
import io.phonelm.sample.ui.Fact
import io.phonelm.sample.ui.Frame
import io.phonelm.sample.ui.Heading
import io.phonelm.sample.ui.Hint
import io.phonelm.sample.ui.Page
import io.phonelm.sample.ui.Panel
import io.phonelm.sample.ui.Problem

/** Slowness from which the phone should rest. */
private const val TOO_SLOW = 1.1

@Composable
fun SearchScreen(search: SearchViewModel) {
    val state by search.state.collectAsStateWithLifecycle()
    Frame(stringResource(R.string.search), stringResource(R.string.search_about)) {
        Page {
            if (state.isRunning) {
                KeepScreenOn()
                Running(state.progress, search::stop)
            } else {
                Wish(search, state)
            }
            state.problem?.let { problem ->
                Problem(problem) {
                    if (state.isBlocked) {
                        Button(search::startAnew, Modifier.align(Alignment.End)) { Text(stringResource(R.string.start_anew)) }
                    }
                }
            }
            state.result?.let { Found(it) }
        }
    }
}

@Composable
private fun Wish(search: SearchViewModel, state: SearchState) {
    Panel {
        Hint(stringResource(R.string.search_hint))
        Choice(stringResource(R.string.search_size), Size.entries, state.size, { it.title }, search::choose)
        Choice(stringResource(R.string.search_aim), Aim.entries, state.aim, { it.title }, search::choose)
        Choice(stringResource(R.string.search_budget), Budget.entries, state.budget, { it.title }, search::choose)
        Button(search::start, Modifier.align(Alignment.End)) { Text(stringResource(R.string.start_search)) }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun <T> Choice(title: String, all: List<T>, chosen: T, name: (T) -> Int, onChoose: (T) -> Unit) {
    Heading(title)
    FlowRow(Modifier.fillMaxWidth(), Arrangement.spacedBy(8.dp)) {
        for (one in all) FilterChip(one == chosen, { onChoose(one) }, { Text(stringResource(name(one))) })
    }
}

@Composable
private fun Running(progress: SearchProgress?, onStop: () -> Unit) {
    Panel {
        if (progress == null) {
            Heading(stringResource(R.string.search_begins))
            LinearProgressIndicator(Modifier.fillMaxWidth())
        } else {
            Heading(stringResource(stage(progress.stage)))
            LinearProgressIndicator({ share(progress) }, Modifier.fillMaxWidth())
            Fact(stringResource(R.string.measurements), stringResource(R.string.of, progress.done, progress.total))
            Fact(stringResource(R.string.time), stringResource(R.string.seconds_of, progress.seconds, progress.budgetSeconds))
            Fact(stringResource(R.string.measured_now), shape(progress.shape))
            progress.best?.let { best ->
                Fact(stringResource(R.string.best_so_far), shape(best.shape))
                best.speeds?.let {
                    Fact(stringResource(R.string.decode), stringResource(R.string.tokens_per_second, it.decodeTokensPerSecond))
                }
            }
            if (progress.slowdown > TOO_SLOW) {
                Hint(stringResource(R.string.slow, (progress.slowdown - 1) * 100))
            }
        }
        OutlinedButton(onStop, Modifier.align(Alignment.End)) { Text(stringResource(R.string.stop)) }
    }
}

/** Time ends a search as well as its last measurement. */
private fun share(progress: SearchProgress): Float =
    maxOf(progress.done.toDouble() / progress.total, progress.seconds / progress.budgetSeconds).coerceAtMost(1.0).toFloat()

@Composable
private fun Found(result: SearchResult) {
    val winner = result.winner
    Panel(isMarked = true) {
        Heading(stringResource(R.string.winner))
        Text(shape(winner.shape), style = MaterialTheme.typography.headlineSmall)
        Fact(stringResource(R.string.parameters), stringResource(R.string.millions, winner.parameters / 1e6))
        winner.speeds?.let {
            Fact(stringResource(R.string.decode), stringResource(R.string.tokens_per_second, it.decodeTokensPerSecond))
            Fact(stringResource(R.string.prefill), stringResource(R.string.tokens_per_second, it.prefillTokensPerSecond))
        }
        Fact(stringResource(R.string.executor), result.device)
        if (!result.isComplete) Hint(stringResource(R.string.search_incomplete))
    }
    Panel {
        Heading(stringResource(R.string.plot_title, result.unit))
        val speed = winner.speeds?.value ?: 0.0
        ShapePlot(
            result,
            stringResource(R.string.plot_described, result.shapes.size, winner.shape.layers, speed, result.unit),
        )
        Hint(stringResource(R.string.layers))
        Legend()
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Legend() {
    val colours = plotColours()
    FlowRow(horizontalArrangement = Arrangement.spacedBy(16.dp)) {
        Key(colours.composed, stringResource(R.string.legend_composed))
        Key(colours.measured, stringResource(R.string.legend_measured))
        Key(colours.front, stringResource(R.string.legend_front))
    }
}

@Composable
private fun Key(colour: Color, name: String) {
    Row(Modifier, Arrangement.spacedBy(6.dp), Alignment.CenterVertically) {
        Spacer(Modifier.size(10.dp).clip(CircleShape).background(colour))
        Hint(name)
    }
}

@Composable
private fun shape(shape: ModelShape): String =
    stringResource(R.string.shape, shape.layers, shape.hidden, shape.ffn, shape.heads, shape.kvHeads)

private fun stage(stage: SearchStage): Int = when (stage) {
    SearchStage.PROBE -> R.string.stage_probe
    SearchStage.SAMPLE -> R.string.stage_sample
    SearchStage.FINAL -> R.string.stage_final
}

/** A phone that falls asleep measures nothing. */
@Composable
private fun KeepScreenOn() {
    val view = LocalView.current
    DisposableEffect(view) {
        view.keepScreenOn = true
        onDispose { view.keepScreenOn = false }
    }
}
