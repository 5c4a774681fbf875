// Between the public types and the generated ones, which stay inside this module.

import Foundation
internal import PhoneLMBindings

/// Runs what crosses the border, and throws the public error in place of the generated one.
func crossing<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw publicError(error) }
}

/// Runs what crosses the border and waits there, and throws the public error in place of the generated one.
func crossingAsync<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    do { return try await body() } catch { throw publicError(error) }
}

private func publicError(_ error: any Error) -> any Error {
    switch error {
    case SdkError.Cancelled: CancellationError()
    case let error as SdkError: LanguageModelError(error)
    case let error as CocoaError:
        LanguageModelError.storageFailed(path: error.filePath ?? "", reason: error.localizedDescription)
    case is CancellationError, is LanguageModelError: error
    default: LanguageModelError.internalError(reason: error.localizedDescription)
    }
}

/// A number as the engine takes it.
func unsigned<Value: FixedWidthInteger & UnsignedInteger>(_ number: Int?, _ option: String) throws -> Value? {
    try number.map { try required($0, option) }
}

/// A number as the engine takes it.
func required<Value: FixedWidthInteger & UnsignedInteger>(_ number: Int, _ option: String) throws -> Value {
    guard let value = Value(exactly: number) else {
        throw LanguageModelError.optionInvalid(option: option, value: "\(number)", allowed: "0 to \(Value.max)")
    }
    return value
}

/// What options are called here, by their names in the native library.
private let optionNames = [
    "budget_seconds": "budgetSeconds",
    "cache_dir": "cacheDirectory",
    "context": "contextSize",
    "decode": "decodeTokens",
    "ffn_ratio": "ffnRatio",
    "frequency_penalty": "frequencyPenalty",
    "head_dims": "headDims",
    "hot_thread_share": "hotThreadShare",
    "keep_share": "keepingShare",
    "kv_groups": "kvGroups",
    "max_tokens": "maximumResponseTokens",
    "max_tool_rounds": "maximumRounds",
    "min_p": "minimumProbability",
    "params": "parameters",
    "prefill": "prefillTokens",
    "presence_penalty": "presencePenalty",
    "repetition_penalty": "repetitionPenalty",
    "thread_share": "threadShare",
    "top_k": "top",
    "top_p": "probabilityThreshold",
    "vocab": "vocabularySize",
    "weights": "weightType",
]

extension LanguageModelError {
    /// `Cancelled` is not among the errors of this type: a cancelled task gets a `CancellationError`.
    init(_ error: SdkError) {
        self =
            switch error {
            case .ModelNotFound(let path): .modelNotFound(path: path)
            case .ModelInvalid(let path, let reason): .modelInvalid(path: path, reason: reason)
            case .ModelUnmappable(let reason): .modelUnmappable(reason: reason)
            case .ModelDamaged(let reason): .modelDamaged(reason: reason)
            case .ModelUnloaded: .modelUnloaded
            case .SessionBusy: .sessionBusy
            case .SessionClosed: .sessionClosed
            case .ContextFull(let needed, let limit):
                .contextSizeExceeded(.init(contextSize: Int(clamping: limit), tokenCount: Int(clamping: needed)))
            case .Unsupported(let reason): .unsupported(reason: reason)
            case .OptionInvalid(let option, let value, let allowed):
                .optionInvalid(option: optionNames[option] ?? option, value: value, allowed: allowed)
            case .GrammarInvalid(let reason): .grammarInvalid(reason: reason)
            case .ResponseInvalid(let reason): .responseInvalid(reason: reason)
            case .PromptInvalid(let reason): .promptInvalid(reason: reason)
            case .TranscriptInvalid(let reason): .transcriptInvalid(reason: reason)
            case .SessionInvalid(let path, let reason): .sessionInvalid(path: path, reason: reason)
            case .SearchInvalid(let path, let reason): .searchInvalid(path: path, reason: reason)
            case .UnknownCall(let id): .unknownCall(id: id)
            case .ArgumentsInvalid(let tool, let reason): .argumentsInvalid(tool: tool, reason: reason)
            case .OutOfMemory(let needed): .outOfMemory(neededBytes: Int(clamping: needed))
            case .OverBudget(let needed, let granted, let largestContext):
                .overBudget(
                    neededBytes: Int(clamping: needed), grantedBytes: Int(clamping: granted),
                    largestContextSize: Int(clamping: largestContext))
            case .ComputeFailed(let reason): .computeFailed(reason: reason)
            case .StorageFull(let needed, let available):
                .storageFull(neededBytes: Int(clamping: needed), availableBytes: Int(clamping: available))
            case .ChecksumMismatch(let expected, let found): .checksumMismatch(expected: expected, found: found)
            case .StorageFailed(let path, let reason): .storageFailed(path: path, reason: reason)
            case .Cancelled: .internalError(reason: "cancelled")
            case .Internal(let reason): .internalError(reason: reason)
            }
    }
}

