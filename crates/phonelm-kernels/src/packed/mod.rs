//! Weight matrices in the order in which kernels stream them: tiles of [`TILE_ROWS`] rows, a tile block by block along
//! its columns, a block with its scales first. One form serves every instruction set, and files hold it as it is
//! (`Q4_0x16`, `Q8_0x16`), so that such a matrix is read where it is mapped.
//!
//! The up and down matrices of a FFN whose neurons may be skipped have layouts of their own, see [`skipping`], in files
//! too; products of many rows weave these into tiles as they go.
//!
//! The trap: rows are padded to whole tiles (zero scales), so an output row needs room for `tiles() * TILE_ROWS`.

mod skipping;
mod tiles;
mod weave;
mod woven;

use std::ops::Range;

use half::f16;
use phonelm_gguf::TensorType;
use phonelm_model::{Mapping, ModelFile, Tensor};

use crate::blocks::{BlockError, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0, check_length};
use crate::kernels::{GROUP, TILE_ROWS};
use crate::pool::Pool;
pub(crate) use skipping::{ColumnBlock, HALF_ROWS, HALF_TILES, ROW_GROUPS, RowBlock, SLAB_ROWS};
use skipping::{SkipBlock, each_group, lay_out};
use tiles::Tiles;
pub(crate) use weave::{AffineBlock, Q4Block, Q8Block};
use weave::{PackedBlock, pack, unpack};
pub(crate) use woven::{Weave, Woven};

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
    Q4(Tiles<Q4Block>),
    Q8(Tiles<Q8Block>),
    Affine32(Vec<AffineBlock<8>>),
    Affine16(Vec<AffineBlock<4>>),
    Rows(Tiles<RowBlock>),
    Columns(Tiles<ColumnBlock>),
}

