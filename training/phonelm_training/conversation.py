"""Whole conversations: which functions are offered, what is asked, what is answered.

    conversation(random.Random(7)) -> {"tools": [names], "messages": [...]}

Messages have Hugging Face's shape: roles system, user, assistant (with tool_calls) and tool.
"""

import copy

from . import (
    asides,
    followups,
    knowledge,
    requests_clock,
    requests_device,
    requests_messages,
    requests_people,
    requests_web,
    spans,
    style,
    talk,
)
from .calls import Call, Request
from .catalogue import functions, problem
from .grammar import finish, pick, say
from .requests_none import not_offered

MAKERS = {
    **requests_clock.FUNCTIONS,
    **requests_people.FUNCTIONS,
    **requests_messages.FUNCTIONS,
    **requests_web.FUNCTIONS,
    **requests_device.FUNCTIONS,
}
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
    "navigate": 2.0,
    "open_settings": 2.6,
    "play_media": 1.7,
    "create_document": 1.5,
    "open_document": 1.2,
    "pick_file": 1.3,
}
_TALK = talk.KINDS + asides.KINDS + knowledge.KINDS
_INSTRUCTIONS = (
    "You are a helpful assistant.",
    "You are a helpful assistant on a phone.",
    "You are PhoneLM.",
    "Be brief.",
    "Answer in one short sentence.",
    "You help with the phone.",
    "You are a friendly assistant.",
    "Keep answers short.",
    "Use the functions when they fit.",
    "You are an assistant in an app.",
    "Be polite and short.",
    "Help the user.",
    "You are a phone assistant. Call functions when the user asks for something they do.",
    "Answer simply.",
    "You are a voice assistant.",
)
_JOINERS = (
    " and ",
    " and ",
    " and ",
    ", and ",
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
)


def _weighted(rng, pairs):
    total = sum(weight for _, weight in pairs)
    roll = rng.random() * total
    for item, weight in pairs:
        roll -= weight
        if roll < 0:
            return item
    return pairs[-1][0]


def offered_functions(rng):
    """A random subset of the catalogue in random order; all of them and none of them are common."""
    names = list(MAKERS)
    roll = rng.random()
    if roll < 0.10:
        return []
    if roll < 0.30:
        return names
    if roll < 0.45:
        return rng.sample(names, len(names))
    return rng.sample(names, rng.randrange(1, len(names)))


class _Chat:
    def __init__(self, rng, offered):
        self.rng, self.offered = rng, offered
        self.messages, self.last_call = [], None
        self.name = "PhoneLM-tiny"

    def add(self, role, content):
        self.messages.append({"role": role, "content": content})

    def say_turn(self, text, answer, calls=(), open_end=False):
        self.add("user", style.typed(self.rng, text, calls, open_end))
        self.add("assistant", answer)

    def request(self, request, ends):
        """The user's request, the calls on offer, their results and the closing sentence."""
        rng = self.rng
        text = (
            style.polite(rng, request.text, request.open_end)
            if len(request.calls) < 2 or rng.random() < 0.5
            else request.text
        )
        self.add("user", style.typed(rng, text, request.calls, request.open_end))
        able = [call for call in request.calls if call.name in self.offered]
        missing = [call.name for call in request.calls if call.name not in self.offered]
        if not able:
            self.add("assistant", not_offered(rng, missing[0]))
            return
        for call in able:
            wrong = problem({"name": call.name, "arguments": call.arguments})
            if wrong:
                raise ValueError(f"generator made a bad call: {wrong} in {self.messages[-1]['content']!r}")
        self.messages.append(
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"type": "function", "function": {"name": call.name, "arguments": call.arguments}} for call in able
                ],
            }
        )
        self.last_call = able[-1]
        if ends:
            return
        said = []
        for call in able:
            result, words = _outcome(rng, call)
            self.messages.append({"role": "tool", "content": result})
            said.append(words)
        if missing:
            said.append(not_offered(rng, missing[0]))
        self.add("assistant", " ".join(said))


