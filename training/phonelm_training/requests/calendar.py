"""Requests for calendar entries."""

from .. import clock, days, lengths, spans
from ..calls import Call, Request
from ..corrections import changed
from ..grammar import CLOSE, frames, mark, pick, raw, say

_AT = ("at", "at", "at", "at", "from", "starting at", "@", "beginning at", "", "around", "as of")
_PLACE = ("at", "at", "at", "in", "location", "place:", "where:", "over at", "in", "venue", "")
_GUESTS = (
    "with",
    "with",
    "with",
    "and invite",
    "inviting",
    "together with",
    "invite",
    "guests",
    "and have",
    "along with",
    "guests:",
    "invited:",
    "and ask",
)
_LENGTH = ("for", "for", "lasting", "it takes", "it lasts", "duration", "length", "takes", "which lasts")


def _listed(rng, names):
    if len(names) == 1:
        return mark(names[0])
    joiner = rng.choice((" and ", " and ", " and ", ", ", " & ", " plus "))
    return ", ".join(map(mark, names[:-1])) + joiner + mark(names[-1])


def _when(rng, arguments):
    """The words for day and time; fills `arguments`."""
    pieces = []
    said_day = rng.random() < 0.94
    day_phrase, day = days.day(rng)
    time_phrase = None
    roll = rng.random()
    if roll < 0.05:
        time_phrase, arguments["time"], arguments["duration_minutes"] = clock.span(rng)
        if (
            said_day
            and day in ("tomorrow",) + days.WEEKDAYS
            and "12:00" <= arguments["time"] < "17:00"
            and rng.random() < 0.3
        ):
            day_phrase += " afternoon"
    elif roll < 0.70:
        phrase, hour, minute = clock.time_of_day(rng, bare_afternoon=True)
        at = rng.choice(_AT)
        said = changed(rng, phrase, lambda rng: clock.time_of_day(rng, True)[0])
        time_phrase = f"{at} {mark(said)}" if at else mark(said)
        arguments["time"] = clock.hhmm(hour, minute)
        if said_day and day in ("tomorrow",) + days.WEEKDAYS and rng.random() < 0.12:
            part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
            if not any(word in phrase for word in ("in the", "this", "night")):
                day_phrase += f" {part}"
        elif not said_day and hour > 17 and not any(word in phrase for word in ("in the", "this", "night")):
            if rng.random() < 0.2:
                said_day, day_phrase, day = True, "tonight", "tonight"
    if said_day:
        pieces.append(changed(rng, mark(day_phrase), lambda rng: mark(days.day(rng)[0]), 0.02).replace("on on ", "on "))
    if time_phrase:
        pieces.append(time_phrase)
    if len(pieces) == 2 and rng.random() < 0.25:
        pieces.reverse()
    arguments["day"] = day if said_day else "today"
    return pieces


def _extras(rng, arguments, has_time):
    """Place, length and guests as phrases; fills `arguments`."""
    extras = []
    if has_time and "duration_minutes" not in arguments and rng.random() < 0.18:
        length, seconds = lengths.duration(rng, longest=6 * 3600)
        if seconds % 60 == 0:
            arguments["duration_minutes"] = seconds // 60
            extras.append(f"{rng.choice(_LENGTH)} {mark(length)}")
    if rng.random() < 0.25:
        arguments["location"] = spans.spot(rng)
        extras.append(f"{rng.choice(_PLACE)} {mark(arguments['location'])}".strip())
    if rng.random() < 0.2 and " with " not in arguments["title"]:
        count = rng.choice((1, 1, 2, 2, 3))
        guests = [spans.first_name(rng) if rng.random() < 0.7 else spans.bare_person(rng) for _ in range(count)]
        arguments["guests"] = guests
        extras.append(f"{rng.choice(_GUESTS)} {_listed(rng, guests)}")
    rng.shuffle(extras)
    return extras


def _ordered(arguments):
    keys = ("title", "day", "time", "duration_minutes", "location", "guests")
    return {key: arguments[key] for key in keys if key in arguments}


