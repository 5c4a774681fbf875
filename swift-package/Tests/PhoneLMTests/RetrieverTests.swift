// Tools that are chosen for a request among many.

import Foundation
import PhoneLM
import Testing

func answer(_ request: String, by model: LanguageModel, with catalogue: [any Tool]) async throws -> String {
    let few = try await LexicalToolRetriever().select(for: request, from: catalogue, count: 5)
    let session = try LanguageModelSession(model: model, tools: few)
    return try await session.respond(to: request).content
}

private struct Function: Tool {
    struct Arguments: Decodable {}

    let name: String
    let description: String
    let parameters: String

    init(_ name: String, _ description: String, _ argument: String) {
        self.name = name
        self.description = description
        parameters = #"{"type": "object", "properties": {"\#(argument)": {"type": "string"}}}"#
    }

    func call(arguments: Arguments) async throws -> String { "{}" }
}

@Suite(.timeLimit(.minutes(1)))
struct RetrieverTests {
    private let catalogue = [
        Function("set_alarm", "Set an alarm in the clock app.", "hour"),
        Function("record_video", "Record one video and come back with it.", "length"),
        Function("play_media", "Play music, a podcast or a video.", "query"),
        Function("dial", "Open the dialler on a number or a contact.", "to"),
        Function("web_search", "Search the web.", "query"),
        Function("pick_ringtone", "Choose a ringtone.", "sound"),
    ]

    private func names(_ request: String, _ count: Int) async throws -> [String] {
        try await LexicalToolRetriever().select(for: request, from: catalogue, count: count).map(\.name)
    }

    @Test func toolsAreFoundByTheirWords() async throws {
        #expect(try await names("Record a VIDEO of the cat", 2) == ["record_video", "play_media"])
        #expect(try await names("ringtones, please", 1) == ["pick_ringtone"])
        #expect(try await names("xyzzy", 3) == catalogue.prefix(3).map(\.name))
        #expect(try await names("xyzzy", 100).count == catalogue.count)
        #expect(try await names("video", 0).isEmpty)
        let error = try await failure { try await names("video", -1) }
        guard case .optionInvalid(let option, _, _) = error else { throw error }
        #expect(option == "count")
    }

    @Test func chosenToolsAnswer() async throws {
        let model = try await Tiny.model()
        #expect(!(try await answer("Wake me with an alarm at 7 tomorrow", by: model, with: catalogue)).isEmpty)
    }
}
