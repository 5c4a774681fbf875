package io.phonelm

import io.phonelm.ffi.InternalException
import io.phonelm.ffi.SdkException
import io.phonelm.ffi.errorIsRetryable
import io.phonelm.ffi.errorMessage

/**
 * Everything that this library says went wrong. [message] is a sentence for people: what, where, what to do.
 *
 * A cancelled coroutine is no such error: it ends with its `CancellationException`, as everywhere in Kotlin.
 */
public sealed class PhoneLMException(
    message: String,
    /** Whether the same call may succeed later without a change. */
    public val isRetryable: Boolean,
) : Exception(message) {
    /**
     * No file lies at [path].
     *
     * @property path The file.
     */
    public class ModelNotFound internal constructor(message: String, isRetryable: Boolean, public val path: String) :
        PhoneLMException(message, isRetryable)

    /**
     * The file at [path] is no model that can run here, because of [reason].
     *
     * @property path The file.
     * @property reason What is wrong, in words.
     */
    public class ModelInvalid internal constructor(
        message: String,
        isRetryable: Boolean,
        public val path: String,
        public val reason: String,
    ) : PhoneLMException(message, isRetryable)

    /**
     * The descriptor cannot be mapped into memory, as a pipe cannot, or a compressed asset: import it into a [ModelStore].
     *
     * @property reason What is wrong, in words.
     */
    public class ModelUnmappable internal constructor(message: String, isRetryable: Boolean, public val reason: String) :
        PhoneLMException(message, isRetryable)

    /**
     * The bytes of the model are not those that it was made of: import it anew.
     *
     * @property reason What is wrong, in words.
     */
    public class ModelDamaged internal constructor(message: String, isRetryable: Boolean, public val reason: String) :
        PhoneLMException(message, isRetryable)

    /** The model has been closed. */
    public class ModelUnloaded internal constructor(message: String, isRetryable: Boolean) :
        PhoneLMException(message, isRetryable)

    /** The session is answering already: wait for the end of that answer, or cancel it. */
    public class SessionBusy internal constructor(message: String, isRetryable: Boolean) :
        PhoneLMException(message, isRetryable)

    /** The session has been closed. */
    public class SessionClosed internal constructor(message: String, isRetryable: Boolean) :
        PhoneLMException(message, isRetryable)

    /**
     * The conversation has [needed] tokens and the context holds [limit].
     *
     * @property needed Tokens of the conversation.
     * @property limit Tokens that the context holds.
     */
    public class ContextFull internal constructor(
        message: String,
        isRetryable: Boolean,
        public val needed: Long,
        public val limit: Long,
    ) : PhoneLMException(message, isRetryable)

    /**
     * The model file or this machine lacks what the call needs: a chat template, a tool format, a GPU, this library.
     *
     * @property reason What is wrong, in words.
     */
    public class Unsupported internal constructor(message: String, isRetryable: Boolean, public val reason: String) :
        PhoneLMException(message, isRetryable)

    /**
     * The value [value] of the option [option] is out of range; [allowed] says what is allowed.
     *
     * @property option The option, as it is called here.
     * @property value The value that it has.
     * @property allowed What is allowed, in words.
     */
    public class OptionInvalid internal constructor(
        message: String,
        isRetryable: Boolean,
        public val option: String,
        public val value: String,
        public val allowed: String,
    ) : PhoneLMException(message, isRetryable)

    /**
     * A JSON schema, a regular expression or a Lark grammar is none, or asks for something that answers, or the calls of a
     * tool, cannot be held to.
     *
     * @property reason Which one, and what is wrong, in words.
     */
    public class GrammarInvalid internal constructor(message: String, isRetryable: Boolean, public val reason: String) :
        PhoneLMException(message, isRetryable)

    /**
     * The answer is no value of its type: it ended too early, or the type is another one than the [Schema] says. It stays in
     * the conversation.
     *
     * @property reason What is wrong, in words.
     */
    public class ResponseInvalid internal constructor(message: String, isRetryable: Boolean, public val reason: String) :
        PhoneLMException(message, isRetryable)

    /**
     * The prompt is empty, or the model's chat template refuses it.
     *
     * @property reason What is wrong, in words.
     */
    public class PromptInvalid internal constructor(message: String, isRetryable: Boolean, public val reason: String) :
        PhoneLMException(message, isRetryable)

    /**
     * The text is no transcript of a session.
     *
     * @property reason What is wrong, in words.
     */
    public class TranscriptInvalid internal constructor(message: String, isRetryable: Boolean, public val reason: String) :
        PhoneLMException(message, isRetryable)

    /**
     * The folder cannot be used for a session: there is one in it, or none, or one that cannot be read or is open already. It
     * was left as it is.
     *
     * @property path The folder.
     * @property reason What is wrong, in words.
     */
    public class SessionInvalid internal constructor(
        message: String,
        isRetryable: Boolean,
        public val path: String,
        public val reason: String,
    ) : PhoneLMException(message, isRetryable)

    /**
     * The folder of a search holds another one, other files or a broken line, and was left as it is: choose another folder, or
     * delete this one.
     *
     * @property path The folder, or the file in it.
     * @property reason What is wrong, in words.
     */
    public class SearchInvalid internal constructor(
        message: String,
        isRetryable: Boolean,
        public val path: String,
        public val reason: String,
    ) : PhoneLMException(message, isRetryable)

    /**
     * No tool call with the id [callId] waits for an answer.
     *
     * @property callId The id that was answered.
     */
    public class UnknownCall internal constructor(message: String, isRetryable: Boolean, public val callId: String) :
        PhoneLMException(message, isRetryable)

    /**
     * Arguments that a user changed do not fit the tool; the call still waits.
     *
     * @property tool The tool.
     * @property reason What is wrong with them, in words.
     */
    public class ArgumentsInvalid internal constructor(
        message: String,
        isRetryable: Boolean,
        public val tool: String,
        public val reason: String,
    ) : PhoneLMException(message, isRetryable)

    /**
     * [needed] bytes of memory could not be had. See [LanguageModel.plan].
     *
     * @property needed Bytes that are needed.
     */
    public class OutOfMemory internal constructor(message: String, isRetryable: Boolean, public val needed: Long) :
        PhoneLMException(message, isRetryable)

    /**
     * The model takes [needed] bytes of memory and [granted] are granted. Nothing was loaded.
     *
     * @property needed Bytes that it takes with one conversation of the whole context.
     * @property granted Bytes that [ModelOptions.memoryBudgetBytes] grants.
     * @property largestContextSize The longest context that fits, in tokens; 0 if not even the model does.
     */
    public class OverBudget internal constructor(
        message: String,
        isRetryable: Boolean,
        public val needed: Long,
        public val granted: Long,
        public val largestContextSize: Int,
    ) : PhoneLMException(message, isRetryable)

    /**
     * The computation failed; the session stands at its last turn.
     *
     * @property reason What is wrong, in words.
     */
    public class ComputeFailed internal constructor(message: String, isRetryable: Boolean, public val reason: String) :
        PhoneLMException(message, isRetryable)

    /** The work was cancelled inside the library. */
    public class Cancelled internal constructor(message: String, isRetryable: Boolean) :
        PhoneLMException(message, isRetryable)

    /**
     * [needed] bytes of storage are needed and [available] are free.
     *
     * @property needed Bytes that are needed.
     * @property available Bytes that are free.
     */
    public class StorageFull internal constructor(
        message: String,
        isRetryable: Boolean,
        public val needed: Long,
        public val available: Long,
    ) : PhoneLMException(message, isRetryable)

    /**
     * The file's SHA-256 is [found] and should be [expected].
     *
     * @property expected The SHA-256 that was asked for, in hexadecimal digits.
     * @property found The SHA-256 of the file.
     */
    public class ChecksumMismatch internal constructor(
        message: String,
        isRetryable: Boolean,
        public val expected: String,
        public val found: String,
    ) : PhoneLMException(message, isRetryable)

    /**
     * Reading or writing at [path] failed.
     *
     * @property path The file.
     * @property reason What is wrong, in words.
     */
    public class StorageFailed internal constructor(
        message: String,
        isRetryable: Boolean,
        public val path: String,
        public val reason: String,
    ) : PhoneLMException(message, isRetryable)

    /**
     * A bug of this library; please report it with its message.
     *
     * @property reason What happened, for the report.
     */
    public class Internal internal constructor(message: String, isRetryable: Boolean, public val reason: String) :
        PhoneLMException(message, isRetryable)
}

