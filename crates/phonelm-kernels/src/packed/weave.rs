//! The blocks of a packed matrix, and the weaving of rows into them.

use std::sync::{Mutex, PoisonError};

use half::f16;

use crate::blocks::{Block, Scale, cast};
use crate::kernels::TILE_ROWS;
use crate::pool::Pool;

/// 16 rows x 32 columns of `scale * (q - 8)`, `q` in `0..=15`. Byte `4 * row + i` of `values[j]` holds column `8 j + i`
/// in its low and column `8 j + 4 + i` in its high nibble.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Q4Block {
    /// f16 bits, one a row.
    pub(crate) scales: [u16; TILE_ROWS],
    pub(crate) values: [[u8; 64]; 4],
}

/// 16 rows x 32 columns of `scale * q`. Byte `4 * row + i` of `values[j]` holds column `4 j + i`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Q8Block {
    /// f16 bits, one a row.
    pub(crate) scales: [u16; TILE_ROWS],
    pub(crate) values: [[i8; 64]; 8],
}

/// 16 rows x `4 * QUADS` columns of `scale * q + min`, `q` in `-32..=31`, laid out as in [`Q8Block`].
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct AffineBlock<const QUADS: usize> {
    pub(crate) scales: [f32; TILE_ROWS],
    pub(crate) mins: [f32; TILE_ROWS],
    pub(crate) values: [[i8; 64]; QUADS],
}

const _: () = assert!(size_of::<Q4Block>() == 288);
const _: () = assert!(size_of::<Q8Block>() == 544);
const _: () = assert!(size_of::<AffineBlock<8>>() == 640);
const _: () = assert!(size_of::<AffineBlock<4>>() == 384);

/// A block of a packed matrix, which takes in and gives back one row's group.
pub(super) trait PackedBlock: Copy + Send {
    const COLS: usize;
    const ZERO: Self;

    fn put(&mut self, row: usize, values: &[i8], scale: Scale);

    /// Writes `COLS` integers to the beginning of `values`.
    fn get(&self, row: usize, values: &mut [i8; 32]) -> Scale;
}

impl PackedBlock for Q4Block {
    const COLS: usize = 32;
    const ZERO: Self = Self { scales: [0; TILE_ROWS], values: [[0x88; 64]; 4] };

    fn put(&mut self, row: usize, values: &[i8], scale: Scale) {
        self.scales[row] = f16::from_f32(scale.scale).to_bits();
        for (eight, out) in values.chunks_exact(8).zip(&mut self.values) {
            for i in 0..4 {
                out[4 * row + i] = (eight[i] + 8) as u8 | ((eight[i + 4] + 8) as u8) << 4;
            }
        }
    }

    fn get(&self, row: usize, values: &mut [i8; 32]) -> Scale {
        for (eight, values_of) in values.chunks_exact_mut(8).zip(&self.values) {
            for i in 0..4 {
                let both = values_of[4 * row + i];
                (eight[i], eight[i + 4]) = ((both & 15) as i8 - 8, (both >> 4) as i8 - 8);
            }
        }
        Scale::without_min(f16::from_bits(self.scales[row]).to_f32())
    }
}

impl PackedBlock for Q8Block {
    const COLS: usize = 32;
    const ZERO: Self = Self { scales: [0; TILE_ROWS], values: [[0; 64]; 8] };

    fn put(&mut self, row: usize, values: &[i8], scale: Scale) {
        self.scales[row] = f16::from_f32(scale.scale).to_bits();
        put_quads(&mut self.values, row, values);
    }

    fn get(&self, row: usize, values: &mut [i8; 32]) -> Scale {
        get_quads(&self.values, row, values);
        Scale::without_min(f16::from_bits(self.scales[row]).to_f32())
    }
}

impl<const QUADS: usize> PackedBlock for AffineBlock<QUADS> {
    const COLS: usize = 4 * QUADS;
    const ZERO: Self = Self { scales: [0.0; TILE_ROWS], mins: [0.0; TILE_ROWS], values: [[0; 64]; QUADS] };

    fn put(&mut self, row: usize, values: &[i8], scale: Scale) {
        self.scales[row] = scale.scale;
        self.mins[row] = scale.min;
        put_quads(&mut self.values, row, values);
    }

    fn get(&self, row: usize, values: &mut [i8; 32]) -> Scale {
        get_quads(&self.values, row, values);
        Scale { scale: self.scales[row], min: self.mins[row] }
    }
}

fn put_quads<const QUADS: usize>(out: &mut [[i8; 64]; QUADS], row: usize, values: &[i8]) {
    for (quad, out) in values.chunks_exact(4).zip(out) {
        out[4 * row..4 * row + 4].copy_from_slice(quad);
    }
}

fn get_quads<const QUADS: usize>(from: &[[i8; 64]; QUADS], row: usize, values: &mut [i8; 32]) {
    for (quad, from) in values.chunks_exact_mut(4).zip(from) {
        quad.copy_from_slice(&from[4 * row..4 * row + 4]);
    }
}

/// Weaves rows that lie one after the other in `bytes` into tiles, one tile a chunk of `pool`.
pub(super) fn pack<B: Block, P: PackedBlock>(bytes: &[u8], cols: usize, pool: &Pool) -> Vec<P> {
    let per_row = cols / B::LEN;
    if per_row == 0 {
        return Vec::new();
    }
    let source = cast::<B>(bytes);
    let per_tile = cols / P::COLS;
    let tiles = (source.len() / per_row).div_ceil(TILE_ROWS);
    let mut out = vec![P::ZERO; tiles * per_tile];
    let work = Mutex::new(out.chunks_exact_mut(per_tile).zip(source.chunks(per_row * TILE_ROWS)));
    pool.run(tiles, &|_| {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((tile, rows)) = next else { return };
        let mut values = [0; 256];
        let mut scales = [Scale::default(); 16];
        for (row, blocks) in rows.chunks_exact(per_row).enumerate() {
            for (block, out) in blocks.iter().zip(tile.chunks_exact_mut(B::LEN / P::COLS)) {
                block.decode(&mut values, &mut scales);
                for ((group, scale), out) in values.chunks_exact(P::COLS).zip(&scales).zip(out) {
                    out.put(row, group, *scale);
                }
            }
        }
    });
    out
}

/// The first `rows` rows of tiles, block by block as `take` wants values and scale.
pub(super) fn unpack<P: PackedBlock>(tiles: &[P], rows: usize, mut take: impl FnMut(&[i8; 32], f16)) {
    let per_tile = tiles.len() / rows.div_ceil(TILE_ROWS).max(1);
    let mut values = [0; 32];
    for row in 0..rows {
        for block in &tiles[row / TILE_ROWS * per_tile..][..per_tile] {
            let scale = block.get(row % TILE_ROWS, &mut values);
            take(&values, f16::from_f32(scale.scale));
        }
    }
}
