import Foundation

/// Days as people say them, resolved to dates.
///
/// Phrases are English ("tomorrow", "next friday", "the 18th", "may 12", "in two weeks", "christmas eve"); ``foreign`` turns
/// words of another language into these. Where several dates fit, it is the first that is not past, and today is past once
/// the time said is. "Next" leads into the next week, which begins on the locale's first day.
struct DayReader {
    private let today: Day
    private let now: ClockTime
    private let locale: Locale
    private let foreign: [(word: String, meaning: String)]

    /// - Parameters:
    ///   - moment: When it is said.
    ///   - zone: The zone of the calendar.
    ///   - locale: Decides what 5/12 means, and when a week begins.
    ///   - foreign: Words of another language, longer ones first, as "übermorgen" holds "morgen".
    init(at moment: Date, in zone: TimeZone, locale: Locale, foreign: [(word: String, meaning: String)] = []) {
        today = Day(moment, in: zone)
        now = ClockTime(moment, in: zone)
        self.locale = locale
        self.foreign = foreign
    }

    /// The date of what was said, or `nil` if it means none.
    ///
    /// - Parameters:
    ///   - said: A day as people say it.
    ///   - time: When on that day.
    func read(_ said: String, time: ClockTime? = nil) -> Day? {
        guard said.count <= 100 else { return nil }
        let isOver = time.map { $0 < now } ?? false
        let start = isOver ? today.adding(days: 1) : today
        let text = english(said.lowercased().trimmingCharacters(in: .whitespacesAndNewlines))
        if let date = numeric(text, from: start) { return date }
        let words = words(text)
        if let date = phrase(words, from: start) { return date }
        // "tomorrow morning": the time says when.
        let day = words.reversed().drop(while: DayWords.parts.contains).reversed()
        return phrase(Array(day), from: start)
    }

    private func english(_ text: String) -> String {
        foreign.reduce(text) { text, entry in text.replacingWord(entry.word, with: entry.meaning) }
    }

    /// Dates in digits: 2026-05-12, 12.5.2026, 12.5., 5/12, 5/12/26. `nil` as well for what the calendar lacks.
    private func numeric(_ text: String, from start: Day) -> Day? {
        if let match = text.wholeMatch(of: /([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})/) {
            guard let year = Int(match.1), let month = Int(match.2), let day = Int(match.3) else { return nil }
            return Day(year, month, day)
        }
        let digits = /([0-9]{1,2})\s*([.\/\-])\s*([0-9]{1,2})(?:\s*[.\/\-]\s*([0-9]{4}|[0-9]{2})?)?/
        guard let match = text.wholeMatch(of: digits), let one = Int(match.1), let two = Int(match.3) else {
            return nil
        }
        let isMonthFirst = two > 12 || (one <= 12 && match.2 != "." && locale.monthComesFirst)
        let (month, day) = isMonthFirst ? (one, two) : (two, one)
        guard (1...12).contains(month) else { return nil }
        let year = match.4.flatMap { year in Int(year).map { year.count == 2 ? 2000 + $0 : $0 } }
        return Pattern(month: month, day: day, year: year).first(from: start)
    }

    private func words(_ text: String) -> [String] {
        let plain = text.replacingOccurrences(of: "-", with: " ").filter { $0 != "'" && $0 != "’" }
        let words = plain.split(whereSeparator: { $0 == " " || $0 == "," }).map { word in
            String(word.reversed().drop { $0 == "." }.reversed())
        }
        return words.filter { !$0.isEmpty && !DayWords.noise.contains($0) }
    }

    private func phrase(_ words: [String], from start: Day) -> Day? {
        switch words.joined(separator: " ") {
        case "": nil
        // "this" is what is left of "this evening".
        case "this", "today", "tonight": today
        case "tomorrow": today.adding(days: 1)
        case "day after tomorrow": today.adding(days: 2)
        case "yesterday": today.adding(days: -1)
        case "weekend", "this weekend": weekend
        case "next weekend": weekend.adding(weeks: 1)
        case "next week": today.adding(weeks: 1)
        case "next month": today.adding(months: 1)
        case "next year": today.adding(years: 1)
        default: weekday(words, from: start) ?? later(words) ?? holiday(words, from: start) ?? date(words, from: start)
        }
    }

    /// Saturday, or today on a weekend.
    private var weekend: Day { today.weekday == .sunday ? today : today.nextOrSame(.saturday) }

    /// "friday", "this friday", "next friday", "last friday", "friday next week".
    private func weekday(_ words: [String], from start: Day) -> Day? {
        guard let day = words.lazy.compactMap({ DayWords.weekday[$0] }).first else { return nil }
        switch words.map({ DayWords.weekday[$0] == nil ? $0 : "day" }).joined(separator: " ") {
        case "day", "this day":
            return start.nextOrSame(day)
        case "next day", "following day", "day next week", "next week day":
            return today.next(firstWeekday).nextOrSame(day)
        case "last day":
            return today.previous(day)
        default:
            return nil
        }
    }

    private var firstWeekday: Weekday {
        var calendar = Calendar(identifier: .gregorian)
        calendar.locale = locale
        return Weekday.allCases[(calendar.firstWeekday + 5) % 7]
    }

    /// "in 3 days", "two weeks from now", "a week from friday", "in a fortnight".
    private func later(_ words: [String]) -> Day? {
        let ahead: ArraySlice<String>
        let base: Day?
        if words.first == "in" {
            (ahead, base) = (words.dropFirst(), today)
        } else if let from = words.firstIndex(of: "from") {
            let after = Array(words[(from + 1)...])
            (ahead, base) = (words[..<from], after == ["now"] ? today : phrase(after, from: today))
        } else {
            return nil
        }
        guard let base, let unit = ahead.last, let count = count(ahead.dropLast().joined(separator: " ")) else {
            return nil
        }
        switch unit.hasSuffix("s") ? String(unit.dropLast()) : unit {
        case "day": return base.adding(days: count)
        case "week": return base.adding(weeks: count)
        case "fortnight": return base.adding(weeks: 2 * count)
        case "month": return base.adding(months: count)
        case "year": return base.adding(years: count)
        default: return nil
        }
    }

