import Foundation
internal import PhoneLMBindings

#if canImport(UIKit)
import os
#endif

/// What a model will need, known before it is opened; see ``LanguageModel/plan(contentsOf:options:budget:)``.
public struct MemoryPlan: Sendable, Hashable {
    /// Bytes of the model file, which is mapped: the system can take them back at any time.
    public let fileBytes: Int
    /// Bytes of weights that are copied into memory.
    public let weightBytes: Int
    /// Bytes of one conversation that fills the context.
    public let keyValueBytes: Int
    /// Bytes that each token of a conversation takes.
    public let keyValueBytesPerToken: Int
    /// Bytes to compute in.
    public let scratchBytes: Int
    /// Bytes on the graphics processor.
    public let gpuBytes: Int
    /// Bytes of all this beyond the mapped file.
    public let totalBytes: Int
    /// Tokens that a conversation may have.
    public let contextSize: Int
    /// Tokens that a conversation may have at most within the budget, if there is one; 0 if not even the model fits.
    public let largestContextSize: Int?

    /// Bytes that the system lets this app take now, where the system tells: not on the Mac.
    public static var availableMemory: Int? {
        #if canImport(UIKit)
        return Int(os_proc_available_memory())
        #else
        return nil
        #endif
    }
}

extension LanguageModel {
    /// Tells what a model file would need, without opening it.
    ///
    /// - Parameters:
    ///   - url: A GGUF file.
    ///   - options: How it would be opened.
    ///   - budget: Bytes that there are; ``MemoryPlan/availableMemory`` unless you know better.
    /// - Throws: ``LanguageModelError``.
    public static func plan(
        contentsOf url: URL,
        options: Options = Options(),
        budget: Int? = MemoryPlan.availableMemory
    ) async throws -> MemoryPlan {
        let source = try ModelSource(url)
        let options = try ModelOptions(options)
        let budget: UInt64? = try unsigned(budget, "budget")
        return try await blocking {
            MemoryPlan(try PhoneLMBindings.plan(source: source, options: options, budgetBytes: budget))
        }
    }
}
