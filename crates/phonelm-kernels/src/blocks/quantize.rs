//! Floats to blocks, with the roundings of llama.cpp's reference quantisers (`quantize_row_*_ref` in ggml-quants.c), so
//! that the bytes equal those of its tools and of the Python package `gguf`. (The two differ in the sign of the zero scale
//! of a block of negative zeros; there the package is followed.)

use half::{bf16, f16};
use phonelm_gguf::TensorType;

use super::BlockError;

/// Whether [`quantize`] writes this type.
pub const fn can_quantize(ty: TensorType) -> bool {
    !matches!(ty, TensorType::Q4_K | TensorType::Q5_K | TensorType::Q6_K) && ty.tile_rows() == 1
}

/// Appends the elements of `x`, a whole number of blocks, to `out` in the format `ty`.
///
/// NaN and infinity are refused: in a block one of them would spoil its neighbours. The float types refuse them too, so
/// that a model file never holds one.
pub fn quantize(ty: TensorType, x: &[f32], out: &mut Vec<u8>) -> Result<(), BlockError> {
    if !can_quantize(ty) {
        return Err(BlockError::CannotQuantize { ty });
    }
    let Some(bytes) = ty.row_bytes(x.len()) else {
        return Err(BlockError::PartialBlock { ty, len: x.len(), block: ty.block_len() });
    };
    if let Some(index) = x.iter().position(|v| !v.is_finite()) {
        return Err(BlockError::NotFinite { index, value: x[index] });
    }
    out.reserve(bytes);
    match ty {
        TensorType::F32 => x.iter().for_each(|v| out.extend(v.to_le_bytes())),
        TensorType::F16 => x.iter().for_each(|v| out.extend(f16::from_f32(*v).to_le_bytes())),
        TensorType::BF16 => x.iter().for_each(|v| out.extend(bf16::from_f32(*v).to_le_bytes())),
        _ => {
            for x in x.as_chunks::<32>().0 {
                match ty {
                    TensorType::Q4_0 => centred::<4>(x, out),
                    TensorType::Q5_0 => centred::<5>(x, out),
                    TensorType::Q4_1 => with_min::<4>(x, out),
                    TensorType::Q5_1 => with_min::<5>(x, out),
                    _ => q8_0(x, out),
                }
            }
        }
    }
    Ok(())
}

/// `1 / d`, or 0 for a block of zeros.
fn inverse(d: f32) -> f32 {
    if d == 0.0 { 0.0 } else { 1.0 / d }
}

fn push_half(value: f32, out: &mut Vec<u8>) {
    out.extend(f16::from_f32(value).to_le_bytes());
}

fn q8_0(x: &[f32; 32], out: &mut Vec<u8>) {
    let d = x.iter().fold(0f32, |m, v| m.max(v.abs())) / 127.0;
    let id = inverse(d);
    push_half(d, out);
    out.extend(x.iter().map(|v| (v * id).round() as i8 as u8));
}

/// Q4_0 and Q5_0: the element of largest magnitude becomes the most negative integer.
fn centred<const BITS: u32>(x: &[f32; 32], out: &mut Vec<u8>) {
    let zero = (1 << (BITS - 1)) as f32;
    let extreme = x.iter().fold(x[0], |m, v| if m.abs() < v.abs() { *v } else { m });
    let d = extreme / -zero;
    let id = inverse(d);
    push_half(d, out);
    push_bits::<BITS>(x.map(|v| (v * id + (zero + 0.5)) as i8 as u8), out);
}

/// Q4_1 and Q5_1: the smallest element becomes 0, the largest the largest integer.
fn with_min<const BITS: u32>(x: &[f32; 32], out: &mut Vec<u8>) {
    let min = x.iter().fold(f32::MAX, |m, v| if *v < m { *v } else { m });
    let max = x.iter().fold(f32::MIN, |m, v| if *v > m { *v } else { m });
    let d = (max - min) / ((1 << BITS) - 1) as f32;
    let id = inverse(d);
    push_half(d, out);
    push_half(min, out);
    push_bits::<BITS>(x.map(|v| ((v - min) * id + 0.5) as u8), out);
}

/// The fifth bits, if there are any, then the nibbles.
fn push_bits<const BITS: u32>(q: [u8; 32], out: &mut Vec<u8>) {
    let q = q.map(|q| q.min((1 << BITS) - 1));
    if BITS == 5 {
        let high = q.iter().rev().fold(0u32, |bits, q| bits << 1 | u32::from(q >> 4));
        out.extend(high.to_le_bytes());
    }
    out.extend((0..16).map(|j| (q[j] & 15) | (q[j + 16] & 15) << 4));
}
