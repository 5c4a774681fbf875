// The search of the fastest shape of a model for this phone: starting it, following it, going on with it.
package io.phonelm.sample.search

import androidx.annotation.StringRes
import androidx.lifecycle.ViewModel
import androidx.lifecycle.viewModelScope
import io.phonelm.ArchitectureSearch
import io.phonelm.PhoneLMException
import io.phonelm.SearchEvent
import io.phonelm.SearchObjective
import io.phonelm.SearchOptions
import io.phonelm.SearchProgress
import io.phonelm.SearchResult
import io.phonelm.sample.R
import java.io.File
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/**
 * How large the wanted model is.
 *
 * @property vocabularySize Rows of its embedding; as many as PhoneLM has if `null`.
 */
enum class Size(@StringRes val title: Int, val parameters: Long, val vocabularySize: Int? = null) {
    TINY(R.string.size_tiny, 4_000_000, 4_096),
    SMALL(R.string.size_small, 50_000_000),
    MEDIUM(R.string.size_medium, 150_000_000),
    LARGE(R.string.size_large, 500_000_000),
}

/** What counts. */
enum class Aim(@StringRes val title: Int, val objective: SearchObjective) {
    WRITING(R.string.aim_writing, SearchObjective.Decode),
    READING(R.string.aim_reading, SearchObjective.Prefill),
    BOTH(R.string.aim_both, SearchObjective.Weighted(decode = 0.5)),
}

/** How long it may measure. */
enum class Budget(@StringRes val title: Int, val seconds: Double) {
    SHORT(R.string.budget_short, 30.0),
    MIDDLE(R.string.budget_middle, 180.0),
    LONG(R.string.budget_long, 1200.0),
}

/** @property isBlocked Whether the folder of this search has to be deleted before it can begin. */
data class SearchState(
    val size: Size = Size.TINY,
    val aim: Aim = Aim.WRITING,
    val budget: Budget = Budget.SHORT,
    val isRunning: Boolean = false,
    val progress: SearchProgress? = null,
    val result: SearchResult? = null,
    val problem: String? = null,
    val isBlocked: Boolean = false,
)

class SearchViewModel(private val folder: File) : ViewModel() {
    private val mutable = MutableStateFlow(SearchState())
    private var running: Job? = null

    val state: StateFlow<SearchState> = mutable.asStateFlow()

    fun choose(size: Size) = mutable.update { it.copy(size = size) }

    fun choose(aim: Aim) = mutable.update { it.copy(aim = aim) }

    fun choose(budget: Budget) = mutable.update { it.copy(budget = budget) }

    /** Begins the search, or goes on with what an earlier start of the same size measured. */
    fun start() {
        val chosen = state.value
        if (chosen.isRunning) return
        mutable.update { it.copy(isRunning = true, progress = null, result = null, problem = null, isBlocked = false) }
        running = viewModelScope.launch {
            try {
                ArchitectureSearch(options(chosen), folder(chosen.size)).stream().collect { event ->
                    when (event) {
                        is SearchEvent.Progress -> mutable.update { it.copy(progress = event.progress) }
                        is SearchEvent.Finished -> mutable.update { it.copy(result = event.result) }
                    }
                }
            } catch (error: PhoneLMException) {
                mutable.update { it.copy(problem = error.message, isBlocked = error is PhoneLMException.SearchInvalid) }
            } finally {
                mutable.update { it.copy(isRunning = false) }
            }
        }
    }

    /** Ends the search; what was measured stays. */
    fun stop() {
        running?.cancel()
    }

    /** Deletes what was measured for the chosen size, and begins anew. */
    fun startAnew() {
        viewModelScope.launch {
            withContext(Dispatchers.IO) { folder(state.value.size).deleteRecursively() }
            start()
        }
    }

    private fun options(chosen: SearchState) = SearchOptions(
        parameters = chosen.size.parameters,
        vocabularySize = chosen.size.vocabularySize,
        objective = chosen.aim.objective,
        budgetSeconds = chosen.budget.seconds,
    )

    /** Each size is a search of its own; aim and budget may change within it. */
    private fun folder(size: Size) = File(folder, size.name.lowercase())
}