def _request(text, arguments, open_end):
    return Request(text, [Call("insert_event", _ordered(arguments), _done(arguments))], open_end)


def insert_event(rng):
    """A calendar entry: what, which day, maybe when, where, how long and with whom."""
    style, known = rng.random(), frames("insert_event")
    if style < 0.12:
        return _task(rng)
    if style < 0.17:
        return _form(rng)
    if style < 0.20:
        return _all_day(rng)
    arguments = {"title": spans.title(rng)}
    pieces = _when(rng, arguments)
    title = changed(rng, arguments["title"], spans.title, 0.012)
    if pieces and style < 0.26 and "duration_minutes" not in arguments:
        length, seconds = lengths.duration(rng, longest=8 * 3600)
        if seconds % 60 == 0:
            arguments["duration_minutes"] = seconds // 60
            text = pick(rng, known["length"], title=title, when=raw(" ".join(pieces)), length=length)
            return _request(text, arguments, True)
    extras = _extras(rng, arguments, "time" in arguments)
    if not pieces:
        text = pick(rng, known["plain"][:1], title=title, when="", name=spans.first_name)
        return _request(" ".join([text] + extras), arguments, True)
    if extras and rng.random() < 0.5:
        pieces += extras
        extras = []
        if rng.random() < 0.2:
            rng.shuffle(pieces)
    joiner = ", " if rng.random() < 0.12 else " "
    text = pick(rng, known["plain"], title=title, when=raw(joiner.join(pieces)), name=spans.first_name)
    open_end = text.endswith(CLOSE)
    if extras:
        tail = ("," if rng.random() < 0.2 else "") + " " + " ".join(extras)
        comma = text.rfind(", ")
        if comma > 0 and CLOSE not in text[comma:]:
            text = f"{text[:comma]}{tail}{text[comma:]}"
        else:
            text, open_end = text + tail, True
    return _request(text, arguments, open_end)


def _all_day(rng):
    """A day without a time, said to be taken whole."""
    phrase, day = days.day(rng)
    title = spans.title(rng)
    text = pick(rng, frames("insert_event")["allday"], title=title, when=raw(mark(phrase)))
    return _request(text.replace("of on ", "of "), {"title": title, "day": day}, text.endswith(CLOSE))


def _task(rng):
    """'remind me to ... on friday'."""
    day_phrase, day = days.day(rng)
    title = spans.task(rng)
    phrase, hour, minute = clock.time_of_day(rng, bare_afternoon=True)
    text = pick(rng, frames("insert_event")["task"], title=title, day=raw(mark(day_phrase)), time=phrase)
    arguments = {"title": title, "day": day}
    if mark(phrase) in text:
        arguments["time"] = clock.hhmm(hour, minute)
    return _request(text, arguments, text.endswith(mark(title)))


def _form(rng):
    """Short notes: title, day and time one after the other."""
    day_phrase, day = days.day(rng)
    title = spans.title(rng)
    phrase, hour, minute = clock.time_of_day(rng, bare_afternoon=True)
    text = pick(rng, frames("insert_event")["form"], title=title, day=day_phrase.removeprefix("on "), time=phrase)
    arguments = {"title": title, "day": day, "time": clock.hhmm(hour, minute)}
    if rng.random() < 0.3:
        arguments["location"] = spans.spot(rng)
        text += f", {rng.choice(('location', 'place', 'at', 'where:'))} {mark(arguments['location'])}"
    return _request(text, arguments, True)


def _done(arguments):
    title, day, time = arguments["title"], arguments["day"], arguments.get("time")
    when = day + (f" at {time}" if time else "")

    def done(rng, _):
        return say(
            rng,
            (
                "[|done, ]{title} is in your calendar for {when}.",
                "i added {title} for {when}.",
                "added to your calendar: {title}, {when}.",
                "okay, {title}, {when}.",
            ),
            title=title,
            when=when,
        )

    return done


FUNCTIONS = {"insert_event": insert_event}
