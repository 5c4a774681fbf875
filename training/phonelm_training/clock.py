"""Times of day, days and lengths of time, as people say them and as the functions want them."""

from .grammar import expand, finish
from .numbers import either, ordinal, ordinal_words, words

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january february march april may june july august september october november december").split()
HOLIDAYS = (
    "christmas day",
    "christmas eve",
    "new year's eve",
    "new year's day",
    "easter sunday",
    "halloween",
    "valentine's day",
    "good friday",
    "boxing day",
    "thanksgiving",
    "mother's day",
    "my birthday",
)
_MINUTES = (0, 0, 0, 0, 15, 30, 30, 30, 45, 5, 10, 20, 25, 35, 40, 50, 55)


def _spoken(rng, hour12, minute):
    """A clock phrase for a 12-hour time, e.g. '7:30', 'half past seven', 'seven thirty'."""
    hour, after = hour12, hour12 % 12 + 1
    style = rng.random()
    if minute == 0:
        if style < 0.55:
            return f"{hour}"
        if style < 0.65:
            return f"{hour}:00"
        if style < 0.80:
            return words(hour)
        if style < 0.92:
            return f"{hour} o'clock"
        return f"{words(hour)} o'clock"
    if style < 0.50:
        return f"{hour}:{minute:02d}"
    if style < 0.54:
        return f"{hour}.{minute:02d}"
    if style < 0.58:
        return f"{hour} {minute:02d}"
    if style < 0.72:
        tail = words(minute) if minute >= 10 else f"oh {words(minute)}"
        return f"{words(hour)} {tail}"
    as_word = rng.random() < 0.5
    this, following = (words(hour), words(after)) if as_word else (hour, after)
    if minute == 15:
        return f"{rng.choice(('quarter past', 'a quarter past', 'quarter after'))} {this}"
    if minute == 30:
        return f"{rng.choice(('half past', 'half past', 'half past', 'half'))} {this}"
    if minute == 45:
        return f"{rng.choice(('quarter to', 'a quarter to'))} {following}"
    if minute % 5 == 0:
        past = minute < 30
        count = minute if past else 60 - minute
        count = words(count) if rng.random() < 0.8 else str(count)
        unit = rng.choice(("", "", "", " minutes"))
        return f"{count}{unit} {rng.choice(('past', 'after')) if past else 'to'} {this if past else following}"
    return f"{hour}:{minute:02d}"


def time_of_day(rng, bare_afternoon=False):
    """(phrase, hour, minute) of one clock time.

    A bare hour means that hour of the morning (an alarm at 7); with `bare_afternoon`, 1 to 6 mean the
    afternoon (a meeting at 3).
    """
    minute = rng.choice(_MINUTES) if rng.random() < 0.85 else rng.randrange(60)
    style = rng.random()
    if style < 0.05:
        return rng.choice((("noon", 12, 0), ("midday", 12, 0), ("noon", 12, 0), ("midnight", 0, 0)))
    if style < 0.17:
        hour = rng.randrange(24) if rng.random() < 0.4 else rng.randrange(13, 24)
        phrase = f"{hour:02d}:{minute:02d}" if rng.random() < 0.7 else f"{hour}:{minute:02d}"
        if 0 < hour < 13 and not phrase.startswith("0"):
            phrase = f"{hour:02d}:{minute:02d}"
        if bare_afternoon and 10 <= hour <= 12:
            return phrase, hour, minute
        return phrase, hour, minute
    hour12 = rng.randrange(1, 13)
    if style < 0.45:
        phrase = _spoken(rng, hour12, minute)
        if bare_afternoon and hour12 < 7:
            return phrase, hour12 + 12, minute
        return phrase, hour12, minute
    morning = rng.random() < 0.5
    base = _spoken(rng, hour12, minute)
    hour = hour12 % 12 + (0 if morning else 12)
    if style < 0.85:
        simple = rng.random() < 0.85
        if simple and not base[0].isalpha():
            base = base.replace(" o'clock", "")
        mark = rng.choice(("am", "am", "a.m.", "AM") if morning else ("pm", "pm", "p.m.", "PM"))
        gap = "" if base[-1].isdigit() and rng.random() < 0.5 else " "
        return f"{base}{gap}{mark}", hour, minute
    if morning:
        if hour12 == 12:
            return f"{base} at night", 0, minute
        return f"{base} {rng.choice(('in the morning', 'in the morning', 'this morning'))}", hour, minute
    if hour12 == 12 or hour12 < 6:
        return f"{base} in the afternoon", hour, minute
    if hour12 < 9:
        return f"{base} in the evening", hour, minute
    return f"{base} {rng.choice(('in the evening', 'at night'))}", hour, minute


def hhmm(hour, minute):
    """The 24-hour form of the calendar functions."""
    return f"{hour:02d}:{minute:02d}"


def repeat_days(rng):
    """(phrase, weekdays Monday first) of an alarm that repeats."""
    style = rng.random()
    if style < 0.22:
        return finish(
            expand(rng, "[every day|daily|each day|every single day|every morning|all week|seven days a week]")
        ), list(WEEKDAYS)
    if style < 0.45:
        phrase = expand(
            rng,
            "[every weekday|on weekdays|weekdays|monday to friday|monday through friday|from monday to friday|on work days|on workdays|each weekday|on school days]",
        )
        return finish(phrase), list(WEEKDAYS[:5])
    if style < 0.58:
        return finish(
            expand(
                rng,
                "[on weekends|every weekend|at the weekend|on the weekend|weekends|saturdays and sundays|on saturday and sunday]",
            )
        ), list(WEEKDAYS[5:])
    if style < 0.66:
        first = rng.randrange(0, 5)
        last = rng.randrange(first + 1, 7)
        joiner = rng.choice(("to", "through", "till", "until"))
        return f"{rng.choice(('from ', '', 'every '))}{WEEKDAYS[first]} {joiner} {WEEKDAYS[last]}", list(
            WEEKDAYS[first : last + 1]
        )
    count = rng.choice((1, 1, 1, 2, 2, 3))
    chosen = sorted(rng.sample(range(7), count))
    said = list(chosen)
    if rng.random() < 0.2:
        rng.shuffle(said)
    plural = "s" if rng.random() < 0.6 else ""
    names = [WEEKDAYS[index] + plural for index in said]
    listed = names[0] if count == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    lead = rng.choice(("on ", "on ", "")) if plural else rng.choice(("every ", "every ", "each "))
    return lead + listed, [WEEKDAYS[index] for index in chosen]


