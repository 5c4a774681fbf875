//! The products with the layouts for skipping, of chosen neurons and of all, as both instruction sets share them.
//!
//! By rows, 16 rows are the lanes; by columns, 128 outputs are eight vectors of floats.

use std::ops::Range;

use super::{FETCHES, fetch_second, prefetch_second, quad};
use crate::kernels::{GROUP, TILE_ROWS};
use crate::packed::{ColumnBlock, HALF_ROWS, HALF_TILES, Packed, ROW_GROUPS};
use crate::rows::{OutRows, QuantizedGroup, QuantizedRows};
use crate::skipping::{Active, DIRECT, Neighbours, Rows, Scattered, each_slab};
use crate::vector::{Isa, Vector};

/// Blocks of rows between their fetching and their use: 8 KB of 16 rows.
pub(super) const BLOCKS_AHEAD: usize = 4;

/// What an instruction set does with blocks of the two layouts.
///
/// # Safety
/// The methods need the instructions of the set.
pub(super) trait Skip: Isa {
    /// Some groups of activations as they multiply a register of a row's values.
    type Groups;
    /// The dot products of 128 outputs with a group.
    type Dots: Copy;
    /// Both halves of a slab have their dot products in registers at the same time.
    const BOTH: bool;

    /// `x`, a whole number of blocks of rows.
    unsafe fn arrange(x: &[QuantizedGroup]) -> Vec<Self::Groups>;
    /// 16 rows times one row of activations. `fetch` is called once for each block.
    unsafe fn sixteen(rows: &impl Rows<TILE_ROWS>, x: &[Self::Groups], fetch: impl Fn(usize)) -> Self::Floats;
    unsafe fn start(offset: i32) -> Self::Dots;
    /// Adds the products of four columns, given the lines of 64 bytes that hold them.
    unsafe fn add_quad(dots: &mut Self::Dots, lines: [*const u8; 4], values: i32);
    /// The dot products of tile `t` of the eight.
    unsafe fn tile(dots: &Self::Dots, t: usize) -> Self::Floats;
}

/// See [`crate::Kernels::matmul_rows`].
///
/// # Safety
/// The CPU has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn matmul_rows<S: Skip>(
    w: &Packed,
    chosen: &[[u32; TILE_ROWS]],
    tiles: Range<usize>,
    x: &[QuantizedGroup],
    out: &OutRows<'_>,
) {
    let (blocks, across) = (w.row_blocks().unwrap_or_default(), w.cols() / GROUP / ROW_GROUPS);
    // SAFETY: passed on.
    unsafe {
        let x = S::arrange(&x[..across * ROW_GROUPS]);
        for tile in tiles {
            let next = chosen.get(tile + 1).unwrap_or(&chosen[tile]);
            let [rows, next] = [&chosen[tile], next].map(|rows| Scattered::new(blocks, across, rows));
            let sums = S::sixteen(&rows, &x, |b| {
                let b = b + BLOCKS_AHEAD;
                if b < across { fetch_scattered(&rows, b) } else { fetch_scattered(&next, b - across) }
            });
            out.store(0, tile * TILE_ROWS, sums.to_array());
        }
    }
}

/// See [`crate::Kernels::matmul_active`].
///
/// # Safety
/// The CPU has the instructions of `S`.
#[inline(always)]
pub(super) unsafe fn matmul_active<S: Skip>(w: &Packed, halves: Range<usize>, x: &Active, out: &OutRows<'_>) {
    let (blocks, per_slab) = (x.checked(w, &halves), w.cols() / GROUP);
    for (slab, halves) in each_slab(halves) {
        let slab = &blocks[slab * per_slab..][..per_slab];
        // SAFETY: passed on; all lines lie in the slab, as `checked` made sure.
        unsafe {
            match halves.len() {
                2 => active_columns::<S, 2>(slab, halves.start, x, out),
                _ => active_columns::<S, 1>(slab, halves.start, x, out),
            }
        }
    }
}

