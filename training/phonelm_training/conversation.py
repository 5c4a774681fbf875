"""Whole conversations: which functions are offered, what is asked, what is answered.

    conversation(random.Random(7)) -> {"tools": [names], "messages": [...]}

Messages have Hugging Face's shape: roles system, user, assistant (with tool_calls) and tool.
"""

import copy
import json

from . import asides, followups, incomplete, knowledge, spans, style, talk
from .calls import Call, Request
from .catalogue import problem
from .grammar import finish, pick, say
from .multi import several, single, weighted
from .requests import MAKERS
from .requests.none import not_offered

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
    return json.dumps(value, ensure_ascii=False)


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
                first, question, request = incomplete.incomplete(rng)
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
        topic = weighted(rng, _TALK)
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
