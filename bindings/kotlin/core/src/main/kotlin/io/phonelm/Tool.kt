package io.phonelm

import io.phonelm.ffi.ToolDefinition
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Something that the model may call while it answers.
 *
 * ```
 * val schema = """{"type":"object","properties":{"on":{"type":"boolean"}}}"""
 * val torch = Tool("set_torch", "Turns the torch on or off.", schema) { arguments ->
 *     torch.set(JSONObject(arguments).getBoolean("on"))
 *     "done"
 * }
 * ```
 *
 * @property name What the model calls it by.
 * @property description What it does, for the model.
 * @property parameters The JSON schema of its arguments.
 * @property permission Whether it may run at once, or after [ToolPolicy.confirm], or not at all.
 * @property timeLimit How long the answer waits for it; the model is then told that nobody knows whether it took effect.
 * @param body Runs in the coroutine that waits for the answer, so that cancelling that one cancels it as well. It gets the
 * arguments as a JSON object and returns what the model is told. What it throws becomes a failed call of which the model is
 * told the message; the answer goes on.
 */
public class Tool(
    public val name: String,
    public val description: String,
    public val parameters: String,
    public val permission: ToolPermission = ToolPermission.ALLOW,
    public val timeLimit: Duration = 60.seconds,
    internal val body: suspend (arguments: String) -> String,
)

internal fun Tool.toNative(): ToolDefinition =
    ToolDefinition(name, description, parameters, permission.toNative())
