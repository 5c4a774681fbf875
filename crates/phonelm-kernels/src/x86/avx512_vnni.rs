//! AVX-512 with VNNI: `vpdpbusd` adds four products of unsigned and signed bytes to each of 16 int32.
//!
//! A register holds 4 columns of the 16 rows of a tile, so one instruction advances 16 outputs by 4 columns against four
//! broadcast activation bytes. Weights become unsigned by adding 8 (as Q4 stores them) or 128 (signed bytes, by flipping
//! their top bit); the accumulator starts at minus that constant times the group's sum. A strip of up to [`STRIP`] rows
//! of activations passes over a tile with its float sums in registers and each block's weights unpacked once.
//!
//! Bound: `|dot| <= 32 * 255 * 127 + 128 * 32 * 127 < 2^21`, exact in int32 and in f32.

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

/// Proof of AVX-512 F, BW, VL and VNNI, and of FMA and F16C.
pub(crate) struct Avx512Vnni(());

impl Avx512Vnni {
    /// The only way to a value: asks the CPU.
    pub(crate) fn new() -> Option<&'static Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        found.then_some(&Self(()))
    }
}

impl Kernels for Avx512Vnni {
    fn name(&self) -> &'static str {
        "x86_64-q8-avx512vnni"
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

    float_methods! {
        isa: Avx512Vnni, attention_rows: 4, features: "avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c"
    }
}

impl Isa for Avx512Vnni {
    type Floats = Zmm;
    const SUMS: usize = 16;

    #[inline(always)]
    fn prefetch(line: *const u8) {
        super::prefetch_second(line);
    }

    #[inline(always)]
    unsafe fn dots<const R: usize>(tile: &ByteTile, x: [&QuantizedGroup; R]) -> [Zmm; R] {
        // SAFETY: passed on.
        unsafe {
            let bytes = flipped(tile);
            let mut out = [Zmm::splat(0.0); R];
            for r in 0..R {
                let mut dot = _mm512_set1_epi32(16 * x[r].offset);
                for (q, bytes) in bytes.iter().enumerate() {
                    dot = _mm512_dpbusd_epi32(dot, *bytes, _mm512_set1_epi32(quad(&x[r].values, 4 * q)));
                }
                out[r] = Zmm(_mm512_cvtepi32_ps(dot));
            }
            out
        }
    }

    /// The groups are the unsigned side of the product.
    #[inline(always)]
    unsafe fn fine_dots<const R: usize>(tile: &ByteTile, x: &[[QuantizedGroup; 2]; R]) -> [[Zmm; 2]; R] {
        // SAFETY: passed on; the loads read 64 bytes of 64.
        unsafe {
            let mut dots = [[_mm512_setzero_si512(); 2]; R];
            for (q, values) in tile.iter().enumerate() {
                let bytes = _mm512_loadu_si512(values.as_ptr().cast());
                for r in 0..R {
                    for p in 0..2 {
                        let x = _mm512_set1_epi32(quad(&x[r][p].values, 4 * q));
                        dots[r][p] = _mm512_dpbusd_epi32(dots[r][p], x, bytes);
                    }
                }
            }
            let mut out = [[Zmm::splat(0.0); 2]; R];
            for r in 0..R {
                for p in 0..2 {
                    out[r][p] = Zmm(_mm512_cvtepi32_ps(dots[r][p]));
                }
            }
            out
        }
    }
}

/// 16 floats in one register.
#[derive(Clone, Copy)]
pub(crate) struct Zmm(__m512);

impl Zmm {
    /// Needs AVX-512 F.
    #[inline(always)]
    pub(super) unsafe fn from_integers(x: __m512i) -> Self {
        // SAFETY: passed on.
        Self(unsafe { _mm512_cvtepi32_ps(x) })
    }
}

