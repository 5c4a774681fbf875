// The assistant: requests, the calls that they become, and what the model says to their results.
package io.phonelm.sample.assistant

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringArrayResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import io.phonelm.sample.R
import io.phonelm.sample.ui.Composer
import io.phonelm.sample.ui.Frame
import io.phonelm.sample.ui.IconAction
import io.phonelm.sample.ui.ListPadding
import io.phonelm.sample.ui.Problem
import io.phonelm.sample.ui.Welcome
import io.phonelm.sample.ui.WithModel

@Composable
fun AssistantScreen(assistant: AssistantViewModel) {
    val state by assistant.state.collectAsStateWithLifecycle()
    val model by assistant.model.collectAsStateWithLifecycle()
    Frame(
        stringResource(R.string.assistant),
        subtitle = model.choice.name,
        actions = {
            if (state.entries.isNotEmpty()) {
                IconAction(R.drawable.ic_add, stringResource(R.string.new_chat), onClick = assistant::clear)
            }
        },
    ) {
        WithModel(model, assistant::reopen) { Requests(assistant, state) }
    }
}

@Composable
private fun Requests(assistant: AssistantViewModel, state: AssistantState) {
    val draft by assistant.draft.collectAsStateWithLifecycle()
    Column(Modifier.fillMaxSize()) {
        Box(Modifier.weight(1f)) {
            if (state.entries.isEmpty()) {
                Welcome(stringResource(R.string.assistant_welcome), stringResource(R.string.assistant_asks))
            } else {
                Entries(assistant, state.entries)
            }
        }
        Composer(
            draft,
            assistant::write,
            stringResource(R.string.assistant_placeholder),
            state.isBusy,
            if (state.entries.isEmpty()) stringArrayResource(R.array.assistant_suggestions).toList() else emptyList(),
            assistant::send,
            assistant::stop,
        )
    }
}

@Composable
private fun Entries(assistant: AssistantViewModel, entries: List<Entry>) {
    val list = rememberLazyListState()
    LaunchedEffect(entries) { list.scrollToItem(entries.lastIndex, Int.MAX_VALUE) }
    LazyColumn(Modifier.fillMaxSize(), list, ListPadding, verticalArrangement = Arrangement.spacedBy(12.dp)) {
        items(entries) { entry ->
            when (entry) {
                is Entry.Request -> Text(
                    entry.text,
                    Modifier.padding(top = 12.dp).semantics { heading() },
                    style = MaterialTheme.typography.titleLarge,
                )
                is Entry.Answer -> Text(entry.text, style = MaterialTheme.typography.bodyLarge)
                is Entry.Failure -> Problem(entry.reason)
                is Entry.Call -> CallCard(
                    entry,
                    assistant.schema(entry.function),
                    assistant::run,
                    assistant::runWith,
                    assistant::refuse,
                )
            }
        }
    }
}
