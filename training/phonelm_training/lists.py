"""The word lists under training/data, one file a subject."""

from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


@lru_cache(maxsize=None)
def load(name):
    """The entries of data/NAME.txt: comma-separated, `#` starts a comment line."""
    entries = []
    for line in (DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            entries += [entry.strip() for entry in line.split(",") if entry.strip()]
    return tuple(entries)


@lru_cache(maxsize=None)
def table(name):
    """The rows of data/NAME.tsv as tuples of columns."""
    rows = (DATA / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(tuple(row.split("\t")) for row in rows if row and not row.startswith("#"))


@lru_cache(maxsize=None)
def lines(name):
    """The lines of data/NAME.txt, for entries that hold commas."""
    rows = (DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(row for row in rows if row and not row.startswith("#"))
