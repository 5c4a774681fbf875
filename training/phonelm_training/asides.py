"""What people say around a request: where they are, why they ask, and what needs no answer by a function."""

from . import clock, sentences, spans
from .grammar import pick, say

_BEFORE = (
    "i'm [cooking|driving|in a hurry|at the gym|on the train|half asleep|about to leave|in bed already|at my desk|on a call|with the kids|at the doctor's|so tired|out of breath|on the couch|packing|waiting for {name}|new in town|a bit late|travelling|having guests]",
    "it's [getting late|been a long day|my turn to cook|cold in here|so loud here|a busy week|dark already|almost noon|raining again|nearly time|hard to concentrate|a {adj} morning|my day off]",
    "my [mother|father|boss|sister|brother|son|daughter|neighbour|cousin|teacher|friend|flatmate|colleague|aunt|grandson] [is visiting|asked me to|needs it|is waiting|will be here soon|keeps asking about the {noun}|never answers|forgot the {noun}|told me about a {noun}|has a {adj} {noun}|wants to {task}|is getting married|loves {noun}]",
    "the {noun} [is {adj}|was {adj}|is broken again|looks {adj}|won't {verb}|came today|is too {adj} for me|has to wait|got lost|belongs to {name}]",
    "we [have guests|are having people over|moved house|just got home|got a new {noun}|ran out of {noun}|are nearly there|want to {task}|have a {adj} {noun}|leave soon|talked about {noun}]",
    "there's [a {noun} in the {noun2}|no {noun} left|a party later|a {adj} {noun} outside|something wrong with the {noun}|a lot going on]",
    "i [can't find|lost|need|bought|promised|wanted|forgot|love|hate|sold|found|broke] [my|the|a|this] {noun}",
    "i have [no time|my hands full|a headache|wet hands|gloves on|a lot to do|a {adj} {noun}|to {task}|an early start|a bad memory|a free evening]",
    "{name} [wanted|asked for|likes|lost|has|brought|sold me|talked about] [my|the|some|a] {noun}",
    "i was [thinking about {noun}|just talking to {name}|going to {task}|told to {task}|reading about {noun}]",
    "i've [been meaning to {task}|been up all night|had a {adj} day|never seen a {adj} {noun}|got a {noun} to {verb}|just finished work|had enough of the {noun}]",
    "tomorrow is [a big day|a long day|{name}'s day off|moving day]",
    "work was [{adj}|long|fun|hard] today",
    "you know how [{adj} the {noun} is|forgetful i am|{name} is]",
    "guess who [is coming|called|bought a {noun}]",
    "[the doctor|my coach|{name}|my wife|my husband|everyone] says [i should {task}|it helps|so|the {noun} is {adj}]",
    "what a [{adj} {noun}|day|week|mess|lovely evening]",
    "that {noun} [is {adj}|makes me {adj}|needs some {noun2}]",
    "[this|that] is [important|urgent|for {name}|a bit silly|about the {noun}]",
    "[the|my|our] [bus|train|ferry|flight|show|lesson|game|meeting|exam|boat|tram|shift|movie] [leaves|starts|begins|is|ends|was|boards] [in {length}|at {time}|{day}]",
    "[we|they|i|the kids] [have|had] {title} {day}",
    "[we meet|they live|i parked|i was born|she works|he is|we are going|i am staying] [at|near|in|close to] {place}",
    "i [never|always|still|really|just] [understood|liked|forget|wonder about|get lost at|dream of|hear about|think about] {noun}",
    "[someone|everybody|a friend|the teacher|my boss] [said|told me|thinks|asked] [that |]the {noun} is {adj}",
    "[lately|today|again|somehow|suddenly] the {noun} [is {adj}|won't {verb}|looks {adj}|got {adj}]",
    "[ugh|oh no|oh dear|great|wow|hooray|finally|hm], [the {noun}|my {noun}|that {noun}|this {noun2}] [again|is {adj}|is gone|is here]",
    "i [did|ate|saw|drank|read|had] [a|the|some] {adj} {noun}[| today| {day}| at {place}]",
    "[it|this|that] [takes|lasts|took] {length}",
    "i don't want to [forget|be late|miss it|{verb} the {noun} again|think about the {noun}]",
    "nobody [told me about the {noun}|is home|wants to {task}]",
)
_AFTER = (
    ", [so|because|since|as] [i don't forget|it's important|i can relax|the {noun} is {adj}|we need it|i'm busy|{name} wants it|i promised|it's for {name}|i have to {task}|there's no {noun} left]",
    ". [it's urgent|no rush|i'm in a hurry|that's all|i'll wait|i promised {name}|don't ask why|the {noun} is {adj}|that would help|i need it badly|then i can {task}|i really need it|it matters to {name}|thank you so much|i'm counting on you|you're a star|and don't worry about the rest]",
    ". [i'll|i will|i'd like to|i want to|we'll|then i'll|i'm going to] [{task}|show it to {name}|use it|need it all day|wait here|tell you which|look at it|take my time|choose later|{task} with it|be quick]",
    ", [i'll|i want to|i'd like to|then i can|we want to] [{task}|show it to {name}|use it|need it {day}|look at it|have a look]",
    ". [it|that|this] [is|was] [for {name}|my {noun}|about the {noun}|{adj}|a long story|the {adj} one|all i need]",
    ", [it's for|it's about|that's for|because of] [{name}|my {noun}|the {noun}|{title}]",
    " [while|before|until|when|after] [i {verb} the {noun}|we {task}|{name} comes|i'm away|it rains|the {noun} is {adj}]",
    ", [i need it|it's urgent|that would be great|i beg you|that's important|my hands are full|i'm busy with the {noun}|i forgot my {noun}|if that's fine|you know me|it can't wait|before i forget]",
)
_HEARD = (
    "I see. Tell me if I can help.",
    "okay. Is there something I can do?",
    "I understand. Let me know if you need anything.",
    "thanks for telling me. What can I do for you?",
    "got it. Do you need something?",
    "oh, I see. Shall I do something?",
)
_GO_ON = (
    "please go on, I did not get all of it.",
    "please say the rest too.",
    "I think something is missing. What would you like?",
    "sorry, I missed the end. What do you need?",
    "what would you like me to do?",
)


