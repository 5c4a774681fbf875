//! `smmla` multiplies two rows of activations with two weight rows, eight columns deep. Where weights are not laid out for
//! it, `sdot` takes fewer instructions.

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};

use super::dotprod::Sdot;
use super::gemm::{Bytes, Gemm, Sums};
use super::weights::{Weights, operand};

/// Needs `i8mm` and `dotprod`.
pub(crate) struct Smmla;

impl Gemm for Smmla {
    const NAME: &'static str = "aarch64-q8-i8mm";
    type Direct = Sdot;
    const MIN_ROWS: usize = 8;
    const PAIRS: bool = true;

    fn detected() -> bool {
        is_aarch64_feature_detected!("i8mm") && Sdot::detected()
    }

    #[inline(always)]
    unsafe fn products<W: Weights>(w: &[Bytes; 16], x: &[Bytes]) -> Sums<int32x4_t> {
        // SAFETY: the caller has the feature.
        unsafe {
            let mut acc = [vdupq_n_s32(0); 8];
            for (w, x) in w.as_chunks::<4>().0.iter().zip(x.as_chunks::<2>().0) {
                for (x, acc) in x.iter().zip(acc.as_chunks_mut::<4>().0) {
                    for (w, acc) in w.iter().zip(acc) {
                        *acc = smmla(*acc, operand(x), operand(w));
                    }
                }
            }
            acc
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
