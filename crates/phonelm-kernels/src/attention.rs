//! One head's keys and values in blocks of [`KV_BLOCK`] tokens, and the running state of the online softmax that goes
//! over them (arXiv 2205.14135, algorithm 1; arXiv 2307.08691, section 3.1).
//!
//! The trap: a block's keys lie transposed, `[head_dim, 64]`, so that 64 scores grow side by side.

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
    let rows = visible.len();
    let head_dim = q.len().checked_div(rows).unwrap_or(0);
    let q = |r: usize| &q[r * head_dim..(r + 1) * head_dim];
    // SAFETY: passed on.
    unsafe {
        let mut merge = |r: usize, scores: &mut [f32; KV_BLOCK]| {
            let out = &mut state.out[r * head_dim..(r + 1) * head_dim];
            merge_row::<V, F>(scores, visible[r], values, &mut state.max[r], &mut state.sum[r], out);
        };
        let mut r = 0;
        while r + R <= rows {
            let mut scores = scores::<V, F, R>(std::array::from_fn(|i| q(r + i)), keys);
            for (i, scores) in scores.iter_mut().enumerate() {
                merge(r + i, scores);
            }
            r += R;
        }
        for r in r..rows {
            merge(r, &mut scores::<V, F, 1>([q(r)], keys)[0]);
        }
    }
}

/// `q . k` for `R` rows and the 64 tokens of a block.
#[inline(always)]
unsafe fn scores<V: Vector, F: Format, const R: usize>(q: [&[f32]; R], keys: &[F::Raw]) -> [[f32; KV_BLOCK]; R] {
    const VECTORS: usize = KV_BLOCK / LANES;
    // SAFETY: passed on.
    unsafe {
        let mut acc = [[V::splat(0.0); VECTORS]; R];
        for (d, keys) in keys.as_chunks::<KV_BLOCK>().0.iter().enumerate().take(q[0].len()) {
            for (c, keys) in keys.as_chunks::<LANES>().0.iter().enumerate() {
                let keys: V = F::lanes(keys);
                for r in 0..R {
                    acc[r][c] = V::splat(q[r][d]).fma(keys, acc[r][c]);
                }
            }
        }
        acc.map(|row| {
            let mut scores = [0.0; KV_BLOCK];
            for (v, out) in row.into_iter().zip(scores.as_chunks_mut::<LANES>().0) {
                *out = v.to_array();
            }
            scores
        })
    }
}

/// Merges one row's scores and the block's values into its state.
#[inline(always)]
unsafe fn merge_row<V: Vector, F: Format>(
    scores: &mut [f32; KV_BLOCK],
    visible: usize,
    values: &[F::Raw],
    max: &mut f32,
    sum: &mut f32,
    out: &mut [f32],
) {
    if visible == 0 {
        return;
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
    let head_dim = out.len();
    let weights = &scores[..visible];
    // SAFETY: passed on.
    unsafe {
        let mut d = 0;
        while d + 4 * LANES <= head_dim {
            weighted::<V, F, 4>(weights, values, head_dim, d, old, out);
            d += 4 * LANES;
        }
        while d < head_dim {
            weighted::<V, F, 1>(weights, values, head_dim, d, old, out);
            d += LANES;
        }
    }
}

/// `out = out * old + sum_j weights[j] * values[j]` for `C` vectors of columns from `d` on.
#[inline(always)]
unsafe fn weighted<V: Vector, F: Format, const C: usize>(
    weights: &[f32],
    values: &[F::Raw],
    head_dim: usize,
    d: usize,
    old: f32,
    out: &mut [f32],
) {
    // SAFETY: passed on.
    unsafe {
        let mut acc: [V; C] = std::array::from_fn(|c| F32::lanes_at::<V>(out, d + c * LANES).mul(V::splat(old)));
        for (weight, values) in weights.iter().zip(values.chunks_exact(head_dim)) {
            let weight = V::splat(*weight);
            for (c, acc) in acc.iter_mut().enumerate() {
                *acc = weight.fma(F::lanes_at(values, d + c * LANES), *acc);
            }
        }
        for (acc, out) in acc.into_iter().zip(out[d..].chunks_mut(LANES)) {
            out.copy_from_slice(&acc.to_array()[..out.len()]);
        }
    }
}
