//! The two layouts in which a neuron of a gated FFN can be passed over: the up matrix by rows and the down matrix by
//! columns. Files hold them as they are (`Q4_0_rows`, `Q4_0_columns`). A neuron's weights lie in whole pairs of cache lines,
//! since memory hands lines out in pairs, and blocks follow each other in the order in which the dense product reads them.

use std::sync::{Mutex, PoisonError};

use half::f16;

use crate::blocks::{Block, Q4_0, Scale, cast};
use crate::kernels::{GROUP, TILE_ROWS};
use crate::pool::Pool;

/// Groups of a block of rows.
pub(crate) const ROW_GROUPS: usize = 8;
/// Outputs of a slab, the blocks of the same outputs.
pub(crate) const SLAB_ROWS: usize = 256;
/// Outputs of one of the two lines that a column has in a slab.
pub(crate) const HALF_ROWS: usize = 128;
/// Tiles of these.
pub(crate) const HALF_TILES: usize = HALF_ROWS / TILE_ROWS;

/// 16 rows x 256 columns of `scale * (q - 8)`, `q` in `0..=15`: the rows of the tile's 8 blocks, one after the other.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct RowBlock {
    /// Byte `4 j + i` of a group holds column `8 j + i` in its low and column `8 j + 4 + i` in its high nibble.
    pub(crate) values: [[[u8; 16]; ROW_GROUPS]; TILE_ROWS],
    /// f16 bits, one a group.
    pub(crate) scales: [[u16; ROW_GROUPS]; TILE_ROWS],
}

/// 256 outputs x 32 columns of `scale * (q - 8)`, `q` in `0..=15`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct ColumnBlock {
    /// Two lines a column. Byte `16 l + 4 k + i` of a line is output `16 k + 4 l + i` in its low nibble and 64 more in its
    /// high one: bytes of four lines, interleaved 16 by 16, are then four columns of outputs in ascending order.
    pub(crate) lines: [[[u8; 64]; 2]; GROUP],
    /// f16 bits, one an output.
    pub(crate) scales: [u16; SLAB_ROWS],
}

const _: () = assert!(size_of::<RowBlock>() == 2304);
const _: () = assert!(size_of::<ColumnBlock>() == 4608);

/// A block of one of the two layouts, which takes in and gives back the groups of its rows.
pub(super) trait SkipBlock: Copy + Send + Sync {
    const ROWS: usize;
    /// Groups of a row.
    const GROUPS: usize;

    fn put(&mut self, row: usize, group: usize, values: &[i8], scale: u16);

    /// Writes the group's integers; returns its scale.
    fn get(&self, row: usize, group: usize, values: &mut [i8; GROUP]) -> u16;
}

impl SkipBlock for RowBlock {
    const ROWS: usize = TILE_ROWS;
    const GROUPS: usize = ROW_GROUPS;

    fn put(&mut self, row: usize, group: usize, values: &[i8], scale: u16) {
        self.scales[row][group] = scale;
        for (eight, out) in values.chunks_exact(8).zip(self.values[row][group].chunks_exact_mut(4)) {
            for i in 0..4 {
                out[i] = (eight[i] + 8) as u8 | ((eight[i + 4] + 8) as u8) << 4;
            }
        }
    }

    fn get(&self, row: usize, group: usize, values: &mut [i8; GROUP]) -> u16 {
        for (eight, from) in values.chunks_exact_mut(8).zip(self.values[row][group].chunks_exact(4)) {
            for i in 0..4 {
                (eight[i], eight[i + 4]) = ((from[i] & 15) as i8 - 8, (from[i] >> 4) as i8 - 8);
            }
        }
        self.scales[row][group]
    }
}

impl ColumnBlock {
    /// Line, byte of it and shift that hold output `row`.
    fn place(row: usize) -> (usize, usize, u32) {
        let (line, high, k, l, i) = (row / HALF_ROWS, row / 64 % 2, row / 16 % 4, row / 4 % 4, row % 4);
        (line, 16 * l + 4 * k + i, 4 * high as u32)
    }

    /// The integer of one weight, around 8.
    pub(crate) fn value(&self, row: usize, col: usize) -> u8 {
        let (line, byte, shift) = Self::place(row);
        self.lines[col][line][byte] >> shift & 15
    }
}

impl SkipBlock for ColumnBlock {
    const ROWS: usize = SLAB_ROWS;
    const GROUPS: usize = 1;

    fn put(&mut self, row: usize, _group: usize, values: &[i8], scale: u16) {
        self.scales[row] = scale;
        let (line, byte, shift) = Self::place(row);
        for (value, lines) in values.iter().zip(&mut self.lines) {
            let byte = &mut lines[line][byte];
            *byte = *byte & !(15 << shift) | ((value + 8) as u8) << shift;
        }
    }

    fn get(&self, row: usize, _group: usize, values: &mut [i8; GROUP]) -> u16 {
        for (col, value) in values.iter_mut().enumerate() {
            *value = self.value(row, col) as i8 - 8;
        }
        self.scales[row]
    }
}

/// Lays Q4_0 rows out in blocks, those of the same rows a chunk of `pool`. `bytes` holds whole blocks of `cols` columns.
pub(super) fn lay_out<B: SkipBlock>(bytes: &[u8], cols: usize, pool: &Pool, out: &mut [B]) {
    let (per_row, across) = (cols / GROUP, cols / GROUP / B::GROUPS);
    if across == 0 {
        return;
    }
    let chunks = out.len() / across;
    let work = Mutex::new(out.chunks_exact_mut(across).zip(cast::<Q4_0>(bytes).chunks_exact(per_row * B::ROWS)));
    pool.run(chunks, &|_| {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((out, rows)) = next else { return };
        let (mut values, mut scales) = ([0; 256], [Scale::default(); 16]);
        for (row, groups) in rows.chunks_exact(per_row).enumerate() {
            for (group, block) in groups.iter().enumerate() {
                block.decode(&mut values, &mut scales);
                out[group / B::GROUPS].put(row, group % B::GROUPS, &values[..GROUP], u16::from_le_bytes(block.d));
            }
        }
    });
}

/// The groups of one row in ascending order, as `take` wants their integers and scales.
pub(super) fn each_group<B: SkipBlock>(blocks: &[B], cols: usize, row: usize, mut take: impl FnMut(&[i8; GROUP], f16)) {
    let across = cols / GROUP / B::GROUPS;
    let mut values = [0; GROUP];
    for block in &blocks[row / B::ROWS * across..][..across] {
        for group in 0..B::GROUPS {
            let scale = block.get(row % B::ROWS, group, &mut values);
            take(&values, f16::from_bits(scale));
        }
    }
}
