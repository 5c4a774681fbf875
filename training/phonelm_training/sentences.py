"""Messages that people send: short first-person sentences, questions, greetings."""

import re

from . import clock, days, lengths, spans
from .grammar import articles, finish, frames, pick

SLOTS = {
    **spans.PARTS,
    "time": lambda rng: clock.time_of_day(rng)[0],
    "day": lambda rng: days.day(rng)[1],
    "length": lambda rng: lengths.duration(rng)[0],
    "other": spans.PARTS["noun2"],
    "food2": spans.PARTS["food"],
    "place": spans.spot,
    "task": spans.task,
    "title": spans.title,
    "count": lambda rng: rng.choice((5, 10, 15, 20, 30, rng.randrange(2, 60))),
    "phone": spans.phone,
    "company": spans.company,
    "email": spans.email,
    "address": spans.address,
    "code": lambda rng: rng.randrange(100, 99999),
}
"""What stands in messages and in what is said around a request."""

_ASKS = re.compile(r"^(what|where|when|who|which|how|why|can|could|would|will|is|are|do|does|did|shall|want|may)\b")
_EMOJI = (" 😀", " 🙏", " ❤️", " :)", " 😂", " xx", " x", " 👍", " haha", " lol", " 🎉", " ;)")


def message(rng):
    """One message body, lower case unless a name stands in it; 1 to about 25 words."""
    style = rng.random()
    if style < 0.1:
        return spans.any_words(rng, rng.choice((1, 2, 3, 4, 5, 6, 8)))
    text = _sentence(rng)
    if style > 0.88:
        text += rng.choice((", ", " and ", ". ", ", but ", " so ", ", ", "; ", " because ")) + _sentence(rng)
    if style > 0.975:
        text += rng.choice((", ", ". ", " and ")) + _sentence(rng)
    return text


def written(rng):
    """A message as one writes it: a capital letter in front, its own punctuation, now and then a smiley."""
    text = message(rng)
    if rng.random() < 0.85:
        text = text[0].upper() + text[1:]
        text = re.sub(r"([.!?] )([a-z])", lambda found: found[1] + found[2].upper(), text)
        text = re.sub(r"\bi(?=$|[ ,.!?]|'[a-z])", "I", text)
    if text[-1].isalnum():
        if _ASKS.match(text.lower()):
            text += rng.choice(("?", "?", "?", ""))
        else:
            text += rng.choice(("", "", ".", "!", "!", "..."))
    return text + (rng.choice(_EMOJI) if rng.random() < 0.08 else "")


def indirect(rng, kind):
    """A question or an order as reported: 'if she needs milk', 'bring the keys'."""
    return " ".join(articles(finish(pick(rng, frames("send_message")[kind], **SLOTS))).split())


def _sentence(rng):
    text = articles(finish(pick(rng, frames("messages")["plain"], **SLOTS)))
    return " ".join(text.split())
