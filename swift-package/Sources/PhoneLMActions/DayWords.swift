// The English words for days that DayReader knows, and what they mean.

enum DayWords {
    static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    /// In full and of three letters.
    static let weekday: [String: Weekday] = {
        var words = ["tues": Weekday.tuesday, "weds": .wednesday, "thur": .thursday, "thurs": .thursday]
        for day in Weekday.allCases {
            words[day.rawValue] = day
            words[String(day.rawValue.prefix(3))] = day
        }
        return words
    }()

    /// In full and of three letters, to 1 to 12.
    static let month: [String: Int] = {
        var words = ["sept": 9]
        for (index, name) in months.enumerated() {
            words[name] = index + 1
            words[String(name.prefix(3))] = index + 1
        }
        return words
    }()

    static let cardinal = counted(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
            + "eighteen nineteen",
        "twenty", "thirty")

    /// Days of a month: cardinals, as in "may twelve", and ordinals.
    static let day = cardinal.merging(
        counted(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
                + "fifteenth sixteenth seventeenth eighteenth nineteenth",
            "twentieth", "thirtieth")
    ) { one, _ in one }

    static let noise: Set = ["the", "of", "on", "coming", "upcoming", "time"]

    /// Parts of a day; the time says when.
    static let parts: Set = ["morning", "afternoon", "evening", "night"]

    /// Holidays that have the same date everywhere, as month and day.
    static let holiday: [String: (month: Int, day: Int)] = [
        "new years day": (1, 1),
        "new years": (1, 1),
        "valentines day": (2, 14),
        "st patricks day": (3, 17),
        "halloween": (10, 31),
        "bonfire night": (11, 5),
        "christmas eve": (12, 24),
        "christmas": (12, 25),
        "christmas day": (12, 25),
        "boxing day": (12, 26),
        "new years eve": (12, 31),
    ]

    /// Days after Easter Sunday.
    static let afterEaster = ["good friday": -2, "easter": 0, "easter sunday": 0, "easter monday": 1]

    /// Words for 1 to 31: the small ones, then twenty and thirty, which the former follow in "twenty first".
    private static func counted(_ small: String, _ twenty: String, _ thirty: String) -> [String: Int] {
        let words = small.split(separator: " ").map(String.init)
        var numbers = [twenty: 20, thirty: 30, "thirty \(words[0])": 31]
        for (index, word) in words.enumerated() {
            numbers[word] = index + 1
            if index < 9 { numbers["twenty \(word)"] = 21 + index }
        }
        return numbers
    }
}
