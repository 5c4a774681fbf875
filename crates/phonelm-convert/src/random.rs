//! Models with random weights of any shape: enough to time a shape and to test an executor, useless to talk to.

use phonelm_gguf::{TensorType, Writer};
use phonelm_kernels::blocks::{BlockError, quantize};
use phonelm_model::Config;

use crate::layout::{Slot, shape_keys, slots};

/// Why a random model cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RandomError {
    /// The type has no quantiser here.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The container refused.
    #[error(transparent)]
    Gguf(#[from] phonelm_gguf::Error),
}

/// A GGUF file of the shape `config` in memory: matrices of type `ty` (f16 where a row is no whole number of blocks) with
/// entries around `1 / sqrt(columns)`, norms near 1. The same `seed` gives the same bytes.
pub fn random_model(config: &Config, ty: TensorType, seed: u64) -> Result<Vec<u8>, RandomError> {
    let slots = slots(config);
    let mut writer = Writer::new();
    for (key, value) in shape_keys(config) {
        writer.set(key, value);
    }
    writer.alignment(256).page_aligned(true);
    writer.set("general.name", format!("random {}", config.family.name()));
    // llama.cpp's word for a model that takes token ids and no text.
    writer.set("tokenizer.ggml.model", "no_vocab");
    let stored = |slot: &Slot| match slot.rows {
        None => TensorType::F32,
        Some(_) if slot.cols.is_multiple_of(ty.block_len()) => ty,
        Some(_) => TensorType::F16,
    };
    for slot in &slots {
        writer.tensor(slot.gguf.as_str(), &slot.shape(), stored(slot));
    }
    let mut body = writer.start(Vec::new())?;
    let mut noise = Noise(seed);
    for slot in &slots {
        let spread = match slot.rows {
            Some(_) => Some((3.0 / slot.cols as f32).sqrt()),
            None if slot.gguf.ends_with("bias") => Some(0.1),
            None => None,
        };
        body.tensor(&noise.tensor(stored(slot), slot.cols * slot.rows.unwrap_or(1), spread)?)?;
    }
    Ok(body.finish()?)
}

/// SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// `len` elements, uniform in `-spread..spread`, or within a tenth of 1 where there is no spread. Large tensors repeat
    /// a random stretch: quantising billions of numbers one by one would take longer than timing them. (As thousands would
    /// under Miri.)
    fn tensor(&mut self, ty: TensorType, len: usize, spread: Option<f32>) -> Result<Vec<u8>, BlockError> {
        const STRETCH: usize = if cfg!(miri) { 1 << 7 } else { 1 << 20 };
        let fresh: Vec<f32> = (0..len.min(STRETCH))
            .map(|_| {
                let unit = (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
                spread.map_or(1.0 + 0.1 * unit, |spread| spread * unit)
            })
            .collect();
        let mut stretch = Vec::new();
        quantize(ty, &fresh, &mut stretch)?;
        let bytes = len / ty.block_len() * ty.block_bytes();
        let mut all = stretch.repeat(bytes.div_ceil(stretch.len().max(1)));
        all.truncate(bytes);
        Ok(all)
    }
}
