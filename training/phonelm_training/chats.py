"""Small talk that stays on one thing for three to eight turns, from data/chats.tsv."""

from functools import lru_cache

from . import sentences
from .grammar import pick, raw, say
from .lists import table

_PETS = ("cat", "dog", "rabbit", "hamster", "parrot", "kitten", "puppy", "turtle", "goldfish", "guinea pig")
_LOW = ("bad", "terrible", "awful", "horrible", "rotten", "stressful", "long", "rough", "miserable", "tiring")


@lru_cache(maxsize=1)
def _topics():
    """The rows by topic and place in the talk."""
    topics = {}
    for topic, place, asked, answers in table("chats"):
        topics.setdefault(topic, {}).setdefault(place, []).append((asked, tuple(answers.split(" / "))))
    return tuple(topics.values())


def chat(rng, name, offered):
    """An opening, two to six turns in no fixed order, and mostly a close."""
    rows = rng.choice(_topics())
    pet = rng.choice(_PETS)
    shared = {
        "name": sentences.SLOTS["name"](rng),
        "city": sentences.SLOTS["city"](rng),
        "food": sentences.SLOTS["food"](rng),
    }
    slots = {
        **sentences.SLOTS,
        **shared,
        "hobby": sentences.SLOTS["hobby"](rng),
        "pet": raw(pet),
        "pets": raw("goldfish" if pet == "goldfish" else "puppies" if pet == "puppy" else f"{pet}s"),
        "low": raw(rng.choice(_LOW)),
        "assistant": name,
    }
    more = rng.sample(rows["more"], min(len(rows["more"]), rng.choice((2, 3, 4, 4, 5, 6))))
    chosen = rows["open"] + more + (rows["end"] if rng.random() < 0.7 else [])
    return [(pick(rng, (asked,), **slots), say(rng, answers, **slots)) for asked, answers in chosen]


KINDS = ((chat, 6),)
