"""Random sentences from small patterns.

    expand(rng, "[please|could you] wake me at {time}", time="7")

`[a|b|]` chooses one alternative and may be nested; `<rule>` stands for the alternatives of that name in
data/frames/rules.txt; `{slot}` is filled from the keywords, by calling the value with `rng` where it is a
function. A filled slot is enclosed in OPEN and CLOSE until `finish` removes them, so that noise never touches
what must be copied.
"""

import re
from bisect import bisect_right
from functools import lru_cache

from .lists import lines

OPEN, CLOSE = "\x01", "\x02"


class Frames(tuple):
    """Patterns of which one with many forms is drawn more often than one with few."""

    def __new__(cls, patterns):
        made = super().__new__(cls, patterns)
        total, made.weights = 0.0, []
        for pattern in made:
            total += min(forms(pattern) ** 0.3, 8.0)
            made.weights.append(total)
        return made

    def draw(self, rng):
        """One pattern."""
        return self[min(bisect_right(self.weights, rng.random() * self.weights[-1]), len(self) - 1)]


@lru_cache(maxsize=None)
def frames(name):
    """The sections of data/frames/NAME.txt; `== title` begins one."""
    sections, current = {}, []
    for line in lines(f"frames/{name}"):
        if line.startswith("== "):
            current = sections.setdefault(line[3:], [])
        else:
            current.append(line)
    return {title: Frames(patterns) for title, patterns in sections.items()}


@lru_cache(maxsize=None)
def _rule(name):
    for line in lines("frames/rules"):
        title, _, body = line.partition(": ")
        if title == name:
            return _alternatives(f"{body}]", 0)[0]
    raise ValueError(f"no rule {name!r}")


def forms(pattern):
    """How many sentences a pattern has before its slots are filled."""
    return _forms(_parse(pattern))


def _forms(branch):
    count = 1
    for node in branch:
        if not isinstance(node, str) and node[0] == "choice":
            count *= sum(_forms(option) for option in node[1])
    return count


@lru_cache(maxsize=None)
def _parse(pattern):
    tree, end = _alternatives(pattern, 0, top=True)
    if end != len(pattern):
        raise ValueError(f"unbalanced bracket in {pattern!r}")
    return tree


def _alternatives(text, at, top=False):
    """One tuple of branches; a branch is a tuple of strings, ('slot',) pairs and nested choices."""
    branches, branch, plain = [], [], ""
    while at < len(text):
        char = text[at]
        if char in "[{<|]":
            if plain:
                branch.append(plain)
                plain = ""
        if char == "[":
            choice, at = _alternatives(text, at + 1)
            branch.append(choice)
        elif char == "<":
            close = text.index(">", at)
            branch.append(_rule(text[at + 1 : close]))
            at = close
        elif char == "{":
            close = text.index("}", at)
            branch.append(("slot", text[at + 1 : close]))
            at = close
        elif char == "|" and not top:
            branches.append(tuple(branch))
            branch = []
        elif char == "]" and not top:
            branches.append(tuple(branch))
            return ("choice", tuple(branches)), at
        else:
            plain += char
        at += 1
    if not top:
        raise ValueError(f"bracket left open in {text!r}")
    if plain:
        branch.append(plain)
    return tuple(branch), at


def _walk(rng, branch, slots, out):
    for node in branch:
        if isinstance(node, str):
            out.append(node)
        elif node[0] == "slot":
            value = slots[node[1]]
            if callable(value):
                value = slots[node[1]] = value(rng)
            out.append(f"{OPEN}{value}{CLOSE}")
        else:
            options = node[1]
            _walk(rng, options[int(rng.random() * len(options))], slots, out)


_PRONOUN = re.compile(r"(?<= )i(?= |'(?:m|ll|ve|d) )|^i(?= |')")
_SLOT = re.compile(f"({OPEN}[^{CLOSE}]*{CLOSE})")
_BEGIN = re.compile(r"([.?!] )([a-z])")
_SPACES = re.compile(r" {2,}")
_ARTICLE = re.compile(rf"\b([aA]n?)( [{OPEN}{CLOSE}]*)([a-zA-Z])(\w*)")
_LIKE_YOU = ("ni", "se", "su", "ti")


def expand(rng, pattern, **slots):
    """One random sentence of `pattern`, its slots still marked."""
    return _filled(rng, pattern, slots).strip()


def _filled(rng, pattern, slots):
    out = []
    _walk(rng, _parse(pattern), slots, out)
    return _SPACES.sub(" ", "".join(out))


def articles(text):
    """'a' before a consonant and 'an' before a vowel, outside of filled slots."""
    return _ARTICLE.sub(_article, text)


def _article(found):
    start = found.start()
    if found.string.count(OPEN, 0, start) != found.string.count(CLOSE, 0, start):
        return found[0]
    first, rest = found[3].lower(), found[4].lower()
    if first == "h" and rest.startswith(("our", "onest", "eir")):
        article = "an"
    elif first + rest in ("one", "once") or (first == "u" and rest.startswith(_LIKE_YOU)) or first + rest[:1] == "eu":
        article = "a"
    else:
        article = "an" if first in "aeiou" else "a"
    return found[1][0] + article[1:] + found[2] + found[3] + found[4]


def mark(text):
    """The text as a slot: noise leaves it alone, and it is what a call copies."""
    return f"{OPEN}{text}{CLOSE}"


def raw(text):
    """Undoes the marks that a slot would put around `text`: for a piece of sentence, itself marked inside."""
    return f"{CLOSE}{text}{OPEN}"


def _draw(rng, patterns):
    return patterns.draw(rng) if isinstance(patterns, Frames) else patterns[int(rng.random() * len(patterns))]


def pick(rng, patterns, **slots):
    """`expand` of one pattern out of a sequence."""
    return expand(rng, _draw(rng, patterns), **slots)


def tail(rng, patterns, **slots):
    """`pick` that keeps the space in front, for words that continue a sentence."""
    return _filled(rng, _draw(rng, patterns), slots).rstrip()


def finish(text):
    """The text without slot marks."""
    return text.replace(OPEN, "").replace(CLOSE, "")


def say(rng, patterns, **slots):
    """A finished sentence of the assistant: marks removed, capital letters where sentences begin."""
    parts = _SLOT.split(pick(rng, patterns, **slots))
    parts[::2] = [_BEGIN.sub(lambda found: found[1] + found[2].upper(), _PRONOUN.sub("I", part)) for part in parts[::2]]
    text = finish("".join(parts))
    return text[:1].upper() + text[1:]
