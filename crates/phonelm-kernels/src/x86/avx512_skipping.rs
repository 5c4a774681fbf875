//! The layouts for skipping, for AVX-512 with VNNI.
//!
//! By rows: a register holds four groups of one row, whose sums lie four to a lane. Adding up transposes them, so that 16
//! rows become the lanes.
//!
//! By columns: 128 outputs are eight registers. Interleaving the bytes of four lines makes the registers that multiply four
//! activations.

use std::arch::x86_64::*;

use super::avx512_vnni::Zmm;
use super::skipping::{BLOCKS_AHEAD, Skip};
use super::{Avx512Vnni, fetch_second, prefetch_second, transposed_scales};
use crate::kernels::{GROUP, TILE_ROWS};
use crate::packed::{ColumnBlock, HALF_TILES, Q4Block, ROW_GROUPS, RowBlock, Weave};
use crate::rows::QuantizedGroup;
use crate::skipping::Rows;
use crate::vector::Vector;

/// Four groups of activations as they multiply a register of a row.
pub(super) struct Four {
    low: __m512i,
    high: __m512i,
    /// The offset of a group in the first of its four sums.
    start: __m512i,
    scales: [f32; 4],
}

impl Skip for Avx512Vnni {
    type Groups = Four;
    type Dots = [__m512i; HALF_TILES];
    const BOTH: bool = true;

    #[inline(always)]
    unsafe fn arrange(x: &[QuantizedGroup]) -> Vec<Four> {
        let mut out = Vec::with_capacity(x.len() / 4);
        for groups in x.as_chunks::<4>().0 {
            // SAFETY: passed on; each load reads the 32 bytes of a group, or four integers.
            unsafe {
                // Dwords 0, 2, 4, 6 and 1, 3, 5, 7: the columns of low nibbles and those of high ones.
                let order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
                let mut twos = [_mm512_setzero_si512(); 2];
                for (two, groups) in twos.iter_mut().zip(groups.as_chunks::<2>().0) {
                    let a = _mm256_loadu_si256(groups[0].values.as_ptr().cast());
                    let b = _mm256_loadu_si256(groups[1].values.as_ptr().cast());
                    let a = _mm512_castsi256_si512(_mm256_permutevar8x32_epi32(a, order));
                    *two = _mm512_inserti64x4::<1>(a, _mm256_permutevar8x32_epi32(b, order));
                }
                let starts = groups.each_ref().map(|group| group.offset);
                let starts = _mm512_castsi128_si512(_mm_loadu_si128(starts.as_ptr().cast()));
                out.push(Four {
                    low: _mm512_shuffle_i32x4::<0x88>(twos[0], twos[1]),
                    high: _mm512_shuffle_i32x4::<0xDD>(twos[0], twos[1]),
                    start: _mm512_maskz_expand_epi32(0x1111, starts),
                    scales: groups.each_ref().map(|group| group.scale),
                });
            }
        }
        out
    }

    #[inline(always)]
    unsafe fn sixteen(rows: &impl Rows<TILE_ROWS>, x: &[Four], fetch: impl Fn(usize)) -> Zmm {
        let (pairs, _) = x.as_chunks::<2>();
        // SAFETY: passed on; the rows have a block for each pair of fours.
        unsafe {
            let mut acc = Zmm::splat(0.0);
            for (b, pair) in pairs.iter().enumerate() {
                fetch(b);
                let scales = transposed_scales(rows.scales(b));
                for (n, x) in pair.iter().enumerate() {
                    let dots = four_groups(rows.values(b).map(|values| values.add(64 * n)), x);
                    for (k, dots) in dots.into_iter().enumerate() {
                        let scales = Zmm::load_f16(&scales[4 * n + k]).mul(Zmm::splat(x.scales[k]));
                        acc = Zmm::from_integers(dots).fma(scales, acc);
                    }
                }
            }
            acc
        }
    }

    #[inline(always)]
    unsafe fn start(offset: i32) -> Self::Dots {
        // SAFETY: passed on.
        [unsafe { _mm512_set1_epi32(offset) }; HALF_TILES]
    }

    #[inline(always)]
    unsafe fn add_quad(dots: &mut Self::Dots, lines: [*const u8; 4], values: i32) {
        // SAFETY: passed on.
        unsafe {
            let (low, values) = (_mm512_set1_epi8(15), _mm512_set1_epi32(values));
            let mut loaded = [_mm512_setzero_si512(); 4];
            for (loaded, line) in loaded.iter_mut().zip(lines) {
                *loaded = _mm512_loadu_si512(line.cast());
            }
            for (k, both) in interleaved(loaded).into_iter().enumerate() {
                let high = _mm512_and_si512(_mm512_srli_epi16::<4>(both), low);
                dots[k] = _mm512_dpbusd_epi32(dots[k], _mm512_and_si512(both, low), values);
                dots[k + 4] = _mm512_dpbusd_epi32(dots[k + 4], high, values);
            }
        }
    }

    #[inline(always)]
    unsafe fn tile(dots: &Self::Dots, t: usize) -> Zmm {
        // SAFETY: passed on.
        unsafe { Zmm::from_integers(dots[t]) }
    }
}

