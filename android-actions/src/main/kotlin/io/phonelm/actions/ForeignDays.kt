package io.phonelm.actions

import android.icu.text.RelativeDateTimeFormatter
import android.icu.text.RelativeDateTimeFormatter.AbsoluteUnit
import android.icu.text.RelativeDateTimeFormatter.Direction
import java.time.DayOfWeek
import java.time.Month
import java.time.format.TextStyle
import java.util.Locale

/**
 * Words for days in another language than English, as the platform writes them, each with the English that [DayReader]
 * reads: "morgen" to "tomorrow", "nächsten freitag" to "next friday", "mai" to "may".
 */
internal fun foreignDays(locale: Locale): Map<String, String> {
    if (locale.language == "en") return emptyMap()
    val relative = RelativeDateTimeFormatter.getInstance(locale)
    return buildMap {
        fun add(word: String?, meaning: String) {
            if (!word.isNullOrBlank()) put(word.lowercase(Locale.ROOT), meaning)
        }
        for (month in Month.entries) {
            for (style in listOf(TextStyle.FULL, TextStyle.FULL_STANDALONE)) {
                add(month.getDisplayName(style, locale), month.name.lowercase())
            }
        }
        for (day in DayOfWeek.entries) {
            val (name, unit) = day.name.lowercase() to AbsoluteUnit.valueOf(day.name)
            add(day.getDisplayName(TextStyle.FULL_STANDALONE, locale), name)
            add(relative.format(Direction.THIS, unit), "this $name")
            add(relative.format(Direction.NEXT, unit), "next $name")
        }
        add(relative.format(Direction.THIS, AbsoluteUnit.DAY), "today")
        add(relative.format(Direction.NEXT, AbsoluteUnit.DAY), "tomorrow")
        add(relative.format(Direction.NEXT_2, AbsoluteUnit.DAY), "day after tomorrow")
        add(relative.format(Direction.NEXT, AbsoluteUnit.WEEK), "next week")
    }
}
