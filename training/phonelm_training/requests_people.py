"""Requests about contacts."""

from . import clock, spans
from .calls import Call, Request
from .grammar import CLOSE, mark, pick, raw, say

_NEW = (
    "[add|save|store|create|make|put in|enter|register|insert] {name} [to|in|into|as] [my|the|a new|a] [contacts|contacts|contact|address book|phone book|phonebook|contact list]{details}",
    "[add|create|make|save|set up|insert] [a|a new|new|another] contact [for|named|called|:|,|] {name}{details}",
    "new contact[:| ,|] {name}{details}",
    "[save|store|keep|remember|note down|write down] {name}'s [number|phone number|details|contact|info]{details}",
    "[i met|i just met|this is|i got to know|i have a new colleague,|we have a new neighbor,|my new boss is|the new guy is|the new teacher is] {name}[, save|, add|. add|. save|, please add|, put] [them|him|her] [to my contacts|as a contact|in my contacts|in the address book]{details}",
    "[put|get] {name} [in|into] my [contacts|phone|address book]{details}",
    "[i want|i need|i'd like] {name} [in|among] my contacts{details}",
    "add {name}{details}",
    "save {name}{details} [in|to|as] [my contacts|a new contact|contacts|my address book]",
    "[stick|pop|chuck|drop|put] {name} in [my|the] [contacts|phone|phonebook|address book]{details}",
    "[i'd like|i want|i need] [a|a new] contact [for|named|called] {name}{details}",
    "[a|] [new|fresh] [entry|card|contact] [in my contacts |in the address book |]for {name}{details}",
    "{name} [is new|isn't in my contacts yet|needs to be in my contacts|should be in my address book][, add them|, save them|, please add|]{details}",
    "[remember|keep|take down|record|file] {name} [as a contact|in my contacts|in the phone book]{details}",
    "[contact|new person|new entry]: {name}{details}",
    "[register|create] {name}{details}[, as a contact| in the contacts|, in my address book]",
)
_DETAIL_PHONE = (
    ", [number|phone|phone number|tel|telephone|mobile|cell|] {value}",
    " with [number|the number|phone number|phone|mobile number] {value}",
    ", [his|her|their|the] [number|phone number|phone|mobile] is {value}",
    " {value}",
    " at {value}",
    ": {value}",
    " - {value}",
    ", reachable at {value}",
    " and the number {value}",
    ". [it's|that's|the number is] {value}",
    ". [number|phone|mobile|tel.|his number is|her number is|their number:] {value}",
    "; {value}",
    " under {value}",
    ", [the number's|the phone's] {value}",
    " whose [number|phone|phone number] is {value}",
    " using [the number|] {value}",
)
_DETAIL_MAIL = (
    ", [email|e-mail|mail|email address|] {value}",
    " with [email|e-mail|the email|the address] {value}",
    ", [his|her|their|the] [email|e-mail|mail|email address] is {value}",
    " {value}",
    ", writes from {value}",
    " and email {value}",
    ". [email|mail|his email is|her email is|e-mail:] {value}",
    "; {value}",
    ": {value}",
    ", {value}",
    " whose [email|e-mail|mail] is {value}",
    " using [the email|] {value}",
    " under {value}",
)
_DETAIL_COMPANY = (
    " from {value}",
    " [working|who works|who is] at {value}",
    " of {value}",
    ", [works|working] [at|for] {value}",
    ", company {value}",
    " at {value}",
    ", [who|he|she] works [for|at|with] {value}",
    ", [employed|employee] at {value}",
    " ({value})",
    ", [his|her|their|the] [company|firm|employer] is {value}",
)


def _details(rng, arguments, chances):
    """Details in random order, each as a phrase; fills `arguments` in the order of the schema."""
    found = {}
    for key, chance, make, patterns in chances:
        if rng.random() < chance:
            found[key] = (make(rng), patterns)
    order = list(found)
    if "company" in order:
        order.remove("company")
        order = (["company"] + order) if rng.random() < 0.6 else (order + ["company"])
    text = "".join(_keep_lead(rng, found[key][1], found[key][0]) for key in order)
    for key in ("phone", "email", "company"):
        if key in found:
            arguments[key] = found[key][0]
    return text


