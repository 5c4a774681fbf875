"""Requests that lean on an earlier turn."""

from . import clock, lengths, sentences, spans
from .calls import Call, Request
from .grammar import pick, say
from .requests.clock import set_alarm, set_timer
from .requests.messages import dial, send_message
from .requests.people import get_contact_info
from .requests.web import navigate, play_media

_THEM = ("them", "her", "him")


def after(rng, call):
    """A request that refers back to `call`, or None."""
    make = _AFTER.get(call.name)
    return make(rng, call) if make else None


def _alarm(rng, call):
    phrase, hour, minute = clock.time_of_day(rng)
    if rng.random() < 0.5:
        text = pick(
            rng,
            (
                "[actually|no,|sorry,|wait,|hm,|] [make it|make that|change it to|set it to|i meant|better] {time} [instead|]",
                "{time} instead",
                "[no|sorry], {time}",
            ),
            time=phrase,
        )
        arguments = {**call.arguments, "hour": hour, "minutes": minute}
    else:
        text = pick(
            rng,
            (
                "[and|also|and also|add|plus] [another one|one more|another|one] [at|for] {time}",
                "one more at {time}",
                "and [at|] {time} [too|as well]",
                "[the same|another one] for {time}",
            ),
            time=phrase,
        )
        arguments = {"hour": hour, "minutes": minute}
    return Request(
        text,
        [
            Call(
                "set_alarm",
                arguments,
                lambda rng, _: say(
                    rng, ("alarm set for {when}.", "okay, alarm at {when}."), when=clock.say_time(hour, minute)
                ),
            )
        ],
    )


def _timer(rng, call):
    phrase, seconds = lengths.duration(rng)
    text = pick(
        rng,
        (
            "[actually|no,|sorry,|wait,|] [make it|make that|change it to|i meant] {time} [instead|]",
            "[and|also|add|plus] [another one|one more|another|a second one] [for|of] {time}",
            "{time} instead",
            "and one for {time}",
        ),
        time=phrase,
    )
    return Request(
        text,
        [
            Call(
                "set_timer",
                {"seconds": seconds},
                lambda rng, _: say(rng, ("timer set for {time}.", "okay, {time}."), time=lengths.say_duration(seconds)),
            )
        ],
    )


def _person(rng, call):
    name = call.arguments["name"] if "name" in call.arguments else call.arguments["to"]
    them, style = rng.choice(_THEM), rng.random()
    if style < 0.4:
        model = dial(rng).calls[0]
        return (
            Request(
                pick(
                    rng,
                    (
                        "[call|ring|phone|now call|then call|please call] {them} [|now|please|then]",
                        "give {them} a [call|ring]",
                    ),
                    them=them,
                ),
                [
                    Call(
                        "dial",
                        {"to": name},
                        lambda rng, _: say(rng, ("calling {to}.", "the dialler is open with {to}."), to=name),
                    )
                ],
            )
            if model
            else None
        )
    if style < 0.8:
        body = sentences.message(rng)
        return Request(
            pick(
                rng,
                (
                    "[text|tell|message|write] {them} {body}",
                    "[send|write] {them} a [message|text] [saying|that|:] {body}",
                    "let {them} know {body}",
                ),
                them=them,
                body=body,
            ),
            [
                Call(
                    "send_message",
                    {"to": name, "body": body},
                    lambda rng, _: say(rng, ("your message to {to} is ready.", "the text to {to} is ready."), to=name),
                )
            ],
            True,
        )
    field = rng.choice(("phone", "email", "address", "birthday"))
    asked = {"phone": "number", "email": "email", "address": "address", "birthday": "birthday"}[field]
    their = {"them": "their", "her": "her", "him": "his"}[them]
    request = get_contact_info(rng)
    while request.calls[0].arguments["field"] != field:
        request = get_contact_info(rng)
    request.text = pick(rng, (f"[and|] [what's|what is|tell me] {their} {asked}", f"and {their} {asked}"))
    call = request.calls[0]
    call.arguments = {"name": name, "field": field}
    call.done = lambda rng, result: (
        say(rng, (f"{{name}}'s {asked} is {{value}}.",), name=name, value=result.get(field) or result.get("value"))
        if result.get(field) or result.get("value")
        else say(rng, (f"I found no {asked} for {{name}}.",), name=name)
    )
    return request


def _navigate(rng, call):
    mode, said = rng.choice(
        (
            ("walk", "[on foot|walking|by foot]"),
            ("bicycle", "[by bike|by bicycle|on my bike|cycling]"),
            ("transit", "[by bus|by train|by public transport]"),
            ("drive", "[by car|driving]"),
        )
    )
    to = call.arguments.get("destination") or call.arguments.get("query")
    return Request(
        pick(rng, (f"[and|what about|how about|no,|rather|] {said} [instead|]",)),
        [
            Call(
                "navigate",
                {"destination": to, "mode": mode},
                lambda rng, _: say(rng, ("directions to {to}.", "the route to {to} is ready."), to=to),
            )
        ],
    )


def _there(rng, call):
    to = call.arguments["query"]
    mode = "drive"
    text = pick(
        rng,
        (
            "[take|bring|navigate|guide|drive] me there",
            "[directions|route|navigate] [there|to it] [|please]",
            "how do i get there",
            "let's go there",
            "[start|give me] directions",
        ),
    )
    if rng.random() < 0.3:
        mode, said = rng.choice((("walk", "on foot"), ("bicycle", "by bike"), ("transit", "by bus")))
        text += f" {said}"
    return Request(
        text,
        [
            Call(
                "navigate",
                {"destination": to, "mode": mode},
                lambda rng, _: say(rng, ("directions to {to}.", "the route to {to} is ready."), to=to),
            )
        ],
    )


def _play(rng, call):
    query = spans.media(rng)
    return Request(
        pick(
            rng,
            (
                "[no,|actually|rather|] {query} instead",
                "[now|then|next] {query}",
                "[something else:|change to|switch to] {query}",
                "and [after that|then] {query}",
            ),
            query=query,
        ),
        [
            Call(
                "play_media",
                {"query": query},
                lambda rng, _: say(rng, ("playing {query}.", "okay, {query}."), query=query),
            )
        ],
    )


_AFTER = {
    "set_alarm": _alarm,
    "set_timer": _timer,
    "view_contact": _person,
    "get_contact_info": _person,
    "insert_contact": _person,
    "edit_contact": _person,
    "navigate": _navigate,
    "search_location": _there,
    "play_media": _play,
}
