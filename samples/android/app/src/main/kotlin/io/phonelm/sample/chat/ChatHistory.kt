// The conversation as a file, so that it outlives the process.
package io.phonelm.sample.chat

import android.util.AtomicFile
import java.io.File
import java.io.FileNotFoundException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.json.JSONException
import org.json.JSONObject

/**
 * A conversation to go on from.
 *
 * @property transcript All of it, as `LanguageModelSession.transcriptJson` gave it.
 * @property beforeLastTurn The same without its last question and answer, to ask once more; `null` if there is no turn yet.
 */
data class SavedChat(val transcript: String, val beforeLastTurn: String?)

/** Keeps one conversation in [file], whole or not at all. */
class ChatHistory(file: File) {
    private val file = AtomicFile(file)

    /** What was saved last; `null` if there is nothing that can be read. */
    suspend fun load(): SavedChat? = withContext(Dispatchers.IO) {
        try {
            val json = JSONObject(file.readFully().decodeToString())
            SavedChat(json.getString(TRANSCRIPT), json.optString(BEFORE).takeIf { it.isNotEmpty() })
        } catch (_: FileNotFoundException) {
            null
        } catch (_: JSONException) {
            null
        }
    }

    suspend fun save(chat: SavedChat) = withContext(Dispatchers.IO) {
        val json = JSONObject().put(TRANSCRIPT, chat.transcript).putOpt(BEFORE, chat.beforeLastTurn)
        val stream = file.startWrite()
        stream.write(json.toString().encodeToByteArray())
        file.finishWrite(stream)
    }

    private companion object {
        const val TRANSCRIPT = "transcript"
        const val BEFORE = "beforeLastTurn"
    }
}
