//! Multiplying bytes in registers, for the peak against which prefill is held.

use std::arch::asm;
use std::arch::x86_64::*;
use std::hint::black_box;

use super::{Avx2, Avx512Vnni};
use crate::peak::Multiplier;

/// Sums side by side, more than the instructions' latency hides.
const SUMS: usize = 12;

/// Those whose instructions this CPU has.
pub(crate) fn multipliers() -> Vec<Multiplier> {
    let mut multipliers = Vec::new();
    if Avx2::new().is_some() {
        multipliers.push(Multiplier { name: "avx2, vpmaddubsw", macs: SUMS * 32, turn: turn_avx2 });
    }
    if Avx512Vnni::new().is_some() {
        multipliers.push(Multiplier { name: "avx512, vpdpbusd", macs: SUMS * 64, turn: turn_avx512 });
    }
    multipliers
}

#[target_feature(enable = "avx2")]
fn turn_avx2(turns: usize) -> i32 {
    let (bytes, ones) = (black_box(_mm256_set1_epi8(1)), _mm256_set1_epi16(1));
    let mut sums = [_mm256_setzero_si256(); SUMS];
    for _ in 0..turns {
        for sum in &mut sums {
            let products: __m256i;
            // SAFETY: an instruction on registers alone, which the CPU has. The compiler must not see that it is always the same.
            unsafe {
                asm!(
                    "vpmaddubsw {products}, {bytes}, {bytes}",
                    products = out(ymm_reg) products,
                    bytes = in(ymm_reg) bytes,
                    options(nomem, nostack, preserves_flags),
                );
            }
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(products, ones));
        }
    }
    let all = sums.iter().fold(_mm256_setzero_si256(), |all, sum| _mm256_add_epi32(all, *sum));
    _mm_cvtsi128_si32(_mm256_castsi256_si128(all))
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn turn_avx512(turns: usize) -> i32 {
    let bytes = black_box(_mm512_set1_epi8(1));
    let mut sums = [_mm512_setzero_si512(); SUMS];
    for _ in 0..turns {
        for sum in &mut sums {
            *sum = _mm512_dpbusd_epi32(*sum, bytes, bytes);
        }
    }
    let all = sums.iter().fold(_mm512_setzero_si512(), |all, sum| _mm512_add_epi32(all, *sum));
    _mm_cvtsi128_si32(_mm512_castsi512_si128(all))
}