    private func count(_ said: String) -> Int? {
        switch said {
        case "a", "an", "one", "": return 1
        case "a couple", "couple": return 2
        default:
            guard let count = Int(said) ?? DayWords.cardinal[said], (0...10_000).contains(count) else { return nil }
            return count
        }
    }

    /// Holidays that have the same date everywhere, with a year or without.
    private func holiday(_ words: [String], from start: Day) -> Day? {
        let year = words.last.flatMap { Int($0) }.flatMap { Self.years.contains($0) ? $0 : nil }
        var named = (year == nil ? words : words.dropLast())[...]
        if let first = named.first, ["this", "next"].contains(first) { named = named.dropFirst() }
        let name = named.joined(separator: " ")
        if let (month, day) = DayWords.holiday[name] {
            return Pattern(month: month, day: day, year: year).first(from: start)
        }
        guard let after = DayWords.afterEaster[name] else { return nil }
        if let year { return Self.easter(year)?.adding(days: after) }
        let coming = (start.year...start.year + 1).lazy.compactMap { Self.easter($0)?.adding(days: after) }
        return coming.first { $0 >= start }
    }

    /// "may 12", "the 12th of may", "the 18th", "friday the 13th", "march twenty first 2027".
    private func date(_ words: [String], from start: Day) -> Day? {
        var pattern = Pattern()
        var left = words[...]
        while let word = left.first {
            let two = left.count > 1 ? DayWords.day[left.prefix(2).joined(separator: " ")] : nil
            let number = Self.number(word)
            let day = two ?? DayWords.day[word] ?? number.flatMap { (1...31).contains($0) ? $0 : nil }
            if let day, pattern.day == nil {
                pattern.day = day
            } else if let weekday = DayWords.weekday[word], pattern.weekday == nil {
                pattern.weekday = weekday
            } else if let month = DayWords.month[word], pattern.month == nil {
                pattern.month = month
            } else if let number, Self.years.contains(number), pattern.year == nil {
                pattern.year = number
            } else if foreign.isEmpty || word.count > 3 || number != nil {
                // Short words of another language are articles and prepositions, as in "12 de mayo".
                return nil
            }
            left = left.dropFirst(two == nil ? 1 : 2)
        }
        return pattern.first(from: start)
    }

    /// 12 of "12" and of "12th".
    private static func number(_ word: String) -> Int? {
        let ends = ["st", "nd", "rd", "th"]
        return Int(ends.contains(where: word.hasSuffix) ? String(word.dropLast(2)) : word)
    }

    private static let years = 1900...2999

    /// Easter Sunday of the Gregorian calendar, by the rule of Meeus, Jones and Butcher.
    private static func easter(_ year: Int) -> Day? {
        let golden = year % 19
        let century = year / 100
        let yearOfCentury = year % 100
        let shift = (century - (century + 8) / 25 + 1) / 3
        let epact = (19 * golden + century - century / 4 - shift + 15) % 30
        let weekday = (32 + 2 * (century % 4) + 2 * (yearOfCentury / 4) - epact - yearOfCentury % 4) % 7
        let correction = (golden + 11 * epact + 22 * weekday) / 451
        let days = epact + weekday - 7 * correction + 114
        return Day(year, days / 31, days % 31 + 1)
    }
}

/// What is known of a date.
private struct Pattern {
    var month: Int?
    var day: Int?
    var year: Int?
    var weekday: Weekday?

    /// The first date that fits; with a year it may be past, without one it is not before `start`.
    func first(from start: Day) -> Day? {
        guard let day else { return nil }
        if let year {
            guard let month, let date = Day(year, month, day), fits(date) else { return nil }
            return date
        }
        // A weekday beside a date rules years out, and nobody means one far ahead. Without one, no leap day may come for
        // eight years, as from 2096 to 2104.
        let end = start.adding(years: weekday == nil ? 8 : 1)
        let months = (0...8 * 12).lazy.map { start.month - 1 + $0 }
        let dates = months.compactMap { Day(start.year + $0 / 12, $0 % 12 + 1, day) }
        return dates.first { $0 >= start && $0 <= end && fits($0) }
    }

    private func fits(_ date: Day) -> Bool {
        (month == nil || date.month == month) && (weekday == nil || date.weekday == weekday)
    }
}

extension Locale {
    /// Whether dates in digits begin with the month, as in America.
    fileprivate var monthComesFirst: Bool {
        let formatter = DateFormatter()
        formatter.locale = self
        formatter.calendar = Calendar(identifier: .gregorian)
        formatter.dateStyle = .short
        formatter.timeStyle = .none
        let pattern = formatter.dateFormat ?? ""
        guard let month = pattern.firstIndex(of: "M"), let day = pattern.firstIndex(of: "d") else { return false }
        return month < day
    }
}

extension String {
    /// The text with another in the place of `word`, where that is no part of a longer one.
    fileprivate func replacingWord(_ word: String, with other: String) -> String {
        var result = ""
        var rest = self[...]
        while let found = rest.firstRange(of: word) {
            let neighbours = [self[..<found.lowerBound].last, self[found.upperBound...].first]
            let isPart = neighbours.contains { $0?.isLetter == true }
            result += rest[..<found.lowerBound]
            result += isPart ? word : other
            rest = self[found.upperBound...]
        }
        return result + rest
    }
}
