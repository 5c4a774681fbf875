"""Days as people say them: weekdays on which an alarm repeats, and days of the calendar."""

from .grammar import expand, finish
from .numbers import ordinal, ordinal_words, words

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january february march april may june july august september october november december").split()
HOLIDAYS = (
    "christmas day",
    "christmas eve",
    "christmas",
    "new year's eve",
    "new year's day",
    "easter sunday",
    "easter monday",
    "halloween",
    "valentine's day",
    "good friday",
    "boxing day",
    "thanksgiving",
    "mother's day",
    "father's day",
    "my birthday",
    "diwali",
    "eid",
    "st patrick's day",
    "labour day",
    "independence day",
    "midsummer",
    "passover",
    "bonfire night",
    "lunar new year",
)
_SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAILY = (
    "[every day|daily|each day|every single day|all week|seven days a week|every day of the week|"
    "day after day|monday to sunday|all seven days|each and every day|from monday to sunday|365 days a year]"
)
_WORKDAYS = (
    "[every weekday|on weekdays|weekdays|monday to friday|monday through friday|from monday to friday|on work days|"
    "on workdays|each weekday|on school days|mon to fri|mon-fri|during the week|weekdays only|"
    "monday till friday|every day but the weekend|every working day|every school day|all weekdays|only on weekdays]"
)
_WEEKEND = (
    "[on weekends|every weekend|at the weekend|on the weekend|weekends|saturdays and sundays|on saturday and sunday|"
    "sat and sun|each weekend|both saturday and sunday|only at weekends|every saturday and sunday|weekends only]"
)


def repeat_days(rng, hour):
    """(phrase, weekdays Monday first) of an alarm that repeats at `hour`."""
    style = rng.random()
    part = "morning" if hour < 12 else "evening" if hour > 16 else None
    if style < 0.03 and part:
        return f"every {part}", list(WEEKDAYS)
    if style < 0.20:
        return finish(expand(rng, _DAILY)), list(WEEKDAYS)
    if style < 0.22 and part:
        return rng.choice((f"on weekday {part}s", f"every weekday {part}", f"weekday {part}s")), list(WEEKDAYS[:5])
    if style < 0.42:
        return finish(expand(rng, _WORKDAYS)), list(WEEKDAYS[:5])
    if style < 0.54:
        return finish(expand(rng, _WEEKEND)), list(WEEKDAYS[5:])
    if style < 0.62:
        first = rng.randrange(0, 5)
        last = rng.randrange(first + 1, 7)
        joiner = rng.choice(("to", "through", "till", "until"))
        return f"{rng.choice(('from ', '', 'every '))}{WEEKDAYS[first]} {joiner} {WEEKDAYS[last]}", list(
            WEEKDAYS[first : last + 1]
        )
    if style < 0.66:
        left_out = rng.randrange(7)
        but = rng.choice(("except", "but", "except on", "apart from", "other than", "but not on"))
        name = WEEKDAYS[left_out] + rng.choice(("", "s"))
        return f"every day {but} {name}", [name for index, name in enumerate(WEEKDAYS) if index != left_out]
    count = rng.choice((1, 1, 1, 1, 2, 2, 2, 3, 3, 4))
    chosen = sorted(rng.sample(range(7), count))
    said = list(chosen)
    if rng.random() < 0.2:
        rng.shuffle(said)
    return _listed(rng, said, part), [WEEKDAYS[index] for index in chosen]


def adjective(rng):
    """(word, weekdays) of an alarm with its days in front: 'daily', 'weekend', 'monday'."""
    index = rng.randrange(7)
    return rng.choice(
        (
            ("daily", list(WEEKDAYS)),
            ("everyday", list(WEEKDAYS)),
            ("weekday", list(WEEKDAYS[:5])),
            ("workday", list(WEEKDAYS[:5])),
            ("weekend", list(WEEKDAYS[5:])),
            (WEEKDAYS[index], [WEEKDAYS[index]]),
        )
    )


def _listed(rng, indices, part):
    """'on tuesdays and fridays', 'every tue, fri', 'tuesday mornings'."""
    style = rng.random()
    if style < 0.08:
        names, lead = [_SHORT[index] for index in indices], rng.choice(("on ", "every ", ""))
    elif style < 0.16 and part:
        names, lead = [WEEKDAYS[index] for index in indices], rng.choice(("every ", "each ", ""))
        names[-1] += f" {part}" if lead else f" {part}s"
    else:
        plural = "s" if rng.random() < 0.6 else ""
        names = [WEEKDAYS[index] + plural for index in indices]
        once = ("on ",) if len(indices) == 1 else ()
        lead = rng.choice(("on ", "on ", "", "only on ") if plural else ("every ", "every ", "each ", *once))
    if len(names) == 1:
        return lead + names[0]
    joiner = rng.choice((" and ", " and ", " and ", ", ", " ", " & "))
    return lead + rng.choice((", ", ", ", " ")).join(names[:-1]) + joiner + names[-1]


def day(rng):
    """(phrase with its preposition, day as the calendar wants it)."""
    style = rng.random()
    if style < 0.22:
        return "tomorrow", "tomorrow"
    if style < 0.28:
        return "today", "today"
    if style < 0.32:
        said = rng.choice(("the day after tomorrow", "day after tomorrow"))
        return said, said
    if style < 0.66:
        return _weekday(rng)
    if style < 0.72:
        form = _later(rng)
        return form, form
    if style < 0.94:
        form = _date(rng)
        return rng.choice(("on ", "on ", "on ", "")) + form, form
    form = rng.choice(HOLIDAYS)
    return rng.choice(("on ", "on ", "")) + form, form


def _weekday(rng):
    name = rng.choice(WEEKDAYS)
    form = rng.choice(
        ("{}", "{}", "{}", "next {}", "next {}", "this {}", "this coming {}", "the following {}", "{} next week")
    ).format(name)
    lead = rng.choice(("on ", "on ", "")) if form == name else ""
    return lead + form, form


def _later(rng):
    count = rng.randrange(2, 11)
    number = words(count) if rng.random() < 0.6 else str(count)
    return rng.choice(
        (
            f"in {number} days",
            f"in {number} weeks",
            f"{number} days from now",
            "in a week",
            "a week from today",
            "a week from tomorrow",
            f"a week from {rng.choice(WEEKDAYS)}",
            "in a fortnight",
            "this weekend",
            "next weekend",
            "next week",
        )
    )


def _date(rng):
    month, number = rng.choice(MONTHS), rng.randrange(1, 32 if rng.random() < 0.2 else 29)
    style = rng.random()
    if style < 0.32:
        return f"{month} {number}"
    if style < 0.48:
        return f"{month} {ordinal(number)}"
    if style < 0.60:
        return f"the {ordinal(number)} of {month}"
    if style < 0.70:
        return f"{number} {month}"
    if style < 0.76:
        return f"{ordinal(number)} {month}"
    if style < 0.83:
        return f"the {ordinal(number)}"
    if style < 0.88:
        return f"{month} {ordinal_words(number)}"
    if style < 0.92:
        return f"the {ordinal_words(number)} of {month}"
    if style < 0.95:
        return f"{rng.choice(WEEKDAYS)} {rng.choice(('', 'the '))}{ordinal(number)}"
    if style < 0.97:
        return f"{month} {number} {rng.randrange(2025, 2032)}"
    if style < 0.98:
        return f"{rng.choice(_SHORT)} {number} {month[:3]}"
    return f"{MONTHS.index(month) + 1}{rng.choice('/-')}{number}"
