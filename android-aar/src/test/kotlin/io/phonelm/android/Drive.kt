package io.phonelm.android

import com.sun.jna.Library
import com.sun.jna.NativeLibrary
import io.phonelm.Backend
import io.phonelm.GenerationOptions
import io.phonelm.LanguageModel
import io.phonelm.ModelOptions
import io.phonelm.PhoneLM
import io.phonelm.PhoneLMException
import kotlinx.coroutines.runBlocking

// The library's own libc.so is asked before the process's.
private const val RTLD_NOW = 2
private const val RTLD_DEEPBIND = 8

/**
 * Uses a library file as an app would, through all layers: `cargo xtask verify-aar` runs it with the file and a model, and
 * with a third word where there is a GPU.
 */
fun main(arguments: Array<String>) {
    val (library, model) = arguments
    NativeLibrary.getInstance(library, mapOf(Library.OPTION_OPEN_FLAGS to (RTLD_NOW or RTLD_DEEPBIND)))
    runBlocking { if (arguments.size == 2) onProcessor(model) else onGpu(model) }
}

private suspend fun onProcessor(model: String) {
    println("version ${PhoneLM.version}")
    try {
        LanguageModel.open("/nowhere/model.gguf")
    } catch (missing: PhoneLMException.ModelNotFound) {
        println("error ${missing.message}")
    }
    try {
        LanguageModel.open(model, ModelOptions(backend = Backend.GPU))
    } catch (missing: PhoneLMException.Unsupported) {
        println("gpu: ${missing.reason}")
    }
    LanguageModel.open(model).use { opened ->
        println("computed by ${opened.info.executor}")
        opened.newSession().use { session ->
            session.streamResponse("Who are you?", most(12)).collect { chunk ->
                chunk.response?.let { println("generated ${it.statistics.generatedTokens} tokens: ${it.text}") }
            }
        }
    }
}

/** An answer that the GPU begins and the processor ends. */
private suspend fun onGpu(model: String) {
    LanguageModel.open(model, ModelOptions(backend = Backend.GPU)).use { opened ->
        println("computed by ${opened.info.executor}")
        opened.newSession().use { session ->
            session.streamResponse("Count to a hundred.", most(60)).collect { chunk ->
                opened.setBackground(true)
                chunk.response?.run { backendChanges.forEach { println("changed to ${it.to}: ${it.reason}") } }
            }
        }
    }
}

private fun most(tokens: Int) = GenerationOptions(maximumResponseTokens = tokens, temperature = 0.0)
