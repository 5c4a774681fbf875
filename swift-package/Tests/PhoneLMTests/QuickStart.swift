import Foundation
import PhoneLM

func quickStart(url: URL) async throws -> String {
    let model = try await LanguageModel(contentsOf: url)
    let session = try LanguageModelSession(model: model, instructions: "You are Bolt.")
    for try await snapshot in session.streamResponse(to: "Hello! Who are you?") {
        print(snapshot.delta, terminator: "")
    }
    print()
    let response = try await session.respond(to: "What is your name?")
    return response.content
}
