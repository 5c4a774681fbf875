// The one model that all screens share: which it is, loading it, giving its memory back.
package io.phonelm.sample

import android.content.Context
import androidx.core.content.edit
import io.phonelm.LanguageModel
import io.phonelm.ModelInfo
import io.phonelm.ModelOptions
import io.phonelm.ModelStore
import io.phonelm.android.onLowMemory
import io.phonelm.tiny.PhoneLMTiny
import java.io.File
import java.io.FileNotFoundException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.MainScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/**
 * A model that the user chose.
 *
 * @property stored Its name in the store; `null` for phonelm-tiny, which comes with the app.
 * @property contextSize Tokens of its context; the model's own limit if `null`.
 */
data class ModelChoice(val stored: String? = null, val contextSize: Int? = null) {
    val name: String get() = stored ?: "phonelm-tiny"
}

/** Where the model is at the moment. */
sealed interface ModelState {
    val choice: ModelChoice

    data class Loading(override val choice: ModelChoice, val progress: Float) : ModelState

    data class Ready(override val choice: ModelChoice, val model: LanguageModel, val info: ModelInfo) : ModelState

    data class Failed(override val choice: ModelChoice, val reason: String) : ModelState

    /** The phone ran low on memory, and the model gave its own back. */
    data class Unloaded(override val choice: ModelChoice) : ModelState
}

/** Loads models, one at a time. Belongs to the main thread. */
class AppModel(private val context: Context) : AutoCloseable {
    private val scope = MainScope()
    private val preferences = context.getSharedPreferences("model", Context.MODE_PRIVATE)
    private val memory = context.onLowMemory(::unload)
    private val mutable = MutableStateFlow<ModelState>(ModelState.Unloaded(lastChoice()))
    private var loading: Job? = null

    val state: StateFlow<ModelState> = mutable.asStateFlow()

    /** The models that the user imported. */
    suspend fun store(): ModelStore = ModelStore.open(File(context.filesDir, "models"))

    /** The file of phonelm-tiny. */
    suspend fun tiny(): String = PhoneLMTiny.extractTo(File(context.filesDir, "tiny"))

    /** Closes the model that is open and loads another one. */
    fun open(choice: ModelChoice) {
        loading?.cancel()
        unload()
        mutable.value = ModelState.Loading(choice, 0f)
        loading = scope.launch { mutable.value = load(choice) }
    }

    /** Loads the last model again if none is open. */
    fun reopen() {
        val state = state.value
        if (state is ModelState.Unloaded || state is ModelState.Failed) open(state.choice)
    }

    override fun close() {
        scope.cancel()
        unload()
        memory.close()
    }

    private suspend fun load(choice: ModelChoice): ModelState = try {
        val options = ModelOptions(contextSize = choice.contextSize, cacheDirectory = context.cacheDir.path)
        val model = LanguageModel.open(file(choice), options) { done ->
            mutable.value = ModelState.Loading(choice, done.toFloat())
        }
        preferences.edit {
            putString(STORED, choice.stored)
            putInt(CONTEXT_SIZE, choice.contextSize ?: 0)
        }
        ModelState.Ready(choice, model, model.info)
    } catch (error: CancellationException) {
        throw error
    } catch (error: Exception) {
        ModelState.Failed(choice, error.message ?: error.javaClass.simpleName)
    }

    private suspend fun file(choice: ModelChoice): String {
        val name = choice.stored ?: return tiny()
        return store().find(name)?.path ?: throw FileNotFoundException("The model $name is not on this phone any more.")
    }

    private fun unload() {
        val ready = state.value as? ModelState.Ready ?: return
        ready.model.close()
        mutable.value = ModelState.Unloaded(ready.choice)
    }

    private fun lastChoice() = ModelChoice(
        stored = preferences.getString(STORED, null),
        contextSize = preferences.getInt(CONTEXT_SIZE, 0).takeIf { it > 0 },
    )

    private companion object {
        const val STORED = "stored"
        const val CONTEXT_SIZE = "contextSize"
    }
}
