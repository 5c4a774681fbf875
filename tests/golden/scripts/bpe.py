"""Tiny byte-level BPE tokenizers with the splitting rules of GPT-2, Qwen2 and SmolLM.

All 256 bytes come first, then merges learnt from texts.CORPUS, then the special tokens.
"""

from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from common import write_json
from texts import CORPUS, STRINGS

QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def train(size: int, splitting: str) -> Tokenizer:
    """A tokenizer of `size` entries without special tokens; `splitting` is gpt2, qwen2 or smollm."""
    tokenizer = Tokenizer(models.BPE())
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=splitting != "qwen2")
    first = {
        "gpt2": [],
        "qwen2": [pre_tokenizers.Split(Regex(QWEN2_SPLIT), "isolated")],
        "smollm": [pre_tokenizers.Digits(individual_digits=True)],
    }[splitting]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*first, byte_level]) if first else byte_level
    if splitting == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    assert tokenizer.get_vocab_size() == size
    return tokenizer


def add_special(tokenizer: Tokenizer, tokens: list[str]) -> None:
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in tokens])


def begin_with(tokenizer: Tokenizer, bos: str) -> None:
    """Let encoding with special tokens put `bos` before the text, as Llama tokenizers do."""
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single=f"{bos} $A", pair=f"{bos} $A {bos} $B", special_tokens=[(bos, tokenizer.token_to_id(bos))]),
    ])


def string_cases(tokenizer: PreTrainedTokenizerFast) -> list[dict]:
    """Ids of texts.STRINGS: `ids` reads marks such as <|im_end|> as special tokens, `ids_text` keeps
    them text, `ids_with_special` adds what the tokenizer's own post-processor adds (BOS)."""
    encode = lambda text, **how: tokenizer(text, **({"add_special_tokens": False} | how)).input_ids
    return [
        {
            "text": text,
            "ids": encode(text),
            "ids_text": encode(text, split_special_tokens=True),
            "ids_with_special": encode(text, add_special_tokens=True),
        }
        for text in STRINGS
    ]


def save_tokenizer(folder: Path, size: int, family: str) -> None:
    """tokenizer.json, tokenizer_config.json (llama: the chat template inside; qwen2: in
    chat_template.jinja) and tokenizer_cases.json for a model folder with `size` vocabulary entries."""
    if family == "llama":
        special, bos, eos = ["<|begin_of_text|>", "<|im_start|>", "<|im_end|>"], "<|begin_of_text|>", "<|im_end|>"
    else:
        special, bos, eos = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], None, "<|im_end|>"
    raw = train(size - len(special), "gpt2" if family == "llama" else "qwen2")
    add_special(raw, special)
    if bos:
        begin_with(raw, bos)
    template = "{{ bos_token }}" + CHATML if bos else CHATML
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, bos_token=bos, eos_token=eos, chat_template=template, clean_up_tokenization_spaces=False)
    tokenizer.save_pretrained(folder, save_jinja_files=family == "qwen2")
    write_json(folder / "tokenizer_cases.json", string_cases(tokenizer))
