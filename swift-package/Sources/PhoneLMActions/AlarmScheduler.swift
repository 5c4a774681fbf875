import Foundation

/// An alarm of this app.
public struct PhoneAlarm: Sendable, Hashable {
    /// When it rings.
    public enum Schedule: Sendable, Hashable {
        /// Once.
        case once(Date)
        /// On these days of every week, at a time of the phone's zone.
        case weekly(ClockTime, [Weekday])
    }

    /// When it rings.
    public var schedule: Schedule
    /// What it is for, on the screen when it rings.
    public var title: String

    /// Creates an alarm.
    ///
    /// - Parameters:
    ///   - schedule: When it rings.
    ///   - title: What it is for.
    public init(schedule: Schedule, title: String) {
        self.schedule = schedule
        self.title = title
    }
}

/// Alarms of this app; iOS shows an app no others.
public protocol AlarmScheduler: PermittedPart {
    /// Sets an alarm.
    func schedule(_ alarm: PhoneAlarm) async throws

    /// When the alarms that wait will ring.
    func schedules() async throws -> [PhoneAlarm.Schedule]
}
