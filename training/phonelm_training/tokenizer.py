"""The byte-level BPE tokenizer of 4,096 entries.

Words, single digits and the glue between them (spaces, punctuation) are separate pieces, so that a word has
the same ids in a sentence and inside the JSON of a call: copying it is then a copy of ids.
"""

import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from .conversation import conversation
from .render import text

VOCABULARY = 4096
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<tools>", "</tools>")
_PIECES = r"'(?:s|t|re|ve|m|ll|d)(?!\p{L})|[\p{L}\p{M}_]+|\p{N}|[^\p{L}\p{M}\p{N}_\r\n]+|[\r\n]+"


def train(seed, documents):
    """A tokenizer trained on conversations; the offered functions weigh little in it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)

    def corpus():
        rng = random.Random(seed)
        for index in range(documents):
            document = conversation(rng)
            if index % 8:
                document["tools"] = []
            plain = text(document, "described")
            for mark in SPECIAL + MARKS:
                plain = plain.replace(mark, "\n")
            yield plain

    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL + MARKS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in SPECIAL])
    tokenizer.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in MARKS])
    return _with_flags(tokenizer)


def _with_flags(tokenizer):
    """Marks of calls stay visible when special tokens are skipped, as in Qwen's tokenizer."""
    import json

    state = json.loads(tokenizer.to_str())
    for entry in state["added_tokens"]:
        entry["special"] = entry["content"] in SPECIAL
    return Tokenizer.from_str(json.dumps(state, ensure_ascii=False))


def load(path):
    """The tokenizer of a Hugging Face folder's tokenizer.json."""
    return Tokenizer.from_file(str(path))