def _slots(rng):
    return {
        "noun": spans.noun_phrase(rng),
        "noun2": rng.choice(spans.load("nouns")),
        "adj": rng.choice(spans.load("adjectives")),
        "verb": rng.choice(spans.load("verbs")),
        "task": spans.task(rng),
        "name": spans.first_name(rng),
        "length": clock.duration(rng)[0],
        "time": clock.time_of_day(rng)[0],
        "day": clock.day(rng)[0],
        "title": spans.title(rng),
        "place": spans.spot(rng),
    }


def around(rng, text, open_end):
    """The request with a sentence in front of it, or a reason behind it."""
    if open_end or rng.random() < 0.7:
        joiner = rng.choice((". ", ". ", ". ", ", ", ", so ", "! ", "... ", "; ", " so ", ", anyway, "))
        before = pick(rng, _BEFORE, **_slots(rng))
        if joiner[0] in ".!" and rng.random() < 0.7:
            return before + joiner + text[:1].upper() + text[1:]
        return before + joiner + text
    after = rng.choice(_AFTER)
    return text + (" " if after[0] == " " else "") + pick(rng, (after,), **_slots(rng))


_TELLING = frozenset("i'm i'll i we we're the my it's there you he she they no sorry congratulations good it".split())


def statement(rng, name, offered):
    """Something that asks for nothing."""
    if rng.random() < 0.25:
        text = sentences.message(rng)
        if text.split()[0] in _TELLING:
            return [(text, say(rng, _HEARD))]
    text = pick(rng, _BEFORE, **_slots(rng))
    if rng.random() < 0.3:
        text += rng.choice((". ", ", ", " and ")) + pick(rng, _BEFORE, **_slots(rng))
    return [(text, say(rng, _HEARD))]


