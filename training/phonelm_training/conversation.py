"""Whole conversations: which functions are offered, what is asked, what is answered.

    conversation(random.Random(7)) -> {"tools": [names], "messages": [...]}

Messages have Hugging Face's shape: roles system, user, assistant (with tool_calls) and tool.
"""

import copy
import json

from . import asides, chats, followups, incomplete, knowledge, memory, spans, style, talk, unknown
from .calls import Call, Request
from .catalogue import problem
from .grammar import finish, pick, say
from .multi import several, single, weighted
from .requests import MAKERS
from .requests.none import after, not_offered, refused_again

_MANNERS = (".", ", a helpful assistant.", ", a friendly helper.", ". Be brief.", ", the assistant of this app.")
_TALK = talk.KINDS + chats.KINDS + memory.KINDS + asides.KINDS + knowledge.KINDS
_LONG = (chats.chat, memory.memory)
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
        self.messages, self.last_call, self.calls = [], None, []
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
        self.calls += able
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


_FAILED = ("failed: ", "error: ", "Error: ", "could not do it: ", "not done: ", "Failed, ", "exception: ", "denied: ")


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
        result = _json({"error": error} if rng.random() < 0.7 else {"ok": False, "error": error})
        if rng.random() < 0.3:
            result = f"{rng.choice(_FAILED)}{error}"
        return result, say(
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


def _turn(rng, chat, last):
    """One request or exchange of a chat that has functions on offer; False where small talk should come instead."""
    offered, kind = chat.offered, rng.random()
    if chat.last_call is not None and rng.random() < 0.12:
        _wish(rng, chat)
        return True
    if kind < 0.22:
        request = _follow_up(rng, chat)
        if request is not None:
            chat.request(request, last and rng.random() < 0.4)
            return True
        kind = rng.random()
    if kind < 0.46:
        chat.request(single(rng, offered), last and rng.random() < 0.45)
    elif kind < 0.63:
        chat.request(several(rng, offered), last and rng.random() < 0.45)
    elif kind < 0.68:
        _incomplete(rng, chat, last)
    else:
        return False
    return True


def _follow_up(rng, chat):
    """A request that leans on an earlier call and needs only what is offered, or None."""
    if chat.last_call is None:
        return None
    if len(chat.calls) > 1 and rng.random() < 0.15:
        request = followups.back(rng, chat.calls)
    else:
        request = followups.after(rng, copy.deepcopy(chat.last_call))
    if request is not None and all(call.name in chat.offered for call in request.calls):
        return request
    return None


_PUZZLING = ("play_media", "search_location", "web_search", "navigate")


def _wish(rng, chat):
    """Something about the last call that nothing grants or nobody here knows."""
    wish = None if chat.last_call.name in _PUZZLING and rng.random() < 0.3 else after(rng, chat.last_call.name)
    chat.say_turn(*(wish or unknown.ask_more(rng, chat.offered)))


def _incomplete(rng, chat, last):
    """A request that lacks something, the question back and mostly the answer to it."""
    first, question, request = incomplete.incomplete(rng)
    if request.calls[0].name not in chat.offered:
        chat.say_turn(first, not_offered(rng, request.calls[0].name))
        return
    chat.add("user", style.typed(rng, style.polite(rng, first, True), request.calls, False))
    chat.add("assistant", question)
    if not (last and rng.random() < 0.3):
        chat.request(request, last and rng.random() < 0.45)


def _thread(rng, chat, turns):
    """A dialogue that stays with one thing: each request leans on the one before."""
    request = single(rng, chat.offered, 1.0)
    for turn in range(turns):
        chat.request(request, turn == turns - 1 and rng.random() < 0.4)
        if chat.last_call and turn < turns - 1 and rng.random() < 0.15:
            _wish(rng, chat)
        request = _follow_up(rng, chat) or single(rng, chat.offered, 1.0)


def _small_talk(rng, chat, last):
    """An exchange without a call; a question that nobody can answer may end in a web search."""
    topic = weighted(rng, _TALK)
    turns = topic(rng, chat.name, chat.offered)
    for number, (text, answer) in enumerate(turns, 1):
        chat.say_turn(text, answer)
        if topic in _LONG and chat.offered and number < len(turns) and rng.random() < 0.1:
            chat.request(single(rng, chat.offered, 1.0), False)
    if topic is talk.cannot and rng.random() < 0.2:
        for text, answer in refused_again(rng, chat.offered):
            chat.say_turn(text, answer)
    if topic is knowledge.facts and rng.random() < 0.15:
        chat.say_turn(*unknown.ask_more(rng, chat.offered))
    if topic is unknown.unknown_fact and "web_search" in chat.offered and rng.random() < 0.4:
        query = finish(chat.messages[-2]["content"]).strip(" ?.!:)")
        done = lambda rng, _: say(rng, ("here is what the web has.", "the search is open."))
        yes = pick(rng, ("[yes|yes please|sure|ok|do it|go ahead|please do|yeah|search it|yes, search]",))
        chat.request(Request(yes, [Call("web_search", {"query": query}, done)]), last)


def conversation(rng, focus=0.0):
    """One document of the corpus; `focus` is the share that offers all functions, in the catalogue's order."""
    chat = _Chat(rng, list(MAKERS) if rng.random() < focus else offered_functions(rng))
    instructions = None
    roll = rng.random()
    if roll < 0.2:
        instructions = rng.choice(_INSTRUCTIONS)
    elif roll < 0.27:
        chat.name = talk.persona(rng)
        instructions = f"{rng.choice(('You are', 'Your name is'))} {chat.name}{rng.choice(_MANNERS)}"
    if len(chat.offered) > 3 and rng.random() < 0.07:
        _thread(rng, chat, rng.choice((3, 4, 5, 5, 6, 7, 8)))
    else:
        turns = rng.choices((1, 2, 3, 4, 6), (48, 22, 15, 9, 6))[0]
        if rng.random() < 0.025:
            chat.say_turn(*asides.no_context(rng)[0])
        for turn in range(turns):
            last = turn == turns - 1
            if chat.offered:
                if _turn(rng, chat, last):
                    continue
            elif rng.random() < 0.2:
                chat.request(single(rng, chat.offered), True)
                continue
            _small_talk(rng, chat, last)
    if instructions:
        chat.messages.insert(0, {"role": "system", "content": instructions})
    return {"tools": chat.offered, "messages": chat.messages}
