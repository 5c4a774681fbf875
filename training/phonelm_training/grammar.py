"""Random sentences from small patterns.

    expand(rng, "[please|could you] wake me at {time}", time="7")

`[a|b|]` chooses one alternative and may be nested; `{slot}` is filled from the keywords. A filled slot is
enclosed in OPEN and CLOSE until `finish` removes them, so that noise never touches what must be copied.
"""

import re
from functools import lru_cache

OPEN, CLOSE = "\x01", "\x02"


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
        if char in "[{|]":
            if plain:
                branch.append(plain)
                plain = ""
        if char == "[":
            choice, at = _alternatives(text, at + 1)
            branch.append(choice)
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
            out.append(mark(slots[node[1]]))
        else:
            options = node[1]
            _walk(rng, options[int(rng.random() * len(options))], slots, out)


_PRONOUN = re.compile(r"(?<= )i(?= |'(?:m|ll|ve|d) )|^i(?= |')")
_SLOT = re.compile(f"({OPEN}[^{CLOSE}]*{CLOSE})")
_BEGIN = re.compile(r"([.?!] )([a-z])")
_SPACES = re.compile(r" {2,}")


def expand(rng, pattern, **slots):
    """One random sentence of `pattern`, its slots still marked."""
    out = []
    _walk(rng, _parse(pattern), slots, out)
    return _SPACES.sub(" ", "".join(out)).strip()


def mark(text):
    """The text as a slot: noise leaves it alone, and it is what a call copies."""
    return f"{OPEN}{text}{CLOSE}"


def raw(text):
    """Undoes the marks that a slot would put around `text`: for a piece of sentence, itself marked inside."""
    return f"{CLOSE}{text}{OPEN}"


def pick(rng, patterns, **slots):
    """`expand` of one pattern out of a sequence."""
    return expand(rng, patterns[int(rng.random() * len(patterns))], **slots)


def finish(text):
    """The text without slot marks."""
    return text.replace(OPEN, "").replace(CLOSE, "")


def say(rng, patterns, **slots):
    """A finished sentence of the assistant: marks removed, capital letters where sentences begin."""
    parts = _SLOT.split(pick(rng, patterns, **slots))
    parts[::2] = [_BEGIN.sub(lambda found: found[1] + found[2].upper(), _PRONOUN.sub("I", part)) for part in parts[::2]]
    text = finish("".join(parts))
    return text[:1].upper() + text[1:]
