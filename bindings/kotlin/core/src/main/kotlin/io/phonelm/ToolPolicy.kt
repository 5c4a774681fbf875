package io.phonelm

import io.phonelm.ffi.RefusalReason as NativeRefusal
import io.phonelm.ffi.ToolDecision as NativeDecision
import io.phonelm.ffi.ToolPermission as NativePermission

/** Whether a [Tool] may run when the model calls it. Nothing that is said in a conversation changes it. */
public enum class ToolPermission {
    /** At once. */
    ALLOW,

    /** When [ToolPolicy.confirm] says so. */
    ASK,

    /** Never; the model is told. */
    DENY,
}

/**
 * What a session does with the calls of its model.
 *
 * ```
 * val policy = ToolPolicy { asked ->
 *     if (dialog.allows(asked.call)) ToolDecision.Run else ToolDecision.Refuse()
 * }
 * ```
 *
 * @property maxRounds Most rounds of calls in a turn, 1 to 64. When the model calls once more, the turn ends with
 * [FinishReason.TOOL_LIMIT].
 * @property dryRun Whether calls are only shown and none runs.
 * @param confirm Asks the user about a call of a tool with [ToolPermission.ASK], one at a time. It runs in the coroutine that
 * waits for the answer. What it throws refuses the call, and so does leaving it out.
 */
public class ToolPolicy(
    public val maxRounds: Int = 8,
    public val dryRun: Boolean = false,
    internal val confirm: suspend (ToolConfirmation) -> ToolDecision = { ToolDecision.Refuse("nobody can be asked") },
)

/**
 * A call that waits for the user.
 *
 * @property call What the model wants to call.
 * @property problem What was wrong with the arguments of [ToolDecision.RunWith], if the call is asked for again.
 */
public data class ToolConfirmation(val call: Transcript.ToolCall, val problem: String? = null)

/** What the user says to a call. */
public sealed interface ToolDecision {
    /** It may run. */
    public data object Run : ToolDecision

    /**
     * It may run with other arguments.
     *
     * @property arguments A JSON object that fits the tool's schema; if not, the call is asked for again.
     */
    public data class RunWith(val arguments: String) : ToolDecision

    /**
     * It must not run.
     *
     * @property reason Why, for the model to read.
     */
    public data class Refuse(val reason: String? = null) : ToolDecision
}

/** What happens to a call while an answer is made. */
public sealed interface ToolStep {
    /** The call. */
    public val call: Transcript.ToolCall

    /** The user is asked. */
    public data class Confirming(override val call: Transcript.ToolCall) : ToolStep

    /** It runs, with the arguments that the user may have changed. */
    public data class Running(override val call: Transcript.ToolCall) : ToolStep

    /**
     * It ended.
     *
     * @property output What the model is told.
     */
    public data class Finished(override val call: Transcript.ToolCall, val output: String) : ToolStep

    /**
     * It failed.
     *
     * @property message What the model is told.
     */
    public data class Failed(override val call: Transcript.ToolCall, val message: String) : ToolStep

    /**
     * It does not run.
     *
     * @property reason Why.
     */
    public data class Refused(override val call: Transcript.ToolCall, val reason: ToolRefusal) : ToolStep
}

/** Why a call did not run. */
public enum class ToolRefusal {
    /** The tool has [ToolPermission.DENY]. */
    DENIED,

    /** The user refused it. */
    USER,

    /** [ToolPolicy.dryRun] is set. */
    DRY_RUN,

    /** The session has no tool of this name. */
    UNKNOWN_TOOL,

    /** [ToolPolicy.maxRounds] were made. */
    TOO_MANY_ROUNDS,
}

internal fun ToolPermission.toNative(): NativePermission = when (this) {
    ToolPermission.ALLOW -> NativePermission.ALLOW
    ToolPermission.ASK -> NativePermission.ASK
    ToolPermission.DENY -> NativePermission.DENY
}

internal fun ToolDecision.toNative(): NativeDecision = when (this) {
    is ToolDecision.Run -> NativeDecision.Run
    is ToolDecision.RunWith -> NativeDecision.RunWith(arguments)
    is ToolDecision.Refuse -> NativeDecision.Refuse(reason)
}

internal fun NativeRefusal.toPublic(): ToolRefusal = when (this) {
    NativeRefusal.DENIED -> ToolRefusal.DENIED
    NativeRefusal.USER -> ToolRefusal.USER
    NativeRefusal.DRY_RUN -> ToolRefusal.DRY_RUN
    NativeRefusal.UNKNOWN_TOOL -> ToolRefusal.UNKNOWN_TOOL
    NativeRefusal.TOO_MANY_ROUNDS -> ToolRefusal.TOO_MANY_ROUNDS
}
