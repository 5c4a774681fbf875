"""Small sums and the facts of data/facts.tsv and data/countries.tsv."""

from . import days
from .grammar import finish, pick, say
from .lists import table
from .numbers import either, words

_SUM = {
    "+": (
        "[what's|what is|how much is|calculate|compute|work out|tell me|] {a} [+|plus|and] {b}",
        "add {a} and {b}",
        "{a}[+| + | plus ]{b}[| =|=|?]",
        "{a}+{b}",
        "the sum of {a} and {b}",
        "if i have {a} and get {b} more, how many do i have",
        "{a} {things} and {b} {things}, how many [together|in all|is that]",
    ),
    "-": (
        "[what's|what is|how much is|calculate|compute|work out|tell me|] {a} [-|minus|take away|less] {b}",
        "subtract {b} from {a}",
        "{a}[-| - | minus ]{b}[| =|=|?]",
        "{a}-{b}",
        "take {b} away from {a}",
        "i had {a} {things} and lost {b}, how many are left",
        "the difference between {a} and {b}",
    ),
    "*": (
        "[what's|what is|how much is|calculate|compute|work out|tell me|] {a} [*|times|x|multiplied by] {b}",
        "multiply {a} [by|with|and] {b}",
        "{a}[*| * | times | x |x]{b}[| =|=|?]",
        "{a} boxes of {b} {things}, how many {things}",
    ),
    "/": (
        "[what's|what is|how much is|calculate|compute|work out|tell me|] {a} [/|divided by|over] {b}",
        "divide {a} by {b}",
        "{a}[/| / | divided by ]{b}[| =|=|?]",
        "share {a} {things} among {b} people",
    ),
}
_THINGS = "apples eggs books coins cards pens stamps balls cookies tickets".split()


def _operands(rng):
    sign = rng.choice("++--**/")
    if sign == "+":
        a, b = rng.randrange(0, 100), rng.randrange(0, 100)
        if rng.random() < 0.35:
            a, b = rng.randrange(0, 21), rng.randrange(0, 21)
        return sign, a, b, a + b
    if sign == "-":
        a = rng.randrange(0, 100) if rng.random() < 0.65 else rng.randrange(0, 21)
        b = rng.randrange(0, a + 1)
        return sign, a, b, a - b
    a, b = rng.randrange(0, 13), rng.randrange(0, 13)
    if sign == "*":
        return sign, a, b, a * b
    b = rng.randrange(1, 13)
    return sign, a * b, b, a


def _sum(rng):
    sign, a, b, result = _operands(rng)
    in_words = rng.random() < 0.3
    show = words if in_words else str
    asked = pick(rng, _SUM[sign], a=show(a), b=show(b), things=rng.choice(_THINGS))
    spoken = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}[sign]
    # The terms come before the result, so that the sum is done with its operands in view.
    answer = f"{a} {spoken} {b} is {result}."
    return asked, answer, result