impl Vector for Zmm {
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: passed on.
        Self(unsafe { _mm512_set1_ps(x) })
    }

    #[inline(always)]
    unsafe fn load(x: &[f32; LANES]) -> Self {
        // SAFETY: passed on; reads the 16 floats of the reference.
        Self(unsafe { _mm512_loadu_ps(x.as_ptr()) })
    }

    #[inline(always)]
    unsafe fn load_f16(x: &[u16; LANES]) -> Self {
        // SAFETY: passed on; reads the 32 bytes of the reference.
        Self(unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(x.as_ptr().cast())) })
    }

    #[inline(always)]
    unsafe fn to_array(self) -> [f32; LANES] {
        let mut out = [0.0; LANES];
        // SAFETY: passed on; writes the 16 floats of the array.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), self.0) };
        out
    }

    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        // SAFETY: passed on.
        Self(unsafe { _mm512_mul_ps(self.0, b.0) })
    }

    #[inline(always)]
    unsafe fn fma(self, b: Self, c: Self) -> Self {
        // SAFETY: passed on.
        Self(unsafe { _mm512_fmadd_ps(self.0, b.0, c.0) })
    }

    #[inline(always)]
    unsafe fn top(self, b: Self) -> u32 {
        // SAFETY: passed on.
        unsafe {
            let magnitude = _mm512_set1_epi32(MAGNITUDE as i32);
            let [a, b] = [self, b].map(|x| _mm512_and_si512(_mm512_castps_si512(x.0), magnitude));
            _mm512_reduce_max_epu32(_mm512_max_epu32(a, b))
        }
    }

    #[inline(always)]
    unsafe fn round(self) -> [i32; LANES] {
        let mut out = [0; LANES];
        // SAFETY: passed on; writes the 16 integers of the array.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_cvtps_epi32(self.0)) };
        out
    }
}

