//! What a gated FFN computes for one token when the neurons that ReLU left at zero are skipped: the lists of those that
//! count, and the reference of the two products over them.
//!
//! Skipping changes no bit of finite results: a column whose activation is 0 adds 0 to an exact integer sum, and a group of
//! nothing but zeros has scale 0 and would add `0 * scale = +-0` to a float sum. That would change a sum of -0 alone, which
//! there is not: a sum starts at +0, and as its terms are multiples of the smallest subnormal, it comes back to zero only
//! exactly, which rounds to +0.

use std::array::from_fn;
use std::mem::offset_of;
use std::ops::Range;

use half::f16;

use crate::kernels::{GROUP, TILE_ROWS};
use crate::packed::{ColumnBlock, HALF_ROWS, Packed, ROW_GROUPS, RowBlock};
use crate::rows::{OutRows, QuantizedGroup};

/// Quads of columns between the fetching of their lines and their use: 8 KB.
const QUADS_AHEAD: usize = 16;
/// Rows of activations with which the layouts for skipping are multiplied as they lie; for more, tiles are woven.
pub(crate) const DIRECT: usize = 2;

/// Each slab of which `halves` has one half or both, with these.
pub(crate) fn each_slab(halves: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
    let end = if halves.is_empty() { 0 } else { halves.end.div_ceil(2) };
    (halves.start / 2..end).map(move |slab| (slab, halves.start.max(2 * slab)..halves.end.min(2 * slab + 2)))
}

/// `N` rows of weights that are multiplied together.
pub(crate) trait Rows<const N: usize> {
    /// The 128 bytes of each row in block `b`.
    fn values(&self, b: usize) -> [*const u8; N];
    /// The scales of the 8 groups of each row in block `b`.
    fn scales(&self, b: usize) -> [*const u16; N];
}

/// Rows that lie anywhere, by where they begin in their first blocks.
#[derive(Clone, Copy)]
pub(crate) struct Scattered<const N: usize> {
    values: [*const u8; N],
    scales: [*const u16; N],
}

impl<const N: usize> Scattered<N> {
    /// `rows` of a matrix of `across` blocks a tile.
    pub(crate) fn new(blocks: &[RowBlock], across: usize, rows: &[u32; N]) -> Self {
        let rows = rows.map(|row| {
            let (tile, row) = (row as usize / TILE_ROWS, row as usize % TILE_ROWS);
            Neighbours { blocks: &blocks[tile * across..][..across], first: row }
        });
        let (values, scales) = (rows.map(|row| Rows::<1>::values(&row, 0)), rows.map(|row| Rows::<1>::scales(&row, 0)));
        Self { values: values.map(|[values]| values), scales: scales.map(|[scales]| scales) }
    }
}

impl<const N: usize> Rows<N> for Scattered<N> {
    #[inline(always)]
    fn values(&self, b: usize) -> [*const u8; N] {
        self.values.map(|values| values.wrapping_byte_add(b * size_of::<RowBlock>()))
    }

    #[inline(always)]
    fn scales(&self, b: usize) -> [*const u16; N] {
        self.scales.map(|scales| scales.wrapping_byte_add(b * size_of::<RowBlock>()))
    }
}

/// Rows of one tile, from `first` on: what lies where is known when this is compiled.
#[derive(Clone, Copy)]
pub(crate) struct Neighbours<'a> {
    pub(crate) blocks: &'a [RowBlock],
    pub(crate) first: usize,
}

impl<const N: usize> Rows<N> for Neighbours<'_> {
    #[inline(always)]
    fn values(&self, b: usize) -> [*const u8; N] {
        let block = self.blocks.as_ptr().wrapping_add(b).cast::<u8>();
        from_fn(|row| block.wrapping_add(offset_of!(RowBlock, values) + 16 * ROW_GROUPS * (self.first + row)))
    }

    #[inline(always)]
    fn scales(&self, b: usize) -> [*const u16; N] {
        let block = self.blocks.as_ptr().wrapping_add(b).cast::<u8>();
        from_fn(|row| {
            block.wrapping_add(offset_of!(RowBlock, scales) + size_of::<u16>() * ROW_GROUPS * (self.first + row)).cast()
        })
    }
}

/// The activations of one row that are not zero. The buffers are kept between uses.
#[derive(Debug, Default)]
pub struct Active {
    pub(crate) groups: Vec<ActiveGroup>,
    pub(crate) quads: Vec<ActiveQuad>,
}

/// A group that has any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActiveGroup {
    /// Its number in the row.
    pub(crate) index: usize,
    pub(crate) scale: f32,
    /// As in [`QuantizedGroup`].
    pub(crate) offset: i32,
    /// The end of its quads.
    pub(crate) end: usize,
}

