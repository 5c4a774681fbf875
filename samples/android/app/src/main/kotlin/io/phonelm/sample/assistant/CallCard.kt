// A call as a card: what it will do, what may be done with it, how it ended.
package io.phonelm.sample.assistant

import androidx.annotation.DrawableRes
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Button
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.unit.dp
import io.phonelm.sample.R
import io.phonelm.sample.ui.Hint
import io.phonelm.sample.ui.Panel

@Composable
fun CallCard(
    call: Entry.Call,
    schema: String,
    onRun: () -> Unit,
    onRunWith: (String) -> Unit,
    onRefuse: () -> Unit,
) {
    val isAsking = call.state == CallState.Asking
    var isEditing by rememberSaveable(call.id) { mutableStateOf(false) }
    Panel(isMarked = isAsking) {
        Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
            FunctionIcon(call.function)
            Column(Modifier.weight(1f)) {
                Text(call.summary ?: readable(call.function), style = MaterialTheme.typography.titleMedium)
                Hint(readable(call.function))
            }
        }
        Outcome(call)
        if (isAsking) {
            if (isEditing) {
                Form(schema, call.arguments, onRun = { onRunWith(it); isEditing = false }, onCancel = { isEditing = false })
            } else {
                Choices(onRun, onEdit = { isEditing = true }, onRefuse)
            }
        }
    }
}

@Composable
private fun FunctionIcon(function: String) {
    val colours = MaterialTheme.colorScheme
    Surface(Modifier.size(40.dp), CircleShape, colours.primary, colours.onPrimary) {
        Icon(painterResource(icon(function)), contentDescription = null, Modifier.padding(8.dp))
    }
}

@Composable
private fun Outcome(call: Entry.Call) {
    val colours = MaterialTheme.colorScheme
    call.problem?.takeIf { call.state == CallState.Asking }?.let { Text(it, color = colours.error) }
    when (val state = call.state) {
        CallState.Waiting -> Hint(stringResource(R.string.call_waiting))
        CallState.Asking -> Unit
        CallState.Running -> Row(Modifier, Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
            CircularProgressIndicator(Modifier.size(20.dp), strokeWidth = 2.dp)
            Hint(stringResource(R.string.call_running))
        }
        is CallState.Done -> Line(R.drawable.ic_check, state.output)
        is CallState.Failed -> Line(R.drawable.ic_warning, state.reason)
        CallState.Refused -> Line(R.drawable.ic_close, stringResource(R.string.call_refused))
        CallState.Unknown -> Line(R.drawable.ic_warning, stringResource(R.string.call_unknown))
    }
}

@Composable
private fun Line(@DrawableRes icon: Int, text: String) {
    Row(Modifier.semantics { liveRegion = LiveRegionMode.Polite }, Arrangement.spacedBy(12.dp)) {
        Icon(painterResource(icon), contentDescription = null, Modifier.size(20.dp), MaterialTheme.colorScheme.primary)
        Hint(text)
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Choices(onRun: () -> Unit, onEdit: () -> Unit, onRefuse: () -> Unit) {
    FlowRow(Modifier.fillMaxWidth(), Arrangement.spacedBy(8.dp, Alignment.End)) {
        TextButton(onRefuse) { Text(stringResource(R.string.refuse)) }
        OutlinedButton(onEdit) { Text(stringResource(R.string.change)) }
        Button(onRun) { Text(stringResource(R.string.run)) }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Form(schema: String, arguments: String, onRun: (String) -> Unit, onCancel: () -> Unit) {
    var edited by remember(schema, arguments) { mutableStateOf(fields(schema, arguments)) }
    for ((index, field) in edited.withIndex()) {
        OutlinedTextField(
            field.text,
            { text -> edited = edited.toMutableList().also { it[index] = field.copy(text = text) } },
            Modifier.fillMaxWidth(),
            label = { Text(readable(field.name)) },
            supportingText = { Text(if (field.choices.isEmpty()) field.description else field.choices.joinToString()) },
            keyboardOptions = keyboard(field.type),
        )
    }
    FlowRow(Modifier.fillMaxWidth(), Arrangement.spacedBy(8.dp, Alignment.End)) {
        TextButton(onCancel) { Text(stringResource(R.string.cancel)) }
        Button({ onRun(json(edited)) }) { Text(stringResource(R.string.run_changed)) }
    }
}

private fun keyboard(type: String) =
    KeyboardOptions(keyboardType = if (type == "integer") KeyboardType.Number else KeyboardType.Text)

/** A name of the model's as words: `set_alarm` as "Set alarm". */
private fun readable(name: String) = name.replace('_', ' ').replaceFirstChar { it.uppercase() }

@DrawableRes
private fun icon(function: String): Int = when (function) {
    "set_alarm", "show_alarms" -> R.drawable.ic_alarm
    "set_timer" -> R.drawable.ic_timer
    "insert_event" -> R.drawable.ic_event
    "insert_contact", "edit_contact", "view_contact", "pick_contact", "get_contact_info" -> R.drawable.ic_person
    "dial" -> R.drawable.ic_call
    "send_message" -> R.drawable.ic_chat
    "send_email" -> R.drawable.ic_mail
    "web_search" -> R.drawable.ic_search
    "search_location", "navigate" -> R.drawable.ic_place
    "open_settings" -> R.drawable.ic_settings
    "open_camera", "take_photo", "record_video" -> R.drawable.ic_camera
    "play_media", "pick_ringtone" -> R.drawable.ic_music
    "create_document", "open_document", "pick_file" -> R.drawable.ic_document
    else -> R.drawable.ic_bolt
}
