"""Requests for the camera, documents, files and ringtones, and the same wish said twice."""

from .. import spans
from ..calls import Call, Request
from ..corrections import changed
from ..grammar import CLOSE, frames, pick, raw, say
from .settings import open_settings


def open_camera(rng):
    """The camera app, left open."""
    mode = "video" if rng.random() < 0.4 else "photo"
    text = pick(rng, frames("open_camera")[mode], **spans.PARTS)
    done = ("the camera is open.", "camera ready.", "the camera is ready for {mode}s.", "here is the camera.")
    return Request(text, [Call("open_camera", {"mode": mode}, lambda rng, _: say(rng, done, mode=mode))])


def _simple(name, *done):
    """A maker of requests for a function without arguments."""

    def make(rng):
        text = pick(rng, frames(name)["plain"], **spans.PARTS)
        return Request(text, [Call(name, {}, lambda rng, _: say(rng, done))])

    return make


take_photo = _simple(
    "take_photo",
    "got it, one photo.",
    "your photo is saved.",
    "the picture is taken.",
    "done, i have the picture.",
)
record_video = _simple(
    "record_video",
    "the video is recorded.",
    "your video is saved.",
    "got it, one video.",
    "done, i have the video.",
)
pick_ringtone = _simple(
    "pick_ringtone",
    "choose the ringtone you like.",
    "here are the ringtones.",
    "pick a ringtone from the list.",
)
KINDS = {
    "text": (
        "[document|document|text document|text document|text file|text file|doc|doc|file|file|note|word document|text|"
        "word doc|page|txt file|written document|note file|plain text file|word file]",
    ),
    "pdf": ("[pdf|pdf|pdf|pdf file|pdf document|PDF|PDF file]",),
    "spreadsheet": (
        "[spreadsheet|spreadsheet|spreadsheet|sheet|excel sheet|table|spreadsheet file|excel file|workbook|calc sheet|"
        "spread sheet|excel|excel spreadsheet|excel table]",
    ),
    "presentation": (
        "[presentation|presentation|presentation|slide deck|slideshow|deck|powerpoint|set of slides|slide show|"
        "powerpoint presentation|slide presentation|pitch deck|keynote|presentation file]",
    ),
}
_CREATED = ("the {kind} {name} is ready.", "i created {name}.", "{name} is there, still empty.", "new {kind}: {name}.")


def created(name, kind):
    """The call that makes an empty document."""
    word = {"text": "document", "pdf": "PDF"}.get(kind, kind)
    return Call(
        "create_document", {"name": name, "kind": kind}, lambda rng, _: say(rng, _CREATED, name=name, kind=word)
    )


def create_document(rng):
    """A new, empty document."""
    kind = rng.choices(tuple(KINDS), (42, 16, 21, 21))[0]
    name = spans.document_name(rng)
    word = pick(rng, KINDS[kind])
    said = changed(rng, name, spans.document_name, 0.012)
    section = "page" if kind == "text" and rng.random() < 0.2 else "plain"
    text = pick(rng, frames("create_document")[section], kind=raw(word), name=said)
    return Request(text.replace("file file", "file"), [created(name, kind)], text.endswith(CLOSE))


_OPENED = (
    "choose the one you want to open.",
    "pick the document from the list.",
    "here are your documents.",
    "which one? pick it from the list.",
)


def open_document(rng):
    """An existing document, which the user chooses."""
    known = frames("open_document")
    kind = rng.choices(("any", "text", "pdf", "spreadsheet", "presentation"), (30, 15, 20, 18, 17))[0]
    call = Call("open_document", {"kind": kind}, lambda rng, _: say(rng, _OPENED))
    return Request(pick(rng, known[kind], **spans.PARTS), [call])


_FILES = {
    "image": "photo|picture|image|pic|screenshot|photo|picture|jpg|jpeg|scan|drawing|png|photograph|snapshot|selfie",
    "video": "video|clip|video file|movie|film|video|video clip|screen recording|mp4",
    "audio": "audio file|song|recording|sound file|voice memo|mp3|music file|voice recording|audio recording|voice note|"
    "sound recording|audio clip|voice message|track",
    "any": "file|file|attachment|item|file|thing|file of any kind",
}
_CHOOSE = ("choose what you want to use.", "the file list is open.", "pick from the list.", "please choose.")


def pick_file(rng):
    """Files to attach or import."""
    kind, multiple = rng.choice(tuple(_FILES)), rng.random() < 0.45
    thing = rng.choice(_FILES[kind].split("|"))
    if multiple:
        thing = "files of any kind" if " of " in thing else thing + "s"
        text = pick(rng, frames("pick_file")["many"], things=raw(thing))
    else:
        text = pick(rng, frames("pick_file")["one"], thing=raw(thing))
    call = Call("pick_file", {"kind": kind, "multiple": multiple}, lambda rng, _: say(rng, _CHOOSE))
    return Request(text, [call])


def restated(rng):
    """The same wish said twice in other words; it is one call."""
    make = rng.choice(
        (
            open_settings,
            open_settings,
            open_settings,
            open_camera,
            take_photo,
            record_video,
            open_document,
            pick_ringtone,
        )
    )
    first, second = make(rng), make(rng)
    while second.calls[0].arguments != first.calls[0].arguments:
        second = make(rng)
    asks = first.text.startswith(("what", "which", "where", "how"))
    joiner = rng.choice(
        (". ", ". ", ", ", "; ", "? " if asks else ". ", " - ", ", i mean ", ", that is, ", ". so ", ". please ")
    )
    return Request(first.text + joiner + second.text, first.calls, True)


FUNCTIONS = {
    "open_settings": open_settings,
    "open_camera": open_camera,
    "take_photo": take_photo,
    "record_video": record_video,
    "create_document": create_document,
    "open_document": open_document,
    "pick_file": pick_file,
    "pick_ringtone": pick_ringtone,
}
