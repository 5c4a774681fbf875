//! The layouts for skipping, for AVX2.
//!
//! Sums of a group are int16 that wrap: `sum (q - 8) x` is at most `32 * 8 * 127 = 32,512 < 2^15`, so whatever `sum q x`
//! loses on the way to it comes back with the offset `-8 sum x`. A pair, at most `2 * 15 * 127`, never saturates.
//!
//! By rows: a register holds two groups of one row, whose sums lie eight to a lane. Adding up transposes them, so that 16
//! rows become the lanes.
//!
//! By columns: 128 outputs are eight registers. Interleaving the bytes of two lines makes the registers that multiply two
//! activations.

use std::arch::x86_64::*;

use super::avx2::Ymm2;
use super::skipping::{BLOCKS_AHEAD, Skip};
use super::{Avx2, fetch_second, prefetch_second, transposed_scales};
use crate::kernels::{GROUP, TILE_ROWS};
use crate::packed::{ColumnBlock, HALF_TILES, Q4Block, ROW_GROUPS, RowBlock, Weave};
use crate::rows::QuantizedGroup;
use crate::skipping::Rows;
use crate::vector::Vector;

/// Two groups of activations as they multiply a register of a row.
pub(super) struct Two {
    low: __m256i,
    high: __m256i,
    offsets: [i32; 2],
    scales: [f32; 2],
}

impl Skip for Avx2 {
    type Groups = Two;
    /// Those of side `s` of the lines at `2 s` and `2 s + 1`, of high nibbles four places later.
    type Dots = [__m256i; 8];
    const BOTH: bool = false;

    #[inline(always)]
    unsafe fn arrange(x: &[QuantizedGroup]) -> Vec<Two> {
        let mut out = Vec::with_capacity(x.len() / 2);
        for groups in x.as_chunks::<2>().0 {
            // SAFETY: passed on; each load reads the 32 bytes of a group.
            unsafe {
                // Dwords 0, 2, 4, 6 and 1, 3, 5, 7: the columns of low nibbles and those of high ones.
                let order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
                let a = _mm256_loadu_si256(groups[0].values.as_ptr().cast());
                let b = _mm256_loadu_si256(groups[1].values.as_ptr().cast());
                let (a, b) = (_mm256_permutevar8x32_epi32(a, order), _mm256_permutevar8x32_epi32(b, order));
                out.push(Two {
                    low: _mm256_permute2x128_si256::<0x20>(a, b),
                    high: _mm256_permute2x128_si256::<0x31>(a, b),
                    offsets: groups.each_ref().map(|group| group.offset),
                    scales: groups.each_ref().map(|group| group.scale),
                });
            }
        }
        out
    }

    #[inline(always)]
    unsafe fn sixteen(rows: &impl Rows<TILE_ROWS>, x: &[Two], fetch: impl Fn(usize)) -> Ymm2 {
        let (fours, _) = x.as_chunks::<4>();
        // SAFETY: passed on; the rows have a block for each four of twos.
        unsafe {
            let mut acc = Ymm2::splat(0.0);
            for (b, four) in fours.iter().enumerate() {
                fetch(b);
                let scales = transposed_scales(rows.scales(b));
                for (n, x) in four.iter().enumerate() {
                    let dots = two_groups(rows.values(b).map(|values| values.add(32 * n)), x);
                    for (k, dots) in dots.into_iter().enumerate() {
                        let scales = Ymm2::load_f16(&scales[2 * n + k]).mul(Ymm2::splat(x.scales[k]));
                        acc = floats(dots).fma(scales, acc);
                    }
                }
            }
            acc
        }
    }

    #[inline(always)]
    unsafe fn start(offset: i32) -> Self::Dots {
        // SAFETY: passed on.
        [unsafe { _mm256_set1_epi16(offset as i16) }; 8]
    }

    #[inline(always)]
    unsafe fn add_quad(dots: &mut Self::Dots, [a, b, c, d]: [*const u8; 4], values: i32) {
        // SAFETY: passed on.
        unsafe {
            add_pair(dots, [a, b], values as i16);
            add_pair(dots, [c, d], (values >> 16) as i16);
        }
    }

