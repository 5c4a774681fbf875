"""How a request is typed: politeness, capitals, punctuation, slips of the finger.

Marked slots stay as they are, except that a request typed in lower case throughout has lower-case slots,
and then its calls are lower case too.
"""

import re

from .grammar import CLOSE, OPEN, finish

_PRONOUN = re.compile(r"\bi\b(?=$|[ ,.!?:;]|'(?:m|ll|ve|d)\b)")
_PREFIXES = (
    "please",
    "please",
    "can you",
    "could you",
    "can you please",
    "could you please",
    "would you",
    "would you please",
    "will you",
    "hey,",
    "hi,",
    "hey",
    "hello,",
    "ok,",
    "okay",
    "so",
    "um,",
    "uh",
    "i want you to",
    "i'd like you to",
    "i need you to",
    "you should",
    "go ahead and",
    "quickly",
    "just",
    "do me a favor and",
    "do me a favour and",
    "be so kind and",
    "kindly",
    "help me,",
    "phone,",
    "assistant,",
    "now",
    "next,",
    "oh, and",
    "right,",
    "alright,",
    "well,",
    "be a dear and",
    "listen,",
    "quick,",
    "for me,",
    "if you can,",
    "when you have a moment,",
    "i was wondering if you could",
    "hey phone,",
    "computer,",
    "good morning,",
    "good evening,",
    "actually",
    "first",
    "let's see,",
)
_SUFFIXES = (
    "please",
    "please",
    "thanks",
    "thank you",
    "for me",
    "now",
    "right now",
    "asap",
    "if you can",
    "would you",
    "cheers",
    "ok?",
    "okay?",
    "real quick",
    "for me please",
    "will you",
    "if possible",
    "thx",
    "pls",
    "right away",
    "quickly",
    "when you can",
    "thank you so much",
    "that would be great",
)
_SPACES = re.compile(r" {2,}")
_ARTICLE = re.compile(rf"\b(an?)( [{OPEN}{CLOSE}]*)([a-z])")
_VERBS = frozenset(
    "set create make add put start run open show list display view text message send tell write call ring phone dial give get find search google look play navigate take record film snap choose pick change select attach upload import save store schedule plan book wake remind email mail update edit turn switch check read bring pull go mark note begin launch count time let locate mute pair connect".split()
)


def capital_i(text):
    """The pronoun in capitals, outside of marked slots too where it stands alone."""
    return _PRONOUN.sub("I", text)


def sentence(text):
    """First letter and pronoun in capitals."""
    at = next((i for i, char in enumerate(text) if char not in (OPEN, CLOSE)), 0)
    return capital_i(text[:at] + text[at : at + 1].upper() + text[at + 1 :])


def polite(rng, text, open_end):
    """Words in front of or behind a request, where they fit."""
    first = finish(text).split(" ", 1)[0]
    if first in _VERBS and rng.random() < 0.3:
        text = f"{rng.choice(_PREFIXES)} {text}"
    elif rng.random() < 0.04:
        text = f"{rng.choice(('hey', 'hi', 'ok', 'so', 'um', 'hello', 'hey there', 'well', 'oh'))}, {text}"
    if not open_end and rng.random() < 0.12:
        joiner = rng.choice((" ", ", ", " "))
        text = f"{text}{joiner}{rng.choice(_SUFFIXES)}"
    return text


def slip(rng, text):
    """One slip of the finger in one plain word of four letters or more."""
    spots = [m for m in re.finditer(r"[a-z]{4,}", text) if _outside(text, m.start())]
    if not spots:
        return text
    match = rng.choice(spots)
    word, at = match.group(), rng.randrange(1, len(match.group()) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == 1:
        word = word[:at] + word[at + 1 :]
    elif kind == 2:
        word = word[:at] + word[at] + word[at:]
    else:
        word = word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]
    return text[: match.start()] + word + text[match.end() :]


def _outside(text, at):
    return text.count(OPEN, 0, at) == text.count(CLOSE, 0, at)


_QUESTION = re.compile(r"^(what|where|when|who|which|how|can|could|would|will|is|are|do|does|did|may|any|whose|why)\b")


def typed(rng, text, calls, open_end):
    """The request as typed, without marks; lower-cases the calls' strings where it does so to the text."""
    roll = rng.random()
    text = _ARTICLE.sub(lambda m: ("an" if m[3] in "aeiou" else "a") + m[2] + m[3], _SPACES.sub(" ", text))
    text = text.replace(" ,", ",").replace(" .", ".").replace(f" {OPEN}{CLOSE},", ",")
    if rng.random() < 0.05:
        text = slip(rng, text)
    if roll < 0.62:
        text = sentence(text)
        for call in calls:
            _each_string(call, capital_i)
        plain = finish(text)
        if rng.random() < 0.75 and plain[-1:].isalnum():
            question = _QUESTION.match(plain.lower())
            plain += ("?" if rng.random() < 0.85 else ".") if question else rng.choice((".", ".", ".", ".", "!"))
        return plain
    plain = finish(text)
    if roll < 0.92:
        for call in calls:
            _each_string(call, str.lower)
        return plain.lower()
    if roll < 0.97:
        return plain + ("?" if _QUESTION.match(plain) else "")
    if roll < 0.985:
        for call in calls:
            _each_string(call, str.upper)
        return plain.upper()
    return plain + rng.choice(("!!", "...", " :)", " 🙂", "?", "!"))


_COPIED = (
    "title",
    "label",
    "body",
    "to",
    "name",
    "query",
    "destination",
    "subject",
    "location",
    "guests",
    "cc",
    "bcc",
    "company",
    "email",
)


def _each_string(call, change):
    """Applies `change` to the arguments that are copied from the request."""
    for key, value in call.arguments.items():
        if key in _COPIED:
            call.arguments[key] = [change(item) for item in value] if isinstance(value, list) else change(value)
