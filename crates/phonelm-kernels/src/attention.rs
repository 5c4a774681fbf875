//! One head's keys and values in blocks of [`KV_BLOCK`] tokens, and the running state of the online softmax that goes
//! over them (arXiv 2205.14135, algorithm 1; arXiv 2307.08691, section 3.1).
//!
//! The trap: a block's keys lie transposed, `[head_dim, 64]`, so that 64 scores grow side by side.

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
