import Foundation

/// A date of the Gregorian calendar, without a time.
struct Day: Hashable, Comparable, CustomStringConvertible {
    let year: Int
    let month: Int
    let day: Int

    /// Counts days where no clock is ever put forward or back.
    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// A date that the calendar has.
    init?(_ year: Int, _ month: Int, _ day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
            DateComponents(year: year, month: month, day: day).isValidDate(in: Self.calendar)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The date of a moment in a zone.
    init(_ moment: Date, in zone: TimeZone) {
        var calendar = Self.calendar
        calendar.timeZone = zone
        self.init(calendar, moment)
    }

    private init(_ calendar: Calendar, _ moment: Date) {
        let parts = calendar.dateComponents([.year, .month, .day], from: moment)
        self.init(year: parts.year ?? 1, month: parts.month ?? 1, day: parts.day ?? 1)
    }

    private init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    var weekday: Weekday {
        // The calendar counts from Sunday, which is 1.
        Weekday.allCases[(Self.calendar.component(.weekday, from: noon) + 5) % 7]
    }

    func adding(days: Int) -> Day { adding(.day, days) }

    func adding(weeks: Int) -> Day { adding(.day, 7 * weeks) }

    /// A shorter month ends earlier: a month after 30 January is 28 February.
    func adding(months: Int) -> Day { adding(.month, months) }

    func adding(years: Int) -> Day { adding(.year, years) }

    /// The first such weekday from this date on.
    func nextOrSame(_ weekday: Weekday) -> Day {
        adding(days: (weekday.index - self.weekday.index + 7) % 7)
    }

    func next(_ weekday: Weekday) -> Day { adding(days: 1).nextOrSame(weekday) }

    func previous(_ weekday: Weekday) -> Day { adding(days: -7).nextOrSame(weekday) }

    /// The moment of a time on this date; where the clock leaves the time out, as much later as it was put forward.
    func moment(at time: ClockTime, in zone: TimeZone) -> Date {
        var calendar = Self.calendar
        calendar.timeZone = zone
        let parts = DateComponents(year: year, month: month, day: day, hour: time.hour, minute: time.minute)
        return calendar.date(from: parts) ?? noon
    }

    private var noon: Date {
        Self.calendar.date(from: DateComponents(year: year, month: month, day: day, hour: 12)) ?? .distantPast
    }

    private func adding(_ unit: Calendar.Component, _ count: Int) -> Day {
        Self.calendar.date(byAdding: unit, value: count, to: noon).map { Day(Self.calendar, $0) } ?? self
    }

    /// As in 2026-11-29.
    var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// As in Sunday 29 November 2026.
    var spelledOut: String {
        "\(weekday.rawValue.capitalized) \(day) \(DayWords.months[month - 1].capitalized) \(year)"
    }

    static func < (one: Day, other: Day) -> Bool {
        (one.year, one.month, one.day) < (other.year, other.month, other.day)
    }
}

extension Weekday {
    /// 0 for Monday to 6 for Sunday.
    var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
