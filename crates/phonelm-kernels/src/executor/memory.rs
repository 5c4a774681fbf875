//! What a model will cost in memory, from its header alone: nothing is loaded.

use phonelm_model::{Config, LayerWeights, ModelFile, Tensor};

use super::cache::Geometry;
use super::skipping::{ROWS, skips};
use super::{CpuOptions, LoadError, context_within};
use crate::{GROUP, KV_BLOCK, Packed, QuantizedGroup, TILE_ROWS};

/// Bytes that an executor holds beside the mapped file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Weights that are packed at load; those of a packed file are read there.
    pub weights: u64,
    /// Keys and values of 64 tokens; a cache takes whole blocks.
    pub kv_block: u64,
    /// Buffers of a forward pass.
    pub scratch: u64,
    /// RoPE tables of each token of the longest text so far.
    pub rope_per_token: u64,
    /// Longest text in tokens under the options.
    pub context: usize,
}

impl Memory {
    /// Of a model whose forward passes have at most `rows` rows. Fails for options that the model cannot have.
    pub fn of(file: &ModelFile, options: &CpuOptions, rows: usize) -> Result<Self, LoadError> {
        let (config, weights) = (file.config(), file.weights());
        let kernels = options.choose_kernels()?;
        let packed = |t: &Tensor| Packed::bytes_of(t.ty, t.rows, t.cols);
        let skipped = |l: &LayerWeights| !options.dense && skips(config, l, kernels);
        let layer =
            |l: &LayerWeights| [&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down].map(packed).iter().sum::<u64>();
        let context = context_within(options, config)?;
        Ok(Self {
            weights: weights.layers.iter().map(layer).sum::<u64>() + packed(&weights.head),
            kv_block: Geometry::new(config, options.kv)?.block_bytes() as u64,
            scratch: scratch(config, rows.min(context), weights.layers.iter().any(skipped)),
            rope_per_token: (config.head_dim * size_of::<f32>()) as u64,
            context,
        })
    }

    /// Bytes of one text of `tokens` tokens: its keys, values and RoPE tables.
    pub fn text(&self, tokens: usize) -> u64 {
        tokens.div_ceil(KV_BLOCK) as u64 * self.kv_block + tokens as u64 * self.rope_per_token
    }

    /// Everything with one text of the whole context.
    pub fn total(&self) -> u64 {
        self.weights + self.scratch + self.text(self.context)
    }

    /// The longest single text that fits into `budget` bytes, at most the context; 0 if not even the weights do.
    pub fn largest_context(&self, budget: u64) -> usize {
        let free = budget.saturating_sub(self.weights + self.scratch);
        let block = self.kv_block + KV_BLOCK as u64 * self.rope_per_token;
        let blocks = usize::try_from(free / block.max(1)).unwrap_or(usize::MAX);
        blocks.saturating_mul(KV_BLOCK).min(self.context)
    }
}

/// The buffers of [`super::forward::Scratch`] for `rows` rows of which one wants logits.
fn scratch(config: &Config, rows: usize, skips: bool) -> u64 {
    let stride = |cols: usize| cols.next_multiple_of(TILE_ROWS);
    let matrices = [config.hidden, config.hidden, config.q_width(), config.q_width(), config.ffn, config.ffn]
        .into_iter()
        .chain([config.kv_width(); 2])
        .map(stride)
        .sum::<usize>();
    let widest = config.hidden.max(config.q_width()).max(config.ffn);
    let inputs = |cols: usize| cols * size_of::<f32>() + cols.div_ceil(GROUP) * size_of::<QuantizedGroup>();
    // Lists of neurons and quads take up to 16 bytes a neuron.
    let skipping = if skips { rows.min(ROWS) * (inputs(config.ffn) + 16 * config.ffn) } else { 0 };
    let logits = 2 * stride(config.vocab) * size_of::<f32>();
    (rows * (matrices * size_of::<f32>() + inputs(widest)) + skipping + logits) as u64
}
