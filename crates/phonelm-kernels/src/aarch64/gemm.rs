//! Products of many rows of activations, as all sets of this architecture share them.
//!
//! Both sides are laid out first in the order in which an instruction takes them: the activations once a call, four rows
//! at a time ([`Four`]); the weights as panels of [`PANEL`] blocks (12 KB, so that one stays in the first cache), over
//! which up to [`BATCH`] rows pass. The inner loop then multiplies four rows with eight outputs from two pointers, with
//! integer and float sums in registers. Between panels the float sums wait on the stack.
//!
//! Rows that are missing of four are the last row once more, and are not stored.

use std::arch::aarch64::*;
use std::array::from_fn;
use std::cell::Cell;
use std::marker::PhantomData;

use super::Dots;
use super::weights::Weights;
use crate::kernels::{GROUP, TILE_ROWS};
use crate::rows::{OutRows, QuantizedGroup, QuantizedRows};

/// Blocks of a panel.
const PANEL: usize = 16;
/// Rows of activations that share a panel.
const BATCH: usize = 64;

/// 16 bytes of one operand: columns of one row or of two, as [`Gemm::PAIRS`] says.
pub(super) type Bytes = [i8; 16];

/// Sums of four rows of activations and eight outputs, in the order of [`Gemm::products`].
pub(super) type Sums<V> = [V; 8];

/// A set's way to multiply four rows of activations with eight of weights.
pub(crate) trait Gemm: Send + Sync + 'static {
    /// `{arch}-{types}-{variant}`.
    const NAME: &'static str;
    /// What multiplies fewer rows, with the packed blocks as they are.
    type Direct: Dots;
    /// Rows of activations that make laying out worth its while.
    const MIN_ROWS: usize;
    /// An operand is 8 columns of two rows, and a register of sums two rows of activations times two outputs; otherwise an
    /// operand is 16 columns of a row of activations or 4 of four rows of weights, and a register one row times four.
    const PAIRS: bool;
    /// Registers of sums that one operand of activations meets.
    const OUTPUTS: usize = if Self::PAIRS { 4 } else { 2 };

    /// Whether this CPU has the instructions.
    fn detected() -> bool;

    /// Whether [`Self::products`] pays off with such weights.
    fn takes<W: Weights>() -> bool {
        true
    }

    /// Integer sums over the columns of a block, ordered by activations and then by outputs. Operands are ordered by
    /// columns, then by rows.
    ///
    /// # Safety
    /// The CPU has the instructions; there are `W::COLS / 4` operands in `x` and twice as many in `w`.
    unsafe fn products<W: Weights>(w: &[Bytes; 16], x: &[Bytes]) -> Sums<int32x4_t>;
}

/// A group of four rows of activations.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
struct Four {
    values: [Bytes; GROUP / 4],
    scales: [f32; 4],
    /// Of each half of the values.
    sums: [[f32; 4]; 2],
}

impl Four {
    const ZERO: Self = Self { values: [[0; 16]; GROUP / 4], scales: [0.0; 4], sums: [[0.0; 4]; 2] };

    #[inline(always)]
    fn fill<D: Gemm>(&mut self, rows: [&QuantizedGroup; 4]) {
        for (half, values) in self.values.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            // SAFETY: reads 16 bytes of 32.
            let x = rows.map(|row| unsafe { vld1q_s8(row.values.as_ptr().add(16 * half)) });
            let x = if D::PAIRS { pairs(x) } else { x };
            values.iter_mut().zip(x).for_each(|(values, x)| put(values, x));
        }
        self.scales = rows.map(|row| row.scale);
        self.sums = from_fn(|half| rows.map(|row| row.sums[half] as f32));
    }
}

/// Columns 0 to 8 of rows 0 and 1, and of rows 2 and 3; columns 8 to 16 of the same.
#[inline(always)]
fn pairs([a, b, c, d]: [int8x16_t; 4]) -> [int8x16_t; 4] {
    // SAFETY: every CPU of this architecture has NEON.
    unsafe {
        let [a, b, c, d] = [a, b, c, d].map(|x| vreinterpretq_s64_s8(x));
        [vzip1q_s64(a, b), vzip1q_s64(c, d), vzip2q_s64(a, b), vzip2q_s64(c, d)].map(|x| vreinterpretq_s8_s64(x))
    }
}

thread_local! {
    /// The buffer of this thread's last [`Fours`]; half a megabyte would be mapped and cleared for each product.
    static KEPT: Cell<Vec<Four>> = const { Cell::new(Vec::new()) };
}

/// The activations of one call, four rows after the other.
pub(super) struct Fours<D> {
    fours: Vec<Four>,
    rows: usize,
    per_row: usize,
    of: PhantomData<D>,
}

