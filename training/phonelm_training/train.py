"""The training run: a step over a global batch, its schedule, log, validation, checkpoints and export.

    python -m phonelm_training pretrain training/configs/tiny.yaml --out runs/tiny
    torchrun --nproc-per-node 8 -m phonelm_training pretrain training/configs/big.yaml --out runs/big

OUT gets log.csv and loss.svg, settings.yaml, checkpoints/ and at the end hf/, which `phonelm convert` reads.
"""

import csv
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import yaml
from torch.nn import functional as F

from . import checkpoint, data, optimizer, quant
from .attention import document_mask
from .corpus import ASSISTANT, USER, Generated
from .distributed import World
from .errors import Problem
from .export import load_weights, write
from .model import PhoneLMForCausalLM
from .plot import draw
from .settings import GENERATOR, check_sizes, decay_start, rate
from .shards import Folder, digest
from .tokenizer import load

COLUMNS = ("step", "tokens", "seconds", "lr", "loss", "assistant_loss", "gradient", "validation_loss")


def token_losses(logits, targets):
    return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape)


class Trainer:
    """A model, its optimizers and the function that computes the loss."""

    def __init__(self, settings, config, world):
        self.settings, self.world, self.cuda = settings, world, world.device.type == "cuda"
        self.context = settings.context or config.max_position_embeddings
        if self.context > config.max_position_embeddings:
            raise Problem(f"the context is {self.context}: the model's is {config.max_position_embeddings}")
        per_rank, rest = divmod(settings.batch, world.size)
        self.rows = min(settings.rows or per_rank, per_rank)
        if rest or per_rank % self.rows:
            raise Problem(
                f"the batch of {settings.batch} rows does not divide into {world.size} processes "
                f"with {self.rows} rows at once"
            )
        self.part = slice(world.rank * per_rank, (world.rank + 1) * per_rank)
        torch.set_float32_matmul_precision("high")
        model = PhoneLMForCausalLM(config).float().reset(settings.seed)
        if settings.start:
            load_weights(settings.start, model)
        self.bf16 = settings.bf16 and self.cuda
        compiled = settings.compile or ("none" if not self.cuda else "model" if world.size == 1 else "layers")
        if compiled == "layers" or compiled == "model" and world.size > 1:
            for layer in model.model.layers:
                layer.compile(dynamic=False)
        self.losses = token_losses if compiled == "none" else torch.compile(token_losses, dynamic=False)
        self.model = world.shard(model, self.bf16)
        self.optimizers = optimizer.build(self.model, settings.optimizer, settings.lr, settings.weight_decay)
        self.sums = self._sums
        if compiled == "model" and world.size == 1:
            self.losses = token_losses
            self.sums = torch.compile(self._sums, dynamic=False)
        self.attention = settings.attention if self.cuda else "dense"

    def _sums(self, tokens, positions, mask, targets, weights, heard):
        """(the loss to train on, the loss of the assistant's tokens), each a sum over tokens."""
        each = self.losses(self.model.token_logits(tokens, positions, mask), targets)
        return (each * weights).sum(), (each.detach() * heard).sum()

    def parts(self, batch):
        """A batch of rows as pieces that are computed at once, and the sums of their weights over all processes."""
        move = lambda array: torch.from_numpy(array.astype(np.int32)).to(self.world.device, non_blocking=True).long()
        tokens, classes, positions = map(move, batch)
        targets, kinds = tokens.roll(-1, 1), classes.roll(-1, 1)
        inside = positions.roll(-1, 1) != 0
        inside[:, -1] = False
        heard = ((kinds == ASSISTANT) & inside).float()
        weights = heard + self.settings.user_weight * ((kinds == USER) & inside)
        totals = self.world.total(torch.stack((weights.sum(), heard.sum())))
        columns = (tokens, positions, targets, weights, heard)
        return list(zip(*(column.split(self.rows) for column in columns))), totals.clamp(min=1)

    def forward(self, piece):
        tokens, positions, targets, weights, heard = piece
        mask = document_mask(positions, self.attention)
        with torch.autocast(self.world.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            return self.sums(tokens, positions, mask, targets, weights, heard)

    def step(self, batch, lr):
        """One step of the optimizers; (loss, assistant's loss, size of the gradient), on the device."""
        for each in self.optimizers:
            for group in each.param_groups:
                group["lr"] = lr
            each.zero_grad(set_to_none=True)
        pieces, totals = self.parts(batch)
        found = torch.zeros(2, device=self.world.device)
        for number, piece in enumerate(pieces, 1):
            if self.world.size > 1:
                self.model.set_requires_gradient_sync(number == len(pieces))
            loss, assistant = self.forward(piece)
            # Gradients are averaged over the processes, and the loss is a mean over all tokens of the batch.
            (loss * (self.world.size / totals[0])).backward()
            found += torch.stack((loss.detach(), assistant))
        gradient = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip or float("inf"))
        for each in self.optimizers:
            each.step()
        return found, totals, gradient

    def means(self, found, totals):
        """(loss, assistant's loss) over all processes."""
        return (self.world.total(found.clone()) / totals).tolist()

    def validate(self, batch):
        """The assistant's loss on held-out rows."""
        found = torch.zeros(2, device=self.world.device)
        pieces, totals = self.parts(batch)
        # One process keeps gradients on, because switching them off would compile the model a second time.
        with torch.set_grad_enabled(self.world.size == 1 and self.cuda):
            for piece in pieces:
                loss, assistant = self.forward(piece)
                found += torch.stack((loss.detach(), assistant))
        if self.world.size > 1:
            self.model.reshard()
        return self.means(found, totals)[1]

    def held_out(self, folders):
        """This process's part of the held-out rows, as many as go into whole pieces."""
        whole = data.held_out(folders, self.settings.validate_rows)
        rows = len(whole[0]) // (self.rows * self.world.size) * self.rows
        if not rows:
            raise Problem(
                f"validation holds {len(whole[0])} rows: it needs {self.rows * self.world.size}, one piece a GPU"
            )
        return tuple(array[self.world.rank * rows : (self.world.rank + 1) * rows] for array in whole)


