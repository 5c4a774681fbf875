import Foundation
internal import PhoneLMBindings

extension LanguageModelSession {
    /// A whole answer as a value.
    public struct GeneratedResponse<Content: Generable>: Sendable {
        /// The value.
        public let content: Content

        /// The JSON that the model wrote.
        public let rawContent: String

        /// What the answer took.
        public let statistics: Statistics

        /// When something else went on with the answer, in order; mostly empty.
        public let backendChanges: [BackendChange]

        init(_ response: Response) throws {
            do {
                content = try JSONDecoder().decode(Content.self, from: Data(response.content.utf8))
            } catch {
                let early = "it ended before it was whole (\(response.finishReason))"
                throw LanguageModelError.responseInvalid(
                    reason: response.finishReason == .stop ? reason(error) : early)
            }
            rawContent = response.content
            statistics = response.statistics
            backendChanges = response.backendChanges
        }
    }

    /// An answer as a value that is read while it is made.
    ///
    /// A stream is one answer: the model is asked once, and what one loop has read does not come again.
    public struct GeneratedResponseStream<Content: Generable>: AsyncSequence, Sendable {
        /// The answer as far as it goes.
        public struct Snapshot: Sendable {
            /// The newest that was a value; `nil` until there is one. See ``Generable/PartiallyGenerated``.
            public let content: Content.PartiallyGenerated?

            /// What came so far as JSON, of whatever type: lists, objects and texts that are not whole end where the model
            /// is, a number comes when it is whole. `nil` before anything came.
            public let rawContent: String?

            /// The whole answer, in the last snapshot only.
            public let response: GeneratedResponse<Content>?

            /// What happened to a call of a tool, if that is what the snapshot tells.
            public let step: ToolStep?
        }

        /// A reader of the answer. When it goes, the model stops.
        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate var text: ResponseStream.AsyncIterator
            private var content: Content.PartiallyGenerated?
            private var rawContent: String?

            fileprivate init(_ text: ResponseStream.AsyncIterator) {
                self.text = text
            }

            /// Waits for the next snapshot; `nil` after the last one.
            ///
            /// - Throws: ``LanguageModelError``, or `CancellationError` if the task is cancelled.
            public mutating func next() async throws -> Snapshot? {
                guard let snapshot = try await text.next() else { return nil }
                if !snapshot.delta.isEmpty, let json = completeJson(text: snapshot.content) {
                    rawContent = json
                    content =
                        (try? JSONDecoder().decode(Content.PartiallyGenerated.self, from: Data(json.utf8))) ?? content
                }
                return Snapshot(
                    content: content,
                    rawContent: rawContent,
                    response: try snapshot.response.map { try GeneratedResponse($0) },
                    step: snapshot.step
                )
            }
        }

        private let text: ResponseStream

        init(_ text: ResponseStream) {
            self.text = text
        }

        /// Begins to read.
        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(text.makeAsyncIterator())
        }

        /// Reads to the end, and gives the whole answer; it may have been read already.
        ///
        /// - Throws: What ended the answer.
        public func collect() async throws -> GeneratedResponse<Content> {
            try GeneratedResponse(try await text.collect())
        }
    }

    /// Asks for an answer that is a value of a type, and waits for all of it.
    ///
    /// What the model writes is held to the type's schema, in place of ``GenerationOptions/grammar``. The model does not
    /// read the schema: the prompt should say what is wanted.
    ///
    /// - Parameters:
    ///   - prompt: What to answer.
    ///   - type: What the answer is.
    ///   - options: What differs from the session's options for this answer.
    /// - Throws: ``LanguageModelError``; ``LanguageModelError/responseInvalid(reason:)`` if the answer ended before it was
    ///   whole, or if the type does not decode what its schema allows.
    public func respond<Content: Generable>(
        to prompt: String,
        generating type: Content.Type,
        options: GenerationOptions = GenerationOptions()
    ) async throws -> GeneratedResponse<Content> {
        try await streamResponse(to: prompt, generating: type, options: options).collect()
    }

    /// Asks for an answer that is a value of a type, and can be read while it is made.
    ///
    /// - Parameters:
    ///   - prompt: What to answer.
    ///   - type: What the answer is.
    ///   - options: What differs from the session's options for this answer.
    public func streamResponse<Content: Generable>(
        to prompt: String,
        generating type: Content.Type,
        options: GenerationOptions = GenerationOptions()
    ) -> GeneratedResponseStream<Content> {
        var options = options
        options.grammar = .jsonSchema(type.generationSchema.json)
        return GeneratedResponseStream(streamResponse(to: prompt, options: options))
    }
}

/// What does not decode, and where.
private func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return error.localizedDescription }
    let context: DecodingError.Context? =
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            context
        @unknown default: nil
        }
    let path = (context?.codingPath ?? []).map(\.stringValue).joined(separator: ".")
    return "\(context?.debugDescription ?? "it does not decode") At: \(path.isEmpty ? "the whole" : path)"
}
