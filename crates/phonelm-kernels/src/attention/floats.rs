//! Keys and values kept as f16 or f32: scores and sums by fma, element by element.

use std::array::from_fn;
use std::marker::PhantomData;
use std::ops::Range;

use super::{Block, KV_BLOCK, Stream};
use crate::kernels::LANES;
use crate::vector::{Format, Isa, Vector};

/// Queries `[rows, head_dim]`, keys `[head_dim, 64]` and values `[64, head_dim]`.
pub(super) struct Floats<'a, I, F: Format> {
    q: &'a [f32],
    head_dim: usize,
    keys: &'a [F::Raw],
    values: &'a [F::Raw],
    stream: Stream,
    isa: PhantomData<I>,
}

impl<'a, I: Isa, F: Format> Floats<'a, I, F> {
    pub(super) fn new(q: &'a [f32], head_dim: usize, [keys, values]: [&'a [F::Raw]; 2], stream: Stream) -> Self {
        Self { q, head_dim, keys, values, stream, isa: PhantomData }
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
        // SAFETY: passed on.
        unsafe {
            let end = tokens.end;
            let left = if R == 1 {
                self.add_runs::<R, 8>(fetch, weights, tokens, out)
            } else if fits::<I>(R) {
                self.add_runs::<R, 4>(fetch, weights, tokens, out)
            } else {
                self.add_runs::<R, 2>(fetch, weights, tokens, out)
            };
            for j in left..end {
                self.add_run::<R, 1>(weights, j, out);
            }
        }
    }

    /// [`Self::add`] for `N` tokens at a time; returns the first of those left.
    #[inline(always)]
    unsafe fn add_runs<const R: usize, const N: usize>(
        &self,
        fetch: bool,
        weights: &[[f32; KV_BLOCK]; R],
        tokens: Range<usize>,
        out: &mut [f32],
    ) -> usize {
        let row_bytes = self.head_dim * size_of::<F::Raw>();
        let mut j = tokens.start;
        while j + N <= tokens.end {
            if fetch {
                let at = size_of_val(self.keys) + j * row_bytes;
                self.stream.fetch::<I>(at..at + N * row_bytes);
            }
            // SAFETY: passed on.
            unsafe { self.add_run::<R, N>(weights, j, out) };
            j += N;
        }
        j
    }

    /// [`Self::add`] for `N` tokens from `j` on.
    #[inline(always)]
    unsafe fn add_run<const R: usize, const N: usize>(
        &self,
        weights: &[[f32; KV_BLOCK]; R],
        j: usize,
        out: &mut [f32],
    ) {
        // SAFETY: passed on.
        unsafe {
            let mut values = [&self.values[..0]; N];
            let mut factors = [[I::Floats::splat(0.0); N]; R];
            for n in 0..N {
                values[n] = &self.values[(j + n) * self.head_dim..][..self.head_dim];
                for r in 0..R {
                    factors[r][n] = I::Floats::splat(weights[r][j + n]);
                }
            }
            let out = &mut out[..R * self.head_dim];
            let full = self.head_dim / LANES * LANES;
            for d in (0..full).step_by(LANES) {
                // SAFETY: `d + LANES` is at most the length of each row.
                let lanes: [&[F::Raw; LANES]; N] = from_fn(|n| &*values[n].as_ptr().add(d).cast());
                let sums: [*mut [f32; LANES]; R] = from_fn(|r| out.as_mut_ptr().add(r * self.head_dim + d).cast());
                add_lanes::<I, F, R, N>(&factors, lanes, sums);
            }
            if full < self.head_dim {
                let rest = self.head_dim - full;
                let mut padded = [[F::ZERO; LANES]; N];
                for n in 0..N {
                    padded[n][..rest].copy_from_slice(&values[n][full..]);
                }
                let mut sums = [[0.0; LANES]; R];
                for r in 0..R {
                    sums[r][..rest].copy_from_slice(&out[r * self.head_dim + full..][..rest]);
                }
                add_lanes::<I, F, R, N>(&factors, padded.each_ref(), sums.each_mut().map(|sums| &raw mut *sums));
                for r in 0..R {
                    out[r * self.head_dim + full..][..rest].copy_from_slice(&sums[r][..rest]);
                }
            }
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
                if first == 0 && from == 0 && d % FETCH == 0 {
                    let bytes = size_of_val(&keys[d]);
                    self.stream.fetch::<I>(d * bytes..(d + FETCH) * bytes);
                }
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

/// `sums[r] += factors[r][n] * values[n]`, in the order of `n`.
///
/// # Safety
/// The CPU has the instructions of `I`; `sums` may be written.
#[inline(always)]
unsafe fn add_lanes<I: Isa, F: Format, const R: usize, const N: usize>(
    factors: &[[I::Floats; N]; R],
    values: [&[F::Raw; LANES]; N],
    sums: [*mut [f32; LANES]; R],
) {
    // SAFETY: passed on.
    unsafe {
        let mut acc = [I::Floats::splat(0.0); R];
        for r in 0..R {
            acc[r] = I::Floats::load(&*sums[r]);
        }
        for n in 0..N {
            let value: I::Floats = F::lanes(values[n]);
            for r in 0..R {
                acc[r] = factors[r][n].fma(value, acc[r]);
            }
        }
        for r in 0..R {
            *sums[r] = acc[r].to_array();
        }
    }
}

/// Elements of the queries between two fetches.
const FETCH: usize = 8;

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
