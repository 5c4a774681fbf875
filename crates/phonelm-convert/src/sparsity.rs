//! A random model in which a chosen share of the FFN's neurons stays at zero, whatever the input.
//!
//! Embeddings become positive, and what attention and FFN add to them negligible, so that every input of a gate is positive;
//! a gate row of negative weights then leaves its neuron at zero, one of positive weights lets it through. Which is which
//! falls at random, neuron by neuron and layer by layer. Types, sizes and the work on each weight stay what they are.

use phonelm_gguf::{Gguf, TensorType};

/// Bytes of a Q4_0 block, which begins with its scale in f16.
const BLOCK: usize = 18;

/// Changes the model in `file`, which [`crate::random_model`] made of Q4_0, so that `share` of its neurons stay at zero.
pub fn silence(file: &mut [u8], share: f64) -> Result<(), phonelm_gguf::Error> {
    let gguf = Gguf::parse(file)?;
    let mut noise = 0;
    for tensor in gguf.tensors().iter().filter(|tensor| tensor.ty == TensorType::Q4_0) {
        let bytes = &mut file[tensor.range.start as usize..tensor.range.end as usize];
        let per_row = tensor.row_len() as usize / 32 * BLOCK;
        let is = |role: &str| tensor.name.ends_with(role);
        if is("token_embd.weight") {
            bytes.chunks_exact_mut(BLOCK).for_each(|block| sign(block, false));
        } else if is("attn_output.weight") || is("ffn_down.weight") {
            // The smallest scale there is, 2^-24.
            bytes.chunks_exact_mut(BLOCK).for_each(|block| block[..2].copy_from_slice(&[1, 0]));
        } else if is("ffn_gate.weight") {
            for row in bytes.chunks_exact_mut(per_row) {
                let negative = unit(&mut noise) < share;
                row.chunks_exact_mut(BLOCK).for_each(|block| sign(block, negative));
            }
        }
    }
    Ok(())
}

/// Makes the scale positive or negative, and all integers at least 0.
fn sign(block: &mut [u8], negative: bool) {
    block[1] = block[1] & 0x7F | u8::from(negative) << 7;
    block[2..].iter_mut().for_each(|both| *both |= 0x88);
}

/// SplitMix64 (Steele, Lea and Flood 2014), even in 0..1.
fn unit(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
