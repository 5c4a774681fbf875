// Stands in for Apple's FoundationModels where there is none: what the example with both modules uses, and the names that
// both modules have, declared as Apple documents them.

/// https://developer.apple.com/documentation/foundationmodels/systemlanguagemodel
public final class SystemLanguageModel: Sendable {
    public static let `default` = SystemLanguageModel()

    public var isAvailable: Bool { false }
}

/// https://developer.apple.com/documentation/foundationmodels/languagemodelsession
public final class LanguageModelSession {
    public init(model: SystemLanguageModel = .default, tools: [any Tool] = [], instructions: String? = nil) {}

    /// https://developer.apple.com/documentation/foundationmodels/languagemodelsession/response
    public struct Response<Content> {
        public let content: Content
    }

    /// https://developer.apple.com/documentation/foundationmodels/languagemodelsession/respond(to:options:)
    @discardableResult
    public func respond(
        to prompt: String,
        options: GenerationOptions = GenerationOptions()
    ) async throws -> Response<String> {
        Response(content: "")
    }
}

/// https://developer.apple.com/documentation/foundationmodels/languagemodel
public protocol LanguageModel: Sendable {}

/// https://developer.apple.com/documentation/foundationmodels/tool
public protocol Tool: Sendable {}

/// https://developer.apple.com/documentation/foundationmodels/generationoptions
public struct GenerationOptions: Sendable {
    public init() {}
}

/// https://developer.apple.com/documentation/foundationmodels/transcript
public struct Transcript: Sendable {}

/// https://developer.apple.com/documentation/foundationmodels/languagemodelerror
public enum LanguageModelError: Error {}