    #[inline(always)]
    unsafe fn tile(dots: &Self::Dots, t: usize) -> Ymm2 {
        let first = t / 4 * 4 + t % 4 / 2;
        let (a, b) = (dots[first], dots[first + 2]);
        // SAFETY: passed on.
        unsafe {
            let both = if t.is_multiple_of(2) { _mm256_unpacklo_epi64(a, b) } else { _mm256_unpackhi_epi64(a, b) };
            floats(_mm256_permute4x64_epi64::<0b11_01_10_00>(both))
        }
    }
}

/// 16 int16 as floats.
#[inline(always)]
unsafe fn floats(x: __m256i) -> Ymm2 {
    // SAFETY: passed on.
    unsafe {
        let low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(x));
        Ymm2::from_integers([low, _mm256_cvtepi16_epi32(_mm256_extracti128_si256::<1>(x))])
    }
}

/// The low nibbles of 32 bytes, and the high ones.
#[inline(always)]
unsafe fn nibbles(both: __m256i) -> [__m256i; 2] {
    // SAFETY: passed on.
    unsafe {
        let low = _mm256_set1_epi8(15);
        [_mm256_and_si256(both, low), _mm256_and_si256(_mm256_srli_epi16::<4>(both), low)]
    }
}

/// The dot products of 16 rows with two groups, each in one register.
#[inline(always)]
unsafe fn two_groups(rows: [*const u8; TILE_ROWS], x: &Two) -> [__m256i; 2] {
    // SAFETY: passed on.
    unsafe {
        let mut eights = [_mm256_setzero_si256(); 2];
        for (eight, rows) in eights.iter_mut().zip(rows.as_chunks::<8>().0) {
            let mut fours = [_mm256_setzero_si256(); 2];
            for (four, rows) in fours.iter_mut().zip(rows.as_chunks::<4>().0) {
                let (ab, cd) = (two_rows(rows[0], rows[1], x), two_rows(rows[2], rows[3], x));
                *four = _mm256_add_epi16(_mm256_unpacklo_epi32(ab, cd), _mm256_unpackhi_epi32(ab, cd));
            }
            let [a, b] = fours;
            *eight = _mm256_add_epi16(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
        }
        let [first, last] = eights;
        [
            _mm256_add_epi16(_mm256_set1_epi16(x.offsets[0] as i16), _mm256_permute2x128_si256::<0x20>(first, last)),
            _mm256_add_epi16(_mm256_set1_epi16(x.offsets[1] as i16), _mm256_permute2x128_si256::<0x31>(first, last)),
        ]
    }
}

/// Four sums of each of two rows, in turn, for each of two groups.
#[inline(always)]
unsafe fn two_rows(a: *const u8, b: *const u8, x: &Two) -> __m256i {
    // SAFETY: passed on.
    unsafe {
        let (a, b) = (one_row(a, x), one_row(b, x));
        _mm256_add_epi16(_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b))
    }
}

/// Eight sums of a row for each of two groups.
#[inline(always)]
unsafe fn one_row(row: *const u8, x: &Two) -> __m256i {
    // SAFETY: passed on; the load reads 32 bytes of a row's 128.
    unsafe {
        let [low, high] = nibbles(_mm256_loadu_si256(row.cast()));
        _mm256_add_epi16(_mm256_maddubs_epi16(low, x.low), _mm256_maddubs_epi16(high, x.high))
    }
}

/// Adds the products of two columns.
#[inline(always)]
unsafe fn add_pair(dots: &mut [__m256i; 8], lines: [*const u8; 2], values: i16) {
    // SAFETY: passed on; the loads read 32 bytes of 64.
    unsafe {
        let values = _mm256_set1_epi16(values);
        for side in 0..2 {
            let a = _mm256_loadu_si256(lines[0].add(32 * side).cast());
            let b = _mm256_loadu_si256(lines[1].add(32 * side).cast());
            for (n, both) in [_mm256_unpacklo_epi8(a, b), _mm256_unpackhi_epi8(a, b)].into_iter().enumerate() {
                for (high, w) in nibbles(both).into_iter().enumerate() {
                    let sum = &mut dots[4 * high + 2 * side + n];
                    *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(w, values));
                }
            }
        }
    }
}

