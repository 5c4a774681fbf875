"""What a request is: its text, the calls that serve it and what is said once they are done."""

from dataclasses import dataclass, field
from typing import Callable


@dataclass
class Call:
    """One function call; `done(rng, result)` words the answer after it has run."""

    name: str
    arguments: dict
    done: Callable = None
    result: dict = None


@dataclass
class Request:
    """A user's sentence with the slots still marked, and the calls in the order said."""

    text: str
    calls: list = field(default_factory=list)
    open_end: bool = False
    """True when the text ends in a span of free words, where nothing may be appended."""