impl<D> Drop for Fours<D> {
    fn drop(&mut self) {
        // A thread that ends keeps nothing.
        let _ = KEPT.try_with(|kept| kept.set(std::mem::take(&mut self.fours)));
    }
}

impl<D: Gemm> Fours<D> {
    pub(super) fn new(x: &QuantizedRows) -> Self {
        let (rows, per_row) = (x.rows(), x.cols().div_ceil(GROUP));
        let mut fours = KEPT.try_with(Cell::take).unwrap_or_default();
        fours.resize(rows.div_ceil(4) * per_row, Four::ZERO);
        for (i, fours) in fours.chunks_exact_mut(per_row.max(1)).enumerate() {
            let rows: [_; 4] = from_fn(|r| &x.row((4 * i + r).min(rows - 1))[..fours.len()]);
            for (g, four) in fours.iter_mut().enumerate() {
                four.fill::<D>(rows.map(|row| &row[g]));
            }
        }
        Self { fours, rows, per_row, of: PhantomData }
    }

    /// Multiplies all rows with a tile.
    ///
    /// # Safety
    /// The CPU has the instructions of `D`; the blocks have as many columns as the rows.
    pub(super) unsafe fn multiply<W: Weights>(&self, blocks: &[W], tile: usize, out: &OutRows<'_>) {
        let mut panel = [const { [Half::ZERO; 2] }; PANEL];
        for m in (0..self.rows).step_by(BATCH) {
            let rows = m..self.rows.min(m + BATCH);
            // SAFETY: every CPU of this architecture has NEON.
            let mut sums = [[[unsafe { vdupq_n_f32(0.0) }; 8]; 2]; BATCH / 4];
            let fours = self.fours[m / 4 * self.per_row..].chunks_exact(self.per_row.max(1));
            for (p, blocks) in blocks.chunks(PANEL).enumerate() {
                for (block, [first, second]) in blocks.iter().zip(&mut panel) {
                    first.fill::<D, W>(block, 0);
                    second.fill::<D, W>(block, 1);
                }
                let first = p * PANEL * W::COLS / GROUP;
                for (fours, sums) in fours.clone().zip(&mut sums) {
                    // SAFETY: passed on; a panel lies inside the rows.
                    unsafe {
                        strip::<D, W, 0>(&panel[..blocks.len()], &fours[first..], &mut sums[0]);
                        strip::<D, W, 1>(&panel[..blocks.len()], &fours[first..], &mut sums[1]);
                    }
                }
            }
            for (m, sums) in rows.clone().step_by(4).zip(&sums) {
                for (half, sums) in sums.iter().enumerate() {
                    for (m, sums) in (m..rows.end).zip(by_rows::<D>(sums)) {
                        out.store(m, tile * TILE_ROWS + 8 * half, sums);
                    }
                }
            }
        }
    }
}

/// Adds the products of four rows of activations with half the blocks of a panel.
///
/// # Safety
/// The CPU has the instructions of `D`.
#[inline(never)]
unsafe fn strip<D: Gemm, W: Weights, const HALF: usize>(
    panel: &[[Half; 2]],
    fours: &[Four],
    sums: &mut Sums<float32x4_t>,
) {
    let mut acc = *sums;
    for (b, halves) in panel.iter().enumerate() {
        let half = &halves[HALF];
        let (group, skip) = (b * W::COLS / GROUP, b * W::COLS % GROUP);
        // SAFETY: passed on; there is a group for every 32 columns of the panel.
        unsafe {
            let x = fours.get_unchecked(group);
            let products = D::products::<W>(&half.values, &x.values[skip / 4..][..W::COLS / 4]);
            let x_scales = by_activations::<D>(&x.scales);
            for (k, acc) in acc.iter_mut().enumerate() {
                let (i, j) = (k / D::OUTPUTS, k % D::OUTPUTS);
                let scale = vmulq_f32(load(&half.scales[j]), x_scales[i]);
                *acc = vfmaq_f32(*acc, vcvtq_f32_s32(products[k]), scale);
            }
            if W::AFFINE {
                let x_sums: [f32; 4] = match (W::COLS, skip) {
                    (GROUP, _) => from_fn(|r| x.sums[0][r] + x.sums[1][r]),
                    _ => x.sums[skip / 16],
                };
                let x_sums = by_activations::<D>(&x_sums);
                for (k, acc) in acc.iter_mut().enumerate() {
                    let (i, j) = (k / D::OUTPUTS, k % D::OUTPUTS);
                    let min = vmulq_f32(load(&half.mins[j]), x_scales[i]);
                    *acc = vfmaq_f32(*acc, x_sums[i], min);
                }
            }
        }
    }
    *sums = acc;
}

