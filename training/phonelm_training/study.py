"""A study of shapes: models of one size, pre-trained alike, compared by their loss on held-out rows and their speed.

    python -m phonelm_training study training/configs/study.yaml --out runs/study
    python -m phonelm_training study training/configs/study.yaml --out runs/study --set speed=speed.csv    # the picture

Every shape is a process of its own; several share a GPU, and compile side by side. OUT/results.csv has a line for each
shape and seed, OUT/curves.csv their losses over the tokens. With a CSV of decode speeds (columns name and
tokens_per_second, by `phonelm bench` on the phone), OUT/study.svg shows loss against speed.
"""

import contextlib
import csv
import multiprocessing
import os
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from .config import at_least, made
from .documents import Corpus
from .documents import write as write_shards
from .errors import Problem
from .model import PhoneLMForCausalLM, read_config
from .plot import draw_study, rows_of
from .settings import Settings
from .train import train

_HELD_OUT = 424242
"""The seed of the rows that measure; no training uses it."""
_SHAPE = ("hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size")


@dataclass
class Study:
    """What the command `study` runs."""

    shapes: list
    """What is different: for each shape some values of config.json."""
    model: dict
    """What the shapes share."""
    run: dict
    """Settings of the runs (see `pretrain`), without data."""
    corpus: dict
    """Settings of the shards (see `corpus`), written once for all."""
    held_out: int = 2_000_000
    """Tokens of held-out rows."""
    seeds: list = field(default_factory=lambda: [1])
    parallel: int = 10
    """Processes at once."""
    limit: float = 0.0
    """Seconds after which what still runs is ended; 0 for none."""
    speed: str = ""

    def __post_init__(self):
        at_least(self, 1, "parallel")
        if not self.shapes or not all(isinstance(shape, dict) for shape in self.shapes):
            raise Problem("shapes is a list of values of config.json, like [{hidden_size: 320, num_hidden_layers: 7}]")
        self.configs = {}
        for shape in self.shapes:
            config = read_config({**self.model, **shape})
            name = f"{config.num_hidden_layers}x{config.hidden_size}"
            if config.num_key_value_heads != config.num_attention_heads:
                name += f"-kv{config.num_key_value_heads}"
            if name in self.configs:
                raise Problem(f"two shapes are called {name}")
            self.configs[name] = config


def run(study, out):
    """Trains what OUT does not hold yet, and draws the picture when speeds are given."""
    out, began = Path(out), time.monotonic()
    if not (out / "results.csv").exists():
        tasks = _tasks(study, out)
        _write_data(study, out)
        print(f"shards written after {time.monotonic() - began:.0f} s", flush=True)
        _train_all(study, out, tasks, began)
        _collect(study, out)
    if study.speed:
        _draw(study, out)


def _tasks(study, out):
    """The settings of the runs by shape, all checked before the first begins."""
    tasks = defaultdict(list)
    for name, config in study.configs.items():
        for seed in study.seeds:
            values = {
                "data": [{"path": str(out / "shards")}],
                "validation": [{"path": str(out / "held-out")}],
                "save_every": 0,
                **study.run,
                "model": config.to_dict(),
                "seed": seed,
            }
            tasks[name].append((made(Settings, values, "run"), out / "runs" / f"{name}-{seed}"))
    return tasks


def _write_data(study, out):
    for folder, changes in (("shards", {}), ("held-out", {"seed": _HELD_OUT, "tokens": study.held_out})):
        if not (out / folder / "index.json").exists():
            write_shards(made(Corpus, {**study.corpus, **changes}, "corpus"), out / folder)


def _train_all(study, out, tasks, began):
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = str(max(1, os.cpu_count() // min(study.parallel, len(tasks))))
    os.environ["OMP_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("spawn")
    waiting = [context.Process(target=_train_shape, args=(name, out, task)) for name, task in tasks.items()]
    running = []
    while waiting or running:
        if study.limit and time.monotonic() - began > study.limit:
            print(
                f"the limit of {study.limit:.0f} s is over: {len(running) + len(waiting)} shapes are not done",
                flush=True,
            )
            for process in running:
                process.kill()
            return
        running = [process for process in running if process.is_alive()]
        while waiting and len(running) < study.parallel:
            running.append(waiting.pop(0))
            running[-1].start()
        time.sleep(0.2)


def _train_shape(name, out, tasks):
    with (
        open(out / f"{name}.log", "a", buffering=1) as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        for settings, folder in tasks:
            train(settings, folder)


def _collect(study, out):
    """results.csv and curves.csv of what was trained; a run without a last validation is not in results.csv."""
    results, curves = [], []
    for name, config in study.configs.items():
        parameters = PhoneLMForCausalLM(config).num_parameters()
        for seed in study.seeds:
            log = out / "runs" / f"{name}-{seed}" / "log.csv"
            if not log.exists():
                print(f"{name} with seed {seed} did not begin: see {out}/{name}.log", flush=True)
                continue
            rows = rows_of(log)
            curves += [{"name": name, "seed": seed, **row} for row in rows]
            if not log.with_name("settings.yaml").exists():
                print(f"{name} with seed {seed} did not end: see {out}/{name}.log", flush=True)
                continue
            last = rows[-1]
            shape = {key: getattr(config, key) for key in _SHAPE}
            figures = {key: last[key] for key in ("tokens", "seconds", "validation_loss")}
            results.append({"name": name, **shape, "parameters": parameters, "seed": seed, **figures})
            print(f"{name:12} seed {seed}  {parameters:,} parameters  loss {last['validation_loss']}", flush=True)
    if not results:
        raise Problem(f"no run came to its end: see {out}/*.log")
    for name, lines in (("curves.csv", curves), ("results.csv", results)):
        with open(out / name, "w", newline="") as file:
            writer = csv.DictWriter(file, lines[0].keys())
            writer.writeheader()
            writer.writerows(lines)


def _draw(study, out):
    try:
        speeds = {row["name"]: float(row["tokens_per_second"]) for row in rows_of(study.speed)}
    except (OSError, KeyError, ValueError) as error:
        raise Problem(f"{study.speed}: no CSV with the columns name and tokens_per_second: {error}") from None
    losses = defaultdict(list)
    for row in rows_of(out / "results.csv"):
        losses[row["name"]].append(float(row["validation_loss"]))
    points = [(name, speeds[name], sum(found) / len(found)) for name, found in losses.items() if name in speeds]
    if not points:
        raise Problem(f"{study.speed} names no shape of {out}/results.csv")
    draw_study(points, out / "study.svg", "decode, tokens a second", "loss on held-out conversations (nats)")
