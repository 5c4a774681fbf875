//! What a decoded token reads from memory, which is what its time can be held against.

use phonelm_model::Tensor;

use super::{CpuExecutor, forward::Layer, linear::Linear};
use crate::KV_BLOCK;

impl CpuExecutor {
    /// Bytes that one token after `context` others reads: every matrix as it lies in memory, the vectors beside them, one row
    /// of the embedding, and the keys and values of the context. Where neurons are skipped, the share of those that counted
    /// in the tokens so far is taken.
    pub(super) fn traffic(&self, context: usize) -> u64 {
        let n = &self.network;
        let layers: usize = n.layers.iter().map(|layer| layer_bytes(layer, self.scratch.skipping.share())).sum();
        let row = row_bytes(&n.file.weights().embedding);
        let keys_and_values = self.geometry.block_bytes() as u64 * context as u64 / KV_BLOCK as u64;
        (layers + size_of_val(&*n.norm) + n.head.read_bytes() + row) as u64 + keys_and_values
    }
}

/// `share` of the neurons count in a layer that skips. One ninth of the down matrix are scales, which are always read.
fn layer_bytes(layer: &Layer, share: f64) -> usize {
    let matrices = [&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate];
    let (up, down) = (layer.up.read_bytes(), layer.down.read_bytes());
    let ffn =
        if layer.skips { (up as f64 * share + down as f64 * (1.0 + 8.0 * share) / 9.0) as usize } else { up + down };
    let vectors = [&layer.attn_norm, &layer.ffn_norm].into_iter();
    let vectors = vectors.chain(layer.qkv_bias.iter().flatten()).chain(layer.qk_norm.iter().flatten());
    let matrices = matrices.map(Linear::read_bytes).iter().sum::<usize>() + ffn;
    matrices + vectors.map(|vector| size_of_val(&**vector)).sum::<usize>()
}

fn row_bytes(tensor: &Tensor) -> usize {
    tensor.range.len() / tensor.rows
}
