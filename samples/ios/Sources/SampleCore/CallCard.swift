// A call of the model as the Assistant screen shows it.

import Foundation
import PhoneLM

/// A call of a tool, and what has become of it.
public struct CallCard: Sendable, Hashable, Identifiable {
    /// What has become of a call.
    public enum State: Sendable, Hashable {
        /// It waits for the user; `problem` says what was wrong with the arguments that they changed.
        case asking(problem: String?)
        /// It runs.
        case running
        /// It ended, and the model was told this.
        case finished(String)
        /// It failed, and the model was told this.
        case failed(String)
        /// It did not run.
        case refused
        /// It was stopped, and nobody knows whether it took effect.
        case unknown
    }

    /// Names the call.
    public let id: String
    /// The tool as people read it, such as `Set timer`.
    public let title: String
    /// What it would do, as people say it, such as `Start a timer of 5 min`, or why it cannot be done; for calls that are
    /// asked for.
    public internal(set) var sentence: String?
    /// The arguments, those that are left out too.
    public internal(set) var fields: [ArgumentField]
    /// What has become of it.
    public internal(set) var state: State

    init(_ call: Transcript.ToolCall, schema: String, sentence: String? = nil, state: State) {
        id = call.id
        title = readable(call.toolName)
        fields = ArgumentField.all(schema: schema, arguments: call.arguments)
        self.sentence = sentence
        self.state = state
    }

    /// Whether it waits for the user.
    public var isAsking: Bool {
        if case .asking = state { true } else { false }
    }

    /// The arguments that the model gave.
    public var given: [ArgumentField] { fields.filter { !$0.text.isEmpty } }
}

extension CallCard.State {
    /// What a step makes of a call; `nil` before the user is asked, which is shown when they can answer.
    init?(_ step: ToolStep) {
        switch step {
        case .confirming: return nil
        case .running: self = .running
        case .finished(_, let output): self = .finished(output)
        case .failed(_, let message): self = .failed(message)
        case .refused: self = .refused
        }
    }

    /// What it is once the request has ended.
    var settled: CallCard.State {
        switch self {
        case .asking: .refused
        case .running: .unknown
        case .finished, .failed, .refused, .unknown: self
        }
    }
}
