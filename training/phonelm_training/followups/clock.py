"""What follows an alarm, a timer or a calendar entry."""

from .. import clock, days, lengths, spans
from ..calls import Call, Request
from ..grammar import mark, pick, raw, say
from ..numbers import either
from ..requests.clock import FUNCTIONS as _CLOCK

_CHANGE = (
    "[actually|no,|sorry,|wait,|hm,|oh,|hmm|] [make it|make that|change it to|set it to|i meant|better|let's say|move it to|make it for|put it at|switch it to|change that to] {value} [instead|]",
    "{value} instead",
    "[no|sorry|wait|oops|hm], {value}",
    "[i'd rather|i'd prefer|better|rather] {value}",
    "[can|could] you [make it|make that|change it to] {value}",
    "[on second thought|on reflection|thinking about it], {value}",
    "not that, {value}",
    "[it should be|should have been|i wanted|i said] {value}",
)
_MORE = (
    "[and|also|and also|add|plus|now] [another one|one more|another|one] [at|for|of] {value}",
    "[one more|another|a second one] [at|for|of] {value}",
    "[ok, |okay. |good. |then |ok, then |now |][another one|one more|a second one|a new one][, |: ]{value}",
    "and [at|for|] {value} [too|as well|also]",
    "[the same|another one] for {value}",
    "and {value}",
    "[add|set] one [for|at|of] {value} [too|as well]",
)
_LABEL = (
    "[and |]{call} [it|that|that one] {label}",
    "[the label should be|label|label it|give it the label|name|the name is] {label}",
    "[it's|that's|this is] for [the |my |]{label}",
    "[add|put on|with] [the label|a label|the name] {label}",
)


def _alarm_call(arguments):
    hour, minute = arguments["hour"], arguments["minutes"]
    done = ("alarm set for {when}.", "okay, alarm at {when}.", "done, it rings at {when}.")
    return Call("set_alarm", arguments, lambda rng, _: say(rng, done, when=clock.say_time(hour, minute)))


def _timer_call(arguments):
    seconds = arguments["seconds"]
    done = ("timer set for {time}.", "okay, {time}.", "{time}, starting now.")
    return Call("set_timer", arguments, lambda rng, _: say(rng, done, time=lengths.say_duration(seconds)))


def _ordered(arguments, keys):
    return {key: arguments[key] for key in keys if key in arguments}


_ALARM_KEYS = ("hour", "minutes", "label", "days")
_EVENT_KEYS = ("title", "day", "time", "duration_minutes", "location", "guests")


_PAST = (("half past", 30), ("quarter past", 15), ("a quarter past", 15), ("ten past", 10), ("twenty past", 20))
_ONLY_MINUTES = (
    "[no, |sorry, |hm, |wait, |actually |oh, |][make it|make that|better|rather|i meant|let's say|say] {value}[ instead| please|]",
    "[no|hm|sorry|oh], {value}",
    "[rather|better] {value}",
)


def _alarm(rng, call):
    roll, arguments = rng.random(), dict(call.arguments)
    if roll < 0.04:
        phrase, arguments["minutes"] = rng.choice(_PAST)
        return Request(pick(rng, _ONLY_MINUTES, value=phrase), [_alarm_call(_ordered(arguments, _ALARM_KEYS))])
    phrase, hour, minute = clock.time_of_day(rng)
    if roll < 0.42:
        text = pick(rng, _CHANGE, value=phrase)
        arguments.update(hour=hour, minutes=minute)
    elif roll < 0.66:
        text = pick(rng, _MORE, value=phrase)
        arguments = {"hour": hour, "minutes": minute}
    elif roll < 0.74:
        arguments["label"] = spans.label(rng, "label")
        text = pick(rng, _LABEL, label=arguments["label"], call=raw(rng.choice(("call", "name", "label"))))
    elif roll < 0.82:
        said, arguments["days"] = days.repeat_days(rng, arguments["hour"])
        text = pick(
            rng,
            (
                "[and|make that|make it|repeat it|but|please] {days}",
                "{days} [please|]",
                "[it should|let it|have it] [ring|repeat] {days}",
            ),
            days=raw(said),
        )
    elif roll < 0.90:
        step = rng.choice((1, -1))
        later = "later" if step > 0 else "earlier"
        text = pick(
            rng,
            (
                "[make it|make that|rather|better|] [an hour|one hour] {later} [please|]",
                "[could you|can you] make it an hour {later}",
            ),
            later=raw(later),
        )
        arguments["hour"] = (arguments["hour"] + step) % 24
    else:
        return _CLOCK["show_alarms"](rng) if rng.random() < 0.6 else _show_them(rng)
    return Request(text, [_alarm_call(_ordered(arguments, _ALARM_KEYS))])


def _show_them(rng):
    request = _CLOCK["show_alarms"](rng)
    request.text = pick(
        rng,
        (
            "[show|list] [them|all of them|the list|the others|all]",
            "[now|and] [show me|let me see] [the list|them all|all of them]",
            "which ones are set [now|]",
        ),
    )
    return request


def _alarms_shown(rng, call):
    phrase, hour, minute = clock.time_of_day(rng)
    return Request(
        pick(rng, _MORE[:3] + ("[add|set] [another|one|one more] [at|for] {value}",), value=phrase),
        [_alarm_call({"hour": hour, "minutes": minute})],
    )


