// The conversation as bubbles, the newest at the bottom, and the field to go on with it.
package io.phonelm.sample.chat

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.itemsIndexed
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalClipboardManager
import androidx.compose.ui.res.pluralStringResource
import androidx.compose.ui.res.stringArrayResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.AnnotatedString
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import io.phonelm.Statistics
import io.phonelm.sample.R
import io.phonelm.sample.ui.Composer
import io.phonelm.sample.ui.Frame
import io.phonelm.sample.ui.Hint
import io.phonelm.sample.ui.IconAction
import io.phonelm.sample.ui.ListPadding
import io.phonelm.sample.ui.Problem
import io.phonelm.sample.ui.Welcome
import io.phonelm.sample.ui.WithModel

@Composable
fun ChatScreen(chat: ChatViewModel) {
    val state by chat.state.collectAsStateWithLifecycle()
    val model by chat.model.collectAsStateWithLifecycle()
    Frame(
        stringResource(R.string.chat),
        subtitle = model.choice.name,
        actions = {
            if (state.messages.isNotEmpty()) IconAction(R.drawable.ic_add, stringResource(R.string.new_chat), onClick = chat::clear)
        },
    ) {
        WithModel(model, chat::reopen) { Conversation(chat, state) }
    }
}

@Composable
private fun Conversation(chat: ChatViewModel, state: ChatState) {
    val draft by chat.draft.collectAsStateWithLifecycle()
    Column(Modifier.fillMaxSize()) {
        Box(Modifier.weight(1f)) {
            if (state.messages.isEmpty()) {
                Welcome(stringResource(R.string.chat_welcome), stringResource(R.string.chat_private))
            } else {
                Messages(chat, state)
            }
        }
        if (state.isEditing) Editing(chat::stopEditing)
        Composer(
            draft,
            chat::write,
            stringResource(R.string.chat_placeholder),
            state.isAnswering,
            if (state.messages.isEmpty()) stringArrayResource(R.array.chat_suggestions).toList() else emptyList(),
            chat::send,
            chat::stop,
        )
    }
}

@Composable
private fun Messages(chat: ChatViewModel, state: ChatState) {
    val list = rememberLazyListState()
    val last = state.messages.lastIndex
    LaunchedEffect(state.messages.size, state.messages.last().text.length) { list.scrollToItem(last, Int.MAX_VALUE) }
    LazyColumn(Modifier.fillMaxSize(), list, ListPadding, verticalArrangement = Arrangement.spacedBy(8.dp)) {
        itemsIndexed(state.messages) { index, message ->
            val isLast = index >= last - 1 && !state.isAnswering
            if (message.isMine) {
                Question(message.text, onEdit = chat::edit.takeIf { isLast })
            } else {
                Answer(message, isGrowing = index == last && state.isAnswering, onRetry = chat::retry.takeIf { isLast })
            }
        }
    }
}

@Composable
private fun Question(text: String, onEdit: (() -> Unit)?) {
    val described = stringResource(R.string.you_said, text)
    Row(Modifier.fillMaxWidth(), Arrangement.End, Alignment.CenterVertically) {
        onEdit?.let { IconAction(R.drawable.ic_edit, stringResource(R.string.edit_question), onClick = it) }
        Surface(
            Modifier.weight(1f, fill = false)
                .widthIn(max = 480.dp)
                .semantics(mergeDescendants = true) { contentDescription = described },
            RoundedCornerShape(20.dp, 20.dp, 4.dp, 20.dp),
            MaterialTheme.colorScheme.primaryContainer,
        ) {
            Text(text, Modifier.padding(horizontal = 16.dp, vertical = 10.dp))
        }
    }
}

@Composable
private fun Answer(message: Message, isGrowing: Boolean, onRetry: (() -> Unit)?) {
    Column(Modifier.widthIn(max = 560.dp), Arrangement.spacedBy(4.dp)) {
        if (message.text.isNotEmpty() || isGrowing) Bubble(message.text, isGrowing)
        message.failure?.let { Problem(it) }
        Row(Modifier.padding(start = 4.dp), verticalAlignment = Alignment.CenterVertically) {
            val line = message.statistics?.let { line(it) } ?: if (message.isStopped) stringResource(R.string.stopped) else null
            line?.let {
                Text(
                    it,
                    // Read aloud when the answer is whole, not piece by piece.
                    Modifier.weight(1f, fill = false).semantics { liveRegion = LiveRegionMode.Polite },
                    MaterialTheme.colorScheme.onSurfaceVariant,
                    style = MaterialTheme.typography.labelMedium,
                )
            }
            onRetry?.let { Actions(message.text, it) }
        }
    }
}

@Composable
private fun Bubble(text: String, isGrowing: Boolean) {
    Surface(Modifier, RoundedCornerShape(20.dp, 20.dp, 20.dp, 4.dp), MaterialTheme.colorScheme.surfaceContainerHigh) {
        Box(Modifier.padding(horizontal = 16.dp, vertical = 10.dp)) {
            val waiting = stringResource(R.string.thinking)
            if (text.isEmpty() && isGrowing) {
                CircularProgressIndicator(Modifier.size(20.dp).semantics { contentDescription = waiting }, strokeWidth = 2.dp)
            } else {
                Text(text)
            }
        }
    }
}

@Composable
private fun Actions(text: String, onRetry: () -> Unit) {
    val clipboard = LocalClipboardManager.current
    IconAction(R.drawable.ic_refresh, stringResource(R.string.retry), onClick = onRetry)
    if (text.isNotEmpty()) {
        IconAction(R.drawable.ic_copy, stringResource(R.string.copy)) { clipboard.setText(AnnotatedString(text)) }
    }
}

@Composable
private fun Editing(onStop: () -> Unit) {
    Row(Modifier.fillMaxWidth().padding(start = 32.dp, end = 16.dp), verticalAlignment = Alignment.CenterVertically) {
        Hint(stringResource(R.string.editing), Modifier.weight(1f))
        IconAction(R.drawable.ic_close, stringResource(R.string.stop_editing), onClick = onStop)
    }
}

/** What an answer cost: tokens, speed, the wait for the first of them. */
@Composable
private fun line(statistics: Statistics): String {
    val tokens = pluralStringResource(R.plurals.tokens, statistics.generatedTokens, statistics.generatedTokens)
    val speed = stringResource(R.string.tokens_per_second, statistics.tokensPerSecond)
    val first = stringResource(R.string.first_after, statistics.secondsToFirstToken * 1000)
    val forgotten = statistics.droppedTurns.takeIf { it > 0 }?.let { pluralStringResource(R.plurals.forgotten, it, it) }
    return listOfNotNull(tokens, speed, first, forgotten).joinToString(" · ")
}
