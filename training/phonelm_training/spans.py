"""Random names, numbers, places and titles: the spans that a call copies out of a request.

Part of every kind is made up letter by letter or drawn word by word, so that the model learns to copy and
not to recall.
"""

import unicodedata

from .grammar import expand, finish, pick
from .lists import load
from .numbers import words as number_words

_ONSETS = "b c d f g h j k l m n p r s t v w y z br ch cr dr fl gr kh kl kr ll ph pl qu sh sk sl sp st str th tr vl zh".split()
_VOWELS = "a e i o u a e i o u a e i o u ai au ea ee ia io oo ou".split()
_ACCENTS = "á à â ã ä å æ é è ê ë í ì î ï ó ò ô õ ö ø ú ù û ü ý ñ ç ß ş ğ ı č ć ž š ř ł ń ę ą ő ű ā ē ī ō ū đ ț".split()
_CODAS = ["", "", "", "", "n", "r", "s", "l", "m", "t", "k", "d", "nd", "rt", "sh", "x", "ck", "ng", "lt", "v"]


def made_up(rng, syllables=None):
    """A word that nobody has seen: 'Troupalan'."""
    style = rng.random()
    if style < 0.4:
        return _blend(rng)
    if style < 0.5:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randrange(2, 9)))
    count = syllables or rng.choice((1, 2, 2, 2, 3, 3))
    text = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(count))
    text = text[:12]
    if rng.random() < 0.15:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(_ACCENTS) + text[at + (rng.random() < 0.6) :]
    return text


def _blend(rng):
    """The beginning of one word and the end of another."""
    pools = (
        "first_names",
        "last_names",
        "nouns",
        "places",
        "verbs",
        "adjectives",
        "media",
        "doc_names",
        "events",
        "companies",
        "place_kinds",
        "search_topics",
    )
    words = []
    for _ in "ab":
        entry = rng.choice(load(rng.choice(pools)))
        words.append(max(entry.split(), key=len).strip(".,'").lower())
    first, second = words
    text = first[: rng.randrange(2, len(first) + 1)] + second[rng.randrange(0, max(1, len(second) - 2)) :]
    return text[:13]


def any_words(rng, count):
    """`count` plain words in no order that means anything."""
    pools = (load("nouns"), load("adjectives"), load("verbs"))
    return " ".join(made_up(rng) if rng.random() < 0.06 else rng.choice(rng.choice(pools)) for _ in range(count))


def noun_phrase(rng):
    """'red bucket', 'wooden toy ladder'."""
    style = rng.random()
    nouns = load("nouns")
    if style < 0.35:
        return rng.choice(nouns)
    if style < 0.7:
        return f"{rng.choice(load('adjectives'))} {rng.choice(nouns)}"
    if style < 0.86:
        return f"{rng.choice(nouns)} {rng.choice(nouns)}"
    link = rng.choice(("for", "for", "of", "with", "and", "in", "at", "on", "to", "from", "without", "about"))
    last = made_up(rng) if rng.random() < 0.3 else rng.choice(nouns)
    return f"{rng.choice(nouns)} {link} {last}"


def first_name(rng):
    """One given name, sometimes a made-up one."""
    if rng.random() < 0.3:
        return made_up(rng, rng.choice((2, 2, 3))).capitalize()
    return rng.choice(load("first_names"))


def full_name(rng):
    """Given and family name."""
    last = made_up(rng, 2).capitalize() if rng.random() < 0.3 else rng.choice(load("last_names"))
    if rng.random() < 0.08:
        return f"{first_name(rng)} {first_name(rng)} {last}"
    if rng.random() < 0.08:
        return f"{first_name(rng)} {last}-{rng.choice(load('last_names'))}"
    return f"{first_name(rng)} {last}"


_TITLES = (
    "Mr.",
    "Mrs.",
    "Ms.",
    "Dr.",
    "Professor",
    "Coach",
    "Aunt",
    "Uncle",
    "Mr",
    "Dr",
    "Miss",
    "Sir",
    "Lady",
    "Captain",
    "Sergeant",
    "Officer",
    "Nurse",
    "Father",
    "Sister",
    "Brother",
    "Rabbi",
    "Imam",
    "Pastor",
    "Judge",
    "Chef",
    "Cousin",
    "Grandma",
    "Grandpa",
    "Granny",
    "Grandad",
    "Auntie",
    "Nana",
    "Old",
    "Little",
    "Big",
    "Señora",
    "Señor",
    "Herr",
    "Frau",
    "Madame",
    "Monsieur",
    "Master",
    "King",
    "Doctor",
    "Prof.",
)


