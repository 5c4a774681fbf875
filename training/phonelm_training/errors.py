"""Errors for people: what is wrong, where, and what to do."""


class Problem(Exception):
    """Printed as one line, without a traceback."""
