"""Requests that no phone function serves, and how to say that one is not offered."""

from .. import sentences
from ..grammar import frames, pick, raw, say

ABILITIES = {
    "set_alarm": "set alarms",
    "show_alarms": "show your alarms",
    "set_timer": "start timers",
    "insert_event": "add calendar events",
    "insert_contact": "add contacts",
    "edit_contact": "change contacts",
    "view_contact": "show contacts",
    "pick_contact": "open the contact list",
    "get_contact_info": "read contact details",
    "dial": "make calls",
    "send_message": "send text messages",
    "send_email": "write e-mails",
    "web_search": "search the web",
    "search_location": "look up places",
    "navigate": "give directions",
    "open_settings": "open the settings",
    "open_camera": "open the camera",
    "take_photo": "take photos",
    "record_video": "record videos",
    "play_media": "play media",
    "create_document": "create documents",
    "open_document": "open documents",
    "pick_file": "choose files",
    "pick_ringtone": "change the ringtone",
}
_NOT_OFFERED = (
    "I can't {able} here.",
    "sorry, I can't {able} here.",
    "I have no function to {able} here.",
    "sorry, I'm not able to {able} in this app.",
    "I can't {able}: that function is not available here.",
    "that is not possible here, as I can't {able}.",
)
_REPLIES = (
    "sorry, I can't {able}.",
    "I can't {able}.",
    "I'm not able to {able}.",
    "that is beyond me: I can't {able}.",
    "I'm sorry, but I can't {able}.",
    "no, I can't {able}.",
)
# What is nearest to a wish that cannot be granted, offered where its function is.
_INSTEAD = {
    "cancel or change alarms and timers": ("show_alarms", "set_alarm", "set_timer"),
    "read or change what is in the calendar": ("insert_event",),
    "delete or block contacts": ("view_contact", "edit_contact"),
    "read your messages": ("send_message", "send_email"),
    "see the weather": ("web_search",),
    "see the news": ("web_search",),
    "look at markets": ("web_search",),
    "translate": ("web_search",),
    "read web pages": ("web_search",),
    "order food": ("search_location", "dial"),
    "order a ride": ("navigate", "dial"),
    "make bookings": ("web_search", "dial"),
    "work on pictures": ("take_photo", "pick_file"),
    "handle running calls": ("dial",),
    "control what is playing": ("play_media",),
    "do that with the phone": ("open_settings",),
    "change or print documents": ("open_document", "create_document"),
}


def not_offered(rng, name):
    """Says that the function `name` is missing."""
    return say(rng, _NOT_OFFERED, able=ABILITIES[name])


def impossible(rng, offered=()):
    """(request text with marks, answer in words)."""
    known = frames("none")
    able = rng.choice(tuple(known))
    text = pick(rng, known[able], **sentences.SLOTS)
    near = [name for name in _INSTEAD.get(able, ()) if name in offered]
    if near and rng.random() < 0.5:
        other = ABILITIES[rng.choice(near)]
        return text, say(
            rng, ("I can't {able}, but I can {other}.", "sorry, I can't {able}. I can {other}."), able=able, other=other
        )
    return text, say(rng, _REPLIES, able=able)


def after(rng, call):
    """(request text, answer in words) for a wish about what `call` just did that nothing grants, or None."""
    known = frames("after").get(call)
    if known is None:
        return None
    text, able = pick(rng, known, **sentences.SLOTS).split(" => ")
    return text, say(rng, _REPLIES, able=able)


_WHY = (
    (
        "[why not|why can't you|how come|why is that|really|not even that][?|]",
        "I'm small, and I do only what is on offer here.",
    ),
    (
        "[why not|why can't you do that|but other phones can]",
        "such a function is not on offer here, and I'd rather say so.",
    ),
    ("[that's a pity|too bad|what a shame|a shame|disappointing|hmm, pity]", "I'm sorry. Is there something else?"),
    ("[try anyway|please try|do it anyway|just do it|only this once|try harder]", "I'm sorry, I really can't do that."),
    ("[ok|okay|fine|all right|fair enough|never mind then|then not]", "okay. I'm here when you need me."),
    ("[just a little|only a bit|a short one then|half of it at least]", "sorry, not even that."),
)


def refused_again(rng, offered):
    """[(text, answer)]: what people say after a refusal, and maybe the next wish that nothing grants."""
    turns = []
    if rng.random() < 0.7:
        asked, answer = rng.choice(_WHY)
        turns.append((pick(rng, (asked,)), say(rng, (answer,))))
    if not turns or rng.random() < 0.4:
        text, answer = impossible(rng, offered)
        turns.append(
            (
                pick(
                    rng, ("[and |what about this: |then |ok, then |and what about this: |or ]{text}",), text=raw(text)
                ),
                answer,
            )
        )
    return turns


def out_of_range(rng, name, offered):
    """A length or a time that the schemas do not allow."""
    if rng.random() < 0.6:
        count, unit = rng.choice(
            ((rng.randrange(2, 30), "days"), (rng.randrange(2, 9), "weeks"), (rng.randrange(25, 200), "hours"))
        )
        asked = pick(
            rng,
            (
                "[set|start|run|i need] a [timer|countdown] [for|of] {length}",
                "timer[:| for|,] {length}",
                "[count down|time] {length}[ for me|]",
                "<can> [set|start] a timer for {length}",
            ),
            length=f"{count} {unit}",
        )
        answers = ("a timer runs for 24 hours at most.", "that is too long: a timer ends after 24 hours.")
    else:
        asked = pick(
            rng,
            (
                "[set|make|i need] an alarm [for|at] {time}",
                "wake me at {time}",
                "alarm[:| at| for|] {time}",
                "<can> wake me at {time}",
            ),
            time=rng.choice(
                (
                    f"{rng.randrange(25, 100)}:{rng.randrange(60):02d}",
                    f"{rng.randrange(1, 13)}:{rng.randrange(60, 100)}",
                )
            ),
        )
        answers = ("there is no such time. When should it ring?", "I don't know that time. At what time, please?")
    return [(asked, say(rng, answers))]