def person(rng):
    """Someone to call or write to."""
    style = rng.random()
    if style < 0.48:
        return first_name(rng)
    if style < 0.68:
        return full_name(rng)
    if style < 0.84:
        return rng.choice(load("relations"))
    if style < 0.95:
        title = rng.choice(_TITLES)
        if rng.random() < 0.5:
            return f"{title} {first_name(rng)}"
        return f"{title} {rng.choice(load('last_names')) if rng.random() < 0.6 else made_up(rng, 2).capitalize()}"
    return f"{first_name(rng)} from {rng.choice(('work', 'school', 'the gym', 'accounting', rng.choice(load('companies'))))}"


def bare_person(rng):
    """A name without 'my' or 'the' in front, for a contact that exists."""
    while True:
        name = person(rng)
        if not name.startswith(("my ", "the ")):
            return name


def phone(rng):
    """A telephone number as written: '555-0143', '+44 20 7946 0018'."""
    digit = lambda count: "".join(str(rng.randrange(10)) for _ in range(count))
    style = rng.randrange(10)
    forms = (
        lambda: f"555-{digit(4)}",
        lambda: f"555 {digit(4)}",
        lambda: f"{digit(3)}-{digit(3)}-{digit(4)}",
        lambda: f"0{digit(10)}",
        lambda: f"+{rng.randrange(1, 99)} {digit(2)} {digit(4)} {digit(4)}",
        lambda: f"({digit(3)}) {digit(3)}-{digit(4)}",
        lambda: f"0{digit(4)} {digit(6)}",
        lambda: f"{digit(3)} {digit(3)} {digit(4)}",
        lambda: digit(rng.randrange(5, 12)),
        lambda: f"0{digit(2)} {digit(3)} {digit(2)} {digit(2)}",
    )
    return forms[style]()


def email(rng):
    """An e-mail address."""
    name = first_name(rng).lower() if rng.random() < 0.7 else rng.choice(load("nouns"))
    style = rng.random()
    if style < 0.3:
        name += rng.choice((".", "_", "-", "")) + rng.choice(load("last_names")).lower().replace(" ", "")
    elif style < 0.45:
        name += str(rng.randrange(1, 100))
    elif style < 0.55:
        name = rng.choice(
            ("info", "office", "support", "sales", "hello", "contact", "billing", "team", "jobs", "orders", "help")
        )
    host = (
        made_up(rng).lower()
        if rng.random() < 0.5
        else rng.choice(load("nouns")) + rng.choice(("", "", rng.choice(load("nouns"))))
    )
    if rng.random() < 0.3:
        host = rng.choice(("mail", "example", "post", "inbox", "work", "school"))
    ending = rng.choice(("com", "com", "com", "org", "net", "example", "io", "co.uk", "de", "edu", "fr", "in"))
    return _ascii(f"{name}@{host}.{ending}")


def _ascii(text):
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if char.isascii())


def address(rng):
    """A street address."""
    road = made_up(rng, 2).capitalize() if rng.random() < 0.4 else rng.choice(load("nouns")).capitalize()
    kind = rng.choice(
        ("Street", "Road", "Avenue", "Lane", "Square", "Drive", "Way", "Boulevard", "Court", "St", "Hill")
    )
    number = rng.randrange(1, 400)
    return f"{number} {road} {kind}" if rng.random() < 0.8 else f"{road} {kind} {number}"


