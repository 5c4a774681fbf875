"""What follows a place, directions, music, a search, a document, a file, the camera or the settings."""

from .. import spans
from ..calls import Call, Request
from ..grammar import pick, raw, say
from ..requests import MAKERS
from ..requests.device import KINDS, created
from ..requests.messages import texted
from ..requests.settings import opened
from ..requests.web import located, played, routed

_MODES = (
    ("walk", "[on foot|walking|by foot]"),
    ("bicycle", "[by bike|by bicycle|on my bike|cycling]"),
    ("transit", "[by bus|by train|by public transport|by tram]"),
    ("drive", "[by car|driving]"),
)


_COMING = (
    "i'm on my way to",
    "meet me at",
    "i'm going to",
    "see you at",
    "i'll be at",
    "let's meet at",
    "we're heading to",
)


def _on_my_way(rng, place):
    name = spans.bare_person(rng)
    body = f"{rng.choice(_COMING)} {place}"
    return Request(
        pick(rng, ("[tell|text|message] {name} {body}", "let {name} know {body}"), name=name, body=body),
        [texted(name, body)],
        True,
    )


def _navigate(rng, call):
    to, roll = call.arguments["destination"], rng.random()
    if roll < 0.5:
        mode, said = rng.choice(_MODES)
        text = pick(
            rng,
            (
                f"[and|what about|how about|no,|rather|better|actually|make it|i'd rather go] {said} [instead|]",
                f"{said} [instead|please|]",
                f"and if i go {said}",
            ),
        )
        return Request(text, [routed(to, mode)])
    if roll < 0.8:
        to = spans.spot(rng)
        text = pick(
            rng,
            (
                "[no, |actually |sorry, |wait, |][to |make it |i meant |rather to |first to |change it to ]{to}[ instead|]",
                "[and then|then|after that|next] to {to}",
                "{to} instead",
            ),
            to=to,
        )
        return Request(text, [routed(to, call.arguments["mode"])])
    return _on_my_way(rng, to)


def _place(rng, call):
    place, roll = call.arguments["query"], rng.random()
    if roll < 0.55:
        mode, said = ("drive", "") if rng.random() < 0.6 else rng.choice(_MODES)
        text = pick(
            rng,
            (
                (
                    f"[take|bring|navigate|guide|drive] me there {said}"
                    if mode == "drive"
                    else f"[take|bring|navigate|guide] me there {said}"
                ),
                f"[directions|route|navigate] [there|to it] {said} [|please]",
                f"how do i get there {said}",
                f"[let's|i want to|we want to] go there {said}",
                f"[start|give me] directions {said}",
                f"[ok|good|great|perfect|nice], [take me there|let's go|navigate there|directions please] {said}",
            ),
        )
        return Request(text, [routed(place, mode)])
    if roll < 0.85:
        other = spans.place_query(rng)
        text = pick(
            rng,
            (
                "[and|what about|how about|now|and where is|also] {value}",
                "[no, |actually ]{value}[ instead|]",
                "[find|show me] {value} [too|as well|instead]",
            ),
            value=other,
        )
        return Request(text, [located(other)])
    return _on_my_way(rng, place)


def _play(rng, call):
    query = spans.media(rng)
    text = pick(
        rng,
        (
            "[no,|actually|rather|hm,|sorry,] {query} [instead|please|]",
            "[now|then|next] [play |]{query}",
            "[something else:|change to|switch to|i'd rather hear|how about|better] {query}",
            "and [after that|then] {query}",
            "not that, {query}",
        ),
        query=query,
    )
    return Request(text, [played(query)])


def _search(rng, call):
    query = spans.query(rng)
    text = pick(
        rng,
        (
            "[and|now|also|what about|and what about|next|then] {query}",
            "[no, |actually |rather ]{query}[ instead|]",
            "[search for|look for|google] {query} [too|as well|instead]",
        ),
        query=query,
    )
    done = ("here is what the web has on {query}.", "i searched for {query}.")
    return Request(text, [Call("web_search", {"query": query}, lambda rng, _: say(rng, done, query=query))])


def _document(rng, call):
    name, kind = call.arguments["name"], call.arguments["kind"]
    if rng.random() < 0.5:
        name = spans.document_name(rng)
        text = pick(
            rng,
            (
                "[and |][another one|one more|a second one|the same] [called|named|for|, call it] {name}",
                "[no, |actually |][call it|name it|title it|rename it to] {name}",
                "and {name}",
            ),
            name=name,
        )
    else:
        kind = rng.choice([other for other in KINDS if other != kind])
        text = pick(
            rng,
            (
                "[no, |actually |sorry, |][make it|make that|i meant|as] a {kind}[ instead|]",
                "a {kind} instead",
                "[rather|better] as a {kind}",
            ),
            kind=raw(pick(rng, KINDS[kind])),
        )
    return Request(text, [created(name, kind)])


_PAGES = {
    "wifi": "[wifi|wi-fi]",
    "bluetooth": "bluetooth",
    "display": "[display|screen|brightness]",
    "sound": "[sound|volume]",
    "battery": "battery",
    "location": "[location|gps]",
    "security": "security",
    "language": "language",
    "storage": "storage",
    "apps": "apps",
    "accessibility": "accessibility",
    "notifications": "notifications",
    "airplane_mode": "airplane mode",
    "date": "date and time",
}


def _settings(rng, call):
    page = rng.choice(tuple(_PAGES))
    text = pick(
        rng,
        (
            "[and|now|and now|then|next|no,|actually|what about|also] [the |]{page} [settings|ones|page|]",
            "{page} [instead|too|as well|next]",
        ),
        page=raw(pick(rng, (_PAGES[page],))),
    )
    return Request(text, [opened(page)])


def _camera(rng, call):
    name = rng.choice(("take_photo", "take_photo", "record_video"))
    request = MAKERS[name](rng)
    request.text = pick(
        rng,
        {
            "take_photo": (
                "[and |now |ok |][one photo|a photo|one more photo|a picture|another picture|another shot|one selfie|a selfie too][ please|]",
            ),
            "record_video": (
                "[and |now |ok |][a video|one video|one short video|now a clip|a clip as well|film it too][ please|]",
            ),
        }[name],
    )
    return request


AFTER = {
    "navigate": _navigate,
    "search_location": _place,
    "play_media": _play,
    "web_search": _search,
    "create_document": _document,
    "open_settings": _settings,
    "take_photo": _camera,
    "record_video": _camera,
}
