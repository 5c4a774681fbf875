"""The commands: tokenizer, train, evaluate, measure, sample, plot."""

import argparse
import json
import random
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = REPOSITORY / "models" / "phonelm-tiny"


def main():
    parser = argparse.ArgumentParser(prog="python -m phonelm_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    part = commands.add_parser("tokenizer", help="train the tokenizer")
    part.add_argument("--out", default=str(MODEL / "tokenizer.json"))
    part.add_argument("--documents", type=int, default=60000)
    part.add_argument("--seed", type=int, default=1)
    part = commands.add_parser("train", help="train a model")
    part.add_argument("--config", required=True)
    part.add_argument("--out", required=True)
    part.add_argument("--tokenizer", default=str(MODEL / "tokenizer.json"))
    part.add_argument("--form", choices=("names", "signature", "described"))
    part.add_argument("--attention", choices=("flex", "varlen", "dense"))
    part.add_argument("--start", help="go on from the weights of this folder")
    for name, kind in (
        ("steps", int),
        ("seconds", float),
        ("workers", int),
        ("seed", int),
        ("lr", float),
        ("rows", int),
        ("warmup", int),
    ):
        part.add_argument(f"--{name}", type=kind)
    part = commands.add_parser("evaluate", help="greedy answers against a file of cases")
    part.add_argument("folder")
    part.add_argument("cases", help="JSONL file, or own:COUNT for the generator's held-out split")
    part.add_argument("--device", default="cpu")
    part.add_argument("--full", action="store_true", help="the stored weights instead of their Q8_0 rounding")
    part.add_argument("--wrong", type=int, default=0, help="print so many wrong answers")
    part = commands.add_parser("sample", help="print conversations of the corpus")
    part.add_argument("--seed", type=int, default=1)
    part.add_argument("--count", type=int, default=5)
    part.add_argument("--form", default="signature")
    part = commands.add_parser("measure", help="loss with and without Q8_0, zeros by layer, offered subsets")
    part.add_argument("folder")
    part.add_argument("cases", help="JSONL file")
    part = commands.add_parser("plot", help="draw the loss of a log")
    part.add_argument("log")
    part.add_argument("picture")
    arguments = parser.parse_args()
    globals()[arguments.command](arguments)


def tokenizer(arguments):
    from .tokenizer import train

    Path(arguments.out).parent.mkdir(parents=True, exist_ok=True)
    train(arguments.seed, arguments.documents).save(arguments.out)


def train(arguments):
    from .train import Settings, train as run

    keys = ("form", "attention", "steps", "seconds", "workers", "seed", "lr", "rows", "start", "warmup")
    settings = Settings.read(arguments.config, **{key: getattr(arguments, key) for key in keys})
    run(settings, arguments.tokenizer, arguments.out)


def evaluate(arguments):
    from . import evaluate as module

    if arguments.cases.startswith("own:"):
        cases = module.own_split(int(arguments.cases[4:]))
    else:
        cases = module.load_cases(arguments.cases)
    print(
        json.dumps(
            module.evaluate(arguments.folder, cases, arguments.device, not arguments.full, show_wrong=arguments.wrong)
        )
    )


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

    draw(arguments.log, arguments.picture)


if __name__ == "__main__":
    main()
