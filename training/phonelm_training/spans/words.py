"""Made-up words, noun phrases and plurals: the letters and words that names and titles are glued from."""

from ..lists import load

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


def plural(noun):
    """The plural of a regular noun."""
    if noun.endswith(("s", "sh", "ch", "x")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"
