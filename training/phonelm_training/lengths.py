"""Lengths of time, as people say them and in seconds."""

from .numbers import either, words

_FIXED = (
    ("an hour", 3600),
    ("a full hour", 3600),
    ("half an hour", 1800),
    ("half an hour", 1800),
    ("a half hour", 1800),
    ("half hour", 1800),
    ("an hour and a half", 5400),
    ("an hour and half", 5400),
    ("one hour and a half", 5400),
    ("hour and a half", 5400),
    ("a minute", 60),
    ("a minute and a half", 90),
    ("a minute thirty", 90),
    ("half a minute", 30),
    ("a quarter of an hour", 900),
    ("quarter of an hour", 900),
    ("a quarter hour", 900),
    ("three quarters of an hour", 2700),
    ("three quarters of a minute", 45),
    ("one and a half hours", 5400),
    ("a couple of minutes", 120),
    ("a couple of hours", 7200),
    ("an hour and a quarter", 4500),
    ("two and a quarter hours", 8100),
    ("an hour and three quarters", 6300),
    ("a dozen minutes", 720),
    ("half a day", 43200),
    ("a whole day", 86400),
)
_MINUTES = (
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
    11,
    12,
    15,
    15,
    18,
    20,
    20,
    25,
    30,
    30,
    35,
    40,
    45,
    45,
    50,
    55,
    60,
    75,
)
_MINUTES += (80, 90, 100, 120)


def duration(rng, longest=86400):
    """(phrase, seconds) of a length of time."""
    while True:
        phrase, seconds = _duration(rng)
        if seconds <= longest:
            return phrase, seconds


def _duration(rng):
    style = rng.random()
    if style < 0.44:
        count = rng.randrange(1, 121) if rng.random() < 0.3 else rng.choice(_MINUTES)
        if rng.random() < 0.04:
            count = rng.choice((125, 130, 135, 140, 150, 160, 180, 200, 210, 240, 300, rng.randrange(121, 600)))
        return _minutes(rng, count), count * 60
    if style < 0.55:
        count = (
            rng.randrange(2, 300) if rng.random() < 0.3 else rng.choice((10, 15, 20, 30, 30, 40, 45, 50, 60, 90, 90))
        )
        if rng.random() < 0.05:
            count = rng.choice((360, 400, 480, 600, 720, 900, 1200, 1500, 1800, 2400, 3600, 5400, 7200))
        unit = rng.choice(("seconds", "seconds", "seconds", "secs", "sec"))
        return f"{either(rng, count)} {unit}" if rng.random() < 0.94 else f"{count}s", count
    if style < 0.65:
        count = rng.choice((1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 24))
        unit = "hour" if count == 1 else rng.choice(("hours", "hours", "hours", "hrs"))
        return f"{either(rng, count, 0.5)} {unit}" if rng.random() < 0.95 else f"{count}h", count * 3600
    if style < 0.77:
        return rng.choice(_FIXED)
    if style < 0.82:
        return _and_a_half(rng)
    if style < 0.93:
        return _hours_and_minutes(rng)
    minutes = rng.randrange(1, 31)
    seconds = rng.choice((10, 15, 20, 30, 30, 40, 45, 50)) if rng.random() < 0.7 else rng.randrange(2, 60)
    total = minutes * 60 + seconds
    if rng.random() < 0.12:
        return f"{minutes} min {seconds}{rng.choice((' sec', 's', ''))}", total
    joiner = rng.choice((" and ", " and ", " "))
    unit = "minute" + ("s" if minutes > 1 else "")
    return f"{either(rng, minutes)} {unit}{joiner}{either(rng, seconds)} seconds", total


def _minutes(rng, count):
    if rng.random() < 0.03:
        return f"{count}m"
    number = either(rng, count)
    if rng.random() < 0.15:
        number = number.replace(" ", "-")
    return f"{number} {'minute' if count == 1 else rng.choice(('minutes', 'minutes', 'minutes', 'minutes', 'mins', 'min'))}"


def _and_a_half(rng):
    count = rng.randrange(1, 13)
    unit, size = rng.choice((("minutes", 60), ("minutes", 60), ("hours", 3600)))
    style = rng.random()
    if style < 0.55:
        return f"{either(rng, count, 0.7)} and a half {unit}", count * size + size // 2
    if style < 0.8:
        return f"{count}.5 {unit}", count * size + size // 2
    single = unit if count > 1 else unit[:-1]
    return f"{either(rng, count, 0.7)} {single} and a half", count * size + size // 2


def _hours_and_minutes(rng):
    hours = rng.randrange(1, 6) if rng.random() < 0.6 else rng.randrange(1, 24)
    minutes = rng.choice((5, 10, 15, 20, 25, 30, 35, 40, 45, 50)) if rng.random() < 0.7 else rng.randrange(1, 60)
    total = hours * 3600 + minutes * 60
    style = rng.random()
    if style < 0.06:
        return f"{hours}h{minutes:02d}", total
    if style < 0.14:
        return f"{hours} {'hr' if hours == 1 else 'hrs'} {minutes}{rng.choice((' min', ' mins', ''))}", total
    if style < 0.22:
        number = "an" if hours == 1 else words(hours)
        return f"{number} hour{'s' if hours > 1 else ''} {rng.choice(('and ', ''))}{words(minutes)}", total
    number = either(rng, hours) if rng.random() < 0.8 or hours > 1 else "an"
    joiner = rng.choice((" and ", " and ", " ", ", "))
    unit = "minute" + ("s" if minutes > 1 else "")
    return f"{number} hour{'s' if hours > 1 else ''}{joiner}{either(rng, minutes)} {unit}", total


def say_duration(seconds):
    """A length of time in an answer: '1 hour 30 minutes'."""
    parts = []
    for size, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
    return " ".join(parts)
