//! AVX2 with FMA and F16C: `vpmaddubsw` multiplies unsigned by signed bytes and adds pairs into int16.
//!
//! A tile's 16 rows are two halves of 8, so each register holds 4 columns of 8 rows. Q4 keeps its weights unsigned: the
//! int16 sums of a whole group cannot overflow, `8 * 2 * 15 * 127 = 30,480 < 2^15`, so pairs are widened once a group.
//! Signed weights lend their sign to the activations, `|w| * sign(x, w)`; a pair is at most `2 * 128 * 127 = 32,512`, and
//! every pair is widened. Up to [`STRIP`] rows of activations share each load and unpacking of the weights.

use std::arch::x86_64::*;
use std::ops::Range;

use phonelm_model::{Activation, RopeLayout};

use super::{FETCHES, fetch_ahead, quad, skipping};
use crate::attention::{ByteTile, KvBlock};
use crate::float::float_methods;
use crate::kernels::{GROUP, Kernels, LANES, TILE_ROWS};
use crate::packed::{AffineBlock, Blocks, Packed, Q4Block, Q8Block, Woven};
use crate::rows::{FloatMatrix, OutRows, QuantizedGroup, QuantizedRows};
use crate::skipping::Active;
use crate::vector::{Isa, MAGNITUDE, Vector};

/// Proof of AVX2, FMA and F16C.
pub(crate) struct Avx2(());

impl Avx2 {
    /// The only way to a value: asks the CPU.
    pub(crate) fn new() -> Option<&'static Self> {
        let found =
            is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
        found.then_some(&Self(()))
    }
}

impl Kernels for Avx2 {
    fn name(&self) -> &'static str {
        "x86_64-q8-avx2"
    }

    fn matmul(&self, w: &Packed, tiles: Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) {
        // SAFETY: a value of this type proves the features.
        unsafe { matmul(w, tiles, x, out) }
    }

    fn skips(&self) -> bool {
        true
    }

    fn matmul_rows(
        &self,
        w: &Packed,
        chosen: &[[u32; TILE_ROWS]],
        tiles: Range<usize>,
        x: &[QuantizedGroup],
        out: &OutRows<'_>,
    ) {
        // SAFETY: a value of this type proves the features.
        unsafe { matmul_rows(w, chosen, tiles, x, out) }
    }

    fn matmul_active(&self, w: &Packed, halves: Range<usize>, x: &Active, out: &OutRows<'_>) {
        // SAFETY: a value of this type proves the features.
        unsafe { matmul_active(w, halves, x, out) }
    }

    float_methods! { isa: Avx2, attention_rows: 1, features: "avx2,fma,f16c" }
}

impl Isa for Avx2 {
    type Floats = Ymm2;

    #[inline(always)]
    fn prefetch(line: *const u8) {
        super::prefetch_second(line);
    }

    #[inline(always)]
    unsafe fn dots<const R: usize>(tile: &ByteTile, x: [&QuantizedGroup; R]) -> [Ymm2; R] {
        // SAFETY: passed on.
        unsafe {
            let sums = signed(tile, x, 0);
            let mut out = [Ymm2::splat(0.0); R];
            for r in 0..R {
                out[r] = Ymm2::from_integers(sums[r]);
            }
            out
        }
    }

    /// A pair is at most `2 * 127 * 127 = 32,258`.
    #[inline(always)]
    unsafe fn fine_dots<const R: usize>(tile: &ByteTile, x: &[[QuantizedGroup; 2]; R]) -> [[Ymm2; 2]; R] {
        // SAFETY: passed on.
        unsafe {
            let one = _mm256_set1_epi16(1);
            let mut sums = [[[_mm256_setzero_si256(); 2]; 2]; R];
            for (q, values) in tile.iter().enumerate() {
                let w = halves(values);
                for r in 0..R {
                    for p in 0..2 {
                        let x = _mm256_set1_epi32(quad(&x[r][p].values, 4 * q));
                        for h in 0..2 {
                            let pairs = _mm256_maddubs_epi16(x, w[h]);
                            sums[r][p][h] = _mm256_add_epi32(sums[r][p][h], _mm256_madd_epi16(pairs, one));
                        }
                    }
                }
            }
            let mut out = [[Ymm2::splat(0.0); 2]; R];
            for r in 0..R {
                for p in 0..2 {
                    out[r][p] = Ymm2::from_integers(sums[r][p]);
                }
            }
            out
        }
    }
}

