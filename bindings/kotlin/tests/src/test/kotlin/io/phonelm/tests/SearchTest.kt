package io.phonelm.tests

import io.phonelm.ArchitectureSearch
import io.phonelm.Backend
import io.phonelm.ModelShape
import io.phonelm.PhoneLMException
import io.phonelm.SearchEvent
import io.phonelm.SearchObjective
import io.phonelm.SearchOptions
import io.phonelm.SearchResult
import io.phonelm.SearchSpace
import io.phonelm.SearchStage
import io.phonelm.WeightType
import java.io.File
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

suspend fun searchShape(folder: File, options: SearchOptions): SearchResult {
    val search = ArchitectureSearch(options, folder)
    val result = search.run { progress ->
        val best = progress.best?.speeds?.decodeTokensPerSecond
        println("${progress.done} of ${progress.total}, best so far: $best tokens/s, slowdown ${progress.slowdown}")
    }
    println("${result.winner.shape}: ${result.winner.speeds?.decodeTokensPerSecond} tokens/s")
    return result
}

/** Searches of models of a few hundred thousand weights. */
class SearchTest {
    @Test
    fun searchFindsAWinner() = test { folder ->
        val asked = ModelShape(hidden = 32, layers = 1, ffn = 32, heads = 2, kvHeads = 1)
        val result = searchShape(folder, small.copy(also = listOf(asked)))
        val winner = result.winner
        assertTrue(winner.isCandidate && winner.isOnFront && result.isComplete && result.moreIsBetter)
        assertTrue(winner.parameters in 288_000..312_000)
        assertEquals(winner.shape.hidden, winner.headDim * winner.shape.heads)
        val value = checkNotNull(winner.measured).value
        assertTrue(value in checkNotNull(winner.spread))
        assertTrue(result.shapes.filter { it.isCandidate }.mapNotNull { it.measured }.all { it.value <= value })
        assertEquals(listOf(asked), result.shapes.filter { !it.isCandidate }.map { it.shape })
        assertEquals(winner, result.front.first())
        assertTrue(result.composition.checked > 0 && result.drift.decode.start <= result.drift.decode.endInclusive)
        assertContains(result.device, "CPU")
        assertContains(result.configJson.readText(), "\"hidden_size\": ${winner.shape.hidden}")
        assertEquals(1 + result.shapes.size, result.resultsCsv.readLines().size)
        assertTrue(result.resultsJson.length() > 0)
    }

    @Test
    fun searchReportsProgress() = test { folder ->
        val events = ArchitectureSearch(small, folder).stream().toList()
        val finished = events.last() as SearchEvent.Finished
        val progress = events.dropLast(1).map { (it as SearchEvent.Progress).progress }
        assertTrue(progress.zipWithNext().all { (one, next) -> one.done < next.done && one.seconds < next.seconds })
        assertTrue(progress.all { it.done < it.total && it.budgetSeconds == 60.0 && it.slowdown > 0 })
        val last = progress.last()
        assertEquals(SearchStage.FINAL to finished.result.measurements, last.stage to last.done + 1)
        assertTrue(checkNotNull(last.best?.measured).decodeTokensPerSecond > 0)
    }

    @Test
    fun searchCancelledGoesOn() = test { folder ->
        val search = ArchitectureSearch(small, folder)
        val first = launch { search.run { if (it.done >= 2) cancel() } }
        first.join()
        assertTrue(first.isCancelled)
        // A collector that goes ends the search as well.
        val done = search.stream().filterIsInstance<SearchEvent.Progress>().first { it.progress.done > 4 }.progress.done
        assertFalse(File(folder, "results.json").exists())
        val rest = mutableListOf<Int>()
        assertTrue(search.run { rest += it.done }.isComplete)
        assertTrue(rest.first() >= done)
        // Whatever is known need not be measured again.
        assertTrue(ArchitectureSearch(small.copy(objective = SearchObjective.Weighted(0.7)), folder).run().isComplete)
    }

    @Test
    fun searchCancelStopsWithinATime() = test { folder ->
        val search = launch(Dispatchers.Default) { ArchitectureSearch(large, folder).run() }
        eventually(30.seconds) { File(folder, "measurements.jsonl").exists() }
        val start = TimeSource.Monotonic.markNow()
        search.cancelAndJoin()
        // The next one has its turn as soon as the cancelled one has ended.
        ArchitectureSearch(small, File(folder.path + "-next")).stream().first()
        val time = start.elapsedNow()
        println("cancel: the next search began after $time")
        assertTrue(time < 10.seconds, "$time")
    }

