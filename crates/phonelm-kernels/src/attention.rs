//! Attention of some rows over the keys and values of some heads, which lie in blocks of [`KV_BLOCK`] tokens: the online
//! softmax goes over them block by block (arXiv 2205.14135, algorithm 1; arXiv 2307.08691, section 3.1), and in a block
//! head by head, as they lie in memory. [`floats`] and [`bytes`] hold what depends on how keys and values are stored.
//!
//! The trap: a block's keys lie transposed, so that 64 scores grow side by side.

// As in `float`: loops over indices keep their bodies in the function that has the features.
#![allow(clippy::needless_range_loop)]

mod bytes;
mod floats;

use crate::float::{exp, fold, quantize};
use crate::kernels::{GROUP, LANES};
use crate::rows::QuantizedGroup;
use crate::vector::{F16, F32, Isa};

pub(crate) use bytes::ByteTile;
use bytes::Bytes;
pub use bytes::Q8Square;
use floats::Floats;

/// Tokens of a block.
pub const KV_BLOCK: usize = 64;

/// Keys and values of one head. Tokens that no row sees may hold anything.
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
    /// Bytes with a scale for 32 elements of a token.
    Q8_0 {
        /// `[head_dim / 32, 2]` squares, each of 32 tokens.
        keys: &'a [Q8Square],
        /// As the keys.
        values: &'a [Q8Square],
    },
}

impl KvBlock<'_> {
    fn head_dim(&self) -> usize {
        match self {
            Self::F16 { keys, .. } => keys.len() / KV_BLOCK,
            Self::F32 { keys, .. } => keys.len() / KV_BLOCK,
            Self::Q8_0 { keys, .. } => keys.len() / (KV_BLOCK / GROUP) * GROUP,
        }
    }
}

/// One block as the loop over rows sees it.
///
/// # Safety
/// The CPU has the instructions of the set.
trait Block {
    /// `q . k` of `R` rows from `first` on with the tokens of the first `vectors` vectors, 1 to 4; 0 for the others.
    unsafe fn scores<const R: usize>(&self, first: usize, vectors: usize) -> [[f32; KV_BLOCK]; R];

    /// `out[r] += weights[r][j] * values[j]` for some rows and the first `seen[r]` tokens.
    unsafe fn add_values<const R: usize>(&self, weights: &[[f32; KV_BLOCK]; R], seen: &[usize; R], out: &mut [f32]);
}

/// See [`crate::Kernels::fetch_keys`].
#[inline(always)]
pub(crate) fn fetch_keys<I: Isa>(block: &KvBlock<'_>) {
    let (start, bytes): (*const u8, usize) = match block {
        KvBlock::F16 { keys, .. } => (keys.as_ptr().cast(), size_of_val(*keys)),
        KvBlock::F32 { keys, .. } => (keys.as_ptr().cast(), size_of_val(*keys)),
        KvBlock::Q8_0 { keys, .. } => (keys.as_ptr().cast(), size_of_val(*keys)),
    };
    for at in (0..bytes).step_by(64) {
        I::prefetch(start.wrapping_add(at));
    }
}

/// The softmax of some rows so far: `out / sum` is their attention over the tokens seen, with scores relative to `max`.
struct State<'a> {
    max: Vec<f32>,
    sum: Vec<f32>,
    /// Values weighted by `exp(score - max)`, `[rows, head_dim]`.
    out: &'a mut [f32],
}

impl<'a> State<'a> {
    fn new(rows: usize, out: &'a mut [f32]) -> Self {
        out.fill(0.0);
        Self { max: vec![f32::NEG_INFINITY; rows], sum: vec![0.0; rows], out }
    }

    /// Divides by the sums: `out` is then the attention. A row that saw no token stays 0.
    fn finish(self) {
        let head_dim = self.out.len() / self.sum.len();
        for (out, sum) in self.out.chunks_exact_mut(head_dim.max(1)).zip(self.sum) {
            if sum != 0.0 {
                out.iter_mut().for_each(|o| *o /= sum);
            }
        }
    }
}

