//! What a model's GGUF file holds: every tensor with its name in both worlds, and the keys that state the shape.
//!
//! Tensor names and keys are those of llama.cpp, so that other programs read the files too.

use phonelm_gguf::Value;
use phonelm_model::{Activation, Config, Family, RopeLayout};

/// A tensor of a model.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// Name in a Hugging Face folder, without the prefix `model.`.
    pub(crate) hf: String,
    /// Name in a GGUF file.
    pub(crate) gguf: String,
    /// Elements of a row, or of the vector.
    pub(crate) cols: usize,
    /// Number of rows; `None` for a vector.
    pub(crate) rows: Option<usize>,
    /// Whether its rows go from halves of heads into pairs (see [`paired_row`]).
    pub(crate) paired: bool,
}

impl Slot {
    /// Dimensions in GGUF's order.
    pub(crate) fn shape(&self) -> Vec<u64> {
        [self.cols].into_iter().chain(self.rows).map(|n| n as u64).collect()
    }
}

/// Name of the embedding, which is the head as well where both are tied.
pub(crate) const EMBEDDING: &str = "token_embd.weight";
/// Name of an untied head.
pub(crate) const HEAD: &str = "output.weight";

/// Every tensor of a model of this shape, in the order of its file.
pub(crate) fn slots(c: &Config) -> Vec<Slot> {
    let mut slots = Slots(vec![]);
    slots.matrix("embed_tokens.weight", EMBEDDING, c.vocab, c.hidden);
    for i in 0..c.layers {
        let hf = |part: &str| format!("layers.{i}.{part}");
        let gguf = |part: &str| format!("blk.{i}.{part}");
        slots.vector(hf("input_layernorm.weight"), gguf("attn_norm.weight"), c.hidden);
        slots.rotated(hf("self_attn.q_proj.weight"), gguf("attn_q.weight"), c.q_width(), c);
        slots.rotated(hf("self_attn.k_proj.weight"), gguf("attn_k.weight"), c.kv_width(), c);
        slots.matrix(hf("self_attn.v_proj.weight"), gguf("attn_v.weight"), c.kv_width(), c.hidden);
        if c.qkv_bias {
            slots.vector(hf("self_attn.q_proj.bias"), gguf("attn_q.bias"), c.q_width());
            slots.vector(hf("self_attn.k_proj.bias"), gguf("attn_k.bias"), c.kv_width());
            slots.vector(hf("self_attn.v_proj.bias"), gguf("attn_v.bias"), c.kv_width());
        }
        if c.qk_norm {
            slots.vector(hf("self_attn.q_norm.weight"), gguf("attn_q_norm.weight"), c.head_dim);
            slots.vector(hf("self_attn.k_norm.weight"), gguf("attn_k_norm.weight"), c.head_dim);
        }
        slots.matrix(hf("self_attn.o_proj.weight"), gguf("attn_output.weight"), c.hidden, c.q_width());
        slots.vector(hf("post_attention_layernorm.weight"), gguf("ffn_norm.weight"), c.hidden);
        slots.matrix(hf("mlp.gate_proj.weight"), gguf("ffn_gate.weight"), c.ffn, c.hidden);
        slots.matrix(hf("mlp.up_proj.weight"), gguf("ffn_up.weight"), c.ffn, c.hidden);
        slots.matrix(hf("mlp.down_proj.weight"), gguf("ffn_down.weight"), c.hidden, c.ffn);
    }
    slots.vector("norm.weight", "output_norm.weight", c.hidden);
    if !c.tied {
        slots.matrix("lm_head.weight", HEAD, c.vocab, c.hidden);
    }
    slots.0
}

/// The row that comes to place `row` when heads of width `head_dim` are put from halves into pairs: elements `i` and
/// `i + head_dim / 2`, which RoPE turns together, become `2i` and `2i + 1`.
pub(crate) fn paired_row(row: usize, head_dim: usize) -> usize {
    let (head, place) = (row / head_dim, row % head_dim);
    head * head_dim + place / 2 + place % 2 * (head_dim / 2)
}

/// The keys that state a model's shape.
pub(crate) fn shape_keys(c: &Config) -> Vec<(String, Value)> {
    let arch = c.family.name();
    let mut keys = vec![("general.architecture".to_owned(), Value::from(arch))];
    let mut key = |name: &str, value: Value| keys.push((format!("{arch}.{name}"), value));
    let size = |n: usize| Value::U32(n as u32);
    key("context_length", size(c.context));
    key("embedding_length", size(c.hidden));
    key("block_count", size(c.layers));
    key("feed_forward_length", size(c.ffn));
    key("attention.head_count", size(c.heads));
    key("attention.head_count_kv", size(c.kv_heads));
    key("attention.key_length", size(c.head_dim));
    key("attention.value_length", size(c.head_dim));
    key("attention.layer_norm_rms_epsilon", c.norm_eps.into());
    key("rope.dimension_count", size(c.head_dim));
    key("rope.freq_base", c.rope.base.into());
    if c.rope.linear_factor != 1.0 {
        key("rope.scaling.type", "linear".into());
        key("rope.scaling.factor", c.rope.linear_factor.into());
    }
    key("vocab_size", size(c.vocab));
    if c.family == Family::PhoneLm {
        key("hidden_act", if c.activation == Activation::Relu { "relu" } else { "silu" }.into());
        key("rope.int8", c.rope.int8.into());
    }
    keys
}

struct Slots(Vec<Slot>);

impl Slots {
    fn matrix(&mut self, hf: impl Into<String>, gguf: impl Into<String>, rows: usize, cols: usize) {
        self.0.push(Slot { hf: hf.into(), gguf: gguf.into(), cols, rows: Some(rows), paired: false });
    }

    /// The matrix of Q or K, whose heads RoPE turns.
    fn rotated(&mut self, hf: String, gguf: String, rows: usize, c: &Config) {
        let paired = c.rope.layout == RopeLayout::Pairs;
        self.0.push(Slot { hf, gguf, cols: c.hidden, rows: Some(rows), paired });
    }

    fn vector(&mut self, hf: impl Into<String>, gguf: impl Into<String>, len: usize) {
        self.0.push(Slot { hf: hf.into(), gguf: gguf.into(), cols: len, rows: None, paired: false });
    }
}

#[cfg(test)]
mod tests {
    use super::paired_row;

    #[test]
    fn halves_become_pairs_within_each_head() {
        let rows: Vec<usize> = (0..12).map(|row| paired_row(row, 6)).collect();
        assert_eq!(rows, [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
    }
}