def spot(rng):
    """A named place: 'Krolin Museum', 'the Blue Anchor', 'Lake Torvi', 'Oslo'."""
    style = rng.random()
    if style < 0.42:
        return rng.choice(load("places"))
    if style < 0.56:
        return address(rng)
    made = made_up(rng).capitalize()
    if style < 0.66:
        return made
    if style < 0.74:
        return finish(expand(rng, "[Lake|Mount|Port|San|Fort|New|North|St.|Cape|Villa|Rue|Plaza] {made}", made=made))
    if style < 0.86:
        kind = rng.choice(load("place_kinds")).title() if rng.random() < 0.5 else rng.choice(load("nouns")).capitalize()
        return f"{made} {kind}"
    if style < 0.93:
        return f"{'the ' if rng.random() < 0.5 else ''}{rng.choice(load('adjectives')).capitalize()} {rng.choice(load('nouns')).capitalize()}"
    if style < 0.97:
        return f"{first_name(rng)}'s {rng.choice(('place', 'house', 'flat', 'apartment', 'office', 'studio'))}"
    return f"the {rng.choice(load('adjectives'))} {rng.choice(load('nouns'))}"


def place_query(rng):
    """What one looks up on a map: a spot, a kind of place, a kind of place in a town."""
    style = rng.random()
    if style < 0.5:
        return spot(rng)
    kind = rng.choice(load("place_kinds"))
    if rng.random() < 0.4:
        kind = plural(kind)
    if style < 0.8:
        return kind
    where = rng.choice(load("places")[:40]) if rng.random() < 0.5 else made_up(rng).capitalize()
    return f"{kind} {rng.choice(('in', 'in', 'near', 'around', 'close to'))} {where}"


