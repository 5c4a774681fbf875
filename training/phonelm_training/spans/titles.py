"""What events, alarms, files, songs and searches are called: lists, the grammar of frames/titles.txt, and words in no order."""

from .. import days
from ..grammar import articles, finish, frames, pick
from ..lists import load
from ..numbers import words as number_words
from .names import first_name, full_name, person
from .places import city
from .words import any_words, made_up, noun_phrase


def _from(name):
    entries = load(name)
    return lambda rng: entries[int(rng.random() * len(entries))]


def _number(rng):
    number = rng.randrange(1, 100) if rng.random() < 0.7 else rng.randrange(100, 9999)
    return number_words(number) if number < 20 and rng.random() < 0.4 else str(number)


PARTS = {
    "noun": noun_phrase,
    "noun2": _from("nouns"),
    "adj": _from("adjectives"),
    "verb": _from("verbs"),
    "job": _from("jobs"),
    "hobby": _from("hobbies"),
    "food": _from("foods"),
    "topic": _from("topics"),
    "genre": _from("genres"),
    "kind": _from("place_kinds"),
    "city": city,
    "city2": city,
    "name": first_name,
    "name2": first_name,
    "name3": full_name,
    "person": person,
    "made": lambda rng: made_up(rng).capitalize(),
    "number": _number,
    "year": lambda rng: rng.randrange(1950, 2035),
    "month": lambda rng: rng.choice(days.MONTHS),
    "weekday": lambda rng: rng.choice(days.WEEKDAYS),
    "song": lambda rng: song(rng),
    "artist": lambda rng: artist(rng),
}
"""The parts of the patterns of frames/titles.txt, asides and messages, drawn when they are needed."""


def _grammar(rng, section):
    return articles(finish(pick(rng, frames("titles")[section], **PARTS)))


def title(rng):
    """What a calendar event is called."""
    style = rng.random()
    if style < 0.28:
        return rng.choice(load("events"))
    if style < 0.34:
        return f"{rng.choice(load('events'))} {rng.choice(('for', 'with', 'at', 'of', 'about'))} {first_name(rng) if rng.random() < 0.5 else rng.choice(load('nouns'))}"
    if style < 0.84:
        return _grammar(rng, "event").removeprefix("the ")
    if style < 0.91:
        return task(rng)
    return any_words(rng, rng.choice((1, 2, 2, 3)))


def label(rng, own):
    """What an alarm or timer is for; `own` is 'label' or 'timer'."""
    style = rng.random()
    if style < 0.22:
        return rng.choice(load("alarm_labels" if own == "label" else "timer_labels"))
    if style < 0.74:
        return _grammar(rng, own)
    if style < 0.87:
        return task(rng)
    if style < 0.94:
        return noun_phrase(rng)
    return any_words(rng, rng.choice((1, 2, 3)))


def task(rng):
    """A verb phrase: 'call the plumber', 'paint the fence'."""
    return rng.choice(load("tasks")) if rng.random() < 0.2 else _grammar(rng, "task")


_MORE = (
    "[in|for|during|until] {month}",
    "[in|since|before] {year}",
    "[this weekend|near me|without sugar|by hand|for two people|step by step|and why|in general|at night|on a budget|"
    "for the first time|the easy way|these days|with kids|in short|and how much|or not|after all|too|at all|up close]",
    "[from|by|with|without|near] [{city}|{noun}|{artist}|a {noun}]",
)


def query(rng):
    """What to search the web for."""
    style = rng.random()
    if style < 0.2:
        return rng.choice(load("search_topics"))
    if style < 0.86:
        asked = _grammar(rng, "query")
        return f"{asked} {finish(pick(rng, _MORE, **PARTS))}" if rng.random() < 0.12 else asked
    return any_words(rng, rng.choice((1, 2, 3, 3, 4, 5)))


def song(rng):
    """The title of a song, a film or a book."""
    style = rng.random()
    if style < 0.25:
        return rng.choice(load("media")[20:40])
    words = _grammar(rng, "song") if style < 0.85 else any_words(rng, rng.choice((1, 2, 3)))
    return words.title().replace("'S", "'s").replace("'T", "'t") if rng.random() < 0.7 else words


def artist(rng):
    """A singer or a band."""
    if rng.random() < 0.35:
        return rng.choice(load("media")[40:60] + load("media")[80:140])
    return _grammar(rng, "artist").title() if rng.random() < 0.7 else _grammar(rng, "artist")


def media(rng):
    """What to play."""
    style = rng.random()
    if style < 0.25:
        return rng.choice(load("media"))
    if style < 0.92:
        return _grammar(rng, "media")
    return made_up(rng).capitalize() if rng.random() < 0.5 else any_words(rng, 2)


def document_name(rng):
    """A file name as said."""
    style = rng.random()
    if style < 0.18:
        return rng.choice(load("doc_names"))
    if style < 0.88:
        name = _grammar(rng, "document")
        return name.title().replace("'S", "'s") if rng.random() < 0.15 else name
    return any_words(rng, rng.choice((1, 2, 3)))


def subject(rng):
    """A subject line."""
    style = rng.random()
    if style < 0.18:
        return rng.choice(load("subjects"))
    if style < 0.75:
        text = _grammar(rng, "subject")
        return text[0].upper() + text[1:] if rng.random() < 0.35 else text
    if style < 0.85:
        return title(rng)
    return any_words(rng, rng.choice((1, 2, 3)))
