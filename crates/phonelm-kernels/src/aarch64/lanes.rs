//! Sixteen floats in four NEON registers.

use std::arch::aarch64::*;

use crate::kernels::LANES;
use crate::vector::Vector;

/// The vector of all sets of this architecture.
#[derive(Clone, Copy)]
pub(crate) struct Lanes([float32x4_t; 4]);

impl Lanes {
    #[inline(always)]
    pub(super) fn from_integers(x: [int32x4_t; 4]) -> Self {
        // SAFETY: every CPU of this architecture has NEON.
        Self(x.map(|x| unsafe { vcvtq_f32_s32(x) }))
    }
}

impl Vector for Lanes {
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: every CPU of this architecture has NEON.
        Self([unsafe { vdupq_n_f32(x) }; 4])
    }

    #[inline(always)]
    unsafe fn load(x: &[f32; LANES]) -> Self {
        // SAFETY: `part` is a multiple of 4 below 16.
        Self([0, 4, 8, 12].map(|part| unsafe { vld1q_f32(x.as_ptr().add(part)) }))
    }

    #[inline(always)]
    unsafe fn load_f16(x: &[u16; LANES]) -> Self {
        // SAFETY: `part` is a multiple of 4 below 16.
        Self([0, 4, 8, 12].map(|part| unsafe { vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(x.as_ptr().add(part)))) }))
    }

    #[inline(always)]
    unsafe fn to_array(self) -> [f32; LANES] {
        let mut out = [0.0; LANES];
        for (v, out) in self.0.into_iter().zip(out.as_chunks_mut::<4>().0) {
            // SAFETY: a reference to 4 floats.
            unsafe { vst1q_f32(out.as_mut_ptr(), v) };
        }
        out
    }

    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        // SAFETY: every CPU of this architecture has NEON.
        Self(std::array::from_fn(|i| unsafe { vmulq_f32(self.0[i], b.0[i]) }))
    }

    #[inline(always)]
    unsafe fn fma(self, b: Self, c: Self) -> Self {
        // SAFETY: every CPU of this architecture has NEON.
        Self(std::array::from_fn(|i| unsafe { vfmaq_f32(c.0[i], self.0[i], b.0[i]) }))
    }

    #[inline(always)]
    unsafe fn top(self, b: Self) -> u32 {
        // SAFETY: every CPU of this architecture has NEON.
        unsafe {
            let [a, b, c, d] = std::array::from_fn(|i| {
                let [a, b] = [self.0[i], b.0[i]].map(|x| vreinterpretq_u32_f32(vabsq_f32(x)));
                vmaxq_u32(a, b)
            });
            vmaxvq_u32(vmaxq_u32(vmaxq_u32(a, b), vmaxq_u32(c, d)))
        }
    }

    #[inline(always)]
    unsafe fn round(self) -> [i32; LANES] {
        let mut out = [0; LANES];
        for (v, out) in self.0.into_iter().zip(out.as_chunks_mut::<4>().0) {
            // SAFETY: a reference to 4 integers.
            unsafe { vst1q_s32(out.as_mut_ptr(), vcvtnq_s32_f32(v)) };
        }
        out
    }
}
