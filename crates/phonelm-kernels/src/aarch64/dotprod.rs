//! `sdot w.16b, x.4b[lane]` adds, for each of four weight rows, the products of one quad of columns with the same four
//! activations. One load of 16 activations serves four quads.

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};
use std::array::from_fn;

use super::Dots;
use super::gemm::{Bytes, Gemm, Sums};
use super::weights::{Quads, Weights, operand};
use crate::rows::QuantizedGroup;

/// Needs `dotprod`.
pub(crate) struct Sdot;

impl Dots for Sdot {
    const SHARE: bool = true;

    #[inline(always)]
    unsafe fn dots<W: Weights, const R: usize, const FIRST: usize, const T: usize>(
        block: &W,
        x: [&QuantizedGroup; R],
        skip: usize,
    ) -> [[int32x4_t; T]; R] {
        // SAFETY: the caller has the feature; columns up to `skip + W::COLS` are read.
        unsafe {
            let mut acc: [[int32x4_t; T]; R] = x.map(|x| [vdupq_n_s32(if W::OFFSET { x.offset } else { 0 }); T]);
            for half in 0..W::COLS / 16 {
                let x = x.map(|x| vld1q_s8(x.values.as_ptr().add(skip + 16 * half)));
                let quads = |j: usize| -> [Quads; T] { from_fn(|t| block.quads(j, FIRST + t)) };
                let weights = [quads(2 * half), quads(2 * half + 1)];
                add_lane::<0, R, T>(&mut acc, weights[0].map(|quads| quads[0]), x);
                add_lane::<1, R, T>(&mut acc, weights[0].map(|quads| quads[1]), x);
                add_lane::<2, R, T>(&mut acc, weights[1].map(|quads| quads[0]), x);
                add_lane::<3, R, T>(&mut acc, weights[1].map(|quads| quads[1]), x);
            }
            acc
        }
    }

    /// Each of a row's four sums takes a quarter; an offset is a multiple of 8.
    #[inline(always)]
    fn start(offset: i32) -> int32x4_t {
        // SAFETY: every CPU of this architecture has NEON.
        unsafe { vdupq_n_s32(offset / 4) }
    }

    #[inline(always)]
    unsafe fn across(rows: [Quads; 4], x: [int8x16_t; 2], start: int32x4_t) -> int32x4_t {
        // SAFETY: the caller has the feature.
        unsafe {
            let [a, b, c, d] = rows.map(|row| sdot_all(sdot_all(start, row[0], x[0]), row[1], x[1]));
            vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d))
        }
    }
}

/// `acc[i] += w[i][0..4] . x[i][0..4]`.
///
/// # Safety
/// The CPU has `dotprod`.
#[inline(always)]
unsafe fn sdot_all(mut acc: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
    // SAFETY: an instruction on registers alone, which the CPU has.
    unsafe {
        asm!(
            ".arch_extension dotprod",
            "sdot {acc:v}.4s, {w:v}.16b, {x:v}.16b",
            acc = inout(vreg) acc,
            w = in(vreg) w,
            x = in(vreg) x,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    acc
}

impl Gemm for Sdot {
    const NAME: &'static str = "aarch64-q8-dotprod";
    type Direct = Self;
    const MIN_ROWS: usize = 12;
    const PAIRS: bool = false;

    fn detected() -> bool {
        is_aarch64_feature_detected!("dotprod")
    }

    #[inline(always)]
    unsafe fn products<W: Weights>(w: &[Bytes; 16], x: &[Bytes]) -> Sums<int32x4_t> {
        // SAFETY: the caller has the feature.
        unsafe {
            let mut acc = [[vdupq_n_s32(0); 2]; 4];
            for (w, x) in w.as_chunks::<8>().0.iter().zip(x.as_chunks::<4>().0) {
                let w: [[int8x16_t; 2]; 4] = from_fn(|q| [operand(&w[2 * q]), operand(&w[2 * q + 1])]);
                let x = from_fn(|r| operand(&x[r]));
                add_lane::<0, 4, 2>(&mut acc, w[0], x);
                add_lane::<1, 4, 2>(&mut acc, w[1], x);
                add_lane::<2, 4, 2>(&mut acc, w[2], x);
                add_lane::<3, 4, 2>(&mut acc, w[3], x);
            }
            let [[a, b], [c, d], [e, f], [g, h]] = acc;
            [a, b, c, d, e, f, g, h]
        }
    }
}

/// Adds four columns of `R` rows of activations and `4 T` of weights. One lane after the other, no sum waits for itself.
///
/// # Safety
/// The CPU has `dotprod`.
#[inline(always)]
unsafe fn add_lane<const LANE: i32, const R: usize, const T: usize>(
    acc: &mut [[int32x4_t; T]; R],
    w: [int8x16_t; T],
    x: [int8x16_t; R],
) {
    for (acc, x) in acc.iter_mut().zip(x) {
        for (acc, w) in acc.iter_mut().zip(w) {
            // SAFETY: passed on.
            *acc = unsafe { sdot::<LANE>(*acc, w, x) };
        }
    }
}

/// `acc[row] += w[row][0..4] . x[4 LANE..4 LANE + 4]`.
///
/// # Safety
/// The CPU has `dotprod`.
#[inline(always)]
pub(super) unsafe fn sdot<const LANE: i32>(mut acc: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
    // SAFETY: an instruction on registers alone, which the CPU has.
    unsafe {
        asm!(
            ".arch_extension dotprod",
            "sdot {acc:v}.4s, {w:v}.16b, {x:v}.4b[{lane}]",
            acc = inout(vreg) acc,
            w = in(vreg) w,
            x = in(vreg) x,
            lane = const LANE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    acc
}
