// What the tests share: the model that ships, sessions of it, and errors to look at.

import Foundation
import PhoneLM
import Testing

enum Tiny {
    /// The file that the environment names.
    static let url = URL(fileURLWithPath: ProcessInfo.processInfo.environment["PHONELM_TINY"] ?? "phonelm-tiny.gguf")

    private static let opening = Task { try await LanguageModel(contentsOf: url) }

    /// The model that most tests share.
    static func model() async throws -> LanguageModel {
        try await opening.value
    }

    static func session(
        instructions: String? = nil,
        tools: [any Tool] = [],
        toolPolicy: ToolPolicy = ToolPolicy()
    ) async throws -> LanguageModelSession {
        try LanguageModelSession(
            model: try await model(), tools: tools, instructions: instructions, toolPolicy: toolPolicy)
    }

    /// A session whose conversation may have few tokens.
    static func smallSession(context: Int, overflow: ContextOverflow) async throws -> LanguageModelSession {
        let model = try await LanguageModel(contentsOf: url, options: .init(contextSize: context))
        let options = GenerationOptions(maximumResponseTokens: 16)
        return try LanguageModelSession(
            model: model, instructions: "You are Bolt.", options: options, overflow: overflow)
    }
}

extension GenerationOptions {
    /// An answer that goes on until it is stopped: at this temperature its end is as unlikely as any other token, and
    /// with this seed it does not come within a thousand.
    static let endless = GenerationOptions(samplingMode: .random(seed: 3), temperature: 10)
}

extension LanguageModelSession {
    /// Asks for an endless answer in a task of its own, and waits until the model is at it.
    func startEndless() async throws -> Task<Response, any Error> {
        let task = Task { try await respond(to: "Tell me everything", options: .endless) }
        try await until { isResponding }
        return task
    }
}

/// Waits until it is so.
func until(_ isSo: () -> Bool) async throws {
    for _ in 0..<10_000 where !isSo() {
        try await Task.sleep(for: .milliseconds(1))
    }
    try #require(isSo(), "it was not so for ten seconds")
}

/// The error that the body throws.
func failure<Value>(_ body: () async throws -> Value) async throws -> LanguageModelError {
    do {
        _ = try await body()
    } catch {
        return try #require(error as? LanguageModelError, "another error: \(error)")
    }
    throw Missing()
}

/// There was no error where one should be.
struct Missing: Error {}

/// A folder that goes with the test.
final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// A file with these bytes.
    func file(_ bytes: Data) throws -> URL {
        let file = url.appendingPathComponent(UUID().uuidString)
        try bytes.write(to: file)
        return file
    }
}

/// Kilobytes of this process in memory, mapped files aside, where the system has /proc.
func memoryInUse() -> Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) }
}
