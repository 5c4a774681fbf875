//! The two layouts in which a neuron of a gated FFN can be passed over: the up matrix by rows, as Q4_0 stores them, and the
//! down matrix by columns. Where all neurons count, both are woven into the blocks of tiles.
//!
//! A slab of the down matrix is 128 outputs; its block of 32 columns holds for each column one cache line with the
//! nibbles of those outputs. Byte `16 l + 4 k + i` of a line is output `16 k + 4 l + i` in its low nibble and 64 more in
//! its high one: bytes of four lines, interleaved 16 by 16, are then four columns of outputs in ascending order.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};

use half::f16;

use super::weave::{PackedBlock, Q4Block};
use crate::blocks::{Q4_0, Scale};
use crate::kernels::{GROUP, TILE_ROWS};
use crate::pool::Pool;

/// Outputs of a slab.
pub(crate) const SLAB_ROWS: usize = 128;
/// Tiles of a slab.
pub(crate) const SLAB_TILES: usize = SLAB_ROWS / TILE_ROWS;

/// 128 outputs x 32 columns of `scale * (q - 8)`, `q` in `0..=15`.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct ColumnBlock {
    /// One line a column.
    pub(crate) lines: [[u8; 64]; GROUP],
    /// f16 bits, one an output.
    pub(crate) scales: [u16; SLAB_ROWS],
}

const _: () = assert!(size_of::<ColumnBlock>() == 2304);

impl ColumnBlock {
    const ZERO: Self = Self { lines: [[0x88; 64]; GROUP], scales: [0; SLAB_ROWS] };

    /// Byte of a line and shift that hold output `row`.
    fn place(row: usize) -> (usize, u32) {
        let (half, k, l, i) = (row / 64, row / 16 % 4, row / 4 % 4, row % 4);
        (16 * l + 4 * k + i, 4 * half as u32)
    }

    /// The integer of one weight, around 8.
    pub(crate) fn value(&self, row: usize, col: usize) -> u8 {
        let (byte, shift) = Self::place(row);
        self.lines[col][byte] >> shift & 15
    }

    fn put(&mut self, row: usize, block: &Q4_0) {
        let (byte, shift) = Self::place(row);
        self.scales[row] = u16::from_le_bytes(block.d);
        for (col, line) in self.lines.iter_mut().enumerate() {
            let q = block.qs[col % 16] >> (col / 16 * 4) & 15;
            line[byte] = line[byte] & !(15 << shift) | q << shift;
        }
    }
}

/// Turns rows into slabs, one slab a chunk of `pool`. `rows` holds whole slabs of `per_row` blocks a row.
pub(super) fn slabs(rows: &[Q4_0], per_row: usize, pool: &Pool) -> Vec<ColumnBlock> {
    if per_row == 0 {
        return Vec::new();
    }
    let mut out = vec![ColumnBlock::ZERO; rows.len() / SLAB_ROWS];
    let slabs = out.len() / per_row;
    let work = Mutex::new(out.chunks_exact_mut(per_row).zip(rows.chunks_exact(per_row * SLAB_ROWS)));
    pool.run(slabs, &|_| {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((slab, rows)) = next else { return };
        for (row, blocks) in rows.chunks_exact(per_row).enumerate() {
            slab.iter_mut().zip(blocks).for_each(|(out, block)| out.put(row, block));
        }
    });
    out
}

/// How an instruction set turns the two layouts into blocks of tiles.
///
/// # Safety
/// The methods need the instructions of the set.
pub(crate) trait Weave {
    /// Up to 16 rows, each with as many blocks as `out`; what is missing of 16 has scale 0 there already.
    #[inline(always)]
    unsafe fn rows(rows: &[&[Q4_0]], out: &mut [Q4Block]) {
        let mut values = [0; GROUP];
        for (row, blocks) in rows.iter().enumerate() {
            for (block, out) in blocks.iter().zip(&mut *out) {
                for (col, value) in values.iter_mut().enumerate() {
                    *value = (block.qs[col % 16] >> (col / 16 * 4) & 15) as i8 - 8;
                }
                out.put(row, &values, Scale::without_min(f16::from_le_bytes(block.d).to_f32()));
            }
        }
    }

    /// The values of eight tiles, those of tile `t` to `out[t]`.
    #[inline(always)]
    unsafe fn columns(block: &ColumnBlock, out: &mut [&mut [[u8; 64]; 4]; SLAB_TILES]) {
        for (row, col) in (0..SLAB_ROWS).flat_map(|row| (0..GROUP).map(move |col| (row, col))) {
            let byte = &mut out[row / TILE_ROWS][col / 8][4 * (row % TILE_ROWS) + col % 4];
            let shift = col % 8 / 4 * 4;
            *byte = *byte & !(15 << shift) | block.value(row, col) << shift;
        }
    }
}

thread_local! {
    /// The buffer of this thread's last [`Woven`]: a slab of half a megabyte would be mapped and cleared for each product.
    static KEPT: Cell<Vec<Q4Block>> = const { Cell::new(Vec::new()) };
}

/// Tiles woven for a product of many rows of activations; the buffer is kept from tile to tile, and for the next product.
pub(crate) struct Woven {
    blocks: Vec<Q4Block>,
    /// The slab that they are, if they are one.
    slab: Option<usize>,
}

impl Default for Woven {
    fn default() -> Self {
        Self { blocks: KEPT.try_with(Cell::take).unwrap_or_default(), slab: None }
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
    /// The blocks of the tile whose rows are `rows`, 16 or fewer.
    ///
    /// # Safety
    /// The CPU has the instructions of `W`.
    #[inline(always)]
    pub(super) unsafe fn rows<W: Weave>(&mut self, rows: &[Q4_0], per_row: usize) -> &[Q4Block] {
        self.slab = None;
        let blocks = grown(&mut self.blocks, per_row);
        if rows.len() < TILE_ROWS * per_row {
            blocks.fill(Q4Block::ZERO);
        }
        let mut each = [&rows[..0]; TILE_ROWS];
        let mut count = 0;
        for (each, row) in each.iter_mut().zip(rows.chunks_exact(per_row.max(1))) {
            *each = row;
            count += 1;
        }
        // SAFETY: passed on.
        unsafe { W::rows(&each[..count], blocks) };
        blocks
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
        let slab = tile / SLAB_TILES;
        if self.slab != Some(slab) {
            self.slab = Some(slab);
            let woven = grown(&mut self.blocks, per_row * SLAB_TILES);
            for (b, block) in slabs[slab * per_row..][..per_row].iter().enumerate() {
                let mut tiles = woven.iter_mut().skip(b).step_by(per_row);
                let mut out = std::array::from_fn(|t| match tiles.next() {
                    Some(tile) => {
                        tile.scales.copy_from_slice(&block.scales[TILE_ROWS * t..][..TILE_ROWS]);
                        &mut tile.values
                    }
                    None => unreachable!("the buffer holds a slab's tiles"),
                });
                // SAFETY: passed on.
                unsafe { W::columns(block, &mut out) };
            }
        }
        &self.blocks[tile % SLAB_TILES * per_row..][..per_row]
    }
}

/// The first `len` blocks; there may be more.
fn grown(blocks: &mut Vec<Q4Block>, len: usize) -> &mut [Q4Block] {
    if blocks.len() < len {
        blocks.resize(len, Q4Block::ZERO);
    }
    &mut blocks[..len]
}
