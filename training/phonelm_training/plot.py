"""Pictures: the loss curves of runs, and a study's loss against speed."""

import csv

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

matplotlib.rcParams["svg.hashsalt"] = "phonelm"


def rows_of(log):
    """The rows of a CSV file with a heading."""
    with open(log, newline="") as file:
        return list(csv.DictReader(file))


def draw(logs, picture):
    """Assistant loss over tokens of each log.csv; with one log, also its validation and the learning rate."""
    figure, left = pyplot.subplots(figsize=(7, 4))
    for log in logs:
        rows = rows_of(log)
        tokens = [int(row["tokens"]) / 1e6 for row in rows]
        left.plot(tokens, [float(row["assistant_loss"]) for row in rows], linewidth=1, label=str(log))
    left.set(xlabel="million tokens", ylabel="loss on the assistant's tokens (nats)", yscale="log")
    left.grid(alpha=0.3, which="both")
    if len(logs) > 1:
        left.legend(fontsize="small")
    else:
        held_out = [
            (int(row["tokens"]) / 1e6, float(row["validation_loss"])) for row in rows if row.get("validation_loss")
        ]
        if held_out:
            left.plot(*zip(*held_out), "o", markersize=4, color="tab:green")
        right = left.twinx()
        right.plot(tokens, [float(row["lr"]) for row in rows], color="tab:orange", linewidth=1)
        right.set_ylabel("learning rate")
    _save(figure, picture)


def draw_study(points, picture, xlabel, ylabel):
    """Named points (name, x, y)."""
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for name, x, y in points:
        axes.plot(x, y, "o", color="tab:blue")
        axes.annotate(name, (x, y), textcoords="offset points", xytext=(5, 4), fontsize="small")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(alpha=0.3)
    _save(figure, picture)


def _save(figure, picture):
    figure.tight_layout()
    figure.savefig(picture)
    pyplot.close(figure)
