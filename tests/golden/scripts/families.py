"""Small random llama, qwen2 and qwen3 models with the logits that transformers computes for them.

Weights are drawn so that logits have a spread near 1 and attention is far from flat (scores with a
standard deviation near 2). Folders come from save_pretrained, in the layout of transformers 5
("rope_parameters"); the cases marked `old_config` are rewritten to the layout of most published
models ("rope_theta", "rope_scaling", "torch_dtype").
"""

import json

import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    logging,
)

from bpe import save_tokenizer
from common import MODELS, fresh_folder, token_list, write_case, write_json

SMALL = dict(hidden_size=64, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4, vocab_size=160, max_position_embeddings=512)
LLAMA3 = dict(rope_type="llama3", rope_theta=10_000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
LINEAR = dict(rope_type="linear", rope_theta=10_000.0, factor=4.0)
PLAIN = dict(rope_type="default", rope_theta=10_000.0)
QWEN = dict(rope_type="default", rope_theta=1_000_000.0)

# name: (family, overrides of SMALL, stored dtype, tokens, extras)
CASES = {
    "llama-plain": ("llama", dict(num_key_value_heads=4, rope_parameters=PLAIN, num_hidden_layers=1), "float32", 24, ["sharded"]),
    "llama-tied-gqa": ("llama", dict(num_key_value_heads=2, rope_parameters=PLAIN, tie_word_embeddings=True, vocab_size=320, rms_norm_eps=1e-5), "bfloat16", 40, ["old_config", "tokenizer"]),
    "llama-rope-llama3": ("llama", dict(num_key_value_heads=2, rope_parameters=LLAMA3), "bfloat16", 130, ["old_config"]),
    "llama-rope-llama3-new": ("llama", dict(num_key_value_heads=1, rope_parameters=LLAMA3, tie_word_embeddings=True, num_hidden_layers=1, vocab_size=96), "float32", 70, []),
    "llama-rope-linear": ("llama", dict(num_key_value_heads=4, rope_parameters=LINEAR, tie_word_embeddings=True), "float16", 40, ["old_config"]),
    "llama-head24": ("llama", dict(num_key_value_heads=1, head_dim=24, rope_parameters=PLAIN), "bfloat16", 24, ["old_config"]),
    "qwen2-gqa": ("qwen2", dict(num_key_value_heads=2, rope_parameters=QWEN, tie_word_embeddings=True, vocab_size=320), "float16", 40, ["old_config", "tokenizer"]),
    "qwen2-mha": ("qwen2", dict(num_key_value_heads=4, rope_parameters=QWEN), "bfloat16", 24, []),
    "qwen3-gqa": ("qwen3", dict(num_key_value_heads=2, head_dim=32, rope_parameters=QWEN, tie_word_embeddings=True), "bfloat16", 70, ["old_config"]),
    "qwen3-head24": ("qwen3", dict(num_key_value_heads=1, head_dim=24, rope_parameters=QWEN), "bfloat16", 24, []),
}
FAMILIES = {
    "llama": (LlamaConfig, LlamaForCausalLM),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
}
GAINS = {"q_proj": 1.4, "k_proj": 1.4, "o_proj": 0.5, "down_proj": 0.7}


def randomise(model, rng: np.random.Generator) -> None:
    """Matrices scaled by fan-in, norm weights around 1, biases around 0."""
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2:
            gain = GAINS.get(name.split(".")[-2], 1.0)
            values = rng.normal(0, gain / np.sqrt(parameter.shape[1]), parameter.shape)
        elif name.endswith("bias"):
            values = rng.normal(0, 0.5, parameter.shape)
        else:
            values = 1 + 0.2 * rng.normal(size=parameter.shape)
        parameter.data = torch.from_numpy(values).to(parameter.dtype)


def reference_logits(folder, ids: list[int]) -> np.ndarray:
    """Logits of the saved folder in float64; float32 must agree, which bounds the reference's own error."""
    logits = {}
    for dtype in (torch.float64, torch.float32):
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager").eval()
        with torch.no_grad():
            logits[dtype] = model(torch.tensor([ids])).logits[0].double().numpy()
    error = np.abs(logits[torch.float64] - logits[torch.float32]).max()
    assert error < 5e-5, f"{folder.name}: {error:.1e}"
    return logits[torch.float64]


def to_old_config(folder) -> None:
    """The config.json keys of transformers 4, which most published folders have."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    config["torch_dtype"] = config.pop("dtype")
    write_json(path, config)


def main() -> None:
    logging.disable_progress_bar()
    for seed, (name, (family, overrides, dtype, count, extras)) in enumerate(CASES.items()):
        rng = np.random.default_rng(2000 + seed)
        config_class, model_class = FAMILIES[family]
        fields = dict(bos_token_id=None, eos_token_id=None, pad_token_id=None) | SMALL | overrides
        model = model_class(config_class(**fields)).to(getattr(torch, dtype))
        randomise(model, rng)
        folder = fresh_folder(MODELS / name)
        model.save_pretrained(folder, max_shard_size="60KB" if "sharded" in extras else "5GB")
        (folder / "generation_config.json").unlink(missing_ok=True)
        ids = token_list(rng, count, fields["vocab_size"])
        logits = reference_logits(folder, ids)
        if "old_config" in extras:
            to_old_config(folder)
            assert np.array_equal(logits, reference_logits(folder, ids)), f"{name}: the old config reads differently"
        if "tokenizer" in extras:
            save_tokenizer(folder, fields["vocab_size"], family)
        write_case(folder, ids, logits)


if __name__ == "__main__":
    main()
