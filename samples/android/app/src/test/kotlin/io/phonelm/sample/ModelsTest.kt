// Models: a document becomes a model of the store, its memory is told, it is loaded and deleted.
package io.phonelm.sample

import android.app.Activity
import android.app.ActivityManager
import android.content.ContentProvider
import android.content.ContentValues
import android.content.Intent
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import io.phonelm.LanguageModel
import io.phonelm.ModelSource
import io.phonelm.sample.ui.Screen
import io.phonelm.tiny.PhoneLMTiny
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlinx.coroutines.runBlocking
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf

class ModelsTest : ScreenTest() {
    @Test
    fun aDocumentIsImportedPlannedLoadedAndDeleted() {
        begin()
        pick(model())
        waitFor(text(R.string.plan_title))
        waitFor(text(R.string.plan_available))
        press(R.string.load)
        eventually("the imported model is loaded") { (app.models.state.value as? ModelState.Ready)?.choice?.stored == "my-model" }
        rule.onNodeWithContentDescription(text(R.string.delete_model, "my-model")).performScrollTo().performClick()
        eventually("the model inside is back") { (app.models.state.value as? ModelState.Ready)?.choice == ModelChoice() }
        eventually("the card is gone") { !isShown("my-model") }
    }

    @Test
    fun whatIsNoModelIsRefusedInWords() {
        begin()
        pick(File(app.filesDir, "notes").apply { writeText("no model at all".repeat(100)) })
        waitFor("GGUF")
        assertFalse(isShown(text(R.string.plan_title)))
    }

    @Test
    fun aModelThatDoesNotFitCannotBeLoaded() {
        begin(available = 1_000_000)
        press(R.string.show_plan)
        waitFor(text(R.string.plan_too_large))
    }

    @Test
    fun aShorterConversationIsPlannedWhereMemoryIsShort() {
        begin()
        val plan = runBlocking { LanguageModel.plan(ModelSource.Path(app.models.tiny())) }
        free(plan.totalBytes - plan.keyValueBytes / 2)
        press(R.string.show_plan)
        waitFor("There is room for a conversation of")
    }

    @Test
    fun theChoiceIsKept() {
        begin()
        pick(model())
        waitFor(text(R.string.plan_title))
        press(R.string.load)
        eventually("the imported model is loaded") { (app.models.state.value as? ModelState.Ready)?.choice?.stored == "my-model" }
        AppModel(app).use { assertEquals("my-model", it.state.value.choice.stored) }
    }

    private fun begin(available: Long = 4_000_000_000) {
        free(available)
        launch()
        open(Screen.MODELS)
    }

    private fun free(bytes: Long) {
        val memory = ActivityManager.MemoryInfo().apply { availMem = bytes }
        shadowOf(checkNotNull(app.getSystemService(ActivityManager::class.java))).setMemoryInfo(memory)
    }

    private fun model() = File(runBlocking { PhoneLMTiny.extractTo(File(app.filesDir, "elsewhere")) })

    /** Lets the user pick a document that another app offers. */
    private fun pick(file: File) {
        Documents.file = file
        Robolectric.setupContentProvider(Documents::class.java, "org.example.documents")
        press(R.string.add_model)
        val asked = shadowOf(activity).nextStartedActivity
        assertEquals(Intent.ACTION_OPEN_DOCUMENT, asked.action)
        val picked = Intent().setData(Uri.parse("content://org.example.documents/1"))
        rule.runOnUiThread { shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, picked) }
    }

    /** One document, whose name says what it would be. */
    class Documents : ContentProvider() {
        override fun onCreate() = true

        override fun query(uri: Uri, projection: Array<String>?, where: String?, values: Array<String>?, order: String?) =
            MatrixCursor(arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE)).apply {
                addRow(listOf("my model.gguf", file.length()))
            }

        override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor =
            ParcelFileDescriptor.open(file, ParcelFileDescriptor.MODE_READ_ONLY)

        override fun getType(uri: Uri) = "application/octet-stream"

        override fun insert(uri: Uri, values: ContentValues?) = null

        override fun delete(uri: Uri, where: String?, values: Array<String>?) = 0

        override fun update(uri: Uri, values: ContentValues?, where: String?, arguments: Array<String>?) = 0

        companion object {
            lateinit var file: File
        }
    }
}
