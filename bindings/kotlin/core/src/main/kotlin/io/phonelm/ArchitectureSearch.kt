package io.phonelm

import io.phonelm.ffi.SearchEvent as NativeEvent
import io.phonelm.ffi.startSearch
import java.io.File
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext

/**
 * Finds the fastest shape of a model for this device, before a model is trained: shapes within a budget of parameters are
 * timed with random weights.
 *
 * ```
 * val search = ArchitectureSearch(SearchOptions(parameters = 100_000_000), File(filesDir, "search"))
 * val result = search.run { progress -> println("${progress.done} of ${progress.total}") }
 * println(result.winner.shape)
 * ```
 *
 * Let nothing else compute meanwhile: searches of one process take turns, and whatever disturbs a measurement makes it worth
 * less. What is measured is kept in the [directory] at once, so that a search which ended for any reason goes on there, also
 * with another [SearchOptions.objective] or a larger [SearchOptions.budgetSeconds].
 *
 * @property options What is looked for.
 * @property directory Where measurements and results go: a folder that is new, empty, or that of an earlier start of the same
 *   search.
 */
public class ArchitectureSearch(public val options: SearchOptions, public val directory: File) {
    /**
     * Searches. Cancelling the coroutine ends the search after the token, the prompt or the step of making a model that is
     * being computed.
     *
     * @param onProgress Hears of the measurements that begin, in the caller's context.
     * @throws PhoneLMException.OptionInvalid if an option is out of range, no shape has so many parameters, or the budget of
     *   seconds did not suffice for one speed.
     * @throws PhoneLMException.SearchInvalid if the folder holds another search, other files or a broken line.
     * @throws PhoneLMException.StorageFailed if the folder cannot be read or written.
     * @throws PhoneLMException.OutOfMemory if a shape does not fit into memory.
     * @throws PhoneLMException.Unsupported if this machine cannot do what the options ask for.
     * @throws PhoneLMException.ComputeFailed if a model could not be timed.
     */
    public suspend fun run(onProgress: (SearchProgress) -> Unit = {}): SearchResult = follow { onProgress(it) }

    /**
     * Searches, and tells how far it is and what was found. Each collector begins the search, or goes on with it; when it
     * ends, fails or is cancelled, the search ends as that of [run] does. A slow one misses progress and no result. Fails as
     * [run] does.
     */
    public fun stream(): Flow<SearchEvent> = flow {
        val result = follow { emit(SearchEvent.Progress(it)) }
        emit(SearchEvent.Finished(result))
    }

    private suspend fun follow(onProgress: suspend (SearchProgress) -> Unit): SearchResult {
        // The first call maps the native library, which reads the disk.
        val search = withContext(Dispatchers.IO) {
            crossing {
                stayAttached
                startSearch(options.toNative(directory.path))
            }
        }
        try {
            while (true) {
                when (val event = checkNotNull(crossing { search.next() })) {
                    is NativeEvent.Progress -> onProgress(event.progress.toPublic())
                    is NativeEvent.Finished -> return event.result.toPublic()
                }
            }
        } finally {
            search.cancel()
            search.close()
        }
    }
}
