//! KV caches: blocks of 64 tokens, shared between forks and copied when written.
//!
//! A block holds all layers of its tokens. Inside it, layer by layer and head by head, lie the keys (transposed, so that
//! scores of neighbouring tokens are neighbours) and the values, as [`KvBlock`] says.

use std::{
    collections::HashSet,
    ops::Range,
    slice::{from_raw_parts, from_raw_parts_mut},
    sync::Arc,
};

use half::{f16, slice::HalfBitsSliceExt, slice::HalfFloatSliceExt};
use memmap2::MmapMut;
use phonelm_model::{Config, ExecutorError, ExportShape};

use super::LoadError;
use crate::attention::{KV_BLOCK, KvBlock, Q8Square};
use crate::kernels::{GROUP, Kernels};
use crate::rows::QuantizedGroup;

/// How keys and values are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KvType {
    /// Half precision: what phones use.
    #[default]
    F16,
    /// Single precision: for comparing with references.
    F32,
    /// Bytes with a scale for 32 elements of a token: 53 % of the memory of [`Self::F16`]. For heads whose width is a
    /// multiple of 32.
    Q8_0,
}

impl KvType {
    /// Bytes of an element, without scales: what tells the types apart in an export.
    const fn bytes(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::Q8_0 => 1,
        }
    }

    /// Checks that exported blocks hold nothing infinite or undefined, of which no later position would recover.
    pub fn check(self, blocks: &[u8]) -> Result<(), ExecutorError> {
        let half = |bytes: &[u8; 2]| f16::from_ne_bytes(*bytes).is_finite();
        let bad = match self {
            Self::F16 => count(blocks, half),
            Self::F32 => count(blocks, |bytes: &[u8; 4]| f32::from_ne_bytes(*bytes).is_finite()),
            Self::Q8_0 => blocks
                .as_chunks::<{ size_of::<Q8Square>() }>()
                .0
                .iter()
                .map(|square| count(Q8Square::scales_of(square), half))
                .sum(),
        };
        match bad {
            0 => Ok(()),
            _ => Err(ExecutorError::BadImport {
                field: "count of elements that are no numbers",
                found: bad,
                expected: 0,
            }),
        }
    }
}

/// Elements of `N` bytes that are not as they should be.
fn count<const N: usize>(bytes: &[u8], good: impl Fn(&[u8; N]) -> bool) -> u64 {
    bytes.as_chunks::<N>().0.iter().map(|element| u64::from(!good(element))).sum()
}

/// Sizes that all blocks of an executor share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) layers: usize,
    pub(super) kv_heads: usize,
    pub(super) head_dim: usize,
    pub(super) ty: KvType,
}

impl Geometry {
    /// Fails where heads do not divide into what the type stores.
    pub(super) fn new(config: &Config, ty: KvType) -> Result<Self, LoadError> {
        let head_dim = config.head_dim;
        if ty == KvType::Q8_0 && !head_dim.is_multiple_of(GROUP) {
            return Err(LoadError::HeadWidth { head_dim, multiple: GROUP });
        }
        Ok(Self { layers: config.layers, kv_heads: config.kv_heads, head_dim, ty })
    }

    /// Items of the keys (or values) of one head in one layer of a block: elements, or squares of them.
    fn half_head(self) -> usize {
        match self.ty {
            KvType::F16 | KvType::F32 => self.head_dim * KV_BLOCK,
            KvType::Q8_0 => self.head_dim / GROUP * (KV_BLOCK / GROUP),
        }
    }

    fn items(self) -> usize {
        2 * self.layers * self.kv_heads * self.half_head()
    }

    pub(super) fn block_bytes(self) -> usize {
        self.items()
            * match self.ty {
                KvType::F16 => size_of::<u16>(),
                KvType::F32 => size_of::<f32>(),
                KvType::Q8_0 => size_of::<Q8Square>(),
            }
    }

    pub(super) fn export_shape(self) -> ExportShape {
        ExportShape {
            layers: self.layers,
            kv_heads: self.kv_heads,
            head_dim: self.head_dim,
            element_bytes: self.ty.bytes(),
            block: KV_BLOCK,
            block_bytes: self.block_bytes(),
        }
    }

    fn keys_at(self, layer: usize, head: usize) -> usize {
        2 * (layer * self.kv_heads + head) * self.half_head()
    }
}

/// The storage of 64 tokens, at first all zero. Memory of its own from the system, which costs nothing until it is written.
struct Block(MmapMut);

