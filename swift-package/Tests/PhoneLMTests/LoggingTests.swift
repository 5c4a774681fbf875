// What the engine tells of its work. There is one log a process, so that these run one after the other.

import Foundation
import PhoneLM
import Testing

/// Keeps what was logged.
private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var records: [Logging.Record] = []

    var all: [Logging.Record] { lock.withLock { records } }

    func add(_ record: Logging.Record) {
        lock.withLock { records.append(record) }
    }
}

@Suite(.serialized, .timeLimit(.minutes(1)))
struct LoggingTests {
    private let log = Log()

    @Test func loggerHearsOfAModel() async throws {
        try Logging.start { [log] in log.add($0) }
        _ = try await LanguageModel(contentsOf: Tiny.url)
        try await until { log.all.contains { $0.level == .info && $0.message.contains("phonelm") } }
        try Logging.stop()
        let before = log.all.count
        _ = try await LanguageModel(contentsOf: Tiny.url)
        #expect(log.all.count == before)
    }

    @Test func promptsStayOutOfTheLog() async throws {
        let secret = "xyzzy"
        try Logging.start(level: .trace) { [log] in log.add($0) }
        try await Tiny.session().respond(to: "My name is \(secret)")
        try await until { !log.all.isEmpty }
        #expect(!log.all.contains { $0.message.contains(secret) })
        try Logging.start(level: .trace, includesText: true) { [log] in log.add($0) }
        try await Tiny.session().respond(to: "My name is \(secret)")
        try await until { log.all.contains { $0.message.contains(secret) } }
        try Logging.stop()
    }
}
