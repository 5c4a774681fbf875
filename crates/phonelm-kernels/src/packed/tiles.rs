//! Where the blocks of a packed matrix lie: in memory, or in the file.

use std::ops::{Deref, Range};

use phonelm_model::Mapping;

use super::skipping::{ColumnBlock, RowBlock};
use super::weave::{Q4Block, Q8Block};

/// Blocks made at load, or those of a file.
pub(super) enum Tiles<B> {
    Owned(Vec<B>),
    /// The bytes of whole blocks, which begin at a cache line.
    Lines(Vec<Line>),
    /// The bytes of whole blocks, aligned for them.
    Mapped(Mapping, Range<usize>),
}

/// A cache line.
#[derive(Clone)]
#[repr(C, align(64))]
pub(super) struct Line([u8; 64]);

/// A block that files hold.
///
/// # Safety
/// Implementors are `repr(C)`, without padding, and valid for any bytes.
pub(super) unsafe trait FileBlock: Copy {}

// SAFETY: 16 u16 and 256 bytes, 288 in all (asserted above).
unsafe impl FileBlock for Q4Block {}
// SAFETY: 16 u16 and 512 bytes, 544 in all (asserted above).
unsafe impl FileBlock for Q8Block {}
// SAFETY: 2048 bytes and 128 u16, 2304 in all (asserted beside it).
unsafe impl FileBlock for RowBlock {}
// SAFETY: 4096 bytes and 256 u16, 4608 in all (asserted beside it).
unsafe impl FileBlock for ColumnBlock {}

impl<B: FileBlock> Tiles<B> {
    /// The blocks in `range` of `mapping`, which are copied if they lie at an odd address.
    pub(super) fn of(mapping: &Mapping, range: Range<usize>) -> Self {
        let bytes = &mapping[range.clone()];
        if bytes.as_ptr().cast::<B>().is_aligned() && cfg!(target_endian = "little") {
            return Self::Mapped(mapping.clone(), range);
        }
        // SAFETY: a chunk has the block's size, and any bytes are a valid block.
        let copy = |chunk: &[u8]| unsafe { chunk.as_ptr().cast::<B>().read_unaligned() };
        Self::Owned(bytes.chunks_exact(size_of::<B>()).map(copy).collect())
    }
}

impl<B: FileBlock> Tiles<B> {
    /// Whether the blocks are those of a file.
    pub(super) fn is_mapped(&self) -> bool {
        matches!(self, Self::Mapped(..))
    }

    /// `count` blocks at cache lines, all zeros before `fill`.
    pub(super) fn in_lines(count: usize, fill: impl FnOnce(&mut [B])) -> Self {
        const { assert!(size_of::<B>().is_multiple_of(64) && align_of::<B>() <= 64) };
        let mut lines = vec![Line([0; 64]); count * (size_of::<B>() / 64)];
        // SAFETY: the lines are as long as so many blocks, aligned for them, and any bytes are a valid block.
        fill(unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast::<B>(), count) });
        Self::Lines(lines)
    }

    /// The blocks as a file holds them.
    pub(super) fn bytes(&self) -> &[u8] {
        let blocks: &[B] = self;
        // SAFETY: blocks have no padding, and a slice of them has the length that `size_of_val` says.
        unsafe { std::slice::from_raw_parts(blocks.as_ptr().cast::<u8>(), size_of_val(blocks)) }
    }
}

impl<B: FileBlock> Deref for Tiles<B> {
    type Target = [B];

    fn deref(&self) -> &[B] {
        match self {
            Self::Owned(blocks) => blocks,
            // SAFETY: `in_lines` made whole blocks of them.
            Self::Lines(lines) => unsafe {
                std::slice::from_raw_parts(lines.as_ptr().cast::<B>(), size_of_val(&**lines) / size_of::<B>())
            },
            Self::Mapped(mapping, range) => {
                let bytes = &mapping[range.clone()];
                // SAFETY: `of` checked the alignment, a mapping's bytes never move, any bytes are a valid block, and the
                // length counts whole blocks of the slice.
                unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast::<B>(), bytes.len() / size_of::<B>()) }
            }
        }
    }
}