/** Runs [block], which calls the native library, and turns what that throws into a [PhoneLMException]. */
internal inline fun <T> crossing(block: () -> T): T =
    try {
        block()
    } catch (error: SdkException) {
        throw error.toPublic()
    } catch (error: InternalException) {
        throw SdkException.Internal(error.message.orEmpty()).toPublic()
    } catch (error: LinkageError) {
        throw libraryMissing(error)
    }

internal fun libraryMissing(error: LinkageError): PhoneLMException {
    val reason = "libphonelm cannot be loaded here: ${generateSequence<Throwable>(error) { it.cause }.last().message}"
    val advice = "add phonelm-native-desktop on a desktop; on Android the AAR serves arm64-v8a and x86_64"
    return PhoneLMException.Unsupported("$reason; $advice", isRetryable = false, reason)
}

/** What options are called here, by their names in the native library. */
private val OPTION_NAMES = mapOf(
    "budget_seconds" to "budgetSeconds",
    "cache_dir" to "cacheDirectory",
    "context" to "contextSize",
    "decode" to "decodeTokens",
    "ffn_ratio" to "ffnRatio",
    "frequency_penalty" to "frequencyPenalty",
    "head_dims" to "headDims",
    "hot_thread_share" to "hotThreadShare",
    "keep_share" to "keepShare",
    "kv_groups" to "kvGroups",
    "max_tokens" to "maximumResponseTokens",
    "max_tool_rounds" to "maxRounds",
    "min_p" to "minP",
    "params" to "parameters",
    "prefill" to "prefillTokens",
    "presence_penalty" to "presencePenalty",
    "repetition_penalty" to "repetitionPenalty",
    "thread_share" to "threadShare",
    "top_k" to "topK",
    "top_p" to "topP",
    "vocab" to "vocabularySize",
    "weights" to "weightType",
)

