package io.phonelm.android

import android.content.Context
import android.content.res.AssetFileDescriptor.UNKNOWN_LENGTH
import android.net.Uri
import io.phonelm.ModelStore
import io.phonelm.StoredModel
import java.io.FileNotFoundException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * Imports the document behind [uri], for example one that the user picked with `ACTION_OPEN_DOCUMENT`.
 *
 * @throws FileNotFoundException if nothing can be read there.
 * @throws SecurityException if the app may not read it.
 * @see ModelStore.importFrom
 */
public suspend fun ModelStore.importFrom(
    context: Context,
    uri: Uri,
    name: String,
    sha256: String? = null,
    onProgress: (Long) -> Unit = {},
): StoredModel {
    val document = withContext(Dispatchers.IO) { context.contentResolver.openAssetFileDescriptor(uri, "r") }
        ?: throw FileNotFoundException("nothing can be read at $uri")
    return document.use {
        val size = it.length.takeIf { length -> length != UNKNOWN_LENGTH }
        importFrom(it.createInputStream(), name, size, sha256, onProgress)
    }
}