/// A quantised weight matrix, `[rows, cols]`, in tiles or in one of the layouts for skipping.
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
            TensorType::Q4_0 => Storage::Q4(Tiles::Owned(pack::<Q4_0, _>(bytes, cols, pool))),
            TensorType::Q8_0 => Storage::Q8(Tiles::Owned(pack::<Q8_0, _>(bytes, cols, pool))),
            TensorType::Q4_1 => Storage::Affine32(pack::<Q4_1, _>(bytes, cols, pool)),
            TensorType::Q5_0 => Storage::Affine32(pack::<Q5_0, _>(bytes, cols, pool)),
            TensorType::Q5_1 => Storage::Affine32(pack::<Q5_1, _>(bytes, cols, pool)),
            TensorType::Q4_K => Storage::Affine32(pack::<Q4_K, _>(bytes, cols, pool)),
            TensorType::Q5_K => Storage::Affine32(pack::<Q5_K, _>(bytes, cols, pool)),
            TensorType::Q6_K => Storage::Affine16(pack::<Q6_K, _>(bytes, cols, pool)),
            TensorType::F32 | TensorType::F16 | TensorType::BF16 => return Err(BlockError::NotPackable { ty }),
            TensorType::Q4_0x16 | TensorType::Q8_0x16 | TensorType::Q4_0Rows | TensorType::Q4_0Columns => {
                return Err(BlockError::Packed { ty });
            }
        };
        Ok(Self { rows, cols, storage })
    }

    /// Packs rows of Q4_0 or Q8_0 as the packed type `ty` lays them out; see [`Self::from_blocks`].
    ///
    /// Fails also for shapes that a file cannot hold as `ty`.
    pub fn laid_out(ty: TensorType, bytes: &[u8], rows: usize, cols: usize, pool: &Pool) -> Result<Self, BlockError> {
        check_shape(ty, rows, cols)?;
        if !matches!(ty, TensorType::Q4_0Rows | TensorType::Q4_0Columns) {
            return Self::from_blocks(ty.unpacked(), bytes, rows, cols, pool);
        }
        check_length(TensorType::Q4_0, bytes, rows * cols)?;
        let storage = if ty == TensorType::Q4_0Rows {
            let count = rows * cols / (TILE_ROWS * ROW_GROUPS * GROUP);
            Storage::Rows(Tiles::in_lines(count, |out| lay_out(bytes, cols, pool, out)))
        } else {
            let count = rows * cols / (SLAB_ROWS * GROUP);
            Storage::Columns(Tiles::in_lines(count, |out| lay_out(bytes, cols, pool, out)))
        };
        Ok(Self { rows, cols, storage })
    }

    /// The matrix that lies packed in a file, read there; see [`Self::in_mapping`].
    pub fn in_file(file: &ModelFile, tensor: &Tensor) -> Result<Self, BlockError> {
        Self::in_mapping(tensor.ty, file.mapping(), tensor.range.clone(), tensor.rows, tensor.cols)
    }

    /// The matrix that lies packed in `range` of a mapping, read there.
    ///
    /// Fails for types that are not packed, for rows that are no whole number of tiles, and for bytes of another length.
    pub fn in_mapping(
        ty: TensorType,
        mapping: &Mapping,
        range: Range<usize>,
        rows: usize,
        cols: usize,
    ) -> Result<Self, BlockError> {
        check_shape(ty, rows, cols)?;
        check_length(ty, mapping.get(range.clone()).unwrap_or_default(), rows * cols)?;
        let storage = match ty {
            TensorType::Q4_0x16 => Storage::Q4(Tiles::of(mapping, range)),
            TensorType::Q8_0x16 => Storage::Q8(Tiles::of(mapping, range)),
            TensorType::Q4_0Rows => Storage::Rows(Tiles::of(mapping, range)),
            TensorType::Q4_0Columns => Storage::Columns(Tiles::of(mapping, range)),
            _ => return Err(BlockError::NotPackable { ty }),
        };
        Ok(Self { rows, cols, storage })
    }

    /// Rows of a matrix by columns that are multiplied together, see [`crate::Kernels::matmul_active`].
    pub const HALF_ROWS: usize = HALF_ROWS;

    /// Bytes in memory of a packed matrix of `rows` rows of `cols` columns stored as `ty`; 0 for the types that are read
    /// in the file.
    pub fn bytes_of(ty: TensorType, rows: usize, cols: usize) -> u64 {
        let (block, columns) = match ty {
            TensorType::F32 | TensorType::F16 | TensorType::BF16 => return 0,
            TensorType::Q4_0x16 | TensorType::Q8_0x16 | TensorType::Q4_0Rows | TensorType::Q4_0Columns => return 0,
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

    /// Whether it is read in the file, so that it takes no memory of its own.
    pub fn is_mapped(&self) -> bool {
        match &self.storage {
            Storage::Q4(b) => b.is_mapped(),
            Storage::Q8(b) => b.is_mapped(),
            Storage::Rows(b) => b.is_mapped(),
            Storage::Columns(b) => b.is_mapped(),
            Storage::Affine32(_) | Storage::Affine16(_) => false,
        }
    }

    /// Bytes of all blocks.
    pub fn bytes(&self) -> usize {
        match &self.storage {
            Storage::Q4(b) => size_of_val(&**b),
            Storage::Q8(b) => size_of_val(&**b),
            Storage::Affine32(b) => size_of_val(&**b),
            Storage::Affine16(b) => size_of_val(&**b),
            Storage::Rows(b) => size_of_val(&**b),
            Storage::Columns(b) => size_of_val(&**b),
        }
    }

    /// Neighbouring tiles that are best multiplied together, from a multiple of this number on, by so many threads.
    ///
    /// By columns these are a slab, whose two lines a column come together, or half of one if there are few slabs.
    pub fn tiles_together(&self, threads: usize) -> usize {
        let slabs = self.rows / SLAB_ROWS;
        match self.storage {
            Storage::Columns(_) if slabs >= 4 * threads => 2 * HALF_TILES,
            Storage::Columns(_) => HALF_TILES,
            _ => 1,
        }
    }

    /// Writes the weights of one row, `[cols]`.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        match &self.storage {
            Storage::Q4(b) => row_of(b, self.cols, row, out),
            Storage::Q8(b) => row_of(b, self.cols, row, out),
            Storage::Affine32(b) => row_of(b, self.cols, row, out),
            Storage::Affine16(b) => row_of(b, self.cols, row, out),
            Storage::Rows(b) => group_floats(b, self.cols, row, out),
            Storage::Columns(b) => group_floats(b, self.cols, row, out),
        }
    }

    /// The packed type and bytes under which a file holds this matrix, if one can: from Q4_0 or Q8_0, in whole tiles.
    pub fn file_bytes(&self) -> Option<(TensorType, &[u8])> {
        if !self.rows.is_multiple_of(TILE_ROWS) {
            return None;
        }
        match &self.storage {
            Storage::Q4(tiles) => Some((TensorType::Q4_0x16, tiles.bytes())),
            Storage::Q8(tiles) => Some((TensorType::Q8_0x16, tiles.bytes())),
            Storage::Rows(blocks) => Some((TensorType::Q4_0Rows, blocks.bytes())),
            Storage::Columns(blocks) => Some((TensorType::Q4_0Columns, blocks.bytes())),
            Storage::Affine32(_) | Storage::Affine16(_) => None,
        }
    }

    /// The rows one after the other, as Q4_0 or Q8_0, of a matrix that a file can hold packed; see [`Self::file_bytes`].
    pub fn unpack(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        match &self.storage {
            Storage::Q4(tiles) => unpack(tiles, self.rows, |values, scale| q4_0(values, scale, &mut out)),
            Storage::Q8(tiles) => unpack(tiles, self.rows, |values, scale| {
                out.extend(scale.to_le_bytes());
                out.extend(values.map(|value| value as u8));
            }),
            Storage::Rows(b) => self.each_group(b, |values, scale| q4_0(values, scale, &mut out)),
            Storage::Columns(b) => self.each_group(b, |values, scale| q4_0(values, scale, &mut out)),
            Storage::Affine32(_) | Storage::Affine16(_) => return None,
        }
        Some(out)
    }

    fn each_group<B: SkipBlock>(&self, blocks: &[B], mut take: impl FnMut(&[i8; GROUP], f16)) {
        (0..self.rows).for_each(|row| each_group(blocks, self.cols, row, &mut take));
    }

    /// The blocks of one tile, woven in `woven` if the layout has none.
    ///
    /// # Safety
    /// The CPU has the instructions of `W`.
    #[inline(always)]
    pub(crate) unsafe fn tile<'a, W: Weave>(&'a self, tile: usize, woven: &'a mut Woven) -> Blocks<'a> {
        let range = |per_block: usize| {
            let per_tile = self.cols / per_block;
            tile * per_tile..(tile + 1) * per_tile
        };
        match &self.storage {
            Storage::Q4(b) => Blocks::Q4(&b[range(32)]),
            Storage::Q8(b) => Blocks::Q8(&b[range(32)]),
            Storage::Affine32(b) => Blocks::Affine32(&b[range(32)]),
            Storage::Affine16(b) => Blocks::Affine16(&b[range(16)]),
            // SAFETY: passed on.
            Storage::Rows(b) => Blocks::Q4(unsafe { woven.rows::<W>(&b[range(ROW_GROUPS * GROUP)]) }),
            // SAFETY: passed on.
            Storage::Columns(b) => Blocks::Q4(unsafe { woven.columns::<W>(b, self.cols / GROUP, tile) }),
        }
    }

    /// The blocks of all rows, tile by tile; none in another layout.
    pub(crate) fn row_blocks(&self) -> Option<&[RowBlock]> {
        match &self.storage {
            Storage::Rows(blocks) => Some(blocks),
            _ => None,
        }
    }

    /// The blocks of all slabs, one slab after the other; none in another layout.
    pub(crate) fn column_blocks(&self) -> Option<&[ColumnBlock]> {
        match &self.storage {
            Storage::Columns(blocks) => Some(blocks),
            _ => None,
        }
    }
}

