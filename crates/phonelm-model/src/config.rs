//! A model's shape: everything in which the families differ is a value here, not a branch elsewhere.

/// The families that the engine runs, by `general.architecture`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// PhoneLM: ReLU-gated FFN, RoPE with cos and sin rounded to int8 (arXiv 2411.05046).
    PhoneLm,
    /// Llama 2, 3 and what shares their shape.
    Llama,
    /// Qwen 2 and 2.5: biases on Q, K and V.
    Qwen2,
    /// Qwen 3: RMSNorm on each head of Q and K.
    Qwen3,
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 4] = [Self::PhoneLm, Self::Llama, Self::Qwen2, Self::Qwen3];

    /// The name in `general.architecture` and in `model_type` of a Hugging Face config.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PhoneLm => "phonelm",
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }

    /// The family with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.name() == name)
    }
}

/// The non-linearity on the gate of the FFN, `down(activation(gate(x)) * up(x))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x / (1 + exp(-x))`.
    Silu,
}

/// Which two elements of a head one RoPE rotation turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopeLayout {
    /// Elements `i` and `i + dim/2` (Hugging Face's `rotate_half`, GPT-NeoX).
    Halves,
    /// Elements `2i` and `2i + 1` (GGUF files of the llama architecture, whose Q and K rows are permuted for it).
    Pairs,
}

/// Rotary position embedding (arXiv 2104.09864, section 3.4).
#[derive(Clone, Debug, PartialEq)]
pub struct Rope {
    /// Base of the frequencies, `theta_i = base^(-2i/dim)`.
    pub base: f32,
    /// Which elements turn together.
    pub layout: RopeLayout,
    /// Divisor of every frequency (linear scaling); 1 leaves positions as they are.
    pub linear_factor: f32,
    /// A divisor for each of the `head_dim / 2` frequencies (`rope_freqs.weight`; Llama 3.1's scaling).
    pub factors: Option<Vec<f32>>,
    /// Whether cos and sin are rounded to `round_half_even(x * 127) / 127`, as PhoneLM is trained.
    pub int8: bool,
}

/// A decoder's shape. Sizes are in elements; none is zero, `heads` is a multiple of `kv_heads`, `head_dim` is even.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The family it was read as.
    pub family: Family,
    /// Longest text in tokens that the model was made for.
    pub context: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; each serves `heads / kv_heads` query heads.
    pub kv_heads: usize,
    /// Width of one head; need not be `hidden / heads`.
    pub head_dim: usize,
    /// Neurons of the FFN.
    pub ffn: usize,
    /// Rows of the embedding.
    pub vocab: usize,
    /// Epsilon of every RMSNorm.
    pub norm_eps: f32,
    /// Position embedding.
    pub rope: Rope,
    /// Non-linearity of the FFN.
    pub activation: Activation,
    /// Whether Q, K and V carry biases.
    pub qkv_bias: bool,
    /// Whether each head of Q and K passes an RMSNorm before RoPE.
    pub qk_norm: bool,
    /// Whether the head is the embedding.
    pub tied: bool,
}

impl Config {
    /// Width of all query heads together.
    pub fn q_width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Width of all key (or value) heads together.
    pub fn kv_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// Number of weights: embedding, layers, norms and an untied head.
    pub fn parameters(&self) -> u64 {
        let (h, q, kv, f) = (self.hidden as u64, self.q_width() as u64, self.kv_width() as u64, self.ffn as u64);
        let bias = if self.qkv_bias { q + 2 * kv } else { 0 };
        let qk_norm = if self.qk_norm { 2 * self.head_dim as u64 } else { 0 };
        let layer = 2 * h * q + 2 * h * kv + 3 * h * f + 2 * h + bias + qk_norm;
        let tables = if self.tied { 1 } else { 2 };
        tables * self.vocab as u64 * h + self.layers as u64 * layer + h
    }

    /// Multiply-accumulates of a token with one layer's matrices; attention is left out.
    pub fn layer_macs(&self) -> u64 {
        let [hidden, ffn, q, kv] = [self.hidden, self.ffn, self.q_width(), self.kv_width()].map(|n| n as u64);
        2 * hidden * (q + kv) + 3 * hidden * ffn
    }
}
