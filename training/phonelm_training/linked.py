"""Two or three calls that share a part of the sentence: 'find X and take me there', 'text A and B that ...'."""

from . import clock, days, lengths, sentences, spans
from .calls import Call, Request
from .grammar import frames, mark, pick, raw
from .requests import MAKERS
from .requests.device import KINDS, created
from .requests.messages import texted
from .requests.people import contact_info
from .requests.settings import opened
from .requests.web import located, routed
from .them import ASKED, CALL_THEM, MAIL_THEM, TEXT_THEM, about_them, words


def linked(rng):
    """Two calls that share a part of the sentence."""
    return rng.choice(_LINKED)(rng)


def _alarms(rng):
    times = [clock.time_of_day(rng) for _ in range(rng.choice((2, 2, 3)))]
    count = "two" if len(times) == 2 else "three"
    listed = raw(
        ", ".join(mark(t[0]) for t in times[:-1]) + rng.choice((" and ", " and ", ", and ", " & ")) + mark(times[-1][0])
    )
    each = raw(
        ", ".join(f"one {rng.choice(('at', 'for'))} {mark(t[0])}" for t in times[:-1])
        + f" and one at {mark(times[-1][0])}"
    )
    text = pick(
        rng,
        (
            "[set|create|make|i need|add|i want|put on|give me] {count} alarms[, |: | ]{each}",
            "[alarms|{count} alarms][: |, ]{each}",
            "[set|create|make|i need|add|i want|put] [{count} |]alarms [for|at] {times}",
            "[wake me|wake me up|ring|beep] at {times}",
            "[{count} |]alarms[ at| for|:] {times}",
            "[get me up|wake me] at {times}[, i'm a heavy sleeper|, to be sure|]",
            "[an alarm|alarm] [at|for] {times}[, please|]",
        ),
        count=raw(count),
        times=listed,
        each=each,
    )
    calls = [
        Call("set_alarm", {"hour": h, "minutes": m}, words(f"Alarm set for {clock.say_time(h, m)}."))
        for _, h, m in times
    ]
    return Request(text, calls, True)


def _timers(rng):
    chosen = [lengths.duration(rng) for _ in range(rng.choice((2, 2, 3)))]
    count = "two" if len(chosen) == 2 else "three"
    one, joiner = rng.choice(("", "", "one of ", "one for ")), rng.choice((" and ", " and ", ", and ", " and then "))
    said = [f"{one}{mark(phrase)}" for phrase, _ in chosen]
    text = pick(
        rng,
        (
            "[set|start|run|i need|i want|give me|make] {count} [timers|countdowns][, |: | ]{each}",
            "[timers|{count} timers|{count} countdowns][: |, ]{each}",
        ),
        count=raw(count),
        each=raw(", ".join(said[:-1]) + joiner + said[-1]),
    )
    calls = [
        Call("set_timer", {"seconds": seconds}, words(f"Timer set for {lengths.say_duration(seconds)}."))
        for _, seconds in chosen
    ]
    return Request(text, calls, True)


def _same_text(rng):
    names = [spans.bare_person(rng) for _ in range(rng.choice((2, 2, 2, 3)))]
    body = sentences.message(rng)
    listed = raw(
        ", ".join(map(mark, names[:-1])) + rng.choice((" and ", " and ", " & ", " and also ")) + mark(names[-1])
    )
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
        text = pick(rng, CALL_THEM[:2], them=raw(them))
        return Request(save + joiner + text, [call, Call("dial", {"to": name}, words(f"Calling {name}."))])
    if style < 0.8:
        body = sentences.message(rng)
        text = pick(rng, TEXT_THEM[:3], them=raw(them), body=body)
        return Request(save + joiner + text, [call, texted(name, body)], True)
    subject = spans.subject(rng)
    mail = Call("send_email", {"to": [name], "subject": subject}, words(f"The e-mail to {name} is ready."))
    return Request(save + joiner + pick(rng, MAIL_THEM, them=raw(them), subject=subject), [call, mail], True)


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
    joiner = rng.choice(
        (" and ", " and then ", ", then ", ", and ", " then ", ". then ", " and after that ", ". also ")
    )
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
    first = MAKERS["set_alarm"](rng)
    second = MAKERS["show_alarms"](rng)
    joiner = rng.choice((" and ", " and then ", ", then ", ". then "))
    return Request(
        first.text + joiner + rng.choice(("show me the list", "show all of them", "show my alarms", second.text)),
        first.calls + second.calls,
    )


def _two_pages(rng):
    known = frames("settings_names")
    pages = rng.sample([page for page in known if page not in ("tongue",)], 2)
    names = [raw(pick(rng, known[page])) for page in pages]
    text = pick(
        rng,
        (
            "[open|show me|go to|bring up|i need] the {a} and [the |]{b} settings",
            "[open|show|go to] [the |]{a} settings and [the |]{b} [settings|ones|page]",
            "{a} and {b} settings[ please|]",
            "[open|show me] both the {a} and the {b} [settings|page|options]",
            "[first |]the {a} settings, then [the ones for |]{b}",
        ),
        a=names[0],
        b=names[1],
    )
    return Request(text, [opened(page) for page in pages])


