//! The packed matrix product, as all sets of this architecture share it.
//!
//! A strip is `R` rows of activations times `4 T` rows of a tile: it walks the tile's blocks with its float sums in
//! registers. Few rows take their weights straight from the packed blocks, so that each is read once from memory. From
//! [`PANEL_ROWS`] rows on, blocks that need it are unpacked first, as panels of [`PANEL`] blocks (10 KB, so that one
//! stays in the first cache), and up to [`BATCH`] rows pass over each; their float sums wait on the stack meanwhile.
//!
//! Weight rows are padded to whole tiles and columns to whole blocks, so there is no tail but that of the activation
//! rows: 2 and 1.

use std::arch::aarch64::*;
use std::array::from_fn;
use std::marker::PhantomData;
use std::ops::Range;

use crate::kernels::{GROUP, TILE_ROWS};
use crate::packed::{Blocks, Packed, Woven};
use crate::rows::{OutRows, QuantizedGroup, QuantizedRows};

use super::weights::{Quads, Weights, float4, signed_quads};
use super::{Dots, Set, skipping};

/// Blocks of a panel.
const PANEL: usize = 16;
/// Rows of activations that make a panel worth its unpacking.
const PANEL_ROWS: usize = 16;
/// Rows of activations that share a panel.
const BATCH: usize = 64;

/// See [`crate::Kernels::matmul`].
///
/// # Safety
/// The CPU has the instructions of `D`.
pub(super) unsafe fn matmul<D: Dots>(w: &Packed, tiles: Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) {
    assert!(w.cols() == x.cols(), "weights of {} columns times activations of {}", w.cols(), x.cols());
    // SAFETY: passed on.
    if unsafe { skipping::matmul::<D>(w, &tiles, x, out) } {
        return;
    }
    let mut woven = Woven::default();
    for tile in tiles {
        // SAFETY: passed on; a tile's blocks cover the columns of `x`.
        unsafe {
            match w.tile::<Set<D>>(tile, &mut woven) {
                Blocks::Q4(blocks) => one_tile::<D, _>(blocks, x, tile, out),
                Blocks::Q8(blocks) => one_tile::<D, _>(blocks, x, tile, out),
                Blocks::Affine32(blocks) => one_tile::<D, _>(blocks, x, tile, out),
                Blocks::Affine16(blocks) => one_tile::<D, _>(blocks, x, tile, out),
            }
        }
    }
}

/// Float sums of one row of activations with a tile.
type Sums = [float32x4_t; TILE_ROWS / 4];

/// # Safety
/// The CPU has the instructions of `D`; `x` has as many columns as the blocks.
unsafe fn one_tile<D: Dots, W: Weights>(blocks: &[W], x: &QuantizedRows, tile: usize, out: &OutRows<'_>) {
    // SAFETY: passed on.
    unsafe {
        let zero: Sums = [vdupq_n_f32(0.0); 4];
        let unpacks = W::OFFSET || D::ARRANGES;
        if !unpacks || x.rows() < PANEL_ROWS {
            for m in (0..x.rows()).step_by(4) {
                let mut sums = [zero; 4];
                let sums = &mut sums[..(x.rows() - m).min(4)];
                all_rows::<D::Direct, W>(&Span { blocks, start: 0 }, x, m, sums);
                store(sums, m, tile, out);
            }
            return;
        }
        let mut panel = [const { Panel::<D, W>::EMPTY }; PANEL];
        for m in (0..x.rows()).step_by(BATCH) {
            let mut sums = [zero; BATCH];
            let sums = &mut sums[..(x.rows() - m).min(BATCH)];
            for (p, blocks) in blocks.chunks(PANEL).enumerate() {
                for (panel, block) in panel.iter_mut().zip(blocks) {
                    panel.fill(block);
                }
                let span = Span { blocks: &panel[..blocks.len()], start: p * PANEL };
                all_rows::<D, _>(&span, x, m, sums);
            }
            store(sums, m, tile, out);
        }
    }
}

fn store(sums: &[Sums], m: usize, tile: usize, out: &OutRows<'_>) {
    for (m, sums) in (m..).zip(sums) {
        let mut values = [0.0; TILE_ROWS];
        for (sums, values) in sums.iter().zip(values.as_chunks_mut::<4>().0) {
            // SAFETY: a reference to 4 floats.
            unsafe { vst1q_f32(values.as_mut_ptr(), *sums) };
        }
        out.store(m, tile * TILE_ROWS, values);
    }
}

/// Some blocks of a tile, the first of which is its block number `start`.
struct Span<'a, W> {
    blocks: &'a [W],
    start: usize,
}