def batches(settings, trainer, tokenizer, config, first, steps):
    """The batches of the steps that are left."""
    if settings.data == GENERATOR:
        generated = Generated(
            str(tokenizer), settings.seed, settings.form, settings.batch, trainer.context, settings.focus
        )
        return data.steps_of_generator(generated, settings.workers, trainer.part, first, steps)
    stages = [(data.Mixture(settings.data, trainer.context, settings.seed), 0)]
    if settings.decay_data:
        best = data.Mixture(settings.decay_data, trainer.context, settings.seed + 1)
        stages.append((best, decay_start(settings, steps)))
    for mixture, _ in stages:
        check_folders(mixture.folders, tokenizer, config)
    return data.steps_of_shards(stages, settings.batch, trainer.part, first, steps)


def check_folders(folders, tokenizer, config):
    """Refuses shards whose ids mean something else to the model."""
    for folder in folders:
        if folder.tokenizer != digest(tokenizer):
            raise Problem(f"{folder.folder} was made with another tokenizer than {tokenizer}")
        if folder.vocab_size > config.vocab_size:
            raise Problem(f"{folder.folder} has {folder.vocab_size} ids: the model's vocab_size is {config.vocab_size}")


def begin(world, out, resume):
    """The checkpoint to go on from, or None; a folder with a run in it is not begun anew."""
    found = checkpoint.checkpoints(out)
    if resume:
        if not found:
            raise Problem(f"{out} has no checkpoint to go on from: run without --resume, in a new folder")
        return found[-1]
    if (out / "log.csv").exists() or found:
        raise Problem(f"{out} holds a run: go on with --resume, or give another --out")
    world.wait()
    if world.first:
        out.mkdir(parents=True, exist_ok=True)
    return None


class Log:
    """log.csv of the first process; going on from a step drops the rows after it."""

    def __init__(self, world, path, step):
        self.world, self.file = world, None
        if not world.first:
            return
        rows = []
        if step:
            with open(path, newline="") as file:
                rows = [row for row in csv.reader(file)][1:]
        self.file = open(path, "w", newline="")
        self.writer = csv.writer(self.file)
        self.writer.writerows([COLUMNS, *(row for row in rows if int(row[0]) < step)])

    def row(self, *values):
        if self.file:
            self.writer.writerow(values)
            self.file.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.file:
            self.file.close()


