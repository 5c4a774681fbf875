//! One head's keys and values in blocks of [`KV_BLOCK`] tokens, and the running state of the online softmax that goes
//! over them (arXiv 2205.14135, algorithm 1; arXiv 2307.08691, section 3.1).
//!
//! The trap: a block's keys lie transposed, `[head_dim, 64]`, so that 64 scores grow side by side.

// As in `float`: loops over indices keep their bodies in the function that has the features.
#![allow(clippy::needless_range_loop)]

use std::ops::Range;

use crate::float::{exp, fold};
use crate::kernels::LANES;
use crate::vector::{F16, F32, Format, Vector};

/// Tokens of a block.
pub const KV_BLOCK: usize = 64;

/// Keys `[head_dim, 64]` and values `[64, head_dim]` of one head. Tokens that no row sees may hold anything.
#[derive(Clone, Copy, Debug)]
pub enum KvBlock<'a> {
    /// IEEE half precision, as bits.
    F16 {
        /// `[head_dim, 64]`.
        keys: &'a [u16],
        /// `[64, head_dim]`.
        values: &'a [u16],
    },
    /// Single precision.
    F32 {
        /// `[head_dim, 64]`.
        keys: &'a [f32],
        /// `[64, head_dim]`.
        values: &'a [f32],
    },
}

/// The softmax of some rows so far: `out / sum` is their attention over the tokens seen, with scores relative to `max`.
#[derive(Debug)]
pub struct AttentionState<'a> {
    /// Largest score of each row so far; starts at minus infinity.
    pub max: &'a mut [f32],
    /// Sum of `exp(score - max)` of each row; starts at 0.
    pub sum: &'a mut [f32],
    /// Values weighted by `exp(score - max)`, `[rows, head_dim]`; starts at 0.
    pub out: &'a mut [f32],
}

impl AttentionState<'_> {
    /// Sets the starting values.
    pub fn start(&mut self) {
        self.max.fill(f32::NEG_INFINITY);
        self.sum.fill(0.0);
        self.out.fill(0.0);
    }

    /// Divides by the sums: `out` is then the attention. A row that saw no token stays 0.
    pub fn finish(&mut self) {
        let Some(head_dim) = self.out.len().checked_div(self.sum.len()) else { return };
        for (out, sum) in self.out.chunks_exact_mut(head_dim.max(1)).zip(self.sum.iter()) {
            if *sum != 0.0 {
                out.iter_mut().for_each(|o| *o /= sum);
            }
        }
    }
}

/// See [`crate::Kernels::attend`]; `R` rows share each load of the keys.
///
/// # Safety
/// The CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn attend<V: Vector, const R: usize>(
    q: &[f32],
    block: KvBlock<'_>,
    visible: &[usize],
    state: &mut AttentionState<'_>,
) {
    // SAFETY: passed on.
    unsafe {
        match block {
            KvBlock::F16 { keys, values } => attend_format::<V, F16, R>(q, keys, values, visible, state),
            KvBlock::F32 { keys, values } => attend_format::<V, F32, R>(q, keys, values, visible, state),
        }
    }
}

#[inline(always)]
unsafe fn attend_format<V: Vector, F: Format, const R: usize>(
    q: &[f32],
    keys: &[F::Raw],
    values: &[F::Raw],
    visible: &[usize],
    state: &mut AttentionState<'_>,
) {
    let mut r = 0;
    // SAFETY: passed on.
    unsafe {
        while r + R <= visible.len() {
            attend_rows::<V, F, R>(q, keys, values, visible, state, r);
            r += R;
        }
        for r in r..visible.len() {
            attend_rows::<V, F, 1>(q, keys, values, visible, state, r);
        }
    }
}

/// Attends rows `first..first + R`.
#[inline(always)]
unsafe fn attend_rows<V: Vector, F: Format, const R: usize>(
    q: &[f32],
    keys: &[F::Raw],
    values: &[F::Raw],
    visible: &[usize],
    state: &mut AttentionState<'_>,
    first: usize,
) {
    let head_dim = q.len() / visible.len();
    let visible = &visible[first..first + R];
    let out = &mut state.out[first * head_dim..(first + R) * head_dim];
    // SAFETY: passed on.
    unsafe {
        let mut weights = scores::<V, F, R>(&q[first * head_dim..(first + R) * head_dim], keys);
        for r in 0..R {
            let old = softmax(&mut weights[r], visible[r], &mut state.max[first + r], &mut state.sum[first + r]);
            for o in &mut out[r * head_dim..(r + 1) * head_dim] {
                *o *= old;
            }
        }
        // The tokens that all rows see, each value loaded once; then what single rows see beyond.
        let common = visible.iter().fold(KV_BLOCK, |least, v| least.min(*v));
        add_values::<V, F, R>(&weights, 0..common, values, head_dim, out);
        for r in 0..R {
            let row = &mut out[r * head_dim..(r + 1) * head_dim];
            add_values::<V, F, 1>(&[weights[r]], common..visible[r], values, head_dim, row);
        }
    }
}

