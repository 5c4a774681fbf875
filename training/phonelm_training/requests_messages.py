"""Requests for calls, text messages and e-mail."""

from . import sentences, spans
from .calls import Call, Request
from .grammar import mark, pick, raw, say

_DIAL = (
    "give {to} a [ring|call|bell|shout], [please|will you|would you]",
    "[i need|i want|i'd like] [a word with|to hear|to speak to|to talk to] {to}[. call them|, call them|. ring them| on the phone|; dial them]",
    "call {to}",
    "call {to}",
    "[call|ring|phone|dial|telephone|call up|ring up|phone up|buzz|give a call to|place a call to|make a call to|make a phone call to|start a call with|start a call to|get me a call with] {to}",
    "give {to} a [call|ring|buzz|bell|quick call|shout on the phone]",
    "[i want|i need|i'd like|i have|i've got] to [call|phone|ring|speak to|talk to|speak with] {to} [|on the phone|now]",
    "[get|put] {to} on the [phone|line|horn]",
    "[get|put] me [through to|on the phone with|on to|in touch by phone with] {to}",
    "dial [the number|] {to}",
    "[can|could] you [call|ring|dial|phone] {to}",
    "connect me [to|with] {to}",
    "[let me|lemme] [speak|talk] [to|with] {to}",
    "open the [dialler|dialer|phone|dial pad|phone app] [with|for|on] {to}",
    "[it's time to|time to|let's|we should] [call|phone|ring] {to}",
    "phone call to {to}",
    "[try|reach] {to} [by phone|on the phone|by telephone]",
    "type {to} into the [dialler|dialer]",
    "[i'd love|i'm dying|i was told|i promised|it's time] to [call|ring|phone] {to}",
    "[phone|call|dial][:|,] {to}",
    "{to}[, call them|, on the phone please|, give them a ring|: call|, ring them up]",
    "[start|make|place|begin|open] a [call|phone call] [to|with] {to}",
    "[hit|get hold of|reach out to|get a hold of] {to} [by phone|on the phone|by telephone]",
    "[bring|pull] up the [dialler|dial pad|keypad] [with|for] {to}",
    "[a|one] call to {to}[, please| now| please]",
    "[dial|ring|call] {to} [up |][for me|right away|straight away|on speaker|please]",
    "[i must|i have to|i need to|i want to|i've got to] [get hold of|reach|ring|phone|speak with] {to}[, call them|, dial|, now| by phone|]",
)


def dial(rng):
    """A telephone call."""
    to = spans.phone(rng) if rng.random() < 0.33 else spans.person(rng)
    return Request(
        pick(rng, _DIAL, to=to),
        [
            Call(
                "dial",
                {"to": to},
                lambda rng, _: say(
                    rng,
                    ("calling {to}.", "the dialler is open with {to}.", "ready to call {to}.", "dialling {to}."),
                    to=to,
                ),
            )
        ],
    )


