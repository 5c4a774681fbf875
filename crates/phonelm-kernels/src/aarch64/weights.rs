//! Packed blocks as kernels see them: eight columns of four rows at a time, as int8.

use std::arch::aarch64::*;

use crate::attention::ByteTile;
use crate::kernels::TILE_ROWS;
use crate::packed::{AffineBlock, Q4Block, Q8Block};

/// Columns `8 j..8 j + 4` and `8 j + 4..8 j + 8` of four weight rows: byte `4 * row + i` is column `i` of the four.
pub(crate) type Quads = [int8x16_t; 2];

/// A block of 16 weight rows.
pub(crate) trait Weights {
    /// Columns of the block.
    const COLS: usize;
    /// Values are 8 too large; the activations' offsets make up for it.
    const OFFSET: bool;
    /// Weights have a minimum besides their scale.
    const AFFINE: bool;
    /// Times eight columns whose products, two to a sum, fit a sum of 16 bits (the largest activation is 127).
    const EIGHTS_IN_I16: usize;

    /// Columns `8 j..8 j + 8` of rows `4 t..4 t + 4`.
    fn quads(&self, j: usize, t: usize) -> Quads;
    /// The same around 0.
    #[inline(always)]
    fn signed_quads(&self, j: usize, t: usize) -> Quads {
        let [a, b] = self.quads(j, t);
        // SAFETY: every CPU of this architecture has NEON.
        if Self::OFFSET { unsafe { [vsubq_s8(a, vdupq_n_s8(8)), vsubq_s8(b, vdupq_n_s8(8))] } } else { [a, b] }
    }
    /// Scales of rows `4 t..4 t + 4`.
    fn scales(&self, t: usize) -> float32x4_t;
    /// Minima of rows `4 t..4 t + 4`, where [`Self::AFFINE`].
    fn mins(&self, _t: usize) -> float32x4_t {
        float4(&[0.0; TILE_ROWS], 0)
    }
}

impl Weights for Q4Block {
    const COLS: usize = 32;
    const OFFSET: bool = true;
    const AFFINE: bool = false;
    /// 8 * 15 * 127 = 15,240.
    const EIGHTS_IN_I16: usize = 4;

    #[inline(always)]
    fn quads(&self, j: usize, t: usize) -> Quads {
        nibbles(bytes16(&self.values[j], t))
    }

    #[inline(always)]
    fn scales(&self, t: usize) -> float32x4_t {
        half4(&self.scales, t)
    }
}

impl Weights for Q8Block {
    const COLS: usize = 32;
    const OFFSET: bool = false;
    const AFFINE: bool = false;
    /// 2 * 128 * 127 = 32,512.
    const EIGHTS_IN_I16: usize = 1;

    #[inline(always)]
    fn quads(&self, j: usize, t: usize) -> Quads {
        signed_quads(&self.values, j, t)
    }

    #[inline(always)]
    fn scales(&self, t: usize) -> float32x4_t {
        half4(&self.scales, t)
    }
}

/// Keys and values bring their scales to the products themselves.
impl Weights for ByteTile {
    const COLS: usize = 32;
    const OFFSET: bool = false;
    const AFFINE: bool = false;
    /// 2 * 127 * 127 = 32,258.
    const EIGHTS_IN_I16: usize = 1;

    #[inline(always)]
    fn quads(&self, j: usize, t: usize) -> Quads {
        signed_quads(self, j, t)
    }

    #[inline(always)]
    fn scales(&self, t: usize) -> float32x4_t {
        float4(&[1.0; TILE_ROWS], t)
    }
}

impl<const QUADS: usize> Weights for AffineBlock<QUADS> {
    const COLS: usize = 4 * QUADS;
    const OFFSET: bool = false;
    const AFFINE: bool = true;
    /// 8 * 32 * 127 = 32,512.
    const EIGHTS_IN_I16: usize = 4;

    #[inline(always)]
    fn quads(&self, j: usize, t: usize) -> Quads {
        signed_quads(&self.values, j, t)
    }

    #[inline(always)]
    fn scales(&self, t: usize) -> float32x4_t {
        float4(&self.scales, t)
    }

    #[inline(always)]
    fn mins(&self, t: usize) -> float32x4_t {
        float4(&self.mins, t)
    }
}

#[inline(always)]
fn signed_quads<const QUADS: usize>(values: &[[i8; 64]; QUADS], j: usize, t: usize) -> Quads {
    [operand(&values[2 * j].as_chunks().0[t]), operand(&values[2 * j + 1].as_chunks().0[t])]
}

#[inline(always)]
fn bytes16(values: &[u8; 64], t: usize) -> uint8x16_t {
    let values: &[u8; 16] = &values.as_chunks().0[t];
    // SAFETY: a reference to 16 bytes.
    unsafe { vld1q_u8(values.as_ptr()) }
}

#[inline(always)]
fn float4(values: &[f32; TILE_ROWS], t: usize) -> float32x4_t {
    let values: &[f32; 4] = &values.as_chunks().0[t];
    // SAFETY: a reference to 4 floats.
    unsafe { vld1q_f32(values.as_ptr()) }
}

#[inline(always)]
fn half4(values: &[u16; TILE_ROWS], t: usize) -> float32x4_t {
    halves(&values.as_chunks().0[t])
}

/// Four f16.
#[inline(always)]
pub(super) fn halves(bits: &[u16; 4]) -> float32x4_t {
    // SAFETY: a reference to 4 numbers; every CPU of this architecture converts f16.
    unsafe { vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(bits.as_ptr()))) }
}

/// The low nibbles and the high ones.
#[inline(always)]
pub(super) fn nibbles(both: uint8x16_t) -> Quads {
    // SAFETY: every CPU of this architecture has NEON.
    unsafe {
        let low = vandq_u8(both, vdupq_n_u8(15));
        [vreinterpretq_s8_u8(low), vreinterpretq_s8_u8(vshrq_n_u8::<4>(both))]
    }
}

#[inline(always)]
pub(super) fn operand(bytes: &[i8; 16]) -> int8x16_t {
    // SAFETY: a reference to 16 bytes.
    unsafe { vld1q_s8(bytes.as_ptr()) }
}
