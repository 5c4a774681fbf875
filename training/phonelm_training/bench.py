"""Tokens a second of whole training steps on random ids, the share of the GPU's peak (MFU), and what a run would cost.

python -m phonelm_training bench training/configs/bench-0.5b.yaml
"""

import gc
import json
import time
from dataclasses import dataclass, field

import numpy as np
import torch

from .config import at_least
from .corpus import ASSISTANT
from .distributed import World
from .errors import Problem
from .model import is_table, read_config
from .settings import GENERATOR, Settings
from .train import Trainer

PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12}
"""Dense bf16 operations a second by the vendor's data sheets (SXM)."""


@dataclass
class Bench:
    """What the command `bench` measures."""

    model: object
    rows: list = field(default_factory=lambda: [16, 8, 4])
    """Rows of a GPU at once; the first number that fits is measured."""
    pieces: int = 1
    """How many times that a GPU computes in a step; the optimizer's share falls with it."""
    context: int = 0
    steps: int = 20
    compile: str = ""
    attention: str = "flex"
    optimizer: str = "muon"
    costs: list = field(default_factory=lambda: [20e9, 100e9, 1.5e12])
    """Lengths of runs, in tokens, whose GPU hours are printed."""

    def __post_init__(self):
        at_least(self, 1, "steps", "pieces")
        if not self.rows or not all(isinstance(rows, int) and rows > 0 for rows in self.rows):
            raise Problem(f"rows is {self.rows!r}: write a list of whole numbers, like [16, 8]")


def operations(model, context):
    """Floating-point operations of a token, forward and backward: 6 for each weight of a matrix and of the head, and
    attention over half the context on average."""
    config = model.config
    weights = sum(p.numel() for name, p in model.named_parameters() if p.ndim == 2 and not is_table(name))
    weights += config.vocab_size * config.hidden_size
    attention = config.num_hidden_layers * config.num_attention_heads * config.head_dim * context
    return 6 * weights + 6 * attention


def run(bench):
    """Prints one JSON object."""
    world, config = World(), read_config(bench.model)
    context = bench.context or config.max_position_embeddings
    try:
        for rows in bench.rows:
            settings = Settings(
                model=bench.model,
                data=GENERATOR,
                steps=1,
                context=context,
                batch=rows * bench.pieces * world.size,
                rows=rows,
                compile=bench.compile,
                attention=bench.attention,
                optimizer=bench.optimizer,
            )
            found = _measured(settings, config, world, bench.steps, context)
            if found:
                break
            world.print(f"{rows} rows do not fit")
            gc.collect()
            torch.cuda.empty_cache()
        else:
            raise Problem(f"not even {bench.rows[-1]} rows fit into the GPU's memory")
    finally:
        world.close()
    for tokens in bench.costs:
        found[f"gpu_hours_{tokens / 1e9:g}B"] = round(float(tokens) / found["tokens_per_second_per_gpu"] / 3600)
    world.print(json.dumps(found, indent=1))


def _measured(settings, config, world, steps, context):
    rows = settings.batch // world.size
    try:
        began = time.monotonic()
        trainer = Trainer(settings, config, world)
        per_token = operations(trainer.model, context)
        ids = np.random.default_rng(1).integers(0, config.vocab_size, (rows, context))
        batch = ids, np.full(ids.shape, ASSISTANT), np.tile(np.arange(context), (rows, 1))
        for _ in range(3):
            trainer.step(batch, 1e-4)
        _wait(world)
        compiled, began = time.monotonic() - began, time.monotonic()
        for _ in range(steps):
            trainer.step(batch, 1e-4)
        _wait(world)
        each, began = (time.monotonic() - began) / steps, time.monotonic()
        for optimizer in trainer.optimizers:
            optimizer.step()
        _wait(world)
        optimizing = time.monotonic() - began
    except torch.cuda.OutOfMemoryError:
        return None
    cuda = world.device.type == "cuda"
    name = torch.cuda.get_device_name() if cuda else "CPU"
    speed = rows * context / each
    peak = next((peak for part, peak in PEAK.items() if part in name), None)
    return {
        "device": name,
        "gpus": world.size,
        "torch": torch.__version__,
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
        "context": context,
        "rows_at_once": settings.rows,
        "rows_a_step_per_gpu": rows,
        "first_steps_seconds": round(compiled, 1),
        "ms_per_step": round(1e3 * each, 2),
        "ms_of_the_optimizer": round(1e3 * optimizing, 2),
        "tokens_per_second_per_gpu": round(speed),
        "operations_per_token": per_token,
        "mfu": round(speed * per_token / peak, 4) if peak else None,
        "peak_memory_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1) if cuda else None,
    }


def _wait(world):
    if world.device.type == "cuda":
        torch.cuda.synchronize()
