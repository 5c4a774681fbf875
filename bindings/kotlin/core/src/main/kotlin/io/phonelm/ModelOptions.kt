package io.phonelm

import io.phonelm.ffi.BackendPreference as NativeBackend
import io.phonelm.ffi.KvType as NativeKvType
import io.phonelm.ffi.ModelInfo as NativeInfo
import io.phonelm.ffi.ModelOptions as NativeOptions
import io.phonelm.ffi.ModelSource as NativeSource
import io.phonelm.ffi.Plan as NativePlan

/** Where a model's bytes lie. They are mapped and read in place, never copied. */
public sealed interface ModelSource {
    /**
     * The GGUF file at [path].
     *
     * @property path The file.
     */
    public data class Path(val path: String) : ModelSource

    /**
     * * The [length] bytes from [offset] on of an open file descriptor, for example an uncompressed asset inside an APK. The
     * descriptor may be closed as soon as the model is open.
     *
     * @property fd The number of the descriptor, as in `ParcelFileDescriptor.getFd`.
     * @property offset Where the model begins, in bytes.
     * @property length How many bytes it has.
     */
    public data class Descriptor(val fd: Int, val offset: Long, val length: Long) : ModelSource
}

/** How keys and values of the conversation are kept. */
public enum class KeyValueType {
    /** 16-bit floats. */
    F16,

    /** 32-bit floats: twice the memory. */
    F32,

    /**
     * Bytes with a scale for 32 of them: half the memory, and long conversations answer faster. A model whose heads are
     * not a multiple of 32 wide refuses it with [PhoneLMException.OptionInvalid].
     */
    Q8_0,
}

/** What computes. */
public enum class Backend {
    /** What is fastest here. */
    AUTO,

    /** The processor. */
    CPU,

    /**
     * The graphics processor, and [PhoneLMException.Unsupported] where it cannot. One that fails later is given up, and the
     * processor goes on.
     */
    GPU,
}

/**
 * How to open a model. What is left out is chosen for the machine.
 *
 * @property threads Compute threads, 1 to 256. If `null`, as many of the big cores as decode fastest on this device, which is
 *   measured when the model is first idle.
 * @property contextSize Longest conversation in tokens; the model's own limit if `null`.
 * @property keyValueType How keys and values of the conversation are kept.
 * @property backend What computes.
 * @property cacheDirectory A folder that exists, for what may be measured once and kept; nothing is kept if `null`.
 * @property memoryBudgetBytes What the model may take beyond the mapped file: one whose [MemoryPlan.totalBytes] is more is refused
 *   with [PhoneLMException.OverBudget] before its weights are read. No limit if `null`.
 */
public data class ModelOptions(
    val threads: Int? = null,
    val contextSize: Int? = null,
    val keyValueType: KeyValueType = KeyValueType.F16,
    val backend: Backend = Backend.AUTO,
    val cacheDirectory: String? = null,
    val memoryBudgetBytes: Long? = null,
)

/**
 * What a model is.
 *
 * @property name Its name, if the file says one.
 * @property family phonelm, llama, qwen2 or qwen3.
 * @property parameters Number of weights.
 * @property quantization How most weights are stored, for example `Q8_0`.
 * @property contextSize Longest conversation in tokens.
 * @property vocabularySize Number of tokens.
 * @property chatTemplate The template that turns a conversation into text, if the file has one.
 * @property toolFormat How the model writes tool calls, if it can.
 * @property fingerprint Tells model files apart.
 * @property executor What computes at the moment: instruction set and threads, or the GPU.
 */
public data class ModelInfo(
    val name: String?,
    val family: String,
    val parameters: Long,
    val quantization: String,
    val contextSize: Int,
    val vocabularySize: Int,
    val chatTemplate: String?,
    val toolFormat: String?,
    val fingerprint: String,
    val executor: String,
)

/**
 * What a model would need, known before it is opened. All sizes are bytes.
 *
 * @property fileBytes The file, which is mapped: the system may drop and read again its pages at any time.
 * @property weightBytes Weights that are copied into memory.
 * @property keyValueBytes Keys and values of one conversation that fills the context.
 * @property keyValueBytesPerToken The same for one token.
 * @property scratchBytes Working memory.
 * @property gpuBytes Weights on the graphics processor, if the model starts there.
 * @property totalBytes All of it beyond the mapped file.
 * @property contextSize The context that this was computed for, in tokens.
 * @property largestContextSize The largest context that fits the budget, 0 if not even the model does; `null` without one.
 */
public data class MemoryPlan(
    val fileBytes: Long,
    val weightBytes: Long,
    val keyValueBytes: Long,
    val keyValueBytesPerToken: Long,
    val scratchBytes: Long,
    val gpuBytes: Long,
    val totalBytes: Long,
    val contextSize: Int,
    val largestContextSize: Int?,
)

internal fun ModelSource.toNative(): NativeSource = when (this) {
    is ModelSource.Path -> NativeSource.Path(path)
    is ModelSource.Descriptor -> NativeSource.Descriptor(fd, offset.unsigned("offset"), length.unsigned("length"))
}

internal fun ModelOptions.toNative(): NativeOptions = NativeOptions(
    threads = threads?.unsigned("threads"),
    context = contextSize?.unsigned("contextSize"),
    kvType = when (keyValueType) {
        KeyValueType.F16 -> NativeKvType.F16
        KeyValueType.F32 -> NativeKvType.F32
        KeyValueType.Q8_0 -> NativeKvType.Q8_0
    },
    backend = backend.toNative(),
    cacheDir = cacheDirectory,
    memoryBudgetBytes = memoryBudgetBytes?.unsigned("memoryBudgetBytes"),
)

internal fun Backend.toNative(): NativeBackend = when (this) {
    Backend.AUTO -> NativeBackend.AUTO
    Backend.CPU -> NativeBackend.CPU
    Backend.GPU -> NativeBackend.GPU
}

internal fun NativeInfo.toPublic(): ModelInfo = ModelInfo(
    name = name,
    family = family,
    parameters = parameters.toLong(),
    quantization = quantization,
    contextSize = context.toInt(),
    vocabularySize = vocab.toInt(),
    chatTemplate = chatTemplate,
    toolFormat = toolFormat,
    fingerprint = fingerprint,
    executor = executor,
)

internal fun NativePlan.toPublic(): MemoryPlan = MemoryPlan(
    fileBytes = fileBytes.toLong(),
    weightBytes = weightBytes.toLong(),
    keyValueBytes = kvBytes.toLong(),
    keyValueBytesPerToken = kvBytesPerToken.toLong(),
    scratchBytes = scratchBytes.toLong(),
    gpuBytes = gpuBytes.toLong(),
    totalBytes = totalBytes.toLong(),
    contextSize = context.toInt(),
    largestContextSize = largestContext?.toInt(),
)
