internal import PhoneLMBindings

/// What was said in a conversation, and which tools were called, in order.
public struct Transcript: Sendable, Hashable, RandomAccessCollection {
    /// One thing that was said or done.
    public enum Entry: Sendable, Hashable {
        /// What the model was told before anything else.
        case instructions(Instructions)
        /// What the user said.
        case prompt(Prompt)
        /// What the model said.
        case response(Response)
        /// What the model called.
        case toolCalls(ToolCalls)
        /// What a call gave.
        case toolOutput(ToolOutput)
    }

    /// A part of an entry.
    public enum Segment: Sendable, Hashable {
        /// Words.
        case text(TextSegment)
    }

    /// Words.
    public struct TextSegment: Sendable, Hashable {
        /// The words.
        public let content: String
    }

    /// What the model was told before anything else.
    public struct Instructions: Sendable, Hashable {
        /// The parts, in order.
        public let segments: [Segment]
    }

    /// What the user said.
    public struct Prompt: Sendable, Hashable {
        /// The parts, in order.
        public let segments: [Segment]
    }

    /// What the model said.
    public struct Response: Sendable, Hashable {
        /// The parts, in order.
        public let segments: [Segment]
    }

    /// The calls that the model made at once.
    public struct ToolCalls: Sendable, Hashable, RandomAccessCollection {
        private let calls: [ToolCall]

        /// The position of the first call.
        public var startIndex: Int { calls.startIndex }

        /// The position after the last call.
        public var endIndex: Int { calls.endIndex }

        /// The call at a position.
        public subscript(position: Int) -> ToolCall { calls[position] }
    }

    /// A call that the model made.
    public struct ToolCall: Sendable, Hashable, Identifiable {
        /// Names the call in its session.
        public let id: String
        /// The tool.
        public let toolName: String
        /// What the model handed over, as JSON.
        public let arguments: String
    }

    /// What a call gave.
    public struct ToolOutput: Sendable, Hashable, Identifiable {
        /// The call.
        public let id: String
        /// The tool.
        public let toolName: String
        /// The parts, in order.
        public let segments: [Segment]
    }

    private let entries: [Entry]

    /// The position of the first entry.
    public var startIndex: Int { entries.startIndex }

    /// The position after the last entry.
    public var endIndex: Int { entries.endIndex }

    /// The entry at a position.
    public subscript(position: Int) -> Entry { entries[position] }
}

extension Transcript {
    init(_ transcript: PhoneLMBindings.Transcript) {
        entries = transcript.entries.map(Entry.init)
    }
}

extension Transcript.Entry {
    init(_ entry: TranscriptEntry) {
        self =
            switch entry {
            case .instructions(let segments): .instructions(.init(segments: segments.map(Transcript.Segment.init)))
            case .prompt(let segments): .prompt(.init(segments: segments.map(Transcript.Segment.init)))
            case .response(let segments): .response(.init(segments: segments.map(Transcript.Segment.init)))
            case .toolCalls(let calls): .toolCalls(.init(calls))
            case .toolOutput(let id, let toolName, let segments):
                .toolOutput(.init(id: id, toolName: toolName, segments: segments.map(Transcript.Segment.init)))
            }
    }
}

extension Transcript.Segment {
    init(_ segment: PromptSegment) {
        switch segment {
        case .text(let text): self = .text(.init(content: text))
        }
    }
}

extension Transcript.ToolCalls {
    init(_ calls: [ToolCall]) {
        self.calls = calls.map(Transcript.ToolCall.init)
    }
}

extension Transcript.ToolCall {
    init(_ call: PhoneLMBindings.ToolCall) {
        self.init(id: call.callId, toolName: call.name, arguments: call.argumentsJson)
    }
}
