"""Requests of one function with what is said around them, and requests for two or three calls."""

from . import asides, clock, lengths, sentences, spans
from .calls import Call, Request
from .grammar import frames, mark, pick, raw
from .requests import MAKERS
from .requests.clock import FUNCTIONS as _CLOCK
from .requests.device import restated
from .requests.messages import texted
from .requests.people import contact_info
from .requests.web import located, routed

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
_FIRST = ("first ", "first, ", "two things: ", "a couple of things: ", "ok ", "so ", "first off, ", "to start, ", "please do this: ")
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
    if roll > 0.72:
        around = _own_reason if roll > 0.87 and "context" in frames(name) else asides.around
        request.text = around(rng, request.text, request.open_end, name)
        request.open_end = True
    return request


def _own_reason(rng, text, open_end, name):
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


def words(text):
    """A `done` that says one thing."""
    return lambda rng, _: text


def about_person(rng):
    """A person is named first; the request that follows says 'her', 'him' or 'them'."""
    before, name, them, their = asides.person_first(rng)
    return about_them(rng, before, name, them, their)


_CALL_THEM = (
    "[call|ring|phone|dial|please call|now call|quickly ring] {them}",
    "give {them} a [call|ring|buzz|bell]",
    "[i want|i need|i'd like] to [call|ring|speak to|talk to] {them}",
    "<can> [call|ring|phone] {them}",
    "[get|put] {them} on the [phone|line]",
    "[i'd better|i should|let me] [call|ring|phone] {them}",
    "put me through to {them}",
)
_TEXT_THEM = (
    "[text|tell|message|write] {them} [that |]{body}",
    "[send|drop|shoot] {them} a [message|text|line] [saying|:|that] {body}",
    "let {them} know [that |]{body}",
    "<can> [text|tell|message] {them} [that |]{body}",
    '[text|message|tell] {them} "{body}"',
    "[i want|i'd like] {them} to know [that |]{body}, [text them|send a text]",
)
_MAIL_THEM = (
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
        return Request(before + pick(rng, _CALL_THEM, **said), [Call("dial", {"to": name}, words(f"Calling {name}."))])
    if roll < 0.58:
        body = sentences.message(rng)
        return Request(before + pick(rng, _TEXT_THEM, body=body, **said), [texted(name, body)], True)
    if roll < 0.75:
        subject = spans.subject(rng)
        call = Call("send_email", {"to": [name], "subject": subject}, words(f"The e-mail to {name} is ready."))
        return Request(before + pick(rng, _MAIL_THEM, subject=subject, **said), [call], True)
    if roll < 0.87:
        call = Call("view_contact", {"name": name}, words(f"Here is {name}'s card."))
        return Request(before + pick(rng, _SHOW_THEM, **said), [call])
    key = rng.choice(tuple(ASKED))
    text = pick(rng, _READ_THEM, asked=raw(rng.choice(ASKED[key])), **said)
    return Request(before + text, [contact_info(rng, name, key)])


def several(rng, offered):
    """One request for two or three calls."""
    roll = rng.random()
    if roll < 0.28:
        special = _linked(rng)
        if all(call.name in offered for call in special.calls):
            return special
    parts = []
    while len(parts) < (2 if roll < 0.80 else 3):
        part = single(rng, offered, 0.94)
        if part.calls[0].arguments or all(part.calls[0].name != other.calls[0].name for other in parts):
            parts.append(part)
        elif len(offered) == 1:
            return part
    joiner = rng.choice(_JOINERS)
    text, calls = rng.choice(_FIRST) if rng.random() < 0.08 else "", []
    for index, part in enumerate(parts):
        if index:
            text += joiner if len(parts) == 2 or index == 2 or ". " in joiner else rng.choice((", ", joiner, " "))
        piece = part.text
        if index and rng.random() < 0.08:
            piece = f"{rng.choice(('please', 'can you', 'i also want you to', 'could you', 'i need you to', 'then', 'do'))} {piece}"
        text += piece
        calls += part.calls
    return Request(text, calls, parts[-1].open_end)


def _linked(rng):
    """Two calls that share a part of the sentence."""
    return rng.choice(_LINKED)(rng)


def _alarms(rng):
    times = [clock.time_of_day(rng) for _ in range(rng.choice((2, 2, 3)))]
    count = "two" if len(times) == 2 else "three"
    listed = raw(", ".join(mark(t[0]) for t in times[:-1]) + rng.choice((" and ", " and ", ", and ", " & ")) + mark(times[-1][0]))
    text = pick(
        rng,
        (
            "[set|create|make|i need|add|i want|put] [{count} |]alarms [for|at] {times}",
            "[wake me|wake me up|ring|beep] at {times}",
            "[{count} |]alarms[ at| for|:] {times}",
            "[get me up|wake me] at {times}[, i'm a heavy sleeper|, to be sure|]",
            "[an alarm|alarm] [at|for] {times}[, please|]",
        ),
        count=raw(count),
        times=listed,
    )
    calls = [
        Call("set_alarm", {"hour": h, "minutes": m}, words(f"Alarm set for {clock.say_time(h, m)}.")) for _, h, m in times
    ]
    return Request(text, calls, True)


def _same_text(rng):
    names = [spans.bare_person(rng) for _ in range(rng.choice((2, 2, 2, 3)))]
    body = sentences.message(rng)
    listed = raw(", ".join(map(mark, names[:-1])) + rng.choice((" and ", " and ", " & ", " and also ")) + mark(names[-1]))
    text = pick(
        rng,
        (
            "[text|tell|message|sms] [both |]{to} [that |: |]{body}",
            "[send|write] [both |]{to} [a message|a text][: | saying | that ]{body}",
            "let [both |]{to} know [that |]{body}",
            "[text|message] {to} the same[: |, ]{body}",
            "{to} [should|need to|both have to] know [that |]{body}, [text them|tell them]",
        ),
        to=listed,
        body=body,
    )
    return Request(text, [texted(name, body) for name in names], True)


def _two_texts(rng):
    first, second = spans.bare_person(rng), spans.bare_person(rng)
    one, two = sentences.message(rng), sentences.message(rng)
    text = pick(
        rng,
        (
            "[text|tell|message] {a} [that |]{one} and [|tell |text ]{b} [that |]{two}",
            "[text|message] {a} [saying |: ]{one}[, and |; |. ]{b} [saying |: ]{two}",
            '[text|message] {a} "{one}" and {b} "{two}"',
        ),
        a=first,
        b=second,
        one=one,
        two=two,
    )
    return Request(text, [texted(first, one), texted(second, two)], True)


def _find_and_go(rng):
    place = spans.place_query(rng)
    mode = rng.choice(("drive", "drive", "walk", "bicycle", "transit"))
    by = {
        "drive": "[| by car]",
        "walk": "[ on foot| walking| by foot]",
        "bicycle": "[ by bike| on my bike| cycling]",
        "transit": "[ by bus| by train| by public transport]",
    }[mode]
    text = pick(
        rng,
        (
            f"[find|look up|show me|locate|search|see where] {{p}} [on the map |][and|and then|, then] [take me there|navigate there|give me directions|start directions|guide me there|navigate to it|lead me there|get me there|show me the way there]{by}",
            f"[where is|where's] {{p}} and how do i get there{by}",
            f"[search|check] the map for {{p}} and [take me|bring me|guide me] there{by}",
        ),
        p=place,
    )
    return Request(text, [located(place), routed(place, mode)])


def _new_contact(rng):
    name, number = spans.full_name(rng), spans.phone(rng)
    them = rng.choice(("them", "her", "him"))
    save = pick(
        rng,
        (
            "[save|add|store|put] {n} {p} [to|in] my contacts",
            "[new contact|add contact|contact] {n}[,| with] {p}",
            "[save|add|store] {n}[,| as] {p}",
            "[save|add|store] {n}, [number|phone] {p}",
        ),
        n=name,
        p=number,
    )
    call = Call("insert_contact", {"name": name, "phone": number}, words(f"{name} is in your contacts now."))
    joiner = rng.choice((" and ", " and then ", ", then ", ", and ", " then ", ". then ", " and after that "))
    style = rng.random()
    if style < 0.4:
        text = pick(rng, _CALL_THEM[:2], them=raw(them))
        return Request(save + joiner + text, [call, Call("dial", {"to": name}, words(f"Calling {name}."))])
    if style < 0.8:
        body = sentences.message(rng)
        text = pick(rng, _TEXT_THEM[:3], them=raw(them), body=body)
        return Request(save + joiner + text, [call, texted(name, body)], True)
    subject = spans.subject(rng)
    mail = Call("send_email", {"to": [name], "subject": subject}, words(f"The e-mail to {name} is ready."))
    return Request(save + joiner + pick(rng, _MAIL_THEM, them=raw(them), subject=subject), [call, mail], True)


def _person_twice(rng):
    """A contact is shown, read or changed; then something else is done with 'her'."""
    name = spans.bare_person(rng)
    make = MAKERS[rng.choice(("view_contact", "get_contact_info", "edit_contact", "dial", "send_message"))]
    while True:
        first = make(rng)
        key = "to" if "to" in first.calls[0].arguments else "name"
        if f"{mark(first.calls[0].arguments[key])}" in first.text:
            name = first.calls[0].arguments[key]
            break
    them, their = rng.choice((("her", "her"), ("him", "his"), ("them", "their")))
    joiner = rng.choice((" and ", " and then ", ", then ", ", and ", " then ", ". then ", " and after that ", ". also "))
    second = about_them(rng, "", name, them, their)
    if second.calls[0].name == first.calls[0].name:
        return first
    return Request(first.text + joiner + second.text, first.calls + second.calls, second.open_end)


def _timers(rng):
    durations = [lengths.duration(rng) for _ in range(2)]
    labels = [spans.label(rng, "timer") for _ in range(2)]
    text = pick(
        rng,
        (
            "[set|start|run] [timers|two timers]: {a} for [the |]{x} and {b} for [the |]{y}",
            "[a|set a|start a] timer of {a} for [the |]{x} and [another|one] of {b} for [the |]{y}",
            "{a} for the {x}, {b} for the {y}, start both [timers|]",
            "[timers|two timers|two timers please|start timers][:|,] {x} {a}, {y} {b}",
            "[set|start] {a} for [the |]{x} and {b} for [the |]{y}",
            "[the |]{x} [needs|takes] {a} and [the |]{y} {b}, [set timers|time both|two timers please]",
        ),
        a=durations[0][0],
        b=durations[1][0],
        x=labels[0],
        y=labels[1],
    )
    calls = [Call("set_timer", {"seconds": s, "label": l}, words("Timer set.")) for (_, s), l in zip(durations, labels)]
    return Request(text, calls, True)


def _plain_timers(rng):
    durations = [lengths.duration(rng) for _ in range(2)]
    text = pick(
        rng,
        (
            "[two timers|timers][:| of| for|,] {a} and {b}",
            "[set|start|run] [a|one] timer for {a} and [another|one|a second] for {b}",
            "timer {a}, timer {b}",
        ),
        a=durations[0][0],
        b=durations[1][0],
    )
    return Request(text, [Call("set_timer", {"seconds": s}, words("Timer set.")) for _, s in durations], True)


def _alarm_and_list(rng):
    first = _CLOCK["set_alarm"](rng)
    second = _CLOCK["show_alarms"](rng)
    joiner = rng.choice((" and ", " and then ", ", then ", ". then "))
    return Request(first.text + joiner + rng.choice(("show me the list", "show all of them", "show my alarms", second.text)), first.calls + second.calls)


_LINKED = (
    _alarms,
    _same_text,
    _two_texts,
    _find_and_go,
    _find_and_go,
    _new_contact,
    _person_twice,
    _person_twice,
    _timers,
    _plain_timers,
    _alarm_and_list,
)
