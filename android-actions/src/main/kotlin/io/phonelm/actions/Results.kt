package io.phonelm.actions

import android.content.Context
import android.content.Intent
import android.media.RingtoneManager
import android.net.Uri
import android.provider.OpenableColumns
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** What the model is told of what the user brought back. The app has the [Intent] itself, from its [ResultLauncher]. */
internal class Results(private val context: Context) {
    private val resolver get() = context.contentResolver

    suspend fun contact(result: Intent): String {
        val picked = result.data ?: return NOTHING
        return "The user chose ${Contacts(resolver, context.resources).name(picked) ?: "a contact without a name"}."
    }

    suspend fun photo(result: Intent): String = if (result.data == null) "The user took a picture." else files(result)

    suspend fun files(result: Intent): String {
        val clip = result.clipData
        val files = if (clip == null) listOfNotNull(result.data) else List(clip.itemCount) { clip.getItemAt(it).uri }
        if (files.isEmpty()) return NOTHING
        return "The user chose ${files.map { name(it) }.joinToString()}."
    }

    suspend fun ringtone(result: Intent): String {
        // The type-safe call exists from API 33 on.
        @Suppress("DEPRECATION")
        val picked = result.getParcelableExtra<Uri>(RingtoneManager.EXTRA_RINGTONE_PICKED_URI) ?: return "The user chose silence."
        val title = withContext(Dispatchers.IO) { RingtoneManager.getRingtone(context, picked)?.getTitle(context) }
        return "The user chose the ringtone ${title ?: picked}."
    }

    /** A file as people know it; its address where it has no name. */
    private suspend fun name(file: Uri): String = withContext(Dispatchers.IO) {
        val columns = arrayOf(OpenableColumns.DISPLAY_NAME)
        val name = resolver.query(file, columns, null, null, null)?.use { if (it.moveToFirst()) it.getString(0) else null }
        name ?: file.lastPathSegment ?: file.toString()
    }

    private companion object {
        const val NOTHING = "The user chose nothing."
    }
}
