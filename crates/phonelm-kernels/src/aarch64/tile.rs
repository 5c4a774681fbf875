//! The packed matrix product, as all sets of this architecture share it.
//!
//! Few rows of activations take their weights straight from the packed blocks, so that each is read once from memory. A
//! strip is `R` of them times `4 T` rows of a tile: it walks the tile's blocks with its float sums in registers. More rows
//! are left to [`super::gemm`].
//!
//! Weight rows are padded to whole tiles and columns to whole blocks, so there is no tail but that of the activation
//! rows: 2 and 1.

use std::arch::aarch64::*;
use std::array::from_fn;
use std::ops::Range;

use crate::kernels::{GROUP, TILE_ROWS};
use crate::packed::{Blocks, Packed, Woven};
use crate::rows::{OutRows, QuantizedGroup, QuantizedRows};

use super::gemm::{Fours, Gemm};
use super::weights::Weights;
use super::{Dots, Set, skipping};

/// See [`crate::Kernels::matmul`].
///
/// # Safety
/// The CPU has the instructions of `D`.
pub(super) unsafe fn matmul<D: Gemm>(w: &Packed, tiles: Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) {
    assert!(w.cols() == x.cols(), "weights of {} columns times activations of {}", w.cols(), x.cols());
    // SAFETY: passed on.
    if unsafe { skipping::matmul::<D::Direct>(w, &tiles, x, out) } {
        return;
    }
    let fours = (x.rows() >= D::MIN_ROWS).then(|| Fours::<D>::new(x));
    let mut woven = Woven::default();
    for tile in tiles {
        // SAFETY: passed on; a tile's blocks cover the columns of `x`.
        unsafe {
            match w.tile::<Set<D>>(tile, &mut woven) {
                Blocks::Q4(blocks) => one_tile(blocks, x, fours.as_ref(), tile, out),
                Blocks::Q8(blocks) => one_tile(blocks, x, fours.as_ref(), tile, out),
                Blocks::Affine32(blocks) => one_tile(blocks, x, fours.as_ref(), tile, out),
                Blocks::Affine16(blocks) => one_tile(blocks, x, fours.as_ref(), tile, out),
            }
        }
    }
}

/// Float sums of one row of activations with a tile.
type Sums = [float32x4_t; TILE_ROWS / 4];

/// # Safety
/// The CPU has the instructions of `D`; `x` has as many columns as the blocks.
unsafe fn one_tile<D: Gemm, W: Weights>(
    blocks: &[W],
    x: &QuantizedRows,
    fours: Option<&Fours<D>>,
    tile: usize,
    out: &OutRows<'_>,
) {
    // SAFETY: passed on.
    unsafe {
        if let Some(fours) = fours.filter(|_| D::takes::<W>()) {
            fours.multiply(blocks, tile, out);
            return;
        }
        for m in (0..x.rows()).step_by(4) {
            let mut sums = [[vdupq_n_f32(0.0); 4]; 4];
            let sums = &mut sums[..(x.rows() - m).min(4)];
            all_rows::<D::Direct, W>(blocks, x, m, sums);
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

/// Adds the products of the rows of activations from `m` on, one for each of `sums`.
///
/// # Safety
/// As for [`strip`].
unsafe fn all_rows<D: Dots, W: Weights>(blocks: &[W], x: &QuantizedRows, mut m: usize, sums: &mut [Sums]) {
    let (fours, rest) = if D::SHARE { sums.as_chunks_mut::<4>() } else { (&mut [][..], sums) };
    let (twos, rest) = if D::SHARE { rest.as_chunks_mut::<2>() } else { (&mut [][..], rest) };
    // SAFETY: passed on.
    unsafe {
        for sums in fours {
            strip::<D, W, 4, 0, 2>(blocks, x, m, sums);
            strip::<D, W, 4, 2, 2>(blocks, x, m, sums);
            m += 4;
        }
        for sums in twos {
            strip::<D, W, 2, 0, 4>(blocks, x, m, sums);
            m += 2;
        }
        for sums in rest.as_chunks_mut::<1>().0 {
            strip::<D, W, 1, 0, 4>(blocks, x, m, sums);
            m += 1;
        }
    }
}

/// Adds the products of activation rows `m..m + R` and weight rows `4 * FIRST..4 * (FIRST + T)` of a tile.
///
/// # Safety
/// The CPU has the instructions of `D`; the blocks lie within the columns of `x`.
#[inline(never)]
unsafe fn strip<D: Dots, W: Weights, const R: usize, const FIRST: usize, const T: usize>(
    blocks: &[W],
    x: &QuantizedRows,
    m: usize,
    sums: &mut [Sums; R],
) {
    let rows: [&[QuantizedGroup]; R] = from_fn(|r| x.row(m + r));
    let mut acc: [[float32x4_t; T]; R] = from_fn(|r| from_fn(|t| sums[r][FIRST + t]));
    for (b, block) in blocks.iter().enumerate() {
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