impl Block {
    fn new(geometry: Geometry) -> Result<Self, ExecutorError> {
        let bytes = geometry.block_bytes();
        let memory = MmapMut::map_anon(bytes).map_err(|_| ExecutorError::OutOfMemory { bytes })?;
        // A head's part of a block is a few small pages, and the next block another place: attention would wait for the page
        // tables. (Miri knows no advice.)
        #[cfg(all(target_os = "linux", not(miri)))]
        if let Err(error) = memory.advise(memmap2::Advice::HugePage) {
            tracing::debug!(%error, "keys and values are kept in small pages");
        }
        Ok(Self(memory))
    }

    /// A block that holds `bytes`.
    fn of(bytes: &[u8], geometry: Geometry) -> Result<Self, ExecutorError> {
        let mut block = Self::new(geometry)?;
        block.0.copy_from_slice(bytes);
        Ok(block)
    }
}

/// The keys and values of one text.
#[derive(Clone, Default)]
pub(super) struct Cache {
    len: usize,
    blocks: Vec<Arc<Block>>,
}

impl Cache {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Keeps the first `len` tokens and gives the other blocks back.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.blocks.truncate(self.len.div_ceil(KV_BLOCK));
    }

    /// Makes the blocks of the next `count` tokens exist and be this cache's own.
    pub(super) fn reserve(&mut self, count: usize, geometry: Geometry) -> Result<(), ExecutorError> {
        let first = self.len / KV_BLOCK;
        for index in first..(self.len + count).div_ceil(KV_BLOCK) {
            match self.blocks.get_mut(index) {
                Some(block) => {
                    if Arc::get_mut(block).is_none() {
                        *block = Arc::new(Block::of(&block.0, geometry)?);
                    }
                }
                None => self.blocks.push(Arc::new(Block::new(geometry)?)),
            }
        }
        Ok(())
    }

    /// Counts `count` tokens, whose keys and values have been written, as held.
    pub(super) fn advance(&mut self, count: usize) {
        self.len += count;
    }

    /// Pointers to the blocks for one pass over the next tokens, which [`Self::reserve`] made room for.
    pub(super) fn open(&mut self, geometry: Geometry) -> OpenCache<'_> {
        let start = self.len;
        let pointer = |block: &mut Arc<Block>| match Arc::get_mut(block) {
            Some(own) => own.0.as_mut_ptr(),
            None => block.0.as_ptr().cast_mut(),
        };
        let blocks = self.blocks.iter_mut().map(pointer).collect();
        OpenCache { geometry, start, blocks, lifetime: std::marker::PhantomData }
    }

    /// Bytes of a set of caches, shared blocks counted once.
    pub(super) fn bytes<'a>(caches: impl Iterator<Item = &'a Cache>, geometry: Geometry) -> usize {
        let blocks: HashSet<*const Block> = caches.flat_map(|c| c.blocks.iter().map(Arc::as_ptr)).collect();
        blocks.len() * geometry.block_bytes()
    }

    /// Appends blocks as they lie in memory.
    pub(super) fn append_blocks(&self, blocks: Range<usize>, out: &mut Vec<u8>) {
        for block in self.blocks.iter().take(blocks.end).skip(blocks.start) {
            out.extend_from_slice(&block.0);
        }
    }

    /// A cache from exported bytes.
    pub(super) fn import(bytes: &[u8], geometry: Geometry, context: usize) -> Result<Self, ExecutorError> {
        let (len, body) = geometry.export_shape().open(bytes, context)?;
        geometry.ty.check(body)?;
        let blocks = body.chunks_exact(geometry.block_bytes());
        let blocks = blocks.map(|bytes| Ok(Arc::new(Block::of(bytes, geometry)?))).collect::<Result<_, _>>()?;
        Ok(Self { len, blocks })
    }
}

/// A cache during one pass: threads write the new tokens of different heads and read all earlier ones.
pub(super) struct OpenCache<'a> {
    geometry: Geometry,
    start: usize,
    blocks: Vec<*mut u8>,
    lifetime: std::marker::PhantomData<&'a mut Cache>,
}

// SAFETY: the pointers are to blocks that the borrowed cache keeps alive; the methods that follow them are unsafe and state
// which accesses may run at the same time.
unsafe impl Send for OpenCache<'_> {}
// SAFETY: as above.
unsafe impl Sync for OpenCache<'_> {}

