//! Keys and values kept in 8 bits, which cost half the memory traffic of f16: the products are those of packed weights,
//! bytes times bytes, with the sums of a square exact.
//!
//! Queries are quantised like activations. The weights of the softmax reach from 1 down to nothing within one square, so
//! they are kept in 14 bits, as two rows of bytes.

use std::marker::PhantomData;

use half::f16;

use super::{Block, KV_BLOCK};
use crate::float::quantize_fine;
use crate::kernels::{GROUP, LANES};
use crate::rows::QuantizedGroup;
use crate::vector::{F16, F32, Format, Isa, Vector};

/// 16 rows of 32 bytes, in quads: byte `4 * row + i` of quad `q` is column `4 * q + i`.
pub(crate) type ByteTile = [[i8; 4 * LANES]; GROUP / 4];

/// 32 neighbouring elements of 32 tokens: `x = scale * value`, with a scale a token.
///
/// The rows of the two tiles are tokens where it holds keys, and elements where it holds values: a product with a query
/// sums over elements, one with the softmax over tokens.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Q8Square {
    /// f16 bits.
    pub(crate) scales: [u16; GROUP],
    pub(crate) tiles: [ByteTile; 2],
}

const _: () = assert!(size_of::<Q8Square>() == 34 * GROUP);

impl Q8Square {
    /// All zero.
    pub const ZERO: Self = Self { scales: [0; GROUP], tiles: [[[0; 4 * LANES]; GROUP / 4]; 2] };

    /// The scales of a square that lies as bytes.
    pub(crate) fn scales_of(square: &[u8; size_of::<Self>()]) -> &[u8] {
        &square[..size_of::<[u16; GROUP]>()]
    }

    /// Sets 32 elements of the key of one token, of the square's 32.
    pub fn put_key(&mut self, token: usize, key: &QuantizedGroup) {
        self.scales[token] = f16::from_f32(key.scale).to_bits();
        let at = 4 * (token % LANES);
        for (out, quad) in self.tiles[token / LANES].iter_mut().zip(key.values.as_chunks::<4>().0) {
            out[at..at + 4].copy_from_slice(quad);
        }
    }

    /// Sets 32 elements of the value of one token, of the square's 32.
    pub fn put_value(&mut self, token: usize, value: &QuantizedGroup) {
        self.scales[token] = f16::from_f32(value.scale).to_bits();
        for (tile, values) in self.tiles.iter_mut().zip(value.values.as_chunks::<LANES>().0) {
            for (out, x) in tile[token / 4].as_chunks_mut::<4>().0.iter_mut().zip(values) {
                out[token % 4] = *x;
            }
        }
    }
}

/// Queries `[rows, head_dim / 32]`, and the squares `[head_dim / 32, 2]` of keys and of values.
pub(super) struct Bytes<'a, I> {
    q: &'a [QuantizedGroup],
    head_dim: usize,
    keys: &'a [[Q8Square; 2]],
    values: &'a [[Q8Square; 2]],
    isa: PhantomData<I>,
}

impl<'a, I: Isa> Bytes<'a, I> {
    pub(super) fn new(q: &'a [QuantizedGroup], head_dim: usize, [keys, values]: [&'a [Q8Square]; 2]) -> Self {
        Self { q, head_dim, keys: keys.as_chunks().0, values: values.as_chunks().0, isa: PhantomData }
    }
}

impl<I: Isa> Block for Bytes<'_, I> {
    #[inline(always)]
    unsafe fn scores<const R: usize>(&self, first: usize, vectors: usize) -> [[f32; KV_BLOCK]; R] {
        let groups = self.head_dim / GROUP;
        let q = &self.q[first * groups..(first + R) * groups];
        // SAFETY: passed on.
        unsafe {
            let mut acc = [[I::Floats::splat(0.0); KV_BLOCK / LANES]; R];
            for (g, squares) in self.keys.iter().enumerate().take(groups) {
                let mut x = [&q[g]; R];
                for r in 0..R {
                    x[r] = &q[r * groups + g];
                }
                for c in 0..vectors {
                    let square = &squares[c / 2];
                    let scales: I::Floats = F16::lanes(&square.scales.as_chunks().0[c % 2]);
                    let dots = I::dots(&square.tiles[c % 2], x);
                    for r in 0..R {
                        acc[r][c] = dots[r].fma(scales.mul(I::Floats::splat(x[r].scale)), acc[r][c]);
                    }
                }
            }
            arrays(&acc)
        }
    }

    #[inline(always)]
    unsafe fn add_values<const R: usize>(&self, weights: &[[f32; KV_BLOCK]; R], seen: &[usize; R], out: &mut [f32]) {
        // SAFETY: passed on.
        unsafe {
            for (g, squares) in self.values.iter().enumerate().take(self.head_dim / GROUP) {
                for (half, square) in squares.iter().enumerate() {
                    let mut fine = [[QuantizedGroup::default(); 2]; R];
                    for r in 0..R {
                        fine[r] = weigh::<I>(&weights[r], seen[r], half, &square.scales);
                    }
                    for (t, tile) in square.tiles.iter().enumerate() {
                        let dots = I::fine_dots(tile, &fine);
                        for r in 0..R {
                            // A row that sees nothing of the block must not even lose the sign of a zero.
                            if seen[r] == 0 {
                                continue;
                            }
                            let at = r * self.head_dim + g * GROUP + t * LANES;
                            let mut sum: I::Floats = F32::lanes_at(out, at);
                            for part in 0..2 {
                                sum = dots[r][part].fma(I::Floats::splat(fine[r][part].scale), sum);
                            }
                            out[at..at + LANES].copy_from_slice(&sum.to_array());
                        }
                    }
                }
            }
        }
    }
}

/// Scores out of their registers.
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
unsafe fn arrays<V: Vector, const R: usize>(acc: &[[V; KV_BLOCK / LANES]; R]) -> [[f32; KV_BLOCK]; R] {
    let mut scores = [[0.0; KV_BLOCK]; R];
    for r in 0..R {
        for (c, out) in scores[r].as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            // SAFETY: passed on.
            *out = unsafe { acc[r][c].to_array() };
        }
    }
    scores
}

/// The weights of 32 tokens times their scales, quantised; those of tokens not seen are 0.
#[inline(always)]
unsafe fn weigh<I: Isa>(
    weights: &[f32; KV_BLOCK],
    seen: usize,
    half: usize,
    scales: &[u16; GROUP],
) -> [QuantizedGroup; 2] {
    let weights = &weights.as_chunks::<GROUP>().0[half];
    let mut product = [0.0; GROUP];
    // SAFETY: passed on.
    unsafe {
        for c in 0..GROUP / LANES {
            let weights: I::Floats = F32::lanes(&weights.as_chunks().0[c]);
            let scales: I::Floats = F16::lanes(&scales.as_chunks().0[c]);
            product[c * LANES..(c + 1) * LANES].copy_from_slice(&weights.mul(scales).to_array());
        }
    }
    if seen < (half + 1) * GROUP {
        product[seen.saturating_sub(half * GROUP)..].fill(0.0);
    }
    // SAFETY: passed on.
    unsafe { quantize_fine::<I::Floats>(&product) }
}
