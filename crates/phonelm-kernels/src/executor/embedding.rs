//! The embedding: one row a token, read from the file.

use phonelm_gguf::TensorType;
use phonelm_model::ModelFile;

use super::LoadError;
use crate::Packed;
use crate::blocks::dequantize;

/// The embedding of a model.
pub struct Embedding(Source);

/// Where the rows come from.
enum Source {
    /// Rows of this type that lie one after the other.
    Rows(TensorType),
    /// Rows woven into tiles.
    Packed(Packed),
}

impl Embedding {
    /// Finds the embedding in a file.
    pub fn load(file: &ModelFile) -> Result<Self, LoadError> {
        let tensor = &file.weights().embedding;
        if tensor.ty.tile_rows() == 1 {
            return Ok(Self(Source::Rows(tensor.ty)));
        }
        Ok(Self(Source::Packed(Packed::in_file(file, tensor)?)))
    }

    /// Writes the row of `token`, which is below the vocabulary, to `out`, `[hidden]`.
    pub fn row(&self, file: &ModelFile, token: u32, out: &mut [f32]) {
        match &self.0 {
            Source::Packed(packed) => packed.row(token as usize, out),
            Source::Rows(ty) => {
                let tensor = &file.weights().embedding;
                let bytes = file.bytes_of(tensor);
                let row_bytes = bytes.len() / tensor.rows;
                let row = &bytes[token as usize * row_bytes..][..row_bytes];
                let Ok(()) = dequantize(*ty, row, out) else {
                    unreachable!("the header's check fixed the row's length")
                };
            }
        }
    }
}