extension SdkError {
    init(_ error: LanguageModelError) {
        self =
            switch error {
            case .modelNotFound(let path): .ModelNotFound(path: path)
            case .modelInvalid(let path, let reason): .ModelInvalid(path: path, reason: reason)
            case .modelUnmappable(let reason): .ModelUnmappable(reason: reason)
            case .modelDamaged(let reason): .ModelDamaged(reason: reason)
            case .modelUnloaded: .ModelUnloaded
            case .sessionBusy: .SessionBusy
            case .sessionClosed: .SessionClosed
            case .contextSizeExceeded(let exceeded):
                .ContextFull(
                    needed: UInt64(clamping: exceeded.tokenCount), limit: UInt64(clamping: exceeded.contextSize))
            case .unsupported(let reason): .Unsupported(reason: reason)
            case .optionInvalid(let option, let value, let allowed):
                .OptionInvalid(option: option, value: value, allowed: allowed)
            case .grammarInvalid(let reason): .GrammarInvalid(reason: reason)
            case .responseInvalid(let reason): .ResponseInvalid(reason: reason)
            case .promptInvalid(let reason): .PromptInvalid(reason: reason)
            case .transcriptInvalid(let reason): .TranscriptInvalid(reason: reason)
            case .sessionInvalid(let path, let reason): .SessionInvalid(path: path, reason: reason)
            case .searchInvalid(let path, let reason): .SearchInvalid(path: path, reason: reason)
            case .unknownCall(let id): .UnknownCall(callId: id)
            case .argumentsInvalid(let tool, let reason): .ArgumentsInvalid(tool: tool, reason: reason)
            case .outOfMemory(let needed): .OutOfMemory(needed: UInt64(clamping: needed))
            case .overBudget(let needed, let granted, let largestContext):
                .OverBudget(
                    needed: UInt64(clamping: needed), granted: UInt64(clamping: granted),
                    largestContext: UInt64(clamping: largestContext))
            case .computeFailed(let reason): .ComputeFailed(reason: reason)
            case .storageFull(let needed, let available):
                .StorageFull(needed: UInt64(clamping: needed), available: UInt64(clamping: available))
            case .checksumMismatch(let expected, let found): .ChecksumMismatch(expected: expected, found: found)
            case .storageFailed(let path, let reason): .StorageFailed(path: path, reason: reason)
            case .internalError(let reason): .Internal(reason: reason)
            }
    }
}

extension ModelSource {
    init(_ url: URL) throws {
        guard url.isFileURL else { throw LanguageModelError.modelNotFound(path: url.absoluteString) }
        self = .path(path: url.path)
    }
}

extension ModelOptions {
    init(_ options: LanguageModel.Options) throws {
        self.init(
            threads: try unsigned(options.threads, "threads"),
            context: try unsigned(options.contextSize, "contextSize"),
            kvType: KvType(options.keyValueType),
            backend: BackendPreference(options.backend),
            cacheDir: options.cacheDirectory?.path,
            memoryBudgetBytes: try unsigned(options.memoryBudget, "memoryBudget")
        )
    }
}

extension KvType {
    init(_ type: LanguageModel.KeyValueType) {
        self =
            switch type {
            case .float16: .f16
            case .float32: .f32
            case .int8: .q80
            }
    }
}

extension BackendPreference {
    init(_ backend: LanguageModel.Backend) {
        self =
            switch backend {
            case .automatic: .auto
            case .cpu: .cpu
            case .gpu: .gpu
            }
    }
}

extension LanguageModel.Info {
    init(_ info: ModelInfo) {
        name = info.name
        family = info.family
        parameters = Int(clamping: info.parameters)
        quantization = info.quantization
        contextSize = Int(clamping: info.context)
        vocabularySize = Int(clamping: info.vocab)
        chatTemplate = info.chatTemplate
        toolFormat = info.toolFormat
        fingerprint = info.fingerprint
        executor = info.executor
    }
}

extension MemoryPlan {
    init(_ plan: Plan) {
        fileBytes = Int(clamping: plan.fileBytes)
        weightBytes = Int(clamping: plan.weightBytes)
        keyValueBytes = Int(clamping: plan.kvBytes)
        keyValueBytesPerToken = Int(clamping: plan.kvBytesPerToken)
        scratchBytes = Int(clamping: plan.scratchBytes)
        gpuBytes = Int(clamping: plan.gpuBytes)
        totalBytes = Int(clamping: plan.totalBytes)
        contextSize = Int(clamping: plan.context)
        largestContextSize = plan.largestContext.map { Int(clamping: $0) }
    }
}

