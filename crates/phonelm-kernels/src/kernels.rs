//! The contract of a kernel set: the primitives from which the CPU executor builds a forward pass.
//!
//! **Order.** Every primitive fixes the order in which it rounds, so that all sets agree to the bit with the scalar
//! reference and no result depends on batch size, threads or cache history:
//! - packed matmul: an output starts at 0 and takes its groups in ascending order,
//!   `acc = fma(isum as f32, w_scale * x_scale, acc)`, where `isum` is the exact integer dot product of the group;
//!   affine weights then add `acc = fma(xsum as f32, w_min * x_scale, acc)`. Products that skip give the same bits
//!   (`skipping.rs` tells why).
//! - sums over a float row (matmul, norm): [`LANES`] partial sums, element `i` into lane `i % LANES` by fma in ascending
//!   order, then halved: lane `l` += lane `l + 8`, then `+ 4`, `+ 2`, `+ 1`.
//! - attention: scores sum over head_dim ascending by fma. A block merges as `max' = max(max, scores)`,
//!   `old = exp(max - max')`, `p = exp(score - max')`, `sum = fma(sum, old, p summed in lanes)`, `out = out * old`, then
//!   `out = fma(p, value, out)` token by token. Blocks merge in ascending order.
//! - attention over bytes: the query is quantised as activations are, and scores take their groups of 32 elements in
//!   ascending order, `score = fma(isum as f32, k_scale * q_scale, score)`. For 32 elements of the output and 32 tokens,
//!   `w = p * v_scale` (0 for tokens not seen) is rounded to `n = round_half_even(w * (1 / s))`, `s = max(w) / (127 * 128)`,
//!   with zeros and `s = 0` as for activations, and `n = 128 * high + low` with `low` in `0..128`. Then
//!   `out = fma(high . values, 128 * s, out)` and `out = fma(low . values, s, out)`, the first 32 tokens of a block before
//!   the last.
//! - `exp` is one polynomial, stated in `float.rs`.

use std::ops::Range;

use crate::attention::KvBlock;
use crate::packed::Packed;
use crate::rows::{FloatMatrix, OutRows, QuantizedGroup, QuantizedRows};
use crate::skipping::{self, Active};
use phonelm_model::{Activation, RopeLayout};

/// Weights and activations share one scale over this many neighbouring columns.
pub const GROUP: usize = 32;
/// Output rows of one tile of a packed matrix.
pub const TILE_ROWS: usize = 16;
/// Partial sums of a float reduction.
pub const LANES: usize = 16;

/// One instruction set's kernels. A value of an implementing type proves that the CPU has its instructions.
pub trait Kernels: Send + Sync {
    /// `{arch}-{types}-{variant}`, such as `x86_64-q8-avx512vnni`.
    fn name(&self) -> &'static str;

    /// Quantises one row of activations to int8 by groups of [`GROUP`]: `scale = max|x| / 127`,
    /// `q = round_half_even(x * (1 / scale))`; a group whose scale is zero or subnormal becomes zeros with scale 0. Columns
    /// past the row's end are 0. Non-finite input gives a non-finite scale.
    fn quantize(&self, x: &[f32], out: &mut [QuantizedGroup]);

    /// `out[m][n] = sum_k w[n][k] * x[m][k]` for the 16 rows of each tile in `tiles` and all rows of `x`.
    fn matmul(&self, w: &Packed, tiles: Range<usize>, x: &QuantizedRows, out: &OutRows<'_>);

    /// Whether the next two are faster than [`Self::matmul`] where many neurons can be skipped.
    fn skips(&self) -> bool {
        false
    }

    /// `out[0][16 t + i] = sum_k w[chosen[t][i]][k] * x[k]` for the tiles `t` of 16 chosen rows of a matrix by rows
    /// (`Q4_0Rows`).
    fn matmul_rows(
        &self,
        w: &Packed,
        chosen: &[[u32; TILE_ROWS]],
        tiles: Range<usize>,
        x: &[QuantizedGroup],
        out: &OutRows<'_>,
    ) {
        skipping::matmul_rows(w, chosen, tiles, x, out);
    }

    /// `out[0][n] = sum_k w[n][k] * x[k]` for some halves of [`Packed::HALF_ROWS`] rows of the slabs of a matrix by columns
    /// (`Q4_0Columns`); only the columns where `x` is not zero are read.
    fn matmul_active(&self, w: &Packed, halves: Range<usize>, x: &Active, out: &OutRows<'_>) {
        skipping::matmul_active(w, halves, x, out);
    }

    /// As [`Self::matmul`], for float weights (`F32`, `F16`, `BF16`) and float activations `x`, `[m, k]`; `rows` of the weights.
    fn matmul_float(&self, w: &FloatMatrix<'_>, rows: Range<usize>, x: &[f32], out: &OutRows<'_>);

    /// `out = x / sqrt(mean(x^2) + eps) * weight` (RMSNorm, arXiv 1910.07467, equation 4).
    fn rms_norm(&self, x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]);

    /// Turns the pairs of one head by the angles whose cosines and sines are given, `head_dim / 2` each.
    fn rope(&self, head: &mut [f32], cos: &[f32], sin: &[f32], layout: RopeLayout);

    /// `gate = activation(gate) * up`, element by element.
    fn activate(&self, gate: &mut [f32], up: &[f32], activation: Activation);

    /// `x += y`.
    fn add(&self, x: &mut [f32], y: &[f32]);

    /// `out = softmax(q . keys) . values` for the rows of `q` (`[heads, rows, head_dim]`, already scaled by
    /// `1 / sqrt(head_dim)`) and the keys and values of some heads, `[blocks, heads]`, which are read in that order. Row `r`
    /// sees the first `visible[r]` tokens of its head's blocks; one that sees none becomes 0. Keys and values in bytes need a
    /// `head_dim` that is a multiple of [`GROUP`].
    fn attend(&self, q: &[f32], blocks: &[KvBlock<'_>], visible: &[usize], out: &mut [f32]);

    /// Fetches the keys of a block into a cache, because one is going to be stored among them.
    fn fetch_keys(&self, _block: &KvBlock<'_>) {}
}
