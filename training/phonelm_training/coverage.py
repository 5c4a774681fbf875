"""How various the corpus is: distinct requests and distinct frames by function, and conversations a second.

    python -m phonelm_training.coverage --samples 100000

A frame is a request whose filled slots are replaced by their place: "wake me at _".
"""

import argparse
import random
import re
import time

from .conversation import MAKERS, conversation
from .grammar import CLOSE, OPEN, finish

_SLOT = re.compile(f"{OPEN}[^{CLOSE}]*{CLOSE}")


def frame(text):
    """The request with '_' for each filled slot."""
    return " ".join(_SLOT.sub("_", text).split())


def variety(name, samples, seed=1):
    """(share of distinct requests, distinct frames) among `samples` requests for one function."""
    rng, texts, frames = random.Random(f"{seed}/{name}"), set(), set()
    for _ in range(samples):
        text = MAKERS[name](rng).text
        texts.add(finish(text))
        frames.add(frame(text))
    return len(texts) / samples, len(frames)


def speed(count, seed=2):
    """Conversations a second in this process."""
    rng = random.Random(seed)
    for _ in range(count):  # the patterns are parsed on their first use
        conversation(rng)
    start = time.process_time()
    for _ in range(count):
        conversation(rng)
    return count / (time.process_time() - start)


def main():
    parser = argparse.ArgumentParser(prog="python -m phonelm_training.coverage", description=__doc__)
    parser.add_argument("--samples", type=int, default=20000, help="requests drawn for each function")
    arguments = parser.parse_args()
    print(f"{speed(3000):.0f} conversations/s")
    print(f"{'function':18} {'distinct':>8} {'frames':>8}")
    for name in MAKERS:
        share, frames = variety(name, arguments.samples)
        print(f"{name:18} {share:8.1%} {frames:8}")


if __name__ == "__main__":
    main()
