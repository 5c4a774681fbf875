import Foundation

/// Words for days in another language than English, as the platform writes them, each with the English that ``DayReader``
/// reads: "morgen" to "tomorrow", "mai" to "may". Longer words first.
///
/// - Parameters:
///   - locale: The language.
///   - relative: What a day is called from today, by the days from it.
func foreignDays(
    _ locale: Locale,
    relative: (Int, Calendar) -> String = relativeDay
) -> [(word: String, meaning: String)] {
    if locale.language.languageCode == .english { return [] }
    var calendar = Calendar(identifier: .gregorian)
    calendar.locale = locale
    var meanings: [String: String] = [:]
    func add(_ words: [String], _ meaning: [String]) {
        for (word, meaning) in zip(words, meaning) where !word.isEmpty { meanings[word.lowercased()] = meaning }
    }
    add(calendar.monthSymbols, DayWords.months)
    add(calendar.standaloneMonthSymbols, DayWords.months)
    // The platform begins with Sunday.
    let weekdays = ([.sunday] + Weekday.allCases.dropLast()).map(\.rawValue)
    add(calendar.weekdaySymbols, weekdays)
    add(calendar.standaloneWeekdaySymbols, weekdays)
    add((-1...2).map { relative($0, calendar) }, ["yesterday", "today", "tomorrow", "day after tomorrow"])
    return meanings.map { (word: $0.key, meaning: $0.value) }.sorted {
        ($1.word.count, $0.word) < ($0.word.count, $1.word)
    }
}

/// As the system calls a day, "morgen"; its date where there is no word for it, as everywhere on Linux.
func relativeDay(_ days: Int, _ calendar: Calendar) -> String {
    let formatter = DateFormatter()
    formatter.locale = calendar.locale
    formatter.calendar = calendar
    formatter.dateStyle = .full
    formatter.timeStyle = .none
    formatter.doesRelativeDateFormatting = true
    return formatter.string(from: calendar.date(byAdding: .day, value: days, to: Date()) ?? Date())
}
