"""The training run: batches from a pool of processes, warm-up, stable and decaying learning rate, CSV log.

python -m phonelm_training train --config training/configs/tiny.yaml --out runs/tiny
"""

import csv
import multiprocessing
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from inspect import signature
from pathlib import Path

import numpy as np
import torch
import yaml
from torch.nn import functional as F
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from . import corpus as corpus_module
from . import optimizer
from .corpus import Corpus
from .export import export, read
from .model import PhoneLM, Shape

try:
    from torch.nn.attention.varlen import varlen_attn
except ImportError:
    varlen_attn = None
_CAUSAL = (
    {"window_size": (-1, 0)}
    if varlen_attn and "window_size" in signature(varlen_attn).parameters
    else {"is_causal": True}
)
MOST_DOCUMENTS = 64


@dataclass
class Settings:
    """A training run; configs/*.yaml sets these."""

    model: dict = field(default_factory=dict)
    form: str = "signature"
    seed: int = 1
    rows: int = 64
    steps: int = 3000
    warmup: int = 100
    decay_share: float = 0.3
    lr: float = 3e-3
    weight_decay: float = 0.05
    clip: float = 1.0
    user_weight: float = 0.1
    seconds: float = 0.0
    """A limit for the whole run: the steps are cut once the speed is known; 0 for none."""
    attention: str = "flex"
    """How packed documents are kept apart: `flex`, `varlen` (both skip what no document spans) or `dense`."""
    workers: int = 15
    save_every: int = 1000
    start: str = ""
    """A folder whose weights the run goes on from."""

    @classmethod
    def read(cls, path, **changes):
        values = yaml.safe_load(Path(path).read_text())
        values.update({key: value for key, value in changes.items() if value is not None})
        return cls(**values)


def rate(settings, step, steps):
    """The learning rate: linear warm-up, flat, then 1 - sqrt down to zero over the last `decay_share`."""
    if step < settings.warmup:
        return settings.lr * (step + 1) / settings.warmup
    start = int(steps * (1 - settings.decay_share))
    if step < start:
        return settings.lr
    return settings.lr * max(0.0, 1 - ((step - start) / max(1, steps - start)) ** 0.5)


def attention_mask(positions, kind):
    """What `attend` needs to keep packed documents apart: causal, and never across a document's beginning."""
    documents = (positions == 0).cumsum(-1)
    rows, length = positions.shape
    if kind == "dense":
        mask = torch.ones(length, length, dtype=torch.bool, device=positions.device).tril()
        return (mask & (documents[:, :, None] == documents[:, None, :])).unsqueeze(1)
    if kind == "varlen":
        starts = (positions == 0).flatten().nonzero().flatten().int()
        edges = torch.full((rows * MOST_DOCUMENTS + 1,), rows * length, dtype=torch.int32, device=positions.device)
        edges[: len(starts)] = starts
        return edges

    def visible(b, h, q, k):
        return (q >= k) & (documents[b, q] == documents[b, k])

    return create_block_mask(visible, rows, None, length, length, device=positions.device, _compile=positions.is_cuda)


def attention_by(mask, kind):
    """attend(index, q, k, v) under a mask of `attention_mask`."""
    if kind == "dense":
        return lambda index, q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    if kind == "flex":
        return lambda index, q, k, v: flex_attention(q, k, v, block_mask=mask)

    def attend(index, q, k, v):
        rows, heads, length, size = q.shape
        flat = lambda x: x.transpose(1, 2).reshape(rows * length, heads, size)
        out = varlen_attn(flat(q), flat(k), flat(v), mask, mask, length, length, **_CAUSAL)
        return out.view(rows, length, heads, size).transpose(1, 2)

    return attend


def losses(model, tokens, classes, positions, user_weight, mask, kind):
    """(weighted loss to train on, mean loss of the assistant's tokens)."""
    logits = model(tokens, positions, attention_by(mask, kind))[:, :-1]
    each = F.cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
    target = classes[:, 1:].flatten()
    assistant = (target == corpus_module.ASSISTANT).float()
    weight = assistant + user_weight * (target == corpus_module.USER).float()
    return (each * weight).sum() / weight.sum(), (each * assistant).sum() / assistant.sum()


def to_device(batch, device):
    """A pool's numpy batch on the device, as int64."""
    move = lambda array: torch.from_numpy(array.astype(np.int32)).to(device, non_blocking=True).long()
    return [move(array) for array in batch]


def train(settings, tokenizer, out, folder_export=True):
    """Trains, logs to OUT/log.csv and writes the Hugging Face folder OUT/hf; returns the model."""
    began = time.monotonic()
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(settings.seed)
    torch.set_float32_matmul_precision("high")
    shape = Shape(**settings.model)
    model = PhoneLM(shape).to(device)
    model.reset(settings.seed)
    if settings.start:
        model.load_state_dict(read(settings.start)[0].state_dict())
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters on {device}", flush=True)
    optimizers = optimizer.build(model, settings.lr, settings.weight_decay)
    corpus = Corpus(str(tokenizer), settings.seed, settings.form, settings.rows, shape.context)
    compiled = device == "cuda"
    attention = settings.attention if compiled else "dense"
    compute = torch.compile(partial(losses, model), dynamic=False) if compiled else partial(losses, model)
    context = multiprocessing.get_context("spawn")
    steps, first_timed = settings.steps, None
    with context.Pool(settings.workers, corpus_module.start_worker, (corpus,)) as pool, open(
        out / "log.csv", "w", newline=""
    ) as file:
        log = csv.writer(file)
        log.writerow(["step", "tokens", "seconds", "lr", "loss", "assistant_loss"])
        for step, batch in enumerate(pool.imap(corpus_module.make_batch, range(settings.steps))):
            if step >= steps:
                break
            tokens, classes, positions = to_device(batch, device)
            lr = rate(settings, step, steps)
            for each in optimizers:
                for group in each.param_groups:
                    group["lr"] = lr
                each.zero_grad(set_to_none=True)
            mask = attention_mask(positions, attention)
            with torch.autocast(device, dtype=torch.bfloat16, enabled=compiled):
                loss, assistant = compute(tokens, classes, positions, settings.user_weight, mask, attention)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            for each in optimizers:
                each.step()
            if step == 20:
                first_timed = time.monotonic()
            if settings.seconds and step == 220:
                per_step = (time.monotonic() - first_timed) / 200
                left = settings.seconds - (time.monotonic() - began)
                steps = min(steps, step + int(left / per_step))
                print(
                    f"{1e3 * per_step:.1f} ms a step, {settings.rows * shape.context / per_step / 1e6:.2f} M tokens/s, {steps} steps",
                    flush=True,
                )
            if step % 20 == 0 or step == steps - 1:
                if not torch.isfinite(loss):
                    raise RuntimeError(
                        f"the loss is {loss.item()} at step {step}: try a lower learning rate or --attention dense"
                    )
                row = [
                    step,
                    (step + 1) * settings.rows * shape.context,
                    round(time.monotonic() - began, 1),
                    f"{lr:.6f}",
                    round(loss.item(), 4),
                    round(assistant.item(), 4),
                ]
                log.writerow(row)
                file.flush()
                if step % 200 == 0 or step == steps - 1:
                    print(*row, flush=True)
            if settings.save_every and step and step % settings.save_every == 0:
                export(model, tokenizer, settings.form, out / "hf")
        pool.terminate()
    export(model, tokenizer, settings.form, out / "hf")
    (out / "settings.yaml").write_text(yaml.safe_dump({**asdict(settings), "steps": steps}))
    return model
