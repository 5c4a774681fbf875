"""Requests that lack something: the assistant asks for it, and the next turn gives it."""

from . import clock, days, lengths, sentences, spans
from .calls import Call, Request
from .grammar import frames, mark, pick, raw, say
from .requests.device import KINDS, created
from .requests.messages import texted
from .requests.people import contact_info
from .requests.web import located, played, routed

_VALUE = ("[|it's |]{value}[| please|, please]", "{value}", "{value}")


def _ask(rng, section, request, **slots):
    """(first words, question, completing request)."""
    known = frames("incomplete")
    first = pick(rng, known[section], **{**sentences.SLOTS, **slots})
    return first, say(rng, known[f"{section}_ask" if section.endswith(" to") else f"{section} ask"]), request


def _alarm(rng):
    phrase, hour, minute = clock.time_of_day(rng)
    text = pick(
        rng,
        ("[at|for|] {value} [|please|sharp|tomorrow]", "{value}", "[make it|let's say|say|at|i think] {value}"),
        value=phrase,
    )
    done = lambda rng, _: say(rng, ("alarm set for {when}.",), when=clock.say_time(hour, minute))
    return _ask(rng, "set_alarm", Request(text, [Call("set_alarm", {"hour": hour, "minutes": minute}, done)]))


def _timer(rng):
    phrase, seconds = lengths.duration(rng)
    label = spans.label(rng, "timer")
    done = lambda rng, _: say(rng, ("timer set for {time}.",), time=lengths.say_duration(seconds))
    text = pick(rng, ("[for|] {value} [|please]", "{value}", "[make it|let's say|say] {value}"), value=phrase)
    call = Call("set_timer", {"seconds": seconds}, done)
    first, question, request = _ask(rng, "set_timer", Request(text, [call]), label=label)
    if mark(label) in first:
        call.arguments["label"] = label
    return first, question, request


def _message(rng):
    to, body = spans.person(rng), sentences.message(rng)
    if rng.random() < 0.25:
        text = pick(
            rng,
            ("[to|] {to}[: |, | - | saying |, say ]{body}", "{to}[, and say |: ]{body}", "[tell|text] {to} {body}"),
            to=to,
            body=body,
        )
        return _ask(rng, "send_message to", Request(text, [texted(to, body)], True))
    text = pick(
        rng,
        ("{body}", "{body}", "[say|write|tell them|that|just say|just write|put][|:] {body}", '"{body}"'),
        body=body,
    )
    return _ask(rng, "send_message", Request(text, [texted(to, body)], True), to=to)


def _email(rng):
    to, subject = spans.person(rng) if rng.random() < 0.6 else spans.email(rng), spans.subject(rng)
    text = pick(rng, ("[to|for|it's for|] {to}", "{to}", "[to|] {to}[ please|, please|]"), to=to)
    done = lambda rng, _: say(rng, ("the e-mail to {to} is ready.", "i prepared an e-mail to {to}."), to=to)
    call = Call("send_email", {"to": [to]}, done)
    first, question, request = _ask(rng, "send_email", Request(text, [call]), subject=subject)
    if mark(subject) in first:
        call.arguments["subject"] = subject
    return first, question, request


def _with_value(name, make, call, patterns=_VALUE):
    """A maker for a function that lacks one value and nothing else."""

    def ask(rng):
        value = make(rng)
        return _ask(rng, name, Request(pick(rng, patterns, value=value), [call(value)], True))

    return ask


def _dialled(to):
    return Call("dial", {"to": to}, lambda rng, _: say(rng, ("calling {to}.", "ready to call {to}."), to=to))


def _someone(rng):
    return spans.phone(rng) if rng.random() < 0.25 else spans.person(rng)