impl Weave for Avx2 {
    #[inline(always)]
    unsafe fn rows(block: &RowBlock, out: &mut [Q4Block; ROW_GROUPS]) {
        // SAFETY: passed on; loads are of 16 bytes of 16, stores of 32 of 64, and a prefetch may go past the end.
        unsafe {
            fetch_second(block, BLOCKS_AHEAD);
            let scales = transposed_scales(block.scales.each_ref().map(|scales| scales.as_ptr()));
            for (group, out) in out.iter_mut().enumerate() {
                out.scales = scales[group];
                for half in 0..2 {
                    let mut rows = [_mm256_setzero_si256(); 4];
                    for (row, both) in (8 * half..).zip(&mut rows) {
                        let low = _mm_loadu_si128(block.values[row][group].as_ptr().cast());
                        *both = _mm256_set_m128i(_mm_loadu_si128(block.values[row + 4][group].as_ptr().cast()), low);
                    }
                    for (values, found) in out.values.iter_mut().zip(dwords(rows)) {
                        _mm256_storeu_si256(values[32 * half..].as_mut_ptr().cast(), found);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn columns(block: &ColumnBlock, half: usize, out: &mut [&mut [[u8; 64]; 4]; HALF_TILES]) {
        // SAFETY: passed on; loads and stores are of 32 bytes of 64, and a prefetch may go past the end.
        unsafe {
            let ahead = std::ptr::from_ref(block).wrapping_add(2).cast::<u8>();
            for line in 0..GROUP {
                prefetch_second(ahead.wrapping_add(64 * (2 * line + half)));
            }
            for (j, lines) in block.lines.as_chunks::<8>().0.iter().enumerate() {
                for side in 0..2 {
                    let mut loaded = [[_mm256_setzero_si256(); 4]; 2];
                    for (loaded, lines) in loaded.as_flattened_mut().iter_mut().zip(lines) {
                        *loaded = _mm256_loadu_si256(lines[half][32 * side..].as_ptr().cast());
                    }
                    let (a, b) = (interleaved(loaded[0]), interleaved(loaded[1]));
                    for k in 0..4 {
                        for (high, found) in both(a[k], b[k]).into_iter().enumerate() {
                            _mm256_storeu_si256(out[4 * high + k][j][32 * side..].as_mut_ptr().cast(), found);
                        }
                    }
                }
            }
        }
    }
}

/// Of each lane, dword `q` of `a`, `b`, `c` and `d`, for `q` in `0..4`.
#[inline(always)]
unsafe fn dwords([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    // SAFETY: passed on.
    unsafe {
        let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
        let (ef, gh) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
        [
            _mm256_unpacklo_epi64(ab, cd),
            _mm256_unpackhi_epi64(ab, cd),
            _mm256_unpacklo_epi64(ef, gh),
            _mm256_unpackhi_epi64(ef, gh),
        ]
    }
}

/// Of each lane, byte `i` of four registers, for four `i` in each register.
#[inline(always)]
unsafe fn interleaved([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    // SAFETY: passed on.
    unsafe {
        let (ab, cd) = (_mm256_unpacklo_epi8(a, b), _mm256_unpacklo_epi8(c, d));
        let (ef, gh) = (_mm256_unpackhi_epi8(a, b), _mm256_unpackhi_epi8(c, d));
        [
            _mm256_unpacklo_epi16(ab, cd),
            _mm256_unpackhi_epi16(ab, cd),
            _mm256_unpacklo_epi16(ef, gh),
            _mm256_unpackhi_epi16(ef, gh),
        ]
    }
}

/// The low nibbles of `a` below those of `b`, and the high ones.
#[inline(always)]
unsafe fn both(a: __m256i, b: __m256i) -> [__m256i; 2] {
    // SAFETY: passed on.
    unsafe {
        let ([low_a, high_a], [low_b, high_b]) = (nibbles(a), nibbles(b));
        [_mm256_or_si256(low_a, _mm256_slli_epi16::<4>(low_b)), _mm256_or_si256(high_a, _mm256_slli_epi16::<4>(high_b))]
    }
}
