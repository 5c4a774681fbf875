//! Weight matrices in the order in which kernels stream them: tiles of [`TILE_ROWS`] rows, a tile block by block along
//! its columns, a block with its scales first. One form serves every instruction set, and files hold it as it is
//! (`Q4_0x16`, `Q8_0x16`), so that such a matrix is read where it is mapped.
//!
//! The up and down matrices of a FFN whose neurons may be skipped have layouts of their own, see [`skipping`]; products of
//! many rows weave these into tiles as they go.
//!
//! The trap: rows are padded to whole tiles (zero scales), so an output row needs room for `tiles() * TILE_ROWS`.

mod skipping;
mod tiles;
mod weave;

use std::ops::Range;

use phonelm_gguf::TensorType;
use phonelm_model::Mapping;

use crate::blocks::{BlockError, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0, cast, check_length};
use crate::kernels::TILE_ROWS;
use crate::pool::Pool;
use crate::scalar::Scalar;
use skipping::slabs;
pub(crate) use skipping::{ColumnBlock, SLAB_ROWS, SLAB_TILES, Weave, Woven};
use tiles::Tiles;
pub(crate) use weave::{AffineBlock, Q4Block, Q8Block};
use weave::{PackedBlock, pack, unpack};

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
    /// Q4_0 as it lies in a file.
    Rows(Mapping, Range<usize>),
    Columns(Vec<ColumnBlock>),
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
            TensorType::Q4_0x16 | TensorType::Q8_0x16 => return Err(BlockError::Packed { ty }),
        };
        Ok(Self { rows, cols, storage })
    }

    /// The matrix that lies packed in `range` of a file, read there.
    ///
    /// Fails for types that are not packed, for rows that are no whole number of tiles, and for bytes of another length.
    pub fn in_file(
        ty: TensorType,
        mapping: &Mapping,
        range: Range<usize>,
        rows: usize,
        cols: usize,
    ) -> Result<Self, BlockError> {
        let len = rows.checked_mul(cols).ok_or(BlockError::TooLarge { ty, rows, cols })?;
        check_length(ty, mapping.get(range.clone()).unwrap_or_default(), len)?;
        if !rows.is_multiple_of(TILE_ROWS) {
            return Err(BlockError::PartialTile { ty, rows, tile: TILE_ROWS });
        }
        if !cols.is_multiple_of(ty.block_len()) {
            return Err(BlockError::PartialBlock { ty, len: cols, block: ty.block_len() });
        }
        let storage = match ty {
            TensorType::Q4_0x16 => Storage::Q4(Tiles::of(mapping, range)),
            TensorType::Q8_0x16 => Storage::Q8(Tiles::of(mapping, range)),
            _ => return Err(BlockError::NotPackable { ty }),
        };
        Ok(Self { rows, cols, storage })
    }

    /// The Q4_0 matrix that lies in `range` of a file, read there row by row: any rows can be multiplied alone, see
    /// [`crate::Kernels::matmul_rows`].
    pub fn by_rows(mapping: &Mapping, range: Range<usize>, rows: usize, cols: usize) -> Result<Self, BlockError> {
        check_q4_0(mapping.get(range.clone()).unwrap_or_default(), rows, cols)?;
        Ok(Self { rows, cols, storage: Storage::Rows(mapping.clone(), range) })
    }

    /// The Q4_0 matrix in `bytes`, packed so that columns can be passed over, see [`crate::Kernels::matmul_active`].
    ///
    /// Fails for rows that are no multiple of [`Self::COLUMNS_ROWS`].
    pub fn by_columns(bytes: &[u8], rows: usize, cols: usize, pool: &Pool) -> Result<Self, BlockError> {
        check_q4_0(bytes, rows, cols)?;
        if !rows.is_multiple_of(SLAB_ROWS) {
            return Err(BlockError::PartialTile { ty: TensorType::Q4_0, rows, tile: SLAB_ROWS });
        }
        Ok(Self { rows, cols, storage: Storage::Columns(slabs(cast(bytes), cols / 32, pool)) })
    }

    /// Rows of a matrix by columns come in multiples of this.
    pub const COLUMNS_ROWS: usize = SLAB_ROWS;

    /// Bytes in memory of a packed matrix of `rows` rows of `cols` columns stored as `ty`; 0 for the types that are read
    /// in the file.
    pub fn bytes_of(ty: TensorType, rows: usize, cols: usize) -> u64 {
        let (block, columns) = match ty {
            TensorType::F32 | TensorType::F16 | TensorType::BF16 => return 0,
            TensorType::Q4_0x16 | TensorType::Q8_0x16 => return 0,
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
        matches!(&self.storage, Storage::Q4(Tiles::Mapped(..)) | Storage::Q8(Tiles::Mapped(..)) | Storage::Rows(..))
    }

    /// Bytes of all blocks.
    pub fn bytes(&self) -> usize {
        match &self.storage {
            Storage::Q4(b) => size_of_val(&**b),
            Storage::Q8(b) => size_of_val(&**b),
            Storage::Affine32(b) => size_of_val(&**b),
            Storage::Affine16(b) => size_of_val(&**b),
            Storage::Rows(_, range) => range.len(),
            Storage::Columns(b) => size_of_val(&**b),
        }
    }

    /// Neighbouring tiles that are best multiplied together, from a multiple of this number on.
    pub fn tiles_together(&self) -> usize {
        if matches!(self.storage, Storage::Columns(_)) { SLAB_TILES } else { 1 }
    }

    /// Writes the weights of one row, `[cols]`.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let (tile, row) = (row / TILE_ROWS, row % TILE_ROWS);
        let mut woven = Woven::default();
        // SAFETY: the reference needs no instructions.
        match unsafe { self.tile::<Scalar>(tile, &mut woven) } {
            Blocks::Q4(b) => row_of(b, row, out),
            Blocks::Q8(b) => row_of(b, row, out),
            Blocks::Affine32(b) => row_of(b, row, out),
            Blocks::Affine16(b) => row_of(b, row, out),
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
            Storage::Affine32(_) | Storage::Affine16(_) | Storage::Rows(..) | Storage::Columns(_) => None,
        }
    }

    /// The rows one after the other, as Q4_0 or Q8_0, of a matrix that a file can hold packed; see [`Self::file_bytes`].
    pub fn unpack(&self) -> Option<Vec<u8>> {
        match &self.storage {
            Storage::Q4(tiles) => Some(unpack(tiles, self.rows, |values, scale, out| {
                out.extend(scale.to_le_bytes());
                out.extend((0..16).map(|i| (values[i] + 8) as u8 | ((values[i + 16] + 8) as u8) << 4));
            })),
            Storage::Q8(tiles) => Some(unpack(tiles, self.rows, |values, scale, out| {
                out.extend(scale.to_le_bytes());
                out.extend(values.map(|value| value as u8));
            })),
            Storage::Affine32(_) | Storage::Affine16(_) | Storage::Rows(..) | Storage::Columns(_) => None,
        }
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
            Storage::Rows(..) => {
                let (per_row, last) = (self.cols / 32, self.rows.min((tile + 1) * TILE_ROWS));
                let rows = &self.row_blocks()[tile * TILE_ROWS * per_row..last * per_row];
                // SAFETY: passed on.
                Blocks::Q4(unsafe { woven.rows::<W>(rows, per_row) })
            }
            // SAFETY: passed on.
            Storage::Columns(b) => Blocks::Q4(unsafe { woven.columns::<W>(b, self.cols / 32, tile) }),
        }
    }

    /// The blocks of all rows, one row after the other; none in another layout.
    pub(crate) fn row_blocks(&self) -> &[Q4_0] {
        match &self.storage {
            Storage::Rows(mapping, range) => cast(&mapping[range.clone()]),
            _ => &[],
        }
    }

    /// The blocks of all slabs, one slab after the other; none in another layout.
    pub(crate) fn column_blocks(&self) -> &[ColumnBlock] {
        match &self.storage {
            Storage::Columns(blocks) => blocks,
            _ => &[],
        }
    }
}

/// Checks that `bytes` are a Q4_0 matrix.
fn check_q4_0(bytes: &[u8], rows: usize, cols: usize) -> Result<(), BlockError> {
    let ty = TensorType::Q4_0;
    let len = rows.checked_mul(cols).ok_or(BlockError::TooLarge { ty, rows, cols })?;
    if !cols.is_multiple_of(ty.block_len()) {
        return Err(BlockError::PartialBlock { ty, len: cols, block: ty.block_len() });
    }
    check_length(ty, bytes, len)
}

/// One row of a tile.
fn row_of<P: PackedBlock>(tile: &[P], row: usize, out: &mut [f32]) {
    let mut values = [0; 32];
    for (block, out) in tile.iter().zip(out.chunks_exact_mut(P::COLS)) {
        let scale = block.get(row, &mut values);
        for (out, value) in out.iter_mut().zip(values) {
            *out = scale.scale * f32::from(value) + scale.min;
        }
    }
}
