//! `smmla` multiplies two rows of activations with two weight rows, eight columns deep. Two neighbouring quads of four
//! weight rows, zipped, are two such pairs of rows; a panel stores them so. An odd row of activations is paired with
//! itself. Where there is no panel, `sdot` takes fewer instructions, zipping included.

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};
use std::array::from_fn;

use super::Dots;
use super::dotprod::Sdot;
use super::weights::{Quads, Weights};
use crate::rows::QuantizedGroup;

/// Needs `i8mm` and `dotprod`.
pub(crate) struct Smmla;

impl Dots for Smmla {
    const NAME: &'static str = "aarch64-q8-i8mm";
    type Direct = Sdot;
    const SHARE: bool = true;
    const ARRANGES: bool = true;

    fn detected() -> bool {
        is_aarch64_feature_detected!("i8mm") && Sdot::detected()
    }

    #[inline(always)]
    unsafe fn dots<W: Weights, const R: usize, const FIRST: usize, const T: usize>(
        block: &W,
        x: [&QuantizedGroup; R],
        skip: usize,
    ) -> [[int32x4_t; T]; R] {
        // SAFETY: the caller has the features; columns up to `skip + W::COLS` are read.
        unsafe {
            let mut sums = [[vdupq_n_s32(0); T]; R];
            let mut acc = [[[vdupq_n_s32(0); 2]; T]; R];
            add_half::<W, R, FIRST, T>(&mut acc, block, 0, x, skip);
            if W::COLS == 32 {
                add_half::<W, R, FIRST, T>(&mut acc, block, 1, x, skip);
            }
            for r in (0..R).step_by(2) {
                for t in 0..T {
                    let [a, b] = acc[r][t].map(|acc| vreinterpretq_s64_s32(acc));
                    for (r, both) in (r..R).zip([vzip1q_s64(a, b), vzip2q_s64(a, b)]) {
                        let both = vreinterpretq_s32_s64(both);
                        sums[r][t] = if W::OFFSET { vaddq_s32(both, vdupq_n_s32(x[r].offset)) } else { both };
                    }
                }
            }
            sums
        }
    }

    #[inline(always)]
    unsafe fn across(rows: [Quads; 4], x: [int8x16_t; 2]) -> int32x4_t {
        // SAFETY: passed on.
        unsafe { Sdot::across(rows, x) }
    }

    #[inline(always)]
    fn arrange([a, b]: Quads) -> Quads {
        // SAFETY: every CPU of this architecture has NEON.
        unsafe {
            let (a, b) = (vreinterpretq_s32_s8(a), vreinterpretq_s32_s8(b));
            [vzip1q_s32(a, b), vzip2q_s32(a, b)].map(|pair| vreinterpretq_s8_s32(pair))
        }
    }
}

/// Adds 16 columns of a block; written out for each half, because the compiler keeps a loop of this size, and with it
/// all sums in memory.
///
/// # Safety
/// As for [`Dots::dots`].
#[inline(always)]
unsafe fn add_half<W: Weights, const R: usize, const FIRST: usize, const T: usize>(
    acc: &mut [[[int32x4_t; 2]; T]; R],
    block: &W,
    half: usize,
    x: [&QuantizedGroup; R],
    skip: usize,
) {
    // SAFETY: passed on.
    unsafe {
        let weights: [[Quads; T]; 2] = from_fn(|eight| {
            from_fn(|t| {
                let quads = block.quads(2 * half + eight, FIRST + t);
                if W::ARRANGED { quads } else { Smmla::arrange(quads) }
            })
        });
        for r in (0..R).step_by(2) {
            let [x0, x1] = [r, (r + 1).min(R - 1)]
                .map(|r| vreinterpretq_s64_s8(vld1q_s8(x[r].values.as_ptr().add(skip + 16 * half))));
            let x = [vzip1q_s64(x0, x1), vzip2q_s64(x0, x1)].map(|x| vreinterpretq_s8_s64(x));
            for (weights, x) in weights.iter().zip(x) {
                for (acc, pairs) in acc[r].iter_mut().zip(weights) {
                    *acc = from_fn(|pair| smmla(acc[pair], x, pairs[pair]));
                }
            }
        }
    }
}

/// `acc[2 i + j] += x[8 i..8 i + 8] . w[8 j..8 j + 8]`.
///
/// # Safety
/// The CPU has `i8mm`.
#[inline(always)]
unsafe fn smmla(mut acc: int32x4_t, x: int8x16_t, w: int8x16_t) -> int32x4_t {
    // SAFETY: an instruction on registers alone, which the CPU has.
    unsafe {
        asm!(
            ".arch_extension i8mm",
            "smmla {acc:v}.4s, {x:v}.16b, {w:v}.16b",
            acc = inout(vreg) acc,
            x = in(vreg) x,
            w = in(vreg) w,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    acc
}