/// See [`crate::Kernels::attend`]; `R` rows share each load of keys and values.
///
/// # Safety
/// The CPU has the instructions of `I`.
#[inline(always)]
pub(crate) unsafe fn attend<I: Isa, const R: usize>(
    q: &[f32],
    blocks: &[KvBlock<'_>],
    visible: &[usize],
    out: &mut [f32],
) {
    if visible.is_empty() {
        return;
    }
    let Some(head_dim) = blocks.first().map(KvBlock::head_dim) else { return out.fill(0.0) };
    let rows = visible.len();
    let mut groups = Vec::new();
    if blocks.iter().any(|block| matches!(block, KvBlock::Q8_0 { .. })) {
        groups.resize(q.len() / GROUP, QuantizedGroup::default());
        // SAFETY: passed on.
        unsafe { quantize::<I::Floats>(q, &mut groups) };
    }
    let mut heads: Vec<State<'_>> = out.chunks_exact_mut(rows * head_dim).map(|out| State::new(rows, out)).collect();
    let mut seen = vec![0; rows];
    for (index, blocks) in blocks.chunks_exact(heads.len()).enumerate() {
        for (seen, visible) in seen.iter_mut().zip(visible) {
            *seen = visible.saturating_sub(index * KV_BLOCK).min(KV_BLOCK);
        }
        for (head, (block, state)) in blocks.iter().zip(&mut heads).enumerate() {
            let part = head * rows * head_dim..(head + 1) * rows * head_dim;
            // SAFETY: passed on.
            unsafe {
                match *block {
                    KvBlock::F16 { keys, values } => {
                        let block = Floats::<I, F16>::new(&q[part], head_dim, [keys, values]);
                        attend_block::<_, R>(&block, &seen, state);
                    }
                    KvBlock::F32 { keys, values } => {
                        let block = Floats::<I, F32>::new(&q[part], head_dim, [keys, values]);
                        attend_block::<_, R>(&block, &seen, state);
                    }
                    KvBlock::Q8_0 { keys, values } => {
                        let groups = &groups[part.start / GROUP..part.end / GROUP];
                        let block = Bytes::<I>::new(groups, head_dim, [keys, values]);
                        attend_block::<_, R>(&block, &seen, state);
                    }
                }
            }
        }
    }
    heads.into_iter().for_each(State::finish);
}

#[inline(always)]
unsafe fn attend_block<B: Block, const R: usize>(block: &B, seen: &[usize], state: &mut State<'_>) {
    let mut first = 0;
    // SAFETY: passed on.
    unsafe {
        while let Some(some) = seen[first..].first_chunk::<R>() {
            attend_rows(block, first, some, state);
            first += R;
        }
        for first in first..seen.len() {
            attend_rows(block, first, &[seen[first]], state);
        }
    }
}

/// Attends rows `first..first + R`.
#[inline(always)]
unsafe fn attend_rows<B: Block, const R: usize>(block: &B, first: usize, seen: &[usize; R], state: &mut State<'_>) {
    let head_dim = state.out.len() / state.sum.len();
    let out = &mut state.out[first * head_dim..(first + R) * head_dim];
    // SAFETY: passed on.
    unsafe {
        let most = seen.iter().fold(0, |most, seen| most.max(*seen));
        if most == 0 {
            return;
        }
        let mut weights = block.scores::<R>(first, most.div_ceil(LANES));
        for r in 0..R {
            let old = softmax(&mut weights[r], seen[r], &mut state.max[first + r], &mut state.sum[first + r]);
            for o in &mut out[r * head_dim..(r + 1) * head_dim] {
                *o *= old;
            }
        }
        block.add_values(&weights, seen, out);
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
    let mut most = [*max; LANES];
    for chunk in scores.as_chunks::<LANES>().0 {
        for (most, s) in most.iter_mut().zip(chunk) {
            *most = if *s > *most { *s } else { *most };
        }
    }
    let new_max = most.into_iter().fold(*max, |m, s| if s > m { s } else { m });
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
