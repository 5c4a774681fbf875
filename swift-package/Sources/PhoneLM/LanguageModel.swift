import Foundation
internal import PhoneLMBindings

/// A model file that is open: several sessions may share it.
///
/// ```swift
/// let model = try await LanguageModel(contentsOf: url)
/// let session = try LanguageModelSession(model: model, instructions: "You are a helpful assistant.")
/// print(try await session.respond(to: "Good morning!").content)
/// ```
///
/// The file is mapped, not read: it must stay where it is, unchanged, while the model is in use. Memory is given back
/// by ``unload()``, or when the model and all its sessions are gone.
public final class LanguageModel: Sendable {
    /// How a model is opened.
    public struct Options: Sendable, Hashable {
        /// Threads that compute; `nil` takes as many fast cores as decode fastest, which is measured when the model is first idle.
        public var threads: Int?

        /// Tokens that a conversation may have; `nil` takes what the model was trained for.
        public var contextSize: Int?

        /// The numbers that the cache of a conversation is kept in.
        public var keyValueType: KeyValueType

        /// What computes.
        public var backend: Backend

        /// Where the engine may keep what it computes once a device; `nil` keeps nothing.
        public var cacheDirectory: URL?

        /// Bytes that the model may take beyond the mapped file, ``MemoryPlan/availableMemory`` say: one whose
        /// ``MemoryPlan/totalBytes`` is more is refused with
        /// ``LanguageModelError/overBudget(neededBytes:grantedBytes:largestContextSize:)`` before its weights are read.
        /// `nil` sets no limit.
        public var memoryBudget: Int?

        /// Creates options.
        ///
        /// - Parameters:
        ///   - threads: Threads that compute.
        ///   - contextSize: Tokens that a conversation may have.
        ///   - keyValueType: The numbers that the cache of a conversation is kept in.
        ///   - backend: What computes.
        ///   - cacheDirectory: Where the engine may keep what it computes once a device.
        ///   - memoryBudget: Bytes that the model may take beyond the mapped file.
        public init(
            threads: Int? = nil,
            contextSize: Int? = nil,
            keyValueType: KeyValueType = .float16,
            backend: Backend = .automatic,
            cacheDirectory: URL? = nil,
            memoryBudget: Int? = nil
        ) {
            self.threads = threads
            self.contextSize = contextSize
            self.keyValueType = keyValueType
            self.backend = backend
            self.cacheDirectory = cacheDirectory
            self.memoryBudget = memoryBudget
        }
    }

    /// The numbers that the cache of a conversation is kept in.
    public enum KeyValueType: Sendable, Hashable {
        /// Two bytes a number.
        case float16
        /// Four bytes a number.
        case float32
        /// A byte a number and a scale for 32 of them: long conversations answer faster. A model whose heads are not a
        /// multiple of 32 wide refuses it with ``LanguageModelError/optionInvalid(option:value:allowed:)``.
        case int8
    }

    /// What computes.
    public enum Backend: Sendable, Hashable {
        /// What suits the device.
        case automatic
        /// The processor.
        case cpu
        /// The graphics processor, and ``LanguageModelError/unsupported(reason:)`` where it cannot. One that fails later is given up,
        /// and the processor goes on.
        case gpu
    }

    /// What is known of an open model.
    public struct Info: Sendable, Hashable {
        /// The model's name, if its file has one.
        public let name: String?
        /// The family that the model belongs to, such as `qwen3`.
        public let family: String
        /// How many weights the model has.
        public let parameters: Int
        /// How the weights are stored, such as `q8_0`.
        public let quantization: String
        /// Tokens that a conversation may have.
        public let contextSize: Int
        /// Tokens that the model knows.
        public let vocabularySize: Int
        /// The template that turns a conversation into the model's text.
        public let chatTemplate: String?
        /// How the model writes calls of tools, if it can.
        public let toolFormat: String?
        /// The same for two files only if they hold the same model.
        public let fingerprint: String
        /// What computes at the moment: instruction set and threads, or the GPU.
        public let executor: String
    }

