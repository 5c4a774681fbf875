package io.phonelm.tests

import io.phonelm.LanguageModel
import java.io.File
import java.util.jar.JarFile
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import org.jetbrains.kotlin.abi.tools.AbiFilters
import org.jetbrains.kotlin.abi.tools.AbiTools

class ApiTest {
    /** The public API of the packed jar is the one that was reviewed. */
    @Test
    fun publicApi() {
        val dump = StringBuilder()
        AbiTools.getInstance(javaClass.classLoader).printJvmDump(dump, classes(), AbiFilters.EMPTY)
        val accepted = File(System.getProperty("api.dump"))
        if (System.getProperty("api.accept").toBoolean()) {
            accepted.parentFile.mkdirs()
            accepted.writeText(dump.toString())
        }
        assertFalse("io/phonelm/ffi" in dump, "generated code is in a public signature")
        val advice = "the public API changed; if that is meant: cargo xtask kotlin-api"
        assertEquals(accepted.readText(), dump.toString(), advice)
    }

    private fun classes(): List<File> {
        val folder = temporaryFolder()
        JarFile(File(LanguageModel::class.java.protectionDomain.codeSource.location.toURI())).use { jar ->
            for (entry in jar.entries().asSequence().filter { it.name.endsWith(".class") }) {
                val file = File(folder, entry.name).apply { parentFile.mkdirs() }
                jar.getInputStream(entry).use { input -> file.outputStream().use { input.copyTo(it) } }
            }
        }
        return folder.walk().filter { it.isFile }.sortedBy { it.path }.toList()
    }
}
