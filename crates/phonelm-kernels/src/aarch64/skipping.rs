//! The layouts for skipping: products of chosen neurons and of all, and their weaving.
//!
//! By rows: the 16 bytes of a row's group are a register, whose products are added up across; four rows are the lanes of
//! the float sums. Eight go together, so that what is read of the activations serves twice.
//!
//! By columns: a column's activation multiplies one line, 128 outputs, whose sums are int16 that wrap. `sum (q - 8) x` is at
//! most `32 * 8 * 127 = 32,512 < 2^15`, so whatever `sum q x` loses on the way comes back with the offset `-8 sum x`.

use std::arch::{aarch64::*, asm};
use std::array::from_fn;
use std::ops::Range;

use super::Dots;
use super::weights::{halves, nibbles};
use crate::kernels::{GROUP, TILE_ROWS};
use crate::packed::{ColumnBlock, HALF_ROWS, HALF_TILES, Packed, Q4Block, ROW_GROUPS, RowBlock};
use crate::rows::{OutRows, QuantizedGroup, QuantizedRows};
use crate::skipping::{Active, DIRECT, Neighbours, Rows, Scattered, each_slab};

/// See [`crate::Kernels::matmul_rows`].
///
/// # Safety
/// The CPU has the instructions of `D`.
pub(super) unsafe fn matmul_rows<D: Dots>(
    w: &Packed,
    chosen: &[[u32; TILE_ROWS]],
    tiles: Range<usize>,
    x: &[QuantizedGroup],
    out: &OutRows<'_>,
) {
    let (blocks, across) = (w.row_blocks().unwrap_or_default(), w.cols() / GROUP / ROW_GROUPS);
    let x = arranged::<D>(&x[..across * ROW_GROUPS]);
    let (chosen, _) = chosen.as_flattened().as_chunks::<TOGETHER>();
    for eight in 2 * tiles.start..2 * tiles.end {
        let next = chosen.get(eight + 1).unwrap_or(&chosen[eight]);
        let [rows, next] = [&chosen[eight], next].map(|rows| Scattered::new(blocks, across, rows));
        let fetch = |b| {
            for values in next.values(b) {
                prefetch(values);
                prefetch(values.wrapping_add(64));
            }
        };
        // SAFETY: passed on.
        out.store(0, TOGETHER * eight, unsafe { eight_rows::<D>(&rows, &x, fetch) });
    }
}

/// Multiplies few rows of activations with blocks of either layout as they lie; says whether it did.
///
/// # Safety
/// The CPU has the instructions of `D`; `x` is as wide as `w`.
pub(super) unsafe fn matmul<D: Dots>(w: &Packed, tiles: &Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) -> bool {
    let per_row = w.cols() / GROUP;
    if x.rows() > DIRECT {
        return false;
    }
    if let Some(blocks) = w.row_blocks() {
        let across = per_row / ROW_GROUPS;
        for m in 0..x.rows() {
            let x = arranged::<D>(&x.row(m)[..per_row]);
            for tile in tiles.clone() {
                for first in [0, TOGETHER] {
                    let rows = Neighbours { blocks: &blocks[tile * across..][..across], first };
                    // SAFETY: passed on.
                    out.store(m, tile * TILE_ROWS + first, unsafe { eight_rows::<D>(&rows, &x, |_| ()) });
                }
            }
        }
        return true;
    }
    let Some(blocks) = w.column_blocks() else { return false };
    // Tiles in front of a half or behind one are another thread's.
    if !(tiles.start.is_multiple_of(HALF_TILES) && tiles.end.is_multiple_of(HALF_TILES)) {
        return false;
    }
    for (slab, halves) in each_slab(tiles.start / HALF_TILES..tiles.end / HALF_TILES) {
        let slab = &blocks[slab * per_row..][..per_row];
        for (m, half) in (0..x.rows()).flat_map(|m| halves.clone().map(move |half| (m, half))) {
            let mut sums = [0.0; HALF_ROWS];
            for (block, group) in slab.iter().zip(&x.row(m)[..per_row]) {
                let quads = block.lines.as_chunks::<4>().0.iter().zip(group.values.as_chunks::<4>().0);
                let columns =
                    quads.map(|(lines, values)| (lines.each_ref().map(|line| line[half % 2].as_ptr()), *values));
                // SAFETY: passed on.
                unsafe { add_columns(block, half, (group.offset, group.scale), columns, &mut sums) };
            }
            out.store(m, half * HALF_ROWS, sums);
        }
    }
    true
}

