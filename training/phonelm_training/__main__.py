"""Corpus, tokenizer, training and measuring of PhoneLM models."""

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

from . import config
from .errors import Problem

EXAMPLES = """examples:
  python -m phonelm_training corpus training/configs/corpus.yaml --out runs/shards
  python -m phonelm_training pretrain training/configs/tiny.yaml --out runs/tiny
  python -m phonelm_training pretrain training/configs/tiny.yaml --out runs/tiny --resume
  python -m phonelm_training pretrain training/configs/tiny.yaml --out runs/slow --set lr=1e-3 --set seed=2
  python -m phonelm_training pretrain training/configs/tiny.yaml --out runs/found --set model=found/config.json
  torchrun --nproc-per-node 8 -m phonelm_training pretrain training/configs/phonelm-0.5b.yaml --out runs/0.5b
  python -m phonelm_training finetune training/configs/second.yaml --start runs/tiny/hf --out runs/second
  python -m phonelm_training export runs/tiny --out runs/tiny/hf-now
  python -m phonelm_training evaluate runs/second/hf training/requests/dev.jsonl --wrong 10
"""


def main():
    parser = argparse.ArgumentParser(
        prog="python -m phonelm_training",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, about, with_config=True):
        part = commands.add_parser(name, help=about, description=about)
        if with_config:
            part.add_argument("config", help="YAML file")
            part.add_argument(
                "--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting of the config"
            )
        return part

    part = add("corpus", "write shards of tokens from the generator or from documents")
    part.add_argument("--out", required=True, help="a new folder")
    part = add("tokenizer", "train a tokenizer on the generator's conversations or on documents")
    part.add_argument("--out", required=True, help="tokenizer.json")
    part = add("pretrain", "train a model from random weights")
    part.add_argument("--out", required=True)
    part.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --out")
    part = add("finetune", "train on from the weights of a Hugging Face folder")
    part.add_argument("--start", required=True, help="Hugging Face folder")
    part.add_argument("--out", required=True)
    part.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --out")
    part = add("export", "write the Hugging Face folder of a checkpoint", with_config=False)
    part.add_argument("run", help="a run's folder, or one of its checkpoints")
    part.add_argument("--out", required=True, help="a new folder")
    part = add("evaluate", "greedy answers against a file of cases", with_config=False)
    part.add_argument("folder")
    part.add_argument("cases", help="JSONL file, or own:COUNT for the generator's held-out split")
    part.add_argument("--device", default="cpu")
    part.add_argument(
        "--as", dest="kind", default="q8_0", choices=("q8_0", "q4_0", "stored"), help="rounding of the weights"
    )
    part.add_argument("--wrong", type=int, default=0, help="print so many wrong answers")
    part = add("dialogue", "greedy answers to dialogues of several turns", with_config=False)
    part.add_argument("folder")
    part.add_argument("cases", help="JSONL file")
    part.add_argument("--device", default="cpu")
    part.add_argument("--wrong", type=int, default=0, help="print so many wrong answers")
    part = add("study", "train shapes of one size alike and compare their losses")
    part.add_argument("--out", required=True)
    part = add("agree", "whether several GPUs train the same model as one")
    part.add_argument("--out", required=True, help="a new folder")
    part.add_argument("--processes", type=int, default=2)
    part.add_argument("--tolerance", type=float, default=0.05, help="largest difference of a step's losses, in nats")
    part = add("bench", "tokens a second of a training step, and what a run would cost")
    part = add("sample", "print conversations of the generator", with_config=False)
    part.add_argument("--seed", type=int, default=1)
    part.add_argument("--count", type=int, default=5)
    part.add_argument("--form", default="signature")
    part = add("measure", "loss with and without rounding, zeros by layer, offered subsets", with_config=False)
    part.add_argument("folder")
    part.add_argument("cases", help="JSONL file")
    part = add("plot", "draw the losses of logs", with_config=False)
    part.add_argument("logs", nargs="+")
    part.add_argument("picture", help="PNG or SVG file")
    arguments = parser.parse_args()
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        globals()[arguments.command](arguments)
    except Problem as problem:
        sys.exit(f"error: {problem}")


def corpus(arguments):
    from .documents import Corpus, write

    began = time.monotonic()
    tokens = write(config.read(Corpus, arguments.config, arguments.set), arguments.out)
    print(f"{tokens:,} tokens in {arguments.out}, {time.monotonic() - began:.0f} s")


def tokenizer(arguments):
    from .tokenizer import Training, train

    if Path(arguments.out).exists():
        raise Problem(f"{arguments.out} exists: remove it or give another name")
    made = train(config.read(Training, arguments.config, arguments.set))
    Path(arguments.out).parent.mkdir(parents=True, exist_ok=True)
    made.save(arguments.out)


def pretrain(arguments, *changes):
    from .distributed import World
    from .settings import Settings
    from .train import train

    settings = config.read(Settings, arguments.config, (*arguments.set, *changes))
    world = World()
    try:
        train(settings, arguments.out, arguments.resume, world)
    finally:
        world.close()


def finetune(arguments):
    pretrain(arguments, f"start={json.dumps(arguments.start)}")


def export(arguments):
    from .export import export as run

    print(f"{run(arguments.run, arguments.out)} exported to {arguments.out}")


def evaluate(arguments):
    from . import evaluate as module

    if arguments.cases.startswith("own:"):
        cases = module.own_split(int(arguments.cases[4:]))
    else:
        cases = module.load_cases(arguments.cases)
    kind = None if arguments.kind == "stored" else arguments.kind
    print(json.dumps(module.evaluate(arguments.folder, cases, arguments.device, kind, show_wrong=arguments.wrong)))


def dialogue(arguments):
    from . import dialogue as module

    cases = module.dialogues(arguments.cases)
    print(json.dumps(module.talk(arguments.folder, cases, arguments.device, show_wrong=arguments.wrong)))


def study(arguments):
    from .study import Study, run

    run(config.read(Study, arguments.config, arguments.set), arguments.out)


def agree(arguments):
    from .agree import run

    run(arguments.config, arguments.set, arguments.out, arguments.processes, arguments.tolerance)


def bench(arguments):
    from .bench import Bench, run

    run(config.read(Bench, arguments.config, arguments.set))


def measure(arguments):
    from . import measure as module

    stored, rounded, zeros = module.loss_and_zeros(arguments.folder)
    few, without = module.offered_subsets(arguments.folder, arguments.cases)
    print(f"loss {stored:.4f} as stored, {rounded:.4f} as Q8_0")
    print("zeros after ReLU by layer: " + " ".join(f"{share:.1%}" for share in zeros))
    print(f"needed functions and 7 others offered: {few:.1%} right; needed ones missing: {without:.1%} without a call")


def sample(arguments):
    from .conversation import conversation
    from .render import text

    rng = random.Random(arguments.seed)
    for _ in range(arguments.count):
        print(text(conversation(rng), arguments.form))


def plot(arguments):
    from .plot import draw

    draw(arguments.logs, arguments.picture)


if __name__ == "__main__":
    main()
