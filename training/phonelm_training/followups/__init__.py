"""Requests that lean on an earlier turn: 'make it 8 instead', 'text her I'm late', 'and by bike?'."""

from . import clock, people, things

_AFTER = {**clock.AFTER, **people.AFTER, **things.AFTER}


def after(rng, call):
    """A request that refers back to `call`, or None."""
    make = _AFTER.get(call.name)
    return make(rng, call) if make else None


def back(rng, calls):
    """A request that names an earlier alarm or timer of the chat and changes it, or None."""
    return clock.back(rng, calls)
