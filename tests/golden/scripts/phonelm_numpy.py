"""PhoneLM stated in plain numpy, float64, independent of any framework; writes the phonelm-* cases.

One layer, for x of shape [tokens, hidden]:
    h = x + Wo . attention(rope(Wq . norm(x)), rope(Wk . norm(x)), Wv . norm(x))
    y = h + Wdown . (relu(Wgate . norm(h)) * (Wup . norm(h)))
with norm(x) = x / sqrt(mean(x^2) + eps) * weight, no biases, and logits = Whead . norm(y_last_layer).
RoPE turns the whole head in the rotate-half form; its cos and sin are rounded to int8 (see `rope_table`).
"""

import numpy as np

from common import MODELS, fresh_folder, round_to, save_safetensors, token_list, write_case, write_json

CASES = {
    # name: hidden, heads, kv heads, ffn, layers, vocab, tied, stored as, tokens
    "phonelm-mha": dict(hidden=96, heads=6, kv=6, ffn=250, layers=1, vocab=301, tied=True, dtype="bf16", tokens=24),
    "phonelm-gqa": dict(hidden=96, heads=6, kv=2, ffn=130, layers=2, vocab=301, tied=True, dtype="f16", tokens=40),
    "phonelm-head40": dict(hidden=80, heads=2, kv=2, ffn=100, layers=1, vocab=203, tied=False, dtype="f32", tokens=24),
    "phonelm-head160": dict(hidden=160, heads=1, kv=1, ffn=64, layers=1, vocab=131, tied=True, dtype="f16", tokens=16),
    "phonelm-long": dict(hidden=64, heads=4, kv=4, ffn=96, layers=2, vocab=160, tied=True, dtype="f16", tokens=130),
}
EPS = 1e-6
THETA = 10_000.0
CONTEXT = 512


def rms_norm(x, weight):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS) * weight


def rope_table(tokens, head_dim, int8=True):
    """cos and sin, [tokens, head_dim / 2]; rounded to n/127 with n = round half to even of 127 x."""
    inv_freq = THETA ** -(np.arange(0, head_dim, 2) / head_dim)
    angle = np.arange(tokens)[:, None] * inv_freq
    cos, sin = np.cos(angle), np.sin(angle)
    if int8:
        cos, sin = np.rint(cos * 127) / 127, np.rint(sin * 127) / 127
    return cos, sin


def rotate(x, cos, sin):
    """RoPE of x [tokens, heads, head_dim]: element i turns with element i + head_dim / 2."""
    low, high = np.split(x, 2, axis=-1)
    cos, sin = cos[:, None], sin[:, None]
    return np.concatenate([low * cos - high * sin, high * cos + low * sin], axis=-1)