/// `q . k` for `R` rows and the 64 tokens of a block.
#[inline(always)]
unsafe fn scores<V: Vector, F: Format, const R: usize>(q: &[f32], keys: &[F::Raw]) -> [[f32; KV_BLOCK]; R] {
    const VECTORS: usize = KV_BLOCK / LANES;
    let head_dim = q.len() / R;
    // SAFETY: passed on.
    unsafe {
        let mut acc = [[V::splat(0.0); VECTORS]; R];
        for (d, keys) in keys.as_chunks::<KV_BLOCK>().0.iter().enumerate().take(head_dim) {
            for (c, keys) in keys.as_chunks::<LANES>().0.iter().enumerate() {
                let keys: V = F::lanes(keys);
                for r in 0..R {
                    acc[r][c] = V::splat(q[r * head_dim + d]).fma(keys, acc[r][c]);
                }
            }
        }
        let mut scores = [[0.0; KV_BLOCK]; R];
        for r in 0..R {
            for (c, out) in scores[r].as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                *out = acc[r][c].to_array();
            }
        }
        scores
    }
}

/// Turns the scores of the first `visible` tokens into weights relative to the new maximum, updates maximum and sum, and
/// returns the factor for what was summed before.
#[inline(always)]
fn softmax(scores: &mut [f32; KV_BLOCK], visible: usize, max: &mut f32, sum: &mut f32) -> f32 {
    if visible == 0 {
        return 1.0;
    }
    scores[visible..].fill(f32::NEG_INFINITY);
    let new_max = scores.iter().fold(*max, |m, s| if *s > m { *s } else { m });
    let old = exp(*max - new_max);
    let mut sums = [0.0; LANES];
    for chunk in scores.as_chunks_mut::<LANES>().0 {
        for (s, sum) in chunk.iter_mut().zip(&mut sums) {
            *s = exp(*s - new_max);
            *sum += *s;
        }
    }
    *max = new_max;
    *sum = sum.mul_add(old, fold(sums));
    old
}

/// `out[r] += weights[r][j] * values[j]` for `R` rows and each token `j` in ascending order.
#[inline(always)]
unsafe fn add_values<V: Vector, F: Format, const R: usize>(
    weights: &[[f32; KV_BLOCK]; R],
    tokens: Range<usize>,
    values: &[F::Raw],
    head_dim: usize,
    out: &mut [f32],
) {
    let mut d = 0;
    // SAFETY: passed on.
    unsafe {
        while d + 4 * LANES <= head_dim {
            add_columns::<V, F, R, 4>(weights, tokens.clone(), values, head_dim, d, out);
            d += 4 * LANES;
        }
        while d < head_dim {
            add_columns::<V, F, R, 1>(weights, tokens.clone(), values, head_dim, d, out);
            d += LANES;
        }
    }
}

/// [`add_values`] for `C` vectors of columns from `d` on.
#[inline(always)]
unsafe fn add_columns<V: Vector, F: Format, const R: usize, const C: usize>(
    weights: &[[f32; KV_BLOCK]; R],
    tokens: Range<usize>,
    values: &[F::Raw],
    head_dim: usize,
    d: usize,
    out: &mut [f32],
) {
    // SAFETY: passed on.
    unsafe {
        let mut acc = [[V::splat(0.0); C]; R];
        for (r, out) in out.chunks_exact(head_dim).enumerate() {
            for c in 0..C {
                acc[r][c] = F32::lanes_at(out, d + c * LANES);
            }
        }
        for j in tokens {
            let row = &values[j * head_dim + d..(j + 1) * head_dim];
            for c in 0..C {
                let value: V = F::lanes_at(row, c * LANES);
                for r in 0..R {
                    acc[r][c] = V::splat(weights[r][j]).fma(value, acc[r][c]);
                }
            }
        }
        for (r, out) in out.chunks_exact_mut(head_dim).enumerate() {
            for (c, out) in out[d..].chunks_mut(LANES).take(C).enumerate() {
                out.copy_from_slice(&acc[r][c].to_array()[..out.len()]);
            }
        }
    }
}
