"""Small talk: greetings, who the assistant is, jokes, honest limits.

Each function returns a list of (user pattern text, answer) turns, so that follow-ups stay together.
"""

from . import asides, spans, style
from .grammar import pick, say
from .lists import lines, load
from .moods import MOODS
from .requests.none import ABILITIES, impossible, out_of_range
from .unknown import unknown_fact

_HELLO = (
    "[hi|hello|hey|good morning|good evening|good afternoon|hi there|hello there|hey there|greetings|yo|howdy|hiya|good day|morning|evening] [||assistant|phonelm|friend|computer|you]",
)
_HELLO_BACK = (
    "hello! what can I do for you?",
    "hi! how can I help?",
    "hello, nice to hear from you. what do you need?",
    "hi there! what can I do?",
    "hey! how can I help you?",
)
_HOW = (
    "how are you [|today|doing|feeling|this morning|tonight|these days|keeping][| my friend| assistant| buddy| mate| dear]",
    "[and |so |hey |well |][how are you|how's it going|how are things|how do you do|how's your day|how was your day|are you well|you alright|everything ok|all good][| today| there| with you| my friend| over there]",
    "how's it going",
    "how do you [do|feel]",
    "are you [ok|well|fine|alright]",
    "[what's up|sup|how is life|how have you been|you good]",
)
_HOW_BACK = (
    "I'm fine, thank you. how can I help?",
    "all good here. what can I do for you?",
    "I'm well and ready to help.",
    "very well, thanks. and you?",
)
_WHO = (
    "who are you",
    "what are you",
    "[what's|what is] your name",
    "[tell me|say something] about yourself",
    "introduce yourself",
    "who am i [talking to|speaking with|chatting with]",
    "are you [a robot|a bot|an ai|a computer|human|a person|real|a human|alive|a program|a machine]",
    "what [model|kind of model|ai|software|program] are you",
    "do you have a name",
    "what should i call you",
    "and who are you",
    "which assistant is this",
    "who is this",
)
_WHO_BACK = (
    "I'm {name}, a small language model that runs on this phone.",
    "I am {name}, a small assistant that lives on this phone.",
    "my name is {name}. I'm a small language model, and I run right on this phone.",
    "I'm {name}: a small language model on your phone, no internet needed.",
)
_CAN = (
    "[what|which] [kinds of |types of |sort of |]things [can|do|could] you [do|handle|help with|manage] [|for me|for people]",
    "[tell|show] me [what|how] you [can do|can help|are good for|do]",
    "what [else|all|exactly|more] [can|could|do] you [do|offer|know]",
    "[list|name|describe] your [functions|abilities|skills|features|talents]",
    "[how|in what way|with what] [can|could] you [assist|be of help|be useful|support me]",
    "[give|show] me [an overview|examples|some ideas] [of|for] what you can do",
    "what are your [skills|features|functions|abilities|limits|talents|strengths]",
    "[is there anything|anything] you can do [for me|]",
    "what's your [job|purpose|use]",
    "what can you do [|for me|here]",
    "[what|which] [functions|skills|abilities|features] do you have",
    "how can you help [|me]",
    "what are you [good at|able to do|good for|made for]",
    "help",
    "what can i [ask|say to|tell] you",
    "can you help me",
    "what do you know how to do",
    "i need help",
    "what is possible here",
    "how do you work",
    "show me what you can do",
)
_THANKS = (
    "[thanks|thank you|thx|cheers|thank you so much|thanks a lot|many thanks|great, thanks|perfect, thank you|ok thanks|you're the best|nice one, thanks|awesome|great job|well done|good job|perfect|cool|nice]",
)
_THANKS_BACK = (
    "you're welcome!",
    "any time.",
    "glad to help.",
    "my pleasure.",
    "happy to help!",
    "you're welcome. anything else?",
)
_BYE = (
    "[bye|goodbye|see you|good night|bye bye|see you later|talk to you later|that's all|that was all|i'm done|cya|farewell|have a nice day|until tomorrow]",
)
_BYE_BACK = (
    "goodbye!",
    "bye, see you soon.",
    "see you!",
    "take care!",
    "goodbye, and have a nice day.",
    "bye! I'm here when you need me.",
)
_STORY = (
    "once {name} found a {noun} in the {other}. It was {adj}, so {name} took it home and kept it safe.",
    "{name} had a {adj} {noun}. One day it was gone, but a friend had put it in the {other}. They both laughed.",
    "a {adj} {noun} lived near the {other}. One morning {name} came by, and they became friends.",
)


def persona(rng):
    """A made-up name that an app's instructions may give the assistant."""
    return rng.choice(
        (
            spans.first_name(rng),
            spans.made_up(rng, 2).capitalize(),
            "Pip",
            "Nova",
            "Robin",
            "Jarvis",
            "Max",
            "Sunny",
            "Echo",
            "Bolt",
        )
    )


def greeting(rng, name, offered):
    turns = [(pick(rng, _HELLO), say(rng, _HELLO_BACK))]
    if rng.random() < 0.3:
        turns.append((pick(rng, _HOW), say(rng, _HOW_BACK)))
    return _sentences(turns)


