"""How a request is typed or dictated: politeness, capitals, punctuation, slips of the finger, ums.

Marked slots stay as they are, except that what is done to a whole request (lower case, no commas) is done to its
slots as well, and then to what its calls copy.
"""

import re

from .grammar import CLOSE, OPEN, articles, expand, finish

_PRONOUN = re.compile(r"\bi\b(?=$|[ ,.!?:;]|'(?:m|ll|ve|d)\b)")
# What stands in front of an imperative.
_CARRIERS = (
    "[please|please|please|can you|can you|could you|could you|would you|will you|can u|could u|would u]",
    "[can you|could you|would you] please",
    "please [can|could|would|will] you",
    "[hey|hi|hello|ok|okay|so|right|alright|well|um|uh|erm|listen|yo|oh|now|hm|look|quick|good morning|good evening|hello there|hey there|excuse me|sorry]{comma} [|please|can you|could you|would you|could you please|i need you to|just]",
    "[i want|i need|i'd like|i would like|i'd love|i'd want] you to",
    "[i was hoping|i was wondering if|i'd appreciate it if|i'd be glad if|i'd be grateful if|it would be great if|it'd be nice if|i wonder if|it would help if|i'd be happy if|maybe|perhaps] you could",
    "[any chance|is there any chance|is there a way|do you think|would it be possible that|is it possible that] you [can|could]",
    "[would it be possible|is it possible|would it be ok|i'd like|could i ask you|may i ask you|i have to ask you|your job is|you need|remember|be sure|make sure|try|feel free|kindly be so good as|you're welcome] to",
    "[do me a favor|do me a favour|be so kind|be a dear|be an angel|be a star|be a good assistant|go ahead|hurry up|be quick|come on] and",
    "[kindly|just|quickly|simply|now|next|first|also|then|maybe|actually|well now|let's|you should|you can|you may|you could|you must|you'd better|why don't you|how about you|better|do|at once]",
    "[hey phone|phone|assistant|computer|robot|dear phone|hey you|my friend|buddy|hey assistant|ok phone|dear assistant|machine]{comma} [|please|can you|could you]",
    "[if you can|if you don't mind|if possible|if it's not too much trouble|when you get a second|when you have a moment|when you're ready|for me|before i forget|while i remember|one more thing|one thing|next thing|a favour|quick question|small request|new task|task for you|to do|for later|on second thoughts|as always|as usual|like yesterday]{comma} [|please|could you|can you]",
    "[i'm asking you to|i have to|i want to|i need to|i'd like to|i gotta|we should|we need to|we have to|let me|help me|help me to|i must|could we|can we|shall we]",
)
_GERUND_CARRIERS = (
    "[would you mind|would you mind|do you mind|mind|how about|what about|how would you feel about|i'd appreciate you|thanks for|thanks in advance for|can i trouble you with|are you up for|any objection to]",
)
_SUFFIXES = (
    "[please|please|please|thanks|thank you|thx|ty|cheers|pls|plz|for me|for me please|now|right now|asap|if you can|if possible|right away|quickly|real quick|when you can|thank you so much|that would be great|that'd be great|would you|will you|ok|okay|can you|could you|if you would|if you don't mind|if that's possible|much appreciated|that's all|immediately|at once|as soon as possible|if you please|my friend|buddy|and thanks|many thanks|thanks a lot|when you get a chance|and that's it|i beg you|you're the best|before i forget|if it's not too much|kindly|there's a dear]",
)
_SPACES = re.compile(r" {2,}")
VERBS = frozenset(
    "set create make add put start run open show list display view text message send tell write call ring phone dial give get find search google look play navigate take record film snap choose pick change select attach upload import save store schedule plan book wake remind email mail update edit turn switch check read bring pull go mark note begin launch count time let locate mute pair connect e-mail compose draft shoot drop fire prepare load reserve block hold keep pencil slot arrange fix enter register log jot rouse alert notify ping nudge beep guide lead drive walk route direct stream queue crank throw stick pop capture grab photograph silence stop disable enable browse insert correct replace overwrite inform sms type key place zoom pin highlight pinpoint point resume rename continue tick stir dim brighten clear free uninstall remove manage".split()
)
_DOUBLED = frozenset("set put get run let pin plan log jot slot drop stop pop stir shop snap tap swim dim".split())
_FILLERS = (
    "um",
    "uh",
    "er",
    "erm",
    "like",
    "you know",
    "uhm",
    "hmm",
    "well",
    "i mean",
    "so",
    "uh like",
    "ah",
    "eh",
    "kind of",
)
_NAMED_DAYS = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|april|june|july|august|september|october|november"
    r"|december|christmas|easter|halloween|thanksgiving|diwali|eid|(?:march|may)(?= \d)|(?<=\d )(?:march|may)"
    r"|(?<=\d(?:st|nd|rd|th) )(?:march|may)|(?<=\d(?:st|nd|rd|th) of )(?:march|may))\b"
)
_SHORTHAND = (
    (r"\byou\b", "u"),
    (r"\bplease\b", "pls"),
    (r"\bare\b", "r"),
    (r"\bthanks\b", "thx"),
    (r"\byour\b", "ur"),
    (r"\band\b", "n"),
)


