"""Times of day, as people say them and as the functions want them."""

from .grammar import mark
from .numbers import words

_MINUTES = (0, 0, 0, 0, 15, 30, 30, 30, 45, 5, 10, 20, 25, 35, 40, 50, 55)
_NAMED = (
    ("noon", 12, 0),
    ("noon", 12, 0),
    ("midday", 12, 0),
    ("12 noon", 12, 0),
    ("twelve noon", 12, 0),
    ("midnight", 0, 0),
    ("midnight", 0, 0),
    ("12 midnight", 0, 0),
)


def _spoken(rng, hour12, minute):
    """A clock phrase for a 12-hour time, e.g. '7:30', 'half past seven', 'seven thirty'."""
    hour, after = hour12, hour12 % 12 + 1
    style = rng.random()
    if minute == 0:
        if style < 0.52:
            return f"{hour}"
        if style < 0.62:
            return f"{hour}:00"
        if style < 0.79:
            return words(hour)
        if style < 0.88:
            return f"{hour} o'clock"
        if style < 0.95:
            return f"{words(hour)} o'clock"
        return f"{hour} {rng.choice(('oclock', 'o clock'))}"
    if style < 0.46:
        return f"{hour}:{minute:02d}"
    if style < 0.50:
        return f"{hour}.{minute:02d}"
    if style < 0.55:
        return f"{hour} {minute:02d}"
    if style < 0.70:
        tail = words(minute) if minute >= 10 else f"{rng.choice(('oh', 'oh', 'o'))} {words(minute)}"
        if rng.random() < 0.12:
            tail = tail.replace(" ", "-")
        return f"{words(hour)} {tail}"
    as_word = rng.random() < 0.5
    this, following = (words(hour), words(after)) if as_word else (hour, after)
    to = rng.choice(("to", "to", "to", "to", "till", "before"))
    if minute == 15:
        return f"{rng.choice(('quarter past', 'quarter past', 'a quarter past', 'quarter after', 'a quarter after'))} {this}"
    if minute == 30:
        return f"{rng.choice(('half past', 'half past', 'half past', 'half'))} {this}"
    if minute == 45:
        return f"{rng.choice(('quarter', 'a quarter'))} {to} {following}"
    if minute % 5 == 0 or rng.random() < 0.4:
        past = minute < 30
        count = minute if past else 60 - minute
        number = words(count) if rng.random() < 0.75 else str(count)
        unit = rng.choice(("", "", "", " minutes")) if count % 5 == 0 else " minute" + ("s" if count > 1 else "")
        return f"{number}{unit} {rng.choice(('past', 'past', 'after')) if past else to} {this if past else following}"
    return f"{hour}:{minute:02d}"


def _military(rng, hour, minute):
    """A 24-hour time: '19:05', '1905', 'nineteen thirty', 'oh six hundred', '19h30'."""
    style = rng.random()
    padded = f"{hour:02d}:{minute:02d}"
    if style < 0.58 or (style < 0.7 and hour < 13):
        return padded
    if style < 0.7:
        return f"{hour}:{minute:02d}"
    if style < 0.84:
        return f"{hour:02d}{minute:02d}"
    if style < 0.88:
        return f"{hour:02d}h{minute:02d}"
    if style < 0.91:
        return f"{hour:02d}.{minute:02d}"
    if minute == 0:
        return (
            f"{'oh ' + words(hour) if 0 < hour < 10 else words(hour)} hundred{rng.choice((' hours', ''))}"
            if hour
            else padded
        )
    if hour > 12:
        return f"{words(hour)} {words(minute) if minute >= 10 else 'oh ' + words(minute)}"
    return padded


def time_of_day(rng, bare_afternoon=False):
    """(phrase, hour, minute) of one clock time.

    A bare hour means that hour of the morning (an alarm at 7); with `bare_afternoon`, 1 to 6 mean the
    afternoon (a meeting at 3).
    """
    minute = rng.choice(_MINUTES) if rng.random() < 0.82 else rng.randrange(60)
    style = rng.random()
    if style < 0.05:
        return rng.choice(_NAMED)
    if style < 0.17:
        hour = rng.randrange(24) if rng.random() < 0.4 else rng.randrange(13, 24)
        return _military(rng, hour, minute), hour, minute
    hour12 = rng.randrange(1, 13)
    if style < 0.45:
        phrase = _spoken(rng, hour12, minute)
        if rng.random() < 0.04:
            phrase += rng.choice((" sharp", " on the dot", " exactly"))
        return phrase, hour12 + 12 if bare_afternoon and hour12 < 7 else hour12, minute
    morning = rng.random() < 0.5
    base = _spoken(rng, hour12, minute)
    hour = hour12 % 12 + (0 if morning else 12)
    if style < 0.83:
        if rng.random() < 0.85 and not base[0].isalpha():
            base = base.replace(" o'clock", "").replace(" oclock", "").replace(" o clock", "")
        mark = rng.choice(
            ("am", "am", "am", "a.m.", "AM", "a m") if morning else ("pm", "pm", "pm", "p.m.", "PM", "p m")
        )
        gap = "" if base[-1].isdigit() and rng.random() < 0.5 and " " not in mark else " "
        return f"{base}{gap}{mark}", hour, minute
    return f"{base} {_part(rng, hour, bare_afternoon)}", hour, minute


def _part(rng, hour, of_event):
    """The part of the day that tells 7 from 19; an event has a day of its own and takes no 'tonight'."""
    if hour == 0:
        return "at night"
    if hour < 12:
        always, today = ("in the morning",), ("this morning",)
    elif hour < 17:
        always, today = ("in the afternoon",), ("this afternoon",)
    elif hour < 21:
        always, today = ("in the evening",), ("this evening", "tonight")
    else:
        always, today = ("in the evening", "at night", "at night"), ("tonight",)
    return rng.choice(always if of_event or rng.random() < 0.7 else today)


def span(rng):
    """(words, start as HH:MM, minutes) of a time with its end: 'from 2 to 4 pm', '14:00 - 15:30'."""
    start, length = rng.randrange(7, 21), rng.choice((30, 30, 45, 60, 60, 60, 90, 120, 120, 180, 240))
    minute = rng.choice((0, 0, 0, 30, 15))
    end, end_minute = divmod(start * 60 + minute + length, 60)
    if end > 23 or rng.random() < 0.3:
        said, until = f"{start:02d}:{minute:02d}", f"{end % 24:02d}:{end_minute:02d}"
    else:
        said, until = (
            f"{(h - 1) % 12 + 1}" + (f":{m:02d}" if m else "") for h, m in ((start, minute), (end, end_minute))
        )
        part = "am" if end < 12 else "pm"
        if start < 12 <= end:
            said += rng.choice(("am", " am"))
        until += rng.choice((part, f" {part}"))
    words_of = rng.choice(
        ("from {} to {}", "from {} to {}", "from {} until {}", "{} to {}", "{}-{}", "{} - {}", "between {} and {}")
    )
    return words_of.format(mark(said), mark(until)), hhmm(start, minute), length


def hhmm(hour, minute):
    """The 24-hour form of the calendar functions."""
    return f"{hour:02d}:{minute:02d}"


def say_time(hour, minute):
    """A clock time in an answer: '7:30', '19:05'."""
    return f"{hour}:{minute:02d}"