    @Test
    fun searchOfAnImpossibleBudget() = test { folder ->
        val error = assertFailsWith<PhoneLMException.OptionInvalid> {
            ArchitectureSearch(small.copy(parameters = 5_000_000_000), folder).run()
        }
        assertEquals("parameters" to "5000000000", error.option to error.value)
        assertContains(error.allowed, "the nearest has")
        assertContains(error.message.orEmpty(), error.allowed)
        val seconds = assertFailsWith<PhoneLMException.OptionInvalid> {
            ArchitectureSearch(small.copy(budgetSeconds = 0.001), folder).run()
        }
        assertEquals("budgetSeconds", seconds.option)
    }

    @Test
    fun searchInACorruptFolder() = test { folder ->
        ArchitectureSearch(small, folder).run()
        val file = File(folder, "measurements.jsonl")
        for (text in listOf("a text of mine\n", file.readLines()[0] + "\n{}\n")) {
            file.writeText(text)
            val error = assertFailsWith<PhoneLMException.SearchInvalid>(text) { ArchitectureSearch(small, folder).run() }
            assertEquals(file.path, error.path)
            assertContains(error.message.orEmpty(), error.reason)
            assertEquals(text, file.readText())
        }
        val taken = File(temporaryFolder(), "notes.txt").apply { writeText("mine") }
        assertFailsWith<PhoneLMException.SearchInvalid> { ArchitectureSearch(small, taken.parentFile).run() }
        assertFailsWith<PhoneLMException.StorageFailed> { ArchitectureSearch(small, taken).run() }
    }

    @Test
    fun searchOptionInvalid() = test { folder ->
        fun space(change: SearchSpace.() -> SearchSpace) = small.copy(space = small.space.change())
        for ((options, named) in listOf(
            small.copy(parameters = -1) to "parameters",
            small.copy(parameters = 0) to "parameters",
            small.copy(tolerance = Double.NaN) to "tolerance",
            small.copy(vocabularySize = 0) to "vocabularySize",
            small.copy(contextSize = Int.MAX_VALUE) to "contextSize",
            small.copy(prefillTokens = 4000) to "prefillTokens",
            small.copy(decodeTokens = -1) to "decodeTokens",
            small.copy(objective = SearchObjective.Weighted(2.0)) to "objective",
            small.copy(budgetSeconds = Double.NaN) to "budgetSeconds",
            small.copy(sparsity = 0.5, weightType = WeightType.Q8_0) to "sparsity",
            small.copy(threads = 0) to "threads",
            small.copy(backend = Backend.AUTO) to "backend",
            small.copy(also = listOf(ModelShape(hidden = 7, layers = 1, ffn = 32, heads = 1, kvHeads = 1))) to "also",
            space { copy(headDims = listOf(24)) } to "headDims",
            space { copy(headDims = emptyList()) } to "space",
            space { copy(kvGroups = listOf(0)) } to "kvGroups",
            space { copy(layers = 5..4) } to "layers",
            space { copy(aspect = 2.0..1.0) } to "aspect",
            space { copy(ffnRatio = Double.NaN..1.0) } to "ffnRatio",
        )) {
            val error = assertFailsWith<PhoneLMException.OptionInvalid>(named) { ArchitectureSearch(options, folder).run() }
            assertEquals(named, error.option)
        }
    }

    private fun test(block: suspend CoroutineScope.(File) -> Unit) = runBlocking {
        val folder = temporaryFolder()
        block(File(folder, "search"))
        folder.deleteRecursively()
        Unit
    }

    private companion object {
        /** Few shapes of about 300,000 parameters, read and decoded in a moment. */
        val small = SearchOptions(
            parameters = 300_000,
            tolerance = 0.04,
            vocabularySize = 512,
            contextSize = 64,
            prefillTokens = 16,
            decodeTokens = 8,
            budgetSeconds = 60.0,
            threads = 1,
            space = SearchSpace(
                headDims = listOf(16, 32), kvGroups = listOf(1, 2), layers = 2..6, ffnRatio = 2.0..4.0,
            ),
        )

        /** Shapes of which one measurement takes seconds. */
        val large = SearchOptions(parameters = 100_000_000, threads = 1)
    }
}
