import FoundationModels
import PhoneLM

typealias OwnSession = PhoneLM.LanguageModelSession

func answer(_ prompt: String, own: OwnSession) async throws -> String {
    if SystemLanguageModel.default.isAvailable {
        return try await FoundationModels.LanguageModelSession().respond(to: prompt).content
    }
    return try await own.respond(to: prompt).content
}
