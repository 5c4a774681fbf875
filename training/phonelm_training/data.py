"""What a run trains on, step by step: rows of shards in a mixture, or the generator itself.

The rows of a step depend on the seed and the step alone, so a run that goes on from a checkpoint needs nothing but
its step. Every process takes its part of the same global batch, whatever their number.
"""

import multiprocessing
import queue
import random
import threading

import numpy as np

from . import corpus
from .errors import Problem
from .shards import Folder

_PATTERN = 1024
"""Rows after which the order of the sources repeats; a source's share is right to one row in these."""


def check_sources(sources):
    """Refuses what is no list of folders and weights."""
    if not isinstance(sources, list) or not sources:
        raise Problem(f"the data is {sources!r}: write a list like [{{path: runs/shards, weight: 1}}]")
    for source in sources:
        if not isinstance(source, dict) or "path" not in source or source.keys() - {"path", "weight"}:
            raise Problem(f"the data has {source!r}: write {{path: FOLDER, weight: NUMBER}}")
        weight = source.get("weight", 1)
        if not isinstance(weight, (int, float)) or not weight > 0:
            raise Problem(f"the weight of {source['path']} is {weight!r}: it must be above 0")


class Mixture:
    """Rows drawn from folders by weight; each folder is shuffled anew in every pass."""

    def __init__(self, sources, context, seed):
        check_sources(sources)
        self.seed, self.folders = seed, [Folder(source["path"], context) for source in sources]
        weights = [source.get("weight", 1) for source in sources]
        edges = np.round(np.cumsum(weights) / sum(weights) * _PATTERN).astype(int)
        pattern = np.repeat(np.arange(len(weights)), np.diff(edges, prepend=0))
        self.pattern = random.Random(f"{seed}/pattern").sample(pattern.tolist(), _PATTERN)
        self.counts = np.bincount(self.pattern, minlength=len(weights)).tolist()
        if min(self.counts) == 0:
            raise Problem(f"a weight is below 1/{_PATTERN} of all: leave the source out or raise it")
        self.before = []
        seen = [0] * len(weights)
        for source in self.pattern:
            self.before.append(seen[source])
            seen[source] += 1

    def row(self, number):
        """Row `number` of the run."""
        turn, place = divmod(number, _PATTERN)
        source = self.pattern[place]
        folder = self.folders[source]
        index = turn * self.counts[source] + self.before[place]
        epoch, index = divmod(index, folder.rows)
        return folder.row(shuffled(index, folder.rows, hash_of(self.seed, source, epoch)))

    def rows(self, first, count):
        """(tokens, classes, positions) of `count` rows, each [count, context]."""
        parts = zip(*(self.row(number) for number in range(first, first + count)))
        return tuple(np.stack(part) for part in parts)


def hash_of(*numbers):
    """A 64-bit mixture of whole numbers (splitmix64)."""
    value = 0
    for number in numbers:
        value = (value + number + 1) * 0x9E3779B97F4A7C15 % (1 << 64)
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % (1 << 64)
        value = (value ^ value >> 27) * 0x94D049BB133111EB % (1 << 64)
        value ^= value >> 31
    return value


def shuffled(index, count, seed):
    """Where `index` stands in a random order of `count`: a Feistel network over the next power of 4, walked until it
    comes out inside. No list of all rows is kept, however many there are."""
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    low = (1 << half) - 1
    while True:
        left, right = index >> half, index & low
        for turn in range(4):
            left, right = right, left ^ hash_of(seed, turn, right) & low
        index = left << half | right
        if index < count:
            return index


def steps_of_shards(stages, batch, part, first, last):
    """The batches of steps first to last - 1 for the process that takes `part` (a slice) of each global batch of
    `batch` rows. `stages` are (mixture, first step of it); batches are read ahead by a thread."""
    ready, stop = queue.Queue(maxsize=4), threading.Event()

    def put(item):
        while not stop.is_set():
            try:
                return ready.put(item, timeout=0.2)
            except queue.Full:
                continue

    def read():
        try:
            for step in range(first, last):
                mixture, begin = next((m, b) for m, b in reversed(stages) if step >= b)
                put(mixture.rows((step - begin) * batch + part.start, part.stop - part.start))
                if stop.is_set():
                    return
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        for _ in range(first, last):
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join()


def steps_of_generator(generated, workers, part, first, last):
    """The same from the generator, by a pool of processes; each makes whole global batches."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, corpus.start_worker, (generated,)) as pool:
        for batch in pool.imap(corpus.make_batch, range(first, last)):
            yield tuple(array[part] for array in batch)
        pool.terminate()


def held_out(folders, rows):
    """The first `rows` rows, at most, of each folder; their tokens are never trained on."""
    parts = [folder.row(number) for folder in folders for number in range(min(rows, folder.rows))]
    return tuple(np.stack(part) for part in zip(*parts))