/// Adds the products of the rows of activations from `m` on, one for each of `sums`.
///
/// # Safety
/// As for [`strip`].
unsafe fn all_rows<D: Dots, W: Weights>(span: &Span<'_, W>, x: &QuantizedRows, mut m: usize, sums: &mut [Sums]) {
    let (fours, rest) = if D::SHARE { sums.as_chunks_mut::<4>() } else { (&mut [][..], sums) };
    let (twos, rest) = if D::SHARE { rest.as_chunks_mut::<2>() } else { (&mut [][..], rest) };
    // SAFETY: passed on.
    unsafe {
        for sums in fours {
            strip::<D, W, 4, 0, 2>(span, x, m, sums);
            strip::<D, W, 4, 2, 2>(span, x, m, sums);
            m += 4;
        }
        for sums in twos {
            strip::<D, W, 2, 0, 4>(span, x, m, sums);
            m += 2;
        }
        for sums in rest.as_chunks_mut::<1>().0 {
            strip::<D, W, 1, 0, 4>(span, x, m, sums);
            m += 1;
        }
    }
}

/// Adds the products of activation rows `m..m + R` and weight rows `4 * FIRST..4 * (FIRST + T)` of a span.
///
/// # Safety
/// The CPU has the instructions of `D`; the span lies within the columns of `x`.
#[inline(never)]
unsafe fn strip<D: Dots, W: Weights, const R: usize, const FIRST: usize, const T: usize>(
    span: &Span<'_, W>,
    x: &QuantizedRows,
    m: usize,
    sums: &mut [Sums; R],
) {
    let rows: [&[QuantizedGroup]; R] = from_fn(|r| x.row(m + r));
    let mut acc: [[float32x4_t; T]; R] = from_fn(|r| from_fn(|t| sums[r][FIRST + t]));
    for (b, block) in (span.start..).zip(span.blocks) {
        let (group, skip) = (b * W::COLS / GROUP, b * W::COLS % GROUP);
        // SAFETY: the caller has the instructions; the group lies in its row.
        unsafe {
            let x: [&QuantizedGroup; R] = from_fn(|r| rows[r].get_unchecked(group));
            let dots = D::dots::<W, R, FIRST, T>(block, x, skip);
            for t in 0..T {
                let scale = block.scales(FIRST + t);
                for r in 0..R {
                    let dots = vcvtq_f32_s32(dots[r][t]);
                    acc[r][t] = vfmaq_f32(acc[r][t], dots, vmulq_n_f32(scale, x[r].scale));
                }
                if W::AFFINE {
                    let min = block.mins(FIRST + t);
                    for r in 0..R {
                        let [a, b] = x[r].sums;
                        let sum = match (W::COLS, skip) {
                            (GROUP, _) => a + b,
                            (_, 0) => a,
                            _ => b,
                        };
                        acc[r][t] = vfmaq_n_f32(acc[r][t], vmulq_n_f32(min, x[r].scale), sum as f32);
                    }
                }
            }
        }
    }
    for (acc, sums) in acc.iter().zip(sums) {
        sums[FIRST..FIRST + T].copy_from_slice(acc);
    }
}

/// A block of `W` unpacked for `D`: values around 0 in the order that `D` wants, scales as f32.
#[repr(C, align(64))]
struct Panel<D, W> {
    scales: [f32; TILE_ROWS],
    mins: [f32; TILE_ROWS],
    /// The last ones stay unused where a block is 16 columns.
    values: [[i8; 64]; 8],
    of: PhantomData<(D, W)>,
}

impl<D: Dots, W: Weights> Panel<D, W> {
    const EMPTY: Self =
        Self { scales: [0.0; TILE_ROWS], mins: [0.0; TILE_ROWS], values: [[0; 64]; 8], of: PhantomData };

    fn fill(&mut self, block: &W) {
        // SAFETY: stores go to references of their size.
        unsafe {
            for t in 0..4 {
                vst1q_f32(self.scales.as_chunks_mut::<4>().0[t].as_mut_ptr(), block.scales(t));
                if W::AFFINE {
                    vst1q_f32(self.mins.as_chunks_mut::<4>().0[t].as_mut_ptr(), block.mins(t));
                }
            }
            for j in 0..W::COLS / 8 {
                for t in 0..4 {
                    let quads = D::arrange(
                        block.quads(j, t).map(|quad| if W::OFFSET { vsubq_s8(quad, vdupq_n_s8(8)) } else { quad }),
                    );
                    for (half, quad) in quads.into_iter().enumerate() {
                        vst1q_s8(self.values[2 * j + half].as_chunks_mut::<16>().0[t].as_mut_ptr(), quad);
                    }
                }
            }
        }
    }
}

impl<D: Dots, W: Weights> Weights for Panel<D, W> {
    const COLS: usize = W::COLS;
    const OFFSET: bool = false;
    const AFFINE: bool = W::AFFINE;
    /// Values around 0 are no larger than those around 8.
    const EIGHTS_IN_I16: usize = W::EIGHTS_IN_I16;
    const ARRANGED: bool = true;

    #[inline(always)]
    fn quads(&self, j: usize, t: usize) -> Quads {
        signed_quads(&self.values, j, t)
    }

    #[inline(always)]
    fn scales(&self, t: usize) -> float32x4_t {
        float4(&self.scales, t)
    }

    #[inline(always)]
    fn mins(&self, t: usize) -> float32x4_t {
        float4(&self.mins, t)
    }
}
