package io.phonelm.actions

import java.io.File
import java.time.LocalDate
import java.time.LocalTime
import java.time.ZoneId
import java.time.ZonedDateTime
import java.util.Locale
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** Days as people say them, on Thursday, 26 November 2026, ten o'clock, unless another moment is named. */
class DayReaderTest {
    private fun check(
        vararg expected: Pair<String, String?>,
        now: ZonedDateTime = NOW,
        locale: Locale = Locale.UK,
        time: String? = null,
    ) {
        val reader = days(now, locale)
        val read = expected.map { (said, _) -> said to reader.read(said, time?.let(LocalTime::parse))?.toString() }
        assertEquals(expected.toList(), read)
    }

    private fun at(text: String): ZonedDateTime = ZonedDateTime.parse(text)

    @Test
    fun nearDays() = check(
        "today" to "2026-11-26",
        "tonight" to "2026-11-26",
        "this evening" to "2026-11-26",
        "tomorrow" to "2026-11-27",
        "Tomorrow " to "2026-11-27",
        "tomorrow morning" to "2026-11-27",
        "the day after tomorrow" to "2026-11-28",
        "day after tomorrow" to "2026-11-28",
        "yesterday" to "2026-11-25",
    )

    @Test
    fun weekdays() = check(
        "friday" to "2026-11-27",
        "on friday" to "2026-11-27",
        "fri." to "2026-11-27",
        "tues" to "2026-12-01",
        "thursday" to "2026-11-26",
        "this thursday" to "2026-11-26",
        "this coming friday" to "2026-11-27",
        "friday afternoon" to "2026-11-27",
        "wednesday" to "2026-12-02",
        "next friday" to "2026-12-04",
        "the following friday" to "2026-12-04",
        "friday next week" to "2026-12-04",
        "next thursday" to "2026-12-03",
        "next monday" to "2026-11-30",
        "next sunday" to "2026-12-06",
        "last friday" to "2026-11-20",
    )

    @Test
    fun theNextWeekBeginsOnTheLocalesFirstDay() {
        check("next sunday" to "2026-11-29", "next monday" to "2026-11-30", locale = Locale.US)
        check("next sunday" to "2026-12-06", "next monday" to "2026-11-30", locale = Locale.UK)
    }

    @Test
    fun todayIsPastOnceTheTimeIs() {
        check("thursday" to "2026-12-03", "26 november" to "2027-11-26", "the 26th" to "2026-12-26", time = "09:59")
        check("thursday" to "2026-11-26", "26 november" to "2026-11-26", "the 26th" to "2026-11-26", time = "10:00")
        check("today" to "2026-11-26", "thursday 26 november 2026" to "2026-11-26", time = "09:00")
    }

    @Test
    fun midnight() {
        val last = at("2026-12-31T23:59:59+01:00[Europe/Berlin]")
        check("today" to "2026-12-31", "tomorrow" to "2027-01-01", "friday" to "2027-01-01", now = last)
        check("thursday" to "2026-12-31", now = last, time = "23:59")
        check("thursday" to "2027-01-07", now = last, time = "00:00")
        check("today" to "2027-01-01", now = at("2027-01-01T00:00:00+01:00[Europe/Berlin]"))
    }

    @Test
    fun theZoneSaysWhatDayItIs() {
        val moment = NOW.toInstant()
        check("tomorrow" to "2026-11-26", now = at("2026-11-25T23:00:30-10:00[Pacific/Honolulu]"))
        check("today" to "2026-11-25", now = moment.atZone(ZoneId.of("Pacific/Pago_Pago")))
        check("today" to "2026-11-26", now = moment.atZone(ZoneId.of("Pacific/Kiritimati")))
    }

    @Test
    fun later() = check(
        "in 3 days" to "2026-11-29",
        "in three days" to "2026-11-29",
        "three days from now" to "2026-11-29",
        "in a week" to "2026-12-03",
        "in a week's time" to "2026-12-03",
        "in two weeks" to "2026-12-10",
        "in a couple of weeks" to "2026-12-10",
        "in a fortnight" to "2026-12-10",
        "a week from today" to "2026-12-03",
        "a week from tomorrow" to "2026-12-04",
        "a week from friday" to "2026-12-04",
        "in a month" to "2026-12-26",
        "next week" to "2026-12-03",
        "next month" to "2026-12-26",
        "next year" to "2027-11-26",
        "this weekend" to "2026-11-28",
        "next weekend" to "2026-12-05",
    )

    @Test
    fun weekends() {
        check("this weekend" to "2026-11-29", "next weekend" to "2026-12-06", now = at("2026-11-29T10:00:00+00:00[UTC]"))
        check("this weekend" to "2026-11-28", "next weekend" to "2026-12-05", now = at("2026-11-28T10:00:00+00:00[UTC]"))
    }

    @Test
    fun dates() = check(
        "december 1" to "2026-12-01",
        "march 3" to "2027-03-03",
        "12 may" to "2027-05-12",
        "may 12th" to "2027-05-12",
        "the 12th of august" to "2027-08-12",
        "the second of may" to "2027-05-02",
        "may twenty first" to "2027-05-21",
        "may twenty-first" to "2027-05-21",
        "the thirty first of december" to "2026-12-31",
        "november 25" to "2027-11-25",
        "november 26" to "2026-11-26",
        "sept 1" to "2027-09-01",
        "the 18th" to "2026-12-18",
        "the 31st" to "2026-12-31",
        "friday the 13th" to "2027-08-13",
        "friday 27th" to "2026-11-27",
        "wed 12 may" to "2027-05-12",
        "march 3 2020" to "2020-03-03",
        "3 march 2027" to "2027-03-03",
        "february 29" to "2028-02-29",
        "february 29 2028" to "2028-02-29",
    )

