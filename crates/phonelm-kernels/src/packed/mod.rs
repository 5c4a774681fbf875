//! Weight matrices in the order in which kernels stream them: tiles of [`TILE_ROWS`] rows, a tile block by block along
//! its columns, a block with its scales first. One form serves every instruction set.
//!
//! The trap: rows are padded to whole tiles (zero scales), so an output row needs room for `tiles() * TILE_ROWS`.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use half::f16;
use phonelm_gguf::TensorType;

use crate::blocks::{Block, BlockError, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0, Scale, cast, check_length};
use crate::kernels::TILE_ROWS;
use crate::pool::Pool;

/// 16 rows x 32 columns of `scale * (q - 8)`, `q` in `0..=15`. Byte `4 * row + i` of `values[j]` holds column `8 j + i`
/// in its low and column `8 j + 4 + i` in its high nibble.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub(crate) struct Q4Block {
    /// f16 bits, one a row.
    pub(crate) scales: [u16; TILE_ROWS],
    pub(crate) values: [[u8; 64]; 4],
}

/// 16 rows x 32 columns of `scale * q`. Byte `4 * row + i` of `values[j]` holds column `4 j + i`.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
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

/// The blocks of neighbouring tiles: tile after tile, each along its columns.
#[derive(Clone, Copy)]
pub(crate) enum Blocks<'a> {
    /// From Q4_0; a block is 32 columns.
    Q4(&'a [Q4Block]),
    /// From Q8_0; a block is 32 columns.
    Q8(&'a [Q8Block]),
    /// From Q4_1, Q5_0, Q5_1, Q4_K, Q5_K; a block is 32 columns.
    Affine32(&'a [AffineBlock<8>]),
    /// From Q6_K; a block is 16 columns.
    Affine16(&'a [AffineBlock<4>]),
}

enum Storage {
    Q4(Vec<Q4Block>),
    Q8(Vec<Q8Block>),
    Affine32(Vec<AffineBlock<8>>),
    Affine16(Vec<AffineBlock<4>>),
}

/// A quantised weight matrix, `[rows, cols]`, in tiles.
pub struct Packed {
    rows: usize,
    cols: usize,
    storage: Storage,
}

impl Packed {
    /// Packs `rows` rows of `cols` columns stored as `ty`, one tile a chunk of `pool`. Any alignment of `bytes` will do.
    ///
    /// Fails for the float types, for `cols` that are no whole number of blocks, and for bytes of another length.
    pub fn from_blocks(
        ty: TensorType,
        bytes: &[u8],
        rows: usize,
        cols: usize,
        pool: &Pool,
    ) -> Result<Self, BlockError> {
        let len = rows.checked_mul(cols).ok_or(BlockError::TooLarge { ty, rows, cols })?;
        if !cols.is_multiple_of(ty.block_len()) {
            return Err(BlockError::PartialBlock { ty, len: cols, block: ty.block_len() });
        }
        check_length(ty, bytes, len)?;
        let storage = match ty {
            TensorType::Q4_0 => Storage::Q4(pack::<Q4_0, _>(bytes, cols, pool)),
            TensorType::Q8_0 => Storage::Q8(pack::<Q8_0, _>(bytes, cols, pool)),
            TensorType::Q4_1 => Storage::Affine32(pack::<Q4_1, _>(bytes, cols, pool)),
            TensorType::Q5_0 => Storage::Affine32(pack::<Q5_0, _>(bytes, cols, pool)),
            TensorType::Q5_1 => Storage::Affine32(pack::<Q5_1, _>(bytes, cols, pool)),
            TensorType::Q4_K => Storage::Affine32(pack::<Q4_K, _>(bytes, cols, pool)),
            TensorType::Q5_K => Storage::Affine32(pack::<Q5_K, _>(bytes, cols, pool)),
            TensorType::Q6_K => Storage::Affine16(pack::<Q6_K, _>(bytes, cols, pool)),
            TensorType::F32 | TensorType::F16 | TensorType::BF16 => return Err(BlockError::NotPackable { ty }),
        };
        Ok(Self { rows, cols, storage })
    }

    /// Bytes of a packed matrix of `rows` rows of `cols` columns stored as `ty`; 0 for the types that are not packed.
    pub fn bytes_of(ty: TensorType, rows: usize, cols: usize) -> u64 {
        let (block, columns) = match ty {
            TensorType::F32 | TensorType::F16 | TensorType::BF16 => return 0,
            TensorType::Q4_0 => (size_of::<Q4Block>(), 32),
            TensorType::Q8_0 => (size_of::<Q8Block>(), 32),
            TensorType::Q4_1 | TensorType::Q5_0 | TensorType::Q5_1 | TensorType::Q4_K | TensorType::Q5_K => {
                (size_of::<AffineBlock<8>>(), 32)
            }
            TensorType::Q6_K => (size_of::<AffineBlock<4>>(), 16),
        };
        rows.div_ceil(TILE_ROWS) as u64 * (cols / columns) as u64 * block as u64
    }

    /// Output features.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Input features.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Tiles of [`TILE_ROWS`] rows, the last one padded.
    pub fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE_ROWS)
    }

    /// Bytes of memory held.
    pub fn bytes(&self) -> usize {
        match self.tile_blocks(0..self.tiles()) {
            Blocks::Q4(b) => size_of_val(b),
            Blocks::Q8(b) => size_of_val(b),
            Blocks::Affine32(b) => size_of_val(b),
            Blocks::Affine16(b) => size_of_val(b),
        }
    }

    /// The blocks of some neighbouring tiles.
    pub(crate) fn tile_blocks(&self, tiles: Range<usize>) -> Blocks<'_> {
        let range = |per_block: usize| {
            let per_tile = self.cols / per_block;
            tiles.start * per_tile..tiles.end * per_tile
        };
        match &self.storage {
            Storage::Q4(b) => Blocks::Q4(&b[range(32)]),
            Storage::Q8(b) => Blocks::Q8(&b[range(32)]),
            Storage::Affine32(b) => Blocks::Affine32(&b[range(32)]),
            Storage::Affine16(b) => Blocks::Affine16(&b[range(16)]),
        }
    }
}

/// A block of a packed matrix that can take in one row's group.
trait PackedBlock: Copy + Send {
    const COLS: usize;
    const ZERO: Self;

    fn put(&mut self, row: usize, values: &[i8], scale: Scale);
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
}

impl PackedBlock for Q8Block {
    const COLS: usize = 32;
    const ZERO: Self = Self { scales: [0; TILE_ROWS], values: [[0; 64]; 8] };

    fn put(&mut self, row: usize, values: &[i8], scale: Scale) {
        self.scales[row] = f16::from_f32(scale.scale).to_bits();
        put_quads(&mut self.values, row, values);
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
}

fn put_quads<const QUADS: usize>(out: &mut [[i8; 64]; QUADS], row: usize, values: &[i8]) {
    for (quad, out) in values.chunks_exact(4).zip(out) {
        out[4 * row..4 * row + 4].copy_from_slice(quad);
    }
}

fn pack<B: Block, P: PackedBlock>(bytes: &[u8], cols: usize, pool: &Pool) -> Vec<P> {
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
