// The models on this phone as cards, each with what it would need; and the way to bring another one.
package io.phonelm.sample.models

import android.text.format.Formatter
import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.contract.ActivityResultContracts.OpenDocument
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.material3.Button
import androidx.compose.material3.FilledTonalButton
import androidx.compose.material3.Icon
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import io.phonelm.ModelInfo
import io.phonelm.sample.ModelChoice
import io.phonelm.sample.ModelState
import io.phonelm.sample.R
import io.phonelm.sample.ui.Fact
import io.phonelm.sample.ui.Frame
import io.phonelm.sample.ui.Heading
import io.phonelm.sample.ui.Hint
import io.phonelm.sample.ui.IconAction
import io.phonelm.sample.ui.Page
import io.phonelm.sample.ui.Panel
import io.phonelm.sample.ui.Part
import io.phonelm.sample.ui.PartsBar
import io.phonelm.sample.ui.Problem

@Composable
fun ModelsScreen(models: ModelsViewModel) {
    val state by models.state.collectAsStateWithLifecycle()
    val open by models.model.collectAsStateWithLifecycle()
    val picker = rememberLauncherForActivityResult(OpenDocument()) { document -> document?.let(models::import) }
    Frame(stringResource(R.string.models), stringResource(R.string.models_private)) {
        Page {
            state.problem?.let { Problem(it) }
            ModelCard(models, state, open, ModelChoice(), stringResource(R.string.model_inside))
            for (stored in state.stored) {
                ModelCard(models, state, open, ModelChoice(stored.name), size(stored.bytes), models::delete)
            }
            val import = state.import
            if (import == null) {
                FilledTonalButton({ picker.launch(arrayOf("*/*")) }, Modifier.align(Alignment.CenterHorizontally)) {
                    Icon(painterResource(R.drawable.ic_add), contentDescription = null, Modifier.size(20.dp))
                    Spacer(Modifier.width(8.dp))
                    Text(stringResource(R.string.add_model))
                }
            } else {
                ImportCard(import, models::cancelImport)
            }
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun ModelCard(
    models: ModelsViewModel,
    state: ModelsState,
    open: ModelState,
    choice: ModelChoice,
    about: String,
    onDelete: ((String) -> Unit)? = null,
) {
    val isChosen = open.choice.stored == choice.stored
    Panel(isMarked = isChosen) {
        Row(verticalAlignment = Alignment.CenterVertically) {
            Column(Modifier.weight(1f)) {
                Heading(choice.name)
                Hint(about)
            }
            val stored = choice.stored
            if (onDelete != null && stored != null) {
                IconAction(R.drawable.ic_delete, stringResource(R.string.delete_model, stored)) { onDelete(stored) }
            }
        }
        if (isChosen) Status(open, models::reopen)
        val planned = state.planned?.takeIf { it.choice == choice }
        planned?.let { Plan(it) }
        FlowRow(Modifier.fillMaxWidth(), Arrangement.spacedBy(8.dp, Alignment.End)) {
            OutlinedButton({ models.togglePlan(choice) }) {
                Text(stringResource(if (planned == null) R.string.show_plan else R.string.hide_plan))
            }
            if (planned != null && !(isChosen && open is ModelState.Ready)) {
                Button(models::load, enabled = planned.fits) { Text(stringResource(R.string.load)) }
            }
        }
    }
}

@Composable
private fun ColumnScope.Status(open: ModelState, onReopen: () -> Unit) {
    when (open) {
        is ModelState.Loading -> LinearProgressIndicator({ open.progress }, Modifier.fillMaxWidth())
        is ModelState.Ready -> Facts(open.info)
        is ModelState.Failed -> Problem(open.reason)
        is ModelState.Unloaded -> Button(onReopen, Modifier.align(Alignment.End)) { Text(stringResource(R.string.load_again)) }
    }
}

@Composable
private fun Facts(info: ModelInfo) {
    Fact(stringResource(R.string.family), info.family)
    Fact(stringResource(R.string.parameters), stringResource(R.string.millions, info.parameters / 1e6))
    Fact(stringResource(R.string.weights), info.quantization)
    Fact(stringResource(R.string.context), stringResource(R.string.count_tokens, info.contextSize))
    Fact(stringResource(R.string.executor), info.executor)
}

/** Memory: the parts of what the model would need, against what is free. */
@Composable
private fun Plan(planned: Planned) {
    val plan = planned.plan
    val colours = MaterialTheme.colorScheme
    Heading(stringResource(R.string.plan_title))
    PartsBar(
        listOf(
            part(stringResource(R.string.plan_weights), plan.weightBytes, colours.primary),
            part(stringResource(R.string.plan_conversation, plan.contextSize), plan.keyValueBytes, colours.tertiary),
            part(stringResource(R.string.plan_scratch), plan.scratchBytes, colours.outline),
        ),
        whole = maxOf(planned.available, plan.totalBytes).toDouble(),
    )
    Fact(stringResource(R.string.plan_total), size(plan.totalBytes))
    Fact(stringResource(R.string.plan_available), size(planned.available))
    Fact(stringResource(R.string.plan_file), size(plan.fileBytes))
    when {
        !planned.fits -> Text(stringResource(R.string.plan_too_large), color = colours.error)
        planned.contextSize < plan.contextSize -> Hint(stringResource(R.string.plan_shorter, planned.contextSize))
    }
}

@Composable
private fun part(label: String, bytes: Long, colour: Color) = Part(label, bytes.toDouble(), size(bytes), colour)

@Composable
private fun ImportCard(import: Import, onCancel: () -> Unit) {
    Panel {
        Heading(stringResource(R.string.importing, import.name))
        val total = import.total
        if (total != null && total > 0) {
            LinearProgressIndicator({ import.done.toFloat() / total }, Modifier.fillMaxWidth())
            Hint(stringResource(R.string.import_of, size(import.done), size(total)))
        } else {
            LinearProgressIndicator(Modifier.fillMaxWidth())
            Hint(size(import.done))
        }
        TextButton(onCancel, Modifier.align(Alignment.End)) { Text(stringResource(R.string.cancel)) }
    }
}

@Composable
private fun size(bytes: Long): String = Formatter.formatShortFileSize(LocalContext.current, bytes)