    @Test
    fun theEndOfTheYear() = check(
        "january 1" to "2027-01-01",
        "december 31" to "2026-12-31",
        "the 30th" to "2026-12-30",
        "the 1st" to "2027-01-01",
        "in 2 days" to "2027-01-01",
        "next week" to "2027-01-06",
        now = at("2026-12-30T12:00:00+00:00[UTC]"),
    )

    @Test
    fun theShortFebruary() = check(
        "the 30th" to "2027-01-30",
        "the 31st" to "2027-01-31",
        "in a month" to "2027-02-28",
        now = at("2027-01-30T12:00:00+00:00[UTC]"),
    )

    @Test
    fun leapDaysAcrossACenturyWithoutOne() =
        check("february 29" to "2104-02-29", now = at("2096-03-01T12:00:00+00:00[UTC]"))

    @Test
    fun digits() {
        check("2026-12-24" to "2026-12-24", "12/5" to "2027-05-12", "12-5-2027" to "2027-05-12", "5.12." to "2026-12-05")
        check("12/5" to "2026-12-05", "5/12" to "2027-05-12", "5/12/27" to "2027-05-12", "5.12." to "2026-12-05", locale = Locale.US)
        check("25/12" to "2026-12-25", "12/25" to "2026-12-25", locale = Locale.US)
        check("25/12" to "2026-12-25", "12/25" to "2026-12-25")
    }

    @Test
    fun holidays() = check(
        "christmas" to "2026-12-25",
        "christmas eve" to "2026-12-24",
        "boxing day" to "2026-12-26",
        "new year's eve" to "2026-12-31",
        "new year’s day" to "2027-01-01",
        "halloween" to "2027-10-31",
        "valentine's day" to "2027-02-14",
        "bonfire night" to "2027-11-05",
        "easter" to "2027-03-28",
        "good friday" to "2027-03-26",
        "easter monday" to "2027-03-29",
        "easter 2028" to "2028-04-16",
        "christmas 2030" to "2030-12-25",
    )

    /** Easter Sundays from the tables of the Astronomical Society. */
    @Test
    fun easter() {
        val known = listOf("1961-04-02", "2000-04-23", "2008-03-23", "2025-04-20", "2038-04-25", "2076-04-19")
        for (date in known) check("easter ${date.take(4)}" to date)
    }

    @Test
    fun noDay() = check(
        "" to null,
        "the" to null,
        "this" to NOW.toLocalDate().toString(),
        "soon" to null,
        "in" to null,
        "from" to null,
        "in december" to null,
        "in the morning" to null,
        "my birthday" to null,
        "eid" to null,
        "30 february" to null,
        "february 29 2027" to null,
        "32 may" to null,
        "0/0" to null,
        "13/13" to null,
        "2026-13-01" to null,
        "monday 12 may 2027" to null,
        "friday 12 may" to null,
        "may may 3" to null,
        "3 4 may" to null,
        "in 99999999999999999999 days" to null,
        "in 10001 days" to null,
        "a week from a week from soon" to null,
        "12 de mayo" to null,
        "x".repeat(101) to null,
        "ﷺ" to null,
    )

    @Test
    fun otherLanguages() {
        check(
            "heute" to "2026-11-26",
            "morgen" to "2026-11-27",
            "übermorgen" to "2026-11-28",
            "Freitag" to "2026-11-27",
            "nächsten Freitag" to "2026-12-04",
            "am 12. Mai" to "2027-05-12",
            "12. März 2028" to "2028-03-12",
            "24.12." to "2026-12-24",
            "tomorrow" to "2026-11-27",
            "next friday" to "2026-12-04",
            locale = Locale.GERMANY,
        )
        check("mañana" to "2026-11-27", "pasado mañana" to "2026-11-28", "12 de mayo" to "2027-05-12", locale = Locale("es", "ES"))
        check("demain" to "2026-11-27", "vendredi" to "2026-11-27", "le 12 mai" to "2027-05-12", locale = Locale.FRANCE)
        check("FRIDAY" to "2026-11-27", locale = Locale("tr", "TR"))
    }

    /** The requests that phonelm-tiny is measured by. */
    @Test
    fun daysThatModelsSay() {
        val requests = File("../../training/requests").listFiles { file -> file.extension == "jsonl" }.orEmpty()
        val said = requests.flatMap { Regex("\"day\": \"([^\"]+)\"").findAll(it.readText()) }.map { it.groupValues[1] }.toSet()
        assertTrue(said.size > 20, "$said")
        assertEquals(emptyList(), said.filter { days().read(it, null) == null })
    }

    /** Every day of a year is found again by its date, however it is written. */
    @Test
    fun everyDayIsFoundAgain() {
        val first = NOW.toLocalDate()
        val reader = days()
        for (date in generateSequence(first) { it.plusDays(1) }.take(365)) {
            val month = date.month.name.lowercase()
            val weekday = date.dayOfWeek.name.lowercase()
            val day = date.dayOfMonth
            for (said in listOf("$month $day", "$day $month", "$weekday $day $month ${date.year}", "$date")) {
                assertEquals(date, reader.read(said, null), said)
            }
        }
        assertNull(reader.read("friday ${LocalDate.of(2026, 11, 26).dayOfMonth} november 2026", null))
    }
}