def _outcome(rng, call):
    """(what the app returns, what is said about it)."""
    if rng.random() < 0.06:
        error = rng.choice(
            (
                "permission denied",
                "not allowed",
                "no such contact",
                "app not found",
                "cancelled by the user",
                "timed out",
                "device busy",
                "no network",
                "storage full",
                f"{spans.noun_phrase(rng)} {rng.choice(('missing', 'failed', 'not found'))}",
            )
        )
        result = {"error": error} if rng.random() < 0.7 else {"ok": False, "error": error}
        return _json(result), say(
            rng,
            ("that did not work: {error}.", "sorry, it failed: {error}.", "I could not do it: {error}."),
            error=error,
        )
    result = dict(call.result) if call.result else {}
    if not result:
        result = rng.choice(
            ({"ok": True}, {"ok": True}, {"status": "ok"}, {"result": "done"}, {"success": True}, {"status": "done"})
        )
    elif rng.random() < 0.3:
        result = {"ok": True, **result}
    text = _json(result)
    if set(result) in ({"result"}, {"status"}) and rng.random() < 0.3:
        text = rng.choice(("ok", "done", "OK", "success"))
    return text, call.done(rng, result)


def _json(value):
    import json

    return json.dumps(value, ensure_ascii=False)


def single(rng, offered, ready=0.88):
    """One request for one function, mostly one that is offered."""
    if rng.random() < 0.03:
        return _about_person(rng)
    if rng.random() < 0.05:
        twice = requests_device.restated(rng)
        if twice.calls[0].name in offered:
            return twice
    names = offered if offered and rng.random() < ready else list(MAKERS)
    request = MAKERS[_weighted(rng, [(name, _WEIGHT.get(name, 1.0)) for name in names])](rng)
    if rng.random() < 0.2:
        request.text = asides.around(rng, request.text, request.open_end)
        request.open_end = True
    return request


def _about_person(rng):
    """A person is named first; the request that follows says 'her', 'him' or 'them'."""
    from . import sentences

    before, name, them, their = asides.person_first(rng)
    roll = rng.random()
    words = lambda text: lambda rng, _: text
    if roll < 0.3:
        return Request(
            before
            + pick(
                rng,
                (
                    f"[call|ring|phone|dial|please call|give] {them}",
                    f"[i want|i need] to [call|ring] {them}",
                    f"can you [call|ring|phone] {them}",
                    f"get {them} on the phone",
                ),
            ).replace("give " + them, f"give {them} a call"),
            [Call("dial", {"to": name}, words(f"Calling {name}."))],
        )
    if roll < 0.65:
        body = sentences.message(rng)
        return Request(
            before
            + pick(
                rng,
                (
                    f"[text|tell|message|write] {them} [that |]{{body}}",
                    f"send {them} a [message|text] [saying|:|that] {{body}}",
                    f"let {them} know {{body}}",
                ),
                body=body,
            ),
            [Call("send_message", {"to": name, "body": body}, words(f"The text to {name} is ready."))],
            True,
        )
    if roll < 0.85:
        subject = sentences.about(rng)
        return Request(
            before
            + pick(
                rng,
                (
                    f"[email|mail|write an email to|send an email to] {them} [about|with the subject|, subject] {{subject}}",
                ),
                subject=subject,
            ),
            [Call("send_email", {"to": [name], "subject": subject}, words(f"The e-mail to {name} is ready."))],
            True,
        )
    return Request(
        before + pick(rng, (f"[show me|open|pull up|bring up] {their} [contact|card|details|entry]",)),
        [Call("view_contact", {"name": name}, words(f"Here is {name}'s card."))],
    )


