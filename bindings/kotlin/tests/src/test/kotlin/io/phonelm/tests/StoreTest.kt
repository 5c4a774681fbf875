package io.phonelm.tests

import io.phonelm.LanguageModel
import io.phonelm.ModelStore
import io.phonelm.PhoneLMException
import java.io.ByteArrayInputStream
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.io.SequenceInputStream
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

class StoreTest {
    private val bytes by lazy { File(tiny).readBytes() }

    @Test
    fun importAFile() = test { store ->
        val model = store.importFrom(File(tiny), "tiny")
        assertEquals("tiny" to bytes.size.toLong(), model.name to model.bytes)
        assertTrue(File(model.path).readBytes().contentEquals(bytes))
    }

    @Test
    fun importAStream() = test { store ->
        val model = store.importFrom(ByteArrayInputStream(bytes), "tiny")
        assertEquals(model, store.find("tiny"))
        assertEquals(model, store.importFrom(File(tiny), "tiny", sha256 = model.sha256))
    }

    @Test
    fun importReportsProgress() = test { store ->
        val seen = mutableListOf<Long>()
        store.importFrom(File(tiny), "tiny") { seen += it }
        assertEquals(0L to bytes.size.toLong(), seen.first() to seen.last())
        assertEquals(seen.sorted(), seen)
    }

    @Test
    fun importResumes() = test { store ->
        val offsets = mutableListOf<Long>()
        val openAt = { offset: Long -> offsets += offset; ByteArrayInputStream(bytes).apply { skip(offset) } }
        assertFailsWith<IOException> {
            store.importFrom("tiny", bytes.size.toLong()) { SequenceInputStream(openAt(it).limited(HALF), Broken) }
        }
        assertEquals(emptyList(), store.list())
        val model = store.importFrom("tiny", bytes.size.toLong()) { openAt(it) }
        assertEquals(listOf(0L, HALF.toLong()), offsets)
        assertTrue(File(model.path).readBytes().contentEquals(bytes))
    }

    /** A stream that cannot be opened in its middle is read past what is there. */
    @Test
    fun importResumesAPlainStream() = test { store ->
        assertFailsWith<IOException> {
            store.importFrom(SequenceInputStream(ByteArrayInputStream(bytes).limited(HALF), Broken), "tiny")
        }
        val model = store.importFrom(ByteArrayInputStream(bytes), "tiny", onProgress = { assertTrue(it >= HALF) })
        assertTrue(File(model.path).readBytes().contentEquals(bytes))
    }

    @Test
    fun importCancelledKeepsThePart() = test { store ->
        val import = launch { store.importFrom(File(tiny), "tiny") { if (it > HALF) cancel() } }
        import.join()
        assertTrue(import.isCancelled)
        assertNull(store.find("tiny"))
        val seen = mutableListOf<Long>()
        store.importFrom(File(tiny), "tiny") { seen += it }
        assertTrue(seen.first() > HALF)
    }

    @Test
    fun importWithWrongChecksum() = test { store ->
        val wrong = "0".repeat(64)
        val error = assertFailsWith<PhoneLMException.ChecksumMismatch> {
            store.importFrom(File(tiny), "tiny", sha256 = wrong)
        }
        assertEquals(wrong, error.expected)
        assertEquals(64, error.found.length)
        assertEquals(emptyList(), store.list())
        store.importFrom(File(tiny), "tiny", sha256 = error.found)
    }

    @Test
    fun importWithoutSpace() = test { store ->
        val error = assertFailsWith<PhoneLMException.StorageFull> {
            store.importFrom(ByteArrayInputStream(bytes), "tiny", size = Long.MAX_VALUE)
        }
        assertTrue(error.needed > error.available && error.available > 0)
    }

    @Test
    fun importOfNoModel() = test { store ->
        assertFailsWith<PhoneLMException.ModelInvalid> { store.importFrom("This is no model.".byteInputStream(), "text") }
        assertFailsWith<PhoneLMException.OptionInvalid> { store.importFrom(File(tiny), "../escape") }
        assertEquals(emptyList(), store.list())
    }

    @Test
    fun storageFailed() = runBlocking {
        val file = File(temporaryFolder(), "file").apply { writeText("") }
        val error = assertFailsWith<PhoneLMException.StorageFailed> { ModelStore.open(file) }
        assertEquals(file.path, error.path)
        assertContains(error.message.orEmpty(), error.reason)
    }

    @Test
    fun listAndDelete() = test { store ->
        store.importFrom(File(tiny), "b")
        store.importFrom(File(tiny), "a")
        assertEquals(listOf("a", "b"), store.list().map { it.name })
        assertTrue(store.delete("a"))
        assertEquals(false, store.delete("a"))
        assertEquals(listOf("b"), store.list().map { it.name })
    }

    @Test
    fun importedModelOpens() = test { store ->
        val model = store.importFrom(File(tiny), "tiny")
        LanguageModel.open(model.path).use {
            assertContains(it.newSession().respond("Who are you?", greedy).text, "PhoneLM")
        }
    }

    private fun test(block: suspend CoroutineScope.(ModelStore) -> Unit) = runBlocking {
        val folder = temporaryFolder()
        block(ModelStore.open(File(folder, "models")))
        folder.deleteRecursively()
        Unit
    }

    private fun InputStream.limited(count: Int): InputStream = ByteArrayInputStream(readNBytes(count))

    private object Broken : InputStream() {
        override fun read(): Int = throw IOException("the line is down")
    }

    private companion object {
        const val HALF = 5_000_000
    }
}
