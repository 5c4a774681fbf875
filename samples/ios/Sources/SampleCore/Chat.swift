// The Chat screen: one conversation that streams, can be stopped, edited, retried, and is there after a restart.

import Foundation
import Observation
import PhoneLM

/// A conversation that is kept in a file.
@MainActor
@Observable
public final class Chat {
    /// Something that was said.
    public struct Message: Sendable, Hashable, Identifiable {
        /// Its place in the conversation.
        public let id: Int
        /// Whether the user said it, not the model.
        public let isFromUser: Bool
        /// The words so far.
        public internal(set) var text: String
    }

    /// What the user is writing.
    public var draft = ""
    /// What was said, with the answer that is being made.
    public private(set) var messages: [Message] = []
    /// Whether an answer is being made.
    public private(set) var isAnswering = false
    /// Whether the draft takes the place of the last question.
    public private(set) var isEditing = false
    /// How fast the last answer came.
    public private(set) var speed: String?
    /// What went wrong last.
    public private(set) var problem: String?

    private let file: URL
    private let options: GenerationOptions
    private var model: LanguageModel?
    private var session: LanguageModelSession?
    /// The last question, and the conversation as it stood before.
    private var last: (question: String, before: LanguageModelSession)?
    private var task: Task<Void, Never>?

    /// Makes a conversation that goes on when a model is there.
    ///
    /// - Parameters:
    ///   - file: Where it is kept.
    ///   - options: How the model words its answers.
    init(file: URL, options: GenerationOptions = .init()) {
        self.file = file
        self.options = options
    }

    /// Whether there is something to say and someone to say it to.
    public var canSend: Bool { session != nil && !isAnswering && !draft.allSatisfy(\.isWhitespace) }
    /// Whether the last question can be asked otherwise.
    public var canRetry: Bool { last != nil && !isAnswering }

    /// Goes on with this model; the conversation is read from its file.
    func use(_ model: LanguageModel?) {
        stop()
        (self.model, session, last, isEditing) = (model, nil, nil, false)
        guard let model else { return show() }
        do {
            try restore(model)
        } catch {
            problem = "The saved chat cannot be read, and a new one begins: \(error.localizedDescription)"
        }
        if session == nil { begin() }
        show()
        session?.prewarm()
    }

    /// Asks what was written.
    public func send() {
        guard canSend else { return }
        let question = draft.trimmingCharacters(in: .whitespacesAndNewlines)
        draft = ""
        if isEditing { takeBack() }
        ask(question, options)
    }

    /// Ends the answer; what was said of it stays.
    public func stop() {
        task?.cancel()
    }

    /// Asks the last question once more, and lets the model be more varied.
    public func retry() {
        guard canRetry, let last else { return }
        takeBack()
        ask(last.question, GenerationOptions(temperature: 0.8))
    }

    /// Takes the last question into the draft.
    public func edit() {
        guard canRetry, let last else { return }
        (draft, isEditing) = (last.question, true)
    }

    /// Leaves the last question as it was.
    public func stopEditing() {
        (draft, isEditing) = ("", false)
    }

    /// Forgets the conversation.
    public func clear() {
        guard !isAnswering else { return }
        (last, speed, isEditing) = (nil, nil, false)
        begin()
        show()
        save()
    }

    /// Goes back to where the last question was asked.
    private func takeBack() {
        (session, last, isEditing) = (last?.before ?? session, nil, false)
        show()
    }

    private func ask(_ question: String, _ options: GenerationOptions) {
        guard let session else { return }
        var options = options
        options.keepsPartialResponse = true
        isAnswering = true
        task = Task { [options] in
            await answer(question, options, session)
            isAnswering = false
        }
    }

    /// Streams the answer. The conversation then holds the whole turn, or nothing of it.
    private func answer(_ question: String, _ options: GenerationOptions, _ session: LanguageModelSession) async {
        guard session === self.session else { return }
        (speed, problem) = (nil, nil)
        add(question, isFromUser: true)
        let answer = messages.count
        add("", isFromUser: false)
        var before: LanguageModelSession?
        do {
            before = try session.fork()
            for try await snapshot in session.streamResponse(to: question, options: options) {
                guard session === self.session else { return }
                messages[answer].text = snapshot.content
                if let response = snapshot.response { speed = response.statistics.line(session.contextUsage) }
            }
        } catch is CancellationError {
        } catch {
            problem = error.localizedDescription
        }
        // Another model may have taken over.
        guard session === self.session else { return }
        if let before, before.transcript != session.transcript {
            last = (question, before)
        } else if draft.isEmpty {
            draft = question
        }
        show()
        save()
    }

    private func begin() {
        guard let model else { return }
        do {
            session = try LanguageModelSession(model: model, instructions: instructions, overflow: .dropOldest())
        } catch {
            problem = error.localizedDescription
        }
    }

    /// Shows what the conversation holds.
    private func show() {
        messages = []
        guard let session else { return }
        for entry in session.transcript {
            switch entry {
            case .prompt(let prompt): add(prompt.segments.text, isFromUser: true)
            case .response(let response): add(response.segments.text, isFromUser: false)
            case .instructions, .toolCalls, .toolOutput: break
            }
        }
    }

    private func add(_ text: String, isFromUser: Bool) {
        messages.append(Message(id: messages.count, isFromUser: isFromUser, text: text))
    }

    /// What is kept: the conversation, and what is needed to take its last turn back.
    private struct Saved: Codable {
        var transcript: String
        var before: String?
        var question: String?
    }

    private func save() {
        guard let session else { return }
        do {
            let saved = Saved(
                transcript: try session.transcriptJSON(),
                before: try last?.before.transcriptJSON(),
                question: last?.question
            )
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try JSONEncoder().encode(saved).write(to: file, options: .atomic)
        } catch {
            problem = "The chat cannot be saved: \(error.localizedDescription)"
        }
    }

    private func restore(_ model: LanguageModel) throws {
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        let saved = try JSONDecoder().decode(Saved.self, from: Data(contentsOf: file))
        func session(_ transcript: String) throws -> LanguageModelSession {
            try LanguageModelSession(model: model, transcriptJSON: transcript, overflow: .dropOldest())
        }
        self.session = try session(saved.transcript)
        if let before = saved.before, let question = saved.question { last = (question, try session(before)) }
    }
}

/// What the model is told to be.
private let instructions = "You are Bolt."
