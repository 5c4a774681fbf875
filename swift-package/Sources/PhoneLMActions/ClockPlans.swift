// Alarms, timers and events.

import Foundation

extension Planner {
    func setAlarm(_ time: ClockTime, _ label: String?, _ days: [Weekday]) throws -> Plan {
        let alarms = try alarms()
        let what = "an alarm for \(time)\(every(days))\(named(label))"
        return Plan(summary: "Set \(what)") {
            try await permitted(alarms, "set alarms")
            let schedule = days.isEmpty ? PhoneAlarm.Schedule.once(next(time)) : .weekly(time, days)
            try await alarms.schedule(PhoneAlarm(schedule: schedule, title: label ?? "Alarm"))
            return "This app set \(what)."
        }
    }

    func setTimer(_ seconds: Int, _ label: String?) throws -> Plan {
        let alarms = try alarms()
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")]
        let length = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
        let what = "a timer of \(length)\(named(label))"
        return Plan(summary: "Start \(what)") {
            try await permitted(alarms, "set alarms")
            let end = now().addingTimeInterval(Double(seconds))
            try await alarms.schedule(PhoneAlarm(schedule: .once(end), title: label ?? "Timer"))
            return "This app started \(what)."
        }
    }

    /// iOS shows no app the alarms of the clock, and the clock opens for none.
    func showAlarms() throws -> Plan {
        let alarms = try alarms()
        return Plan(summary: "Tell the alarms of this app") {
            let set = try await alarms.schedules().map(told)
            return set.isEmpty ? "This app has set no alarms." : "Alarms of this app: \(set.joined(separator: ", "))."
        }
    }

    func insert(_ event: PhoneAction.Event) async throws -> Plan {
        let calendar = try present(device.calendar, "add events to a calendar")
        try declared(calendar.usageKey, for: "add events to a calendar")
        let guests = try await addresses(event.guests)
        let notes = guests.isEmpty ? nil : "With \(guests.joined(separator: ", "))"
        let when = event.time.map { " at \($0) for \(event.minutes ?? Self.usualMinutes) minutes" } ?? ", all day"
        let place = event.location.map { ", \($0)" } ?? ""
        let company = notes.map { " (\($0.lowercased()); iOS lets no app invite them)" } ?? ""
        let what = "\(event.title) on \(event.day.spelledOut)\(when)\(place)\(company)"
        let entry = CalendarEvent(event, notes: notes, in: timeZone)
        return Plan(summary: "Add to the calendar: \(what)") {
            try await permitted(calendar, "add events to the calendar")
            try await calendar.add(entry)
            return "The calendar has the event: \(what)."
        }
    }

    /// What an event takes that has a beginning and no length.
    fileprivate static let usualMinutes = 60

    private func alarms() throws -> any AlarmScheduler {
        guard let alarms = device.alarms else {
            throw ActionError.unsupported(
                reason: "There are no alarms for apps here; iOS has them from iOS 26.1 on. The clock app has its own.")
        }
        try declared(alarms.usageKey, for: "set alarms")
        return alarms
    }

    /// The next moment at which a clock shows `time`.
    private func next(_ time: ClockTime) -> Date {
        let today = Day(now(), in: timeZone)
        let moment = today.moment(at: time, in: timeZone)
        return moment > now() ? moment : today.adding(days: 1).moment(at: time, in: timeZone)
    }

    private func told(_ schedule: PhoneAlarm.Schedule) -> String {
        switch schedule {
        case .once(let moment): "\(Day(moment, in: timeZone).spelledOut) at \(ClockTime(moment, in: timeZone))"
        case .weekly(let time, let days): "\(time)\(every(days))"
        }
    }

    private func every(_ days: [Weekday]) -> String {
        days.isEmpty ? "" : " every \(days.map(\.rawValue.capitalized).joined(separator: ", "))"
    }

    private func named(_ label: String?) -> String { label.map { ": \($0)" } ?? "" }
}

extension CalendarEvent {
    fileprivate init(_ event: PhoneAction.Event, notes: String?, in zone: TimeZone) {
        (title, location, self.notes) = (event.title, event.location, notes)
        isAllDay = event.time == nil
        start = event.day.moment(at: event.time ?? ClockTime(hour: 0, minute: 0), in: zone)
        if isAllDay {
            let days = (max(event.minutes ?? 1, 1) - 1) / (24 * 60)
            end = event.day.adding(days: days).moment(at: ClockTime(hour: 0, minute: 0), in: zone)
        } else {
            end = start.addingTimeInterval(60 * Double(event.minutes ?? Planner.usualMinutes))
        }
    }
}