def _keep_lead(rng, patterns, value):
    """`pick` that keeps the comma or space in front."""
    pattern = rng.choice(patterns)
    lead = " " if pattern.startswith(" ") else ""
    return lead + pick(rng, (pattern,), value=value)


def insert_contact(rng):
    """A new contact with some of phone, e-mail and company."""
    name = spans.full_name(rng) if rng.random() < 0.6 else spans.first_name(rng)
    arguments = {"name": name}
    details = _details(
        rng,
        arguments,
        (
            ("phone", 0.68, spans.phone, _DETAIL_PHONE),
            ("email", 0.28, spans.email, _DETAIL_MAIL),
            ("company", 0.25, spans.company, _DETAIL_COMPANY),
        ),
    )
    only_phone = set(arguments) == {"name", "phone"}
    if only_phone and rng.random() < 0.2:
        text = pick(
            rng,
            (
                "[save|store|add|keep] {phone} [as|under|for|under the name] {name}",
                "[save|add|store] the number {phone} [as|under|for] {name}",
                "{phone} is [the number of|the new plumber,|a new contact,] {name}[, save it|, add it|, store it|, please save that]",
                "{name}'s number is {phone}[, save it as a new contact|, add it to my contacts|, create a contact|, make a contact]",
                "[make|create|add|open] a [new|] contact [with|from|out of] {phone}[, name|, called| and call it|, name it| for] {name}",
            ),
            phone=arguments["phone"],
            name=name,
        )
    else:
        text = pick(rng, _NEW, name=name, details=raw(details))
    return Request(
        text,
        [
            Call(
                "insert_contact",
                arguments,
                lambda rng, _: say(
                    rng,
                    (
                        "{name} is in your contacts now.",
                        "i added {name} to your contacts.",
                        "saved {name}.",
                        "new contact saved: {name}.",
                    ),
                    name=name,
                ),
            )
        ],
        True,
    )