/// Four active columns of a group; what is missing of four is one of them again, with 0 for its activation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActiveQuad {
    /// Where their two lines begin in a slab, in bytes.
    pub(crate) lines: [u32; 4],
    pub(crate) values: [i8; 4],
}

impl Active {
    /// No columns and no memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists the activations of `row` that are not zero.
    pub fn fill(&mut self, row: &[QuantizedGroup]) {
        self.groups.clear();
        self.quads.clear();
        for (index, group) in row.iter().enumerate() {
            let active = |(col, value): (usize, &i8)| u32::from(*value != 0) << col;
            let mut columns: u32 = group.values.iter().enumerate().map(active).sum();
            if columns == 0 {
                continue;
            }
            while columns != 0 {
                let mut quad = ActiveQuad { lines: [0; 4], values: [0; 4] };
                let mut line = 0;
                for i in 0..4 {
                    if columns != 0 {
                        let col = columns.trailing_zeros() as usize;
                        columns &= columns - 1;
                        line = (index * size_of::<ColumnBlock>() + 128 * col) as u32;
                        quad.values[i] = group.values[col];
                    }
                    quad.lines[i] = line;
                }
                self.quads.push(quad);
            }
            let end = self.quads.len();
            self.groups.push(ActiveGroup { index, scale: group.scale, offset: group.offset, end });
        }
    }

    /// The quad whose lines are best fetched while quad `q` is used, and whether that is in the next slab.
    #[inline(always)]
    pub(crate) fn ahead(&self, q: usize) -> (&ActiveQuad, bool) {
        match self.quads.get(q + QUADS_AHEAD) {
            Some(quad) => (quad, false),
            None => (&self.quads[(q + QUADS_AHEAD) % self.quads.len()], true),
        }
    }

    /// Checks that every line lies in a slab of `w`; returns the blocks of all slabs, of which `halves` are some half slabs.
    #[inline(always)]
    pub(crate) fn checked<'a>(&self, w: &'a Packed, halves: &Range<usize>) -> &'a [ColumnBlock] {
        let (blocks, per_slab) = (w.column_blocks().unwrap_or_default(), w.cols() / GROUP);
        assert!(halves.end.div_ceil(2) * per_slab <= blocks.len(), "slabs outside their matrix");
        assert!(self.groups.last().is_none_or(|group| group.index < per_slab), "activations wider than weights");
        blocks
    }
}

/// See [`crate::Kernels::matmul_rows`].
pub(crate) fn matmul_rows(
    w: &Packed,
    chosen: &[[u32; TILE_ROWS]],
    tiles: Range<usize>,
    x: &[QuantizedGroup],
    out: &OutRows<'_>,
) {
    let (blocks, across) = (w.row_blocks().unwrap_or_default(), w.cols() / GROUP / ROW_GROUPS);
    for tile in tiles {
        let sums = chosen[tile].map(|row| {
            let (tile, row) = (row as usize / TILE_ROWS, row as usize % TILE_ROWS);
            let groups =
                blocks[tile * across..][..across].iter().flat_map(|b| b.values[row].iter().zip(&b.scales[row]));
            groups.zip(x).fold(0.0, |acc: f32, ((values, scale), x)| {
                let weight = |col: usize| i32::from(values[col / 8 * 4 + col % 4] >> (col / 4 % 2 * 4) & 15) - 8;
                let dot: i32 = (0..GROUP).map(|col| weight(col) * i32::from(x.values[col])).sum();
                (dot as f32).mul_add(f16::from_bits(*scale).to_f32() * x.scale, acc)
            })
        });
        out.store(0, tile * TILE_ROWS, sums);
    }
}

/// See [`crate::Kernels::matmul_active`].
pub(crate) fn matmul_active(w: &Packed, halves: Range<usize>, x: &Active, out: &OutRows<'_>) {
    let per_slab = w.cols() / GROUP;
    let blocks = x.checked(w, &halves);
    for half in halves {
        let mut sums = [0f32; HALF_ROWS];
        let mut first = 0;
        for group in &x.groups {
            let block = &blocks[half / 2 * per_slab + group.index];
            for (row, sum) in (half % 2 * HALF_ROWS..).zip(&mut sums) {
                let products = x.quads[first..group.end].iter().flat_map(|quad| {
                    let weight =
                        |line: u32| i32::from(block.value(row, line as usize % size_of::<ColumnBlock>() / 128));
                    quad.lines.map(weight).into_iter().zip(quad.values)
                });
                let dot = group.offset + products.map(|(weight, x)| weight * i32::from(x)).sum::<i32>();
                *sum = (dot as f32).mul_add(f16::from_bits(block.scales[row]).to_f32() * group.scale, *sum);
            }
            first = group.end;
        }
        out.store(0, half * HALF_ROWS, sums);
    }
}
