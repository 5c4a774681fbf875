"""Token files that stream: a folder of shards, written once and memory-mapped by every reader.

index.json           version, vocab_size, tokenizer (SHA-256 of its file), pack, shards: name, tokens, documents, crc32
tokenizer.json       the tokenizer that made the ids
00000.tokens.npy     ids, uint16 up to a vocabulary of 65,536, else uint32
00000.ends.npy       uint64: where each document ends, the last one at the end of the shard
00000.classes.npy    uint8, only for chats: which tokens count in the loss (see `corpus`)
"""

import hashlib
import json
import shutil
import zlib
from pathlib import Path

import numpy as np

from .corpus import ASSISTANT
from .errors import Problem
from .tokenizer import load

VERSION = 1
_PARTS = ("tokens", "ends", "classes")


def digest(path):
    """The SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class Writer:
    """Writes a new folder; `index.json` comes last, so a folder that has one is whole."""

    def __init__(self, folder, tokenizer, pack, shard_tokens):
        self.folder, self.pack, self.shard_tokens = Path(folder), pack, shard_tokens
        if self.folder.exists() and any(self.folder.iterdir()):
            raise Problem(f"{folder} is not empty: remove it or give another folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tokenizer, self.folder / "tokenizer.json")
        self.vocab_size = load(tokenizer).get_vocab_size(with_added_tokens=True)
        self.kind = np.uint16 if self.vocab_size <= 1 << 16 else np.uint32
        self.shards, self._waiting, self._count = [], [], 0

    def add(self, tokens, ends, classes=None):
        """Appends documents: their ids, where each ends among them, and the classes of a chat's tokens."""
        self._waiting.append((tokens.astype(self.kind), ends.astype(np.uint64), classes))
        self._count += len(tokens)
        if self._count >= self.shard_tokens:
            self._flush()

    def add_rows(self, tokens, classes, positions):
        """Appends packed rows."""
        starts = np.flatnonzero(positions.reshape(-1) == 0)
        self.add(tokens.reshape(-1), np.append(starts[1:], tokens.size), classes.reshape(-1))

    def close(self):
        """Writes what is left and the index; returns the number of tokens."""
        if self._waiting:
            self._flush()
        if not self.shards:
            raise Problem("there is no document: nothing was written")
        index = {
            "version": VERSION,
            "vocab_size": self.vocab_size,
            "tokenizer": digest(self.folder / "tokenizer.json"),
            "pack": self.pack,
            "shards": self.shards,
        }
        partial = self.folder / "index.json.partial"
        partial.write_text(json.dumps(index, indent=1) + "\n")
        partial.rename(self.folder / "index.json")
        return sum(shard["tokens"] for shard in self.shards)

    def _flush(self):
        name, offset, ends = f"{len(self.shards):05}", 0, []
        for tokens, its_ends, _ in self._waiting:
            ends.append(its_ends + np.uint64(offset))
            offset += len(tokens)
        parts = {"tokens": np.concatenate([tokens for tokens, _, _ in self._waiting]), "ends": np.concatenate(ends)}
        if self._waiting[0][2] is not None:
            parts["classes"] = np.concatenate([classes for _, _, classes in self._waiting])
        for part, array in parts.items():
            np.save(self.folder / f"{name}.{part}.npy", array)
        crc = {part: zlib.crc32(array) for part, array in parts.items()}
        self.shards.append({"name": name, "tokens": offset, "documents": len(parts["ends"]), "crc32": crc})
        self._waiting, self._count = [], 0


class Folder:
    """The rows of `context` tokens of a folder; shards are mapped and checked when they are first read."""

    def __init__(self, folder, context):
        self.folder, self.context, self._open = Path(folder), context, {}
        path = self.folder / "index.json"
        try:
            index = json.loads(path.read_text())
            if index["version"] != VERSION:
                raise Problem(f"{path}: version {index['version']}, and this program reads {VERSION}")
            self.vocab_size, self.tokenizer, self.pack = index["vocab_size"], index["tokenizer"], index["pack"]
            self.shards = index["shards"]
            counts = [shard["tokens"] // context for shard in self.shards]
        except OSError:
            raise Problem(f"{folder} has no index.json: write shards with the command corpus, to its end") from None
        except (ValueError, KeyError, TypeError) as error:
            raise Problem(f"{path} is damaged ({error!r}): write the shards again") from None
        if self.pack and self.pack != context:
            raise Problem(f"{folder} is packed into rows of {self.pack}, and the run's context is {context}")
        self.starts = np.concatenate(([0], np.cumsum(counts)))
        if not self.rows:
            raise Problem(f"{folder} holds no row of {context} tokens")

    @property
    def rows(self):
        return int(self.starts[-1])

    def row(self, number):
        """(tokens, classes, positions) of a row."""
        shard = int(np.searchsorted(self.starts, number, side="right")) - 1
        tokens, ends, classes = self._mapped(shard)
        begin = (number - int(self.starts[shard])) * self.context
        end = begin + self.context
        first, last = np.searchsorted(ends, [begin, end], side="right")
        marks = np.zeros(self.context, np.int64)
        inside = ends[first:last].astype(np.int64) - begin
        inside = inside[inside < self.context]
        marks[inside] = inside
        positions = np.arange(self.context) - np.maximum.accumulate(marks)
        kinds = np.full(self.context, ASSISTANT, np.uint8) if classes is None else classes[begin:end]
        return tokens[begin:end], kinds, positions

    def _mapped(self, number):
        if number not in self._open:
            shard = self.shards[number]
            parts = [self._part(shard, part) if part in shard["crc32"] else None for part in _PARTS]
            tokens, ends, classes = parts
            whole = (
                tokens is not None
                and ends is not None
                and len(tokens) == shard["tokens"]
                and len(ends) == shard["documents"]
                and (ends[:-1] <= ends[1:]).all()
                and int(ends[-1]) == len(tokens)
                and int(tokens.max()) < self.vocab_size
                and (classes is None or len(classes) == len(tokens))
            )
            if not whole:
                raise Problem(f"{self.folder}: shard {shard['name']} does not fit index.json: write the shards again")
            self._open[number] = parts
        return self._open[number]

    def _part(self, shard, part):
        path = self.folder / f"{shard['name']}.{part}.npy"
        try:
            array = np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise Problem(f"the shard {path} cannot be read: {error}") from None
        if array.ndim != 1 or zlib.crc32(np.ascontiguousarray(array)) != shard["crc32"][part]:
            raise Problem(f"the shard {path} is damaged (its CRC-32 is another): write it again")
        return array
