//! The products that skip neurons, with `sdot`.
//!
//! By rows: four chosen rows are the lanes. Each brings 16 bytes a group, and transposing their dwords makes of them the
//! quads that a tile would have held.
//!
//! By columns: interleaving the bytes of four lines, 16 at a time, makes quads of 16 outputs; another 16 lie in the high
//! nibbles. A group's quads pass four times, with the sums of 32 outputs in registers each time.

use std::arch::{aarch64::*, asm};
use std::array::{from_fn, from_ref};
use std::ops::Range;

use super::dotprod::sdot;
use super::weights::{halves, nibbles};
use crate::blocks::Q4_0;
use crate::kernels::{GROUP, TILE_ROWS};
use crate::packed::{ColumnBlock, Packed, Q4Block, SLAB_ROWS, SLAB_TILES};
use crate::rows::{OutRows, QuantizedGroup};
use crate::skipping::{Active, ActiveGroup, ActiveQuad};

/// See [`crate::Kernels::matmul_rows`].
///
/// # Safety
/// The CPU has `dotprod`.
pub(super) unsafe fn matmul_rows(
    w: &Packed,
    chosen: &[[u32; TILE_ROWS]],
    tiles: Range<usize>,
    x: &[QuantizedGroup],
    out: &OutRows<'_>,
) {
    let (blocks, per_row) = (w.row_blocks(), w.cols() / GROUP);
    let x = &x[..per_row];
    let row = |row: &u32| &blocks[*row as usize * per_row..][..per_row];
    let (chosen, _) = chosen.as_flattened().as_chunks::<4>();
    for tile in tiles {
        let mut sums = [0.0; TILE_ROWS];
        for (i, sums) in sums.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let four = 4 * tile + i;
            let rows = chosen[four].each_ref().map(row);
            let next = chosen.get(four + 1).unwrap_or(&chosen[four]).each_ref().map(row);
            // SAFETY: passed on; a reference to 4 floats.
            unsafe { vst1q_f32(sums.as_mut_ptr(), four_rows(rows, next, x)) };
        }
        out.store(0, tile * TILE_ROWS, sums);
    }
}

/// Four rows times one row of activations; the rows that follow are fetched meanwhile.
#[inline(always)]
unsafe fn four_rows(rows: [&[Q4_0]; 4], next: [&[Q4_0]; 4], x: &[QuantizedGroup]) -> float32x4_t {
    let (twos, rest) = x.as_chunks::<2>();
    // SAFETY: passed on; the rows have a block for each group.
    unsafe {
        let mut acc = vdupq_n_f32(0.0);
        for (pair, groups) in twos.iter().enumerate() {
            let b = 2 * pair;
            for next in next {
                prefetch(next.as_ptr().wrapping_add(b).cast());
            }
            acc = add(rows.map(|row| &*row.as_ptr().add(b).cast()), groups, acc);
        }
        if let [group] = rest {
            acc = add(rows.map(|row| &*row.as_ptr().add(2 * twos.len()).cast()), from_ref(group), acc);
        }
        acc
    }
}

/// Adds the products of `N` groups.
#[inline(always)]
unsafe fn add<const N: usize>(rows: [&[Q4_0; N]; 4], x: &[QuantizedGroup; N], mut acc: float32x4_t) -> float32x4_t {
    // SAFETY: passed on.
    unsafe {
        for (n, group) in x.iter().enumerate() {
            let blocks = rows.map(|row| &row[n]);
            let (first, second) = (vld1q_s8(group.values.as_ptr()), vld1q_s8(group.values.as_ptr().add(16)));
            let mut dot = vdupq_n_s32(group.offset);
            let [p, q, r, s] = dwords(blocks).map(nibbles);
            dot = sdot::<0>(dot, p[0], first);
            dot = sdot::<1>(dot, q[0], first);
            dot = sdot::<2>(dot, r[0], first);
            dot = sdot::<3>(dot, s[0], first);
            dot = sdot::<0>(dot, p[1], second);
            dot = sdot::<1>(dot, q[1], second);
            dot = sdot::<2>(dot, r[1], second);
            dot = sdot::<3>(dot, s[1], second);
            let scales = blocks.map(|block| u16::from_le_bytes(block.d));
            let scales = vmulq_n_f32(halves(&scales), group.scale);
            acc = vfmaq_f32(acc, vcvtq_f32_s32(dot), scales);
        }
        acc
    }
}

/// Dword `q` of four rows' nibbles, for `q` in `0..4`.
#[inline(always)]
fn dwords(rows: [&Q4_0; 4]) -> [uint8x16_t; 4] {
    // SAFETY: every CPU of this architecture has NEON; the loads read 16 bytes of 16.
    unsafe {
        let [a, b, c, d] = rows.map(|row| vreinterpretq_u32_u8(vld1q_u8(row.qs.as_ptr())));
        let (ac, bd) = (vzip1q_u32(a, c), vzip1q_u32(b, d));
        let (eg, fh) = (vzip2q_u32(a, c), vzip2q_u32(b, d));
        [vzip1q_u32(ac, bd), vzip2q_u32(ac, bd), vzip1q_u32(eg, fh), vzip2q_u32(eg, fh)]
            .map(|quad| vreinterpretq_u8_u32(quad))
    }
}

/// The low nibbles of `a` below those of `b`, and the high ones.
#[inline(always)]
fn joined(a: uint8x16_t, b: uint8x16_t) -> [uint8x16_t; 2] {
    // SAFETY: every CPU of this architecture has NEON.
    unsafe { [vsliq_n_u8::<4>(a, b), vsriq_n_u8::<4>(b, a)] }
}