_MESSAGE = (
    "[text|message|sms|msg] {to} {body}",
    "[text|message|sms] {to}[:|,| -] {body}",
    "[text|message|write|write to|sms|msg] {to} that {body}",
    "tell {to} [that |]{body}",
    "tell {to} [that |]{body}",
    "[text|message|write|write to|sms|msg] {to} [saying|and say|and tell them|with|to say|with the words|and write|:] {body}",
    "[send|shoot|drop|write] {to} [a|a quick|one] [text|message|sms|line|note|text message] [saying|that says|that|with|which says|:|to say|reading|with the text] {body}",
    "[send|write|shoot|drop|fire off] [a|a quick|an] [text|message|sms|text message|note] to {to} [saying|that says|that|:|with|and say|which says|reading|with the text] {body}",
    "let {to} know [that |]{body}",
    "[inform|notify] {to} that {body}",
    "say {body} to {to}",
    "send {body} to {to}",
    '[text|send|message|write] "{body}" to {to}',
    "[send|write] {to} {body}",
    "[sms|message|text] to {to}[:|,] {body}",
    "[reply|answer|respond] to {to} [with|:|that|saying] {body}",
    "[ask|tell|remind] {to}[:|,] {body}",
    "[write|send] [a|] message to {to}[:|,|.] {body}",
    "[can|could|would|will] you [tell|text|message] {to} {body}",
    "{to} [should|needs to|has to|must] know [that |]{body}[, text them|, send a message|, tell them]",
    "[pass on|pass along|relay] to {to} that {body}",
    "give {to} [the|this|a] message[:| that|,] {body}",
    "drop {to} a line that {body}",
    "[text|message] {to} my [message|words]: {body}",
    '[text|message|write|tell|sms] {to}[:|,|] "{body}"',
    '[send|shoot|drop] {to} [a text|a message|an sms|this][:|,| saying| with] "{body}"',
    '"{body}"[, send that to|, text that to| goes to|, that to] {to}',
    "{to} [should|has to|needs to] [get|receive] [the|a|this] [message|text]: {body}",
    "[by|via] [text|sms|message][, tell|, let|: tell] {to} [know |]{body}",
    "[tell|inform] {to} by [text|sms|message] [that |]{body}",
    "[message|text|sms] for {to}[:|,| -] {body}",
    "[new|] [message|text|sms][:|,| to] {to}[:|,| -] {body}",
    "[get|put] [word|a note|a message|a text] to {to}[:|,| that] {body}",
    "[be so nice to|could you please|i need you to] [tell|text|write to] {to} [that |]{body}",
    "to {to}[:|,] {body}",
    "[let|make] {to} know by [text|message|sms] [that |]{body}",
    "[what i want to tell|my message to|the text for] {to} is[:|] {body}",
    "text to {to} that {body}",
)


def send_message(rng):
    """A text message."""
    to = spans.phone(rng) if rng.random() < 0.14 else spans.person(rng)
    body = sentences.message(rng)
    text = pick(rng, _MESSAGE, to=to, body=body)
    return Request(
        text,
        [
            Call(
                "send_message",
                {"to": to, "body": body},
                lambda rng, _: say(
                    rng,
                    (
                        "your message to {to} is ready.",
                        "message to {to}: {body}.",
                        "i wrote to {to}.",
                        "the text to {to} is ready to send.",
                    ),
                    to=to,
                    body=body,
                ),
            )
        ],
        True,
    )


_MAIL_LEAD = (
    "[email|e-mail|mail|write an email to|send an email to|send an e-mail to|compose an email to|write a mail to|draft an email to|start an email to|new email to|send a mail to|write an e-mail to] {to}",
    "[send|write|draft|compose|shoot|drop] {to} [an email|an e-mail|a mail|a quick email]",
    "[i need to|i want to|i have to|i'd like to|let me|help me] [email|mail|write an email to|send an email to] {to}",
    "[open|start|begin|create] [a new|an|a] [email|e-mail|draft|mail] [to|for] {to}",
    "[an|one|new] [email|e-mail|mail] [to|for] {to}",
    "[email|e-mail|mail][:|,] {to}",
    "[fire off|put together|prepare|set up|type up] an [email|e-mail] [to|for] {to}",
    "{to} [should|needs to|has to] get an [email|e-mail]",
    "[get|have] an [email|e-mail] ready for {to}",
    "[by|via] [email|e-mail][, write to|, contact|: reach] {to}",
)
_MAIL_SUBJECT = (
    " [about|about the|regarding|on|concerning|about] {subject}",
    " [with subject|with the subject|with the subject line|subject|, subject|titled|, subject:|with the title| - subject|under the subject] {subject}",
    ", [the|] subject is {subject}",
    "; subject[:|] {subject}",
    ". [the subject is|subject:|subject|make the subject] {subject}",
    ' [about|with subject|titled|with the subject] "{subject}"',
    ", topic[:|] {subject}",
    ", [title|headline|re:|re] {subject}",
    " on the [subject|topic] of {subject}",
)
_MAIL_BODY = (
    " [saying|that says|and say|and write|with the text|and tell them|telling them] [that |]{body}",
    ", [body|text|message|the text is|and the body][:|] {body}",
    "[:| that] {body}",
    " with [body|the body|the message|the text] {body}",
    ". [write|say|text:|the text is|body:] {body}",
    ' [saying|with the text|and write|that says|:] "{body}"',
    ", [just |][write|say|tell them] {body}",
    "; [text|body|message|it says][:|] {body}",
)
_MAIL_BOTH_BODY = (
    " [saying|that says|and say|and write|with the text|and text] {body}",
    " [and body|, body|, text|and the message|, message|, the body is|and the body][:|] {body}",
    ". [write|say|text:|the text is|body:] {body}",
    ' [saying|with the text|, text|and the text|, body] "{body}"',
    "; [text|body|message|it says|content][:|] {body}",
    ", [content|saying|and it says|it should say|write][:|] {body}",
)


