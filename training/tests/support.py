"""What the tests share: the package's place, a folder for a test, small settings and what a person is told."""

import sys
import tempfile
import unittest
import warnings
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "training"))
TINY = REPOSITORY / "models" / "phonelm-tiny"

import torch  # noqa: E402
from transformers.utils import logging  # noqa: E402

from phonelm_training.errors import Problem  # noqa: E402
from phonelm_training.settings import Settings  # noqa: E402
from phonelm_training.shards import Writer  # noqa: E402

warnings.filterwarnings("ignore")
logging.disable_progress_bar()
torch.set_num_threads(1)

MODEL = {
    "vocab_size": 4096,
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "max_position_embeddings": 64,
}


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def refused(self, part, call, *arguments, **named):
        """The call raises a Problem whose message has `part`."""
        with self.assertRaises(Problem) as caught:
            call(*arguments, **named)
        self.assertIn(part, str(caught.exception))


def shards(folder, documents=40, length=50, seed=1, pack=0, **changes):
    """Shards of random documents with a pattern that can be learned."""
    generator = torch.Generator().manual_seed(seed)
    writer = Writer(folder, TINY / "tokenizer.json", pack, changes.get("shard_tokens", 700))
    for _ in range(documents):
        start = int(torch.randint(10, 90, (1,), generator=generator))
        tokens = torch.arange(start, start + length).numpy()
        writer.add(tokens, torch.tensor([length]).numpy())
    writer.close()
    return folder


def settings(data, **changes):
    values = {
        "model": dict(MODEL),
        "data": [{"path": str(data)}],
        "batch": 4,
        "steps": 12,
        "warmup": 2,
        "log_every": 1,
        "save_every": 0,
    }
    return Settings(**(values | changes))
