"""Names of people and firms, their numbers and their addresses."""

import unicodedata

from ..grammar import expand, finish
from ..lists import load
from ..numbers import words as number_words
from .words import made_up

_TITLES = (
    "Mr. Mrs. Ms. Dr. Professor Coach Aunt Uncle Mr Mrs Ms Dr Miss Sir Lady Captain Sergeant Officer Nurse Father Sister "
    "Brother Rabbi Imam Pastor Judge Chef Cousin Grandma Grandpa Granny Grandad Auntie Nana Old Little Big Señora Señor "
    "Herr Frau Madame Monsieur Master King Doctor Prof. Prof Tía Tío Tante Onkel Oma Opa Nonna Nonno Abuela Abuelo Babushka "
    "Bibi Mama Papa Sensei Sheikh Deacon Reverend Sister Inspector Ranger Principal Skipper Counsellor Baba Didi Bhai"
).split()


def first_name(rng):
    """One given name, sometimes a made-up one."""
    if rng.random() < 0.28:
        return made_up(rng, rng.choice((2, 2, 3))).capitalize()
    return rng.choice(load("first_names"))


def last_name(rng):
    """One family name, sometimes a made-up one."""
    if rng.random() < 0.28:
        return made_up(rng, 2).capitalize()
    return rng.choice(load("last_names"))


def full_name(rng):
    """Given and family name."""
    style = rng.random()
    if style < 0.06:
        return f"{first_name(rng)} {first_name(rng)} {last_name(rng)}"
    if style < 0.12:
        return f"{first_name(rng)} {last_name(rng)}-{last_name(rng)}"
    if style < 0.15:
        return f"{first_name(rng)} {rng.choice('ABCDEFGHJKLMNPRSTW')}{rng.choice(('', '.'))} {last_name(rng)}"
    if style < 0.17:
        return f"{rng.choice('ABCDEFGHJKLMNPRSTW')}. {last_name(rng)}"
    return f"{first_name(rng)} {last_name(rng)}"


def person(rng):
    """Someone to call or write to."""
    style = rng.random()
    if style < 0.42:
        return first_name(rng)
    if style < 0.62:
        return full_name(rng)
    if style < 0.74:
        return rng.choice(load("relations"))
    if style < 0.85:
        title = rng.choice(_TITLES)
        return f"{title} {first_name(rng)}" if rng.random() < 0.5 else f"{title} {last_name(rng)}"
    if style < 0.88:
        where = rng.choice(("work", "school", "the gym", "accounting", "church", "next door", "upstairs", company(rng)))
        return f"{first_name(rng)} from {where}"
    if style < 0.92:
        return _with_trade(rng)
    if style < 0.95:
        relation = rng.choice(
            ("mum", "mom", "dad", "wife", "husband", "sister", "brother", "office", "boss", "aunt", "gran", "teacher")
        )
        return f"{first_name(rng)}'s {relation}"
    return company(rng)


def _with_trade(rng):
    """'Carlos Plumber', 'Plumber Carlos', 'Jen work', 'the roofer'."""
    style, job = rng.random(), rng.choice(load("jobs"))
    if style < 0.3:
        return f"the {job}"
    if style < 0.55:
        return f"{first_name(rng)} {job.title() if rng.random() < 0.5 else job}"
    if style < 0.8:
        return f"{job.title()} {first_name(rng)}"
    return (
        f"{first_name(rng)} {rng.choice(('work', 'mobile', 'home', 'office', 'gym', 'school', '2', 'new', 'upstairs'))}"
    )


def bare_person(rng):
    """A name without 'my' or 'the' in front, for a contact that exists."""
    while True:
        name = person(rng)
        if not name.startswith(("my ", "the ")):
            return name


def _digits(rng, count):
    return "".join(str(rng.randrange(10)) for _ in range(count))


_PHONES = (
    "555-4",
    "555 4",
    "3-3-4",
    "055",
    "04 6",
    "(3) 3-4",
    "3 3 4",
    "02 3 2 2",
    "02 4 4",
    "04 3 3",
    "3 2 2 2",
    "02 2 2 2 2",
    "1-3-3-4",
    "3.3.4",
    "2-3-2-2",
    "08",
    "04/5",
    "0800 3 3",
    "3 3",
    "2 2 2",
)


