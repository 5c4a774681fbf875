"""Requests by function: each maker draws the words of one request and the call that serves it."""

from . import calendar, clock, device, messages, people, web

MAKERS = {
    **clock.FUNCTIONS,
    **calendar.FUNCTIONS,
    **people.FUNCTIONS,
    **messages.FUNCTIONS,
    **web.FUNCTIONS,
    **device.FUNCTIONS,
}
