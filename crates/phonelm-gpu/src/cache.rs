//! KV caches on the GPU: each layer has a pool of blocks of 64 tokens, and a cache is a list of their numbers. Forks share
//! blocks, which are copied when written. A full pool doubles until a text of the whole context fits, and then grows by room
//! for one more; given-back blocks are used again.
//!
//! Exported, they are the bytes of the CPU's caches of the same type.

use std::ops::Range;

use phonelm_kernels::KV_BLOCK;
use phonelm_model::{Config, ExecutorError, ExportShape};
use wgpu::{BindGroup, Buffer, BufferUsages, CommandEncoderDescriptor};

use crate::device::Device;
use crate::keys::{KvFormat, Order};
use crate::pipelines::{Group, Pipelines};

/// Blocks of the first pool.
const FIRST: usize = 4;

/// The keys and values of one text.
#[derive(Default)]
pub(crate) struct Cache {
    pub(crate) len: usize,
    /// Their numbers in the pool.
    pub(crate) blocks: Vec<u32>,
}

/// The blocks of all caches.
pub(crate) struct Pool {
    layers: Vec<Layer>,
    /// Caches that hold each block.
    holders: Vec<u32>,
    /// Those that none holds; the last is taken first.
    free: Vec<u32>,
    shape: ExportShape,
    order: Order,
    /// Blocks of a text of the whole context.
    longest: usize,
    /// Most blocks that a binding holds.
    limit: usize,
}

struct Layer {
    blocks: Buffer,
    norms: Buffer,
    group: BindGroup,
}

const USAGE: BufferUsages = BufferUsages::STORAGE.union(BufferUsages::COPY_SRC).union(BufferUsages::COPY_DST);

impl Pool {
    /// An empty pool for texts of up to `context` tokens; `norms` are those of the heads of each layer.
    pub(crate) fn new(
        device: &Device,
        pipelines: &Pipelines,
        config: &Config,
        format: KvFormat,
        context: usize,
        norms: Vec<Buffer>,
    ) -> Option<Self> {
        let order = Order::new(format, config.head_dim);
        let layer_bytes = config.kv_heads * order.head_bytes();
        let shape = ExportShape {
            layers: config.layers,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            element_bytes: format.element_bytes(),
            block: KV_BLOCK,
            block_bytes: config.layers * layer_bytes,
        };
        let limit = (device.adapter.max_binding / layer_bytes as u64) as usize;
        let empty = device.buffer("keys and values", 0, USAGE)?;
        let layer = |norms: Buffer| {
            let group = pipelines.bind(device, Group::Layer, &[&empty, &norms]);
            Layer { blocks: empty.clone(), norms, group }
        };
        Some(Self {
            layers: norms.into_iter().map(layer).collect(),
            holders: Vec::new(),
            free: Vec::new(),
            shape,
            order,
            longest: context.div_ceil(KV_BLOCK),
            limit,
        })
    }

    /// What shaders bind of a layer.
    pub(crate) fn group(&self, layer: usize) -> &BindGroup {
        &self.layers[layer].group
    }

    /// What an export tells of these caches.
    pub(crate) fn shape(&self) -> &ExportShape {
        &self.shape
    }

    /// Bytes of the blocks that caches hold.
    pub(crate) fn bytes(&self) -> usize {
        (self.holders.len() - self.free.len()) * self.shape.block_bytes
    }

    /// Bytes of one token's keys and values.
    pub(crate) fn token_bytes(&self) -> usize {
        self.shape.block_bytes / KV_BLOCK
    }

    /// Bytes of a block in one layer.
    fn layer_bytes(&self) -> u64 {
        (self.shape.block_bytes / self.shape.layers) as u64
    }

    pub(crate) fn fork(&mut self, cache: &Cache) -> Cache {
        cache.blocks.iter().for_each(|block| self.holders[*block as usize] += 1);
        Cache { len: cache.len, blocks: cache.blocks.clone() }
    }

    /// Keeps the first `len` tokens and gives the other blocks back.
    pub(crate) fn truncate(&mut self, cache: &mut Cache, len: usize) {
        cache.len = cache.len.min(len);
        for block in cache.blocks.drain(cache.len.div_ceil(KV_BLOCK)..) {
            self.holders[block as usize] -= 1;
            if self.holders[block as usize] == 0 {
                self.free.push(block);
            }
        }
    }

