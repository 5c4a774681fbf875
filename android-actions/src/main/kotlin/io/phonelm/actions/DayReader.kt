package io.phonelm.actions

import java.time.DateTimeException
import java.time.DayOfWeek
import java.time.LocalDate
import java.time.LocalTime
import java.time.Month
import java.time.ZonedDateTime
import java.time.chrono.IsoChronology
import java.time.format.DateTimeFormatterBuilder
import java.time.format.FormatStyle
import java.time.temporal.TemporalAdjusters
import java.time.temporal.WeekFields
import java.util.Locale

/**
 * Days as people say them, resolved to dates.
 *
 * Phrases are English ("tomorrow", "next friday", "the 18th", "may 12", "in two weeks", "christmas eve"); [foreign] turns
 * words of another language into these. Where several dates fit, it is the first that is not past, and today is past once
 * the time said is. "Next" leads into the next week, which begins on the locale's first day.
 *
 * @param now The moment at which it is said, in the zone of the calendar.
 * @param locale Decides what 5/12 means, and when a week begins.
 */
internal class DayReader(
    private val now: ZonedDateTime,
    private val locale: Locale,
    private val foreign: Map<String, String> = emptyMap(),
) {
    private val today = now.toLocalDate()

    /** The date of [said], or `null` if it means none; [time] is when on that day. */
    fun read(said: String, time: LocalTime?): LocalDate? {
        if (said.length > MOST_CHARACTERS) return null
        val isOver = time != null && time < now.toLocalTime().withSecond(0).withNano(0)
        val start = if (isOver) today.plusDays(1) else today
        return try {
            val text = english(said.lowercase(Locale.ROOT).trim())
            val words = words(text)
            // "tomorrow morning": the time says when.
            numeric(text, start) ?: phrase(words, start) ?: phrase(words.dropLastWhile { it in PARTS }, start)
        } catch (_: DateTimeException) {
            null
        }
    }

    /** Longer words first, as "übermorgen" holds "morgen". */
    private fun english(text: String): String {
        val words = foreign.entries.sortedByDescending { it.key.length }
        return words.fold(text) { left, (word, meaning) ->
            Regex("(?<![\\p{L}\\p{M}])${Regex.escape(word)}(?![\\p{L}\\p{M}])").replace(left, meaning)
        }
    }

    /** Dates in digits: 2026-05-12, 12.5.2026, 12.5., 5/12, 5/12/26. */
    private fun numeric(text: String, start: LocalDate): LocalDate? {
        ISO.matchEntire(text)?.run {
            val (year, month, day) = destructured
            return LocalDate.of(year.toInt(), month.toInt(), day.toInt())
        }
        val (first, separator, second, year) = DIGITS.matchEntire(text)?.destructured ?: return null
        val (one, two) = first.toInt() to second.toInt()
        val isMonthFirst = two > 12 || (one <= 12 && separator != "." && monthComesFirst(locale))
        val (month, day) = if (isMonthFirst) one to two else two to one
        val century = if (year.length == 2) 2000 else 0
        return Pattern(month = Month.of(month), day = day, year = year.toIntOrNull()?.plus(century)).first(start)
    }

    private fun words(text: String): List<String> {
        val words = text.replace('-', ' ').replace("'", "").replace("’", "").split(' ', ',').map { it.trimEnd('.') }
        return words.filter { it.isNotEmpty() && it !in NOISE }
    }

    private fun phrase(words: List<String>, start: LocalDate): LocalDate? = when (words.joinToString(" ")) {
        "" -> null
        // What is left of "this evening".
        "this" -> today
        "today", "tonight" -> today
        "tomorrow" -> today.plusDays(1)
        "day after tomorrow" -> today.plusDays(2)
        "yesterday" -> today.minusDays(1)
        "weekend", "this weekend" -> weekend()
        "next weekend" -> weekend().plusWeeks(1)
        "next week" -> today.plusWeeks(1)
        "next month" -> today.plusMonths(1)
        "next year" -> today.plusYears(1)
        else -> weekday(words, start) ?: later(words) ?: holiday(words, start) ?: date(words, start)
    }

    /** Saturday, or today on a weekend. */
    private fun weekend() =
        if (today.dayOfWeek == DayOfWeek.SUNDAY) today else today.with(TemporalAdjusters.nextOrSame(DayOfWeek.SATURDAY))

    /** "friday", "this friday", "next friday", "last friday", "friday next week". */
    private fun weekday(words: List<String>, start: LocalDate): LocalDate? {
        val day = words.firstNotNullOfOrNull { WEEKDAYS[it] } ?: return null
        return when (words.joinToString(" ") { if (it in WEEKDAYS) "day" else it }) {
            "day", "this day" -> start.with(TemporalAdjusters.nextOrSame(day))
            "next day", "following day", "day next week", "next week day" ->
                today.with(TemporalAdjusters.next(WeekFields.of(locale).firstDayOfWeek)).with(TemporalAdjusters.nextOrSame(day))
            "last day" -> today.with(TemporalAdjusters.previous(day))
            else -> null
        }
    }

    /** "in 3 days", "two weeks from now", "a week from friday", "in a fortnight". */
    private fun later(words: List<String>): LocalDate? {
        val (ahead, from) = when {
            words.first() == "in" -> words.drop(1) to listOf("today")
            "from" in words -> words.takeWhile { it != "from" } to words.dropWhile { it != "from" }.drop(1)
            else -> return null
        }
        val base = if (from == listOf("now")) today else phrase(from.ifEmpty { return null }, today) ?: return null
        val count = when (val number = ahead.dropLast(1).joinToString(" ")) {
            "a", "an", "one", "" -> 1L
            "a couple", "couple" -> 2L
            else -> number.toLongOrNull() ?: CARDINALS[number]?.toLong() ?: return null
        }
        if (count !in 0..MOST_AHEAD) return null
        return when (ahead.lastOrNull()?.removeSuffix("s")) {
            "day" -> base.plusDays(count)
            "week" -> base.plusWeeks(count)
            "fortnight" -> base.plusWeeks(2 * count)
            "month" -> base.plusMonths(count)
            "year" -> base.plusYears(count)
            else -> null
        }
    }

    /** Holidays that have the same date everywhere, with a year or without. */
    private fun holiday(words: List<String>, start: LocalDate): LocalDate? {
        val year = words.last().toIntOrNull()?.takeIf { it in YEARS }
        val name = (if (year == null) words else words.dropLast(1)).joinToString(" ").removePrefix("this ").removePrefix("next ")
        FIXED[name]?.let { (month, day) -> return Pattern(month = month, day = day, year = year).first(start) }
        val afterEaster = EASTER[name] ?: return null
        val years = if (year == null) start.year..start.year + 1 else year..year
        return years.map { easter(it).plusDays(afterEaster) }.find { year != null || it >= start }
    }

    /** "may 12", "the 12th of may", "the 18th", "friday the 13th", "march twenty first 2027". */
    private fun date(words: List<String>, start: LocalDate): LocalDate? {
        var pattern = Pattern()
        var left = words
        while (left.isNotEmpty()) {
            val two = left.take(2).joinToString(" ")
            val word = left.first()
            val number = word.removeSuffix("st").removeSuffix("nd").removeSuffix("rd").removeSuffix("th").toIntOrNull()
            val day = DAYS[two] ?: DAYS[word] ?: number?.takeIf { it in 1..31 }
            val weekday = WEEKDAYS[word]
            val month = MONTHS[word]
            pattern = when {
                day != null && pattern.day == null -> pattern.copy(day = day)
                weekday != null && pattern.weekday == null -> pattern.copy(weekday = weekday)
                month != null && pattern.month == null -> pattern.copy(month = month)
                number in YEARS && pattern.year == null -> pattern.copy(year = number)
                // An article or preposition, as in "12 de mayo".
                foreign.isNotEmpty() && word.length <= 3 && number == null -> pattern
                else -> return null
            }
            left = left.drop(if (DAYS[two] != null && left.size > 1) 2 else 1)
        }
        return pattern.first(start)
    }

    /** What is known of a date. */
    private data class Pattern(
        val month: Month? = null,
        val day: Int? = null,
        val year: Int? = null,
        val weekday: DayOfWeek? = null,
    ) {
        /** The first date that fits; with a year it may be past, without one it is not before [start]. */
        fun first(start: LocalDate): LocalDate? {
            if (day == null) return null
            if (year != null) return LocalDate.of(year, month ?: return null, day).takeIf { fits(it) }
            // A weekday beside a date rules years out, and nobody means one far ahead.
            val days = if (weekday == null) DAYS_TO_A_LEAP_DAY else DAYS_OF_A_YEAR
            return generateSequence(start) { it.plusDays(1) }.take(days).find { fits(it) }
        }

        private fun fits(date: LocalDate) =
            date.dayOfMonth == day && (month == null || date.month == month) && (weekday == null || date.dayOfWeek == weekday)
    }

    private companion object {
        const val MOST_CHARACTERS = 100
        const val MOST_AHEAD = 10_000L
        const val DAYS_OF_A_YEAR = 366

        /** No leap day may come for eight years, as from 2096 to 2104. */
        const val DAYS_TO_A_LEAP_DAY = 8 * 366
        val YEARS = 1900..2999
        val ISO = Regex("(\\d{4})-(\\d{1,2})-(\\d{1,2})")
        val DIGITS = Regex("(\\d{1,2})\\s*([./-])\\s*(\\d{1,2})(?:\\s*[./-]\\s*(\\d{4}|\\d{2})?)?")
        val NOISE = setOf("the", "of", "on", "coming", "upcoming", "time")
        val PARTS = setOf("morning", "afternoon", "evening", "night")

        val WEEKDAYS = names(DayOfWeek.entries) + mapOf(
            "tues" to DayOfWeek.TUESDAY,
            "weds" to DayOfWeek.WEDNESDAY,
            "thur" to DayOfWeek.THURSDAY,
            "thurs" to DayOfWeek.THURSDAY,
        )
        val MONTHS = names(Month.entries) + ("sept" to Month.SEPTEMBER)
        val CARDINALS = count(
            "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen " +
                "eighteen nineteen",
            "twenty thirty",
        )
        val DAYS = CARDINALS + count(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth " +
                "sixteenth seventeenth eighteenth nineteenth",
            "twentieth thirtieth",
        )

        val FIXED = mapOf(
            "new years day" to (Month.JANUARY to 1),
            "new years" to (Month.JANUARY to 1),
            "valentines day" to (Month.FEBRUARY to 14),
            "st patricks day" to (Month.MARCH to 17),
            "halloween" to (Month.OCTOBER to 31),
            "bonfire night" to (Month.NOVEMBER to 5),
            "christmas eve" to (Month.DECEMBER to 24),
            "christmas" to (Month.DECEMBER to 25),
            "christmas day" to (Month.DECEMBER to 25),
            "boxing day" to (Month.DECEMBER to 26),
            "new years eve" to (Month.DECEMBER to 31),
        )

        /** Days after Easter Sunday. */
        val EASTER = mapOf("good friday" to -2L, "easter" to 0L, "easter sunday" to 0L, "easter monday" to 1L)

        /** Names in full and of three letters. */
        fun <E : Enum<E>> names(values: List<E>): Map<String, E> =
            values.flatMap { value -> value.name.lowercase().let { listOf(it to value, it.take(3) to value) } }.toMap()

        /** Words for 1 to 31: the small ones, then twenty and thirty, which the former follow in "twenty first". */
        fun count(small: String, tens: String): Map<String, Int> {
            val words = small.split(' ')
            val ten = tens.split(' ')
            return buildMap {
                words.forEachIndexed { index, word -> put(word, index + 1) }
                put(ten[0], 20)
                put(ten[1], 30)
                for (index in 0..8) put("twenty ${words[index]}", 21 + index)
                put("thirty ${words[0]}", 31)
            }
        }

        /** Whether dates in digits begin with the month, as in America. */
        fun monthComesFirst(locale: Locale): Boolean {
            val iso = IsoChronology.INSTANCE
            val pattern = DateTimeFormatterBuilder.getLocalizedDateTimePattern(FormatStyle.SHORT, null, iso, locale)
            return pattern.indexOf('M') < pattern.indexOf('d')
        }

        /** Easter Sunday of the Gregorian calendar, by the rule of Meeus, Jones and Butcher. */
        fun easter(year: Int): LocalDate {
            val golden = year % 19
            val century = year / 100
            val yearOfCentury = year % 100
            val shift = (century - (century + 8) / 25 + 1) / 3
            val epact = (19 * golden + century - century / 4 - shift + 15) % 30
            val weekday = (32 + 2 * (century % 4) + 2 * (yearOfCentury / 4) - epact - yearOfCentury % 4) % 7
            val correction = (golden + 11 * epact + 22 * weekday) / 451
            val days = epact + weekday - 7 * correction + 114
            return LocalDate.of(year, days / 31, days % 31 + 1)
        }
    }
}
