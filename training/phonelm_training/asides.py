"""What people say around a request: where they are, why they ask, and what needs no answer by a function."""

from . import sentences, spans
from .grammar import frames, pick, say, tail

_HEARD = (
    "I see. Tell me if I can help.",
    "okay. Is there something I can do?",
    "I understand. Let me know if you need anything.",
    "thanks for telling me. What can I do for you?",
    "got it. Do you need something?",
    "oh, I see. Shall I do something?",
)
_GO_ON = (
    "please go on, I did not get all of it.",
    "please say the rest too.",
    "I think something is missing. What would you like?",
    "sorry, I missed the end. What do you need?",
    "what would you like me to do?",
)


def around(rng, text, open_end):
    """The request with a sentence in front of it, or a reason behind it; what happened before asks for nothing."""
    if open_end or rng.random() < 0.7:
        joiner = rng.choice((". ", ". ", ". ", ", ", ", so ", "! ", "... ", "; ", " so ", ", anyway, "))
        known = frames("nearby")["past"] if rng.random() < 0.2 else frames("asides")["before"]
        before = pick(rng, known, **sentences.SLOTS)
        if joiner[0] in ".!" and rng.random() < 0.7:
            return before + joiner + text[:1].upper() + text[1:]
        return before + joiner + text
    return text + tail(rng, frames("asides")["after"], **sentences.SLOTS)


_LEANS = (
    "what do you mean? Please tell me a little more.",
    "I don't know what that refers to. What would you like me to do?",
    "sorry, which one do you mean? Please say what you need.",
    "please tell me a little more: what shall I do?",
)
_TELLING = frozenset("i'm i'll i we we're the my it's there you he she they no sorry congratulations good it".split())


def statement(rng, name, offered):
    """Something that asks for nothing."""
    if rng.random() < 0.25:
        text = sentences.message(rng)
        if text.split()[0] in _TELLING:
            return [(text, say(rng, _HEARD))]
    text = pick(rng, frames("asides")["before"], **sentences.SLOTS)
    if rng.random() < 0.3:
        text += rng.choice((". ", ", ", " and ")) + pick(rng, frames("asides")["before"], **sentences.SLOTS)
    return [(text, say(rng, _HEARD))]


def unfinished(rng, name, offered):
    """A request that breaks off before it says what it wants."""
    return [
        (
            pick(
                rng,
                (
                    "[um|uh|so|well|hey|erm|hm|ok|wait|no|sorry|please|actually|hold on|one moment|let me think][,|...| ] [can|could|would|will] you [|please|just|quickly|go and]",
                    "[i want|i need|i'd like|i wanted|i was going|i meant|i think] [|you] to[...|]",
                    "[i mean|what i wanted|what i mean is|the thing is|i was going to say|how do i put it|let me see|where was i]",
                    "[can|could|would] you [|please|just|kindly][...|]",
                    "[um|uh|hmm|erm|well|so|and|but|oh|ah|er]",
                    "[please|ok|so|and then|after that|next|now|first] [the|my|a|that|this]",
                    "[the|my|that|this] {noun}",
                    "[no|yes|well|oh] [the|that|this] {noun}",
                    "[do|is|are|was] [it|that|you|the]",
                    "[and|and then|then|also|plus] [one|another|the other one|a second one|the same] [to|with|at|about|from]",
                    "[let me|could we|help me|i'd like you to] [um|uh|...|]",
                    "[it's about|something with|what about|how about] [the|my|a] {noun}",
                    "[not that|no, the other one|forget that|never mind that|hold on|stop|wait|wait a second|one second|oops|sorry, wrong app|that's not it]",
                ),
                **sentences.SLOTS,
            ),
            say(rng, _GO_ON),
        )
    ]


def may_it(rng, name, offered):
    """Whether the assistant is able to do something, asked in general."""
    from .requests.none import ABILITIES

    chosen = rng.choice(list(offered)) if offered and rng.random() < 0.7 else rng.choice(list(ABILITIES))
    able = ABILITIES[chosen]
    asked = pick(
        rng,
        (
            "are you able to {able}",
            "do you know how to {able}",
            "can you {able} [at all|in general|too|as well|if i ask|if i want|in this app]",
            "is it possible to {able} [here|with you|in this app|]",
            "what about {able2}, can you do that",
            "can i use you to {able}",
            "could you {able} if i needed it",
            "is {able2} something you do",
            "do you support {able2}",
            "i wonder if you can {able}",
            "would you be able to {able}",
            "i heard you can {able}, is that true",
        ),
        able=able,
        able2=_gerund(able),
    )
    if chosen in offered:
        return [
            (
                asked,
                say(
                    rng,
                    (
                        "yes, I can {able}. Just ask.",
                        "yes, I can {able}.",
                        "sure, I can {able}. Tell me when you need it.",
                    ),
                    able=able,
                ),
            )
        ]
    return [(asked, say(rng, ("no, I can't {able} here.", "sorry, I can't {able} here."), able=able))]


def _gerund(phrase):
    verb, _, rest = phrase.partition(" ")
    stem = verb[:-1] if verb.endswith("e") else verb + verb[-1] if verb in ("set",) else verb
    return f"{stem}ing {rest}"


def person_first(rng):
    """(request text, name, function, arguments) where a first sentence names the person and the request says 'her'."""
    name = spans.bare_person(rng)
    them, their = rng.choice((("her", "her"), ("him", "his"), ("them", "their")))
    before = pick(
        rng,
        (
            "{name} [called|is waiting|has a question|wanted the {noun}|is in town|is sick|wrote to me|sent me a {noun}|has my {noun}|won a {noun}|is at home now|needs help|left a note|is late|moved house|should know|is on holiday|was here]",
            "i [met|saw|miss|talked to|forgot about|promised|owe|like|know|have news for|must thank|dreamed of] {name}",
            "it's about {name}",
            "i have a {noun} for {name}",
            "i'm [worried about|thinking of|late for|waiting for|proud of] {name}",
            "my {noun} is with {name}",
            "do you remember {name}",
        ),
        name=name,
        noun=spans.noun_phrase(rng),
    )
    joiner = rng.choice((". ", ". ", ", ", ", so ", "; ", "! ", " so "))
    return before + joiner, name, them, their


_NEARBY = {
    "past": (
        "I see. Tell me if I can help.",
        "good to know. What can I do for you?",
        "thanks for telling me.",
        "okay.",
    ),
    "habit": _HEARD,
    "unwanted": ("okay, I won't.", "all right, I leave it.", "okay, no problem.", "fine, nothing happens."),
    "opinion": ("I'm a small model, so I have no opinion on that.", "I can't say. What do you think?"),
}


def nearby(rng, name, offered):
    """Words that come near a function and ask for nothing: what was, what is not wanted, what one thinks of it."""
    section = rng.choice(("past", "past", "habit", "habit", "unwanted", "unwanted", "opinion"))
    return [(pick(rng, frames("nearby")[section], **sentences.SLOTS), say(rng, _NEARBY[section]))]


def no_context(rng):
    """Words that lean on something, said before anything was: 'the same again', 'and tomorrow?'."""
    return [(pick(rng, frames("nearby")["no_context"], **sentences.SLOTS), say(rng, _LEANS))]


KINDS = ((statement, 12), (unfinished, 6), (may_it, 6), (nearby, 12))