/// The dot products of 16 rows with four groups, each in one register.
#[inline(always)]
unsafe fn four_groups(rows: [*const u8; TILE_ROWS], x: &Four) -> [__m512i; 4] {
    // SAFETY: passed on; the loads read 64 bytes of a row's 128.
    unsafe {
        let low = _mm512_set1_epi8(15);
        let mut fours = [_mm512_setzero_si512(); 4];
        for (four, rows) in fours.iter_mut().zip(rows.as_chunks::<4>().0) {
            let mut dots = [x.start; 4];
            for (dots, row) in dots.iter_mut().zip(rows) {
                let both = _mm512_loadu_si512(row.cast());
                *dots = _mm512_dpbusd_epi32(*dots, _mm512_and_si512(both, low), x.low);
                *dots = _mm512_dpbusd_epi32(*dots, _mm512_and_si512(_mm512_srli_epi16::<4>(both), low), x.high);
            }
            let [a, b, c, d] = dots;
            let ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
            let cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
            *four = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
        }
        lanes(fours)
    }
}

impl Weave for Avx512Vnni {
    #[inline(always)]
    unsafe fn rows(block: &RowBlock, out: &mut [Q4Block; ROW_GROUPS]) {
        // SAFETY: passed on; loads and stores are of 64 bytes of 64, and a prefetch may go past the end.
        unsafe {
            fetch_second(block, BLOCKS_AHEAD);
            let scales = transposed_scales(block.scales.each_ref().map(|scales| scales.as_ptr()));
            for (n, out) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                let mut fours = [[_mm512_setzero_si512(); 4]; 4];
                for (four, rows) in fours.iter_mut().zip(block.values.as_chunks::<4>().0) {
                    for (row, from) in four.iter_mut().zip(rows) {
                        *row = _mm512_loadu_si512(from[4 * n..].as_ptr().cast());
                    }
                    *four = dwords(*four);
                }
                let [p, q, r, s] = fours;
                for j in 0..4 {
                    let found = lanes([p[j], q[j], r[j], s[j]]);
                    for (out, values) in out.iter_mut().zip(found) {
                        _mm512_storeu_si512(out.values[j].as_mut_ptr().cast(), values);
                    }
                }
            }
            out.iter_mut().zip(scales).for_each(|(out, scales)| out.scales = scales);
        }
    }

    #[inline(always)]
    unsafe fn columns(block: &ColumnBlock, half: usize, out: &mut [&mut [[u8; 64]; 4]; HALF_TILES]) {
        // SAFETY: passed on; loads and stores are of 64 bytes of 64.
        unsafe {
            let ahead = std::ptr::from_ref(block).wrapping_add(2);
            for line in 0..GROUP {
                prefetch_second(ahead.cast::<u8>().wrapping_add(64 * (2 * line + half)));
            }
            for (j, lines) in block.lines.as_chunks::<8>().0.iter().enumerate() {
                let mut loaded = [[_mm512_setzero_si512(); 4]; 2];
                for (loaded, lines) in loaded.as_flattened_mut().iter_mut().zip(lines) {
                    *loaded = _mm512_loadu_si512(lines[half].as_ptr().cast());
                }
                let (a, b) = (interleaved(loaded[0]), interleaved(loaded[1]));
                for k in 0..4 {
                    let [low, high] = both(a[k], b[k]);
                    _mm512_storeu_si512(out[k][j].as_mut_ptr().cast(), low);
                    _mm512_storeu_si512(out[k + 4][j].as_mut_ptr().cast(), high);
                }
            }
        }
    }
}

/// Of each lane, dword `q` of `a`, `b`, `c` and `d`, for `q` in `0..4`.
#[inline(always)]
unsafe fn dwords([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // SAFETY: the caller has AVX-512 F.
    unsafe {
        let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
        let (ef, gh) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
        [
            _mm512_unpacklo_epi64(ab, cd),
            _mm512_unpackhi_epi64(ab, cd),
            _mm512_unpacklo_epi64(ef, gh),
            _mm512_unpackhi_epi64(ef, gh),
        ]
    }
}

/// Lane `l` of `a`, `b`, `c` and `d`, for `l` in `0..4`.
#[inline(always)]
unsafe fn lanes([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // SAFETY: the caller has AVX-512 F.
    unsafe {
        let [ab, cd] = [_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0x44>(c, d)];
        let [ef, gh] = [_mm512_shuffle_i32x4::<0xEE>(a, b), _mm512_shuffle_i32x4::<0xEE>(c, d)];
        [
            _mm512_shuffle_i32x4::<0x88>(ab, cd),
            _mm512_shuffle_i32x4::<0xDD>(ab, cd),
            _mm512_shuffle_i32x4::<0x88>(ef, gh),
            _mm512_shuffle_i32x4::<0xDD>(ef, gh),
        ]
    }
}

/// The low nibbles of `a` below those of `b`, and the high ones.
#[inline(always)]
unsafe fn both(a: __m512i, b: __m512i) -> [__m512i; 2] {
    /// Takes the second operand where the first has ones, else the third.
    const SELECT: i32 = 0xCA;
    // SAFETY: the caller has AVX-512 F.
    unsafe {
        let low = _mm512_set1_epi8(15);
        [
            _mm512_ternarylogic_epi32::<SELECT>(low, a, _mm512_slli_epi16::<4>(b)),
            _mm512_ternarylogic_epi32::<SELECT>(low, _mm512_srli_epi16::<4>(a), b),
        ]
    }
}

/// Byte `i` of each of four registers, for 16 `i` in each register.
#[inline(always)]
unsafe fn interleaved([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // SAFETY: the caller has AVX-512 BW.
    unsafe {
        let (ab, cd) = (_mm512_unpacklo_epi8(a, b), _mm512_unpacklo_epi8(c, d));
        let (ef, gh) = (_mm512_unpackhi_epi8(a, b), _mm512_unpackhi_epi8(c, d));
        [
            _mm512_unpacklo_epi16(ab, cd),
            _mm512_unpackhi_epi16(ab, cd),
            _mm512_unpacklo_epi16(ef, gh),
            _mm512_unpackhi_epi16(ef, gh),
        ]
    }
}
