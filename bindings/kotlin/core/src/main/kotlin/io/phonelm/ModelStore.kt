package io.phonelm

import io.phonelm.ffi.Import
import io.phonelm.ffi.ImportOptions
import io.phonelm.ffi.ModelStore as NativeStore
import io.phonelm.ffi.StoredModel as NativeModel
import java.io.EOFException
import java.io.File
import java.io.InputStream
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * A folder of model files that arrive whole or not at all.
 *
 * ```
 * val store = ModelStore.open(File(filesDir, "models"))
 * val model = store.importFrom("tiny", size = length, sha256 = sum) { offset -> download(url, offset) }
 * LanguageModel.open(model.path)
 * ```
 *
 * The app brings the bytes: this library has no network.
 */
public class ModelStore private constructor(private val native: NativeStore) {
    /** The models that are there. */
    public suspend fun list(): List<StoredModel> = onDisk { native.list() }.map { it.toPublic() }

    /** The model [name], or `null` if there is none. */
    public suspend fun find(name: String): StoredModel? = onDisk { native.find(name) }?.toPublic()

    /** Deletes the model [name] and what was imported of it so far; `false` if there was no such model. */
    public suspend fun delete(name: String): Boolean = onDisk { native.delete(name) }

    /**
     * Imports a model from a stream that the app opens.
     *
     * What has arrived stays when the import is cancelled or its stream fails; the next import under the same name goes on
     * from there.
     *
     * @param size Bytes that will come, if known: the free space is checked before and the end after.
     * @param sha256 What the file's SHA-256 must be, if known.
     * @param onProgress Hears the bytes that have arrived in all, in the caller's context.
     * @param openAt Opens the stream at an offset: 0, or the bytes of an earlier try. The import closes it.
     * @throws PhoneLMException.StorageFull if there is not room enough.
     * @throws PhoneLMException.ChecksumMismatch if the bytes are others; they are deleted.
     * @throws PhoneLMException.ModelInvalid if they are no model; they are deleted.
     * @throws PhoneLMException.StorageFailed if the folder cannot be written.
     * @throws java.io.IOException if the stream fails.
     */
    public suspend fun importFrom(
        name: String,
        size: Long? = null,
        sha256: String? = null,
        onProgress: (Long) -> Unit = {},
        openAt: suspend (offset: Long) -> InputStream,
    ): StoredModel {
        val options = ImportOptions(size?.unsigned("size"), sha256)
        val import = onDisk { native.beginImport(name, options) }
        try {
            var offset = import.offset().toLong()
            onProgress(offset)
            openAt(offset).use { stream ->
                val buffer = ByteArray(BUFFER)
                while (true) {
                    offset = onDisk { import.writeFrom(stream, buffer) } ?: break
                    onProgress(offset)
                }
            }
            return onDisk { import.finish() }.toPublic()
        } finally {
            import.suspend()
            import.close()
        }
    }

    /** Imports a model from [input], whose first byte is the file's, and closes it; see the other `importFrom`. */
    public suspend fun importFrom(
        input: InputStream,
        name: String,
        size: Long? = null,
        sha256: String? = null,
        onProgress: (Long) -> Unit = {},
    ): StoredModel = input.use {
        importFrom(name, size, sha256, onProgress) { offset -> input.also { onDisk { it.skipWhole(offset) } } }
    }

    /** Imports a copy of [file]; see the other `importFrom`. */
    public suspend fun importFrom(
        file: File,
        name: String = file.name,
        sha256: String? = null,
        onProgress: (Long) -> Unit = {},
    ): StoredModel {
        val input = withContext(Dispatchers.IO) { file.inputStream() }
        return importFrom(input, name, file.length(), sha256, onProgress)
    }

    /** Opens stores. */
    public companion object {
        private const val BUFFER = 1 shl 20

        /**
         * Opens the store in [directory], which is made if it is not there.
         *
         * @throws PhoneLMException.StorageFailed if it cannot be.
         */
        public suspend fun open(directory: File): ModelStore = ModelStore(onDisk { NativeStore.open(directory.path) })
    }
}

/**
 * A model in a [ModelStore].
 *
 * @property name What it was imported as.
 * @property path The file, for [LanguageModel.open].
 * @property bytes Its size.
 * @property sha256 Its SHA-256 as lower-case hexadecimal digits.
 */
public data class StoredModel(val name: String, val path: String, val bytes: Long, val sha256: String)

private suspend fun <T> onDisk(block: () -> T): T = withContext(Dispatchers.IO) { crossing(block) }

/** Hands one piece of the stream on; the bytes that have arrived in all, or `null` at its end. */
private fun Import.writeFrom(stream: InputStream, buffer: ByteArray): Long? {
    val count = stream.read(buffer)
    if (count < 0) return null
    return write(if (count == buffer.size) buffer else buffer.copyOf(count)).toLong()
}

private fun InputStream.skipWhole(bytes: Long) {
    var left = bytes
    while (left > 0) {
        // A stream may skip nothing before its end; a byte that is read tells the two apart.
        val skipped = skip(left)
        if (skipped <= 0 && read() < 0) throw EOFException("the stream ends before byte $bytes, where the import goes on")
        left -= maxOf(skipped, 1)
    }
}

private fun NativeModel.toPublic(): StoredModel = StoredModel(name, path, bytes.toLong(), sha256)
