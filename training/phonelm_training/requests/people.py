"""Requests about contacts."""

from .. import days, spans
from ..calls import Call, Request
from ..corrections import changed
from ..grammar import CLOSE, frames, mark, pick, raw, say, tail


def _details(rng, arguments):
    """Phone, e-mail and company in random order, each as a phrase; fills `arguments` in the order of the schema."""
    known, found = frames("insert_contact"), {}
    for key, chance, make in (
        ("phone", 0.68, spans.phone),
        ("email", 0.28, spans.email),
        ("company", 0.25, spans.company),
    ):
        if rng.random() < chance:
            found[key] = make(rng)
    order = list(found)
    rng.shuffle(order)
    if "company" in order:
        order.remove("company")
        order = (["company"] + order) if rng.random() < 0.6 else (order + ["company"])
    text = "".join(tail(rng, known[key], value=_said(rng, key, found[key])) for key in order)
    for key in ("phone", "email", "company"):
        if key in found:
            arguments[key] = found[key]
    return text


def _said(rng, key, value):
    """A detail as said: an address may be dictated, a number corrected."""
    if key == "email" and rng.random() < 0.05:
        return spans.spoken_email(value)
    if key == "phone":
        return changed(rng, value, spans.phone, 0.012)
    return value


def _named(rng, name):
    """The name of somebody new, sometimes spelled after it is said."""
    if rng.random() < 0.015 and name.isalpha():
        return raw(
            f"{mark(name)}{rng.choice((', spelled ', ', that is ', ' spelt ', ', that is spelled '))}{mark(spans.spelled(rng, name))}"
        )
    return changed(rng, name, spans.first_name, 0.012)


def insert_contact(rng):
    """A new contact with some of phone, e-mail and company."""
    style = rng.random()
    name = spans.full_name(rng) if style < 0.58 else spans.first_name(rng) if style < 0.82 else spans.bare_person(rng)
    arguments = {"name": name}
    details = _details(rng, arguments)
    if set(arguments) == {"name", "phone"} and rng.random() < 0.22:
        text = pick(rng, frames("insert_contact")["number_only"], phone=arguments["phone"], name=name)
    else:
        text = pick(
            rng, frames("insert_contact")["plain"], name=_named(rng, name), details=raw(details), job=spans.PARTS["job"]
        )
    return Request(text, [Call("insert_contact", arguments, lambda rng, _: say(rng, _INSERTED, name=name))], True)


_INSERTED = (
    "{name} is in your contacts now.",
    "i added {name} to your contacts.",
    "saved {name}.",
    "new contact saved: {name}.",
)
_MAKE = {"phone": spans.phone, "email": spans.email, "company": spans.company}
_WORDS = {
    "phone": ("number", "phone", "phone number", "mobile"),
    "email": ("email", "e-mail", "mail"),
    "company": ("company", "employer", "firm"),
}


def edit_contact(rng):
    """One, sometimes two, details of an existing contact, or the contact alone."""
    name = spans.full_name(rng) if rng.random() < 0.3 else spans.bare_person(rng)
    done = lambda rng, _: say(rng, _EDITED, name=name)
    if rng.random() < 0.05:
        return Request(
            pick(rng, frames("edit_contact")["open"], name=name), [Call("edit_contact", {"name": name}, done)]
        )
    key = rng.choices(("phone", "email", "company"), (5, 3, 2))[0]
    arguments = {"name": name, key: _MAKE[key](rng)}
    text = pick(rng, frames("edit_contact")[key], name=name, value=_said(rng, key, arguments[key]))
    if rng.random() < 0.2 and text.endswith(CLOSE):
        other = rng.choice([k for k in _MAKE if k != key])
        arguments[other] = _MAKE[other](rng)
        word = rng.choice(_WORDS[other])
        between = rng.choice((" and ", " and ", ", ", "; ", " plus ", ", and ", " as well as "))
        text += f"{between}{rng.choice(('the ', '', 'the new '))}{word} {rng.choice(('to', 'is', '', ':', 'should be', 'becomes'))} {mark(arguments[other])}"
    ordered = {k: arguments[k] for k in ("name", "phone", "email", "company") if k in arguments}
    return Request(text, [Call("edit_contact", ordered, done)], True)


_EDITED = ("i updated {name}.", "{name}'s contact is up to date.", "done, {name} is changed.", "updated: {name}.")
_VIEWED = ("here is {name}'s card.", "this is {name}'s contact.", "i opened {name}'s contact.")


def view_contact(rng):
    """A contact's card."""
    name = spans.full_name(rng) if rng.random() < 0.3 else spans.bare_person(rng)
    text = pick(rng, frames("view_contact")["plain"], name=changed(rng, name, spans.bare_person, 0.015))
    return Request(text, [Call("view_contact", {"name": name}, lambda rng, _: say(rng, _VIEWED, name=name))])


def pick_contact(rng):
    """The contact chooser."""
    chosen = spans.full_name(rng)

    def done(rng, result):
        if result.get("name"):
            return say(rng, ("you chose {name}.", "{name}, got it.", "okay, {name}."), name=result["name"])
        return say(rng, ("pick anyone you like.", "the list is open.", "choose a contact from the list."))

    result = {"name": chosen} if rng.random() < 0.5 else None
    return Request(pick(rng, frames("pick_contact")["plain"]), [Call("pick_contact", {}, done, result)])


def _birthday(rng):
    return f"{rng.choice(days.MONTHS).capitalize()} {rng.randrange(1, 29)}"


_NOUNS = {"phone": "number", "email": "e-mail address", "address": "address", "birthday": "birthday"}
_VALUES = {"phone": spans.phone, "email": spans.email, "address": spans.address, "birthday": _birthday}


def contact_info(rng, name, key):
    """The call that reads one detail, with what it finds."""
    found = rng.random() < 0.85

    def done(rng, result):
        said = result.get(key) or result.get("value")
        if not said:
            return say(rng, ("i found no {key} for {name}.", "there is no {key} saved for {name}."), key=key, name=name)
        return say(rng, ("{name}'s {noun} is {value}.", "{value}."), name=name, noun=_NOUNS[key], value=said)

    result = {key if rng.random() < 0.7 else "value": _VALUES[key](rng)} if found else {"found": False}
    return Call("get_contact_info", {"name": name, "field": key}, done, result)


def get_contact_info(rng):
    """One detail of a contact, read out."""
    name = spans.full_name(rng) if rng.random() < 0.25 else spans.bare_person(rng)
    if rng.random() < 0.12:
        name = spans.person(rng)
    key = rng.choice(tuple(_VALUES))
    said = changed(rng, name, spans.bare_person, 0.015)
    text = pick(rng, frames("get_contact_info")[key], name=said, month=rng.choice(days.MONTHS))
    return Request(text, [contact_info(rng, name, key)])


FUNCTIONS = {
    "insert_contact": insert_contact,
    "edit_contact": edit_contact,
    "view_contact": view_contact,
    "pick_contact": pick_contact,
    "get_contact_info": get_contact_info,
}