def unfinished(rng, name, offered):
    """A request that breaks off before it says what it wants."""
    return [
        (
            pick(
                rng,
                (
                    "[um|uh|so|well|hey|erm|hm|ok|wait|no|sorry|please|actually|hold on|one moment|let me think][,|...| ] [can|could|would|will] you [|please|just|quickly|go and]",
                    "[i want|i need|i'd like|i wanted|i was going|i meant|i think] [|you] to[...|]",
                    "[i mean|what i wanted|what i mean is|the thing is|i was going to say|how do i put it|let me see|where was i]",
                    "[can|could|would] you [|please|just|kindly][...|]",
                    "[um|uh|hmm|erm|well|so|and|but|oh|ah|er]",
                    "[please|ok|so|and then|after that|next|now|first] [the|my|a|that|this]",
                    "[the|my|that|this] {noun}",
                    "[no|yes|well|oh] [the|that|this] {noun}",
                    "[do|is|are|was] [it|that|you|the]",
                    "[it's about|something with|what about|how about] [the|my|a] {noun}",
                    "[not that|no, the other one|forget that|never mind that|hold on|stop|wait|wait a second|one second|oops|sorry, wrong app|that's not it]",
                ),
                **_slots(rng),
            ),
            say(rng, _GO_ON),
        )
    ]


def may_it(rng, name, offered):
    """Whether the assistant is able to do something, asked in general."""
    from .requests_none import ABILITIES

    chosen = rng.choice(list(offered)) if offered and rng.random() < 0.7 else rng.choice(list(ABILITIES))
    able = ABILITIES[chosen]
    asked = pick(
        rng,
        (
            "are you able to {able}",
            "do you know how to {able}",
            "can you {able} [at all|in general|too|as well|if i ask|if i want|in this app]",
            "is it possible to {able} [here|with you|in this app|]",
            "what about {able2}, can you do that",
            "can i use you to {able}",
            "could you {able} if i needed it",
            "is {able2} something you do",
            "do you support {able2}",
            "i wonder if you can {able}",
            "would you be able to {able}",
            "i heard you can {able}, is that true",
        ),
        able=able,
        able2=_gerund(able),
    )
    if chosen in offered:
        return [
            (
                asked,
                say(
                    rng,
                    (
                        "yes, I can {able}. Just ask.",
                        "yes, I can {able}.",
                        "sure, I can {able}. Tell me when you need it.",
                    ),
                    able=able,
                ),
            )
        ]
    return [(asked, say(rng, ("no, I can't {able} here.", "sorry, I can't {able} here."), able=able))]


def _gerund(phrase):
    verb, _, rest = phrase.partition(" ")
    stem = verb[:-1] if verb.endswith("e") else verb + verb[-1] if verb in ("set",) else verb
    return f"{stem}ing {rest}"


def person_first(rng):
    """(request text, name, function, arguments) where a first sentence names the person and the request says 'her'."""
    name = spans.bare_person(rng)
    them, their = rng.choice((("her", "her"), ("him", "his"), ("them", "their")))
    before = pick(
        rng,
        (
            "{name} [called|is waiting|has a question|wanted the {noun}|is in town|is sick|wrote to me|sent me a {noun}|has my {noun}|won a {noun}|is at home now|needs help|left a note|is late|moved house|should know|is on holiday|was here]",
            "i [met|saw|miss|talked to|forgot about|promised|owe|like|know|have news for|must thank|dreamed of] {name}",
            "it's about {name}",
            "i have a {noun} for {name}",
            "i'm [worried about|thinking of|late for|waiting for|proud of] {name}",
            "my {noun} is with {name}",
            "do you remember {name}",
        ),
        name=name,
        noun=spans.noun_phrase(rng),
    )
    joiner = rng.choice((". ", ". ", ", ", ", so ", "; ", "! ", " so "))
    return before + joiner, name, them, their


KINDS = ((statement, 12), (unfinished, 6), (may_it, 6))