def arithmetic(rng, name, offered):
    """A sum, and sometimes a second one that starts from its result."""
    if rng.random() < 0.1:
        big = lambda: rng.choice((rng.randrange(101, 1000), rng.randrange(1000, 99999)))
        asked = pick(
            rng,
            (
                "[what's|what is|how much is|calculate|] {a} [+|plus|-|minus|*|times|/|divided by] {b}",
                "[what's|what is] the square root of {a}",
                "{a}[+|-|*|/]{b}",
            ),
            a=big(),
            b=big() if rng.random() < 0.6 else rng.randrange(2, 100),
        )
        return [
            (
                asked,
                say(
                    rng,
                    (
                        "that is too big for me: I only do small sums.",
                        "I only do small sums, sorry.",
                        "sorry, my sums end at a hundred or so.",
                    ),
                ),
            )
        ]
    asked, answer, result = _sum(rng)
    turns = [(asked, answer)]
    if rng.random() < 0.2 and 0 < result < 100:
        more = rng.randrange(1, 20)
        sign = rng.choice("+-*") if result <= 12 and more <= 12 else rng.choice("+-")
        if sign == "-":
            more = rng.randrange(0, result + 1)
        new = {"+": result + more, "-": result - more, "*": result * more}[sign]
        word = {"+": "plus", "-": "minus", "*": "times"}[sign]
        turns.append(
            (
                pick(
                    rng,
                    ("[and|and that|now|that|and then] {word} {more}", "{word} {more}"),
                    word=word,
                    more=either(rng, more),
                ),
                f"{result} {word} {more} is {new}.",
            )
        )
    elif rng.random() < 0.15:
        a, b = rng.sample(range(1, 100), 2)
        low = rng.random() < 0.4
        best = min(a, b) if low else max(a, b)
        turns.append(
            (
                pick(
                    rng,
                    ("which is {word}, {a} or {b}", "what's {word}: {a} or {b}"),
                    word="smaller" if low else rng.choice(("bigger", "larger", "greater")),
                    a=a,
                    b=b,
                ),
                f"{best} is {'smaller' if low else 'bigger'}.",
            )
        )
    return turns


def _minutes(rng):
    style = rng.random()
    if style < 0.5:
        hours = rng.randrange(2, 11)
        return (
            pick(
                rng,
                ("how many minutes are [there |]in {n} hours", "{n} hours in minutes", "how many minutes is {n} hours"),
                n=either(rng, hours),
            ),
            f"{hours} hours are {hours * 60} minutes.",
        )
    number = rng.randrange(2, 9)
    return (
        pick(rng, ("how many hours are [there |]in {n} days", "{n} days in hours"), n=either(rng, number)),
        f"{number} days are {number * 24} hours.",
    )


def _calendar(rng):
    if rng.random() < 0.5:
        index = rng.randrange(7)
        step = rng.choice((1, -1))
        return (
            pick(
                rng,
                (f"[what|which] day [comes|is] {'after' if step > 0 else 'before'} {{day}}",),
                day=days.WEEKDAYS[index],
            ),
            f"{days.WEEKDAYS[(index + step) % 7].capitalize()} comes {'after' if step > 0 else 'before'} {days.WEEKDAYS[index].capitalize()}.",
        )
    index = rng.randrange(12)
    month = days.MONTHS[index].capitalize()
    if rng.random() < 0.5:
        length = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[index]
        extra = ", and 29 in a leap year" if index == 1 else ""
        return (
            pick(rng, ("how many days [does {m} have|are in {m}|has {m}]",), m=month),
            f"{month} has {length} days{extra}.",
        )
    step = rng.choice((1, -1))
    return (
        pick(rng, (f"[what|which] month [comes|is] {'after' if step > 0 else 'before'} {{m}}",), m=month),
        f"{days.MONTHS[(index + step) % 12].capitalize()} comes {'after' if step > 0 else 'before'} {month}.",
    )


_CAPITAL = (
    "[what's|what is|name|tell me|do you know] the capital [city |]of {country}",
    "capital of {country}",
    "which city is the capital of {country}",
    "{country}'s capital[?|]",
    "what is {country}'s capital [city|]",
)


def _country(rng, row=None):
    country, capital, continent, language = row or rng.choice(table("countries"))
    style = rng.random()
    if style < 0.6:
        return (
            pick(rng, _CAPITAL, country=country),
            say(rng, ("the capital of {country} is {capital}.",), country=country, capital=capital),
            "capital",
        )
    if style < 0.75:
        return (
            pick(
                rng,
                (
                    "[which|what] country is {capital} the capital of",
                    "{capital} is the capital of [which|what] country",
                ),
                capital=capital,
            ),
            say(rng, ("{capital} is the capital of {country}.",), capital=capital, country=country),
            None,
        )
    if style < 0.9:
        return (
            pick(
                rng,
                ("[on|in] [which|what] continent is {country}", "which continent is {country} [on|in|part of]"),
                country=country,
            ),
            say(rng, ("{country} is in {continent}.",), country=country, continent=continent),
            None,
        )
    return (
        pick(
            rng,
            ("[what|which] language [do they|do people] speak in {country}", "what language is spoken in {country}"),
            country=country,
        ),
        say(rng, ("they speak {language} in {country}.",), country=country, language=language),
        None,
    )