/// What belongs to four rows of activations, as their registers of sums want it; two where [`Gemm::PAIRS`].
#[inline(always)]
fn by_activations<D: Gemm>(x: &[f32; 4]) -> [float32x4_t; 4] {
    let x = load(x);
    // SAFETY: every CPU of this architecture has NEON.
    unsafe {
        if D::PAIRS {
            [vzip1q_f32(x, x), vzip2q_f32(x, x), x, x]
        } else {
            [vdupq_laneq_f32::<0>(x), vdupq_laneq_f32::<1>(x), vdupq_laneq_f32::<2>(x), vdupq_laneq_f32::<3>(x)]
        }
    }
}

/// What belongs to eight outputs, given in two registers, as registers of sums want it; two where not [`Gemm::PAIRS`].
#[inline(always)]
fn by_outputs<D: Gemm>([a, b]: [float32x4_t; 2]) -> [float32x4_t; 4] {
    // SAFETY: every CPU of this architecture has NEON.
    unsafe {
        if D::PAIRS { [vuzp1q_f32(a, a), vuzp2q_f32(a, a), vuzp1q_f32(b, b), vuzp2q_f32(b, b)] } else { [a, b, a, b] }
    }
}

/// Eight outputs of each of four rows.
#[inline(always)]
fn by_rows<D: Gemm>(sums: &Sums<float32x4_t>) -> [[f32; 8]; 4] {
    let mut rows = [[0.0; 8]; 4];
    let (quads, _) = rows.as_flattened_mut().as_chunks_mut::<4>();
    for (i, [a, b]) in sums.as_chunks::<2>().0.iter().enumerate() {
        // SAFETY: every CPU of this architecture has NEON; stores go to references of their size.
        unsafe {
            let ([a, b], [to_a, to_b]) = if D::PAIRS {
                let first = 4 * (i / 2) + i % 2;
                ([vzip1q_f32(*a, *b), vzip2q_f32(*a, *b)], [first, first + 2])
            } else {
                ([*a, *b], [2 * i, 2 * i + 1])
            };
            vst1q_f32(quads[to_a].as_mut_ptr(), a);
            vst1q_f32(quads[to_b].as_mut_ptr(), b);
        }
    }
    rows
}

/// Eight rows of a block, unpacked: values around 0, scales and minima as f32, all as registers of sums want them.
#[repr(C, align(64))]
struct Half {
    /// The last ones stay unused where a block is 16 columns.
    values: [Bytes; 16],
    scales: [[f32; 4]; 4],
    mins: [[f32; 4]; 4],
}

impl Half {
    const ZERO: Self = Self { values: [[0; 16]; 16], scales: [[0.0; 4]; 4], mins: [[0.0; 4]; 4] };

    #[inline(always)]
    fn fill<D: Gemm, W: Weights>(&mut self, block: &W, half: usize) {
        let fours = [2 * half, 2 * half + 1];
        for (j, out) in self.values.as_chunks_mut::<4>().0.iter_mut().enumerate().take(W::COLS / 8) {
            let [[a, b], [c, d]] = fours.map(|t| block.signed_quads(j, t));
            let values = if D::PAIRS { weight_pairs([a, b, c, d]) } else { [a, c, b, d] };
            out.iter_mut().zip(values).for_each(|(out, values)| put(out, values));
        }
        let spread = |out: &mut [[f32; 4]; 4], x: [float32x4_t; 2]| {
            for (out, x) in out.iter_mut().zip(by_outputs::<D>(x)).take(D::OUTPUTS) {
                // SAFETY: a reference to 4 floats.
                unsafe { vst1q_f32(out.as_mut_ptr(), x) };
            }
        };
        spread(&mut self.scales, fours.map(|t| block.scales(t)));
        if W::AFFINE {
            spread(&mut self.mins, fours.map(|t| block.mins(t)));
        }
    }
}

/// Eight columns of rows 0 and 2, 1 and 3, 4 and 6, 5 and 7, from four columns of four rows each.
#[inline(always)]
fn weight_pairs([a, b, c, d]: [int8x16_t; 4]) -> [int8x16_t; 4] {
    // SAFETY: every CPU of this architecture has NEON.
    unsafe {
        let [a, b, c, d] = [a, b, c, d].map(|x| vreinterpretq_s32_s8(x));
        [vtrn1q_s32(a, b), vtrn2q_s32(a, b), vtrn1q_s32(c, d), vtrn2q_s32(c, d)].map(|x| vreinterpretq_s8_s32(x))
    }
}

#[inline(always)]
fn put(out: &mut Bytes, x: int8x16_t) {
    // SAFETY: a reference to 16 bytes.
    unsafe { vst1q_s8(out.as_mut_ptr(), x) };
}

#[inline(always)]
fn load(x: &[f32; 4]) -> float32x4_t {
    // SAFETY: a reference to 4 floats.
    unsafe { vld1q_f32(x.as_ptr()) }
}
