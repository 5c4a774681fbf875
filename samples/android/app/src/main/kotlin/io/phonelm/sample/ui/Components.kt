// What the screens are made of: the frame with its title, cards, and what stands there while no model is open.
package io.phonelm.sample.ui

import androidx.annotation.DrawableRes
import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.WindowInsets
import androidx.compose.foundation.layout.WindowInsetsSides
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.only
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawing
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.material3.TopAppBar
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import io.phonelm.sample.ModelState
import io.phonelm.sample.R

/** Lines wider than this are hard to read. */
private val READABLE = 720.dp

/** A screen with its title, and what its content is about below it. */
@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun Frame(
    title: String,
    subtitle: String? = null,
    actions: @Composable RowScope.() -> Unit = {},
    content: @Composable () -> Unit,
) {
    Scaffold(
        topBar = {
            TopAppBar(
                title = {
                    Column {
                        Text(title, Modifier.semantics { heading() }, maxLines = 1, overflow = TextOverflow.Ellipsis)
                        subtitle?.takeIf { hasRoomForNames() }?.let {
                            Text(
                                it,
                                color = MaterialTheme.colorScheme.onSurfaceVariant,
                                style = MaterialTheme.typography.bodySmall,
                                maxLines = 1,
                                overflow = TextOverflow.Ellipsis,
                            )
                        }
                    }
                },
                actions = actions,
            )
        },
        contentWindowInsets = WindowInsets.safeDrawing.only(WindowInsetsSides.Horizontal),
    ) { padding ->
        Box(Modifier.fillMaxSize().padding(padding), Alignment.TopCenter) {
            Box(Modifier.widthIn(max = READABLE).fillMaxSize()) { content() }
        }
    }
}

/** Content that is read from top to bottom. */
@Composable
fun Page(content: @Composable ColumnScope.() -> Unit) {
    Column(
        Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(horizontal = 16.dp, vertical = 8.dp),
        Arrangement.spacedBy(16.dp),
        content = content,
    )
}

/**
 * A group of things that belong together.
 *
 * @param isMarked Whether it is what the screen is about at the moment.
 */
@Composable
fun Panel(
    modifier: Modifier = Modifier,
    isMarked: Boolean = false,
    colour: Color = MaterialTheme.colorScheme.surfaceContainer,
    content: @Composable ColumnScope.() -> Unit,
) {
    Card(
        modifier.fillMaxWidth(),
        MaterialTheme.shapes.large,
        CardDefaults.cardColors(colour),
        // A border, and no colour of its own: what is on it stays as easy to read as everywhere.
        border = if (isMarked) BorderStroke(2.dp, MaterialTheme.colorScheme.primary) else null,
    ) {
        Column(Modifier.padding(16.dp), Arrangement.spacedBy(8.dp), content = content)
    }
}

/** The title of a group. */
@Composable
fun Heading(text: String, modifier: Modifier = Modifier) {
    Text(text, modifier.semantics { heading() }, style = MaterialTheme.typography.titleMedium)
}

/** What explains something else. */
@Composable
fun Hint(text: String, modifier: Modifier = Modifier, align: TextAlign? = null) {
    val colour = MaterialTheme.colorScheme.onSurfaceVariant
    Text(text, modifier, colour, textAlign = align, style = MaterialTheme.typography.bodyMedium)
}

/** A name and its value on one line. */
@Composable
fun Fact(name: String, value: String) {
    Row(
        Modifier.fillMaxWidth().semantics(mergeDescendants = true) {},
        Arrangement.spacedBy(16.dp, Alignment.CenterHorizontally),
    ) {
        Text(name, Modifier.weight(1f), MaterialTheme.colorScheme.onSurfaceVariant, style = MaterialTheme.typography.bodyMedium)
        Text(value, Modifier.weight(1f), style = MaterialTheme.typography.bodyMedium, textAlign = TextAlign.End)
    }
}

/** What stands where nothing has been said yet. */
@Composable
fun Welcome(title: String, text: String) {
    Column(Modifier.fillMaxSize().padding(32.dp), Arrangement.spacedBy(8.dp, Alignment.CenterVertically)) {
        Text(title, Modifier.fillMaxWidth(), style = MaterialTheme.typography.headlineSmall, textAlign = TextAlign.Center)
        Hint(text, Modifier.fillMaxWidth(), TextAlign.Center)
    }
}

/** Something that went wrong, with what can be done about it. */
@Composable
fun Problem(text: String, modifier: Modifier = Modifier, action: @Composable ColumnScope.() -> Unit = {}) {
    val colours = MaterialTheme.colorScheme
    Panel(modifier.semantics { liveRegion = LiveRegionMode.Polite }, colour = colours.errorContainer) {
        Row(horizontalArrangement = Arrangement.spacedBy(12.dp)) {
            Icon(painterResource(R.drawable.ic_warning), contentDescription = null, tint = colours.onErrorContainer)
            Text(text, color = colours.onErrorContainer, style = MaterialTheme.typography.bodyMedium)
        }
        action()
    }
}

/** A button that is an icon alone, described for those who cannot see it. */
@Composable
fun IconAction(@DrawableRes icon: Int, description: String, modifier: Modifier = Modifier, onClick: () -> Unit) {
    IconButton(onClick, modifier) { Icon(painterResource(icon), description, Modifier.size(20.dp)) }
}

/** The content that needs a model, or what is to be said while none is open. */
@Composable
fun WithModel(state: ModelState, onReopen: () -> Unit, content: @Composable (ModelState.Ready) -> Unit) {
    if (state is ModelState.Ready) return content(state)
    Column(Modifier.fillMaxSize().padding(16.dp), Arrangement.Center) {
        when (state) {
            is ModelState.Loading -> Loading(state)
            is ModelState.Failed -> Problem(state.reason) {
                Button(onReopen, Modifier.align(Alignment.End)) { Text(stringResource(R.string.try_again)) }
            }
            else -> Panel {
                Text(stringResource(R.string.model_unloaded, state.choice.name))
                Button(onReopen, Modifier.align(Alignment.End)) { Text(stringResource(R.string.load_again)) }
            }
        }
    }
}

@Composable
private fun Loading(state: ModelState.Loading) {
    Panel {
        Text(stringResource(R.string.model_loading, state.choice.name))
        LinearProgressIndicator({ state.progress }, Modifier.fillMaxWidth())
    }
}

/** Room around lists. */
val ListPadding = PaddingValues(horizontal = 16.dp, vertical = 8.dp)