def plural(noun):
    """The plural of a regular noun."""
    if noun.endswith(("s", "sh", "ch", "x")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def title(rng):
    """What a calendar event is called."""
    style = rng.random()
    if style < 0.5:
        title = rng.choice(load("events"))
        if rng.random() < 0.2:
            title += f" {rng.choice(('for', 'with', 'at', 'of', 'about'))} {first_name(rng) if rng.random() < 0.5 else rng.choice(load('nouns'))}"
        elif rng.random() < 0.15:
            title = f"{first_name(rng)}{rng.choice((chr(39) + 's', 's'))} {title}"
        return title
    if style < 0.62:
        return finish(pick(rng, _WITH_PERSON, name=first_name(rng)))
    if style < 0.72:
        return rng.choice(load("tasks"))
    if style < 0.9:
        return finish(pick(rng, _WITH_NOUN, noun=noun_phrase(rng)))
    return any_words(rng, rng.choice((1, 2, 2, 3)))


_WITH_PERSON = (
    "[lunch|dinner|coffee|call|meeting|drinks|brunch|breakfast|catch up|tennis|walk|chat|date] with {name}",
    "{name}'s [birthday|party|wedding|recital|graduation|visit|game|baby shower|concert|farewell|appointment|birthday party]",
    "[visit|call|pick up|interview|babysit for|present for] {name}",
)
_WITH_NOUN = (
    "{noun} [meeting|class|lesson|review|party|workshop|festival|delivery|show|appointment|check|competition|club|training|fair|planning]",
    "[visit to the|talk about|fix the|collect the|repair of the|clean the|buy the] {noun}",
)


def label(rng, own):
    """What an alarm or timer is for; `own` names the list of typical ones."""
    style = rng.random()
    if style < 0.5:
        return rng.choice(load(own))
    if style < 0.7:
        return noun_phrase(rng)
    if style < 0.85:
        return finish(
            pick(
                rng,
                ("{noun} [class|practice|training|meeting|soup|cake|stew|check|drill|shift|delivery]",),
                noun=noun_phrase(rng),
            )
        )
    return f"{first_name(rng)}'s {rng.choice(('call', 'flight', 'train', 'bath', 'nap', 'lesson', 'bottle', 'concert', 'visit', 'show', 'recital', rng.choice(load('nouns'))))}"


def task(rng):
    """A verb phrase: 'call the plumber', 'paint the fence'."""
    style = rng.random()
    if style < 0.35:
        return rng.choice(load("tasks"))
    if style < 0.85:
        return finish(pick(rng, _TASKS, verb=rng.choice(load("verbs")), noun=noun_phrase(rng)))
    return finish(
        pick(rng, ("[call|phone|text|email|visit|pick up|meet|collect|write to|thank] {name}",), name=person(rng))
    )


_TASKS = (
    "{verb} the {noun}",
    "{verb} the {noun}",
    "{verb} my {noun}",
    "{verb} some {noun}",
    "{verb} a {noun}",
    "{verb} the {noun} [out|in|away|back|again|up|down]",
    "{verb} {noun}",
)


def query(rng):
    """What to search the web for."""
    style = rng.random()
    if style < 0.35:
        return rng.choice(load("search_topics"))
    if style < 0.8:
        return finish(
            pick(
                rng,
                _QUERIES,
                verb=rng.choice(load("verbs")),
                noun=noun_phrase(rng),
                other=noun_phrase(rng),
                name=full_name(rng) if rng.random() < 0.5 else made_up(rng).capitalize(),
                place=rng.choice(load("places")[:40]),
                year=rng.randrange(1950, 2030),
            )
        )
    return any_words(rng, rng.choice((1, 2, 3, 3, 4, 5)))


_QUERIES = (
    "how to {verb} a {noun}",
    "how to {verb} the {noun} [quickly|at home|without a {other}|with a {other}|safely]",
    "[best|cheap|new|used|second hand|vegan|easy|free|small|organic|top rated] {noun} [|in {place}|for kids|near {place}|under 50 dollars|{year}]",
    "{noun} [recipe|recipes|prices|reviews|news|ideas|rules|history|for sale|for beginners|jobs|repair|museum|rental|size chart|opening hours]",
    "why [is|are|do|does] [the |]{noun} {other}",
    "what is a {noun}",
    "who is {name}",
    "{name} [news|biography|songs|movies|tickets|age|{year}]",
    "[weather|hotels|flights|restaurants|concerts|events|jobs|bus times|train times|museums] [in|to|for] {place}",
    "difference between {noun} and {other}",
    "{noun} vs {other}",
    "when [was|is] [the|] {noun} [invented|open|season]",
    "is {noun} good for {other}",
    "where to [buy|find|see|get] [a|] {noun}",
    "how [long|many|much|old|far|big] is [a|the] {noun}",
    "{noun} {other} {year}",
    "what does {name} mean",
    "can [dogs|cats|you|kids] eat {noun}",
    "signs of a {adj} {noun}".replace("{adj}", "[bad|broken|healthy|good]"),
)


def media(rng):
    """What to play."""
    style = rng.random()
    if style < 0.45:
        return rng.choice(load("media"))
    name = full_name(rng) if rng.random() < 0.6 else rng.choice(load("media")[40:60])
    song = rng.choice(load("media")[20:40]) if rng.random() < 0.4 else any_words(rng, rng.choice((1, 2, 3))).title()
    if style < 0.6:
        return f"{song} by {name}"
    if style < 0.7:
        return song
    if style < 0.8:
        return name
    if style < 0.9:
        return finish(
            pick(
                rng,
                (
                    "the {noun} podcast",
                    "a podcast about {noun}",
                    "[the|a] video about {noun}s",
                    "{noun} music",
                    "the {noun} album",
                    "my {noun} playlist",
                    "songs about {noun}",
                    "{noun} sounds",
                    "the soundtrack of {noun}",
                    "the latest {noun} episode",
                ),
                noun=noun_phrase(rng),
            )
        )
    return made_up(rng).capitalize() if rng.random() < 0.5 else any_words(rng, 2)


def document_name(rng):
    """A file name as said."""
    style = rng.random()
    if style < 0.4:
        return rng.choice(load("doc_names"))
    if style < 0.7:
        return noun_phrase(rng) + rng.choice(
            ("", "", " list", " plan", " notes", " report", " draft", f" {rng.randrange(2020, 2030)}")
        )
    if style < 0.8:
        return f"{first_name(rng)}'s {rng.choice(load('nouns'))}"
    return any_words(rng, rng.choice((1, 2, 3)))


def company(rng):
    """The name of a firm."""
    if rng.random() < 0.5:
        return rng.choice(load("companies"))
    made = made_up(rng).capitalize() if rng.random() < 0.6 else rng.choice(load("nouns")).capitalize()
    return made + rng.choice(
        ("", " Ltd", " Inc", " Bank", " Labs", " Media", " Foods", " and Co", " Motors", " Design", " University")
    )


def spoken_number(rng):
    """Digits in words, as dictation gives them: 'five five five two'."""
    return " ".join(number_words(rng.randrange(10)) for _ in range(rng.randrange(4, 8)))
