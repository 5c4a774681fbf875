// The models on this phone: importing one, what it would need, loading it, deleting it.
package io.phonelm.sample.models

import android.app.ActivityManager
import android.content.Context
import android.net.Uri
import android.provider.OpenableColumns
import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import io.phonelm.LanguageModel
import io.phonelm.MemoryPlan
import io.phonelm.ModelSource
import io.phonelm.PhoneLMException
import io.phonelm.StoredModel
import io.phonelm.android.importFrom
import io.phonelm.sample.AppModel
import io.phonelm.sample.ModelChoice
import io.phonelm.sample.ModelState
import java.io.IOException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/**
 * A model on its way into the store.
 *
 * @property total Its size in bytes, if the document says it.
 */
data class Import(val name: String, val done: Long, val total: Long?)

/**
 * What a model would need.
 *
 * @property available Bytes of memory that are free.
 */
data class Planned(val choice: ModelChoice, val plan: MemoryPlan, val available: Long) {
    /** The longest conversation that fits, in tokens; 0 if not even the model does. */
    val contextSize: Int get() = minOf(plan.contextSize, plan.largestContextSize ?: plan.contextSize)

    val fits: Boolean get() = contextSize > 0
}

data class ModelsState(
    val stored: List<StoredModel> = emptyList(),
    val import: Import? = null,
    val planned: Planned? = null,
    val problem: String? = null,
)

class ModelsViewModel(private val app: AppModel, private val context: Context) : ViewModel() {
    private val mutable = MutableStateFlow(ModelsState())
    private var importing: Job? = null

    val state: StateFlow<ModelsState> = mutable.asStateFlow()
    val model: StateFlow<ModelState> = app.state

    init {
        work { list() }
    }

    /** Imports the document that the user picked, then tells what its model would need. */
    fun import(document: Uri) {
        importing = work {
            try {
                val (name, size) = describe(document)
                mutable.update { it.copy(import = Import(name, done = 0, size)) }
                val store = app.store()
                val model = store.importFrom(context, document, name) { done ->
                    mutable.update { it.copy(import = Import(name, done, size)) }
                }
                list()
                plan(ModelChoice(model.name))
            } finally {
                mutable.update { it.copy(import = null) }
            }
        }
    }

    /** What has arrived stays; importing the same document goes on from there. */
    fun cancelImport() {
        importing?.cancel()
    }

    /** Shows what a model would need, or no longer. */
    fun togglePlan(choice: ModelChoice) {
        if (state.value.planned?.choice == choice) {
            mutable.update { it.copy(planned = null) }
        } else {
            work { plan(choice) }
        }
    }

    /** Loads the model whose plan is shown, with the longest conversation that fits. */
    fun load() {
        val planned = state.value.planned ?: return
        val contextSize = planned.contextSize.takeIf { it < planned.plan.contextSize }
        mutable.update { it.copy(planned = null) }
        app.open(planned.choice.copy(contextSize = contextSize))
    }

    /** Deletes a model; the one inside the app takes the place of one that is open. */
    fun delete(name: String) {
        work {
            if (model.value.choice.stored == name) app.open(ModelChoice())
            app.store().delete(name)
            mutable.update { it.copy(planned = null) }
            list()
        }
    }

    fun reopen() = app.reopen()

    private suspend fun list() {
        val stored = app.store().list()
        mutable.update { it.copy(stored = stored) }
    }

    private suspend fun plan(choice: ModelChoice) {
        val path = choice.stored?.let { app.store().find(it)?.path } ?: app.tiny()
        val available = availableMemory()
        val plan = LanguageModel.plan(ModelSource.Path(path), budgetBytes = available)
        mutable.update { it.copy(planned = Planned(choice, plan, available)) }
    }

    private fun availableMemory(): Long {
        val info = ActivityManager.MemoryInfo()
        checkNotNull(context.getSystemService(ActivityManager::class.java)).getMemoryInfo(info)
        return info.availMem
    }

    /** The document's name as a name in the store, and its size. */
    private suspend fun describe(document: Uri): Pair<String, Long?> = withContext(Dispatchers.IO) {
        val columns = arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE)
        context.contentResolver.query(document, columns, null, null, null)?.use { row ->
            if (!row.moveToFirst()) return@use null
            val name = row.getString(0)?.removeSuffix(".gguf")?.replace(NOT_IN_NAMES, "-")
            name?.let { it to if (row.isNull(1)) null else row.getLong(1) }
        } ?: (UNNAMED to null)
    }

    private fun work(block: suspend () -> Unit): Job = viewModelScope.launch {
        mutable.update { it.copy(problem = null) }
        try {
            block()
        } catch (error: PhoneLMException) {
            fail(error)
        } catch (error: IOException) {
            fail(error)
        } catch (error: SecurityException) {
            fail(error)
        }
    }

    private fun fail(error: Exception) = mutable.update { it.copy(problem = error.message ?: error.javaClass.simpleName) }

    private companion object {
        const val UNNAMED = "model"
        val NOT_IN_NAMES = Regex("[^A-Za-z0-9._-]")
    }
}
