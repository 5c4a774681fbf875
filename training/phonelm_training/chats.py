"""Small talk that stays on one thing for three to eight turns, from data/chats.tsv.

What was told early (a name, a town, a dish) may be asked for later, and the talk knows what it is about.
"""

import re
from functools import lru_cache

from . import sentences
from .grammar import finish, pick, raw, say
from .lists import table

_PETS = ("cat", "dog", "rabbit", "hamster", "parrot", "kitten", "puppy", "turtle", "goldfish", "guinea pig")
_LOW = ("bad", "terrible", "awful", "horrible", "rotten", "stressful", "long", "rough", "miserable", "tiring")
_ABOUT = {
    "about me": "about me",
    "baby": "about the baby",
    "bored": "about being bored",
    "car": "about what broke down",
    "film": "about what you watched",
    "friend": "about your friend",
    "limits": "about what I can't do",
    "match": "about the game",
    "moving": "about moving house",
    "sick": "about how you feel",
    "sleep": "about your night",
    "weather": "about the weather",
    "quarrel": "about your quarrel",
}
_ANY = (
    (
        "[do you understand|do you know what i mean|you see|do you follow me]",
        ("I think so. Tell me more.", "yes, I'm listening."),
    ),
    (
        "[what do you think|and your opinion|what do you say to that|what would you say]",
        ("I'm a small program, so I can only listen.", "I have no opinion, but I'm listening."),
    ),
    ("[are you still there|still listening|still with me]", ("yes, I'm here and listening.", "I'm here. Go on.")),
)
_ABOUT_WHAT = "[what are we|what were we|what am i] talking about[ again|]"
_TOLD = re.compile(r"{(name|city|food|hobby|pet|low)}")


@lru_cache(maxsize=1)
def _topics():
    """The rows by topic and place in the talk."""
    topics = {}
    for topic, place, asked, answers in table("chats"):
        topics.setdefault(topic, {}).setdefault(place, []).append((asked, tuple(answers.split(" / "))))
    return topics


def chat(rng, name, offered):
    """An opening, two to six turns in no fixed order, maybe what was told is asked for, and mostly a close."""
    topic, rows = rng.choice(tuple(_topics().items()))
    pet = rng.choice(_PETS)
    shared = {key: sentences.SLOTS[key](rng) for key in ("name", "city", "food", "hobby")}
    slots = {
        **sentences.SLOTS,
        **shared,
        "pet": raw(pet),
        "pets": raw("goldfish" if pet == "goldfish" else "puppies" if pet == "puppy" else f"{pet}s"),
        "low": raw(rng.choice(_LOW)),
        "assistant": name,
    }
    chosen = [rng.choice(rows["open"])]
    chosen += rng.sample(rows["more"], min(len(rows["more"]), rng.choice((2, 3, 4, 4, 5, 6))))
    if rng.random() < 0.25:
        chosen.insert(rng.randrange(1, len(chosen)), rng.choice(_ANY))
    turns = [(pick(rng, (asked,), **slots), say(rng, answers, **slots)) for asked, answers in chosen]
    if rng.random() < 0.5:
        turns += _recalled(rng, topic, rows, slots, " ".join(finish(text) for text, _ in turns))
    if rng.random() < 0.7:
        asked, answers = rng.choice(rows["end"])
        turns.append((pick(rng, (asked,), **slots), say(rng, answers, **slots)))
    return turns


def _recalled(rng, topic, rows, slots, told):
    """A question about what was told, where it was; or what the talk is about."""
    known = lambda answers: all(finish(str(slots[key])) in told for key in _TOLD.findall(answers[0]))
    fitting = [row for row in rows.get("recall", ()) if known(row[1])]
    if fitting and rng.random() < 0.75:
        asked, answers = rng.choice(fitting)
        return [(pick(rng, (asked,), **slots), say(rng, answers, **slots))]
    about = _ABOUT.get(topic, f"about your {topic}")
    return [
        (
            pick(rng, (_ABOUT_WHAT,)),
            say(rng, ("{about}.", "{about}, I think.", "we were talking {about}."), about=about),
        )
    ]


KINDS = ((chat, 14),)
