"""Requests for the web, the map, directions and media."""

from .. import clock, lengths, spans
from ..calls import Call, Request
from ..corrections import changed
from ..grammar import CLOSE, OPEN, frames, pick, say
from ..lists import load

_SEARCHED = (
    "here is what the web has on {query}.",
    "i searched for {query}.",
    "searching the web for {query}.",
    "the search for {query} is open.",
)
_LOCATED = ("here is {query} on the map.", "the map shows {query}.", "i looked up {query}.", "{query} is on the map.")
_ROUTED = (
    "directions to {to} {by}.",
    "the route to {to} is ready, {by}.",
    "starting directions to {to}.",
    "here is the way to {to} {by}.",
)
_PLAYED = ("playing {query}.", "here comes {query}.", "now playing {query}.", "okay, {query}.")
BY = {"drive": "by car", "walk": "on foot", "bicycle": "by bike", "transit": "by public transport"}


def web_search(rng):
    """A web search."""
    query = spans.query(rng)
    text = pick(rng, frames("web_search")["plain"], query=changed(rng, query, spans.query, 0.012))
    call = Call("web_search", {"query": query}, lambda rng, _: say(rng, _SEARCHED, query=query))
    return Request(text, [call], text.endswith(CLOSE))


def located(query):
    """The call that shows a place."""
    return Call("search_location", {"query": query}, lambda rng, _: say(rng, _LOCATED, query=query))


def search_location(rng):
    """A place on the map."""
    query = spans.place_query(rng)
    inside = any(f" {word} " in query for word in ("in", "near", "around", "by", "to"))
    section = "area" if inside and rng.random() < 0.35 else "plain"
    text = pick(rng, frames("search_location")[section], query=changed(rng, query, spans.place_query, 0.012))
    if query.startswith("the "):
        for article in ("the", "a", "an", "any", "some", "nearest", "closest", "next"):
            text = text.replace(f" {article} {OPEN}the ", f" {OPEN}the ")
    return Request(text, [located(query)])


def routed(to, mode):
    """The call that starts directions."""
    by = BY[mode]
    return Call("navigate", {"destination": to, "mode": mode}, lambda rng, _: say(rng, _ROUTED, to=to, by=by))


def _destination(rng):
    if rng.random() < 0.87:
        return spans.spot(rng)
    kind = rng.choice(load("place_kinds"))
    return rng.choice(("home", "home", "work", f"the nearest {kind}", f"the closest {kind}", f"a {kind}"))


def navigate(rng):
    """Directions."""
    mode = rng.choices(("drive", "walk", "bicycle", "transit"), (55, 17, 13, 15))[0]
    to = _destination(rng)
    slots = {
        "time": lambda rng: clock.time_of_day(rng)[0],
        "length": lambda rng: lengths.duration(rng)[0],
        "name": spans.first_name,
    }
    text = pick(rng, frames("navigate")[mode], to=changed(rng, to, spans.spot, 0.02), **slots)
    if to in ("home", "downtown"):
        text = text.replace(f"to {OPEN}{to}", f"{OPEN}{to}").replace(f"at {OPEN}home", f"{OPEN}home")
    return Request(text, [routed(to, mode)])


def played(query):
    """The call that plays something."""
    return Call("play_media", {"query": query}, lambda rng, _: say(rng, _PLAYED, query=query))


def play_media(rng):
    """Music, a podcast or a video."""
    query = spans.media(rng)
    text = pick(rng, frames("play_media")["plain"], query=changed(rng, query, spans.media, 0.015))
    if query.startswith(("a ", "the ", "some ", "my ", "something ", "anything ")):
        for word in ("some", "a bit of", "a little"):
            text = text.replace(f" {word} {OPEN}", f" {OPEN}")
    return Request(text, [played(query)])


FUNCTIONS = {
    "web_search": web_search,
    "search_location": search_location,
    "navigate": navigate,
    "play_media": play_media,
}