def _timer(rng, call):
    roll, arguments = rng.random(), dict(call.arguments)
    if roll < 0.08 and arguments["seconds"] % 60 == 0 and arguments["seconds"] < 3600:
        minutes = rng.choice((2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 45, rng.randrange(1, 60)))
        arguments["seconds"] = 60 * minutes
        text = pick(rng, _ONLY_MINUTES, value=either(rng, minutes))
        return Request(text, [_timer_call(_ordered(arguments, ("seconds", "label")))])
    phrase, seconds = lengths.duration(rng)
    if roll < 0.5:
        text = pick(rng, _CHANGE, value=phrase)
        arguments["seconds"] = seconds
    elif roll < 0.8:
        text = pick(rng, _MORE, value=phrase)
        arguments = {"seconds": seconds}
        if rng.random() < 0.3:
            arguments["label"] = spans.label(rng, "timer")
            text += f" for {rng.choice(('the ', ''))}{mark(arguments['label'])}"
    elif roll < 0.92:
        arguments["label"] = spans.label(rng, "timer")
        text = pick(rng, _LABEL, label=arguments["label"], call=raw(rng.choice(("call", "name", "label"))))
    else:
        text = pick(rng, ("[again|the same again|once more|repeat it|another round|and again]",))
    return Request(text, [_timer_call(_ordered(arguments, ("seconds", "label")))])


def back(rng, calls):
    """An earlier alarm or timer is named and changed, whatever came in between."""
    found = [call for call in calls if call.name in ("set_alarm", "set_timer")]
    if not found:
        return None
    call = rng.choice(found)
    last = [other for other in found if other.name == call.name][-1]
    arguments = dict(last.arguments)
    if last.name == "set_timer":
        phrase, arguments["seconds"] = lengths.duration(rng)
        made = _timer_call(arguments)
    else:
        phrase, hour, minute = clock.time_of_day(rng)
        arguments.update(hour=hour, minutes=minute)
        made = _alarm_call(arguments)
    text = pick(
        rng,
        (
            "[make|change|set] the {thing} [to |]{value}[ instead|]",
            "the {thing} should be {value}[ instead|]",
            "[about the|back to the|and the] {thing}[: |, ][make it |better |rather |]{value}",
            "[sorry, |no, |oh, |]the {thing}[:|,] {value}[ instead|]",
            "[can|could] you [make|change] the {thing} [to |]{value}",
        ),
        thing=raw("alarm" if last.name == "set_alarm" else "timer"),
        value=phrase,
    )
    return Request(text, [made])


def _event(rng, call):
    roll, arguments = rng.random(), dict(call.arguments)
    if roll < 0.26:
        phrase, hour, minute = clock.time_of_day(rng, bare_afternoon=True)
        arguments["time"] = clock.hhmm(hour, minute)
        text = pick(rng, _CHANGE + ("[at|it starts at|it's at|make it start at] {value}",), value=phrase)
    elif roll < 0.46:
        phrase, arguments["day"] = days.day(rng)
        text = pick(
            rng,
            (
                "[no, |actually |sorry, |wait, |][make it|move it to|it's|change it to|i meant] {value}[ instead|]",
                "{value} instead",
                "[no|sorry|wait], {value}",
            ),
            value=raw(mark(phrase.removeprefix("on "))),
        )
    elif roll < 0.58:
        arguments["location"] = spans.spot(rng)
        text = pick(
            rng,
            (
                "[it's|that's|and it's|it is|the place is|location:|it will be] [at |in |]{value}",
                "[add|set|put] the [location|place]: {value}",
                "[at|in] {value}",
            ),
            value=arguments["location"],
        )
    elif roll < 0.72:
        guest = spans.bare_person(rng)
        arguments["guests"] = [*arguments.get("guests", []), guest]
        text = pick(
            rng,
            (
                "[and |also |please |][invite|add|ask] {value}[ too| as well| to it|]",
                "{value} [comes too|is coming too|should be invited]",
                "with {value}",
            ),
            value=guest,
        )
    elif roll < 0.82:
        length, seconds = lengths.duration(rng, longest=6 * 3600)
        if seconds % 60:
            length, seconds = "an hour", 3600
        arguments["duration_minutes"] = seconds // 60
        text = pick(
            rng,
            ("[it takes|it lasts|make it|for|it goes on for|it will take] {value}", "[length|duration][:|] {value}"),
            value=length,
        )
    elif roll < 0.9:
        arguments["title"] = spans.title(rng)
        text = pick(
            rng,
            ("[call it|name it|the title is|rename it to|title it] {value}", "[no, |]it's called {value}"),
            value=arguments["title"],
        )
    else:
        phrase, day = days.day(rng)
        text = pick(
            rng,
            ("[and |][the same|another one|also|again] [for |]{value}", "[repeat that|and once more] {value}"),
            value=raw(mark(phrase.removeprefix("on "))),
        )
        arguments["day"] = day
    title, day = arguments["title"], arguments["day"]
    done = ("{title} is in your calendar for {day}.", "okay, {title}, {day}.", "i changed it: {title}, {day}.")
    made = Call("insert_event", _ordered(arguments, _EVENT_KEYS), lambda rng, _: say(rng, done, title=title, day=day))
    return Request(text, [made])


AFTER = {"set_alarm": _alarm, "show_alarms": _alarms_shown, "set_timer": _timer, "insert_event": _event}
