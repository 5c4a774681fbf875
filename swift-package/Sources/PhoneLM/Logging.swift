internal import PhoneLMBindings

#if canImport(os)
import os
#endif

/// What the engine tells of its work.
///
/// Nothing is logged unless the app asks for it, and no text of prompts and answers unless it asks for that too.
public enum Logging {
    /// How much a message matters.
    public enum Level: Sendable, Hashable {
        /// Something failed.
        case error
        /// Something is not as it should be.
        case warning
        /// Something that happens seldom: a model is opened, a session begins.
        case info
        /// What the engine decides, and how long it takes.
        case debug
        /// Everything.
        case trace
    }

    /// One message.
    public struct Record: Sendable, Hashable {
        /// How much the message matters.
        public let level: Level
        /// The part of the engine that it comes from.
        public let target: String
        /// What happened.
        public let message: String
    }

    /// Hands messages to the app from now on, in place of where they went before.
    ///
    /// - Parameters:
    ///   - level: The least that a message must matter.
    ///   - includesText: Whether messages may quote prompts and answers.
    ///   - handler: Is called for each message, always from the same thread; it should return soon.
    /// - Throws: ``LanguageModelError``.
    public static func start(
        level: Level = .info,
        includesText: Bool = false,
        handler: @escaping @Sendable (Record) -> Void
    ) throws {
        let options = LogOptions(level: LogLevel(level), includeText: includesText)
        try crossing { try setLogger(logger: Handler(handler), options: options) }
    }

    /// Ends the logging.
    ///
    /// - Throws: ``LanguageModelError``.
    public static func stop() throws {
        try crossing { try setLogger(logger: nil, options: LogOptions(level: .off)) }
    }

    #if canImport(os)
    /// Hands messages to the system's log from now on, the engine's parts as categories.
    ///
    /// - Parameters:
    ///   - subsystem: The name to find them by; the app's bundle identifier is customary.
    ///   - level: The least that a message must matter.
    ///   - includesText: Whether messages may quote prompts and answers.
    /// - Throws: ``LanguageModelError``.
    public static func startSystemLog(
        subsystem: String,
        level: Level = .info,
        includesText: Bool = false
    ) throws {
        try start(level: level, includesText: includesText) { record in
            os.Logger(subsystem: subsystem, category: record.target)
                .log(level: record.level.systemLevel, "\(record.message, privacy: .public)")
        }
    }
    #endif
}

#if canImport(os)
extension Logging.Level {
    fileprivate var systemLevel: OSLogType {
        switch self {
        case .error: .error
        case .warning: .default
        case .info: .info
        case .debug, .trace: .debug
        }
    }
}
#endif

/// The engine's logger that calls the app's handler.
private final class Handler: PhoneLMBindings.Logger {
    private let handle: @Sendable (Logging.Record) -> Void

    init(_ handle: @escaping @Sendable (Logging.Record) -> Void) {
        self.handle = handle
    }

    func log(record: LogRecord) {
        guard let record = Logging.Record(record) else { return }
        handle(record)
    }
}
