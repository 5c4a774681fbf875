package io.phonelm

import io.phonelm.ffi.SessionFolder as NativeFolder

/**
 * A folder that a session is kept in, so that neither a crash nor a killed process loses a turn.
 *
 * Each turn lies on the disk before it is told as ended, and each call of a tool before it runs. On Android take a folder of
 * its own inside `filesDir`.
 *
 * @property path Its path. Nothing else may lie in it.
 * @param key 32 bytes with which all that is written is sealed, kept where only the app can read them (on Android, wrapped by
 * a key of its Keystore); without one, whoever can read the folder can read the session.
 */
public class SessionFolder(public val path: String, private val key: ByteArray? = null) {
    internal fun toNative() = NativeFolder(path, key)
}

/**
 * A session that goes on where its folder stood.
 *
 * @property session The session, which is kept in that folder from here on.
 * @property turns Turns of the user that it holds.
 * @property lostBytes Bytes at the end of its log that a crash cut off, 0 as a rule. What they said had never been told as
 * ended.
 * @property readsAnew Why its next turn computes all of it anew, for people: another model, another type of keys and values,
 * another version of the library. `null` where what was saved of the cache is taken over; `cachedTokens` of the next answer
 * tells how much that was.
 */
public class RestoredSession internal constructor(
    public val session: LanguageModelSession,
    public val turns: Int,
    public val lostBytes: Long,
    public val readsAnew: String?,
)
