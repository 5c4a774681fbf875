// Days as people say them, on Thursday, 26 November 2026, ten o'clock, unless another moment is named. The cases are those of
// android-actions/tests.

import Foundation
import Testing

@testable import PhoneLMActions

@Suite(.timeLimit(.minutes(1)))
struct DayReaderTests {
    private func check(
        _ expected: KeyValuePairs<String, String?>,
        at moment: Date = now,
        in zone: TimeZone = berlin,
        locale: String = "en_GB",
        time: String? = nil
    ) {
        let reader = days(at: moment, in: zone, locale: locale)
        for (said, date) in expected {
            let read = reader.read(said, time: time.flatMap { ClockTime($0) })?.description
            #expect(read == date, "\(said) in \(locale)")
        }
    }

    @Test func nearDays() {
        check([
            "today": "2026-11-26",
            "tonight": "2026-11-26",
            "this evening": "2026-11-26",
            "tomorrow": "2026-11-27",
            "Tomorrow ": "2026-11-27",
            "tomorrow morning": "2026-11-27",
            "the day after tomorrow": "2026-11-28",
            "day after tomorrow": "2026-11-28",
            "yesterday": "2026-11-25",
        ])
    }

    @Test func weekdays() {
        check([
            "friday": "2026-11-27",
            "on friday": "2026-11-27",
            "fri.": "2026-11-27",
            "tues": "2026-12-01",
            "thursday": "2026-11-26",
            "this thursday": "2026-11-26",
            "this coming friday": "2026-11-27",
            "friday afternoon": "2026-11-27",
            "wednesday": "2026-12-02",
            "next friday": "2026-12-04",
            "the following friday": "2026-12-04",
            "friday next week": "2026-12-04",
            "next thursday": "2026-12-03",
            "next monday": "2026-11-30",
            "next sunday": "2026-12-06",
            "last friday": "2026-11-20",
        ])
    }

    @Test func later() {
        check([
            "in 3 days": "2026-11-29",
            "in three days": "2026-11-29",
            "three days from now": "2026-11-29",
            "in a week": "2026-12-03",
            "in a week's time": "2026-12-03",
            "in two weeks": "2026-12-10",
            "in a couple of weeks": "2026-12-10",
            "in a fortnight": "2026-12-10",
            "a week from today": "2026-12-03",
            "a week from tomorrow": "2026-12-04",
            "a week from friday": "2026-12-04",
            "in a month": "2026-12-26",
            "next week": "2026-12-03",
            "next month": "2026-12-26",
            "next year": "2027-11-26",
            "this weekend": "2026-11-28",
            "next weekend": "2026-12-05",
        ])
    }

    @Test func dates() {
        check([
            "december 1": "2026-12-01",
            "march 3": "2027-03-03",
            "12 may": "2027-05-12",
            "may 12th": "2027-05-12",
            "the 12th of august": "2027-08-12",
            "the second of may": "2027-05-02",
            "may twenty first": "2027-05-21",
            "may twenty-first": "2027-05-21",
            "the thirty first of december": "2026-12-31",
            "november 25": "2027-11-25",
            "november 26": "2026-11-26",
            "sept 1": "2027-09-01",
            "the 18th": "2026-12-18",
            "the 31st": "2026-12-31",
            "friday the 13th": "2027-08-13",
            "friday 27th": "2026-11-27",
            "wed 12 may": "2027-05-12",
            "march 3 2020": "2020-03-03",
            "3 march 2027": "2027-03-03",
            "february 29": "2028-02-29",
            "february 29 2028": "2028-02-29",
        ])
    }

    @Test func holidays() {
        check([
            "christmas": "2026-12-25",
            "christmas eve": "2026-12-24",
            "boxing day": "2026-12-26",
            "new year's eve": "2026-12-31",
            "new year’s day": "2027-01-01",
            "halloween": "2027-10-31",
            "valentine's day": "2027-02-14",
            "bonfire night": "2027-11-05",
            "easter": "2027-03-28",
            "good friday": "2027-03-26",
            "easter monday": "2027-03-29",
            "easter 2028": "2028-04-16",
            "christmas 2030": "2030-12-25",
        ])
    }

    @Test func theNextWeekBeginsOnTheLocalesFirstDay() {
        check(["next sunday": "2026-11-29", "next monday": "2026-11-30"], locale: "en_US")
        check(["next sunday": "2026-12-06", "next monday": "2026-11-30"], locale: "en_GB")
    }

    @Test func todayIsPastOnceTheTimeIs() {
        check(["thursday": "2026-12-03", "26 november": "2027-11-26", "the 26th": "2026-12-26"], time: "09:59")
        check(["thursday": "2026-11-26", "26 november": "2026-11-26", "the 26th": "2026-11-26"], time: "10:00")
        check(["today": "2026-11-26", "thursday 26 november 2026": "2026-11-26"], time: "09:00")
    }

