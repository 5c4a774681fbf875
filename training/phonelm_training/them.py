"""Requests about a person named before: 'call her', 'text him', 'open their card'."""

from . import asides, sentences, spans
from .calls import Call, Request
from .grammar import pick, raw
from .requests.messages import texted
from .requests.people import contact_info


def words(text):
    """A `done` that says one thing."""
    return lambda rng, _: text


def about_person(rng):
    """A person is named first; the request that follows says 'her', 'him' or 'them'."""
    before, name, them, their = asides.person_first(rng)
    return about_them(rng, before, name, them, their)


CALL_THEM = (
    "[call|ring|phone|dial|please call|now call|quickly ring] {them}",
    "give {them} a [call|ring|buzz|bell]",
    "[i want|i need|i'd like] to [call|ring|speak to|talk to] {them}",
    "<can> [call|ring|phone] {them}",
    "[get|put] {them} on the [phone|line]",
    "[i'd better|i should|let me] [call|ring|phone] {them}",
    "put me through to {them}",
)
TEXT_THEM = (
    "[text|tell|message|write] {them} [that |]{body}",
    "[send|drop|shoot] {them} a [message|text|line] [saying|:|that] {body}",
    "let {them} know [that |]{body}",
    "<can> [text|tell|message] {them} [that |]{body}",
    '[text|message|tell] {them} "{body}"',
    "[i want|i'd like] {them} to know [that |]{body}, [text them|send a text]",
)
MAIL_THEM = (
    "[email|mail|write an email to|send an email to|e-mail] {them} [about|with the subject|, subject|, the subject is|regarding] {subject}",
    "[send|write|draft] {them} an [email|e-mail] [about|with the subject|titled|headed] {subject}",
)
_SHOW_THEM = (
    "[show me|open|pull up|bring up|display|get me] {their} [contact|card|details|entry|contact card]",
    "[let me see|i want to see|can i see] {their} [contact|card|entry]",
)
_READ_THEM = (
    "[what's|what is|tell me|read me|get me|look up|i need] {their} {asked}",
    "<can> [tell me|look up|read me] {their} {asked}",
    "[do you have|do i have] {their} {asked}",
)
ASKED = {
    "phone": ("number", "phone number"),
    "email": ("email", "e-mail address"),
    "address": ("address", "home address"),
    "birthday": ("birthday", "date of birth"),
}


def about_them(rng, before, name, them, their):
    """A request about a person named in `before`: call, text, mail, card or one detail."""
    roll = rng.random()
    said = {"them": raw(them), "their": raw(their)}
    if roll < 0.27:
        return Request(before + pick(rng, CALL_THEM, **said), [Call("dial", {"to": name}, words(f"Calling {name}."))])
    if roll < 0.58:
        body = sentences.message(rng)
        return Request(before + pick(rng, TEXT_THEM, body=body, **said), [texted(name, body)], True)
    if roll < 0.75:
        subject = spans.subject(rng)
        call = Call("send_email", {"to": [name], "subject": subject}, words(f"The e-mail to {name} is ready."))
        return Request(before + pick(rng, MAIL_THEM, subject=subject, **said), [call], True)
    if roll < 0.87:
        call = Call("view_contact", {"name": name}, words(f"Here is {name}'s card."))
        return Request(before + pick(rng, _SHOW_THEM, **said), [call])
    key = rng.choice(tuple(ASKED))
    text = pick(rng, _READ_THEM, asked=raw(rng.choice(ASKED[key])), **said)
    return Request(before + text, [contact_info(rng, name, key)])