def train(settings, out, resume=False, world=None):
    """Trains, and writes OUT; returns the trainer."""
    began, out, world = time.monotonic(), Path(out), world or World()
    last = begin(world, out, resume)
    config, tokenizer = settings.config(), settings.tokenizer_path()
    if load(tokenizer).get_vocab_size(with_added_tokens=True) > config.vocab_size:
        raise Problem(f"the tokenizer {tokenizer} has more ids than the model's vocab_size {config.vocab_size}")
    trainer = Trainer(settings, config, world)
    per_step = settings.batch * trainer.context
    steps, first = settings.steps or max(1, settings.tokens // per_step), 0
    if last:
        run = checkpoint.read_run(last)
        first = run["step"]
        check_sizes(run["sizes"], config.sizes(), last)
        settings.check_same(run["settings"], first > run["decay_start"])
        steps = run["steps"] if settings.seconds else steps
        checkpoint.load(last, trainer.model, trainer.optimizers)
        world.print(f"goes on from step {first}")
    held_out = None
    if settings.validation:
        folders = [Folder(source["path"], trainer.context) for source in settings.validation]
        check_folders(folders, tokenizer, config)
        held_out = trainer.held_out(folders)
    stream = batches(settings, trainer, tokenizer, config, first, steps)
    world.print(
        f"{sum(p.numel() for p in trainer.model.parameters()):,} parameters on {world.size} {world.device.type} "
        f"process(es), {steps} steps of {per_step:,} tokens, {trainer.rows} rows at once"
    )
    with Log(world, out / "log.csv", first) as log, closing(stream):
        steps = _steps(trainer, stream, log, out, held_out, first, steps, began)
    weights = checkpoint.whole_weights(trainer.model)
    if world.first:
        write(out / "hf", config, weights, tokenizer, settings.form)
        (out / "settings.yaml").write_text(yaml.safe_dump({**asdict(settings), "steps": steps, "tokens": 0}))
        draw([out / "log.csv"], out / "loss.svg")
    world.wait()
    return trainer


def _steps(trainer, stream, log, out, held_out, first, steps, began):
    """The steps that are left, with what is logged and kept of them; returns the number of all steps."""
    settings, world, timed = trainer.settings, trainer.world, None
    per_step = settings.batch * trainer.context
    for step, batch in enumerate(stream, first):
        if step >= steps:
            break
        if settings.qat and step >= int(steps * (1 - settings.qat_share)):
            quant.feel(trainer.model, settings.qat)
        lr, done = rate(settings, step, steps), step + 1
        found, totals, gradient = trainer.step(batch, lr)
        if settings.seconds and first == 0 and step == 20:
            timed = time.monotonic()
        if timed and step == 220:
            each = (time.monotonic() - timed) / 200
            left = settings.seconds - (time.monotonic() - began)
            steps = world.agreed(min(steps, step + 1 + int(left / each)))
            world.print(f"{1e3 * each:.1f} ms a step, {per_step / each / 1e6:.2f} M tokens/s, {steps} steps")
        due = lambda every: every and done % every == 0
        saves = settings.save_every and (due(settings.save_every) or done == steps)
        validates = held_out and (due(settings.validate_every) or done == steps)
        if step % settings.log_every == 0 or done == steps or saves or validates:
            loss, assistant = trainer.means(found, totals)
            if not np.isfinite(loss):
                raise Problem(f"the loss is {loss} at step {step}: lower lr, or try --set attention=dense")
            size = (gradient.full_tensor() if hasattr(gradient, "full_tensor") else gradient).item()
            row = [step, done * per_step, round(time.monotonic() - began, 1), f"{lr:.6f}", f"{loss:.6f}"]
            row += [f"{assistant:.6f}", f"{size:.4f}", f"{trainer.validate(held_out):.6f}" if validates else ""]
            log.row(*row)
            if step % (10 * settings.log_every) == 0 or done == steps or validates:
                world.print(*row)
        if saves:
            run = {"step": done, "steps": steps, "decay_start": decay_start(settings, steps)}
            run |= {"sizes": trainer.model.config.sizes(), "settings": asdict(settings)}
            checkpoint.save(world, out, trainer.model, trainer.optimizers, run, settings.keep)
    return steps