def _two_details(rng):
    name = spans.bare_person(rng)
    keys = rng.sample(tuple(ASKED), 2)
    text = pick(
        rng,
        (
            "[what's|what is|tell me|give me|read me|i need|look up] {n}'s {a} and {b}",
            "{n}'s {a} and {b}[ please|]",
            "[what are|tell me] the {a} and [the |]{b} of {n}",
            "<can> [tell me|look up|read out] {n}'s {a} and [also |]{b}",
        ),
        n=name,
        a=raw(rng.choice(ASKED[keys[0]])),
        b=raw(rng.choice(ASKED[keys[1]])),
    )
    return Request(text, [contact_info(rng, name, key) for key in keys])


def _same_detail(rng):
    names = [spans.bare_person(rng) for _ in "ab"]
    key = rng.choice(tuple(ASKED))
    word = raw(rng.choice(ASKED[key]))
    text = pick(
        rng,
        (
            "[what's|tell me|give me|i need|look up] {a}'s {w} and {b}'s[ too|]",
            "[what's|tell me|give me|i need] the {w} of {a} and [of |]{b}",
            "{a}'s and {b}'s {w}[ please|]",
        ),
        a=names[0],
        b=names[1],
        w=word,
    )
    return Request(text, [contact_info(rng, name, key) for name in names], True)


def _two_calls(rng):
    names = [spans.person(rng) for _ in "ab"]
    text = pick(
        rng,
        (
            "[call|ring|phone] {a} and [then |after that |]{b}",
            "[call|ring|phone] {a}, then {b}",
            "[first |]call {a}, [after that |then ]call {b}",
            "<to> [call|ring] {a} and then {b}",
        ),
        a=names[0],
        b=names[1],
    )
    return Request(text, [Call("dial", {"to": name}, words(f"Calling {name}.")) for name in names], True)


def _two_documents(rng):
    made = [(spans.document_name(rng), kind) for kind in rng.choices(tuple(KINDS), k=2)]
    kinds = [raw(pick(rng, KINDS[kind])) for _, kind in made]
    text = pick(
        rng,
        (
            "[create|make|start] a {x} [called|named] {a} and a {y} [called|named] {b}",
            "[create|make] two documents: a {x} {a} and a {y} {b}",
            "[i need|new] a {x} [called|named] {a} and a {y} [called|named] {b}",
        ),
        x=kinds[0],
        y=kinds[1],
        a=made[0][0],
        b=made[1][0],
    )
    return Request(text, [created(name, kind) for name, kind in made], True)


def _two_events(rng):
    made = [(spans.title(rng), *days.day(rng)) for _ in "ab"]
    text = pick(
        rng,
        (
            "[add|put|schedule|note] {a} {x} and {b} {y}[ in my calendar| to the calendar|]",
            "[calendar|two events|two appointments][:|,] {a} {x}, {b} {y}",
            "[put|add] two things in my calendar: {a} {x} and {b} {y}",
        ),
        a=made[0][0],
        b=made[1][0],
        x=raw(mark(made[0][1])),
        y=raw(mark(made[1][1])),
    )
    done = words("Both are in your calendar.")
    return Request(text, [Call("insert_event", {"title": title, "day": day}, done) for title, _, day in made], True)


def _two_places(rng):
    places = [spans.place_query(rng) for _ in "ab"]
    text = pick(
        rng,
        (
            "[find|show me|locate|show] {a} and {b} on the map",
            "[where are|where's] {a} and {b}",
            "[map of|on the map][:|,|] {a} and {b}",
        ),
        a=places[0],
        b=places[1],
    )
    return Request(text, [located(place) for place in places])


def _picture_and_send(rng):
    first = MAKERS[rng.choice(("take_photo", "take_photo", "record_video"))](rng)
    to, subject = spans.bare_person(rng), spans.subject(rng)
    done = words(f"The e-mail to {to} is ready.")
    if rng.random() < 0.4:
        second = pick(
            rng,
            ("[and|and then|, then] [email|mail] it to {to}", "[and|and then|, then] send it to {to} by [email|mail]"),
            to=to,
        )
        return Request(
            f"{first.text} {second}".replace(" ,", ","), first.calls + [Call("send_email", {"to": [to]}, done)]
        )
    second = pick(
        rng,
        ("[and|and then|, then] [email|mail|write an email to] {to} [with the subject|about|, subject] {subject}",),
        to=to,
        subject=subject,
    )
    call = Call("send_email", {"to": [to], "subject": subject}, done)
    return Request(f"{first.text} {second}".replace(" ,", ","), first.calls + [call], True)


_LINKED = (
    _alarms,
    _timers,
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
    _two_pages,
    _two_details,
    _same_detail,
    _two_calls,
    _two_documents,
    _two_events,
    _two_places,
    _picture_and_send,
)
