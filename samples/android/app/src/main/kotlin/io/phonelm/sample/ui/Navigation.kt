// The five screens and the way between them: a bar below on phones, a rail beside on wider windows.
package io.phonelm.sample.ui

import androidx.activity.compose.BackHandler
import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.WindowInsets
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.isImeVisible
import androidx.compose.material3.Icon
import androidx.compose.material3.NavigationBar
import androidx.compose.material3.NavigationBarItem
import androidx.compose.material3.NavigationRail
import androidx.compose.material3.NavigationRailItem
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalConfiguration
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.style.TextOverflow
import io.phonelm.sample.R

/** A screen, by its name and icon in the navigation. */
enum class Screen(@StringRes val title: Int, @DrawableRes val icon: Int) {
    CHAT(R.string.chat, R.drawable.ic_chat),
    ASSISTANT(R.string.assistant, R.drawable.ic_bolt),
    MODELS(R.string.models, R.drawable.ic_memory),
    BENCHMARK(R.string.benchmark, R.drawable.ic_speed),
    SEARCH(R.string.search, R.drawable.ic_insights),
}

/** Width from which a rail takes the place of the bar, in dp. */
private const val WIDE = 600

/** Font scale from which only the chosen screen has room for its name. */
private const val LARGE_FONT = 1.4f

@Composable
fun Navigation(content: @Composable (Screen) -> Unit) {
    var screen by rememberSaveable { mutableStateOf(Screen.CHAT) }
    BackHandler(enabled = screen != Screen.CHAT) { screen = Screen.CHAT }
    Surface(Modifier.fillMaxSize()) {
        if (LocalConfiguration.current.screenWidthDp >= WIDE) {
            Row(Modifier.imePadding()) {
                Rail(screen) { screen = it }
                Box(Modifier.weight(1f)) { content(screen) }
            }
        } else {
            Column(Modifier.imePadding()) {
                Box(Modifier.weight(1f)) { content(screen) }
                Bar(screen) { screen = it }
            }
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Bar(current: Screen, onChoose: (Screen) -> Unit) {
    // While the user writes, the keyboard needs the room.
    if (WindowInsets.isImeVisible) return
    NavigationBar {
        for (screen in Screen.entries) {
            NavigationBarItem(
                selected = screen == current,
                onClick = { onChoose(screen) },
                icon = { Icon(painterResource(screen.icon), contentDescription = described(screen, current)) },
                label = { Name(screen) },
                alwaysShowLabel = hasRoomForNames(),
            )
        }
    }
}

@Composable
private fun Rail(current: Screen, onChoose: (Screen) -> Unit) {
    NavigationRail {
        Column(Modifier.weight(1f), Arrangement.Center, Alignment.CenterHorizontally) {
            for (screen in Screen.entries) {
                NavigationRailItem(
                    selected = screen == current,
                    onClick = { onChoose(screen) },
                    icon = { Icon(painterResource(screen.icon), contentDescription = described(screen, current)) },
                    label = { Name(screen) },
                    alwaysShowLabel = hasRoomForNames(),
                )
            }
        }
    }
}

@Composable
private fun Name(screen: Screen) = Text(stringResource(screen.title), maxLines = 1, overflow = TextOverflow.Ellipsis)

/** The icon is described where its name is not shown. */
@Composable
private fun described(screen: Screen, current: Screen): String? =
    if (hasRoomForNames() || screen == current) null else stringResource(screen.title)

/** Whether the font leaves room for more than the one name that matters most. */
@Composable
fun hasRoomForNames(): Boolean = LocalDensity.current.fontScale < LARGE_FONT