_EDIT = {
    "phone": (
        "{name}'s [number|phone number|mobile] [changed|isn't right|is out of date|is wrong|stopped working][. |, |; ][change|set|correct|replace|make] it [to|with|now] {value}",
        "{name} has another [number|phone number|mobile] now[. |, |; ][it is|it's|write down|change it to|put in] {value}",
        "[in|on] {name}'s [contact|card|entry][, the|, put the|: the|; the] [number|phone|phone number] [should be|is|has to be|becomes|to] {value}",
        "{name}[:|,| -] new [number|phone|mobile] {value}",
        "[the|] number [i have|saved|stored] for {name} is [wrong|old|dead][, it's|, use|. correct one:|, make it] {value}",
        "[swap|exchange|overwrite] {name}'s [number|phone number] [for|with|by] {value}",
        "[my contact|the entry|the card|the contact] [for|of] {name} needs a new [number|phone number][:|,|.] {value}",
        "[edit|update|fix|correct|change] [the contact|the entry|contact] {name}[:|,| -] [phone|number|new number|tel] {value}",
        "[change|update|edit|correct|fix|set|replace|modify] {name}'s [number|phone number|phone|mobile number|cell] [to|with|: it's now|, it is now] {value}",
        "[change|update|edit|correct|set|replace] the [number|phone number|phone|mobile] [of|for] {name} [to|with] {value}",
        "{name} [has|got] a new [number|phone number|phone|mobile number][,|:| -] {value}",
        "{name}'s [new|] [number|phone number|mobile] [is now|has changed to|changed to|is different now,|changed, it's] {value}",
        "{name} changed [numbers|his number|her number|their number|phones][, it's now|, new one is|: |, now it's] {value}",
        "the new [number|phone number] [of|for] {name} is {value}",
        "{name} is now reachable [at|on|under] {value}[, update the contact|, change it|]",
        "{name} [moved|switched] to {value}[, update the number|, change the contact|, please update]",
        "update {name}, [new number|phone|number|the phone is now] {value}",
        "i have the wrong number for {name}[, it's|, it should be|. correct is] {value}",
        "put {value} [as the new number|as the number|as phone] [for|of] {name}",
    ),
    "email": (
        "{name}'s [email|e-mail|mail address] [changed|isn't right|is out of date|is wrong|stopped working][. |, |; ][change|set|correct|replace|make] it [to|with|now] {value}",
        "{name} has another [email|e-mail|mail address] now[. |, |; ][it is|it's|write down|change it to|put in] {value}",
        "[in|on] {name}'s [contact|card|entry][, the|, put the|: the|; the] [email|e-mail] [should be|is|has to be|must read|becomes|to] {value}",
        "{name}[:|,| -] new [email|e-mail|mail] {value}",
        "[the|] [email|e-mail] [i have|saved|stored] for {name} is [wrong|old|outdated][, it's|, use|. correct one:|, make it] {value}",
        "[swap|exchange|overwrite] {name}'s [email|e-mail address] [for|with|by] {value}",
        "[let|make] {name}'s [email|e-mail] be {value}",
        "[my contact|the entry|the card|the contact] [for|of] {name} needs a new [email|e-mail][:|,|.] {value}",
        "[change|update|edit|correct|fix|set|replace|modify] {name}'s [email|e-mail|email address|mail|e-mail address] [to|with|: now] {value}",
        "[change|update|edit|correct|set] the [email|e-mail|email address|mail address] [of|for] {name} [to|with] {value}",
        "{name} [has|got|uses] a new [email|e-mail|email address|mail][,|:| -] {value}",
        "{name}'s [new|] [email|e-mail|mail] [is now|changed to|has changed, now it's] {value}",
        "the new [email|e-mail address] [of|for] {name} is {value}",
        "update {name}, [new email|email|mail is now] {value}",
        "{name} [writes|mails] from {value} now[, update it|, change the contact|]",
        "put {value} as the [new|] email [for|of] {name}",
    ),
    "company": (
        "[in|on] {name}'s [contact|card|entry][, the|, put the|: the|; the] [company|employer|firm] [should be|is|has to be|becomes|to] {value}",
        "{name}[:|,| -] new [company|employer|job at] {value}",
        "{name} [quit|was hired|got a new job|changed jobs|is at a new firm][, now|, it's now|; now at|. the company is now|; the firm is] {value}",
        "[swap|overwrite] {name}'s company [for|with|by] {value}",
        "[my contact|the entry|the card] [for|of] {name} needs a new company[:|,|.] {value}",
        "[change|update|edit|correct|set] {name}'s [company|employer|workplace|job|firm] to {value}",
        "[change|update|set] the company [of|for] {name} to {value}",
        "{name} [now works|works now|is working now|has a new job] [at|for] {value}[, update the contact|, change that|, please update|, edit the contact|]",
        "{name} [moved|switched|went] to {value}[, update the company|, change the company|, that's the new company]",
        "update {name}, [new company|company is now|now at] {value}",
        "{name} [left for|joined|got hired by|started at] {value}[, update the contact|, note it in the contact|, change it|, edit the entry]",
        "put {value} as {name}'s company",
    ),
}
_MAKE = {"phone": spans.phone, "email": spans.email, "company": spans.company}


