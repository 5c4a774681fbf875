internal import PhoneLMBindings

/// Chooses the tools of a session where there are more than a small model copes with.
///
/// ```swift
/// let few = try await LexicalToolRetriever().select(for: request, from: catalogue, count: 5)
/// let session = try LanguageModelSession(model: model, tools: few)
/// ```
public protocol ToolRetriever: Sendable {
    /// Which tools a model should be offered for a request, the likeliest first.
    ///
    /// - Parameters:
    ///   - request: What the model will be asked.
    ///   - tools: What there is to choose from.
    ///   - count: The most tools to choose.
    func select(for request: String, from tools: [any Tool], count: Int) async throws -> [any Tool]
}

/// Chooses by the words that a request shares with names, descriptions and arguments of tools (Okapi BM25).
///
/// It needs no model and no memory, and the same input always gives the same tools. It knows words and not meanings: where
/// the two often differ, take a larger `count`.
public struct LexicalToolRetriever: ToolRetriever {
    /// Creates a retriever.
    public init() {}

    /// Which tools share the rarest words with a request, the likeliest first.
    ///
    /// - Parameters:
    ///   - request: What the model will be asked.
    ///   - tools: What there is to choose from.
    ///   - count: The most tools to choose.
    /// - Throws: ``LanguageModelError/optionInvalid(option:value:allowed:)`` if `count` is negative.
    public func select(for request: String, from tools: [any Tool], count: Int) async throws -> [any Tool] {
        let most: UInt32 = try required(count, "count")
        return selectTools(request: request, tools: tools.map(ToolDefinition.init), count: most).map { tools[Int($0)] }
    }
}