def capital_i(text):
    """The pronoun in capitals, outside of marked slots too where it stands alone."""
    return _PRONOUN.sub("I", text)


def _capitals(text):
    """The pronoun, weekdays, months and holidays in capitals."""
    return _NAMED_DAYS.sub(lambda found: found[0].capitalize(), capital_i(text))


def _unpunctuated(text):
    return " ".join(re.sub(r"[,;!?\"]", " ", text).split())


def _without_apostrophes(text):
    return text.replace("'", "")


def sentence(text):
    """First letter and pronoun in capitals."""
    at = next((i for i, char in enumerate(text) if char not in (OPEN, CLOSE)), 0)
    return capital_i(text[:at] + text[at : at + 1].upper() + text[at + 1 :])


def gerund(verb):
    """'set' as 'setting', 'make' as 'making'."""
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ing"
    return f"{verb[:-1] if verb.endswith('e') and not verb.endswith('ee') else verb}ing"


def polite(rng, text, open_end):
    """Words in front of or behind a request, where they fit."""
    first, _, rest = text.partition(" ")
    roll = rng.random()
    if first in VERBS and roll < 0.36:
        if roll < 0.03 and rest:
            text = f"{expand(rng, _GERUND_CARRIERS[0])} {gerund(first)} {rest}"
        else:
            comma = rng.choice((",", ",", ""))
            pattern = _CARRIERS[int(rng.random() ** 1.4 * len(_CARRIERS))]
            text = f"{expand(rng, pattern.replace('{comma}', comma))} {text}"
    elif roll > 0.95:
        text = f"{expand(rng, '[hey|hi|ok|so|um|hello|hey there|well|oh|uh|right|good morning|hey phone|assistant|listen|quick|please|yo|erm|hiya|good evening|excuse me]')}{rng.choice((',', ',', ''))} {text}"
    if not open_end and rng.random() < 0.13:
        text = f"{text}{rng.choice((' ', ', ', ' '))}{expand(rng, _SUFFIXES[0])}"
    return text


def slip(rng, text):
    """One slip of the finger in one plain word of four letters or more."""
    spots = [m for m in re.finditer(r"[a-z]{4,}", text) if _outside(text, m.start())]
    if not spots:
        return text
    match = rng.choice(spots)
    word, at = match.group(), rng.randrange(1, len(match.group()) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == 1:
        word = word[:at] + word[at + 1 :]
    elif kind == 2:
        word = word[:at] + word[at] + word[at:]
    else:
        word = word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]
    return text[: match.start()] + word + text[match.end() :]


def _outside(text, at):
    return text.count(OPEN, 0, at) == text.count(CLOSE, 0, at)


_QUESTION = re.compile(r"^(what|where|when|who|which|how|can|could|would|will|is|are|do|does|did|may|any|whose|why)\b")


def _hesitant(rng, text):
    """An 'um' or a word said twice, between words that are not copied."""
    spots = [at for at, char in enumerate(text) if char == " " and _outside(text, at)]
    if not spots:
        return text
    at = rng.choice(spots)
    before = re.search(r"[a-z']+$", text[:at])
    if before and rng.random() < 0.25:
        return f"{text[:at]} {before[0]}{text[at:]}"
    filler = rng.choice(_FILLERS)
    return text[:at] + rng.choice((f" {filler}", f", {filler},", f" {filler}", f"... {filler}")) + text[at:]


