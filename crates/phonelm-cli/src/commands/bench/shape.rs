//! The shapes that random models can have.

use clap::ValueEnum;
use phonelm_model::{Activation, Config};
use phonelm_search::Shape;

/// The two published PhoneLM models, and the one that comes with this program.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Known {
    #[value(name = "phonelm-0.5b")]
    PhoneLm05,
    #[value(name = "phonelm-1.5b")]
    PhoneLm15,
    #[value(name = "phonelm-tiny")]
    PhoneLmTiny,
}

impl Known {
    /// As published, or with the same matrices in llama's architecture.
    pub(super) fn config(self, llama: bool) -> Config {
        let (hidden, ffn, layers, heads, kv_heads, vocab) = match self {
            Self::PhoneLm05 => (1024, 4864, 24, 16, 16, 49_152),
            Self::PhoneLm15 => (2560, 6816, 19, 16, 16, 49_152),
            Self::PhoneLmTiny => (320, 1120, 7, 5, 1, 4096),
        };
        let activation = if llama { Activation::Silu } else { Activation::Relu };
        Shape { hidden, layers, ffn, heads, kv_heads, activation, tied: true }.config(vocab, 2048)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_their_published_sizes() {
        for llama in [false, true] {
            assert_eq!(Known::PhoneLm05.config(llama).parameters() / 1_000_000, 509);
            assert_eq!(Known::PhoneLm15.config(llama).parameters() / 1_000_000, 1618);
            assert_eq!(Known::PhoneLmTiny.config(llama).parameters() / 10_000, 1056);
        }
    }
}
