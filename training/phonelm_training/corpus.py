"""Conversations packed into rows of token ids.

`batch(index)` depends on the seed and its index alone, whichever process makes it. A row holds whole
documents; positions start at 0 in each, which is also how the model tells them apart.
"""

import random
from dataclasses import dataclass

import numpy as np

from .catalogue import functions, short
from .conversation import conversation
from .render import text
from .tokenizer import load

IGNORE, USER, ASSISTANT = 0, 1, 2
_END_OF_TOOLS = "</tools><|im_end|>\n"


@dataclass
class Corpus:
    """What a worker needs to make batches."""

    tokenizer: str
    seed: int
    form: str
    rows: int
    context: int

    def open(self):
        """Loads the tokenizer; call once in each process."""
        self.encoder = load(self.tokenizer)
        self.lines = {
            name: self.encoder.encode(short(entry, self.form) + "\n").ids for name, entry in functions().items()
        }
        ids = self.encoder.token_to_id
        self.start, self.end = ids("<|im_start|>"), ids("<|im_end|>")
        self.assistant, self.user, self.newline = ids("assistant"), ids("user"), self.encoder.encode("\n").ids[0]
        self.response = ids("<tool_response>")
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

    def classes(self, ids):
        """For each token: IGNORE, USER (what the user typed) or ASSISTANT (what the model must say)."""
        out, kind, at, count = [IGNORE] * len(ids), IGNORE, 0, len(ids)
        while at < count:
            token = ids[at]
            if token == self.start:
                role = ids[at + 1]
                kind = ASSISTANT if role == self.assistant else IGNORE
                if role == self.user and ids[at + 3] != self.response:
                    kind = USER
                at += 3
                continue
            out[at] = kind
            if token == self.end:
                kind = IGNORE
            at += 1
        return out

    def batch(self, index):
        """(tokens, classes, positions), each [rows, context]; padding is end-of-text of class IGNORE."""
        rng = random.Random(f"{self.seed}/{index}")
        rows = [[] for _ in range(self.rows)]
        room = [self.context] * self.rows
        misses = 0
        while misses < 12:
            ids = self.ids(conversation(rng))
            if len(ids) > self.context:
                continue
            best = min((row for row in range(self.rows) if room[row] >= len(ids)), key=room.__getitem__, default=None)
            if best is None:
                misses += 1
                continue
            rows[best].append(ids)
            room[best] -= len(ids)
        tokens = np.zeros((self.rows, self.context), np.uint16)
        classes = np.zeros((self.rows, self.context), np.uint8)
        positions = np.zeros((self.rows, self.context), np.uint16)
        for row, documents in enumerate(rows):
            at = 0
            for ids in documents:
                end = at + len(ids)
                tokens[row, at:end], classes[row, at:end] = ids, self.classes(ids)
                positions[row, at:end] = np.arange(len(ids))
                at = end
            positions[row, at:] = np.arange(self.context - at)
        return tokens, classes, positions


_worker = None


def start_worker(corpus):
    """Initialiser of a pool's process."""
    global _worker
    _worker = corpus.open()


def make_batch(index):
    """One batch, in a pool's process."""
    return _worker.batch(index)
