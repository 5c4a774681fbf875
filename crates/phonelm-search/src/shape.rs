//! A decoder's shape: what a search varies, as the engine's config and as config.json.

use std::fmt;

use phonelm_model::{Activation, Config, Family, Rope, RopeLayout};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Sizes of a decoder. `heads` divides `hidden` and `kv_heads` divides `heads`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Width of the residual stream.
    pub hidden: usize,
    /// Number of layers.
    pub layers: usize,
    /// Neurons of the FFN.
    pub ffn: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Non-linearity of the FFN.
    #[serde(rename = "hidden_act", with = "Named")]
    pub activation: Activation,
    /// Whether the head is the embedding.
    pub tied: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Activation", rename_all = "lowercase")]
enum Named {
    Relu,
    Silu,
}

impl Shape {
    /// Width of one head.
    pub fn head_dim(&self) -> usize {
        self.hidden / self.heads.max(1)
    }

    /// As the engine knows it: a ReLU makes it a PhoneLM, SiLU a Llama.
    pub fn config(&self, vocab: usize, context: usize) -> Config {
        let (family, layout) = match self.activation {
            Activation::Relu => (Family::PhoneLm, RopeLayout::Halves),
            Activation::Silu => (Family::Llama, RopeLayout::Pairs),
        };
        let int8 = family == Family::PhoneLm;
        Config {
            family,
            context,
            hidden: self.hidden,
            layers: self.layers,
            heads: self.heads,
            kv_heads: self.kv_heads,
            head_dim: self.head_dim(),
            ffn: self.ffn,
            vocab,
            norm_eps: 1e-6,
            rope: Rope { base: 10_000.0, layout, linear_factor: 1.0, factors: None, int8 },
            activation: self.activation,
            qkv_bias: false,
            qk_norm: false,
            tied: self.tied,
        }
    }

    /// Number of weights.
    pub fn parameters(&self, vocab: usize) -> u64 {
        self.config(vocab, 1).parameters()
    }

    /// config.json as `phonelm convert` and transformers read it.
    pub fn hugging_face(&self, vocab: usize, context: usize) -> Value {
        let config = self.config(vocab, context);
        let (architecture, act) = match self.activation {
            Activation::Relu => ("PhoneLMForCausalLM", "relu"),
            Activation::Silu => ("LlamaForCausalLM", "silu"),
        };
        json!({
            "model_type": config.family.name(),
            "architectures": [architecture],
            "hidden_size": self.hidden,
            "intermediate_size": self.ffn,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "max_position_embeddings": context,
            // Through text, as 1e-6 in single precision has more digits in double.
            "rms_norm_eps": config.norm_eps.to_string().parse::<f64>().unwrap_or(1e-6),
            "rope_theta": f64::from(config.rope.base),
            "rope_scaling": null,
            "hidden_act": act,
            "vocab_size": vocab,
            "tie_word_embeddings": self.tied,
        })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hidden, layers, ffn, heads, kv_heads, activation, tied } = self;
        write!(f, "{hidden}x{layers}, FFN {ffn}, {heads}/{kv_heads} heads")?;
        if *activation == Activation::Silu {
            write!(f, ", SiLU")?;
        }
        if !tied {
            write!(f, ", untied")?;
        }
        Ok(())
    }
}
