package io.phonelm.tiny

import java.io.File
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardCopyOption.REPLACE_EXISTING
import java.util.zip.CRC32
import java.util.zip.CheckedInputStream
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * phonelm-tiny, a model of 10.6 million parameters that chats in short sentences and calls phone functions: made for tests,
 * simulators and first steps.
 *
 * ```
 * val model = LanguageModel.open(PhoneLMTiny.extractTo(cacheDir))
 * ```
 */
public object PhoneLMTiny {
    private const val NAME = "phonelm-tiny.gguf"

    /**
     * Writes the model's file into [directory], unless it is there already, and returns its path. The file appears whole,
     * so any number of programs may do this at once.
     *
     * @throws java.io.IOException if the folder cannot be written.
     */
    public suspend fun extractTo(directory: File): String = withContext(Dispatchers.IO) {
        val file = File(directory, NAME)
        if (!file.isFile || !hasModel(file)) {
            Files.createDirectories(directory.toPath())
            val part = Files.createTempFile(directory.toPath(), NAME, ".part")
            try {
                model().use { Files.copy(it, part, REPLACE_EXISTING) }
                Files.move(part, file.toPath(), ATOMIC_MOVE)
            } finally {
                Files.deleteIfExists(part)
            }
        }
        file.path
    }

    private fun model(): InputStream =
        checkNotNull(PhoneLMTiny::class.java.getResourceAsStream(NAME)) { "$NAME is not in this jar" }

    private fun hasModel(file: File): Boolean = checksum(file.inputStream()) == checksum(model())

    private fun checksum(stream: InputStream): Long = CheckedInputStream(stream, CRC32()).use {
        val buffer = ByteArray(1 shl 16)
        do {
            val count = it.read(buffer)
        } while (count >= 0)
        it.checksum.value
    }
}