def _event(rng):
    title = spans.title(rng)
    phrase, day = days.day(rng)
    time, hour, minute = clock.time_of_day(rng, bare_afternoon=True)
    slots = {**sentences.SLOTS, "day": raw(phrase), "time": time}
    first = pick(rng, frames("incomplete")["insert_event"], **slots).replace("for on ", "for ")
    arguments = {"title": title, "day": day if phrase.removeprefix("on ") in first else "today"}
    if mark(time) in first:
        arguments["time"] = clock.hhmm(hour, minute)
    text = pick(
        rng, ("{title}", "[call it|it's|name it|it's called|the] {title}", "{title}[, please| please]"), title=title
    )
    done = lambda rng, _: say(rng, ("{title} is in your calendar for {day}.",), title=title, day=arguments["day"])
    return (
        first,
        say(rng, frames("incomplete")["insert_event ask"]),
        Request(text, [Call("insert_event", arguments, done)], True),
    )


def _contact(rng):
    name, number = spans.full_name(rng), spans.phone(rng)
    done = lambda rng, _: say(rng, ("{name} is in your contacts now.", "saved {name}."), name=name)
    call = Call("insert_contact", {"name": name}, done)
    slots = {**sentences.SLOTS, "phone": number}
    first = pick(rng, frames("incomplete")["insert_contact"], **slots)
    text = pick(rng, ("{name}", "[it's|the name is|under|for] {name}", "{name}[, please| please]"), name=name)
    if mark(number) in first:
        call.arguments["phone"] = number
    elif rng.random() < 0.4:
        call.arguments["phone"] = number
        text += f"{rng.choice((', ', ' ', ', number ', ', phone '))}{mark(number)}"
    return first, say(rng, frames("incomplete")["insert_contact ask"]), Request(text, [call], True)


def _edited(name):
    return Call("edit_contact", {"name": name}, lambda rng, _: say(rng, ("{name}'s contact is open.",), name=name))


def _viewed(name):
    return Call("view_contact", {"name": name}, lambda rng, _: say(rng, ("here is {name}'s card.",), name=name))


def _info(rng):
    name = spans.bare_person(rng)
    first = pick(rng, frames("incomplete")["get_contact_info"], **sentences.SLOTS)
    key = next(key for word, key in _FIELDS if word in first)
    text = pick(rng, ("{value}", "{value}'s", "[of|for|i mean] {value}"), value=name)
    return first, say(rng, frames("incomplete")["get_contact_info ask"]), Request(text, [contact_info(rng, name, key)])


_FIELDS = (("number", "phone"), ("email", "email"), ("address", "address"), ("birthday", "birthday"))


def _document(rng):
    kind = rng.choice(tuple(KINDS))
    word, name = pick(rng, KINDS[kind]), spans.document_name(rng)
    text = pick(rng, ("{name}", "[call it|name it|title it|it's called] {name}", "{name}[, please| please]"), name=name)
    first = pick(rng, frames("incomplete")["create_document"], kind=raw(word))
    return first, say(rng, frames("incomplete")["create_document ask"]), Request(text, [created(name, kind)], True)


def _searched(query):
    done = ("here is what the web has on {query}.", "i searched for {query}.")
    return Call("web_search", {"query": query}, lambda rng, _: say(rng, done, query=query))


_MAKERS = (
    _alarm,
    _alarm,
    _timer,
    _timer,
    _message,
    _message,
    _message,
    _email,
    _event,
    _contact,
    _info,
    _document,
    _with_value("dial", _someone, _dialled),
    _with_value(
        "navigate",
        spans.spot,
        lambda to: routed(to, "drive"),
        ("[to|] {value}", "{value}", "{value}[ please|, please]"),
    ),
    _with_value(
        "play_media", spans.media, played, ("{value}", "[play|i'd like|how about] {value}", "{value}[ please|, please]")
    ),
    _with_value("edit_contact", spans.bare_person, _edited, ("{value}", "{value}'s", "{value}[ please|, please]")),
    _with_value("view_contact", spans.bare_person, _viewed, ("{value}", "{value}'s", "{value}[ please|, please]")),
    _with_value("web_search", spans.query, _searched, ("{value}", "[for|search for|look for|about] {value}")),
    _with_value("search_location", spans.place_query, located, ("{value}", "{value}[ please|, please]")),
)


def incomplete(rng):
    """(first text, question of the assistant, request that completes it)."""
    return rng.choice(_MAKERS)(rng)