def day(rng):
    """(phrase with its preposition, day as the calendar wants it)."""
    style = rng.random()
    if style < 0.26:
        return ("tomorrow", "tomorrow")
    if style < 0.33:
        return ("today", "today")
    if style < 0.37:
        said = rng.choice(("the day after tomorrow", "day after tomorrow"))
        return said, said
    if style < 0.72:
        name = rng.choice(WEEKDAYS)
        form = rng.choice(("{}", "{}", "next {}", "next {}", "this {}", "this coming {}")).format(name)
        lead = rng.choice(("on ", "on ", "")) if form == name else ""
        return lead + form, form
    if style < 0.93:
        month, number = rng.choice(MONTHS), rng.randrange(1, 32 if rng.random() < 0.2 else 29)
        spelled = rng.random()
        if spelled < 0.40:
            form = f"{month} {number}"
        elif spelled < 0.60:
            form = f"{month} {ordinal(number)}"
        elif spelled < 0.75:
            form = f"the {ordinal(number)} of {month}"
        elif spelled < 0.85:
            form = f"{number} {month}"
        elif spelled < 0.92:
            form = f"the {ordinal(number)}"
        else:
            form = f"{month} {ordinal_words(number)}"
        return "on " + form, form
    form = rng.choice(HOLIDAYS)
    return "on " + form, form


def duration(rng, longest=86400):
    """(phrase, seconds) of a length of time."""
    while True:
        phrase, seconds = _duration(rng)
        if seconds <= longest:
            return phrase, seconds


def _duration(rng):
    style = rng.random()
    if style < 0.50:
        count = rng.choice(
            (
                1,
                2,
                3,
                4,
                5,
                5,
                6,
                7,
                8,
                9,
                10,
                10,
                12,
                15,
                15,
                18,
                20,
                20,
                25,
                30,
                35,
                40,
                45,
                50,
                55,
                60,
                75,
                80,
                90,
                100,
                120,
            )
        )
        if rng.random() < 0.25:
            count = rng.randrange(1, 121)
        unit = "minute" if count == 1 else rng.choice(("minutes", "minutes", "minutes", "mins", "min"))
        return f"{either(rng, count)} {unit}", count * 60
    if style < 0.62:
        count = rng.choice((10, 15, 20, 30, 30, 40, 45, 50, 60, 90, 90, 100, 120))
        if rng.random() < 0.3:
            count = rng.randrange(2, 300)
        return f"{either(rng, count)} {rng.choice(('seconds', 'seconds', 'secs', 'sec'))}", count
    if style < 0.72:
        count = rng.choice((1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 24))
        unit = "hour" if count == 1 else rng.choice(("hours", "hours", "hours", "hrs"))
        return f"{either(rng, count, 0.5)} {unit}", count * 3600
    if style < 0.84:
        return rng.choice(
            (
                ("an hour", 3600),
                ("half an hour", 1800),
                ("half an hour", 1800),
                ("a half hour", 1800),
                ("an hour and a half", 5400),
                ("a minute", 60),
                ("a minute and a half", 90),
                ("half a minute", 30),
                ("a quarter of an hour", 900),
                ("quarter of an hour", 900),
                ("three quarters of an hour", 2700),
                ("one and a half hours", 5400),
                ("two and a half hours", 9000),
                ("two and a half minutes", 150),
                ("2.5 hours", 9000),
                ("1.5 hours", 5400),
                ("three and a half minutes", 210),
                ("one and a half minutes", 90),
                ("a couple of minutes", 120),
                ("a couple of hours", 7200),
                ("an hour and a quarter", 4500),
            )
        )
    if style < 0.94:
        hours = rng.randrange(1, 6) if rng.random() < 0.6 else rng.randrange(1, 24)
        minutes = rng.choice((5, 10, 15, 20, 25, 30, 35, 40, 45, 50)) if rng.random() < 0.7 else rng.randrange(1, 60)
        hour_text = either(rng, hours) if rng.random() < 0.8 or hours > 1 else "an"
        joiner = rng.choice((" and ", " and ", " ", ", "))
        return (
            f"{hour_text} hour{'s' if hours > 1 else ''}{joiner}{either(rng, minutes)} minute{'s' if minutes > 1 else ''}",
            hours * 3600 + minutes * 60,
        )
    minutes, seconds = rng.randrange(1, 31), (
        rng.choice((10, 15, 20, 30, 30, 40, 45, 50)) if rng.random() < 0.7 else rng.randrange(2, 60)
    )
    joiner = rng.choice((" and ", " and ", " "))
    return (
        f"{either(rng, minutes)} minute{'s' if minutes > 1 else ''}{joiner}{either(rng, seconds)} seconds",
        minutes * 60 + seconds,
    )


def say_time(rng, hour, minute):
    """A clock time in an answer: '7:30', '19:05'."""
    return f"{hour}:{minute:02d}"


def say_duration(seconds):
    """A length of time in an answer: '1 hour 30 minutes'."""
    parts = []
    for size, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(parts)
