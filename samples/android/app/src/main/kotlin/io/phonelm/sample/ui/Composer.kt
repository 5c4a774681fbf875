// The field below a conversation: what the user writes, and the button that sends it or stops the answer.
package io.phonelm.sample.ui

import androidx.compose.foundation.horizontalScroll
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.text.KeyboardActions
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.FilledIconButton
import androidx.compose.material3.Icon
import androidx.compose.material3.SuggestionChip
import androidx.compose.material3.Text
import androidx.compose.material3.TextField
import androidx.compose.material3.TextFieldDefaults
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.testTag
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.text.input.KeyboardCapitalization
import androidx.compose.ui.unit.dp
import io.phonelm.sample.R

/**
 * @param placeholder What may be written.
 * @param isBusy Whether an answer is being made, which the button then stops.
 * @param suggestions What may be said with a tap, while nothing is written.
 */
@Composable
fun Composer(
    text: String,
    onChange: (String) -> Unit,
    placeholder: String,
    isBusy: Boolean,
    suggestions: List<String>,
    onSend: () -> Unit,
    onStop: () -> Unit,
) {
    Column(Modifier.fillMaxWidth().padding(bottom = 8.dp)) {
        if (suggestions.isNotEmpty() && text.isEmpty()) {
            Row(
                Modifier.horizontalScroll(rememberScrollState()).padding(horizontal = 16.dp),
                Arrangement.spacedBy(8.dp),
            ) {
                for (suggestion in suggestions) {
                    SuggestionChip({ onChange(suggestion); onSend() }, { Text(suggestion) })
                }
            }
        }
        Row(
            Modifier.padding(horizontal = 16.dp),
            Arrangement.spacedBy(8.dp),
            Alignment.Bottom,
        ) {
            TextField(
                text,
                onChange,
                Modifier.weight(1f).testTag("draft"),
                placeholder = { Text(placeholder) },
                maxLines = 5,
                shape = RoundedCornerShape(28.dp),
                keyboardOptions = KeyboardOptions(KeyboardCapitalization.Sentences, imeAction = ImeAction.Send),
                keyboardActions = KeyboardActions(onSend = { onSend() }),
                colors = TextFieldDefaults.colors(
                    focusedIndicatorColor = Color.Transparent,
                    unfocusedIndicatorColor = Color.Transparent,
                ),
            )
            if (isBusy) {
                RoundButton(R.drawable.ic_stop, stringResource(R.string.stop), onClick = onStop)
            } else {
                RoundButton(R.drawable.ic_send, stringResource(R.string.send), text.isNotBlank(), onSend)
            }
        }
    }
}

@Composable
private fun RoundButton(icon: Int, description: String, isEnabled: Boolean = true, onClick: () -> Unit) {
    FilledIconButton(onClick, Modifier.size(56.dp), isEnabled) { Icon(painterResource(icon), description) }
}
