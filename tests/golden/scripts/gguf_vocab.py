"""Tokenizers in GGUF keys: byte-level BPE ("gpt2") and SentencePiece-like ("llama"); writes the vocab-* files.

A vocab-<pre>.gguf holds only a tokenizer; vocab-<pre>.tokenizer_cases.json holds the ids of
texts.STRINGS as llama.cpp computes them.
"""

import json

from gguf import GGUFWriter, TokenType
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

import bpe
import llama_cpp
from common import GGUF, write_json
from texts import CORPUS, STRINGS

LLAMA3_SPLIT = bpe.QWEN2_SPLIT.replace(r"\p{N}|", r"\p{N}{1,3}|")
SPECIAL = ["<|begin_of_text|>", "<|im_start|>", "<|im_end|>"]
SPM_SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]


def bpe_tokenizer(size: int, pre: str) -> Tokenizer:
    """The tokenizers-crate twin of what `add_bpe` writes."""
    raw = bpe.train(size - len(SPECIAL), {"gpt-2": "gpt2", "qwen2": "qwen2", "smollm": "smollm", "llama-bpe": "qwen2"}[pre])
    raw.normalizer = None  # llama.cpp does not normalise
    if pre == "llama-bpe":
        split = pre_tokenizers.Split(Regex(LLAMA3_SPLIT), "isolated")
        raw.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    bpe.add_special(raw, SPECIAL)
    return raw


def add_bpe(writer: GGUFWriter, tokenizer: Tokenizer, pre: str, add_bos: bool) -> None:
    vocab = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([token for token, _ in vocab])
    writer.add_token_types([TokenType.CONTROL if token in SPECIAL else TokenType.NORMAL for token, _ in vocab])
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(tokenizer.token_to_id(SPECIAL[0]))
    writer.add_eos_token_id(tokenizer.token_to_id(SPECIAL[2]))
    writer.add_add_bos_token(add_bos)
    writer.add_chat_template(bpe.CHATML)


def spm_vocabulary(size: int) -> list[tuple[str, float, TokenType]]:
    """(piece, score, type): specials, 256 byte pieces, merged pieces by rank, then single characters."""
    count = size - len(SPM_SPECIAL) - 256
    text = [line.strip() for line in CORPUS if line.isascii()]  # so other characters fall back to bytes
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    learner.train_from_iterator(text, trainers.BpeTrainer(vocab_size=count, show_progress=False))
    pieces = sorted(learner.get_vocab(), key=learner.token_to_id)
    pieces = [p for p in pieces if len(p) > 1] + [p for p in pieces if len(p) == 1]
    assert len(pieces) == count
    kinds = [TokenType.UNKNOWN] + [TokenType.CONTROL] * 4
    return (
        [(token, 0.0, kind) for token, kind in zip(SPM_SPECIAL, kinds)]
        + [(f"<0x{byte:02X}>", 0.0, TokenType.BYTE) for byte in range(256)]
        + [(piece, -float(rank), TokenType.NORMAL) for rank, piece in enumerate(pieces)]
    )


def add_spm(writer: GGUFWriter, vocabulary: list[tuple[str, float, TokenType]]) -> None:
    tokens, scores, types = zip(*vocabulary)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(list(tokens))
    writer.add_token_scores(list(scores))
    writer.add_token_types(list(types))
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(True)


def spm_twin(vocabulary: list[tuple[str, float, TokenType]]) -> Tokenizer:
    """The same vocabulary as Hugging Face's Llama conversion states it: BPE merges and byte fallback."""
    ids = {token: n for n, (token, _, _) in enumerate(vocabulary)}
    merges = []
    for token, _, kind in vocabulary:  # already in order of score
        if kind == TokenType.NORMAL:
            splits = [(token[:i], token[i:]) for i in range(1, len(token))]
            merges += sorted((s for s in splits if s[0] in ids and s[1] in ids), key=lambda s: (ids[s[0]], ids[s[1]]))
    twin = Tokenizer(models.BPE(ids, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    twin.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    twin.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    bpe.add_special(twin, SPM_SPECIAL)
    return twin


def write_cases(name: str, model, twin: Tokenizer) -> None:
    """<name>.tokenizer_cases.json from llama.cpp; where the tokenizers twin reads a text
    differently the case says so under "tokenizers"."""
    cases = llama_cpp.token_ids(model, STRINGS)
    for case in cases:
        theirs = twin.encode(case["text"], add_special_tokens=False).ids
        if theirs != case["ids"]:
            case["tokenizers"] = theirs
            print(f"  {name}: tokenizers differs on {case['text']!r}")
    write_json(GGUF / f"{name}.tokenizer_cases.json", cases)


def main() -> None:
    GGUF.mkdir(exist_ok=True)
    for pre, add_bos in {"smollm": False, "llama-bpe": True}.items():
        name = f"vocab-{pre}"
        writer = GGUFWriter(GGUF / f"{name}.gguf", "llama")
        tokenizer = bpe_tokenizer(320, pre)
        add_bpe(writer, tokenizer, pre, add_bos)
        writer.add_vocab_size(320)
        for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
            write()
        write_cases(name, GGUF / f"{name}.gguf", tokenizer)
        print(name)


if __name__ == "__main__":
    main()