def attention(q, k, v):
    """Causal attention; q [tokens, heads, d], k and v [tokens, kv heads, d] -> [tokens, heads * d]."""
    tokens, heads, d = q.shape
    group = heads // k.shape[1]
    out = np.empty_like(q)
    future = np.triu(np.ones((tokens, tokens), bool), 1)
    for h in range(heads):
        scores = q[:, h] @ k[:, h // group].T / np.sqrt(d)
        scores[future] = -np.inf
        p = np.exp(scores - scores.max(axis=-1, keepdims=True))
        out[:, h] = p / p.sum(axis=-1, keepdims=True) @ v[:, h // group]
    return out.reshape(tokens, heads * d)


def forward(case, weights, ids, int8_rope=True):
    """Logits [tokens, vocab] of `ids`, float64."""
    tokens, d = len(ids), case["hidden"] // case["heads"]
    cos, sin = rope_table(tokens, d, int8_rope)
    x = weights["model.embed_tokens.weight"][ids]
    for n in range(case["layers"]):
        w = lambda name: weights[f"model.layers.{n}.{name}.weight"]
        a = rms_norm(x, w("input_layernorm"))
        q = (a @ w("self_attn.q_proj").T).reshape(tokens, case["heads"], d)
        k = (a @ w("self_attn.k_proj").T).reshape(tokens, case["kv"], d)
        v = (a @ w("self_attn.v_proj").T).reshape(tokens, case["kv"], d)
        x = x + attention(rotate(q, cos, sin), rotate(k, cos, sin), v) @ w("self_attn.o_proj").T
        b = rms_norm(x, w("post_attention_layernorm"))
        gate = np.maximum(b @ w("mlp.gate_proj").T, 0)
        x = x + (gate * (b @ w("mlp.up_proj").T)) @ w("mlp.down_proj").T
    head = "model.embed_tokens.weight" if case["tied"] else "lm_head.weight"
    return rms_norm(x, weights["model.norm.weight"]) @ weights[head].T


def random_weights(case, rng):
    """Gaussian matrices scaled by fan-in; q and k larger, so that attention is far from flat."""
    hidden, ffn, kv_dim = case["hidden"], case["ffn"], case["hidden"] // case["heads"] * case["kv"]
    matrix = lambda rows, cols, gain: rng.normal(0, gain / np.sqrt(cols), (rows, cols))
    norm = lambda: 1 + 0.2 * rng.normal(size=hidden)
    weights = {"model.embed_tokens.weight": matrix(case["vocab"], hidden, 1), "model.norm.weight": norm()}
    if not case["tied"]:
        weights["lm_head.weight"] = matrix(case["vocab"], hidden, 1)
    for n in range(case["layers"]):
        layer = {
            "input_layernorm": norm(),
            "self_attn.q_proj": matrix(hidden, hidden, 1.4),
            "self_attn.k_proj": matrix(kv_dim, hidden, 1.4),
            "self_attn.v_proj": matrix(kv_dim, hidden, 1),
            "self_attn.o_proj": matrix(hidden, hidden, 0.5),
            "post_attention_layernorm": norm(),
            "mlp.gate_proj": matrix(ffn, hidden, 1),
            "mlp.up_proj": matrix(ffn, hidden, 1),
            "mlp.down_proj": matrix(hidden, ffn, 0.7),
        }
        weights |= {f"model.layers.{n}.{name}.weight": x for name, x in layer.items()}
    return {name: round_to(x, case["dtype"]) for name, x in weights.items()}


def config(case):
    return {
        "architectures": ["PhoneLMForCausalLM"],
        "model_type": "phonelm",
        "hidden_act": "relu",
        "hidden_size": case["hidden"],
        "intermediate_size": case["ffn"],
        "max_position_embeddings": CONTEXT,
        "num_attention_heads": case["heads"],
        "num_hidden_layers": case["layers"],
        "num_key_value_heads": case["kv"],
        "rms_norm_eps": EPS,
        "rope_theta": THETA,
        "tie_word_embeddings": case["tied"],
        "torch_dtype": {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}[case["dtype"]],
        "vocab_size": case["vocab"],
    }


def check_against_llama(case, weights, ids):
    """Without the int8 rounding PhoneLM is Llama with ReLU: transformers must agree to 1e-5 (rms).

    Its norms, RoPE and softmax compute in float32 even in a float64 model, hence not closer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    fields = {k: v for k, v in config(case).items() if k not in ("model_type", "architectures", "torch_dtype")}
    model = LlamaForCausalLM(LlamaConfig(**fields)).double().eval()
    state = {name: torch.from_numpy(x) for name, x in weights.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}
    with torch.no_grad():
        theirs = model(torch.tensor([ids])).logits[0].numpy()
    difference = np.sqrt(np.mean((theirs - forward(case, weights, ids, int8_rope=False)) ** 2))
    assert difference < 1e-5, difference


def main():
    for seed, (name, case) in enumerate(CASES.items()):
        rng = np.random.default_rng(1000 + seed)
        weights = random_weights(case, rng)
        ids = token_list(rng, case["tokens"], case["vocab"])
        check_against_llama(case, weights, ids)
        logits = forward(case, weights, ids)
        moved = np.sqrt(np.mean((logits - forward(case, weights, ids, int8_rope=False)) ** 2)) / logits.std()
        assert moved > 3e-3, f"{name}: the int8 rounding would go unnoticed ({moved:.1e})"
        folder = fresh_folder(MODELS / name)
        write_json(folder / "config.json", config(case))
        save_safetensors(folder / "model.safetensors", weights, case["dtype"])
        write_case(folder, ids, logits)
        print(f"  int8 rounding of cos and sin moves the logits by {moved:.1e} of their spread")


if __name__ == "__main__":
    main()
