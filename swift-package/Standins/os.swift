// Stands in for Apple's `os` where there is none: only what PhoneLM uses, declared as Apple documents it.

/// https://developer.apple.com/documentation/os/logger
public struct Logger {
    /// https://developer.apple.com/documentation/os/logger/init(subsystem:category:)
    public init(subsystem: String, category: String) {}

    /// https://developer.apple.com/documentation/os/logger/log(level:_:)
    public func log(level: OSLogType, _ message: OSLogMessage) {}
}

/// https://developer.apple.com/documentation/os/oslogtype
public struct OSLogType: Equatable, RawRepresentable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    public static var `default`: OSLogType { OSLogType(rawValue: 0) }
    public static var info: OSLogType { OSLogType(rawValue: 1) }
    public static var debug: OSLogType { OSLogType(rawValue: 2) }
    public static var error: OSLogType { OSLogType(rawValue: 16) }
}

/// https://developer.apple.com/documentation/os/oslogmessage
public struct OSLogMessage: ExpressibleByStringInterpolation {
    public init(stringInterpolation: OSLogInterpolation) {}
    public init(stringLiteral value: String) {}
}

/// https://developer.apple.com/documentation/os/osloginterpolation
public struct OSLogInterpolation: StringInterpolationProtocol {
    public init(literalCapacity: Int, interpolationCount: Int) {}
    public mutating func appendLiteral(_ literal: String) {}
    public mutating func appendInterpolation(
        _ argumentString: @autoclosure @escaping () -> String,
        privacy: OSLogPrivacy = .auto
    ) {}
}

/// https://developer.apple.com/documentation/os/oslogprivacy
public struct OSLogPrivacy {
    public static var auto: OSLogPrivacy { OSLogPrivacy() }
    public static var `public`: OSLogPrivacy { OSLogPrivacy() }
}

/// https://developer.apple.com/documentation/os/os_proc_available_memory()
// swift-format-ignore: AlwaysUseLowerCamelCase
public func os_proc_available_memory() -> Int { 0 }