/// A group of activations as it multiplies the values of a row.
struct Group {
    /// The columns of low nibbles, and those of high ones.
    values: [int8x16_t; 2],
    start: int32x4_t,
    scale: f32,
}

fn arranged<D: Dots>(x: &[QuantizedGroup]) -> Vec<Group> {
    let group = |group: &QuantizedGroup| {
        // SAFETY: every CPU of this architecture has NEON; the loads read 16 bytes of 32 each.
        let values = unsafe {
            let [first, last] = [0, 16].map(|at| vreinterpretq_s32_s8(vld1q_s8(group.values[at..at + 16].as_ptr())));
            [vuzp1q_s32(first, last), vuzp2q_s32(first, last)].map(|values| vreinterpretq_s8_s32(values))
        };
        Group { values, start: D::start(group.offset), scale: group.scale }
    };
    x.iter().map(group).collect()
}

/// Rows that are multiplied together.
const TOGETHER: usize = 8;

/// Eight rows times one row of activations. `fetch` is called once for each block.
#[inline(always)]
unsafe fn eight_rows<D: Dots>(rows: &impl Rows<TOGETHER>, x: &[Group], fetch: impl Fn(usize)) -> [f32; TOGETHER] {
    // SAFETY: passed on; the rows have a block for each chunk of groups, and loads read 16 bytes of 16.
    unsafe {
        let mut acc = [vdupq_n_f32(0.0); 2];
        for (b, groups) in x.as_chunks::<ROW_GROUPS>().0.iter().enumerate() {
            fetch(b);
            let (values, scales) = (rows.values(b), transposed(rows.scales(b).map(|scales| vld1q_u16(scales))));
            for (g, (group, scales)) in groups.iter().zip(&scales).enumerate() {
                let fours = values.as_chunks::<4>().0.iter().zip(scales.as_chunks::<4>().0);
                for (acc, (values, scales)) in acc.iter_mut().zip(fours) {
                    let values = values.map(|values| nibbles(vld1q_u8(values.wrapping_add(16 * g))));
                    let dots = vcvtq_f32_s32(D::across(values, group.values, group.start));
                    *acc = vfmaq_f32(*acc, dots, vmulq_n_f32(halves(scales), group.scale));
                }
            }
        }
        let mut sums = [0.0; TOGETHER];
        for (acc, sums) in acc.into_iter().zip(sums.as_chunks_mut::<4>().0) {
            vst1q_f32(sums.as_mut_ptr(), acc);
        }
        sums
    }
}

/// Scale `g` of eight rows, for `g` in `0..8`.
#[inline(always)]
fn transposed(mut rows: [uint16x8_t; TOGETHER]) -> [[u16; TOGETHER]; ROW_GROUPS] {
    let mut out = [[0; TOGETHER]; ROW_GROUPS];
    // SAFETY: every CPU of this architecture has NEON; each store writes the 16 bytes of an array.
    unsafe {
        // Each round deals the rows out like two halves of a pack of cards.
        for _ in 0..3 {
            let [a, b, c, d, e, f, g, h] = rows;
            for (pair, (a, b)) in rows.as_chunks_mut::<2>().0.iter_mut().zip([(a, e), (b, f), (c, g), (d, h)]) {
                *pair = [vzip1q_u16(a, b), vzip2q_u16(a, b)];
            }
        }
        for (out, scales) in out.iter_mut().zip(rows) {
            vst1q_u16(out.as_mut_ptr(), scales);
        }
    }
    out
}

