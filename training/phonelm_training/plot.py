"""The loss curve of a run."""

import csv

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


def draw(log, picture):
    """Assistant loss and learning rate over tokens, from a log.csv."""
    with open(log, newline="") as file:
        rows = list(csv.DictReader(file))
    tokens = [int(row["tokens"]) / 1e6 for row in rows]
    figure, left = pyplot.subplots(figsize=(7, 4))
    left.plot(tokens, [float(row["assistant_loss"]) for row in rows], color="tab:blue", linewidth=1)
    left.set(xlabel="million tokens", ylabel="loss on the assistant's tokens (nats)", yscale="log")
    left.grid(alpha=0.3, which="both")
    right = left.twinx()
    right.plot(tokens, [float(row["lr"]) for row in rows], color="tab:orange", linewidth=1)
    right.set_ylabel("learning rate")
    figure.tight_layout()
    figure.savefig(picture)