def send_email(rng):
    """An e-mail: to, maybe subject, body and copies."""
    address = lambda: spans.email(rng) if rng.random() < 0.4 else spans.person(rng)
    to = [address() for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3)))]
    listed = to[0] if len(to) == 1 else raw(", ".join(map(mark, to[:-1])) + " and " + mark(to[-1]))
    text = pick(rng, _MAIL_LEAD, to=listed)
    arguments = {"to": to}
    copies, copy_text = _copies(rng, address) if rng.random() < 0.22 else ({}, "")
    early = rng.random() < 0.6
    style = rng.random()
    if early:
        text += copy_text
    if style < 0.42 or style > 0.72:
        arguments["subject"] = sentences.about(rng)
        text += _lead(rng, _MAIL_SUBJECT, subject=arguments["subject"])
    if style > 0.55:
        arguments["body"] = sentences.message(rng)
        text += _lead(rng, _MAIL_BOTH_BODY if "subject" in arguments else _MAIL_BODY, body=arguments["body"])
    if not early and "body" not in arguments:
        text += copy_text
    if early or "body" not in arguments:
        arguments.update(copies)
    names = " and ".join(to)
    return Request(
        text,
        [
            Call(
                "send_email",
                arguments,
                lambda rng, _: say(
                    rng,
                    ("the e-mail to {to} is ready.", "your mail to {to} is drafted.", "i prepared an e-mail to {to}."),
                    to=names,
                ),
            )
        ],
        True,
    )


_COPY = {
    "cc": (
        " [with|and] {copy} [in|on] [cc|copy]",
        ", [with|and] {copy} in [cc|copy]",
        " [cc|and cc|and copy|copying|with a copy to|with copy to] {copy}",
        ", [cc|copy|copying|copy to|and copy|a copy goes to|cc to] {copy}",
        ". [cc|copy|also copy|put in cc|copy goes to] {copy}",
        ", {copy} [in cc|gets a copy|in copy|should get a copy]",
    ),
    "bcc": (
        " [with|and] {copy} [in|on] [bcc|blind copy]",
        ", [with|and] {copy} in [bcc|blind copy]",
        " [bcc|and bcc|with a blind copy to|with a hidden copy to|and blind copy] {copy}",
        ", [bcc|blind copy|blind copy to|hidden copy to|bcc to|and secretly copy] {copy}",
        ". [bcc|blind copy|hidden copy to] {copy}",
        ", {copy} [in bcc|gets a blind copy|hidden in bcc|as a blind copy]",
    ),
}


def _copies(rng, address):
    """({'cc' or 'bcc': people}, the words that say so)."""
    key = rng.choice(("cc", "cc", "bcc"))
    people = [address() for _ in range(rng.choice((1, 1, 1, 2)))]
    listed = people[0] if len(people) == 1 else raw(" and ".join(map(mark, people)))
    return {key: people}, _lead(rng, _COPY[key], copy=listed)


def _lead(rng, patterns, **slots):
    """`pick` that keeps the comma or space in front of a tail."""
    pattern = rng.choice(patterns)
    return (" " if pattern.startswith(" ") else "") + pick(rng, (pattern,), **slots)


FUNCTIONS = {"dial": dial, "send_message": send_message, "send_email": send_email}
