//! The shapes that random models can have.

use clap::ValueEnum;
use phonelm_model::{Activation, Config, Family, Rope, RopeLayout};

/// The two published PhoneLM models, and the one that comes with this program.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Shape {
    #[value(name = "phonelm-0.5b")]
    PhoneLm05,
    #[value(name = "phonelm-1.5b")]
    PhoneLm15,
    #[value(name = "phonelm-tiny")]
    PhoneLmTiny,
}

impl Shape {
    /// As published, or with the same matrices in llama's architecture.
    pub(super) fn config(self, llama: bool) -> Config {
        let (hidden, ffn, layers, heads, vocab) = match self {
            Self::PhoneLm05 => (1024, 4864, 24, 16, 49_152),
            Self::PhoneLm15 => (2560, 6816, 19, 16, 49_152),
            Self::PhoneLmTiny => (320, 960, 7, 5, 4096),
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
            heads,
            kv_heads: heads,
            head_dim: hidden / heads,
            ffn,
            vocab,
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
            assert_eq!(Shape::PhoneLmTiny.config(llama).parameters() / 100_000, 106);
        }
    }
}
