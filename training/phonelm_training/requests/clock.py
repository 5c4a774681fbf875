"""Requests for alarms and timers."""

from .. import clock, days, lengths, spans
from ..calls import Call, Request
from ..corrections import changed
from ..grammar import CLOSE, frames, mark, pick, raw, say

_TOMORROW = ("", " tomorrow", " tomorrow morning")


def _other_time(rng):
    return clock.time_of_day(rng)[0]


def set_alarm(rng):
    """An alarm: time, maybe weekdays, maybe what it is for."""
    phrase, hour, minute = clock.time_of_day(rng)
    arguments = {"hour": hour, "minutes": minute}
    known = frames("set_alarm")
    time = changed(rng, phrase, _other_time)
    slots = {"time": time, "other": _other_time, "noun": spans.noun_phrase, "name": spans.first_name}
    repeats = rng.random() < 0.27
    said, weekdays = days.repeat_days(rng, hour) if repeats else ("", None)
    style, open_end = rng.random(), False
    if repeats and style < 0.1:
        said, weekdays = days.adjective(rng)
        text = pick(rng, known["adjective"], days=raw(said), **slots)
        open_end = text.endswith(CLOSE)
    elif repeats and style < 0.45:
        text = pick(rng, known["repeat"], days=raw(said), **slots)
        open_end = text.endswith(CLOSE)
    elif style < 0.58 or (repeats and style < 0.7):
        text = pick(rng, known["lead" if rng.random() < 0.35 else "plain"], **slots)
        if repeats:
            text = f"{said} {text}" if rng.random() < 0.1 else f"{text} {said}"
        elif text.endswith(CLOSE) and (phrase[-1:].isdigit() or phrase.endswith(("m", "M", "clock"))):
            text += "" if "tomorrow" in text else rng.choice(_TOMORROW if hour < 12 else _TOMORROW[:2])
    else:
        alarm = pick(rng, known["lead"], **slots)
        if repeats:
            alarm += f" {said}"
            slots["time"] = raw(f"{mark(time)} {said}")
        elif rng.random() < 0.2:
            alarm += " tomorrow"
        if style < 0.84:
            label = arguments["label"] = spans.label(rng, "label")
            text = pick(rng, known["label"], alarm=raw(alarm), label=changed(rng, label, _label, 0.015), **slots)
        else:
            task = arguments["label"] = spans.task(rng)
            text = pick(rng, known["task"], alarm=raw(alarm), task=task, **slots)
        open_end = True
    if weekdays:
        arguments["days"] = weekdays

    def done(rng, _):
        when = clock.say_time(hour, minute)
        if weekdays and rng.random() < 0.6:
            listed = ", ".join(day.capitalize() for day in weekdays)
            when += " on " + " and ".join(listed.rsplit(", ", 1)) if len(weekdays) < 7 else " every day"
        return say(rng, _ALARM_DONE, when=when)

    return Request(text, [Call("set_alarm", arguments, done)], open_end)


def _label(rng):
    return spans.label(rng, "label")


_ALARM_DONE = (
    "[the|your] alarm is set for {when}.",
    "alarm set for {when}.",
    "done, [the|your] alarm [rings|will ring] at {when}.",
    "okay, alarm at {when}.",
    "i set [an|the] alarm for {when}.",
)
_ALARMS = (
    "here are your alarms.",
    "your alarms are on the screen.",
    "i opened the list of alarms.",
    "these are your alarms.",
)


def show_alarms(rng):
    """The list of alarms."""
    call = Call("show_alarms", {}, lambda rng, _: say(rng, _ALARMS))
    return Request(pick(rng, frames("show_alarms")["plain"]), [call])


_TIMER_DONE = (
    "[the|your] timer is running: {time}.",
    "timer set for {time}.",
    "{time}, starting now.",
    "okay, {time} on the clock.",
    "i started a timer for {time}.",
)


def set_timer(rng):
    """A countdown: length, maybe what it is for."""
    phrase, seconds = lengths.duration(rng)
    arguments = {"seconds": seconds}
    known = frames("set_timer")
    short = phrase
    if rng.random() < 0.4 and phrase.endswith(("minutes", "hours", "seconds")) and " and " not in phrase:
        short = phrase[:-1]
        if rng.random() < 0.6:
            short = short.replace(" ", "-")
    time = changed(rng, phrase, lambda rng: lengths.duration(rng)[0])

    def fits(text):
        for noun in ("timer", "countdown", "break", "rest", "sprint", "session"):
            text = text.replace(f"{mark(phrase)} {noun}", f"{mark(short)} {noun}")
        return text

    style, open_end = rng.random(), False
    if style < 0.55:
        text = fits(pick(rng, known["lead" if rng.random() < 0.35 else "plain"], time=time))
    else:
        timer = raw(fits(pick(rng, known["lead"], time=time)))
        if style < 0.87:
            label = arguments["label"] = spans.label(rng, "timer")
            text = pick(rng, known["label"], timer=timer, time=time, label=label)
        else:
            task = arguments["label"] = spans.task(rng)
            text = pick(rng, known["task"], timer=timer, time=time, task=task)
        open_end = text.endswith(CLOSE)
    done = lambda rng, _: say(rng, _TIMER_DONE, time=lengths.say_duration(seconds))
    return Request(text, [Call("set_timer", arguments, done)], open_end)


FUNCTIONS = {"set_alarm": set_alarm, "show_alarms": show_alarms, "set_timer": set_timer}
