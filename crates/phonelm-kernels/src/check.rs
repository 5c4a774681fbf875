//! Looking through a whole model file for weights that are no numbers.

use std::ops::ControlFlow;

use phonelm_gguf::TensorInfo;
use phonelm_model::ModelFile;

use crate::Packed;
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
    let total: u64 = tensors.iter().map(TensorInfo::size).sum();
    let mut values = vec![0.0; STRETCH];
    let mut done = 0;
    for info in tensors {
        let packed = packed(file, info);
        // A packed matrix is read row by row.
        let stretch = packed.as_ref().map_or(STRETCH, Packed::cols);
        let len = (info.row_len() * info.rows()) as usize;
        values.resize(values.len().max(stretch), 0.0);
        for first in (0..len).step_by(stretch) {
            let out = &mut values[..stretch.min(len - first)];
            match &packed {
                Some(packed) => packed.row(first / stretch, out),
                None => {
                    let bytes = |elements: usize| elements / info.ty.block_len() * info.ty.block_bytes();
                    let start = info.range.start as usize + bytes(first);
                    let stored = file.bytes().get(start..start + bytes(out.len())).unwrap_or_default();
                    let Ok(()) = dequantize(info.ty, stored, out) else { unreachable!("a stretch is whole blocks") };
                }
            }
            if let Some(place) = out.iter().position(|x| !x.is_finite()) {
                return Err(BadWeight { tensor: info.name.clone(), element: (first + place) as u64 });
            }
            done += (out.len() / info.ty.block_len() * info.ty.block_bytes()) as u64;
            if progress(done as f64 / total as f64).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The matrix of a tensor whose type is packed.
fn packed(file: &ModelFile, info: &TensorInfo) -> Option<Packed> {
    let [cols, rows] = info.shape[..] else { return None };
    let range = info.range.start as usize..info.range.end as usize;
    Packed::in_mapping(info.ty, file.mapping(), range, rows as usize, cols as usize).ok()
}
