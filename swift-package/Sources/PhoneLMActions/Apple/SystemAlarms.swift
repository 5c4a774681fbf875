#if canImport(AlarmKit)
import AlarmKit
import Foundation
import SwiftUI

/// Alarms of this app: https://developer.apple.com/documentation/alarmkit/alarmmanager
///
/// A timer is an alarm at a moment too, because AlarmKit wants a widget of the app for each countdown that it shows.
@available(iOS 26.1, *)
public struct SystemAlarms: AlarmScheduler {
    private struct Metadata: AlarmMetadata {}

    /// Creates the alarms.
    public init() {}

    /// The key of Info.plist.
    public var usageKey: String { "NSAlarmKitUsageDescription" }

    /// Asks the user, once; whether the app may set alarms.
    public func requestAccess() async -> Bool {
        (try? await AlarmManager.shared.requestAuthorization()) == .authorized
    }

    /// Sets an alarm.
    public func schedule(_ alarm: PhoneAlarm) async throws {
        let alert = AlarmPresentation.Alert(title: LocalizedStringResource(stringLiteral: alarm.title))
        let attributes = AlarmAttributes<Metadata>(
            presentation: AlarmPresentation(alert: alert), tintColor: Color.accentColor)
        let configuration = AlarmManager.AlarmConfiguration<Metadata>.alarm(
            schedule: Alarm.Schedule(alarm.schedule), attributes: attributes)
        _ = try await AlarmManager.shared.schedule(id: UUID(), configuration: configuration)
    }

    /// When the alarms that wait will ring.
    public func schedules() async throws -> [PhoneAlarm.Schedule] {
        try AlarmManager.shared.alarms.compactMap { $0.schedule.flatMap(PhoneAlarm.Schedule.init) }
    }
}

/// The days as both sides have them.
@available(iOS 26.1, *)
private let weekdays: [(ours: Weekday, theirs: Locale.Weekday)] = [
    (.monday, .monday), (.tuesday, .tuesday), (.wednesday, .wednesday), (.thursday, .thursday), (.friday, .friday),
    (.saturday, .saturday), (.sunday, .sunday),
]

@available(iOS 26.1, *)
extension Alarm.Schedule {
    fileprivate init(_ schedule: PhoneAlarm.Schedule) {
        switch schedule {
        case .once(let moment):
            self = .fixed(moment)
        case .weekly(let time, let days):
            let repeated = weekdays.filter { days.contains($0.ours) }.map(\.theirs)
            self = .relative(
                .init(time: .init(hour: time.hour, minute: time.minute), repeats: .weekly(repeated)))
        }
    }
}

@available(iOS 26.1, *)
extension PhoneAlarm.Schedule {
    fileprivate init?(_ schedule: Alarm.Schedule) {
        if case .fixed(let moment) = schedule {
            self = .once(moment)
        } else if case .relative(let relative) = schedule {
            var days: [Locale.Weekday] = []
            if case .weekly(let repeated) = relative.repeats { days = repeated }
            let time = ClockTime(hour: relative.time.hour, minute: relative.time.minute)
            self = .weekly(time, weekdays.filter { days.contains($0.theirs) }.map(\.ours))
        } else {
            return nil
        }
    }
}
#endif
