"""Documents packed into rows of token ids.

`Generated.batch(index)` depends on the seed and its index alone, whichever process makes it. A row holds whole
documents; positions start at 0 in each, which is also how the model tells them apart.
"""

import random
from dataclasses import dataclass

import numpy as np

from .catalogue import functions, short
from .conversation import conversation
from .errors import Problem
from .render import text
from .tokenizer import load

IGNORE, USER, ASSISTANT = 0, 1, 2
"""Classes of tokens in the loss: nothing, what the user typed, what the model must say."""
_END_OF_TOOLS = "</tools><|im_end|>\n"


class Marks:
    """The ids by which the turns of a chat are found among a tokenizer's ids."""

    def __init__(self, encoder):
        ids = lambda plain: encoder.encode(plain, add_special_tokens=False).ids
        self.start, self.end = encoder.token_to_id("<|im_start|>"), encoder.token_to_id("<|im_end|>")
        if self.start is None or self.end is None:
            raise Problem("the tokenizer has no <|im_start|> and <|im_end|>: it cannot tell the turns of a chat")
        self.assistant, self.user = ids("assistant\n"), ids("user\n")
        self.response = ids("<tool_response>")

    def classes(self, ids):
        """The class of each token."""
        out, kind, at, count = [IGNORE] * len(ids), IGNORE, 0, len(ids)
        while at < count:
            token = ids[at]
            if token == self.start:
                at += 1
                kind = IGNORE
                for role, its in ((self.assistant, ASSISTANT), (self.user, USER)):
                    if ids[at : at + len(role)] == role:
                        at += len(role)
                        is_result = ids[at : at + len(self.response)] == self.response
                        kind = IGNORE if its == USER and is_result else its
                        break
                continue
            out[at] = kind
            if token == self.end:
                kind = IGNORE
            at += 1
        return out


@dataclass
class Generated:
    """Batches of the generator's conversations; what a worker needs to make them."""

    tokenizer: str
    seed: int
    form: str
    rows: int
    context: int
    focus: float = 0.0

    def open(self):
        """Loads the tokenizer; call once in each process."""
        self.encoder = load(self.tokenizer)
        self.marks = Marks(self.encoder)
        self.lines = {
            name: self.encoder.encode(short(entry, self.form) + "\n").ids for name, entry in functions().items()
        }
        return self

    def ids(self, document):
        """The token ids of one document; the lines of the functions come from a table."""
        plain = text(document, self.form)
        if not document["tools"]:
            return self.encoder.encode(plain).ids
        head, tail = plain.split(_END_OF_TOOLS, 1)
        out = self.encoder.encode(head[: head.index("<tools>\n") + len("<tools>\n")]).ids
        for name in document["tools"]:
            out += self.lines[name]
        return out + self.encoder.encode(_END_OF_TOOLS + tail).ids

    def batch(self, index):
        """(tokens, classes, positions), each [rows, context]."""
        rng = random.Random(f"{self.seed}/{index}")
        rows, room, misses = [[] for _ in range(self.rows)], [self.context] * self.rows, 0
        while misses < 12:
            ids = self.ids(conversation(rng, self.focus))
            if len(ids) <= self.context:
                misses += not put(rows, room, ids)
        return laid_out(rows, self.context, self.marks.classes)


def put(rows, room, ids):
    """Puts a document into the fullest row that has room for it; False when none has."""
    best = min((row for row in range(len(rows)) if room[row] >= len(ids)), key=room.__getitem__, default=None)
    if best is None:
        return False
    rows[best].append(ids)
    room[best] -= len(ids)
    return True


def pack(documents, context):
    """Rows of whole documents, the longest placed first; a document longer than a row is cut into rows."""
    pieces = [ids[at : at + context] for ids in documents for at in range(0, len(ids), context)]
    rows, room = [], []
    for ids in sorted(pieces, key=len, reverse=True):
        if not put(rows, room, ids):
            rows.append([ids])
            room.append(context - len(ids))
    return rows


def laid_out(rows, context, classes):
    """(tokens, classes, positions), each [rows, context]; padding is token 0 of class IGNORE."""
    tokens = np.zeros((len(rows), context), np.uint32)
    kinds = np.zeros((len(rows), context), np.uint8)
    positions = np.zeros((len(rows), context), np.uint16 if context <= 1 << 16 else np.uint32)
    for row, documents in enumerate(rows):
        at = 0
        for ids in documents:
            end = at + len(ids)
            tokens[row, at:end], kinds[row, at:end] = ids, classes(ids)
            positions[row, at:end] = np.arange(len(ids))
            at = end
        positions[row, at:] = np.arange(context - at)
    return tokens, kinds, positions


_worker = None


def start_worker(generated):
    """Initialiser of a pool's process."""
    global _worker
    _worker = generated.open()


def make_batch(index):
    """One batch, in a pool's process."""
    return _worker.batch(index)