def phone(rng):
    """A telephone number as written: '555-0143', '+44 20 7946 0018'."""
    style = rng.random()
    if style < 0.16:
        return _digits(rng, rng.randrange(5, 12))
    if style < 0.28:
        groups = rng.choice(((2, 4, 4), (3, 3, 3), (2, 3, 4), (1, 2, 2, 2, 2), (9,), (10,), (3, 7), (2, 3, 2, 2)))
        return f"+{rng.randrange(1, 999)}{rng.choice((' ', ' ', ''))}" + rng.choice((" ", " ", "-")).join(
            _digits(rng, count) for count in groups
        )
    if style < 0.31:
        return spoken_number(rng)
    if style < 0.34:
        return rng.choice(
            ("911", "112", "999", "101", "311", "116 117", f"*{_digits(rng, 3)}#", _digits(rng, 3), _digits(rng, 4))
        )
    # In a form each digit from 1 to 9 stands for so many random digits; 0, 555 and 0800 stand for themselves.
    form, out, at = rng.choice(_PHONES), [], 0
    while at < len(form):
        fixed = next((text for text in ("555", "0800") if form.startswith(text, at)), None)
        if fixed:
            out.append(fixed)
            at += len(fixed)
            continue
        out.append(_digits(rng, int(form[at])) if form[at] in "123456789" else form[at])
        at += 1
    return "".join(out)


def spoken_number(rng):
    """Digits in words, as dictation gives them: 'five five five two'."""
    digits = [
        number_words(rng.randrange(10)).replace("zero", rng.choice(("zero", "oh"))) for _ in range(rng.randrange(4, 9))
    ]
    if rng.random() < 0.2:
        at = rng.randrange(len(digits))
        digits[at] = f"double {digits[at]}"
    return " ".join(digits)


def email(rng):
    """An e-mail address."""
    style = rng.random()
    if style < 0.12:
        name = rng.choice(
            "info office support sales hello contact billing team jobs orders help press hr admin desk".split()
        )
    else:
        name = first_name(rng).lower() if rng.random() < 0.7 else rng.choice(load("nouns"))
        if style < 0.45:
            name += rng.choice((".", ".", "_", "-", "")) + last_name(rng).lower()
        elif style < 0.6:
            name += str(rng.randrange(1, 100))
        elif style < 0.66:
            name = f"{name[0]}.{last_name(rng).lower()}"
    host = (
        made_up(rng).lower()
        if rng.random() < 0.5
        else rng.choice(load("nouns")) + rng.choice(("", "", rng.choice(load("nouns"))))
    )
    if rng.random() < 0.3:
        host = rng.choice(("mail", "example", "post", "inbox", "work", "school", "webmail", "uni"))
    ending = rng.choice("com com com org net example example io co.uk de edu fr in nl es co.za com.br ng se ca".split())
    return _ascii(f"{name}@{host}.{ending}").replace(" ", "").replace("'", "")


def spoken_email(address):
    """An address as dictation gives it: 'anna dot berg at mail dot com'."""
    said = address.replace("@", " at ").replace(".", " dot ").replace("_", " underscore ")
    return said


def _ascii(text):
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if char.isascii())


def spelled(rng, name):
    """A name letter by letter: 'B-J-O-R-K', 'b j o r k'."""
    return rng.choice(("-", " ")).join(name.upper() if rng.random() < 0.5 else name.lower())


def address(rng):
    """A street address."""
    style = rng.random()
    road = made_up(rng, 2).capitalize() if style < 0.35 else rng.choice(load("nouns")).title()
    if style > 0.8:
        road = rng.choice(load("last_names"))
    number = f"{rng.randrange(1, 400)}{rng.choice(('', '', '', '', 'a', 'B'))}"
    shape = rng.random()
    if shape < 0.08:
        kind = rng.choice(("Rue", "Calle", "Via", "Rua", "Avenida", "Jalan", "Ulica", "Piazza"))
        return f"{kind} {road} {number}" if rng.random() < 0.6 else f"{number} {kind} {road}"
    if shape < 0.14:
        return f"{road}{rng.choice(('straße', 'weg', 'gade', 'straat', 'gatan', 'platz', 'allee'))} {number}"
    kind = rng.choice(
        "Street Street Road Avenue Lane Square Drive Way Boulevard Court St Hill Close Terrace Crescent Place Row Gardens "
        "Mews Parkway Alley Grove Rise Walk Quay Rd Ave".split()
    )
    return f"{number} {road} {kind}" if rng.random() < 0.8 else f"{road} {kind} {number}"


def company(rng):
    """The name of a firm."""
    style = rng.random()
    if style < 0.45:
        return rng.choice(load("companies"))
    if style < 0.55:
        return f"{last_name(rng)} {rng.choice(('and Sons', '& Co', 'Brothers', 'Group', 'Legal', 'Dental', 'Motors', 'Partners', 'Holdings'))}"
    made = made_up(rng).capitalize() if rng.random() < 0.6 else rng.choice(load("nouns")).capitalize()
    return finish(expand(rng, _FIRMS, made=made))


_FIRMS = (
    "{made}[| Ltd| Inc| Bank| Labs| Media| Foods| and Co| Motors| Design| University| Clinic| Hotel| School| Books| Gym| Studio"
    "| Systems| Travel| Energy| Pharmacy| Logistics| Records| Nursery| Hospital| GmbH| Partners| Airlines| Insurance| Cafe]"
)
