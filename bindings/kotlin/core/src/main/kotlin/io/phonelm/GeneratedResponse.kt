package io.phonelm

import kotlinx.serialization.json.JsonElement

/**
 * A whole answer as a value.
 *
 * @property content The value.
 * @property text The JSON that the model wrote.
 * @property statistics What it cost.
 * @property backendChanges When something else went on with it, in order; mostly empty.
 */
public data class GeneratedResponse<T>(
    val content: T,
    val text: String,
    val statistics: Statistics,
    val backendChanges: List<BackendChange> = emptyList(),
)

/**
 * An answer as a value, as far as it is made.
 *
 * @property content The newest that was a value of its type. Until all is there that the type requires it is `null`; a type
 * whose members may be `null` or have defaults is there at once, and fills.
 * @property json What came so far, of whatever type: lists, objects and texts that are not whole end where the model is, a
 * number comes when it is whole. `null` before anything came.
 * @property response The whole answer; on the last chunk only.
 * @property step What happened to a call of a tool, if that is what the chunk tells.
 */
public data class GeneratedChunk<T>(
    val content: T?,
    val json: JsonElement?,
    val response: GeneratedResponse<T>? = null,
    val step: ToolStep? = null,
)