/// Checks that a file can hold a matrix of this shape as the packed type `ty`.
fn check_shape(ty: TensorType, rows: usize, cols: usize) -> Result<(), BlockError> {
    rows.checked_mul(cols).ok_or(BlockError::TooLarge { ty, rows, cols })?;
    let (tile, block) = (ty.tile_rows(), ty.block_len());
    if !rows.is_multiple_of(tile) {
        return Err(BlockError::PartialTile { ty, rows, tile });
    }
    if !cols.is_multiple_of(block) {
        return Err(BlockError::PartialBlock { ty, len: cols, block });
    }
    Ok(())
}

/// Appends a group as Q4_0 stores it.
fn q4_0(values: &[i8; GROUP], scale: f16, out: &mut Vec<u8>) {
    out.extend(scale.to_le_bytes());
    out.extend((0..16).map(|i| (values[i] + 8) as u8 | ((values[i + 16] + 8) as u8) << 4));
}

/// One row of tiles.
fn row_of<P: PackedBlock>(tiles: &[P], cols: usize, row: usize, out: &mut [f32]) {
    let (per_tile, mut values) = (cols / P::COLS, [0; 32]);
    let tile = &tiles[row / TILE_ROWS * per_tile..][..per_tile];
    for (block, out) in tile.iter().zip(out.chunks_exact_mut(P::COLS)) {
        let scale = block.get(row % TILE_ROWS, &mut values);
        for (out, value) in out.iter_mut().zip(values) {
            *out = scale.scale * f32::from(value) + scale.min;
        }
    }
}

/// One row of a layout for skipping.
fn group_floats<B: SkipBlock>(blocks: &[B], cols: usize, row: usize, out: &mut [f32]) {
    let mut groups = out.chunks_exact_mut(GROUP);
    each_group(blocks, cols, row, |values, scale| {
        for (out, value) in groups.next().unwrap_or_default().iter_mut().zip(values) {
            *out = scale.to_f32() * f32::from(*value);
        }
    });
}
