//! What counts as good, as one number of a shape's cost.

use std::fmt;

use crate::{Cost, Search, Shape};

/// Energy of reading a byte from DRAM: 640 pJ for 32 bits (Horowitz, "Computing's energy problem", ISSCC 2014, 45 nm; the
/// number as in the energy table of Han et al., arXiv 1506.02626).
pub const DRAM_PICOJOULES_PER_BYTE: f64 = 160.0;
/// Energy of multiplying two bytes and adding the product to 32 bits: 0.2 and 0.1 pJ (Horowitz, as above).
pub const MAC_PICOJOULES: f64 = 0.3;

/// What a search looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Objective {
    /// Tokens decoded in a second.
    #[default]
    Decode,
    /// Tokens of the prompt read in a second.
    Prefill,
    /// Milliseconds from the prompt to the first token: the same pass as [`Self::Prefill`], as a time.
    Ttft,
    /// Millijoules of a decoded token: bytes read and products made, each times what it costs in print. Computed, not
    /// measured: only the ratio of two shapes says something.
    EnergyProxy,
    /// The weighted geometric mean of the speeds of decode and prefill.
    Weighted {
        /// The weight of decode, 0 to 1.
        decode: f64,
    },
}

impl Objective {
    /// Its value for a shape of this cost.
    pub fn value(self, search: &Search, shape: &Shape, cost: &Cost) -> f64 {
        let (prefill, decode) = (search.prefill as f64 / cost.prefill, 1.0 / cost.decode);
        match self {
            Self::Decode => decode,
            Self::Prefill => prefill,
            Self::Ttft => cost.prefill * 1e3,
            Self::EnergyProxy => millijoules(search, shape, cost),
            Self::Weighted { decode: weight } => decode.powf(weight) * prefill.powf(1.0 - weight),
        }
    }

    /// How bad that value is: the lower, the better.
    pub(crate) fn badness(self, value: f64) -> f64 {
        if self.more_is_better() { -value } else { value }
    }

    /// Whether the largest value is the best.
    pub fn more_is_better(self) -> bool {
        !matches!(self, Self::Ttft | Self::EnergyProxy)
    }

    /// What its value counts.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Decode => "tokens/s in decode",
            Self::Prefill => "tokens/s in prefill",
            Self::Ttft => "ms to the first token",
            Self::EnergyProxy => "mJ a token, by the proxy",
            Self::Weighted { .. } => "tokens/s, weighted mean",
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode => write!(f, "decode"),
            Self::Prefill => write!(f, "prefill"),
            Self::Ttft => write!(f, "ttft"),
            Self::EnergyProxy => write!(f, "energy-proxy"),
            Self::Weighted { decode } => write!(f, "weighted, decode {decode}"),
        }
    }
}

/// The energy of a token in the middle of the decode, by the proxy.
pub(crate) fn millijoules(search: &Search, shape: &Shape, cost: &Cost) -> f64 {
    let config = shape.config(search.vocab, search.context);
    let seen = search.prefill + search.decode / 2;
    let attention = 2 * config.q_width() as u64 * seen as u64;
    let macs = config.layers as u64 * (config.layer_macs() + attention) + (config.vocab * config.hidden) as u64;
    (cost.bytes * DRAM_PICOJOULES_PER_BYTE + macs as f64 * MAC_PICOJOULES) / 1e9
}
