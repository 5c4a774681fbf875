"""What follows a contact, a call, a text or an e-mail: 'call her', 'and to Maria too', 'take me there'."""

from .. import sentences, spans
from ..calls import Call, Request
from ..grammar import pick, raw, say
from ..them import ASKED, about_them
from ..requests.messages import texted
from ..requests.people import contact_info
from ..requests.web import routed

_PRONOUNS = (("them", "their"), ("her", "her"), ("him", "his"))


def _person(rng, call):
    """Something else for the person of the last call."""
    name = call.arguments.get("name") or call.arguments["to"]
    them, their = rng.choice(_PRONOUNS)
    roll = rng.random()
    if not any(char.isalpha() for char in name):
        body = sentences.message(rng)
        return Request(
            pick(rng, ("[now |and |also |][text|write|message] {them} {body}",), them=raw(them), body=body),
            [texted(name, body)],
            True,
        )
    if roll < 0.22 and call.name != "dial":
        key = rng.choice(tuple(ASKED))
        text = pick(
            rng,
            (
                "and [the|{their}] {asked}",
                "[and|] [what's|tell me|read me] {their} {asked}",
                "what about [the|{their}] {asked}",
                "{their} {asked} [too|as well|please|]",
            ),
            their=raw(their),
            asked=raw(rng.choice(ASKED[key])),
        )
        return Request(text, [contact_info(rng, name, key)])
    if roll < 0.34 and call.name in ("view_contact", "get_contact_info", "insert_contact", "edit_contact"):
        return _edit(rng, name, their)
    if roll < 0.44 and call.name == "get_contact_info" and call.result and call.arguments["field"] == "address":
        place = call.result.get("address") or call.result.get("value")
        if place:
            text = pick(
                rng,
                (
                    "[take|bring|guide|navigate|drive] me there",
                    "[directions|navigate|route] there[ please|]",
                    "how do i get there",
                    "let's go there",
                ),
            )
            return Request(text, [routed(place, "drive")])
    before = rng.choice(("", "", "", "now ", "ok, ", "and ", "then ", "good, ", "also "))
    request = about_them(rng, before, name, them, their)
    return request


def _edit(rng, name, their):
    key, make = rng.choice((("phone", spans.phone), ("email", spans.email), ("company", spans.company)))
    word = {"phone": ("number", "phone"), "email": ("email", "e-mail"), "company": ("company", "employer")}[key]
    value = make(rng)
    text = pick(
        rng,
        (
            "[change|set|update|correct] {their} {word} to {value}",
            "[change|update|add] the {word}[: | to ]{value}",
            "[and |]{their} [new |]{word} is {value}[, change it|, update that|, add it]",
            "the {word} should be {value}",
        ),
        their=raw(their),
        word=raw(rng.choice(word)),
        value=value,
    )
    done = lambda rng, _: say(rng, ("i updated {name}.", "{name}'s contact is up to date."), name=name)
    return Request(text, [Call("edit_contact", {"name": name, key: value}, done)], True)


def _text(rng, call):
    """The same to somebody else, another text to the same, or the text changed."""
    to, body, roll = call.arguments["to"], call.arguments["body"], rng.random()
    if roll < 0.3:
        other = spans.person(rng)
        text = pick(
            rng,
            (
                "[and |also |now |][send |text |][the same|that|it|this] [to |]{to}[ too| as well|]",
                "[and |]to {to} [too|as well]",
                "{to} [too|as well|also]",
                "[same|the same] [to|for] {to}",
            ),
            to=other,
        )
        return Request(text.replace("text it ", "send it to "), [texted(other, body)])
    new = sentences.message(rng)
    if roll < 0.6:
        text = pick(
            rng,
            (
                "[no, |actually |sorry, |wait, |][make it|make that|change it to|write|say] {body}[ instead|]",
                "[rather|better|instead|no, say] {body}",
            ),
            body=new,
        )
        return Request(text, [texted(to, new)], True)
    if roll < 0.8:
        them = rng.choice(_PRONOUNS)[0]
        text = pick(
            rng,
            (
                "[and |also |then |][tell|text|write] {them} [that |]{body}",
                "[and |]another one[: |, ]{body}",
                "[add|also say|and say] {body}",
            ),
            them=raw(them),
            body=new,
        )
        return Request(text, [texted(to, new)], True)
    return _person(rng, call)


def _mail(rng, call):
    """An e-mail gets a subject, a text or a copy."""
    arguments, roll = dict(call.arguments), rng.random()
    if roll < 0.35:
        arguments["subject"] = spans.subject(rng)
        text = pick(
            rng,
            (
                "[the subject is|subject|make the subject|subject:|with the subject|title it|change the subject to] {value}",
            ),
            value=arguments["subject"],
        )
    elif roll < 0.7:
        arguments["body"] = sentences.message(rng)
        text = pick(
            rng, ("[the text is|write|say|text:|and write|body:|it should say|put] {value}",), value=arguments["body"]
        )
    else:
        key = rng.choice(("cc", "cc", "bcc", "to"))
        person = spans.person(rng)
        arguments[key] = [*arguments.get(key, []), person]
        lead = {
            "cc": "[cc|copy|copy in|a copy to|and cc]",
            "bcc": "[bcc|blind copy to|and bcc]",
            "to": "[also to|and to|add]",
        }[key]
        text = pick(rng, (f"{lead} {{value}}[ too| as well|]",), value=person)
    ordered = {key: arguments[key] for key in ("to", "subject", "body", "cc", "bcc") if key in arguments}
    names = " and ".join(arguments["to"])
    done = lambda rng, _: say(rng, ("the e-mail to {to} is ready.", "i changed the e-mail to {to}."), to=names)
    return Request(text, [Call("send_email", ordered, done)], True)


AFTER = {
    "view_contact": _person,
    "get_contact_info": _person,
    "insert_contact": _person,
    "edit_contact": _person,
    "dial": _person,
    "send_message": _text,
    "send_email": _mail,
}