def edit_contact(rng):
    """One, sometimes two, details of an existing contact."""
    name = spans.full_name(rng) if rng.random() < 0.3 else spans.bare_person(rng)
    key = rng.choices(("phone", "email", "company"), (5, 3, 2))[0]
    arguments = {"name": name, key: _MAKE[key](rng)}
    text = pick(rng, _EDIT[key], name=name, value=arguments[key])
    if rng.random() < 0.2 and text.endswith(CLOSE):
        other = rng.choice([k for k in _MAKE if k != key])
        arguments[other] = _MAKE[other](rng)
        word = {"phone": "number", "email": "email", "company": "company"}[other]
        text += f" and {rng.choice(('the ', ''))}{word} {rng.choice(('to', 'is', ''))} {mark(arguments[other])}"
    ordered = {k: arguments[k] for k in ("name", "phone", "email", "company") if k in arguments}
    return Request(
        text,
        [
            Call(
                "edit_contact",
                ordered,
                lambda rng, _: say(
                    rng,
                    (
                        "i updated {name}.",
                        "{name}'s contact is up to date.",
                        "done, {name} is changed.",
                        "updated: {name}.",
                    ),
                    name=name,
                ),
            )
        ],
        True,
    )


_VIEW = (
    "[what|all|everything] [is|that's|that is|] [saved|stored|filed|kept|there] [for|under|about|on] {name}[, show it|, please| in my contacts|]",
    "[may|can|could] i [see|view|have a look at|look at|check] [the contact of|the card of|the entry for|what's saved for|the details of] {name}",
    "[i want|i'd like|i need] to [see|look at|check|view] [the contact|the entry|the card|the details|everything] [of|for|about] {name}",
    "[who was|who's] {name} again[? show the contact|? open the card|, show me the card]",
    "[show|open|view|display|pull up|bring up|get|find] [me|] {name}'s [contact|card|contact card|details|contact details|entry|profile|contact info|info|page]",
    "[show|open|view|display|pull up|bring up|look up] [me|] the [contact|contact card|card|entry|details|contact page] [of|for|about] {name}",
    "[show|find|look up|open|pull up|bring up|search] [me|] {name} in [my|the] [contacts|address book|contact list|phone book]",
    "[let me see|i want to see|i'd like to see|can i see] {name}'s [contact|card|details|info|entry|contact card]",
    "contact [card|details|info|page] [of|for] {name}",
    "{name}'s [contact|card|contact card|details|entry] [please|]",
    "open contact {name}",
    "what do [i|you|we] have [saved|stored|on file|] [for|on|about] {name}",
    "go to {name}'s [contact|card|entry|page]",
    "what [info|details] do i have [on|about|for] {name}",
    "who is {name} in my contacts",
    "open {name}'s page in [the address book|my contacts]",
    "everything [you have|i saved|i have|saved] [about|on|for] {name}",
    "[i need|i want|i'd like] {name}'s [contact card|card|contact|entry] [on the screen|up|open|]",
    "[what's|what is] [in|on] {name}'s [contact|card|entry]",
    "[contact|card|entry]: {name}",
    "[see|check|inspect|look at] [the contact|the card|the entry|contact] [of|for|] {name}",
    "[pop|bring|get] up [the card|the contact|the entry] [of|for] {name}",
    "[display|open] [all details|everything|the full entry] [of|on|about] {name}",
    "[the|] [contact|card|entry|details] [of|for] {name}[, please|, show it|, open it| please]",
)


def view_contact(rng):
    """A contact's card."""
    name = spans.full_name(rng) if rng.random() < 0.3 else spans.bare_person(rng)
    return Request(
        pick(rng, _VIEW, name=name),
        [
            Call(
                "view_contact",
                {"name": name},
                lambda rng, _: say(
                    rng,
                    ("here is {name}'s card.", "this is {name}'s contact.", "i opened {name}'s contact."),
                    name=name,
                ),
            )
        ],
    )