/// Fetches a line into the second cache.
#[inline(always)]
fn prefetch(line: *const u8) {
    // SAFETY: a prefetch never faults, and every CPU of this architecture has it.
    unsafe { asm!("prfm pldl2keep, [{line}]", line = in(reg) line, options(nostack, preserves_flags, readonly)) };
}

/// See [`crate::Kernels::matmul_active`].
///
/// # Safety
/// The CPU has `dotprod`.
pub(super) unsafe fn matmul_active(w: &Packed, slabs: Range<usize>, x: &Active, out: &OutRows<'_>) {
    let per_slab = w.cols() / GROUP;
    let blocks = x.checked(w, &slabs);
    for slab in slabs {
        let slab_blocks = &blocks[slab * per_slab..][..per_slab];
        let next = blocks.get((slab + 1) * per_slab..).filter(|next| !next.is_empty()).unwrap_or(slab_blocks);
        let mut sums = [0.0; SLAB_ROWS];
        let mut first = 0;
        for group in &x.groups {
            for q in first..group.end {
                let (ahead, in_next) = x.ahead(q);
                let from = if in_next { next } else { slab_blocks };
                for line in ahead.lines {
                    prefetch(from.as_ptr().cast::<u8>().wrapping_add(line as usize));
                }
            }
            // SAFETY: passed on; all lines lie in the slab, as `checked` made sure.
            unsafe { add_group(slab_blocks, group, &x.quads[first..group.end], &mut sums) };
            first = group.end;
        }
        out.store(0, slab * SLAB_ROWS, sums);
    }
}

/// Adds the products of one group's quads to the sums of a slab.
#[inline(always)]
unsafe fn add_group(slab: &[ColumnBlock], group: &ActiveGroup, quads: &[ActiveQuad], sums: &mut [f32; SLAB_ROWS]) {
    let scales = &slab[group.index].scales.as_chunks::<4>().0;
    let (sums, _) = sums.as_chunks_mut::<4>();
    for l in 0..4 {
        // SAFETY: passed on; the loads read 16 bytes of a line of 64.
        unsafe {
            let start = slab.as_ptr().cast::<u8>().add(16 * l);
            let mut dots = [[vdupq_n_s32(group.offset); 4]; 2];
            for quad in quads {
                let lines = quad.lines.map(|line| vld1q_u8(start.add(line as usize)));
                let values = vreinterpretq_s8_s32(vdupq_n_s32(i32::from_le_bytes(quad.values.map(|x| x as u8))));
                for (k, both) in interleaved(lines).into_iter().enumerate() {
                    let [low, high] = nibbles(both);
                    dots[0][k] = sdot::<0>(dots[0][k], low, values);
                    dots[1][k] = sdot::<0>(dots[1][k], high, values);
                }
            }
            for (half, dots) in dots.into_iter().enumerate() {
                for (k, dot) in dots.into_iter().enumerate() {
                    let at = 16 * half + 4 * k + l;
                    let scales = vmulq_n_f32(halves(&scales[at]), group.scale);
                    let sum = vfmaq_f32(vld1q_f32(sums[at].as_ptr()), vcvtq_f32_s32(dot), scales);
                    vst1q_f32(sums[at].as_mut_ptr(), sum);
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

/// See [`crate::packed::Weave::rows`].
#[inline(always)]
pub(super) fn weave_rows(rows: &[&[Q4_0]], out: &mut [Q4Block]) {
    let Some(first) = rows.first() else { return };
    // What is missing of 16 is the first row once more, with scale 0.
    let (count, rows) = (rows.len(), from_fn(|i| &rows.get(i).unwrap_or(first)[..out.len()]));
    let rows: [&[Q4_0]; TILE_ROWS] = rows;
    for (b, out) in out.iter_mut().enumerate() {
        out.scales = from_fn(|i| if i < count { u16::from_le_bytes(rows[i][b].d) } else { 0 });
        for t in 0..TILE_ROWS / 4 {
            let [p, q, r, s] = dwords(from_fn(|i| &rows[4 * t + i][b]));
            let [pq, rs] = [joined(p, q), joined(r, s)];
            for (values, found) in out.values.iter_mut().zip([pq[0], rs[0], pq[1], rs[1]]) {
                // SAFETY: writes 16 bytes of 64.
                unsafe { vst1q_u8(values[16 * t..][..16].as_mut_ptr(), found) };
            }
        }
    }
}

/// See [`crate::packed::Weave::columns`].
#[inline(always)]
pub(super) fn weave_columns(block: &ColumnBlock, out: &mut [&mut [[u8; 64]; 4]; SLAB_TILES]) {
    for (j, lines) in block.lines.as_chunks::<8>().0.iter().enumerate() {
        for l in 0..4 {
            // SAFETY: reads 16 bytes of 64.
            let piece = |i: usize| unsafe { vld1q_u8(lines[i][16 * l..][..16].as_ptr()) };
            let (a, b) = (interleaved(from_fn(piece)), interleaved(from_fn(|i| piece(4 + i))));
            for k in 0..4 {
                for (half, found) in joined(a[k], b[k]).into_iter().enumerate() {
                    // SAFETY: writes 16 bytes of 64.
                    unsafe { vst1q_u8(out[4 * half + k][j][16 * l..][..16].as_mut_ptr(), found) };
                }
            }
        }
    }
}
