//! Keys and values kept as f16 or f32: scores and sums by fma, element by element.

use std::marker::PhantomData;
use std::ops::Range;

use super::{Block, KV_BLOCK};
use crate::kernels::LANES;
use crate::vector::{Format, Isa, Vector};

/// Queries `[rows, head_dim]`, keys `[head_dim, 64]` and values `[64, head_dim]`.
pub(super) struct Floats<'a, I, F: Format> {
    q: &'a [f32],
    head_dim: usize,
    keys: &'a [F::Raw],
    values: &'a [F::Raw],
    isa: PhantomData<I>,
}

impl<'a, I: Isa, F: Format> Floats<'a, I, F> {
    pub(super) fn new(q: &'a [f32], head_dim: usize, [keys, values]: [&'a [F::Raw]; 2]) -> Self {
        Self { q, head_dim, keys, values, isa: PhantomData }
    }

    /// Adds some tokens to `R` rows, in ascending order. The sums of some columns stay in registers meanwhile, so that values
    /// are read in the order in which they lie: hopping between rows costs a third of the memory's speed.
    #[inline(always)]
    unsafe fn add<const R: usize>(&self, weights: &[[f32; KV_BLOCK]; R], tokens: Range<usize>, out: &mut [f32]) {
        let full = self.head_dim / LANES * LANES;
        let mut d = 0;
        // SAFETY: passed on.
        unsafe {
            while d < full {
                d += LANES
                    * match (full - d) / LANES {
                        10.. if 10 * R <= I::SUMS => self.add_columns::<R, 10>(weights, tokens.clone(), d, out),
                        8.. if 8 * R <= I::SUMS => self.add_columns::<R, 8>(weights, tokens.clone(), d, out),
                        4.. if 4 * R <= I::SUMS => self.add_columns::<R, 4>(weights, tokens.clone(), d, out),
                        2.. if 2 * R <= I::SUMS => self.add_columns::<R, 2>(weights, tokens.clone(), d, out),
                        _ => self.add_columns::<R, 1>(weights, tokens.clone(), d, out),
                    };
            }
            if full < self.head_dim {
                self.add_rest(weights, tokens, full, out);
            }
        }
    }

    /// [`Self::add`] for `C` vectors of columns from `d` on; returns `C`.
    #[inline(always)]
    unsafe fn add_columns<const R: usize, const C: usize>(
        &self,
        weights: &[[f32; KV_BLOCK]; R],
        tokens: Range<usize>,
        d: usize,
        out: &mut [f32],
    ) -> usize {
        let mut sums = [[[0.0; LANES]; C]; R];
        for r in 0..R {
            sums[r].as_flattened_mut().copy_from_slice(&out[r * self.head_dim + d..][..C * LANES]);
        }
        // SAFETY: passed on.
        unsafe { add_lanes::<I, F, R, C>(weights, tokens, &self.values[d..], self.head_dim, &mut sums) };
        for r in 0..R {
            out[r * self.head_dim + d..][..C * LANES].copy_from_slice(sums[r].as_flattened());
        }
        C
    }

    /// [`Self::add`] for the columns from `d` on, fewer than a vector.
    #[inline(always)]
    unsafe fn add_rest<const R: usize>(
        &self,
        weights: &[[f32; KV_BLOCK]; R],
        tokens: Range<usize>,
        d: usize,
        out: &mut [f32],
    ) {
        let rest = self.head_dim - d;
        let mut padded = [[F::ZERO; LANES]; KV_BLOCK];
        for j in tokens.clone() {
            padded[j][..rest].copy_from_slice(&self.values[j * self.head_dim + d..][..rest]);
        }
        let mut sums = [[[0.0; LANES]; 1]; R];
        for r in 0..R {
            sums[r][0][..rest].copy_from_slice(&out[r * self.head_dim + d..][..rest]);
        }
        // SAFETY: passed on.
        unsafe { add_lanes::<I, F, R, 1>(weights, tokens, padded.as_flattened(), LANES, &mut sums) };
        for r in 0..R {
            out[r * self.head_dim + d..][..rest].copy_from_slice(&sums[r][0][..rest]);
        }
    }

    /// Scores of the tokens of `C` vectors from vector `from` on.
    #[inline(always)]
    unsafe fn some_scores<const R: usize, const C: usize>(
        &self,
        first: usize,
        from: usize,
        scores: &mut [[f32; KV_BLOCK]; R],
    ) {
        // SAFETY: passed on.
        unsafe {
            let mut q = [&self.q[..0]; R];
            for r in 0..R {
                q[r] = &self.q[(first + r) * self.head_dim..][..self.head_dim];
            }
            let keys = &self.keys.as_chunks::<KV_BLOCK>().0[..self.head_dim];
            let mut acc = [[I::Floats::splat(0.0); C]; R];
            for d in 0..self.head_dim {
                for c in 0..C {
                    let keys: I::Floats = F::lanes(&keys[d].as_chunks().0[from + c]);
                    for r in 0..R {
                        acc[r][c] = I::Floats::splat(q[r][d]).fma(keys, acc[r][c]);
                    }
                }
            }
            for r in 0..R {
                for c in 0..C {
                    scores[r].as_chunks_mut().0[from + c] = acc[r][c].to_array();
                }
            }
        }
    }
}

