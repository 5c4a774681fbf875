// What the tests share: the model that ships, a folder for each test, and waiting for what the app does by itself.

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
}

extension GenerationOptions {
    static let greedy = GenerationOptions(samplingMode: .greedy)
    /// An answer that goes on until it is stopped: at this temperature its end is as unlikely as any other token.
    static let endless = GenerationOptions(samplingMode: .random(seed: 3), temperature: 10)
}

/// Waits until it is so.
@MainActor
func until(_ isSo: () -> Bool) async throws {
    for _ in 0..<20_000 where !isSo() {
        try await Task.sleep(for: .milliseconds(1))
    }
    try #require(isSo(), "it was not so for twenty seconds")
}

/// A folder that goes with the test.
final class Folder: Sendable {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}
