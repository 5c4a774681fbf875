//! The shapes that random models can have.

use clap::ValueEnum;
use phonelm_model::{Activation, Config, Family, Rope, RopeLayout};

/// The two published PhoneLM models.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Shape {
    #[value(name = "phonelm-0.5b")]
    PhoneLm05,
    #[value(name = "phonelm-1.5b")]
    PhoneLm15,
}

impl Shape {
    /// As published, or with the same matrices in llama's architecture.
    pub(super) fn config(self, llama: bool) -> Config {
        let (hidden, ffn, layers) = match self {
            Self::PhoneLm05 => (1024, 4864, 24),
            Self::PhoneLm15 => (2560, 6816, 19),
        };
        let (family, layout, activation) = if llama {
            (Family::Llama, RopeLayout::Pairs, Activation::Silu)
        } else {
            (Family::PhoneLm, RopeLayout::Halves, Activation::Relu)
        };
        Config {
            family,
            context: 2048,
            hidden,
            layers,
            heads: 16,
            kv_heads: 16,
            head_dim: hidden / 16,
            ffn,
            vocab: 49_152,
            norm_eps: 1e-6,
            rope: Rope { base: 10_000.0, layout, linear_factor: 1.0, factors: None, int8: !llama },
            activation,
            qkv_bias: false,
            qk_norm: false,
            tied: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_their_published_sizes() {
        for llama in [false, true] {
            assert_eq!(Shape::PhoneLm05.config(llama).parameters() / 1_000_000, 509);
            assert_eq!(Shape::PhoneLm15.config(llama).parameters() / 1_000_000, 1618);
        }
    }
}