    @Test func midnight() {
        let last = moment("2026-12-31T22:59:59Z")
        check(["today": "2026-12-31", "tomorrow": "2027-01-01", "friday": "2027-01-01"], at: last)
        check(["thursday": "2026-12-31"], at: last, time: "23:59")
        check(["thursday": "2027-01-07"], at: last, time: "00:00")
        check(["today": "2027-01-01"], at: moment("2026-12-31T23:00:00Z"))
    }

    @Test func theZoneSaysWhatDayItIs() {
        let honolulu = moment("2026-11-26T09:00:30Z")
        check(["tomorrow": "2026-11-26"], at: honolulu, in: zone("Pacific/Honolulu"))
        check(["today": "2026-11-25"], in: zone("Pacific/Pago_Pago"))
        check(["today": "2026-11-26"], in: zone("Pacific/Kiritimati"))
    }

    @Test func weekends() {
        check(["this weekend": "2026-11-29", "next weekend": "2026-12-06"], at: moment("2026-11-29T10:00:00Z"))
        check(["this weekend": "2026-11-28", "next weekend": "2026-12-05"], at: moment("2026-11-28T10:00:00Z"))
    }

    @Test func theEndOfTheYear() {
        check(
            [
                "january 1": "2027-01-01",
                "december 31": "2026-12-31",
                "the 30th": "2026-12-30",
                "the 1st": "2027-01-01",
                "in 2 days": "2027-01-01",
                "next week": "2027-01-06",
            ], at: moment("2026-12-30T12:00:00Z"))
    }

    @Test func theShortFebruary() {
        check(
            [
                "the 30th": "2027-01-30",
                "the 31st": "2027-01-31",
                "in a month": "2027-02-28",
            ], at: moment("2027-01-30T12:00:00Z"))
    }

    @Test func leapDaysAcrossACenturyWithoutOne() {
        check(["february 29": "2104-02-29"], at: moment("2096-03-01T12:00:00Z"))
    }

    @Test func digits() {
        check(["2026-12-24": "2026-12-24", "12/5": "2027-05-12", "12-5-2027": "2027-05-12", "5.12.": "2026-12-05"])
        check(
            ["12/5": "2026-12-05", "5/12": "2027-05-12", "5/12/27": "2027-05-12", "5.12.": "2026-12-05"],
            locale: "en_US")
        check(["25/12": "2026-12-25", "12/25": "2026-12-25"], locale: "en_US")
        check(["25/12": "2026-12-25", "12/25": "2026-12-25"])
    }

    /// Easter Sundays from the tables of the Astronomical Society.
    @Test func easter() {
        let known = ["1961-04-02", "2000-04-23", "2008-03-23", "2025-04-20", "2038-04-25", "2076-04-19"]
        for date in known { #expect(days().read("easter \(date.prefix(4))")?.description == date) }
    }

    @Test func noDay() {
        check([
            "": nil,
            "the": nil,
            "soon": nil,
            "in": nil,
            "from": nil,
            "in december": nil,
            "in the morning": nil,
            "my birthday": nil,
            "eid": nil,
            "30 february": nil,
            "february 29 2027": nil,
            "32 may": nil,
            "0/0": nil,
            "13/13": nil,
            "2026-13-01": nil,
            "monday 12 may 2027": nil,
            "friday 12 may": nil,
            "may may 3": nil,
            "3 4 may": nil,
            "in 99999999999999999999 days": nil,
            "in 10001 days": nil,
            "a week from a week from soon": nil,
            "12 de mayo": nil,
            "ﷺ": nil,
        ])
        #expect(days().read(String(repeating: "x", count: 101)) == nil)
        #expect(days().read("this")?.description == "2026-11-26")
    }

    @Test func otherLanguages() {
        check(
            [
                "heute": "2026-11-26",
                "morgen": "2026-11-27",
                "übermorgen": "2026-11-28",
                "Freitag": "2026-11-27",
                "am 12. Mai": "2027-05-12",
                "12. März 2028": "2028-03-12",
                "24.12.": "2026-12-24",
                "tomorrow": "2026-11-27",
                "next friday": "2026-12-04",
                // The platform has no words for "next", so that the model is told to ask for the date.
                "nächsten Freitag": nil,
            ], locale: "de_DE")
        check(
            ["mañana": "2026-11-27", "pasado mañana": "2026-11-28", "12 de mayo": "2027-05-12"], locale: "es_ES")
        check(["demain": "2026-11-27", "vendredi": "2026-11-27", "le 12 mai": "2027-05-12"], locale: "fr_FR")
        check(["FRIDAY": "2026-11-27"], locale: "tr_TR")
    }

    /// Every day of a year is found again by its date, however it is written.
    @Test func everyDayIsFoundAgain() {
        let reader = days()
        for offset in 0..<365 {
            let date = Day(now, in: berlin).adding(days: offset)
            let month = DayWords.months[date.month - 1]
            for said in [
                "\(month) \(date.day)", "\(date.day) \(month)",
                "\(date.weekday.rawValue) \(date.day) \(month) \(date.year)", "\(date)",
            ] {
                #expect(reader.read(said) == date, "\(said)")
            }
        }
        #expect(reader.read("friday 26 november 2026") == nil)
    }
}