internal fun SdkException.toPublic(): PhoneLMException {
    val name = (this as? SdkException.OptionInvalid)?.let { OPTION_NAMES[it.option] }
    return if (name == null) describe() else SdkException.OptionInvalid(name, value, allowed).describe()
}

private fun SdkException.describe(): PhoneLMException {
    val text = errorMessage(this)
    val retry = errorIsRetryable(this)
    return when (this) {
        is SdkException.ModelNotFound -> PhoneLMException.ModelNotFound(text, retry, path)
        is SdkException.ModelInvalid -> PhoneLMException.ModelInvalid(text, retry, path, reason)
        is SdkException.ModelUnmappable -> PhoneLMException.ModelUnmappable(text, retry, reason)
        is SdkException.ModelDamaged -> PhoneLMException.ModelDamaged(text, retry, reason)
        is SdkException.ModelUnloaded -> PhoneLMException.ModelUnloaded(text, retry)
        is SdkException.SessionBusy -> PhoneLMException.SessionBusy(text, retry)
        is SdkException.SessionClosed -> PhoneLMException.SessionClosed(text, retry)
        is SdkException.ContextFull -> PhoneLMException.ContextFull(text, retry, needed.toLong(), limit.toLong())
        is SdkException.Unsupported -> PhoneLMException.Unsupported(text, retry, reason)
        is SdkException.OptionInvalid -> PhoneLMException.OptionInvalid(text, retry, option, value, allowed)
        is SdkException.GrammarInvalid -> PhoneLMException.GrammarInvalid(text, retry, reason)
        is SdkException.ResponseInvalid -> PhoneLMException.ResponseInvalid(text, retry, reason)
        is SdkException.PromptInvalid -> PhoneLMException.PromptInvalid(text, retry, reason)
        is SdkException.TranscriptInvalid -> PhoneLMException.TranscriptInvalid(text, retry, reason)
        is SdkException.SessionInvalid -> PhoneLMException.SessionInvalid(text, retry, path, reason)
        is SdkException.SearchInvalid -> PhoneLMException.SearchInvalid(text, retry, path, reason)
        is SdkException.UnknownCall -> PhoneLMException.UnknownCall(text, retry, callId)
        is SdkException.ArgumentsInvalid -> PhoneLMException.ArgumentsInvalid(text, retry, tool, reason)
        is SdkException.OutOfMemory -> PhoneLMException.OutOfMemory(text, retry, needed.toLong())
        is SdkException.OverBudget ->
            PhoneLMException.OverBudget(text, retry, needed.toLong(), granted.toLong(), largestContext.toInt())
        is SdkException.ComputeFailed -> PhoneLMException.ComputeFailed(text, retry, reason)
        is SdkException.Cancelled -> PhoneLMException.Cancelled(text, retry)
        is SdkException.StorageFull -> PhoneLMException.StorageFull(text, retry, needed.toLong(), available.toLong())
        is SdkException.ChecksumMismatch -> PhoneLMException.ChecksumMismatch(text, retry, expected, found)
        is SdkException.StorageFailed -> PhoneLMException.StorageFailed(text, retry, path, reason)
        is SdkException.Internal -> PhoneLMException.Internal(text, retry, reason)
    }
}

/** A whole number for an option that has no negative values. */
internal fun Int.unsigned(option: String): UInt = toLong().unsigned(option).toUInt()

/** A whole number for an option that has no negative values. */
internal fun Long.unsigned(option: String): ULong =
    if (this >= 0) toULong() else throw SdkException.OptionInvalid(option, toString(), "0 or more").toPublic()
