"""People who change their mind in the middle of a sentence: 'at seven, no wait, eight'."""

from .grammar import mark, raw

_NO = (
    " no wait ",
    ", no wait, ",
    ", no, ",
    ", sorry, ",
    " sorry ",
    ", sorry, i mean ",
    ", i mean ",
    " i mean ",
    ", make that ",
    ", no make that ",
    ", no, make it ",
    ", actually ",
    ", actually no, ",
    " or rather ",
    ", or rather ",
    ", scratch that, ",
    ", wait, ",
    "... no, ",
    "... actually ",
    ", hang on, ",
    ", correction, ",
    ", oops, ",
    " uh no ",
    " ah no ",
    ", not that, ",
    ", no i meant ",
)


def changed(rng, right, make, chance=0.03):
    """`right`, or sometimes what `make(rng)` gives first and `right` after it; only `right` counts."""
    if rng.random() > chance:
        return right
    wrong = make(rng)
    if wrong == right:
        return right
    if rng.random() < 0.12:
        return raw(f"{mark(right)}{rng.choice((', not ', ' and not ', ' not '))}{mark(wrong)}")
    return raw(f"{mark(wrong)}{rng.choice(_NO)}{mark(right)}")