extension SessionOptions {
    init(
        _ instructions: String?,
        _ defaults: GenerationOptions,
        _ overflow: ContextOverflow,
        _ tools: [any Tool],
        _ policy: ToolPolicy,
        _ folder: PhoneLM.SessionFolder? = nil
    ) throws {
        self.init(
            instructions: instructions,
            defaults: try PhoneLMBindings.GenerationOptions(defaults),
            overflow: OverflowPolicy(overflow),
            tools: tools.map(ToolDefinition.init),
            maxToolRounds: try unsigned(policy.maximumRounds, "maximumRounds"),
            folder: folder?.native,
            dryRun: policy.dryRun
        )
    }
}

extension ToolDefinition {
    init(_ tool: any Tool) {
        self.init(
            name: tool.name,
            description: tool.description,
            parametersJson: tool.parameters,
            permission: .init(tool.permission)
        )
    }
}

extension OverflowPolicy {
    init(_ overflow: ContextOverflow) {
        self =
            switch overflow {
            case .fail: .fail
            case .dropOldest(let share): .dropOldest(keepShare: share)
            }
    }
}

extension PhoneLMBindings.GenerationOptions {
    init(_ options: GenerationOptions) throws {
        let mode = options.samplingMode
        self.init(
            maxTokens: try unsigned(options.maximumResponseTokens, "maximumResponseTokens"),
            temperature: (mode?.temperature ?? options.temperature).map { Float($0) },
            topK: try unsigned(mode?.top, "top"),
            topP: mode?.probabilityThreshold.map { Float($0) },
            minP: mode?.minimumProbability.map { Float($0) },
            repetitionPenalty: options.repetitionPenalty.map { Float($0) },
            presencePenalty: options.presencePenalty.map { Float($0) },
            frequencyPenalty: options.frequencyPenalty.map { Float($0) },
            seed: mode?.seed,
            stop: options.stopSequences,
            keepPartial: options.keepsPartialResponse,
            grammar: options.grammar.map(PhoneLMBindings.Grammar.init)
        )
    }
}

extension LanguageModelSession.Response {
    init(
        _ response: PhoneLMBindings.Response,
        droppedTurns: UInt64,
        droppedTokens: UInt64,
        backendChanges: [LanguageModelSession.BackendChange]
    ) throws {
        content = response.text
        finishReason = try .init(response.finish)
        statistics = .init(
            promptTokens: Int(clamping: response.statistics.promptTokens),
            cachedTokens: Int(clamping: response.statistics.cachedTokens),
            generatedTokens: Int(clamping: response.statistics.generatedTokens),
            secondsToFirstToken: response.statistics.secondsToFirstToken,
            tokensPerSecond: response.statistics.tokensPerSecond,
            droppedTurns: Int(clamping: droppedTurns),
            droppedTokens: Int(clamping: droppedTokens)
        )
        self.backendChanges = backendChanges
    }
}

extension LanguageModelSession.FinishReason {
    init(_ reason: PhoneLMBindings.FinishReason) throws {
        switch reason {
        case .stop: self = .stop
        case .length: self = .length
        case .contextFull: self = .contextFull
        case .constraint: self = .constraint
        case .toolLimit: self = .toolLimit
        case .cancelled: throw CancellationError()
        case .error: throw LanguageModelError.internalError(reason: "an answer failed without an error")
        }
    }
}

extension ContextUsage {
    init(_ usage: PhoneLMBindings.ContextUsage) {
        tokens = Int(clamping: usage.tokens)
        contextSize = Int(clamping: usage.context)
    }
}

extension ModelStore.StoredModel {
    init(_ model: PhoneLMBindings.StoredModel) {
        name = model.name
        url = URL(fileURLWithPath: model.path)
        bytes = Int(clamping: model.bytes)
        sha256 = model.sha256
    }
}

extension LogLevel {
    init(_ level: Logging.Level) {
        self =
            switch level {
            case .error: .error
            case .warning: .warn
            case .info: .info
            case .debug: .debug
            case .trace: .trace
            }
    }
}

extension Logging.Record {
    init?(_ record: LogRecord) {
        switch record.level {
        case .off: return nil
        case .error: level = .error
        case .warn: level = .warning
        case .info: level = .info
        case .debug: level = .debug
        case .trace: level = .trace
        }
        target = record.target
        message = record.message
    }
}