def country_by_country(rng, name, offered):
    """Three to eight questions that stay with a country, then move to the next with 'and'."""
    turns = []
    for _ in range(rng.choice((1, 2, 2, 3))):
        country, capital, continent, language = rng.choice(table("countries"))
        asked = [
            (
                ("[what's|what is] its capital", "and the capital", "what's the capital there"),
                f"The capital of {country} is {capital}.",
            ),
            (
                ("[on|in] [what|which] continent is it", "and the continent", "where is that", "which continent"),
                f"{country} is in {continent}.",
            ),
            (
                ("[what|which] language do they speak there", "and the language", "what do people speak there"),
                f"They speak {language} in {country}.",
            ),
        ]
        first = rng.randrange(3)
        opening = (
            (
                "[what's|tell me] the capital of {country}",
                "and [of|what about] {country}",
                "[now|and] {country}, the capital",
            ),
            ("[on|in] which continent is {country}", "and {country}, which continent", "where is {country}"),
            (
                "[what|which] language do they speak in {country}",
                "and the language of {country}",
                "what is spoken in {country}",
            ),
        )[first]
        turns.append((pick(rng, opening[: 1 if not turns else 3], country=country), _capital(asked[first][1])))
        rest = [pair for index, pair in enumerate(asked) if index != first]
        rng.shuffle(rest)
        for patterns, answer in rest[: rng.choice((1, 2, 2))]:
            turns.append((pick(rng, patterns), _capital(answer)))
    return turns


def _capital(text):
    return text[0].upper() + text[1:]


def sums_in_a_row(rng, name, offered):
    """A sum that goes on from its result for three to six turns."""
    first, second = rng.randrange(1, 50), rng.randrange(1, 40)
    result = first + second
    turns = [
        (pick(rng, _SUM["+"][:3], a=str(first), b=str(second), things="apples"), f"{first} plus {second} is {result}.")
    ]
    for _ in range(rng.randrange(2, 6)):
        more = rng.randrange(1, 20)
        sign = "-" if result > 60 or (result > more and rng.random() < 0.5) else "+"
        new = result + more if sign == "+" else result - more
        word = "plus" if sign == "+" else "minus"
        turns.append(
            (
                pick(
                    rng,
                    (
                        f"[and |now |then |]{word} {{more}}",
                        f"{'add' if sign == '+' else 'take away'} {{more}}",
                        f"{sign}{{more}}",
                    ),
                    more=either(rng, more),
                ),
                f"{result} {word} {more} is {new}.",
            )
        )
        result = new
    return turns


def facts(rng, name, offered):
    """One or two questions from the tables, the second sometimes short: 'and of Peru?'"""
    style = rng.random()
    if style < 0.08:
        return [_minutes(rng)]
    if style < 0.18:
        return [_calendar(rng)]
    if style < 0.55:
        asked, answer, kind = _country(rng)
        turns = [(asked, answer)]
        if kind == "capital" and rng.random() < 0.3:
            country, capital, _, _ = rng.choice(table("countries"))
            turns.append(
                (
                    pick(rng, ("and [of|for|] {country}", "what about {country}", "and {country}'s"), country=country),
                    f"The capital of {country} is {capital}.",
                )
            )
        return turns
    question, answer = rng.choice(table("facts"))
    return [(finish(pick(rng, (f"[{question}]",))).replace(" 's", "'s"), answer)]


KINDS = ((arithmetic, 17), (facts, 20), (country_by_country, 3), (sums_in_a_row, 2))
