//! `--kv`: how a command keeps keys and values.

use clap::ValueEnum;
use phonelm_kernels::KvType;

/// Storage of keys and values, by the names of the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Kv {
    /// 16-bit floats
    F16,
    /// 32-bit floats; not on a GPU
    F32,
    /// Bytes with a scale for 32 of them; for heads whose width is a multiple of 32
    #[value(name = "q8_0")]
    Q8_0,
}

impl From<Kv> for KvType {
    fn from(kv: Kv) -> Self {
        match kv {
            Kv::F16 => Self::F16,
            Kv::F32 => Self::F32,
            Kv::Q8_0 => Self::Q8_0,
        }
    }
}