impl OpenCache<'_> {
    /// Tokens that were there before the pass.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Stores the key and value of one head of the token at `position`, `head_dim` values each.
    ///
    /// # Safety
    /// `position` is one of the new positions of the pass, and no other thread reads or writes this layer and head of the
    /// cache meanwhile.
    pub(super) unsafe fn write(
        &self,
        (layer, head): (usize, usize),
        position: usize,
        [key, value]: [&[f32]; 2],
        kernels: &dyn Kernels,
    ) {
        let g = self.geometry;
        debug_assert!(position >= self.start && layer < g.layers && head < g.kv_heads);
        debug_assert!(key.len() == g.head_dim && value.len() == g.head_dim);
        let (at, half) = (g.keys_at(layer, head), g.half_head());
        let token = position % KV_BLOCK;
        let block = self.blocks[position / KV_BLOCK];
        // SAFETY: this head's region lies inside the block (`keys_at`), whose start is that of a page; `reserve` made the block
        // this cache's own, and the caller promises that nobody else touches the region.
        unsafe {
            match g.ty {
                KvType::F16 => {
                    let (keys, values) = from_raw_parts_mut(block.cast::<u16>().add(at), 2 * half).split_at_mut(half);
                    for (d, x) in key.iter().enumerate() {
                        keys[d * KV_BLOCK + token] = f16::from_f32(*x).to_bits();
                    }
                    let values = &mut values[token * g.head_dim..][..g.head_dim];
                    values.reinterpret_cast_mut::<f16>().convert_from_f32_slice(value);
                }
                KvType::F32 => {
                    let (keys, values) = from_raw_parts_mut(block.cast::<f32>().add(at), 2 * half).split_at_mut(half);
                    for (d, x) in key.iter().enumerate() {
                        keys[d * KV_BLOCK + token] = *x;
                    }
                    values[token * g.head_dim..][..g.head_dim].copy_from_slice(value);
                }
                KvType::Q8_0 => {
                    let head = from_raw_parts_mut(block.cast::<Q8Square>().add(at), 2 * half);
                    let (keys, values) = head.split_at_mut(half);
                    let squares = (token / GROUP..half).step_by(KV_BLOCK / GROUP);
                    let mut one = [QuantizedGroup::default()];
                    for (square, part) in squares.clone().zip(key.as_chunks::<GROUP>().0) {
                        kernels.quantize(part, &mut one);
                        keys[square].put_key(token % GROUP, &one[0]);
                    }
                    for (square, part) in squares.zip(value.as_chunks::<GROUP>().0) {
                        kernels.quantize(part, &mut one);
                        values[square].put_value(token % GROUP, &one[0]);
                    }
                }
            }
        }
    }

    /// Keys and values of one head in one block.
    ///
    /// # Safety
    /// No thread writes this layer and head of the cache while the result is alive.
    pub(super) unsafe fn block(&self, layer: usize, head: usize, index: usize) -> KvBlock<'_> {
        let g = self.geometry;
        debug_assert!(layer < g.layers && head < g.kv_heads);
        let (at, half) = (g.keys_at(layer, head), g.half_head());
        let block = self.blocks[index];
        // SAFETY: the region lies inside the block (`keys_at`), whose start is that of a page, any bytes are numbers, and the
        // caller promises that nobody writes it.
        unsafe {
            match g.ty {
                KvType::F16 => {
                    let (keys, values) = from_raw_parts(block.cast::<u16>().add(at), 2 * half).split_at(half);
                    KvBlock::F16 { keys, values }
                }
                KvType::F32 => {
                    let (keys, values) = from_raw_parts(block.cast::<f32>().add(at), 2 * half).split_at(half);
                    KvBlock::F32 { keys, values }
                }
                KvType::Q8_0 => {
                    let (keys, values) = from_raw_parts(block.cast::<Q8Square>().add(at), 2 * half).split_at(half);
                    KvBlock::Q8_0 { keys, values }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_with_what_is_no_number_are_refused() {
        let refused = |ty: KvType, blocks: &[u8]| match ty.check(blocks) {
            Ok(()) => 0,
            Err(ExecutorError::BadImport { found, .. }) => found,
            Err(error) => unreachable!("{error}"),
        };
        let halves = |values: &[f16]| values.iter().flat_map(|value| value.to_ne_bytes()).collect::<Vec<u8>>();
        let bad = [f16::MAX, f16::NEG_INFINITY, f16::ZERO, f16::NAN];
        assert_eq!(refused(KvType::F16, &halves(&bad)), 2);
        let singles: Vec<u8> = bad.iter().flat_map(|value| value.to_f32().to_ne_bytes()).collect();
        assert_eq!(refused(KvType::F32, &singles), 2);
        // Whatever the elements of a square are, its scales alone make them numbers.
        let mut square = [0xff; size_of::<Q8Square>()];
        square[..2 * GROUP].fill(0);
        assert_eq!(refused(KvType::Q8_0, &square), 0);
        square[2 * GROUP - 2..2 * GROUP].copy_from_slice(&f16::INFINITY.to_ne_bytes());
        assert_eq!(refused(KvType::Q8_0, &[square; 2].concat()), 2);
    }
}