_PICK = (
    "[let me|i want to|i'd like to|can i|may i|i need to|help me] [pick|choose|select] [a contact|someone|a person|one of my contacts|somebody|a name|one person] [from|out of|in] [my|the] [contacts|contact list|address book|list|phone book]",
    "[let me|i want to|i'd like to|can i] [pick|choose|select] [a|one] contact [myself|]",
    "[open|show|bring up] [the|my|a] [contact picker|contact chooser|contact list so i can choose|contacts so i can pick one|contacts so i can choose someone|list of contacts to choose from]",
    "[pick|choose|select] a contact [|for me to use|from the list|from my contacts]",
    "contact picker [please|]",
    "i'll [pick|choose|select] [the|a] [contact|person] [myself|from the list|from my contacts]",
    "[let me scroll|let me browse|let me look|i'll scroll|i want to browse] through my contacts [to choose one|and pick one|and choose someone|]",
    "which of my contacts[? let me choose|? let me pick]",
    "i don't [remember|know] [the name|her name|his name|how it's spelled][, let me choose from my contacts|, let me pick the contact|, show me the list to pick from]",
    "[give|show] me [the|a] list [of contacts|of people|of my contacts] [to choose from|to pick from|so i can pick|so i can tap one]",
    "[someone|somebody] from my contacts[, let me choose|, i'll pick|, let me pick who]",
    "[have|let] me tap on a contact",
    "[let|allow] me [to |]select [the person|a contact|who] [from a list|myself|by hand]",
    "[give|open] me [the picker|the chooser] for contacts",
    "i [want|need|'d like] to [choose|pick|select] [who|the person|the recipient|the contact] [myself|from the list|by hand]",
    "[browse|scroll] [my|the] contacts[ so i can choose|, i'll pick one|, let me select one| and let me pick]",
    "[choosing|picking|selecting] a contact[, please|: open the list|]",
    "[open|start] contact [selection|choosing|picking]",
    "[one|some] of my contacts[, i'll choose which|, let me pick|; let me choose]",
)


def pick_contact(rng):
    """The contact chooser."""
    chosen = spans.full_name(rng)

    def done(rng, result):
        if result.get("name"):
            return say(rng, ("you chose {name}.", "{name}, got it.", "okay, {name}."), name=result["name"])
        return say(rng, ("pick anyone you like.", "the list is open.", "choose a contact from the list."))

    return Request(pick(rng, _PICK), [Call("pick_contact", {}, done, {"name": chosen} if rng.random() < 0.5 else None)])


