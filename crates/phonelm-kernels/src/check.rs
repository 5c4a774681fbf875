//! Looking through a whole model file for weights that are no numbers.

use std::ops::ControlFlow;

use phonelm_model::ModelFile;

use crate::blocks::dequantize;

/// A weight that is NaN or infinite.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("element {element} of tensor {tensor} is no finite number")]
pub struct BadWeight {
    /// The tensor.
    pub tensor: String,
    /// The first such element, counted through the whole tensor.
    pub element: u64,
}

/// Elements that are looked at between two calls of `progress`: a whole number of blocks of every type.
const STRETCH: usize = 1 << 16;

/// Reads every weight of a model. `progress` hears what share is done, 0 to 1, and ends the search with
/// [`ControlFlow::Break`]; what was read until then was sound.
pub fn check_weights(
    file: &ModelFile,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, BadWeight> {
    let tensors = file.gguf().tensors();
    let total: u64 = tensors.iter().map(phonelm_gguf::TensorInfo::size).sum();
    let mut values = vec![0.0; STRETCH];
    let mut done = 0;
    for info in tensors {
        let bytes = info.bytes(file.bytes()).unwrap_or_default();
        let stretch_bytes = STRETCH / info.ty.block_len() * info.ty.block_bytes();
        for (index, stretch) in bytes.chunks(stretch_bytes).enumerate() {
            let count = stretch.len() / info.ty.block_bytes() * info.ty.block_len();
            let out = &mut values[..count];
            let Ok(()) = dequantize(info.ty, stretch, out) else { unreachable!("a stretch is whole blocks") };
            if let Some(place) = out.iter().position(|x| !x.is_finite()) {
                return Err(BadWeight { tensor: info.name.clone(), element: (index * STRETCH + place) as u64 });
            }
            done += stretch.len() as u64;
            if progress(done as f64 / total as f64).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}