/// 16 floats in two registers.
#[derive(Clone, Copy)]
pub(crate) struct Ymm2([__m256; 2]);

impl Ymm2 {
    /// Needs AVX2.
    #[inline(always)]
    pub(super) unsafe fn from_integers(x: [__m256i; 2]) -> Self {
        // SAFETY: passed on.
        Self(unsafe { [_mm256_cvtepi32_ps(x[0]), _mm256_cvtepi32_ps(x[1])] })
    }
}

impl Vector for Ymm2 {
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: passed on.
        Self([unsafe { _mm256_set1_ps(x) }; 2])
    }

    #[inline(always)]
    unsafe fn load(x: &[f32; LANES]) -> Self {
        // SAFETY: passed on; both halves lie in the reference.
        Self(unsafe { [_mm256_loadu_ps(x.as_ptr()), _mm256_loadu_ps(x.as_ptr().add(8))] })
    }

    #[inline(always)]
    unsafe fn load_f16(x: &[u16; LANES]) -> Self {
        // SAFETY: passed on; both halves lie in the reference.
        unsafe {
            let low = _mm_loadu_si128(x.as_ptr().cast());
            let high = _mm_loadu_si128(x.as_ptr().add(8).cast());
            Self([_mm256_cvtph_ps(low), _mm256_cvtph_ps(high)])
        }
    }

    #[inline(always)]
    unsafe fn to_array(self) -> [f32; LANES] {
        let mut out = [0.0; LANES];
        // SAFETY: passed on; both halves lie in the array.
        unsafe {
            _mm256_storeu_ps(out.as_mut_ptr(), self.0[0]);
            _mm256_storeu_ps(out.as_mut_ptr().add(8), self.0[1]);
        }
        out
    }

    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        // SAFETY: passed on.
        unsafe { Self([_mm256_mul_ps(self.0[0], b.0[0]), _mm256_mul_ps(self.0[1], b.0[1])]) }
    }

    #[inline(always)]
    unsafe fn fma(self, b: Self, c: Self) -> Self {
        // SAFETY: passed on.
        unsafe { Self([_mm256_fmadd_ps(self.0[0], b.0[0], c.0[0]), _mm256_fmadd_ps(self.0[1], b.0[1], c.0[1])]) }
    }

    #[inline(always)]
    unsafe fn top(self, b: Self) -> u32 {
        // SAFETY: passed on.
        unsafe {
            let magnitude = _mm256_set1_epi32(MAGNITUDE as i32);
            let [a, b, c, d] =
                [self.0[0], self.0[1], b.0[0], b.0[1]].map(|x| _mm256_and_si256(_mm256_castps_si256(x), magnitude));
            let tops = _mm256_max_epu32(_mm256_max_epu32(a, b), _mm256_max_epu32(c, d));
            let tops = _mm_max_epu32(_mm256_castsi256_si128(tops), _mm256_extracti128_si256::<1>(tops));
            let tops = _mm_max_epu32(tops, _mm_shuffle_epi32::<0b01_00_11_10>(tops));
            _mm_cvtsi128_si32(_mm_max_epu32(tops, _mm_shuffle_epi32::<0b10_11_00_01>(tops))) as u32
        }
    }

    #[inline(always)]
    unsafe fn round(self) -> [i32; LANES] {
        let mut out = [0; LANES];
        // SAFETY: passed on; both halves lie in the array.
        unsafe {
            let start = out.as_mut_ptr().cast::<__m256i>();
            _mm256_storeu_si256(start, _mm256_cvtps_epi32(self.0[0]));
            _mm256_storeu_si256(start.add(1), _mm256_cvtps_epi32(self.0[1]));
        }
        out
    }
}

