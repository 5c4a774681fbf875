//! GGUF block formats: bytes to floats and back.
//!
//! ```
//! use phonelm_gguf::TensorType;
//! use phonelm_kernels::blocks;
//!
//! let x: Vec<f32> = (0..32).map(|i| i as f32 - 16.0).collect();
//! let mut bytes = Vec::new();
//! blocks::quantize(TensorType::Q8_0, &x, &mut bytes)?;
//! let mut back = vec![0.0; 32];
//! blocks::dequantize(TensorType::Q8_0, &bytes, &mut back)?;
//! assert!(x.iter().zip(&back).all(|(a, b)| (a - b).abs() < 0.1));
//! # Ok::<(), blocks::BlockError>(())
//! ```
//!
//! The trap: lengths are in elements for floats and in bytes for blocks, and both must be whole blocks.

mod formats;
mod quantize;

use half::{bf16, f16};
use phonelm_gguf::TensorType;

pub(crate) use formats::{Block, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0, Scale, cast};
pub use quantize::{can_quantize, quantize};

/// Why blocks were refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BlockError {
    /// A count of elements that is no whole number of blocks.
    #[error("{len} elements are no whole number of {ty} blocks of {block}")]
    PartialBlock {
        /// The block format.
        ty: TensorType,
        /// Elements given.
        len: usize,
        /// Elements of a block.
        block: usize,
    },
    /// Bytes that do not fit the number of elements.
    #[error("{len} elements of {ty} take {expected} bytes, but {found} were given")]
    Length {
        /// The block format.
        ty: TensorType,
        /// Elements wanted.
        len: usize,
        /// Bytes that they take.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A shape whose size overflows.
    #[error("a {ty} matrix of {rows} x {cols} is larger than memory can address")]
    TooLarge {
        /// The block format.
        ty: TensorType,
        /// Rows.
        rows: usize,
        /// Columns.
        cols: usize,
    },
    /// NaN or infinity where a number is needed.
    #[error("element {index} is {value}: only finite numbers can be quantised")]
    NotFinite {
        /// Place of the first such element.
        index: usize,
        /// The element.
        value: f32,
    },
    /// A format that can be read but is not written here.
    #[error("quantising to {ty} is not supported; use f32, f16, bf16, q8_0, q5_1, q5_0, q4_1 or q4_0")]
    CannotQuantize {
        /// The block format.
        ty: TensorType,
    },
    /// A block format where a float matrix is needed.
    #[error("{ty} is a block format: pack it before multiplying")]
    NotFloat {
        /// The type.
        ty: TensorType,
    },
    /// A packed type where rows lie one after the other.
    #[error("{ty} weaves rows into one another: read it through a packed matrix")]
    Packed {
        /// The type.
        ty: TensorType,
    },
    /// Rows that fill no whole tile.
    #[error("{rows} rows are no whole number of {ty} tiles of {tile}")]
    PartialTile {
        /// The packed type.
        ty: TensorType,
        /// Rows given.
        rows: usize,
        /// Rows of a tile.
        tile: usize,
    },
    /// A float type where a packed matrix needs blocks.
    #[error("{ty} is a float type: it is used as it is and not packed")]
    NotPackable {
        /// The type.
        ty: TensorType,
    },
}

/// Writes the elements of `bytes`, stored as `ty`, to `out`, which must have exactly as many.
/// Any alignment of `bytes` will do.
pub fn dequantize(ty: TensorType, bytes: &[u8], out: &mut [f32]) -> Result<(), BlockError> {
    check_length(ty, bytes, out.len())?;
    match ty {
        TensorType::F32 => each(bytes, out, f32::from_le_bytes),
        TensorType::F16 => each(bytes, out, |b| f16::from_le_bytes(b).to_f32()),
        TensorType::BF16 => each(bytes, out, |b| bf16::from_le_bytes(b).to_f32()),
        TensorType::Q4_0 => dequantize_blocks::<Q4_0>(bytes, out),
        TensorType::Q4_1 => dequantize_blocks::<Q4_1>(bytes, out),
        TensorType::Q5_0 => dequantize_blocks::<Q5_0>(bytes, out),
        TensorType::Q5_1 => dequantize_blocks::<Q5_1>(bytes, out),
        TensorType::Q8_0 => dequantize_blocks::<Q8_0>(bytes, out),
        TensorType::Q4_K => dequantize_blocks::<Q4_K>(bytes, out),
        TensorType::Q5_K => dequantize_blocks::<Q5_K>(bytes, out),
        TensorType::Q6_K => dequantize_blocks::<Q6_K>(bytes, out),
        TensorType::Q4_0x16 | TensorType::Q8_0x16 | TensorType::Q4_0Rows | TensorType::Q4_0Columns => {
            return Err(BlockError::Packed { ty });
        }
    }
    Ok(())
}

/// Checks that `bytes` are `len` elements of `ty`.
pub(crate) fn check_length(ty: TensorType, bytes: &[u8], len: usize) -> Result<(), BlockError> {
    let Some(expected) = ty.row_bytes(len) else {
        return Err(BlockError::PartialBlock { ty, len, block: ty.block_len() });
    };
    if bytes.len() != expected {
        return Err(BlockError::Length { ty, len, expected, found: bytes.len() });
    }
    Ok(())
}

fn each<const N: usize>(bytes: &[u8], out: &mut [f32], convert: impl Fn([u8; N]) -> f32) {
    for (b, o) in bytes.as_chunks::<N>().0.iter().zip(out) {
        *o = convert(*b);
    }
}

fn dequantize_blocks<B: Block>(bytes: &[u8], out: &mut [f32]) {
    let mut values = [0i8; 256];
    let mut scales = [Scale::default(); 16];
    for (block, out) in cast::<B>(bytes).iter().zip(out.chunks_exact_mut(B::LEN)) {
        block.decode(&mut values, &mut scales);
        for ((values, scale), out) in values.chunks(B::GROUP).zip(&scales).zip(out.chunks_mut(B::GROUP)) {
            for (v, o) in values.iter().zip(out) {
                *o = scale.scale * f32::from(*v) + scale.min;
            }
        }
    }
}
