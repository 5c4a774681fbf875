package io.phonelm.android

import com.sun.jna.Library
import com.sun.jna.NativeLibrary
import io.phonelm.GenerationOptions
import io.phonelm.LanguageModel
import io.phonelm.PhoneLM
import io.phonelm.PhoneLMException
import kotlinx.coroutines.runBlocking

// The library's own libc.so is asked before the process's.
private const val RTLD_NOW = 2
private const val RTLD_DEEPBIND = 8

/** Uses a library file as an app would, through all layers: `cargo xtask verify-aar` runs it with the file and a model. */
fun main(arguments: Array<String>) {
    val (library, model) = arguments
    NativeLibrary.getInstance(library, mapOf(Library.OPTION_OPEN_FLAGS to (RTLD_NOW or RTLD_DEEPBIND)))
    runBlocking {
        println("version ${PhoneLM.version}")
        try {
            LanguageModel.open("/nowhere/model.gguf")
        } catch (missing: PhoneLMException.ModelNotFound) {
            println("error ${missing.message}")
        }
        LanguageModel.open(model).use { opened ->
            opened.newSession().use { session ->
                val options = GenerationOptions(maximumResponseTokens = 12, temperature = 0.0)
                session.streamResponse("Who are you?", options).collect { chunk ->
                    chunk.response?.let { println("generated ${it.statistics.generatedTokens} tokens: ${it.text}") }
                }
            }
        }
    }
}