    let model: PhoneLMBindings.Model

    /// What is known of the model, and what computes at the moment.
    public var info: Info { Info(model.info()) }

    /// Opens a model file.
    ///
    /// Cancelling the task ends the opening with a `CancellationError`.
    ///
    /// - Parameters:
    ///   - url: A GGUF file.
    ///   - options: How to open it.
    ///   - progress: Is told how far the opening is, from 0 to 1.
    /// - Throws: ``LanguageModelError``.
    public convenience init(
        contentsOf url: URL,
        options: Options = Options(),
        progress: (@Sendable (Double) -> Void)? = nil
    ) async throws {
        try await self.init(source: ModelSource(url), options: options, progress: progress)
    }

    /// Opens a model that is part of an open file.
    ///
    /// The descriptor may be closed as soon as the model is open.
    ///
    /// - Parameters:
    ///   - fileDescriptor: An open file that can be mapped.
    ///   - offset: Where the model begins in it.
    ///   - length: How many bytes the model has.
    ///   - options: How to open it.
    ///   - progress: Is told how far the opening is, from 0 to 1.
    /// - Throws: ``LanguageModelError``.
    public convenience init(
        fileDescriptor: Int32,
        offset: UInt64,
        length: UInt64,
        options: Options = Options(),
        progress: (@Sendable (Double) -> Void)? = nil
    ) async throws {
        let source = ModelSource.descriptor(fd: fileDescriptor, offset: offset, length: length)
        try await self.init(source: source, options: options, progress: progress)
    }

    private init(source: ModelSource, options: Options, progress: (@Sendable (Double) -> Void)?) async throws {
        try Task.checkCancellation()
        let loading = loadModel(source: source, options: try ModelOptions(options))
        model = try await withTaskCancellationHandler {
            while let event = try await crossingAsync({ try await loading.next() }) {
                switch event {
                case .progress(let fraction): progress?(fraction)
                case .ready(let model): return model
                }
            }
            throw CancellationError()
        } onCancel: {
            loading.cancel()
        }
        try Task.checkCancellation()
    }

    /// The version of this library.
    public static var libraryVersion: String { sdkVersion() }

    /// Tokens that a conversation may have.
    public var contextSize: Int { info.contextSize }

    /// Whether ``unload()`` has not been called yet.
    public var isLoaded: Bool { model.isLoaded() }

    /// Tells whether the app is in the background, where iOS forbids work on the GPU.
    ///
    /// The processor then goes on with running answers until the app is in front again. Changes nothing for a model on the
    /// processor. Returns at once and takes effect within a token; may be called at any time, from anywhere, more than once.
    public func setBackground(_ background: Bool) {
        model.setBackground(background: background)
    }

    /// Gives the model's memory back, now.
    ///
    /// Answers that are being made end with ``LanguageModelError/modelUnloaded``, and so does everything that is asked
    /// of the model's sessions afterwards. May be called at any time, from anywhere, more than once.
    public func unload() {
        model.unload()
    }

    /// Reads every byte of the model file: whether each weight is a number, and what the file's SHA-256 is.
    ///
    /// - Parameters:
    ///   - sha256: What the result should be, in hexadecimal digits.
    ///   - progress: Is told how far the reading is, from 0 to 1.
    /// - Returns: The SHA-256 in hexadecimal digits.
    /// - Throws: ``LanguageModelError/modelDamaged(reason:)`` if a weight is none or the SHA-256 another one.
    @discardableResult
    public func verify(
        sha256: String? = nil,
        progress: (@Sendable (Double) -> Void)? = nil
    ) async throws -> String {
        let verification = model.verify(expectedSha256: sha256)
        return try await withTaskCancellationHandler {
            while let event = try await crossingAsync({ try await verification.next() }) {
                switch event {
                case .progress(let fraction): progress?(fraction)
                case .verified(let sha256): return sha256
                }
            }
            throw CancellationError()
        } onCancel: {
            verification.cancel()
        }
    }
}