_INFO = {
    "phone": (
        "[i need|i'm looking for|i want|i forgot|i lost|can i have|may i have|could i get] [{name}'s [number|phone number]|the [number|phone number] of {name}]",
        "do you [have|know] [a|the] [number|phone number] for {name}",
        "[which|what] [phone |]number [is saved for|belongs to|did i save for|is listed for] {name}",
        "[read|say] {name}'s [number|phone number] [to me|out loud|aloud]",
        "what's {name}'s [number|phone number|phone|mobile number|cell number|telephone number]",
        "[what is|tell me|give me|read me|get|find|i need|look up|fetch|do you have|do i have] [the number of|the phone number of|the phone number for|the number for] {name}",
        "[tell me|give me|read me|read out|get|find|i need|do you have|do i have|fetch me|look up] {name}'s [number|phone number|mobile number]",
        "{name}'s [number|phone number][?|| please]",
        "[what number does {name} have|which number does {name} have|what number is {name} on|how can i reach {name} by phone|under what number can i reach {name}]",
    ),
    "email": (
        "[i need|i'm looking for|i want|i forgot|can i have|could i get] [{name}'s [email|e-mail address]|the [email|e-mail address] of {name}]",
        "do you [have|know] [an|the] [email|e-mail|email address] for {name}",
        "[which|what] [email|e-mail address] [is saved for|belongs to|did i save for|is listed for] {name}",
        "what's {name}'s [email|e-mail|email address|mail|mail address]",
        "[what is|tell me|give me|read me|get|find|i need|look up|fetch] the [email|e-mail|email address|mail address] [of|for] {name}",
        "[tell me|give me|read me|read out|get|i need|do you have|do i have|look up] {name}'s [email|e-mail|email address]",
        "{name}'s [email|e-mail|email address][?|| please]",
        "[which email does {name} use|where do i email {name}|which address do i mail {name} at|what address do i use to email {name}]",
    ),
    "address": (
        "[i need|i'm looking for|i want|i forgot|can i have|could i get] [{name}'s [address|home address]|the [address|home address] of {name}]",
        "do you [have|know] [an|the] [address|home address] for {name}",
        "[which|what] address [is saved for|belongs to|did i save for|is listed for] {name}",
        "where [do i send|should i send|can i send] [the parcel|a card|flowers|the invitation|a postcard] for {name}",
        "[which|what] [house|flat|street|town|place] [is {name} in|does {name} live in]",
        "[read|say] {name}'s address [to me|out loud|aloud]",
        "what's {name}'s [address|home address|street address]",
        "where does {name} live",
        "[what is|tell me|give me|read me|get|find|i need|look up] the [address|home address] [of|for] {name}",
        "[tell me|give me|read me|read out|i need|do you have|do i have] {name}'s [address|home address]",
        "[on|in] [which|what] street does {name} live",
        "{name}'s [address|home address][?|| please]",
        "where [is {name}'s house|is {name}'s home|do i send a letter to {name}|can i find {name} at home]",
        "where does {name} [stay|reside|have the house]",
        "[in|at] which house does {name} live",
    ),
    "birthday": (
        "[i need|i forgot|can i have|could i get|i never remember] {name}'s [birthday|date of birth]",
        "[which|what] birthday [is saved for|did i save for|is listed for] {name}",
        "[which|what] [date|day|month] is {name}'s [birthday|bday] [on|]",
        "[tell me|check|look up|find out] when {name} [was born|has birthday|celebrates|has their birthday]",
        "when is {name}'s [birthday|bday]",
        "when was {name} born",
        "what's {name}'s [birthday|birth date|date of birth|birthdate]",
        "[what is|tell me|give me|look up|i need|find] the [birthday|date of birth|birth date] of {name}",
        "[tell me|give me|look up|do you have|do i have|do you know] {name}'s [birthday|date of birth|birth date]",
        "when does {name} [turn a year older|have birthday|celebrate a birthday|have a birthday]",
        "what day is {name}'s birthday",
        "{name}'s [birthday|bday][?|| please]",
        "which day was {name} born",
        "how soon is {name}'s birthday",
        "on what date is {name}'s birthday",
    ),
}


def get_contact_info(rng):
    """One detail of a contact, read out."""
    name = spans.full_name(rng) if rng.random() < 0.25 else spans.bare_person(rng)
    if rng.random() < 0.12:
        name = rng.choice(("my mom", "my dad", "my sister", "my brother", "the plumber", "the dentist", "my boss"))
    key = rng.choice(("phone", "email", "address", "birthday"))
    value = {
        "phone": spans.phone,
        "email": spans.email,
        "address": spans.address,
        "birthday": lambda rng: f"{rng.choice(clock.MONTHS).capitalize()} {rng.randrange(1, 29)}",
    }[key](rng)
    found = rng.random() < 0.85

    def done(rng, result):
        said = result.get(key) or result.get("value")
        if not said:
            return say(rng, ("i found no {key} for {name}.", "there is no {key} saved for {name}."), key=key, name=name)
        noun = {"phone": "number", "email": "e-mail address", "address": "address", "birthday": "birthday"}[key]
        return say(rng, ("{name}'s {noun} is {value}.", "{value}."), name=name, noun=noun, value=said)

    result = {key if rng.random() < 0.7 else "value": value} if found else {"found": False}
    return Request(
        pick(rng, _INFO[key], name=name), [Call("get_contact_info", {"name": name, "field": key}, done, result)]
    )


FUNCTIONS = {
    "insert_contact": insert_contact,
    "edit_contact": edit_contact,
    "view_contact": view_contact,
    "pick_contact": pick_contact,
    "get_contact_info": get_contact_info,
}