/// Rows of activations that share one unpacking of the weights, their sums all in registers.
const STRIP: usize = 8;
/// Rows of activations that pass over a tile before the next tile comes, so that they stay in the second cache.
const BATCH: usize = 64;

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c")]
unsafe fn matmul(w: &Packed, tiles: Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) {
    assert_eq!(w.cols(), x.cols(), "weights and activations differ in width");
    // SAFETY: this function has the features.
    if unsafe { skipping::matmul::<Avx512Vnni>(w, &tiles, x, out) } {
        return;
    }
    let mut woven = Woven::default();
    for first in (0..x.rows()).step_by(BATCH) {
        let rows = first..(first + BATCH).min(x.rows());
        for tile in tiles.clone() {
            // SAFETY: this function has the features; a tile has as many columns as `x`.
            unsafe {
                match w.tile::<Avx512Vnni>(tile, &mut woven) {
                    Blocks::Q4(blocks) => strips(blocks, rows.clone(), x, tile, out),
                    Blocks::Q8(blocks) => strips(blocks, rows.clone(), x, tile, out),
                    Blocks::Affine32(blocks) => strips(blocks, rows.clone(), x, tile, out),
                    Blocks::Affine16(blocks) => strips(blocks, rows.clone(), x, tile, out),
                }
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c")]
unsafe fn matmul_rows(
    w: &Packed,
    chosen: &[[u32; TILE_ROWS]],
    tiles: Range<usize>,
    x: &[QuantizedGroup],
    out: &OutRows<'_>,
) {
    // SAFETY: this function has the features.
    unsafe { skipping::matmul_rows::<Avx512Vnni>(w, chosen, tiles, x, out) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c")]
unsafe fn matmul_active(w: &Packed, halves: Range<usize>, x: &Active, out: &OutRows<'_>) {
    // SAFETY: this function has the features.
    unsafe { skipping::matmul_active::<Avx512Vnni>(w, halves, x, out) }
}

/// All rows in strips of 8, and what is left in one strip.
#[inline(always)]
unsafe fn strips<B: Block>(blocks: &[B], rows: Range<usize>, x: &QuantizedRows, tile: usize, out: &OutRows<'_>) {
    let mut m = rows.start;
    // SAFETY: passed on.
    unsafe {
        while rows.end - m >= STRIP {
            strip::<B, STRIP>(blocks, x, m, tile, out);
            m += STRIP;
        }
        match rows.end - m {
            1 => strip::<B, 1>(blocks, x, m, tile, out),
            2 => strip::<B, 2>(blocks, x, m, tile, out),
            3 => strip::<B, 3>(blocks, x, m, tile, out),
            4 => strip::<B, 4>(blocks, x, m, tile, out),
            5 => strip::<B, 5>(blocks, x, m, tile, out),
            6 => strip::<B, 6>(blocks, x, m, tile, out),
            7 => strip::<B, 7>(blocks, x, m, tile, out),
            _ => {}
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
        let mut acc = [_mm512_setzero_ps(); R];
        for (b, block) in blocks.iter().enumerate() {
            if fetches {
                fetch_ahead::<_, R>(block);
            }
            let weights = block.weights();
            let scales = block.scales();
            let first = b * B::QUADS % 8;
            for r in 0..R {
                let group = &*rows[r].add(b * B::QUADS / 8);
                let mut dot = B::start(group, first);
                for (q, weights) in weights.iter().enumerate().take(B::QUADS) {
                    let quad = quad(&group.values, 4 * (first + q));
                    dot = _mm512_dpbusd_epi32(dot, *weights, _mm512_set1_epi32(quad));
                }
                let x_scale = _mm512_set1_ps(group.scale);
                acc[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_mul_ps(scales, x_scale), acc[r]);
                if let Some(mins) = block.mins() {
                    let sum = _mm512_set1_ps(B::sum(group, first) as f32);
                    acc[r] = _mm512_fmadd_ps(sum, _mm512_mul_ps(mins, x_scale), acc[r]);
                }
            }
        }
        for (r, acc) in acc.into_iter().enumerate() {
            out.store(m + r, tile * TILE_ROWS, Zmm(acc).to_array());
        }
    }
}

/// A packed block as this instruction set takes it.
///
/// # Safety
/// The methods need AVX-512 F, BW and F16C.
trait Block {
    /// Registers of 4 columns.
    const QUADS: usize;

    /// Unsigned bytes in the first `QUADS` registers.
    unsafe fn weights(&self) -> [__m512i; 8];
    unsafe fn scales(&self) -> __m512;
    /// What the dot product starts from, for the columns from quad `first` of the group on.
    unsafe fn start(group: &QuantizedGroup, first: usize) -> __m512i;

    #[inline(always)]
    unsafe fn mins(&self) -> Option<__m512> {
        None
    }

    /// Sum of the activations of the columns from quad `first` on.
    #[inline(always)]
    fn sum(group: &QuantizedGroup, first: usize) -> i32 {
        if Self::QUADS == 8 { group.sums[0] + group.sums[1] } else { group.sums[first / 4] }
    }
}

impl Block for Q4Block {
    const QUADS: usize = 8;

    #[inline(always)]
    unsafe fn weights(&self) -> [__m512i; 8] {
        // SAFETY: passed on; the loads read 64 bytes of 64.
        unsafe {
            let low = _mm512_set1_epi8(15);
            let mut out = [_mm512_setzero_si512(); 8];
            for (pair, values) in out.as_chunks_mut::<2>().0.iter_mut().zip(&self.values) {
                let both = _mm512_loadu_si512(values.as_ptr().cast());
                *pair = [_mm512_and_si512(both, low), _mm512_and_si512(_mm512_srli_epi16::<4>(both), low)];
            }
            out
        }
    }

    #[inline(always)]
    unsafe fn scales(&self) -> __m512 {
        // SAFETY: passed on.
        unsafe { Zmm::load_f16(&self.scales).0 }
    }

    #[inline(always)]
    unsafe fn start(group: &QuantizedGroup, _first: usize) -> __m512i {
        // SAFETY: passed on.
        unsafe { _mm512_set1_epi32(group.offset) }
    }
}

/// Signed bytes plus 128.
#[inline(always)]
unsafe fn flipped<const QUADS: usize>(values: &[[i8; 64]; QUADS]) -> [__m512i; 8] {
    // SAFETY: passed on; the loads read 64 bytes of 64.
    unsafe {
        let mut out = [_mm512_setzero_si512(); 8];
        for (out, values) in out.iter_mut().zip(values) {
            *out = _mm512_xor_si512(_mm512_loadu_si512(values.as_ptr().cast()), _mm512_set1_epi8(-128));
        }
        out
    }
}

impl Block for Q8Block {
    const QUADS: usize = 8;

    #[inline(always)]
    unsafe fn weights(&self) -> [__m512i; 8] {
        // SAFETY: passed on.
        unsafe { flipped(&self.values) }
    }

    #[inline(always)]
    unsafe fn scales(&self) -> __m512 {
        // SAFETY: passed on.
        unsafe { Zmm::load_f16(&self.scales).0 }
    }

    #[inline(always)]
    unsafe fn start(group: &QuantizedGroup, _first: usize) -> __m512i {
        // SAFETY: passed on.
        unsafe { _mm512_slli_epi32::<4>(_mm512_set1_epi32(group.offset)) }
    }
}

impl<const N: usize> Block for AffineBlock<N> {
    const QUADS: usize = N;

    #[inline(always)]
    unsafe fn weights(&self) -> [__m512i; 8] {
        // SAFETY: passed on.
        unsafe { flipped(&self.values) }
    }

    #[inline(always)]
    unsafe fn scales(&self) -> __m512 {
        // SAFETY: passed on.
        unsafe { Zmm::load(&self.scales).0 }
    }

    #[inline(always)]
    unsafe fn start(group: &QuantizedGroup, first: usize) -> __m512i {
        // SAFETY: passed on.
        unsafe { _mm512_set1_epi32(-128 * Self::sum(group, first)) }
    }

    #[inline(always)]
    unsafe fn mins(&self) -> Option<__m512> {
        // SAFETY: passed on.
        Some(unsafe { Zmm::load(&self.mins).0 })
    }
}
