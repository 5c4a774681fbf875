"""Small talk that leans on what was said before in the chat: names, favourites, where things are."""

from . import spans, talk
from .grammar import finish, pick, say
from .lists import load

_LIKES = ("food", "color", "animal", "sport", "city", "number", "song")
_BETWEEN = (talk.greeting, talk.mood, talk.joke, talk.manners, talk.cannot, talk.unknown_fact)


def memory(rng, name, offered):
    """Things the user says about themselves and asks for later."""
    told = []
    asked = []
    if rng.random() < 0.7:
        user = spans.first_name(rng)
        told.append(
            (
                pick(
                    rng,
                    (
                        "my name is {user}",
                        "i'm {user}",
                        "i am {user}",
                        "call me {user}",
                        "[hi|hello|hey], i'm {user}",
                        "[hi|hello], my name is {user}",
                        "people call me {user}",
                        "[and |by the way |oh, ]i'm {user}",
                        "[the name is|the name's|my friends call me|i go by] {user}",
                    ),
                    user=user,
                ),
                say(rng, ("nice to meet you, {user}.", "hello, {user}!", "hi {user}, how can I help?"), user=user),
            )
        )
        asked.append(
            (
                pick(
                    rng,
                    (
                        "[what's|what is] my name",
                        "who am i",
                        "do you [still |][know|remember] my name",
                        "[and |so |][tell me|say] my name",
                        "[and |so |]what's my name[ again|]",
                        "what did i say my name is",
                        "what am i called",
                    ),
                ),
                say(rng, ("your name is {user}.", "you are {user}.", "you told me that you are {user}."), user=user),
            )
        )
    if not told or rng.random() < 0.6:
        kind = rng.choice(_LIKES)
        value = {
            "food": rng.choice(("pizza", "rice", "soup", "sushi", "bread", "curry", "cake")),
            "color": rng.choice(("red", "blue", "green", "yellow", "black", "purple")),
            "animal": rng.choice(("cat", "dog", "horse", "owl", "tiger", "duck")),
            "sport": rng.choice(("tennis", "football", "chess", "swimming", "judo")),
            "city": rng.choice(load("places")[:40]),
            "number": str(rng.randrange(1, 100)),
            "song": spans.any_words(rng, 2),
        }[kind]
        if rng.random() < 0.3:
            value = rng.choice(load("nouns"))
        told.append(
            (
                pick(
                    rng,
                    (
                        "my favorite {kind} is {value}",
                        "my favourite {kind} is {value}",
                        "the {kind} i like best is {value}",
                    ),
                    kind=kind,
                    value=value,
                ),
                say(rng, ("good choice!", "I'll remember that in this chat.", "nice, {value}."), value=value),
            )
        )
        asked.append(
            (
                pick(
                    rng,
                    (
                        "[what's|what is] my favorite {kind}",
                        "which {kind} do i like best",
                        "do you remember my favorite {kind}",
                        "what is my favourite {kind}",
                    ),
                    kind=kind,
                ),
                say(rng, ("your favorite {kind} is {value}.", "{value}.", "you said {value}."), kind=kind, value=value),
            )
        )
    if rng.random() < 0.3:
        thing, place = rng.choice(load("nouns")), rng.choice(load("nouns"))
        told.append(
            (
                pick(
                    rng,
                    (
                        "i put my {thing} [in|on|under] the {place}",
                        "remember that my {thing} is [in|on|under] the {place}",
                        "my {thing} is in the {place}",
                        "[i left|i hid|i keep|i've put|i stored|we put] my {thing} [in|on|under|behind|next to] the {place}",
                    ),
                    thing=thing,
                    place=place,
                ),
                say(rng, ("okay, I'll remember that here.", "got it.", "noted for this chat.")),
            )
        )
        where = finish(told[-1][0]).split(f" {thing} ", 1)[1].removeprefix("is ")
        asked.append(
            (
                pick(rng, ("where is my {thing}", "where did i [put|leave] my {thing}"), thing=thing),
                say(rng, ("your {thing} is {where}.", "you said: {where}."), thing=thing, where=where),
            )
        )
    rng.shuffle(asked)
    between = []
    while rng.random() < 0.45 and len(between) < 6:
        between += rng.choice(_BETWEEN)(rng, name, offered)
    return told + between + asked


def unknown_self(rng, name, offered):
    """Questions about the user that nothing has answered."""
    return [
        (
            pick(
                rng,
                (
                    "[what's|what is] my name",
                    "who am i",
                    "do you know my name",
                    "what's my favorite [color|food|song]",
                    "how old am i",
                    "when is my birthday",
                    "where do i [live|work]",
                    "what did i [say|ask] before",
                ),
            ),
            say(rng, ("you haven't told me yet.", "I don't know that: you haven't told me.")),
        )
    ]


KINDS = ((memory, 10), (unknown_self, 2))
