//! Tiles that are woven from the layouts for skipping as a product of many rows needs them.

use std::cell::Cell;

use half::f16;

use super::skipping::{ColumnBlock, HALF_ROWS, HALF_TILES, ROW_GROUPS, RowBlock, SkipBlock};
use super::weave::{PackedBlock, Q4Block};
use crate::blocks::Scale;
use crate::kernels::{GROUP, TILE_ROWS};

/// How an instruction set turns the two layouts into blocks of tiles.
///
/// # Safety
/// The methods need the instructions of the set.
pub(crate) trait Weave {
    /// The blocks of a tile that `block` holds.
    #[inline(always)]
    unsafe fn rows(block: &RowBlock, out: &mut [Q4Block; ROW_GROUPS]) {
        let mut values = [0; GROUP];
        for (group, out) in out.iter_mut().enumerate() {
            for row in 0..TILE_ROWS {
                let scale = f16::from_bits(block.get(row, group, &mut values)).to_f32();
                out.put(row, &values, Scale::without_min(scale));
            }
        }
    }

    /// The values of the eight tiles in one line of each column, those of tile `t` to `out[t]`.
    #[inline(always)]
    unsafe fn columns(block: &ColumnBlock, half: usize, out: &mut [&mut [[u8; 64]; 4]; HALF_TILES]) {
        for (row, col) in (0..HALF_ROWS).flat_map(|row| (0..GROUP).map(move |col| (row, col))) {
            let byte = &mut out[row / TILE_ROWS][col / 8][4 * (row % TILE_ROWS) + col % 4];
            let shift = col % 8 / 4 * 4;
            *byte = *byte & !(15 << shift) | block.value(half * HALF_ROWS + row, col) << shift;
        }
    }
}

thread_local! {
    /// The buffer of this thread's last [`Woven`]: half a megabyte would be mapped and cleared for each product.
    static KEPT: Cell<Vec<Q4Block>> = const { Cell::new(Vec::new()) };
}

/// Tiles woven for a product of many rows of activations; the buffer is kept from tile to tile, and for the next product.
pub(crate) struct Woven {
    blocks: Vec<Q4Block>,
    /// The half of a slab that they are, if they are one.
    half: Option<usize>,
}

impl Default for Woven {
    fn default() -> Self {
        Self { blocks: KEPT.try_with(Cell::take).unwrap_or_default(), half: None }
    }
}

impl Drop for Woven {
    fn drop(&mut self) {
        let blocks = std::mem::take(&mut self.blocks);
        // A thread that ends keeps nothing.
        let _ = KEPT.try_with(|kept| kept.set(blocks));
    }
}

impl Woven {
    /// The blocks of the tile whose rows are those of `blocks`.
    ///
    /// # Safety
    /// The CPU has the instructions of `W`.
    #[inline(always)]
    pub(super) unsafe fn rows<W: Weave>(&mut self, blocks: &[RowBlock]) -> &[Q4Block] {
        self.half = None;
        let woven = grown(&mut self.blocks, ROW_GROUPS * blocks.len());
        for (block, out) in blocks.iter().zip(woven.as_chunks_mut().0) {
            // SAFETY: passed on.
            unsafe { W::rows(block, out) };
        }
        woven
    }

    /// The blocks of one tile of slabs.
    ///
    /// # Safety
    /// The CPU has the instructions of `W`.
    #[inline(always)]
    pub(super) unsafe fn columns<W: Weave>(
        &mut self,
        slabs: &[ColumnBlock],
        per_row: usize,
        tile: usize,
    ) -> &[Q4Block] {
        let half = tile / HALF_TILES;
        if self.half != Some(half) {
            self.half = Some(half);
            let woven = grown(&mut self.blocks, per_row * HALF_TILES);
            for (b, block) in slabs[half / 2 * per_row..][..per_row].iter().enumerate() {
                let mut tiles = woven.iter_mut().skip(b).step_by(per_row);
                let mut out = std::array::from_fn(|t| match tiles.next() {
                    Some(tile) => {
                        tile.scales.copy_from_slice(&block.scales[half % 2 * HALF_ROWS + TILE_ROWS * t..][..TILE_ROWS]);
                        &mut tile.values
                    }
                    None => unreachable!("the buffer holds the tiles of half a slab"),
                });
                // SAFETY: passed on.
                unsafe { W::columns(block, half % 2, &mut out) };
            }
        }
        &self.blocks[tile % HALF_TILES * per_row..][..per_row]
    }
}

/// The first `len` blocks; there may be more.
fn grown(blocks: &mut Vec<Q4Block>, len: usize) -> &mut [Q4Block] {
    if blocks.len() < len {
        blocks.resize(len, Q4Block::ZERO);
    }
    &mut blocks[..len]
}