def several(rng, offered):
    """One request for two or three calls."""
    roll = rng.random()
    if roll < 0.2:
        special = _linked(rng)
        if all(call.name in offered for call in special.calls):
            return special
    parts = []
    while len(parts) < (2 if roll < 0.82 else 3):
        part = single(rng, offered, 0.94)
        if part.calls[0].arguments or all(part.calls[0].name != other.calls[0].name for other in parts):
            parts.append(part)
        elif len(offered) == 1:
            return part
    joiner = rng.choice(_JOINERS)
    text, calls = "", []
    for index, part in enumerate(parts):
        if index:
            between = joiner if len(parts) == 2 or index == 2 or ". " in joiner else rng.choice((", ", joiner))
            text += between
        piece = part.text
        if index and rng.random() < 0.06:
            piece = f"{rng.choice(('please', 'can you', 'i also want you to', 'could you'))} {piece}"
        text += piece
        calls += part.calls
    return Request(text, calls, parts[-1].open_end)


def _linked(rng):
    """Two calls that share a part of the sentence."""
    from . import clock, sentences

    style_roll = rng.randrange(6)
    plain = lambda words: lambda rng, _: words
    if style_roll == 0:
        times = [clock.time_of_day(rng) for _ in range(rng.choice((2, 2, 3)))]
        listed = ", ".join(f"\x01{t[0]}\x02" for t in times[:-1]) + f" and \x01{times[-1][0]}\x02"
        text = (
            pick(rng, ("[set|create|make|i need|add] [two |]alarms [for|at] ", "wake me at ", "alarms at "))
            + " "
            + listed
        )
        if len(times) != 2:
            text = text.replace("two ", "three ")
        return Request(
            text,
            [
                Call("set_alarm", {"hour": h, "minutes": m}, plain(f"Alarm set for {clock.say_time(rng, h, m)}."))
                for _, h, m in times
            ],
        )
    if style_roll == 1:
        names = [spans.first_name(rng) for _ in range(2)]
        body = sentences.message(rng)
        text = pick(
            rng,
            (
                "[text|tell|message] {a} and {b} [that |]{body}",
                "[send|write] [both |]{a} and {b} [a message|a text]: {body}",
            ),
            a=names[0],
            b=names[1],
            body=body,
        )
        return Request(
            text,
            [Call("send_message", {"to": n, "body": body}, plain(f"The text to {n} is ready.")) for n in names],
            True,
        )
    if style_roll == 2:
        place = spans.place_query(rng)
        text = pick(
            rng,
            (
                "[find|look up|show me|locate|search] {p} [on the map |]and [take me there|navigate there|give me directions|start directions|guide me there|drive me there]",
                "where is {p} and how do i get there",
            ),
            p=place,
        )
        return Request(
            text,
            [
                Call("search_location", {"query": place}, plain(f"Here is {place}.")),
                Call("navigate", {"destination": place, "mode": "drive"}, plain(f"Starting directions to {place}.")),
            ],
        )
    if style_roll == 3:
        name, number = spans.full_name(rng), spans.phone(rng)
        second = rng.choice(("call", "text"))
        first = Call("insert_contact", {"name": name, "phone": number}, plain(f"{name} is in your contacts now."))
        them = rng.choice(("them", "her", "him"))
        if second == "call":
            text = pick(
                rng,
                (
                    "[save|add|store] {n} {p} [to my contacts |]and [then |]call " + them,
                    "[new contact|add contact] {n}, {p}, [then|and] call " + them,
                ),
                n=name,
                p=number,
            )
            return Request(text, [first, Call("dial", {"to": name}, plain(f"Calling {name}."))])
        body = sentences.message(rng)
        text = pick(
            rng,
            (
                "[save|add|store] {n} {p} [to my contacts |]and [then |][text|tell] " + them + " {b}",
                "[new contact|add contact] {n}, {p}, and [text|message] " + them + " {b}",
            ),
            n=name,
            p=number,
            b=body,
        )
        return Request(
            text,
            [first, Call("send_message", {"to": name, "body": body}, plain(f"The text to {name} is ready."))],
            True,
        )
    if style_roll == 4:
        name = spans.bare_person(rng)
        them = rng.choice(("them", "her", "him"))
        field, word = rng.choice((("phone", "number"), ("email", "email"), ("address", "address")))
        text = pick(
            rng, (f"[get|tell me|look up|read me|find] {{n}}'s {word} and [then |][call|ring|phone] {them}",), n=name
        )
        return Request(
            text,
            [
                Call(
                    "get_contact_info",
                    {"name": name, "field": field},
                    lambda rng, result: f"{name}'s {word} is {result.get(field, 'not saved')}.",
                    {field: spans.phone(rng) if field == "phone" else spans.email(rng)},
                ),
                Call("dial", {"to": name}, plain(f"Calling {name}.")),
            ],
        )
    durations = [clock.duration(rng) for _ in range(2)]
    labels = [spans.label(rng, "timer_labels") for _ in range(2)]
    text = pick(
        rng,
        (
            "[set|start|run] [timers|two timers]: {a} for [the |]{x} and {b} for [the |]{y}",
            "[a|set a|start a] timer of {a} for [the |]{x} and [another|one] of {b} for [the |]{y}",
            "{a} for the {x}, {b} for the {y}, start both [timers|]",
        ),
        a=durations[0][0],
        b=durations[1][0],
        x=labels[0],
        y=labels[1],
    )
    return Request(
        text,
        [Call("set_timer", {"seconds": s, "label": l}, plain("Timer set.")) for (_, s), l in zip(durations, labels)],
    )


