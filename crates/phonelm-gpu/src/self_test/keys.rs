//! Keys and values in plain Rust: made up, rounded and read as an export has them.

use half::f16;
use phonelm_kernels::{GROUP, KV_BLOCK, LANES, Q8Square};

use super::values;
use crate::keys::KvFormat;

/// `len` bytes of blocks.
pub(super) fn made_up(format: KvFormat, len: usize) -> Vec<u8> {
    let f16s = |values: Vec<f32>| values.into_iter().flat_map(|x| f16::from_f32(x).to_le_bytes());
    match format {
        KvFormat::F16 => f16s(values(len / 2, 8)).collect(),
        KvFormat::Q8 => {
            let square = |seed: usize| {
                let scales = values(GROUP, seed).into_iter().map(|x| (2.0 + x) / 256.0).collect();
                let bytes = values(GROUP * GROUP, seed + 1).into_iter().map(|x| (127.0 * x) as i8 as u8);
                f16s(scales).chain(bytes).collect::<Vec<u8>>()
            };
            (0..len / size_of::<Q8Square>()).flat_map(square).collect()
        }
    }
}

/// Numbers as a cache keeps them.
pub(super) fn rounded(format: KvFormat, numbers: &[f64]) -> Vec<f64> {
    match format {
        KvFormat::F16 => numbers.iter().map(|x| f64::from(f16::from_f64(*x))).collect(),
        KvFormat::Q8 => numbers.chunks_exact(GROUP).flat_map(bytes_and_scale).collect(),
    }
}

fn bytes_and_scale(group: &[f64]) -> impl Iterator<Item = f64> {
    let scale = group.iter().fold(0.0, |top: f64, x| top.max(x.abs())) / 127.0;
    group.iter().map(move |x| (x / scale).round_ties_even() * f64::from(f16::from_f64(scale)))
}

/// The keys, or the values, of a head in a block.
#[derive(Clone, Copy)]
pub(super) struct Half<'a> {
    pub(super) format: KvFormat,
    pub(super) bytes: &'a [u8],
    pub(super) head_dim: usize,
    pub(super) values: bool,
}

impl Half<'_> {
    /// Those of a token of the block.
    pub(super) fn token(self, token: usize) -> Vec<f64> {
        let element = |element| match self.format {
            KvFormat::F16 if self.values => self.f16(token * self.head_dim + element),
            KvFormat::F16 => self.f16(element * KV_BLOCK + token),
            KvFormat::Q8 => {
                let (byte, scale) = self.byte(token, element);
                f64::from(byte) * f64::from(scale)
            }
        };
        (0..self.head_dim).map(element).collect()
    }

    fn f16(self, at: usize) -> f64 {
        self.bytes.as_chunks::<2>().0.get(at).map_or(f64::NAN, |bytes| f64::from(f16::from_le_bytes(*bytes)))
    }

    /// A byte and its scale.
    pub(super) fn byte(self, token: usize, element: usize) -> (i8, f16) {
        let square = element / GROUP * (KV_BLOCK / GROUP) + token / GROUP;
        let bytes = &self.bytes[square * size_of::<Q8Square>()..][..size_of::<Q8Square>()];
        let (scales, tiles) = bytes.split_at(size_of::<u16>() * GROUP);
        let (token, element) = (token % GROUP, element % GROUP);
        let (row, column) = if self.values { (element, token) } else { (token, element) };
        let byte = tiles[row / LANES * LANES * GROUP + column / 4 * 4 * LANES + row % LANES * 4 + column % 4];
        (byte as i8, f16::from_le_bytes([scales[2 * token], scales[2 * token + 1]]))
    }
}
