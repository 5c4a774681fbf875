//! What a model will take on a GPU, from its header alone.

use phonelm_model::{Config, ModelFile, Tensor};

use crate::linear::TILE;
use crate::scratch::Room;
use crate::shaders::Format;
use crate::upload::{BLOCK, Rows};

/// Bytes of a model's matrices on a GPU. Weights beyond f16, which the header does not tell, make it more.
pub fn weight_bytes(file: &ModelFile) -> u64 {
    let weights = file.weights();
    let layers = weights.layers.iter().map(|w| {
        let stacked = |tensors: &[&Tensor]| matrix_bytes(&Rows::Stacked(tensors));
        let attention = stacked(&[&w.q, &w.k, &w.v]) + stacked(&[&w.o]);
        attention + matrix_bytes(&Rows::Interleaved(&w.gate, &w.up)) + stacked(&[&w.down])
    });
    layers.sum::<u64>() + matrix_bytes(&Rows::Stacked(&[&weights.head]))
}

/// Bytes of the buffers that passes come to need over texts of up to `context` tokens, of which few logits are wanted. A GPU
/// that binds little, or is so slow that prompts go through in smaller batches, makes it less.
pub fn scratch_bytes(config: &Config, context: usize) -> u64 {
    Room::of_text(config, context).bytes(config)
}

fn matrix_bytes(rows: &Rows<'_>) -> u64 {
    let tensors = rows.tensors();
    let format = Format::of_all(&tensors);
    let outputs = tensors.iter().map(|t| t.rows).sum::<usize>().next_multiple_of(TILE);
    let blocks = outputs * tensors.first().map_or(0, |t| t.cols.div_ceil(BLOCK));
    // A buffer for which there is nothing holds 16 bytes.
    let scales = if format.has_scales() { blocks * size_of::<u16>() } else { 16 };
    (blocks * format.block_bytes() + scales) as u64
}