/// Rows of activations whose integer sums fit into the registers together.
const STRIP: usize = 4;
/// Rows of activations that pass over a tile before the next tile comes, so that they stay in the second cache.
const BATCH: usize = 32;

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn matmul(w: &Packed, tiles: Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) {
    assert_eq!(w.cols(), x.cols(), "weights and activations differ in width");
    // SAFETY: this function has the features.
    if unsafe { skipping::matmul::<Avx2>(w, &tiles, x, out) } {
        return;
    }
    let mut woven = Woven::default();
    for first in (0..x.rows()).step_by(BATCH) {
        let rows = first..(first + BATCH).min(x.rows());
        for tile in tiles.clone() {
            // SAFETY: this function has the features; a tile has as many columns as `x`.
            unsafe {
                match w.tile::<Avx2>(tile, &mut woven) {
                    Blocks::Q4(blocks) => strips(blocks, rows.clone(), x, tile, out),
                    Blocks::Q8(blocks) => strips(blocks, rows.clone(), x, tile, out),
                    Blocks::Affine32(blocks) => strips(blocks, rows.clone(), x, tile, out),
                    Blocks::Affine16(blocks) => strips(blocks, rows.clone(), x, tile, out),
                }
            }
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn matmul_rows(
    w: &Packed,
    chosen: &[[u32; TILE_ROWS]],
    tiles: Range<usize>,
    x: &[QuantizedGroup],
    out: &OutRows<'_>,
) {
    // SAFETY: this function has the features.
    unsafe { skipping::matmul_rows::<Avx2>(w, chosen, tiles, x, out) }
}

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn matmul_active(w: &Packed, halves: Range<usize>, x: &Active, out: &OutRows<'_>) {
    // SAFETY: this function has the features.
    unsafe { skipping::matmul_active::<Avx2>(w, halves, x, out) }
}

/// All rows in strips of 4, 2 and 1.
#[inline(always)]
unsafe fn strips<B: Block>(blocks: &[B], rows: Range<usize>, x: &QuantizedRows, tile: usize, out: &OutRows<'_>) {
    let mut m = rows.start;
    // SAFETY: passed on.
    unsafe {
        while rows.end - m >= STRIP {
            strip::<B, STRIP>(blocks, x, m, tile, out);
            m += STRIP;
        }
        if rows.end - m >= 2 {
            strip::<B, 2>(blocks, x, m, tile, out);
            m += 2;
        }
        if rows.end - m == 1 {
            strip::<B, 1>(blocks, x, m, tile, out);
        }
    }
}

/// `R` rows from `m` on times one tile, whose columns are those of `x`.
#[inline(always)]
unsafe fn strip<B: Block, const R: usize>(blocks: &[B], x: &QuantizedRows, m: usize, tile: usize, out: &OutRows<'_>) {
    let rows: [*const QuantizedGroup; R] = std::array::from_fn(|r| {
        let row = x.row(m + r);
        assert!(row.len() * GROUP >= blocks.len() * B::QUADS * 4, "activations narrower than weights");
        row.as_ptr()
    });
    // SAFETY: passed on; group `b * QUADS / 8` lies in its row by the assertion.
    unsafe {
        let fetches = R > 1 || *FETCHES;
        let mut acc = [Ymm2::splat(0.0); R];
        for (b, block) in blocks.iter().enumerate() {
            if fetches {
                fetch_ahead::<_, R>(block);
            }
            let first = b * B::QUADS % 8;
            let groups: [&QuantizedGroup; R] = std::array::from_fn(|r| &*rows[r].add(b * B::QUADS / 8));
            let dots = block.dots(groups, first);
            let scales = block.scales();
            for r in 0..R {
                let x_scale = Ymm2::splat(groups[r].scale);
                let dot = Ymm2::from_integers(dots[r]);
                acc[r] = dot.fma(scales.mul(x_scale), acc[r]);
                if let Some(mins) = block.mins() {
                    let sums = groups[r].sums;
                    let sum = if B::QUADS == 8 { sums[0] + sums[1] } else { sums[first / 4] };
                    acc[r] = Ymm2::splat(sum as f32).fma(mins.mul(x_scale), acc[r]);
                }
            }
        }
        for (r, acc) in acc.into_iter().enumerate() {
            out.store(m + r, tile * TILE_ROWS, acc.to_array());
        }
    }
}

/// A packed block as this instruction set takes it.
///
/// # Safety
/// The methods need AVX2 and F16C.
trait Block {
    /// Registers of 4 columns and 8 rows, for each half of the rows.
    const QUADS: usize;

    /// Dot products with the columns from quad `first` of each group on.
    unsafe fn dots<const R: usize>(&self, x: [&QuantizedGroup; R], first: usize) -> [[__m256i; 2]; R];
    unsafe fn scales(&self) -> Ymm2;

    #[inline(always)]
    unsafe fn mins(&self) -> Option<Ymm2> {
        None
    }
}

/// The two halves of 64 bytes.
#[inline(always)]
unsafe fn halves<T>(values: &[T; 64]) -> [__m256i; 2] {
    // SAFETY: passed on; both loads lie in the array, whose elements are bytes.
    unsafe {
        let start = values.as_ptr().cast::<__m256i>();
        [_mm256_loadu_si256(start), _mm256_loadu_si256(start.add(1))]
    }
}

impl Block for Q4Block {
    const QUADS: usize = 8;

    #[inline(always)]
    unsafe fn dots<const R: usize>(&self, x: [&QuantizedGroup; R], _first: usize) -> [[__m256i; 2]; R] {
        // SAFETY: passed on.
        unsafe {
            let low = _mm256_set1_epi8(15);
            let mut pairs = [[_mm256_setzero_si256(); 2]; R];
            for (j, values) in self.values.iter().enumerate() {
                let [a, b] = halves(values);
                let quads = [
                    [_mm256_and_si256(a, low), _mm256_and_si256(b, low)],
                    [
                        _mm256_and_si256(_mm256_srli_epi16::<4>(a), low),
                        _mm256_and_si256(_mm256_srli_epi16::<4>(b), low),
                    ],
                ];
                for (nibble, w) in quads.into_iter().enumerate() {
                    for r in 0..R {
                        let x = _mm256_set1_epi32(quad(&x[r].values, 8 * j + 4 * nibble));
                        for h in 0..2 {
                            pairs[r][h] = _mm256_add_epi16(pairs[r][h], _mm256_maddubs_epi16(w[h], x));
                        }
                    }
                }
            }
            for r in 0..R {
                let start = _mm256_set1_epi32(x[r].offset);
                for pair in &mut pairs[r] {
                    *pair = _mm256_add_epi32(_mm256_madd_epi16(*pair, _mm256_set1_epi16(1)), start);
                }
            }
            pairs
        }
    }

    #[inline(always)]
    unsafe fn scales(&self) -> Ymm2 {
        // SAFETY: passed on.
        unsafe { Ymm2::load_f16(&self.scales) }
    }
}

/// Dot products of signed weights.
#[inline(always)]
unsafe fn signed<const QUADS: usize, const R: usize>(
    values: &[[i8; 64]; QUADS],
    x: [&QuantizedGroup; R],
    first: usize,
) -> [[__m256i; 2]; R] {
    // SAFETY: passed on.
    unsafe {
        let one = _mm256_set1_epi16(1);
        let mut dots = [[_mm256_setzero_si256(); 2]; R];
        for (q, values) in values.iter().enumerate() {
            let w = halves(values);
            let magnitude = [_mm256_abs_epi8(w[0]), _mm256_abs_epi8(w[1])];
            for r in 0..R {
                let x = _mm256_set1_epi32(quad(&x[r].values, 4 * (first + q)));
                for h in 0..2 {
                    let pairs = _mm256_maddubs_epi16(magnitude[h], _mm256_sign_epi8(x, w[h]));
                    dots[r][h] = _mm256_add_epi32(dots[r][h], _mm256_madd_epi16(pairs, one));
                }
            }
        }
        dots
    }
}

impl Block for Q8Block {
    const QUADS: usize = 8;

    #[inline(always)]
    unsafe fn dots<const R: usize>(&self, x: [&QuantizedGroup; R], first: usize) -> [[__m256i; 2]; R] {
        // SAFETY: passed on.
        unsafe { signed(&self.values, x, first) }
    }

    #[inline(always)]
    unsafe fn scales(&self) -> Ymm2 {
        // SAFETY: passed on.
        unsafe { Ymm2::load_f16(&self.scales) }
    }
}

impl<const N: usize> Block for AffineBlock<N> {
    const QUADS: usize = N;

    #[inline(always)]
    unsafe fn dots<const R: usize>(&self, x: [&QuantizedGroup; R], first: usize) -> [[__m256i; 2]; R] {
        // SAFETY: passed on.
        unsafe { signed(&self.values, x, first) }
    }

    #[inline(always)]
    unsafe fn scales(&self) -> Ymm2 {
        // SAFETY: passed on.
        unsafe { Ymm2::load(&self.scales) }
    }

    #[inline(always)]
    unsafe fn mins(&self) -> Option<Ymm2> {
        // SAFETY: passed on.
        Some(unsafe { Ymm2::load(&self.mins) })
    }
}
