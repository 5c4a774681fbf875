// Reading and writing speed as charts.
package io.phonelm.sample.benchmark

import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.material3.Button
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import io.phonelm.sample.ModelState
import io.phonelm.sample.R
import io.phonelm.sample.ui.Bar
import io.phonelm.sample.ui.BarChart
import io.phonelm.sample.ui.Fact
import io.phonelm.sample.ui.Frame
import io.phonelm.sample.ui.Heading
import io.phonelm.sample.ui.Hint
import io.phonelm.sample.ui.Page
import io.phonelm.sample.ui.Panel
import io.phonelm.sample.ui.Problem
import io.phonelm.sample.ui.WithModel

@Composable
fun BenchmarkScreen(benchmark: BenchmarkViewModel) {
    val state by benchmark.state.collectAsStateWithLifecycle()
    val model by benchmark.model.collectAsStateWithLifecycle()
    Frame(stringResource(R.string.benchmark), model.choice.name) {
        WithModel(model, benchmark::reopen) { ready -> Results(benchmark, state, ready) }
    }
}

@Composable
private fun Results(benchmark: BenchmarkViewModel, state: BenchmarkState, ready: ModelState.Ready) {
    Page {
        Panel {
            Hint(stringResource(R.string.benchmark_about))
            Fact(stringResource(R.string.executor), ready.info.executor)
            val progress = state.progress
            if (progress == null) {
                Button(benchmark::start, Modifier.align(Alignment.End)) { Text(stringResource(R.string.measure)) }
            } else {
                LinearProgressIndicator({ progress }, Modifier.fillMaxWidth())
                OutlinedButton(benchmark::stop, Modifier.align(Alignment.End)) { Text(stringResource(R.string.stop)) }
            }
        }
        state.problem?.let { Problem(it) }
        if (state.results.isNotEmpty()) {
            val colours = MaterialTheme.colorScheme
            Chart(stringResource(R.string.prefill), state.results, colours.primary) { it.prefill }
            Chart(stringResource(R.string.decode), state.results, colours.tertiary) { it.decode }
        }
    }
}

@Composable
private fun Chart(title: String, results: List<Measured>, colour: Color, value: (Measured) -> Double) {
    Panel {
        Heading(title)
        val bars = results.map {
            val label = stringResource(R.string.prompt_of, it.promptTokens)
            Bar(label, value(it), stringResource(R.string.tokens_per_second, value(it)))
        }
        BarChart(bars, colour)
    }
}