def identity(rng, name, offered):
    return _sentences([(pick(rng, _WHO), say(rng, _WHO_BACK, name=name))])


def abilities(rng, name, offered):
    """What it can do: three of the functions on offer, or talk alone."""
    if offered:
        chosen = [ABILITIES[key] for key in offered if key in ABILITIES][:3]
        if not chosen:
            answer = "I can chat, do small sums and answer simple questions."
        else:
            listed = chosen[0] if len(chosen) == 1 else ", ".join(chosen[:-1]) + " and " + chosen[-1]
            more = rng.choice((", for example", " and more", "")) if len(offered) > 3 else ""
            answer = f"I can {listed}{more}. I also answer simple questions."
    else:
        answer = say(
            rng,
            (
                "I can chat, do small sums and answer simple questions.",
                "I can talk with you, add small numbers and tell you simple facts.",
            ),
        )
    return [(pick(rng, _CAN), answer)]


def manners(rng, name, offered):
    return _sentences(
        [
            rng.choice(
                (
                    (pick(rng, _THANKS), say(rng, _THANKS_BACK)),
                    (pick(rng, _BYE), say(rng, _BYE_BACK)),
                    (pick(rng, _HOW), say(rng, _HOW_BACK)),
                )
            )
        ]
    )


def mood(rng, name, offered):
    pattern = rng.choice(tuple(MOODS))
    praise = rng.choice(
        (
            "funny",
            "great",
            "clever",
            "cute",
            "silly",
            "good",
            "hilarious",
            "sweet",
            "crazy",
            "weird",
            "brilliant",
            "kind",
        )
    )
    return _sentences([(pick(rng, (pattern,), praise=praise, thing=spans.noun_phrase(rng)), say(rng, MOODS[pattern]))])


def joke(rng, name, offered):
    jokes = lines("jokes")
    turns = [
        (
            pick(
                rng,
                (
                    "[tell|give|do you know] me a joke",
                    "[tell me|do you know|say|i want|make] [a|another] joke",
                    "make me laugh",
                    "[say|tell me] something funny",
                    "joke please",
                    "know any [good |]jokes",
                ),
            ),
            rng.choice(jokes),
        )
    ]
    if rng.random() < 0.4:
        turns.append(
            (
                pick(rng, ("[another one|one more|another|tell me another one|again|more|haha, another]",)),
                rng.choice(jokes),
            )
        )
    return turns


def story(rng, name, offered):
    return [
        (
            pick(
                rng,
                (
                    "[tell|write|give] me a [|short|little|bedtime|nice] story",
                    "[i want|i'd like] a [short |]story",
                    "story please",
                    "make up a story",
                ),
            ),
            say(
                rng,
                _STORY,
                name=spans.first_name(rng),
                noun=rng.choice(load("nouns")),
                other=rng.choice(load("nouns")),
                adj=rng.choice(load("adjectives")),
            ),
        )
    ]


def _keys(rng):
    """A hand that slips over the keyboard: 'sdfgh', 'kkkk', '4rt5'."""
    row = rng.choice(("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "xkcdqzjw"))
    if rng.random() < 0.3:
        return rng.choice(row) * rng.randrange(2, 8)
    start = rng.randrange(len(row) - 2)
    return "".join(rng.choice(row[start : start + 5]) for _ in range(rng.randrange(3, 9)))


def nonsense(rng, name, offered):
    """Words without a request in them."""
    style = rng.random()
    if style < 0.5:
        text = spans.any_words(rng, rng.choice((1, 1, 2, 3)))
    elif style < 0.75:
        text = spans.made_up(rng)
    else:
        text = " ".join(_keys(rng) for _ in range(rng.choice((1, 1, 2, 3))))
    return [
        (
            text,
            say(
                rng,
                (
                    "I'm not sure what you mean. can you say it another way?",
                    "sorry, I don't understand. what would you like?",
                    "could you say that another way?",
                ),
            ),
        )
    ]


def foreign(rng, name, offered):
    """A sentence in another language."""
    return [
        (
            rng.choice(lines("foreign")),
            say(rng, ("sorry, I only know English.", "I only understand English.", "I'm sorry, I speak English only.")),
        )
    ]


def cannot(rng, name, offered):
    """A wish that nothing here grants, asked as politely and with as many reasons as any other."""
    text, answer = impossible(rng, offered)
    if rng.random() < 0.35:
        text = style.polite(rng, text, False)
    elif rng.random() < 0.25:
        text = asides.around(rng, text, False)
    return [(text, answer)]


def _sentences(turns):
    """Every sentence of an answer begins with a capital letter."""

    def fix(text):
        out, upper = [], True
        for char in text:
            out.append(char.upper() if upper and char.isalpha() else char)
            if char.isalnum():
                upper = False
            elif char in ".!?":
                upper = True
        return "".join(out)

    return [(asked, fix(answer)) for asked, answer in turns]


KINDS = (
    (greeting, 8),
    (identity, 8),
    (abilities, 8),
    (manners, 8),
    (mood, 18),
    (joke, 3),
    (story, 2),
    (unknown_fact, 9),
    (nonsense, 4),
    (foreign, 3),
    (cannot, 44),
    (out_of_range, 2),
)