_LONG = (
    (r"\bi am\b", "i'm"),
    (r"\bi would\b", "i'd"),
    (r"\bi will\b", "i'll"),
    (r"\bi have\b", "i've"),
    (r"\bwhat is\b", "what's"),
    (r"\bwhere is\b", "where's"),
    (r"\bit is\b", "it's"),
    (r"\bthat is\b", "that's"),
    (r"\bdo not\b", "don't"),
    (r"\blet us\b", "let's"),
    (r"\bwe are\b", "we're"),
    (r"\bthere is\b", "there's"),
    (r"\bwant to\b", "wanna"),
    (r"\bgoing to\b", "gonna"),
    (r"\bgot to\b", "gotta"),
    (r"\bgive me\b", "gimme"),
    (r"\blet me\b", "lemme"),
)
_SHORT = tuple((re.escape(short) + r"\b", re.sub(r"\\b", "", long)) for long, short in _LONG)
_DROPPED = re.compile(r"\b(?:a|an|the|my|me|some) (?!\()")


def _outside_slots(text, change):
    """`change` of the parts that no call copies."""
    parts = re.split(f"({OPEN}[^{CLOSE}]*{CLOSE})", text)
    parts[::2] = [change(part) for part in parts[::2]]
    return "".join(parts)


def _contracted(rng, text):
    """'what is' for 'what's' or the other way round."""
    table = _LONG if rng.random() < 0.4 else _SHORT

    def change(part):
        for pattern, other in table:
            part = re.sub(pattern, other, part)
        return part

    return _outside_slots(text, change)


def _telegram(text):
    """Without articles: 'set alarm for 7', 'show contact of Ann'."""
    return _outside_slots(text, lambda part: _DROPPED.sub("", part))


def _lower(rng, text, calls):
    """Typed in lower case throughout; half of the time as dictation gives it, without punctuation."""
    changes = [str.lower]
    if rng.random() < 0.5:
        changes.append(_unpunctuated)
        text = _outside_slots(text, lambda part: re.sub(r"\.(?= |$)|\.\.\.|:(?= )| - ", " ", part))
    if rng.random() < 0.22:
        changes.append(_without_apostrophes)
    plain = finish(text)
    for change in changes:
        _each_string(calls, change, plain)
        plain = change(plain)
    if rng.random() < 0.05 and not any(_copies(call) for call in calls):
        for long, short in rng.sample(_SHORTHAND, 3):
            plain = re.sub(long, short, plain)
    return plain


def _copies(call):
    return any(key in _COPIED for key in call.arguments)


def typed(rng, text, calls, open_end):
    """The request as typed, without marks; what is done to its copied words is done to the calls' strings."""
    roll = rng.random()
    text = articles(_SPACES.sub(" ", text))
    text = text.replace(" ,", ",").replace(" .", ".").replace(f" {OPEN}{CLOSE},", ",")
    if rng.random() < 0.05:
        text = slip(rng, text)
    change = rng.random()
    if change < 0.03:
        text = _hesitant(rng, text)
    elif change < 0.12:
        text = _contracted(rng, text)
    elif change < 0.16:
        text = _telegram(text)
    if roll < 0.60:
        change = _capitals if rng.random() < 0.85 else capital_i
        _each_string(calls, change, finish(text))
        text = change(text)
        if text.startswith(OPEN):
            first = finish(text[: text.index(CLOSE)])
            _each_string(calls, lambda value: value[:1].upper() + value[1:] if value == first else value, first)
        plain = finish(sentence(text))
        if rng.random() < 0.75 and plain[-1:].isalnum():
            question = _QUESTION.match(plain.lower())
            plain += ("?" if rng.random() < 0.85 else ".") if question else rng.choice((".", ".", ".", ".", "!"))
        return plain
    if roll < 0.92:
        return _lower(rng, text, calls)
    plain = finish(text)
    if roll < 0.97:
        return plain + ("?" if _QUESTION.match(plain) else "")
    if roll < 0.985:
        _each_string(calls, str.upper, plain)
        return plain.upper()
    return plain + rng.choice(("!!", "...", " :)", " 🙂", "?", "!"))


_COPIED = (
    "title",
    "label",
    "body",
    "to",
    "name",
    "query",
    "destination",
    "subject",
    "location",
    "guests",
    "cc",
    "bcc",
    "company",
    "email",
)


def _each_string(calls, change, text):
    """Applies `change` to the arguments that stand in the plain text; what an earlier turn said stays."""
    for call in calls:
        for key, value in call.arguments.items():
            if key not in _COPIED:
                continue
            if isinstance(value, list):
                call.arguments[key] = [change(item) if item in text else item for item in value]
            elif value in text:
                call.arguments[key] = change(value)
