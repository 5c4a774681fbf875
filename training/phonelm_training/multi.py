"""Requests of one function with what is said around them, and requests for two or three calls."""

from . import asides, sentences
from .calls import Request
from .grammar import frames, pick
from .linked import linked
from .requests import MAKERS
from .requests.device import restated
from .style import VERBS
from .them import about_person

_WEIGHT = {
    "set_alarm": 3.2,
    "set_timer": 2.4,
    "insert_event": 3.4,
    "insert_contact": 1.8,
    "edit_contact": 1.6,
    "get_contact_info": 1.5,
    "dial": 1.4,
    "send_message": 3.2,
    "send_email": 2.4,
    "web_search": 2.0,
    "search_location": 1.9,
    "navigate": 2.2,
    "open_settings": 3.0,
    "play_media": 1.7,
    "create_document": 1.5,
    "open_document": 1.2,
    "pick_file": 1.3,
}
_JOINERS = (
    " and ",
    " and ",
    " and ",
    ", and ",
    " and then ",
    " and then ",
    ", then ",
    " then ",
    ". ",
    ". then ",
    ", also ",
    " and also ",
    "; ",
    ". also ",
    ", after that ",
    " plus ",
    ". and ",
    " as well as ",
    ", ",
    " and after that ",
    ", and after that ",
    ", and once that's done ",
    ". once that's done ",
    ", when you're done ",
    ". afterwards ",
    " and afterwards ",
    ". next ",
    ", next ",
    ", oh and ",
    ". oh and ",
    ", followed by ",
    ". second, ",
    " & ",
    ". besides, ",
    " while you're at it ",
    ", while you're at it ",
    ". and finally ",
)
_FIRST = (
    "first ",
    "first, ",
    "two things: ",
    "a couple of things: ",
    "ok ",
    "so ",
    "first off, ",
    "to start, ",
    "please do this: ",
)
_ASKED_TOO = ("please", "can you", "i also want you to", "could you", "i need you to", "then", "do")
_NEVER_MIND = (
    ", no, instead ",
    ", no wait, ",
    ". no, forget that, ",
    ", forget it, ",
    ", actually no, ",
    "... no, rather ",
    ". sorry, i mean ",
    ", scratch that, ",
    ". cancel that, ",
    ". never mind, ",
    " no not that, ",
    ". oh wait, better ",
    ", hmm no, ",
)


def weighted(rng, pairs):
    """One item of (item, weight) pairs."""
    total = sum(weight for _, weight in pairs)
    roll = rng.random() * total
    for item, weight in pairs:
        roll -= weight
        if roll < 0:
            return item
    return pairs[-1][0]


def single(rng, offered, ready=0.88):
    """One request for one function, mostly one that is offered."""
    roll = rng.random()
    if roll < 0.03:
        return about_person(rng)
    if roll < 0.07:
        twice = restated(rng)
        if twice.calls[0].name in offered:
            return twice
    names = offered if offered and rng.random() < ready else list(MAKERS)
    name = weighted(rng, [(name, _WEIGHT.get(name, 1.0)) for name in names])
    request = MAKERS[name](rng)
    if roll > 0.985:
        return _changed_mind(rng, request)
    if roll > 0.87 and "context" in frames(name):
        request.text = _own_reason(rng, request.text, name)
        request.open_end = True
    elif roll > 0.72:
        request.text = asides.around(rng, request.text, request.open_end)
        request.open_end = True
    return request


def _own_reason(rng, text, name):
    """The request with a sentence that goes with its function in front."""
    before = pick(rng, frames(name)["context"], **sentences.SLOTS)
    joiner = rng.choice((". ", ". ", ". ", ", ", ", so ", " so ", "; ", " - ", "... ", "! "))
    if joiner[0] in ".!" and rng.random() < 0.7:
        text = text[:1].upper() + text[1:]
    return before + joiner + text


def _changed_mind(rng, request):
    """Another wish is begun and taken back before this one."""
    other = MAKERS[rng.choice(list(MAKERS))](rng)
    return Request(other.text + rng.choice(_NEVER_MIND) + request.text, request.calls, request.open_end)


def several(rng, offered):
    """One request for two or three calls."""
    roll = rng.random()
    if roll < 0.28:
        special = linked(rng)
        if all(call.name in offered for call in special.calls):
            return special
    parts = []
    while len(parts) < (2 if roll < 0.80 else 3):
        part = single(rng, offered, 0.94)
        if part.calls[0].arguments or all(part.calls[0].name != other.calls[0].name for other in parts):
            parts.append(part)
        elif len(offered) == 1:
            return part
    calls = [call for part in parts for call in part.calls]
    if rng.random() < 0.03:
        marks = rng.choice(
            (("1. ", " 2. ", " 3. "), ("1) ", " 2) ", " 3) "), ("a) ", " b) ", " c) "), ("- ", "\n- ", "\n- "))
        )
        return Request("".join(mark + part.text for mark, part in zip(marks, parts)), calls, parts[-1].open_end)
    joiner = rng.choice(_JOINERS)
    text = rng.choice(_FIRST) if rng.random() < 0.08 else ""
    for index, part in enumerate(parts):
        if index:
            text += joiner if len(parts) == 2 or index == 2 or ". " in joiner else rng.choice((", ", joiner, " "))
        piece = part.text
        if index and rng.random() < 0.12 and piece.split(" ", 1)[0] in VERBS:
            piece = f"{rng.choice(_ASKED_TOO)} {piece}"
        text += piece
    return Request(text, calls, parts[-1].open_end)
