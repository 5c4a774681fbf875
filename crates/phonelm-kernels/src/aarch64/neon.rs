//! Plain NEON, which every 64-bit ARM CPU has.
//!
//! Four bytes of activations stand in all lanes; `smlal` multiplies them with four weight rows and sums the same column
//! of each quad in 16 bits. [`Weights::EIGHTS_IN_I16`] says how long that is safe; `sadalp` then adds pairs into 32 bits,
//! and `addp` the two pairs of a row.

use std::arch::aarch64::*;
use std::array::from_fn;

use super::Dots;
use super::gemm::{Bytes, Gemm, Sums};
use super::weights::{Quads, Weights, operand};
use crate::rows::QuantizedGroup;

/// Needs nothing beyond the architecture.
pub(crate) struct Smlal;

impl Dots for Smlal {
    const SHARE: bool = false;

    #[inline(always)]
    unsafe fn dots<W: Weights, const R: usize, const FIRST: usize, const T: usize>(
        block: &W,
        x: [&QuantizedGroup; R],
        skip: usize,
    ) -> [[int32x4_t; T]; R] {
        let eights = W::COLS / 8;
        // SAFETY: NEON is always there; columns up to `skip + W::COLS` are read.
        unsafe {
            // Pairs of columns 0 and 1, 2 and 3 of each quad: rows 0 and 1 of the four, rows 2 and 3.
            let mut pairs = [[[vdupq_n_s32(0); 2]; T]; R];
            for j in (0..eights).step_by(W::EIGHTS_IN_I16) {
                let mut sums = [[[vdupq_n_s16(0); 2]; T]; R];
                for j in j..(j + W::EIGHTS_IN_I16).min(eights) {
                    let quads: [Quads; T] = from_fn(|t| block.quads(j, FIRST + t));
                    for r in 0..R {
                        let x = vreinterpret_s32_s8(vld1_s8(x[r].values.as_ptr().add(skip + 8 * j)));
                        let x = [vdupq_lane_s32::<0>(x), vdupq_lane_s32::<1>(x)].map(|x| vreinterpretq_s8_s32(x));
                        for (quads, [low, high]) in quads.iter().zip(&mut sums[r]) {
                            for (quad, x) in quads.iter().zip(x) {
                                *low = vmlal_s8(*low, vget_low_s8(*quad), vget_low_s8(x));
                                *high = vmlal_high_s8(*high, *quad, x);
                            }
                        }
                    }
                }
                for (pairs, sums) in pairs.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
                    *pairs = from_fn(|half| vpadalq_s16(pairs[half], sums[half]));
                }
            }
            from_fn(|r| {
                let offset = vdupq_n_s32(x[r].offset);
                pairs[r].map(|[low, high]| {
                    let sums = vpaddq_s32(low, high);
                    if W::OFFSET { vaddq_s32(sums, offset) } else { sums }
                })
            })
        }
    }

    #[inline(always)]
    fn start(offset: i32) -> int32x4_t {
        // SAFETY: NEON is always there.
        unsafe { vdupq_n_s32(offset) }
    }

    /// A sum of four products is at most `4 * 15 * 127 = 7,620`, of which four stay below 2^15.
    #[inline(always)]
    unsafe fn across(rows: [Quads; 4], x: [int8x16_t; 2], start: int32x4_t) -> int32x4_t {
        // SAFETY: NEON is always there.
        unsafe {
            let [a, b, c, d] = rows.map(|row| {
                let mut sums = vmull_s8(vget_low_s8(row[0]), vget_low_s8(x[0]));
                sums = vmlal_high_s8(sums, row[0], x[0]);
                sums = vmlal_s8(sums, vget_low_s8(row[1]), vget_low_s8(x[1]));
                vmlal_high_s8(sums, row[1], x[1])
            });
            vpadalq_s16(start, vpaddq_s16(vpaddq_s16(a, b), vpaddq_s16(c, d)))
        }
    }
}

impl Gemm for Smlal {
    const NAME: &'static str = "aarch64-q8-neon";
    type Direct = Self;
    const MIN_ROWS: usize = 8;
    const PAIRS: bool = false;

    fn detected() -> bool {
        true
    }

    /// Where sums of 32 bits are needed besides those of 16, four rows have no registers for them.
    fn takes<W: Weights>() -> bool {
        W::EIGHTS_IN_I16 == 4
    }

    #[inline(always)]
    unsafe fn products<W: Weights>(w: &[Bytes; 16], x: &[Bytes]) -> Sums<int32x4_t> {
        let (w, x) = (w.as_chunks().0, x.as_chunks().0);
        // SAFETY: NEON is always there.
        unsafe {
            let mut sums = [[vdupq_n_s16(0); 2]; 8];
            add_half(&mut sums, &w[0], &x[0]);
            if W::COLS == 32 {
                add_half(&mut sums, &w[1], &x[1]);
            }
            sums.map(|[low, high]| vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)))
        }
    }
}

/// Adds 16 columns; written out for each half, because the compiler keeps a loop of this size, and with it all sums in
/// memory.
#[inline(always)]
unsafe fn add_half(sums: &mut [[int16x8_t; 2]; 8], w: &[Bytes; 8], x: &[Bytes; 4]) {
    for q in 0..4 {
        let w = [operand(&w[2 * q]), operand(&w[2 * q + 1])];
        for (k, [low, high]) in sums.iter_mut().enumerate() {
            let x = dword(operand(&x[k / 2]), q);
            // SAFETY: NEON is always there.
            unsafe {
                *low = vmlal_s8(*low, vget_low_s8(w[k % 2]), vget_low_s8(x));
                *high = vmlal_high_s8(*high, w[k % 2], x);
            }
        }
    }
}

/// Four times the same four bytes of 16.
#[inline(always)]
fn dword(x: int8x16_t, lane: usize) -> int8x16_t {
    // SAFETY: every CPU of this architecture has NEON.
    unsafe {
        let x = vreinterpretq_s32_s8(x);
        vreinterpretq_s8_s32(match lane {
            0 => vdupq_laneq_s32::<0>(x),
            1 => vdupq_laneq_s32::<1>(x),
            2 => vdupq_laneq_s32::<2>(x),
            _ => vdupq_laneq_s32::<3>(x),
        })
    }
}