/// Multiplies few rows of activations with blocks of either layout as they lie; says whether it did.
///
/// # Safety
/// The CPU has the instructions of `S`; `x` is as wide as `w`.
#[inline(always)]
pub(super) unsafe fn matmul<S: Skip>(w: &Packed, tiles: &Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) -> bool {
    if x.rows() > DIRECT {
        return false;
    }
    let per_row = w.cols() / GROUP;
    // SAFETY: passed on.
    unsafe {
        if let Some(blocks) = w.row_blocks() {
            let across = per_row / ROW_GROUPS;
            let mut arranged = Vec::with_capacity(DIRECT);
            for m in 0..x.rows() {
                arranged.push(S::arrange(&x.row(m)[..per_row]));
            }
            for tile in tiles.clone() {
                let rows = Neighbours { blocks: &blocks[tile * across..][..across], first: 0 };
                for (m, x) in arranged.iter().enumerate() {
                    let sums = S::sixteen(&rows, x, |b| {
                        if m == 0 {
                            fetch_second(&rows.blocks[b], BLOCKS_AHEAD);
                        }
                    });
                    out.store(m, tile * TILE_ROWS, sums.to_array());
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
            for m in 0..x.rows() {
                match halves.len() {
                    2 => all_columns::<S, 2>(slab, halves.start, x.row(m), (m, out)),
                    _ => all_columns::<S, 1>(slab, halves.start, x.row(m), (m, out)),
                }
            }
        }
    }
    true
}

/// Fetches block `b` of some rows. A function of its own, because the compiler would choose each of their 32 addresses
/// anew where it is inlined after a choice of rows.
#[inline(never)]
fn fetch_scattered(rows: &Scattered<TILE_ROWS>, b: usize) {
    for (values, scales) in rows.values(b).into_iter().zip(rows.scales(b)) {
        prefetch_second(values);
        prefetch_second(values.wrapping_add(64));
        prefetch_second(scales.cast());
    }
}

/// The active columns of `N` halves of a slab, the first of which is `half`.
#[inline(always)]
unsafe fn active_columns<S: Skip, const N: usize>(slab: &[ColumnBlock], half: usize, x: &Active, out: &OutRows<'_>) {
    // SAFETY: passed on; the lines lie in the slab, and a prefetch may go past its end.
    unsafe {
        let start = slab.as_ptr().cast::<u8>().wrapping_add(64 * (half % 2));
        let next = start.wrapping_add(size_of_val(slab));
        let mut acc = [[S::Floats::splat(0.0); HALF_TILES]; N];
        let mut first = 0;
        for group in &x.groups {
            let block = slab.get_unchecked(group.index);
            let scales_ahead = std::ptr::from_ref(block).wrapping_add(2).cast::<u8>().wrapping_add(128 * GROUP);
            for line in 0..4 * N {
                prefetch_second(scales_ahead.wrapping_add(64 * line + 256 * (half % 2)));
            }
            let fetch = |q: usize| {
                let (ahead, in_next) = x.ahead(q);
                let from = if in_next { next } else { start };
                for line in ahead.lines {
                    (0..N).for_each(|n| prefetch_second(from.wrapping_add(line as usize + 64 * n)));
                }
            };
            let quads = x.quads[first..group.end].iter().enumerate().map(|(i, quad)| {
                let values = i32::from_le_bytes(quad.values.map(|value| value as u8));
                (first + i, quad.lines.map(|line| start.wrapping_add(line as usize)), values)
            });
            add_block::<S, N>(block, half, (group.offset, group.scale), quads, fetch, &mut acc);
            first = group.end;
        }
        store::<S, N>(acc, half, (0, out));
    }
}

/// All columns of `N` halves of a slab, the first of which is `half`, times a row of activations; `out` says which.
#[inline(always)]
unsafe fn all_columns<S: Skip, const N: usize>(
    slab: &[ColumnBlock],
    half: usize,
    x: &[QuantizedGroup],
    out: (usize, &OutRows<'_>),
) {
    // SAFETY: passed on; a prefetch may go past the end.
    unsafe {
        let fetches = *FETCHES;
        let mut acc = [[S::Floats::splat(0.0); HALF_TILES]; N];
        for (block, group) in slab.iter().zip(x) {
            let ahead = std::ptr::from_ref(block).wrapping_add(2).cast::<u8>();
            let fetch = |q: usize| {
                if fetches {
                    (9 * q..9 * (q + 1)).for_each(|line| prefetch_second(ahead.wrapping_add(64 * line)));
                }
            };
            let quads = block.lines.as_chunks::<4>().0.iter().enumerate().map(|(q, lines)| {
                (q, lines.each_ref().map(|line| line[half % 2].as_ptr()), quad(&group.values, 4 * q))
            });
            add_block::<S, N>(block, half, (group.offset, group.scale), quads, fetch, &mut acc);
        }
        store::<S, N>(acc, half, out);
    }
}

/// Adds the products of a block with some quads of columns, of each its number, where its lines of the first half begin,
/// and its activations. `fetch` is called once for each.
#[inline(always)]
unsafe fn add_block<S: Skip, const N: usize>(
    block: &ColumnBlock,
    half: usize,
    (offset, x_scale): (i32, f32),
    quads: impl Iterator<Item = (usize, [*const u8; 4], i32)> + Clone,
    fetch: impl Fn(usize),
    acc: &mut [[S::Floats; HALF_TILES]; N],
) {
    // SAFETY: passed on.
    unsafe {
        let scales = &block.scales.as_chunks::<TILE_ROWS>().0[half % 2 * HALF_TILES..];
        let x_scale = S::Floats::splat(x_scale);
        let mut dots = [S::start(offset); N];
        if S::BOTH {
            for (q, lines, values) in quads.clone() {
                fetch(q);
                for (n, dots) in dots.iter_mut().enumerate() {
                    S::add_quad(dots, lines.map(|line| line.wrapping_add(64 * n)), values);
                }
            }
        }
        for (n, (mut dots, acc)) in dots.into_iter().zip(acc).enumerate() {
            if !S::BOTH {
                for (q, lines, values) in quads.clone() {
                    if n == 0 {
                        fetch(q);
                    }
                    S::add_quad(&mut dots, lines.map(|line| line.wrapping_add(64 * n)), values);
                }
            }
            for (t, acc) in acc.iter_mut().enumerate() {
                let scales = S::Floats::load_f16(&scales[HALF_TILES * n + t]);
                *acc = S::tile(&dots, t).fma(scales.mul(x_scale), *acc);
            }
        }
    }
}

#[inline(always)]
unsafe fn store<S: Skip, const N: usize>(
    acc: [[S::Floats; HALF_TILES]; N],
    half: usize,
    (row, out): (usize, &OutRows<'_>),
) {
    for (t, acc) in acc.as_flattened().iter().enumerate() {
        // SAFETY: passed on.
        out.store(row, half * HALF_ROWS + t * TILE_ROWS, unsafe { acc.to_array() });
    }
}
