"""Places: named spots, kinds of places, streets."""

from ..grammar import expand, finish
from ..lists import load
from .names import address, company, first_name, last_name
from .words import made_up, plural


def city(rng):
    """A town, sometimes a made-up one."""
    if rng.random() < 0.3:
        return made_up(rng).capitalize()
    places = load("places")
    while True:
        place = rng.choice(places)
        if place[0].isupper() and not place[-1].isdigit():
            return place


def spot(rng):
    """A named place: 'Krolin Museum', 'the Blue Anchor', 'Lake Torvi', 'Oslo'."""
    style = rng.random()
    if style < 0.38:
        return rng.choice(load("places"))
    if style < 0.52:
        return address(rng)
    if style < 0.55:
        return f"{city(rng)} {rng.choice(_PARTS)}"
    made = made_up(rng).capitalize() if rng.random() < 0.7 else last_name(rng)
    if style < 0.60:
        return made
    if style < 0.70:
        return finish(expand(rng, _BEFORE, made=made))
    if style < 0.84:
        kind = rng.choice(load("place_kinds")).title() if rng.random() < 0.5 else rng.choice(load("nouns")).title()
        return f"{made} {kind}"
    if style < 0.90:
        article = "the " if rng.random() < 0.5 else ""
        return f"{article}{rng.choice(load('adjectives')).capitalize()} {rng.choice(load('nouns')).title()}"
    if style < 0.93:
        return f"{first_name(rng)}'s {rng.choice(('place', 'house', 'flat', 'apartment', 'office', 'studio', 'bar', 'cafe', 'garage'))}"
    if style < 0.95:
        return company(rng)
    if style < 0.98:
        return f"the {rng.choice(load('place_kinds'))} {rng.choice(('in', 'on', 'near', 'by', 'at'))} {made}"
    return f"the {rng.choice(load('adjectives'))} {rng.choice(load('nouns'))}"


_PARTS = (
    "harbour|central station|city centre|airport|town hall|main square|beach|market hall|university|old quarter|west|"
    "north side|zoo|botanical garden|ferry port|south gate|cathedral square|ring road"
).split("|")
_BEFORE = (
    "[Lake|Mount|Port|San|Fort|New|North|South|East|West|Upper|St.|Saint|Cape|Villa|Rue|Plaza|Pier|Hotel|Cafe|Casa|Castle|"
    "Camp|Isle of|Bay of|Museum of|University of|Gate|Terminal|Old|Santa|El|La|Puerto|Bad|Ponte|Piazza|Parc] {made}"
)


def place_query(rng):
    """What one looks up on a map: a spot, a kind of place, a kind of place in a town."""
    style = rng.random()
    if style < 0.48:
        return spot(rng)
    kind = rng.choice(load("place_kinds"))
    if rng.random() < 0.15:
        kind = f"{rng.choice(load('adjectives'))} {kind}"
    if rng.random() < 0.4:
        kind = plural(kind)
    if style < 0.78:
        return kind
    where = city(rng) if rng.random() < 0.8 else spot(rng)
    return f"{kind} {rng.choice(('in', 'in', 'near', 'around', 'close to', 'by', 'next to'))} {where}"
