// The only activity: theme, navigation, and the five screens with their view models.
package io.phonelm.sample

import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.viewModels
import androidx.lifecycle.createSavedStateHandle
import androidx.lifecycle.viewmodel.initializer
import androidx.lifecycle.viewmodel.viewModelFactory
import io.phonelm.sample.assistant.AssistantScreen
import io.phonelm.sample.assistant.AssistantViewModel
import io.phonelm.sample.benchmark.BenchmarkScreen
import io.phonelm.sample.benchmark.BenchmarkViewModel
import io.phonelm.sample.chat.ChatHistory
import io.phonelm.sample.chat.ChatScreen
import io.phonelm.sample.chat.ChatViewModel
import io.phonelm.sample.models.ModelsScreen
import io.phonelm.sample.models.ModelsViewModel
import io.phonelm.sample.search.SearchScreen
import io.phonelm.sample.search.SearchViewModel
import io.phonelm.sample.ui.Navigation
import io.phonelm.sample.ui.PhoneLMTheme
import io.phonelm.sample.ui.Screen
import java.io.File

class MainActivity : ComponentActivity() {
    private val chat by viewModels<ChatViewModel> { factory }
    private val assistant by viewModels<AssistantViewModel> { factory }
    private val models by viewModels<ModelsViewModel> { factory }
    private val benchmark by viewModels<BenchmarkViewModel> { factory }
    private val search by viewModels<SearchViewModel> { factory }

    override fun onCreate(savedInstanceState: Bundle?) {
        enableEdgeToEdge()
        super.onCreate(savedInstanceState)
        assistant.screen.attach(this)
        setContent {
            PhoneLMTheme {
                Navigation { screen ->
                    when (screen) {
                        Screen.CHAT -> ChatScreen(chat)
                        Screen.ASSISTANT -> AssistantScreen(assistant)
                        Screen.MODELS -> ModelsScreen(models)
                        Screen.BENCHMARK -> BenchmarkScreen(benchmark)
                        Screen.SEARCH -> SearchScreen(search)
                    }
                }
            }
        }
    }

    override fun onStart() {
        super.onStart()
        sampleApp.models.reopen()
    }

    private val factory by lazy {
        val app = sampleApp
        viewModelFactory {
            initializer { ChatViewModel(app.models, ChatHistory(File(app.filesDir, "chat.json")), createSavedStateHandle()) }
            initializer { AssistantViewModel(app.models, app) }
            initializer { ModelsViewModel(app.models, app) }
            initializer { BenchmarkViewModel(app.models) }
            initializer { SearchViewModel(File(app.filesDir, "search")) }
        }
    }
}
