//! Plain NEON, which every 64-bit ARM CPU has.
//!
//! Four bytes of activations stand in all lanes; `smlal` multiplies them with four weight rows and sums the same column
//! of each quad in 16 bits. [`Weights::EIGHTS_IN_I16`] says how long that is safe; `sadalp` then adds pairs into 32 bits,
//! and `addp` the two pairs of a row.

use std::arch::aarch64::*;
use std::array::from_fn;

use super::Dots;
use super::weights::{Quads, Weights};
use crate::rows::QuantizedGroup;

/// Needs nothing beyond the architecture.
pub(crate) struct Smlal;

impl Dots for Smlal {
    const NAME: &'static str = "aarch64-q8-neon";
    type Direct = Self;
    const SHARE: bool = false;

    fn detected() -> bool {
        true
    }

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

    /// A sum of four products is at most `4 * 15 * 127 = 7,620`, of which four stay below 2^15.
    #[inline(always)]
    unsafe fn across(rows: [Quads; 4], x: [int8x16_t; 2]) -> int32x4_t {
        // SAFETY: NEON is always there.
        unsafe {
            let [a, b, c, d] = rows.map(|row| {
                let mut sums = vmull_s8(vget_low_s8(row[0]), vget_low_s8(x[0]));
                sums = vmlal_high_s8(sums, row[0], x[0]);
                sums = vmlal_s8(sums, vget_low_s8(row[1]), vget_low_s8(x[1]));
                vmlal_high_s8(sums, row[1], x[1])
            });
            vpaddlq_s16(vpaddq_s16(vpaddq_s16(a, b), vpaddq_s16(c, d)))
        }
    }
}