/// `sums[r] += weights[r][j] * values[j]`, in the order of the tokens `j`, whose values lie `stride` apart.
///
/// # Safety
/// The CPU has the instructions of `I`.
#[inline(always)]
unsafe fn add_lanes<I: Isa, F: Format, const R: usize, const C: usize>(
    weights: &[[f32; KV_BLOCK]; R],
    tokens: Range<usize>,
    values: &[F::Raw],
    stride: usize,
    sums: &mut [[[f32; LANES]; C]; R],
) {
    // SAFETY: passed on.
    unsafe {
        let mut acc = [[I::Floats::splat(0.0); C]; R];
        for r in 0..R {
            for c in 0..C {
                acc[r][c] = I::Floats::load(&sums[r][c]);
            }
        }
        for j in tokens {
            let values = &values[j * stride..][..C * LANES].as_chunks::<LANES>().0;
            for c in 0..C {
                let value: I::Floats = F::lanes(&values[c]);
                for r in 0..R {
                    acc[r][c] = I::Floats::splat(weights[r][j]).fma(value, acc[r][c]);
                }
            }
        }
        for r in 0..R {
            for c in 0..C {
                sums[r][c] = acc[r][c].to_array();
            }
        }
    }
}

/// Vectors of scores of one row.
const VECTORS: usize = KV_BLOCK / LANES;

/// Whether the registers hold all scores of `rows` rows.
const fn fits<I: Isa>(rows: usize) -> bool {
    rows * VECTORS <= I::SUMS
}

impl<I: Isa, F: Format> Block for Floats<'_, I, F> {
    #[inline(always)]
    unsafe fn scores<const R: usize>(&self, first: usize, vectors: usize) -> [[f32; KV_BLOCK]; R] {
        let mut scores = [[0.0; KV_BLOCK]; R];
        // SAFETY: passed on.
        unsafe {
            match vectors {
                2 if fits::<I>(R) => self.some_scores::<R, 2>(first, 0, &mut scores),
                3 if fits::<I>(R) => self.some_scores::<R, 3>(first, 0, &mut scores),
                VECTORS if fits::<I>(R) => self.some_scores::<R, VECTORS>(first, 0, &mut scores),
                _ => {
                    for from in 0..vectors {
                        self.some_scores::<R, 1>(first, from, &mut scores);
                    }
                }
            }
        }
        scores
    }

    #[inline(always)]
    unsafe fn add_values<const R: usize>(&self, weights: &[[f32; KV_BLOCK]; R], seen: &[usize; R], out: &mut [f32]) {
        // The tokens that all rows see, each value loaded once; then what single rows see beyond.
        let common = seen.iter().fold(KV_BLOCK, |least, s| least.min(*s));
        // SAFETY: passed on.
        unsafe {
            self.add(weights, 0..common, out);
            for r in 0..R {
                let row = &mut out[r * self.head_dim..(r + 1) * self.head_dim];
                self.add(&[weights[r]], common..seen[r], row);
            }
        }
    }
}
