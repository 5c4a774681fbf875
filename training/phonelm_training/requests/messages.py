"""Requests for calls, text messages and e-mail."""

from .. import sentences, spans
from ..calls import Call, Request
from ..corrections import changed
from ..grammar import frames, mark, pick, raw, say, tail

_DIALLED = ("calling {to}.", "the dialler is open with {to}.", "ready to call {to}.", "dialling {to}.")
_TEXTED = (
    "your message to {to} is ready.",
    "message to {to}: {body}.",
    "i wrote to {to}.",
    "the text to {to} is ready to send.",
)
_MAILED = ("the e-mail to {to} is ready.", "your mail to {to} is drafted.", "i prepared an e-mail to {to}.")


def dial(rng):
    """A telephone call."""
    to = spans.phone(rng) if rng.random() < 0.33 else spans.person(rng)
    said = changed(rng, to, spans.phone if to[0].isdigit() else spans.person, 0.02)
    text = pick(rng, frames("dial")["plain"], to=said, other=spans.first_name)
    return Request(text, [Call("dial", {"to": to}, lambda rng, _: say(rng, _DIALLED, to=to))])


def texted(to, body):
    """The call that writes a text."""
    return Call("send_message", {"to": to, "body": body}, lambda rng, _: say(rng, _TEXTED, to=to, body=body))


def send_message(rng):
    """A text message."""
    to = spans.phone(rng) if rng.random() < 0.14 else spans.person(rng)
    style = rng.random()
    if style > 0.93:
        kind = rng.choice(("clause", "clause", "order"))
        body = sentences.indirect(rng, kind)
        asked = [frame for frame in frames("send_message")["ask"] if f"{{{kind}}}" in frame]
        return Request(pick(rng, asked, to=to, **{kind: body}), [texted(to, body)], True)
    body = sentences.written(rng) if style < 0.4 else sentences.message(rng)
    section = "quoted" if style < 0.16 else "plain"
    text = pick(rng, frames("send_message")[section], to=changed(rng, to, spans.first_name, 0.015), body=body)
    return Request(text, [texted(to, body)], True)


def _address(rng):
    return spans.email(rng) if rng.random() < 0.4 else spans.person(rng)


def _listed(rng, people):
    """Several people as said: 'a, b and c'."""
    said = [mark(spans.spoken_email(who)) if "@" in who and rng.random() < 0.04 else mark(who) for who in people]
    if len(said) == 1:
        return raw(said[0])
    joiner = rng.choice((" and ", " and ", " and ", ", ", " & ", " as well as ", " plus "))
    return raw(", ".join(said[:-1]) + joiner + said[-1])


def send_email(rng):
    """An e-mail: to, maybe subject, body and copies."""
    known = frames("send_email")
    if rng.random() < 0.06:
        who, subject = _address(rng), spans.subject(rng)
        call = Call("send_email", {"to": [who], "subject": subject}, lambda rng, _: say(rng, _MAILED, to=who))
        return Request(pick(rng, known["subject_first"], to=who, subject=subject), [call], True)
    to = [_address(rng) for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3)))]
    text = pick(rng, known["lead"], to=_listed(rng, to))
    arguments = {"to": to}
    copies, copy_text = _copies(rng) if rng.random() < 0.22 else ({}, "")
    early = rng.random() < 0.6
    style = rng.random()
    if early:
        text += copy_text
    parts = []
    if style < 0.42 or style > 0.72:
        arguments["subject"] = spans.subject(rng)
        parts.append(("subject", tail(rng, known["subject"], subject=arguments["subject"])))
    if style > 0.55:
        arguments["body"] = sentences.written(rng) if rng.random() < 0.35 else sentences.message(rng)
        section = "body_last" if "subject" in arguments else "body"
        parts.append(("body", tail(rng, known[section], body=arguments["body"])))
    text += "".join(said for _, said in parts)
    if not early and "body" not in arguments:
        text += copy_text
    if early or "body" not in arguments:
        arguments.update(copies)
    names = " and ".join(to)
    return Request(text, [Call("send_email", arguments, lambda rng, _: say(rng, _MAILED, to=names))], True)


def _copies(rng):
    """({'cc' or 'bcc': people}, the words that say so)."""
    key = rng.choice(("cc", "cc", "bcc"))
    people = [_address(rng) for _ in range(rng.choice((1, 1, 1, 2)))]
    found, text = {key: people}, tail(rng, frames("send_email")[key], copy=_listed(rng, people))
    if rng.random() < 0.1:
        other = "bcc" if key == "cc" else "cc"
        found[other] = [_address(rng)]
        text += tail(rng, frames("send_email")[other], copy=_listed(rng, found[other]))
    return {key: found[key] for key in ("cc", "bcc") if key in found}, text


FUNCTIONS = {"dial": dial, "send_message": send_message, "send_email": send_email}