/// Fetches a line into the second cache.
#[inline(always)]
fn prefetch(line: *const u8) {
    // SAFETY: a prefetch never faults, and every CPU of this architecture has it.
    unsafe { asm!("prfm pldl2keep, [{line}]", line = in(reg) line, options(nostack, preserves_flags, readonly)) };
}

/// See [`crate::Kernels::matmul_active`].
pub(super) fn matmul_active(w: &Packed, halves: Range<usize>, x: &Active, out: &OutRows<'_>) {
    let per_slab = w.cols() / GROUP;
    let blocks = x.checked(w, &halves);
    for (slab, halves) in each_slab(halves) {
        let start = blocks[slab * per_slab..].as_ptr();
        let next = start.wrapping_add(per_slab);
        let mut sums = [[0.0; HALF_ROWS]; 2];
        let mut first = 0;
        for group in &x.groups {
            let quads = &x.quads[first..group.end];
            for q in first..group.end {
                let (ahead, in_next) = x.ahead(q);
                let from = if in_next { next } else { start }.cast::<u8>().wrapping_add(64 * (halves.start % 2));
                for line in ahead.lines.map(|line| from.wrapping_add(line as usize)) {
                    prefetch(line);
                    if halves.len() == 2 {
                        prefetch(line.wrapping_add(64));
                    }
                }
            }
            for half in halves.clone() {
                let line = |line: u32| start.cast::<u8>().wrapping_add(line as usize + half % 2 * 64);
                let columns = quads.iter().map(|quad| (quad.lines.map(line), quad.values));
                // SAFETY: all lines lie in the slab, as `checked` made sure.
                unsafe {
                    let block = &*start.add(group.index);
                    add_columns(block, half, (group.offset, group.scale), columns, &mut sums[half % 2]);
                }
            }
            first = group.end;
        }
        halves.for_each(|half| out.store(0, half * HALF_ROWS, sums[half % 2]));
    }
}

/// Adds the products of some columns of a block, given in fours as their lines and activations, to the sums of half a slab.
///
/// # Safety
/// 64 bytes can be read from each line on.
#[inline(always)]
unsafe fn add_columns(
    block: &ColumnBlock,
    half: usize,
    (offset, x_scale): (i32, f32),
    columns: impl Iterator<Item = ([*const u8; 4], [i8; 4])>,
    sums: &mut [f32; HALF_ROWS],
) {
    let scales = &block.scales.as_chunks::<4>().0[half % 2 * HALF_ROWS / 4..];
    let (sums, _) = sums.as_chunks_mut::<4>();
    // SAFETY: every CPU of this architecture has NEON; loads of lines are the caller's, the others of whole arrays.
    unsafe {
        // Eight outputs of piece `l`, of low nibbles and high ones.
        let mut dots = [[[vdupq_n_s16(offset as i16); 2]; 2]; 4];
        for (lines, values) in columns {
            for (line, value) in lines.into_iter().zip(values) {
                let x = vdup_n_s8(value);
                for (l, dots) in dots.iter_mut().enumerate() {
                    for (dots, w) in dots.iter_mut().zip(nibbles(vld1q_u8(line.add(16 * l)))) {
                        dots[0] = vmlal_s8(dots[0], vget_low_s8(w), x);
                        dots[1] = vmlal_high_s8(dots[1], w, vcombine_s8(x, x));
                    }
                }
            }
        }
        for (l, dots) in dots.into_iter().enumerate() {
            for (high, dots) in dots.into_iter().enumerate() {
                let fours = dots.map(|dots| [vmovl_s16(vget_low_s16(dots)), vmovl_high_s16(dots)]);
                for (k, dots) in fours.as_flattened().iter().enumerate() {
                    let at = 16 * high + 4 * k + l;
                    let scales = vmulq_n_f32(halves(&scales[at]), x_scale);
                    let sum = vfmaq_f32(vld1q_f32(sums[at].as_ptr()), vcvtq_f32_s32(*dots), scales);
                    vst1q_f32(sums[at].as_mut_ptr(), sum);
                }
            }
        }
    }
}

