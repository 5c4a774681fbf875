// The two screens that measure: the speed of the model, and the search of a shape.
package io.phonelm.sample

import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.performScrollTo
import androidx.lifecycle.ViewModelProvider
import io.phonelm.sample.benchmark.BenchmarkViewModel
import io.phonelm.sample.search.SearchViewModel
import io.phonelm.sample.ui.Screen
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue

class MeasuringTest : ScreenTest() {
    @Test
    fun readingAndWritingAreMeasured() {
        launch()
        open(Screen.BENCHMARK)
        press(R.string.measure)
        val benchmark = ViewModelProvider(activity)[BenchmarkViewModel::class.java]
        eventually("everything is measured") { benchmark.state.value.run { results.size == 3 && progress == null } }
        val results = benchmark.state.value.results
        assertTrue(results.all { it.prefill > 0 && it.decode > 0 }, "$results")
        for ((result, wanted) in results.zip(listOf(64, 256, 1024))) {
            assertTrue(result.promptTokens in wanted - 8..wanted + 8, "$result for $wanted")
        }
        waitFor(text(R.string.prefill))
        waitFor(text(R.string.prompt_of, results.last().promptTokens))
    }

    @Test
    fun aMeasurementIsStopped() {
        launch()
        open(Screen.BENCHMARK)
        press(R.string.measure)
        press(R.string.stop)
        waitFor(text(R.string.measure))
    }

    @Test
    fun aSearchIsStoppedAndGoesOn() {
        launch()
        open(Screen.SEARCH)
        val search = ViewModelProvider(activity)[SearchViewModel::class.java]
        start()
        eventually("something is measured") { (search.state.value.progress?.done ?: 0) >= 2 }
        waitFor(text(R.string.measured_now))
        press(R.string.stop)
        eventually("the search has ended") { !search.state.value.isRunning }
        assertNull(search.state.value.result)
        start()
        eventually("a shape is found") { search.state.value.result != null }
        waitFor(text(R.string.winner))
        rule.onNode(hasContentDescription("A plot of", substring = true)).performScrollTo().assertExists()
    }

    @Test
    fun aFolderOfOtherFilesIsDeletedOnDemand() {
        val taken = File(app.filesDir, "search/tiny/notes.txt")
        checkNotNull(taken.parentFile).mkdirs()
        taken.writeText("mine")
        launch()
        open(Screen.SEARCH)
        start()
        waitFor(text(R.string.start_anew))
        assertEquals("mine", taken.readText())
        press(R.string.start_anew)
        val search = ViewModelProvider(activity)[SearchViewModel::class.java]
        eventually("it measures") { search.state.value.progress != null }
        rule.runOnUiThread { search.stop() }
    }

    private fun start() = press(R.string.start_search)
}
