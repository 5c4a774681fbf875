package io.phonelm.android

import android.content.Context
import android.content.res.AssetFileDescriptor
import io.phonelm.LanguageModel
import io.phonelm.ModelOptions
import io.phonelm.ModelSource
import java.io.FileNotFoundException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * Opens the model [name] of the app's assets inside the APK: its pages are mapped, nothing is copied.
 *
 * Android Gradle Plugin must leave it uncompressed: `android { androidResources { noCompress += "gguf" } }`.
 *
 * @throws FileNotFoundException if there is no such asset, or it is compressed.
 * @see LanguageModel.Companion.open
 */
public suspend fun LanguageModel.Companion.openAsset(
    context: Context,
    name: String,
    options: ModelOptions = ModelOptions(),
    onProgress: (Double) -> Unit = {},
): LanguageModel {
    val asset = withContext(Dispatchers.IO) {
        try {
            context.assets.openFd(name)
        } catch (missing: FileNotFoundException) {
            val advice = "no uncompressed asset $name: is it in src/main/assets, and does noCompress name its ending?"
            throw FileNotFoundException(advice).apply { initCause(missing) }
        }
    }
    return asset.use { open(it, options, onProgress) }
}

/**
 * Opens the model that [file] describes, for example one of `ContentResolver.openAssetFileDescriptor`. It stays the
 * caller's to close, which it may be as soon as this returns.
 *
 * @see LanguageModel.Companion.open
 */
public suspend fun LanguageModel.Companion.open(
    file: AssetFileDescriptor,
    options: ModelOptions = ModelOptions(),
    onProgress: (Double) -> Unit = {},
): LanguageModel {
    val length = withContext(Dispatchers.IO) { file.length }
    return open(ModelSource.Descriptor(file.parcelFileDescriptor.fd, file.startOffset, length), options, onProgress)
}
