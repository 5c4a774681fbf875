//! Which type each tensor gets, and its way from the folder into the file, a few rows at a time.

use std::io::Write;
use std::ops::ControlFlow;

use phonelm_gguf::{BodyWriter, TensorType};
use phonelm_kernels::blocks::quantize;
use phonelm_kernels::{Packed, Pool};
use phonelm_model::Config;

use crate::Error;
use crate::convert::Options;
use crate::layout::{EMBEDDING, HEAD, Slot, paired_row, slots};
use crate::source::{Source, Stored};

/// Elements converted at a time.
const PIECE: usize = 1 << 20;

/// Buffers of the old library that saved its RoPE table with the weights; the table follows from the config.
const IGNORED: &str = "rotary_emb.inv_freq";

/// A tensor of the file and where its numbers come from.
#[derive(Debug)]
pub(crate) struct Tensor<'a> {
    pub(crate) slot: Slot,
    pub(crate) ty: TensorType,
    stored: &'a Stored,
}

/// Finds every tensor that a model of this shape has, in file order, and checks that there is no other.
pub(crate) fn find<'a>(source: &'a Source, config: &Config, options: &Options) -> Result<Vec<Tensor<'a>>, Error> {
    let slots = slots(config);
    check_unknown(source, &slots)?;
    slots
        .into_iter()
        .map(|slot| {
            let missing = || Error::MissingTensor { name: slot.hf.clone() };
            let stored = source.get(&slot.hf).ok_or_else(missing)?;
            let expected: Vec<usize> = slot.rows.into_iter().chain([slot.cols]).collect();
            if stored.shape != expected {
                return Err(Error::Shape { name: slot.hf, found: stored.shape.clone(), expected });
            }
            stored.check_dtype(&slot.hf)?;
            let (ty, rows) = (chosen_type(&slot, options.ty), slot.rows.unwrap_or(1));
            let ty = options.layout.of(ty, &slot.gguf, config.activation, rows, slot.cols);
            Ok(Tensor { ty, slot, stored })
        })
        .collect()
}

/// The asked type for matrices; f32 for vectors; f16 for matrices whose rows are no whole number of blocks. Embedding
/// and head get at least 8 bits: each of their rows answers for one token, and the head's errors reach the logits
/// unsmoothed.
fn chosen_type(slot: &Slot, asked: TensorType) -> TensorType {
    let is_table = slot.gguf == EMBEDDING || slot.gguf == HEAD;
    let wanted = match asked {
        TensorType::Q4_0 | TensorType::Q4_1 | TensorType::Q5_0 | TensorType::Q5_1 if is_table => TensorType::Q8_0,
        other => other,
    };
    match slot.rows {
        None => TensorType::F32,
        Some(_) if slot.cols.is_multiple_of(wanted.block_len()) => wanted,
        Some(_) => TensorType::F16,
    }
}

/// A head that is stored although it is tied may only repeat the embedding.
fn check_unknown(source: &Source, slots: &[Slot]) -> Result<(), Error> {
    let known: std::collections::HashSet<&str> = slots.iter().map(|slot| slot.hf.as_str()).collect();
    let is_unknown = |name: &&str| !known.contains(name) && !name.ends_with(IGNORED);
    let mut unknown: Vec<&str> = source.names().into_iter().filter(is_unknown).collect();
    if let Some(place) = unknown.iter().position(|name| *name == "lm_head.weight") {
        unknown.remove(place);
        let (head, embedding) = (source.get("lm_head.weight"), source.get("embed_tokens.weight"));
        if let (Some(head), Some(embedding)) = (head, embedding)
            && !head.equals(embedding)
        {
            return Err(Error::TiedHeadDiffers);
        }
    }
    match unknown.first() {
        Some(name) => Err(Error::UnknownTensor { name: (*name).to_owned(), count: unknown.len() }),
        None => Ok(()),
    }
}

impl Tensor<'_> {
    /// Converts the tensor and writes it, telling `written` the bytes of each piece; [`ControlFlow::Break`] ends it.
    pub(crate) fn write<W: Write>(
        &self,
        head_dim: usize,
        body: &mut BodyWriter<W>,
        written: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<(), WriteError> {
        let (cols, rows) = (self.slot.cols, self.slot.rows.unwrap_or(1));
        let source_row = |row| if self.slot.paired { paired_row(row, head_dim) } else { row };
        let tile = self.ty.tile_rows();
        let step = (PIECE / cols).next_multiple_of(tile).max(tile);
        let pool = Pool::new(1);
        let (mut numbers, mut bytes) = (Vec::new(), Vec::new());
        for first in (0..rows).step_by(step) {
            let end = (first + step).min(rows);
            numbers.clear();
            bytes.clear();
            for row in (first..end).map(source_row) {
                self.stored.read(row * cols..(row + 1) * cols, &mut numbers);
            }
            let limit = largest(self.ty);
            if let Some(place) = numbers.iter().position(|x| !x.is_finite() || x.abs() > limit) {
                let index = source_row(first + place / cols) * cols + place % cols;
                let (name, value, ty) = (self.slot.hf.clone(), numbers[place], self.ty);
                return Err(WriteError::Source(Error::Value { name, index, value, ty }));
            }
            let refused = |_| WriteError::Source(Error::CannotQuantize { ty: self.ty });
            quantize(self.ty.unpacked(), &numbers, &mut bytes).map_err(refused)?;
            if tile == 1 {
                body.chunk(&bytes)?;
            } else {
                let packed = Packed::laid_out(self.ty, &bytes, end - first, cols, &pool).map_err(refused)?;
                body.chunk(packed.file_bytes().map_or(&[], |(_, bytes)| bytes))?;
            }
            if written(bytes.len()).is_break() {
                return Err(WriteError::Source(Error::Cancelled));
            }
        }
        Ok(())
    }
}

/// What went wrong: the tensor, or the file.
pub(crate) enum WriteError {
    Source(Error),
    Out(phonelm_gguf::Error),
}

impl From<phonelm_gguf::Error> for WriteError {
    fn from(error: phonelm_gguf::Error) -> Self {
        Self::Out(error)
    }
}

/// The largest number that a type holds; block types keep their scale or minimum as f16.
fn largest(ty: TensorType) -> f32 {
    match ty {
        TensorType::F32 => f32::MAX,
        TensorType::BF16 => half::bf16::MAX.to_f32(),
        _ => half::f16::MAX.to_f32(),
    }
}
