import Foundation
internal import PhoneLMBindings

/// Asks for and runs the calls of one answer.
struct ToolRunner: Sendable {
    let tools: [any Tool]
    let policy: ToolPolicy
    let generation: Generation

    /// Asks the user, again where the arguments that they changed do not fit.
    func confirm(_ call: ToolCall) async throws {
        var problem: String?
        for _ in 0..<5 {
            let decision = await policy.confirm(.init(call: .init(call), problem: problem))
            try Task.checkCancellation()
            do {
                return try tell { try generation.confirm(callId: call.callId, decision: .init(decision)) }
            } catch LanguageModelError.argumentsInvalid(_, let reason) {
                problem = reason
            }
        }
        let reason = "the changed arguments do not fit: \(problem ?? "")"
        try tell { try generation.confirm(callId: call.callId, decision: .refuse(reason: reason)) }
    }

    /// Runs a call and tells what it gave; nothing if it was cancelled, because then nobody knows what it has done.
    func run(_ call: ToolCall) async throws -> ToolStep? {
        let shown = Transcript.ToolCall(call)
        let outcome: ToolOutcome
        let step: ToolStep
        do {
            let output = try await output(of: call)
            (outcome, step) = (.output(text: output), .finished(shown, output: output))
        } catch {
            if Task.isCancelled { return nil }
            let message = error.localizedDescription
            (outcome, step) = (.failed(message: message), .failed(shown, message: message))
        }
        try tell { try generation.answer(callId: call.callId, outcome: outcome) }
        return step
    }

    private func output(of call: ToolCall) async throws -> String {
        guard let tool = tools.first(where: { $0.name == call.name }) else {
            throw LanguageModelError.internalError(reason: "there is no tool named \(call.name)")
        }
        guard let limit = tool.timeLimit else { return try await tool.call(json: call.argumentsJson) }
        return try await withTimeLimit(limit) { try await tool.call(json: call.argumentsJson) }
    }

    /// A generation that has ended meanwhile takes no answer; its next event says why it ended.
    private func tell(_ body: () throws -> Void) throws {
        do { try crossing(body) } catch LanguageModelError.unknownCall {}
    }
}

/// A tool took longer than its ``Tool/timeLimit``.
private struct TimeLimitReached: LocalizedError {
    let limit: Duration

    var errorDescription: String? { "it did not end within \(limit); whether it took effect is not known" }
}

/// Waits for `body` no longer than `limit`, also where it ignores that it is cancelled.
private func withTimeLimit<Value: Sendable>(
    _ limit: Duration,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let (values, continuation) = AsyncThrowingStream<Value, any Error>.makeStream()
    let work = Task {
        do {
            continuation.yield(try await body())
            continuation.finish()
        } catch {
            continuation.finish(throwing: error)
        }
    }
    let clock = Task {
        try await Task.sleep(for: limit)
        continuation.finish(throwing: TimeLimitReached(limit: limit))
    }
    defer {
        work.cancel()
        clock.cancel()
    }
    for try await value in values { return value }
    throw CancellationError()
}