    /// Makes the blocks of the next `count` tokens exist and be this cache's own.
    pub(crate) fn reserve(
        &mut self,
        device: &Device,
        pipelines: &Pipelines,
        cache: &mut Cache,
        count: usize,
    ) -> Result<(), ExecutorError> {
        for index in cache.len / KV_BLOCK..(cache.len + count).div_ceil(KV_BLOCK) {
            match cache.blocks.get(index).copied() {
                None => {
                    let block = self.take(device, pipelines)?;
                    cache.blocks.push(block);
                }
                Some(block) if self.holders[block as usize] > 1 => {
                    let own = self.take(device, pipelines)?;
                    self.copy(device, block, own)?;
                    self.holders[block as usize] -= 1;
                    cache.blocks[index] = own;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn take(&mut self, device: &Device, pipelines: &Pipelines) -> Result<u32, ExecutorError> {
        if self.free.is_empty() {
            self.grow(device, pipelines)?;
        }
        let full = ExecutorError::OutOfMemory { bytes: self.shape.block_bytes };
        let block = self.free.pop().ok_or(full)?;
        self.holders[block as usize] = 1;
        Ok(block)
    }

    fn grow(&mut self, device: &Device, pipelines: &Pipelines) -> Result<(), ExecutorError> {
        let (old, bytes) = (self.holders.len(), self.layer_bytes());
        let new = grown(old, self.longest).min(self.limit);
        let full = ExecutorError::OutOfMemory { bytes: (old + 1) * self.shape.block_bytes };
        if new <= old {
            return Err(full);
        }
        // All or none: a pool of some layers would be of no use.
        let buffers: Option<Vec<Buffer>> =
            self.layers.iter().map(|_| device.buffer("keys and values", new as u64 * bytes, USAGE)).collect();
        let buffers = buffers.ok_or(full)?;
        let mut encoder = device.gpu.create_command_encoder(&CommandEncoderDescriptor::default());
        for (layer, blocks) in self.layers.iter_mut().zip(buffers) {
            if old > 0 {
                encoder.copy_buffer_to_buffer(&layer.blocks, 0, &blocks, 0, old as u64 * bytes);
            }
            layer.group = pipelines.bind(device, Group::Layer, &[&blocks, &layer.norms]);
            layer.blocks = blocks;
        }
        device.queue.submit([encoder.finish()]);
        self.holders.resize(new, 0);
        self.free.extend((old as u32..new as u32).rev());
        device.check()
    }

    /// Copies a block in all layers, by way of a buffer between, because none can be copied to itself.
    fn copy(&self, device: &Device, from: u32, to: u32) -> Result<(), ExecutorError> {
        let bytes = self.layer_bytes();
        let between = device
            .buffer("block", bytes, BufferUsages::COPY_SRC | BufferUsages::COPY_DST)
            .ok_or(ExecutorError::OutOfMemory { bytes: bytes as usize })?;
        let mut encoder = device.gpu.create_command_encoder(&CommandEncoderDescriptor::default());
        for layer in &self.layers {
            encoder.copy_buffer_to_buffer(&layer.blocks, u64::from(from) * bytes, &between, 0, bytes);
            encoder.copy_buffer_to_buffer(&between, 0, &layer.blocks, u64::from(to) * bytes, bytes);
        }
        device.queue.submit([encoder.finish()]);
        device.check()
    }

    /// Appends blocks of a cache to `out`, in the CPU's order.
    pub(crate) fn append_blocks(
        &self,
        device: &Device,
        cache: &Cache,
        blocks: Range<usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), ExecutorError> {
        let (bytes, whole) = (self.layer_bytes(), self.shape.block_bytes as u64);
        let staging = device
            .buffer("export", whole, BufferUsages::COPY_DST | BufferUsages::MAP_READ)
            .ok_or(ExecutorError::OutOfMemory { bytes: whole as usize })?;
        for block in cache.blocks.iter().take(blocks.end).skip(blocks.start) {
            let mut encoder = device.gpu.create_command_encoder(&CommandEncoderDescriptor::default());
            for (index, layer) in self.layers.iter().enumerate() {
                encoder.copy_buffer_to_buffer(
                    &layer.blocks,
                    u64::from(*block) * bytes,
                    &staging,
                    index as u64 * bytes,
                    bytes,
                );
            }
            device.queue.submit([encoder.finish()]);
            device.read(&staging, whole, |block| self.order.append_cpu(block, out))?;
        }
        Ok(())
    }

    /// A new cache from the bytes of an export, the CPU's or a GPU's.
    pub(crate) fn import(
        &mut self,
        device: &Device,
        pipelines: &Pipelines,
        bytes: &[u8],
        context: usize,
    ) -> Result<Cache, ExecutorError> {
        let (len, body) = self.shape.open(bytes, context)?;
        self.order.check_cpu(body)?;
        let mut cache = Cache::default();
        if let Err(error) = self.reserve(device, pipelines, &mut cache, len) {
            self.truncate(&mut cache, 0);
            return Err(error);
        }
        cache.len = len;
        let mut words = vec![0; self.shape.block_bytes];
        for (block, bytes) in cache.blocks.iter().zip(body.chunks_exact(self.shape.block_bytes)) {
            self.order.write_gpu(bytes, &mut words);
            for (layer, words) in self.layers.iter().zip(words.chunks_exact(self.layer_bytes() as usize)) {
                device.queue.write_buffer(&layer.blocks, u64::from(*block) * self.layer_bytes(), words);
            }
        }
        device.check()?;
        Ok(cache)
    }
}

/// Blocks of a pool after one of so many, if a text takes at most `longest`.
fn grown(old: usize, longest: usize) -> usize {
    if old < longest { (2 * old).max(FIRST).min(longest) } else { old + longest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_of_the_whole_context_takes_no_more_than_its_blocks() {
        let sizes = |longest| {
            let mut blocks = 0;
            [(); 6].map(|()| {
                blocks = grown(blocks, longest);
                blocks
            })
        };
        assert_eq!(sizes(33), [4, 8, 16, 32, 33, 66]);
        assert_eq!(sizes(1), [1, 2, 3, 4, 5, 6]);
    }
}