def conversation(rng):
    """One document of the corpus."""
    offered = offered_functions(rng)
    chat = _Chat(rng, offered)
    instructions = None
    roll = rng.random()
    if roll < 0.2:
        instructions = rng.choice(_INSTRUCTIONS)
    elif roll < 0.27:
        chat.name = talk.persona(rng)
        instructions = f"{rng.choice(('You are', 'Your name is'))} {chat.name}{rng.choice(('.', ', a helpful assistant.', ', a friendly helper.', '. Be brief.', ', the assistant of this app.'))}"
    turns = rng.choices((1, 2, 3, 4, 6), (46, 22, 16, 10, 6))[0]
    done = 0
    while done < turns:
        last = done == turns - 1
        done += 1
        kind = rng.random()
        if offered:
            if chat.last_call is not None and kind < 0.22:
                request = followups.after(rng, copy.deepcopy(chat.last_call))
                if request is not None and all(call.name in offered for call in request.calls):
                    chat.request(request, last and rng.random() < 0.4)
                    continue
                kind = rng.random()
            if kind < 0.46:
                chat.request(single(rng, offered), last and rng.random() < 0.45)
                continue
            if kind < 0.63:
                chat.request(several(rng, offered), last and rng.random() < 0.45)
                continue
            if kind < 0.66:
                first, question, request = followups.incomplete(rng)
                if request.calls[0].name in offered:
                    before = style.typed(rng, first, request.calls, False) if "\x01" not in first else finish(first)
                    chat.add("user", style.sentence(before) if rng.random() < 0.5 else before)
                    chat.add("assistant", question)
                    chat.request(request, last and rng.random() < 0.45)
                else:
                    chat.say_turn(first, not_offered(rng, request.calls[0].name))
                continue
        elif kind < 0.2:
            chat.request(single(rng, offered), True)
            continue
        topic = _weighted(rng, _TALK)
        pairs = topic(rng, chat.name, offered)
        for text, answer in pairs:
            chat.say_turn(text, answer)
        if topic is talk.unknown_fact and offered and rng.random() < 0.4 and "web_search" in offered:
            query = chat.messages[-2]["content"].rstrip("?.!")
            query = finish(query).strip(" ?.!:)")
            chat.request(
                Request(
                    pick(rng, ("[yes|yes please|sure|ok|do it|go ahead|please do|yeah|search it|yes, search]",)),
                    [
                        Call(
                            "web_search",
                            {"query": query},
                            lambda rng, _: say(rng, ("here is what the web has.", "the search is open.")),
                        )
                    ],
                ),
                last,
            )
    if instructions:
        chat.messages.insert(0, {"role": "system", "content": instructions})
    return {"tools": offered, "messages": chat.messages}


def all_functions():
    """The names of the catalogue, to be compared with MAKERS."""
    return list(functions())
