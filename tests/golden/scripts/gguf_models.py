"""Small GGUF models, quantised by llama.cpp, with llama.cpp's logits and the exact ones.

gguf/<model>-<type>.gguf        the file: metadata and tensor names and order as llama.cpp's converter writes them
gguf/<model>-<type>.npy         f32 [tokens, vocab]: llama.cpp's logits (CPU, f32 KV cache, activations rounded as it does)
gguf/<model>-<type>.exact.npy   f32 [tokens, vocab]: float64 logits of the very same (dequantised) weights
gguf/<model>.tokens.json        the input ids
gguf/<model>.tokenizer_cases.json  see gguf_vocab.py
"""

import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch

import gguf_vocab
import llama_cpp
from common import GGUF, fresh_folder, token_list, write_json
from families import FAMILIES, LINEAR, QWEN, randomise

LLAMA3 = dict(rope_type="llama3", rope_theta=10_000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
TINY = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, vocab_size=320, max_position_embeddings=256, tie_word_embeddings=True)
# K-quants work on rows of 256. Q4_K_M holds Q4_K and, for values, down projection and embedding, Q6_K.
WIDE = TINY | dict(hidden_size=256, intermediate_size=256, num_hidden_layers=1, num_key_value_heads=1, vocab_size=360)

# name: (family, shape, pre-tokenizer, {suffix: (llama-quantize type, pure)})
CASES = {
    "llama-freqs": ("llama", TINY | dict(rope_parameters=LLAMA3), "gpt-2", {"f16": ("F16", True), "q8_0": ("Q8_0", True), "q4_0": ("Q4_0", True)}),
    "qwen2": ("qwen2", TINY | dict(rope_parameters=QWEN), "qwen2", {"q5_0": ("Q5_0", True), "q5_1": ("Q5_1", True)}),
    "qwen3": ("qwen3", TINY | dict(rope_parameters=QWEN, head_dim=32, num_hidden_layers=1), "qwen2", {"bf16": ("BF16", True), "q4_1": ("Q4_1", True)}),
    "llama-spm": ("llama", WIDE | dict(rope_parameters=LINEAR), "spm", {"q4_k_m": ("Q4_K_M", False), "q5_k": ("Q5_K_S", True)}),
}
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name: str) -> str:
    stem, kind = name.rsplit(".", 1)
    if stem.startswith("model.layers."):
        _, _, layer, stem = stem.split(".", 3)
        return f"blk.{layer}.{NAMES[stem]}.{kind}"
    return f"{NAMES[stem]}.{kind}"


def interleave(x: np.ndarray, heads: int) -> np.ndarray:
    """Rows of each head from halves (0, d/2, 1, ...) to pairs: llama.cpp's order for arch "llama"."""
    return x.reshape(heads, 2, -1, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def deinterleave(x: np.ndarray, heads: int) -> np.ndarray:
    return x.reshape(heads, -1, 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def reorder(family: str, shape: dict, name: str, x: np.ndarray, change) -> np.ndarray:
    if family == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
        return change(x, shape["num_attention_heads" if "q_proj" in name else "num_key_value_heads"])
    return x


def llama3_factors(rope: dict, head_dim: int) -> np.ndarray:
    """What Llama 3's scaling divides each frequency by; llama.cpp stores it as rope_freqs.weight."""
    wavelength = 2 * np.pi * rope["rope_theta"] ** (np.arange(0, head_dim, 2) / head_dim)
    low, high, context = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    smooth = np.clip((context / wavelength - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / rope["factor"] + smooth)).astype(np.float32)


def write_f32(path: Path, name: str, model, tokenizer_keys) -> None:
    family, shape, _, _ = CASES[name]
    config = model.config
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    rope = shape["rope_parameters"]
    writer = gguf.GGUFWriter(path, family)
    writer.add_name(f"golden {name}")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    if family == "llama":
        writer.add_rope_dimension_count(head_dim)
    if family == "qwen3":
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_factors(rope, head_dim))
    tokenizer_keys(writer)
    for key, x in model.named_parameters():
        values = reorder(family, shape, key, x.detach().numpy(), interleave)
        writer.add_tensor(gguf_name(key), np.ascontiguousarray(values))
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        write()


def exact_logits(path: Path, name: str, model, ids: list[int]) -> np.ndarray:
    """float64 logits of the file's own weights, dequantised by the gguf package, through transformers."""
    family, shape, _, _ = CASES[name]
    stored = {t.name: t for t in gguf.GGUFReader(path).tensors}
    for key, parameter in model.named_parameters():
        tensor = stored[gguf_name(key)]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(parameter.shape)
        values = reorder(family, shape, key, values, deinterleave)
        parameter.data = torch.from_numpy(values.astype(np.float64))
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].numpy()


def main() -> None:
    llama_cpp.reference_program()  # fails before anything is removed
    fresh_folder(GGUF)
    for seed, (name, (family, shape, pre, types)) in enumerate(CASES.items()):
        rng = np.random.default_rng(3000 + seed)
        config_class, model_class = FAMILIES[family]
        build = lambda: model_class(config_class(**shape, bos_token_id=None, eos_token_id=None, attn_implementation="eager")).float().eval()
        model = build()
        randomise(model, rng)
        ids = token_list(rng, 16, shape["vocab_size"])
        write_json(GGUF / f"{name}.tokens.json", ids)
        if pre == "spm":
            vocabulary = gguf_vocab.spm_vocabulary(shape["vocab_size"])
            twin, keys = gguf_vocab.spm_twin(vocabulary), lambda w: gguf_vocab.add_spm(w, vocabulary)
        else:
            twin = gguf_vocab.bpe_tokenizer(shape["vocab_size"], pre)
            keys = lambda w: gguf_vocab.add_bpe(w, twin, pre, add_bos=pre == "gpt-2")
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "f32.gguf"
            write_f32(source, name, model, keys)
            for suffix, (kind, pure) in types.items():
                target = GGUF / f"{name}-{suffix}.gguf"
                llama_cpp.quantise(source, target, kind, pure)
                exact = exact_logits(target, name, build().double(), ids)
                theirs = llama_cpp.logits(target, ids, shape["vocab_size"])
                apart = np.sqrt(np.mean((theirs - exact) ** 2)) / exact.std()
                found = sorted({t.tensor_type.name for t in gguf.GGUFReader(target).tensors})
                print(f"{target.name}: {found}, spread {exact.std():.2f}, llama.cpp is {apart:.1e} of it from exact")
                assert apart < 0.05
                np.save(GGUF / f"{name}-{suffix}.npy", theirs)
                np.save(GGUF / f"{name}-{suffix}.exact.npy", exact.astype(np.float32))
        gguf_vocab.write_cases(name, target, twin)
    gguf_vocab.main()


if __name__ == "__main__":
    main()
