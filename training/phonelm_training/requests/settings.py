"""Requests for the pages of the system settings, by name and by need."""

from .. import spans
from ..calls import Call, Request
from ..grammar import frames, pick, raw, say

_DONE = ("the {page} are open.", "here are the {page}.", "i opened the {page}.", "these are the {page}.")
_SAID = {
    "main": "settings",
    "wifi": "Wi-Fi settings",
    "airplane_mode": "airplane mode settings",
    "bluetooth": "Bluetooth settings",
}


def _name(rng, section):
    return raw(pick(rng, frames("settings_names")[section]))


def opened(page):
    """The call that opens a page."""
    said = _SAID.get(page, f"{page} settings")
    return Call("open_settings", {"page": page}, lambda rng, _: say(rng, _DONE, page=said))


def open_settings(rng):
    """A page of the system settings."""
    known, names = frames("open_settings"), frames("settings_names")
    page = rng.choice(tuple(section for section in known if section != "page"))
    if page in names and rng.random() < 0.45:
        text = pick(rng, known["page"], page=_name(rng, page))
    else:
        text = pick(
            rng,
            known[page],
            tongue=lambda rng: _name(rng, "tongue"),
            city=spans.city,
            number=lambda rng: rng.choice((1, 2, 3, 4, 5, 7, 8, 10, 12, 15, 20, "five", "ten", "three", "twenty")),
        )
    return Request(text, [opened(page)])
