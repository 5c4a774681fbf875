//! Keys and values kept as f16 or f32: scores and sums by fma, element by element.

use std::marker::PhantomData;
use std::ops::Range;

use super::{Block, KV_BLOCK, Stream, arrays};
use crate::kernels::LANES;
use crate::vector::{F32, Format, Isa, Vector};

/// Queries `[rows, head_dim]`, keys `[head_dim, 64]` and values `[64, head_dim]`.
pub(super) struct Floats<'a, I, F: Format> {
    q: &'a [f32],
    head_dim: usize,
    keys: &'a [F::Raw],
    values: &'a [F::Raw],
    /// Of the keys and the values.
    streams: [Stream; 2],
    isa: PhantomData<I>,
}

/// Tokens whose values are added in one pass over the output.
const RUN: usize = 4;

impl<'a, I: Isa, F: Format> Floats<'a, I, F> {
    pub(super) fn new(q: &'a [f32], head_dim: usize, [keys, values]: [&'a [F::Raw]; 2], next: *const u8) -> Self {
        let streams = [Stream::new(keys, values.as_ptr().cast()), Stream::new(values, next)];
        Self { q, head_dim, keys, values, streams, isa: PhantomData }
    }

    /// Adds some tokens to `R` rows, in ascending order.
    #[inline(always)]
    unsafe fn add<const R: usize>(
        &self,
        fetch: bool,
        weights: &[[f32; KV_BLOCK]; R],
        tokens: Range<usize>,
        out: &mut [f32],
    ) {
        let row_bytes = self.head_dim * size_of::<F::Raw>();
        let mut j = tokens.start;
        // SAFETY: passed on.
        unsafe {
            while j + RUN <= tokens.end {
                if fetch {
                    self.streams[1].fetch::<I>(j * row_bytes..(j + RUN) * row_bytes);
                }
                self.add_run::<R, RUN>(weights, j, out);
                j += RUN;
            }
            for j in j..tokens.end {
                self.add_run::<R, 1>(weights, j, out);
            }
        }
    }

    /// [`Self::add`] for `N` tokens from `j` on.
    #[inline(always)]
    unsafe fn add_run<const R: usize, const N: usize>(
        &self,
        weights: &[[f32; KV_BLOCK]; R],
        j: usize,
        out: &mut [f32],
    ) {
        let values = &self.values[j * self.head_dim..(j + N) * self.head_dim];
        // SAFETY: passed on.
        unsafe {
            let mut factors = [[I::Floats::splat(0.0); N]; R];
            for r in 0..R {
                for n in 0..N {
                    factors[r][n] = I::Floats::splat(weights[r][j + n]);
                }
            }
            for d in (0..self.head_dim).step_by(LANES) {
                let mut acc = [I::Floats::splat(0.0); R];
                for r in 0..R {
                    acc[r] = F32::lanes_at(&out[r * self.head_dim..(r + 1) * self.head_dim], d);
                }
                for n in 0..N {
                    let value: I::Floats = F::lanes_at(&values[n * self.head_dim..(n + 1) * self.head_dim], d);
                    for r in 0..R {
                        acc[r] = factors[r][n].fma(value, acc[r]);
                    }
                }
                for r in 0..R {
                    let out = &mut out[r * self.head_dim + d..(r + 1) * self.head_dim];
                    let sums = acc[r].to_array();
                    match out.first_chunk_mut() {
                        Some(full) => *full = sums,
                        None => out.copy_from_slice(&sums[..out.len()]),
                    }
                }
            }
        }
    }
}

impl<I: Isa, F: Format> Block for Floats<'_, I, F> {
    #[inline(always)]
    unsafe fn scores<const R: usize>(&self, first: usize) -> [[f32; KV_BLOCK]; R] {
        const VECTORS: usize = KV_BLOCK / LANES;
        let q = &self.q[first * self.head_dim..(first + R) * self.head_dim];
        // SAFETY: passed on.
        unsafe {
            let mut acc = [[I::Floats::splat(0.0); VECTORS]; R];
            for (d, keys) in self.keys.as_chunks::<KV_BLOCK>().0.iter().enumerate().take(self.head_dim) {
                if first == 0 {
                    self.streams[0].fetch::<I>(d * size_of_val(keys)..(d + 1) * size_of_val(keys));
                }
                for (c, keys) in keys.as_chunks::<LANES>().0.iter().enumerate() {
                    let keys: I::Floats = F::lanes(keys);
                    for r in 0..R {
                        acc[r][c] = I::Floats::splat(q[r * self.head_dim + d]).fma(keys, acc[r][c]);
                    }
                }
            }
            arrays(&acc)
        }
    }

    #[inline(always)]
    unsafe fn add_values<const R: usize>(
        &self,
        first: usize,
        weights: &[[f32; KV_BLOCK]; R],
        seen: &[usize; R],
        out: &mut [f32],
    ) {
        // The tokens that all rows see, each value loaded once; then what single rows see beyond.
        let common = seen.iter().fold(KV_BLOCK, |least, s| least.min(*s));
        // SAFETY: passed on.
        unsafe {
            self.add(first == 0, weights, 0..common, out);
            for r in 0..R {
                let row = &mut out[r * self.head_dim..(r + 1) * self.head_dim];
                self.add(false, &[weights[r]], common..seen[r], row);
            }
        }
    }
}
