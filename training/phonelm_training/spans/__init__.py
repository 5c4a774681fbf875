"""Random names, numbers, places and titles: the spans that a call copies out of a request.

Part of every kind is made up letter by letter or drawn word by word, so that the model learns to copy and
not to recall.
"""

from .names import (
    address,
    bare_person,
    company,
    email,
    first_name,
    full_name,
    last_name,
    person,
    phone,
    spelled,
    spoken_email,
)
from .places import city, place_query, spot
from .titles import PARTS, artist, document_name, label, media, query, song, subject, task, title
from .words import any_words, made_up, noun_phrase, plural

__all__ = [
    "PARTS",
    "address",
    "any_words",
    "artist",
    "bare_person",
    "city",
    "company",
    "document_name",
    "email",
    "first_name",
    "full_name",
    "label",
    "last_name",
    "made_up",
    "media",
    "noun_phrase",
    "person",
    "phone",
    "place_query",
    "plural",
    "query",
    "song",
    "spelled",
    "spoken_email",
    "spot",
    "subject",
    "task",
    "title",
]
