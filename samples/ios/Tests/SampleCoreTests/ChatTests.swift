// The Chat screen: streaming, stop, edit, retry, and a conversation that outlives the app.

import Foundation
import PhoneLM
import Testing

@testable import SampleCore

@MainActor
@Suite(.timeLimit(.minutes(1)))
struct ChatTests {
    private let folder: Folder
    private let file: URL

    init() throws {
        folder = try Folder()
        file = folder.url.appendingPathComponent("app/chat.json")
    }

    /// The chat as it is when the app starts.
    private func started(_ options: GenerationOptions = .greedy) async throws -> Chat {
        let chat = Chat(file: file, options: options)
        chat.use(try await Tiny.model())
        return chat
    }

    private func say(_ text: String, in chat: Chat) async throws {
        chat.draft = text
        chat.send()
        try #require(chat.isAnswering)
        try await until { !chat.isAnswering }
    }

    @Test func answersStream() async throws {
        let chat = try await started()
        #expect(!chat.canSend && !chat.canRetry)
        chat.draft = "Who are you?"
        chat.send()
        #expect(chat.draft.isEmpty && !chat.canSend)
        var lengths: [Int] = []
        try await until {
            let length = chat.messages.last?.text.count ?? 0
            if length > lengths.last ?? 0 { lengths.append(length) }
            return !chat.isAnswering
        }
        #expect(lengths.count > 1)
        #expect(chat.messages.map(\.isFromUser) == [true, false])
        #expect(chat.messages.map(\.id) == [0, 1])
        #expect(chat.messages[1].text.contains("Bolt"))
        let speed = try #require(chat.speed)
        #expect(speed.contains("tokens/s") && speed.contains("of 2,048 tokens"))
        #expect(chat.problem == nil)
    }

    @Test func theConversationOutlivesTheApp() async throws {
        let first = try await started()
        try await say("My name is Ada", in: first)
        let second = try await started()
        #expect(second.messages == first.messages && second.messages.count == 2)
        try await say("What is my name?", in: second)
        #expect(second.messages.last?.text.contains("Ada") == true)
        let third = try await started()
        #expect(third.messages == second.messages)
        third.edit()
        #expect(third.draft == "What is my name?")
        try await say("What is 3 plus 4?", in: third)
        #expect(third.messages.count == 4 && third.messages.prefix(2) == first.messages.prefix(2))
        #expect(try await started().messages == third.messages)
    }

    @Test func stopKeepsWhatWasSaid() async throws {
        let chat = try await started(.endless)
        chat.draft = "Tell me everything"
        chat.send()
        try await until { chat.messages.last?.text.isEmpty == false }
        let said = try #require(chat.messages.last?.text)
        chat.stop()
        try await until { !chat.isAnswering }
        #expect(chat.problem == nil)
        #expect(chat.messages.count == 2)
        #expect(chat.messages.last?.text.utf8.starts(with: said.utf8) == true)
        let again = try await started()
        #expect(again.messages == chat.messages)
        try await say("Who are you?", in: again)
        #expect(again.messages.count == 4)
    }

    @Test func retryAsksTheSameAgain() async throws {
        let chat = try await started()
        try await say("My name is Ada", in: chat)
        try await say("What is my name?", in: chat)
        let before = chat.messages
        chat.retry()
        #expect(chat.isAnswering && chat.messages.count == 2)
        try await until { !chat.isAnswering }
        #expect(chat.messages.prefix(3) == before.prefix(3) && chat.messages.count == 4)
        #expect(chat.canRetry)
    }

    @Test func theLastQuestionCanBeChanged() async throws {
        let chat = try await started()
        try await say("My name is Ada", in: chat)
        let before = chat.messages
        chat.edit()
        #expect(chat.isEditing && chat.draft == "My name is Ada" && chat.messages == before)
        chat.stopEditing()
        #expect(!chat.isEditing && chat.draft.isEmpty && chat.messages == before)
        chat.edit()
        try await say("My name is Bob", in: chat)
        #expect(!chat.isEditing && chat.messages.map(\.id) == [0, 1])
        try await say("What is my name?", in: chat)
        #expect(chat.messages.last?.text.contains("Bob") == true)
    }

    @Test func aNewChatIsEmpty() async throws {
        let chat = try await started()
        try await say("My name is Ada", in: chat)
        chat.clear()
        #expect(chat.messages.isEmpty && chat.speed == nil && !chat.canRetry)
        #expect(try await started().messages.isEmpty)
    }

    @Test func aPromptThatDoesNotFitComesBack() async throws {
        let chat = Chat(file: file, options: .greedy)
        chat.use(try await LanguageModel(contentsOf: Tiny.url, options: .init(contextSize: 128)))
        let prompt = String(repeating: "word ", count: 200) + "end"
        try await say(prompt, in: chat)
        #expect(chat.problem?.contains("128") == true)
        #expect(chat.draft == prompt && chat.messages.isEmpty)
    }

    @Test func aDamagedFileBeginsAnew() async throws {
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        for damaged in ["no JSON", #"{"transcript": "no transcript"}"#] {
            try Data(damaged.utf8).write(to: file)
            let chat = try await started()
            #expect(chat.problem?.contains("cannot be read") == true)
            try await say("Who are you?", in: chat)
            #expect(chat.problem == nil && chat.messages.count == 2)
        }
    }

    @Test func anotherModelTakesOverInMidAnswer() async throws {
        let chat = try await started()
        try await say("My name is Ada", in: chat)
        let before = chat.messages
        let other = try await LanguageModel(contentsOf: Tiny.url)
        chat.draft = "What is my name?"
        chat.send()
        chat.use(other)
        try await until { !chat.isAnswering }
        #expect(chat.messages == before && chat.problem == nil)
        chat.use(nil)
        chat.draft = "Who are you?"
        #expect(!chat.canSend && chat.messages.isEmpty)
        chat.use(other)
        #expect(chat.canSend && chat.messages == before)
    }
}
