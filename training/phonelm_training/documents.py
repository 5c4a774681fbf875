"""Shards from the generator, or from documents of text and JSONL files.

    {"text": "..."}                              a document; all of it counts in the loss
    {"messages": [...], "tools": [...]}          a chat; tools are functions' definitions or names of the catalogue

A file that does not end in .jsonl (or .jsonl.gz) is text: documents stand between lines of <|endoftext|>.
"""

import glob
import gzip
import json
import multiprocessing
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import corpus
from .catalogue import FORMS, functions
from .config import at_least
from .corpus import ASSISTANT, Generated, Marks, laid_out, pack
from .errors import Problem
from .evaluate import renderer
from .render import template
from .settings import GENERATOR, MODEL
from .shards import Writer
from .tokenizer import load

END = "<|endoftext|>"
_AT_ONCE = 1000
_ROWS = 64


@dataclass
class Corpus:
    """What the command `corpus` writes."""

    source: object = GENERATOR
    """`generator`, or a list of files; * stands for many."""
    tokenizer: str = str(MODEL / "tokenizer.json")
    form: str = "signature"
    seed: int = 1
    tokens: int = 0
    """How much the generator writes; a limit for files, 0 for all."""
    pack: int = 0
    """Rows of so many tokens that hold whole documents; 0: documents follow one another and rows cut them."""
    shard_tokens: int = 1 << 26
    workers: int = 0
    """Processes of the generator; 0 for one a core."""

    def __post_init__(self):
        at_least(self, 0, "tokens", "pack", "workers")
        at_least(self, 1, "shard_tokens")
        if self.form not in FORMS:
            raise Problem(f"form is {self.form!r}: it must be one of {', '.join(FORMS)}")
        if not Path(self.tokenizer).is_file():
            raise Problem(f"the tokenizer is missing: {self.tokenizer}")
        if self.source == GENERATOR and not (self.tokens and self.pack):
            raise Problem("the generator needs tokens (how many) and pack (the context that they will be trained with)")


def write(settings, out):
    """Writes the shards; returns the number of tokens."""
    writer = Writer(out, settings.tokenizer, settings.pack, settings.shard_tokens)
    if settings.source == GENERATOR:
        _generate(settings, writer)
    else:
        _read(settings, writer)
    return writer.close()


def _generate(settings, writer):
    generated = Generated(settings.tokenizer, settings.seed, settings.form, _ROWS, settings.pack)
    count = -(-settings.tokens // (_ROWS * settings.pack))
    context = multiprocessing.get_context("spawn")
    workers = min(settings.workers or os.cpu_count(), count)
    with context.Pool(workers, corpus.start_worker, (generated,)) as pool:
        for rows in pool.imap(corpus.make_batch, range(count)):
            writer.add_rows(*rows)


def _read(settings, writer):
    encoder, written = load(settings.tokenizer), 0
    encode = _Encoder(encoder, settings.form)
    for documents in _groups(documents_of(settings.source)):
        if settings.tokens and written >= settings.tokens:
            break
        ids = encode(documents)
        if settings.pack:
            rows = laid_out(pack(ids, settings.pack), settings.pack, encode.classes)
            writer.add_rows(*rows)
            written += rows[0].size
        else:
            ends = np.cumsum([len(each) for each in ids])
            kinds = [encode.classes(each) for each in ids] if encode.chats else None
            flat = lambda lists, kind: np.fromiter((x for each in lists for x in each), kind, count=ends[-1])
            writer.add(flat(ids, np.uint32), ends, None if kinds is None else flat(kinds, np.uint8))
            written += int(ends[-1])


class _Encoder:
    """Documents to ids; a corpus is chats or texts, by its first document."""

    def __init__(self, encoder, form):
        self.encoder, self.form, self.chats = encoder, form, None
        self.end = encoder.token_to_id(END)
        if self.end is None:
            raise Problem(f"the tokenizer has no {END}, which ends a document")

    def __call__(self, documents):
        if self.chats is None:
            self.chats = "messages" in documents[0][1]
            if self.chats:
                self.marks, self.render = Marks(self.encoder), renderer(template(self.form))
        texts = [self._text(place, document) for place, document in documents]
        ids = [encoding.ids for encoding in self.encoder.encode_batch(texts, add_special_tokens=False)]
        return ids if self.chats else [each + [self.end] for each in ids]

    def classes(self, ids):
        return self.marks.classes(ids) if self.chats else [ASSISTANT] * len(ids)

    def _text(self, place, document):
        try:
            if not self.chats:
                return document["text"]
            tools = [functions()[tool] if isinstance(tool, str) else tool for tool in document.get("tools") or []]
            return self.render(document["messages"], tools, False)
        except Exception as error:
            kind = "chat" if self.chats else "text"
            raise Problem(f"{place}: no {kind} like the first document: {error!r}") from None


def documents_of(patterns):
    """(place, document) of every document in the files."""
    if not isinstance(patterns, list) or not patterns:
        raise Problem(f"source is {patterns!r}: write {GENERATOR}, or a list of files")
    for pattern in patterns:
        paths = sorted(glob.glob(str(pattern), recursive=True))
        if not paths:
            raise Problem(f"there is no file {pattern}")
        for path in paths:
            try:
                yield from _jsonl(path) if path.endswith((".jsonl", ".jsonl.gz")) else _text_file(path)
            except (OSError, UnicodeDecodeError) as error:
                raise Problem(f"{path} cannot be read: {error}") from None


def _open(path):
    return gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")


def _jsonl(path):
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            place = f"{path}:{number}"
            try:
                document = json.loads(line)
            except ValueError as error:
                raise Problem(f"{place}: no JSON: {error}") from None
            if not isinstance(document, dict) or not isinstance(
                document.get("text", document.get("messages")), (str, list)
            ):
                raise Problem(f'{place}: neither {{"text": ...}} nor {{"messages": [...]}}')
            yield place, document


def _text_file(path):
    lines, start = [], 1
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip() == END:
                if lines:
                    yield f"{path}:{start}", {"text": "".join(lines)}
                lines, start = [], number + 1
            else:
                lines.append(line)
    if lines:
        yield f"{path}:{start}", {"text": "".join(lines)}


def _groups(documents):
    group = []
    for document in documents:
        group.append(document)
        if len(group) == _AT_ONCE:
            yield group
            group = []
    if group:
        yield group
