// Stands in for Apple's AlarmKit where there is none: what PhoneLMActions uses of it, declared as Apple documents it.

import Foundation
import SwiftUI

/// https://developer.apple.com/documentation/alarmkit/alarmmanager
public final class AlarmManager {
    public static var shared: AlarmManager { AlarmManager() }

    /// https://developer.apple.com/documentation/alarmkit/alarmmanager/authorizationstate-swift.enum
    public enum AuthorizationState: Sendable {
        case notDetermined, denied, authorized
    }

    /// https://developer.apple.com/documentation/alarmkit/alarmmanager/alarmconfiguration
    public struct AlarmConfiguration<Metadata: AlarmMetadata> {
        /// https://developer.apple.com/documentation/alarmkit/alarmmanager/alarmconfiguration/alarm(schedule:attributes:stopintent:secondaryintent:sound:)
        public static func alarm(
            schedule: Alarm.Schedule?,
            attributes: AlarmAttributes<Metadata>
        ) -> AlarmConfiguration { AlarmConfiguration() }
    }

    /// https://developer.apple.com/documentation/alarmkit/alarmmanager/requestauthorization()
    public func requestAuthorization() async throws -> AuthorizationState { .denied }

    /// https://developer.apple.com/documentation/alarmkit/alarmmanager/schedule(id:configuration:)
    public func schedule<Metadata: AlarmMetadata>(
        id: Alarm.ID,
        configuration: AlarmConfiguration<Metadata>
    ) async throws -> Alarm { Alarm(id: id, schedule: nil) }

    /// https://developer.apple.com/documentation/alarmkit/alarmmanager/alarms
    public var alarms: [Alarm] { get throws { [] } }
}

/// https://developer.apple.com/documentation/alarmkit/alarm
public struct Alarm: Sendable, Identifiable {
    public var id: UUID
    public var schedule: Schedule?

    /// https://developer.apple.com/documentation/alarmkit/alarm/schedule-swift.enum
    public enum Schedule: Sendable, Hashable {
        case fixed(Date)
        case relative(Relative)

        /// https://developer.apple.com/documentation/alarmkit/alarm/schedule-swift.enum/relative-swift.struct
        public struct Relative: Sendable, Hashable {
            public var time: Time
            public var repeats: Recurrence

            public init(time: Time, repeats: Recurrence = .never) {
                self.time = time
                self.repeats = repeats
            }

            public struct Time: Sendable, Hashable {
                public var hour: Int
                public var minute: Int

                public init(hour: Int, minute: Int) {
                    self.hour = hour
                    self.minute = minute
                }
            }

            public enum Recurrence: Sendable, Hashable {
                case never
                case weekly([Locale.Weekday])
            }
        }
    }
}

/// https://developer.apple.com/documentation/alarmkit/alarmmetadata
public protocol AlarmMetadata: Codable, Hashable, Sendable {}

/// https://developer.apple.com/documentation/alarmkit/alarmattributes
public struct AlarmAttributes<Metadata: AlarmMetadata>: Sendable {
    public init(presentation: AlarmPresentation, metadata: Metadata? = nil, tintColor: Color) {}
}

/// https://developer.apple.com/documentation/alarmkit/alarmpresentation
public struct AlarmPresentation: Sendable {
    public init(alert: Alert) {}

    /// https://developer.apple.com/documentation/alarmkit/alarmpresentation/alert-swift.struct
    public struct Alert: Sendable {
        /// Without a button of the app's own since iOS 26.1.
        public init(title: LocalizedStringResource) {}
    }
}

/// Of Apple's Foundation: https://developer.apple.com/documentation/foundation/localizedstringresource
public struct LocalizedStringResource: Sendable, ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {}
}