/// See [`crate::packed::Weave::rows`].
#[inline(always)]
pub(super) fn weave_rows(block: &RowBlock, out: &mut [Q4Block; ROW_GROUPS]) {
    for (t, scales) in block.scales.as_chunks::<TOGETHER>().0.iter().enumerate() {
        // SAFETY: reads 16 bytes of 16.
        let scales = transposed(scales.each_ref().map(|scales| unsafe { vld1q_u16(scales.as_ptr()) }));
        for (out, scales) in out.iter_mut().zip(scales) {
            out.scales[TOGETHER * t..][..TOGETHER].copy_from_slice(&scales);
        }
    }
    for (group, out) in out.iter_mut().enumerate() {
        for (t, rows) in block.values.as_chunks::<4>().0.iter().enumerate() {
            for (values, found) in out.values.iter_mut().zip(dwords(rows.each_ref().map(|row| &row[group]))) {
                // SAFETY: writes 16 bytes of 64.
                unsafe { vst1q_u8(values[16 * t..][..16].as_mut_ptr(), found) };
            }
        }
    }
}

/// Dword `q` of four rows, for `q` in `0..4`.
#[inline(always)]
fn dwords(rows: [&[u8; 16]; 4]) -> [uint8x16_t; 4] {
    // SAFETY: every CPU of this architecture has NEON; the loads read 16 bytes of 16.
    unsafe {
        let [a, b, c, d] = rows.map(|row| vreinterpretq_u32_u8(vld1q_u8(row.as_ptr())));
        let (ac, bd) = (vzip1q_u32(a, c), vzip1q_u32(b, d));
        let (eg, fh) = (vzip2q_u32(a, c), vzip2q_u32(b, d));
        [vzip1q_u32(ac, bd), vzip2q_u32(ac, bd), vzip1q_u32(eg, fh), vzip2q_u32(eg, fh)]
            .map(|quad| vreinterpretq_u8_u32(quad))
    }
}

/// See [`crate::packed::Weave::columns`].
#[inline(always)]
pub(super) fn weave_columns(block: &ColumnBlock, half: usize, out: &mut [&mut [[u8; 64]; 4]; HALF_TILES]) {
    for (j, lines) in block.lines.as_chunks::<8>().0.iter().enumerate() {
        for l in 0..4 {
            // SAFETY: reads 16 bytes of 64.
            let piece = |i: usize| unsafe { vld1q_u8(lines[i][half][16 * l..][..16].as_ptr()) };
            let (a, b) = (interleaved(from_fn(piece)), interleaved(from_fn(|i| piece(4 + i))));
            for k in 0..4 {
                for (high, found) in joined(a[k], b[k]).into_iter().enumerate() {
                    // SAFETY: writes 16 bytes of 64.
                    unsafe { vst1q_u8(out[4 * high + k][j][16 * l..][..16].as_mut_ptr(), found) };
                }
            }
        }
    }
}

/// Byte `i` of each of four registers, for four `i` in each register.
#[inline(always)]
fn interleaved([a, b, c, d]: [uint8x16_t; 4]) -> [uint8x16_t; 4] {
    // SAFETY: every CPU of this architecture has NEON.
    unsafe {
        let [ab, cd, ef, gh] = [vzip1q_u8(a, b), vzip1q_u8(c, d), vzip2q_u8(a, b), vzip2q_u8(c, d)]
            .map(|bytes| vreinterpretq_u16_u8(bytes));
        [vzip1q_u16(ab, cd), vzip2q_u16(ab, cd), vzip1q_u16(ef, gh), vzip2q_u16(ef, gh)]
            .map(|quad| vreinterpretq_u8_u16(quad))
    }
}

/// The low nibbles of `a` below those of `b`, and the high ones.
#[inline(always)]
fn joined(a: uint8x16_t, b: uint8x16_t) -> [uint8x16_t; 2] {
    // SAFETY: every CPU of this architecture has NEON.
    unsafe { [vsliq_n_u8::<4>(a, b), vsriq_n_u8::<4>(b, a)] }
}
