"""The byte-level BPE tokenizer.

Words, single digits and the glue between them (spaces, punctuation) are separate pieces, so that a word has
the same ids in a sentence and inside the JSON of a call: copying it is then a copy of ids.
"""

import json
import random
from dataclasses import dataclass

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from .config import at_least
from .conversation import conversation
from .errors import Problem
from .render import text

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<tools>", "</tools>")
_PIECES = r"'(?:s|t|re|ve|m|ll|d)(?!\p{L})|[\p{L}\p{M}_]+|\p{N}|[^\p{L}\p{M}\p{N}_\r\n]+|[\r\n]+"


@dataclass
class Training:
    """What the command `tokenizer` does."""

    source: object = "generator"
    """`generator`, or a list of files as for the command `corpus`; chats are taken by their messages."""
    documents: int = 40000
    """How many documents are read, at most."""
    vocab_size: int = 4096
    seed: int = 1

    def __post_init__(self):
        at_least(self, 1, "documents")
        at_least(self, 256 + len(SPECIAL + MARKS), "vocab_size")


def train(training):
    """A tokenizer trained on documents."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)

    texts = _generated(training) if training.source == "generator" else _read(training)
    trainer = trainers.BpeTrainer(
        vocab_size=training.vocab_size,
        special_tokens=list(SPECIAL + MARKS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(map(_plain, texts), trainer)
    tokenizer.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in SPECIAL])
    tokenizer.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in MARKS])
    return _with_flags(tokenizer)


def _generated(training):
    """Conversations; the offered functions weigh little in them."""
    rng = random.Random(training.seed)
    for index in range(training.documents):
        document = conversation(rng)
        if index % 8:
            document["tools"] = []
        yield text(document, "described")


def _read(training):
    from .documents import documents_of

    for (_, document), _ in zip(documents_of(training.source), range(training.documents)):
        yield document["text"] if "text" in document else "\n".join(m["content"] or "" for m in document["messages"])


def _plain(document):
    for mark in SPECIAL + MARKS:
        document = document.replace(mark, "\n")
    return document


def _with_flags(tokenizer):
    """Marks of calls stay visible when special tokens are skipped, as in Qwen's tokenizer."""
    state = json.loads(tokenizer.to_str())
    for entry in state["added_tokens"]:
        entry["special"] = entry["content"] in SPECIAL
    return Tokenizer.from_str(json.dumps(state, ensure_ascii=False))


def load(path):
    """The tokenizer of a Hugging Face folder's tokenizer.json."""
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:
        raise Problem(f"the tokenizer {path} cannot be read: {error}") from None
