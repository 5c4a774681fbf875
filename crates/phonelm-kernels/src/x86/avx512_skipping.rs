//! The products that skip neurons, for AVX-512 with VNNI.
//!
//! By rows: 16 chosen rows are the lanes. Each brings 16 bytes a group, and transposing the dwords inside the four lanes of
//! four registers makes of them the registers that a tile would have held.
//!
//! By columns: 128 outputs are eight registers. Interleaving the bytes of four lines makes the registers that multiply four
//! activations.

use std::arch::x86_64::*;
use std::array::from_ref;
use std::ops::Range;

use super::{Avx512Vnni, prefetch_line, prefetch_second};
use crate::blocks::Q4_0;
use crate::kernels::{GROUP, TILE_ROWS};
use crate::packed::{ColumnBlock, Packed, Q4Block, SLAB_ROWS, SLAB_TILES, Weave};
use crate::rows::{OutRows, QuantizedGroup};
use crate::skipping::Active;

/// Blocks of a row between their fetching and their use: 8 KB of 16 rows.
const BLOCKS_AHEAD: usize = 28;

/// See [`crate::Kernels::matmul_rows`].
///
/// # Safety
/// The CPU has AVX-512 F, BW and VNNI, and F16C.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c")]
pub(super) unsafe fn matmul_rows(
    w: &Packed,
    chosen: &[[u32; TILE_ROWS]],
    tiles: Range<usize>,
    x: &[QuantizedGroup],
    out: &OutRows<'_>,
) {
    let (blocks, per_row) = (w.row_blocks(), w.cols() / GROUP);
    let x = &x[..per_row];
    for tile in tiles {
        let rows = chosen[tile].map(|row| blocks[row as usize * per_row..][..per_row].as_ptr());
        let next = chosen.get(tile + 1).unwrap_or(&chosen[tile]);
        let next = next.map(|row| blocks.as_ptr().wrapping_add(row as usize * per_row));
        // SAFETY: this function has the features; `b` is below the number of blocks of each row.
        unsafe {
            let mut acc = _mm512_setzero_ps();
            let (twos, rest) = x.as_chunks::<2>();
            for (pair, groups) in twos.iter().enumerate() {
                let b = 2 * pair;
                let (from, ahead) = if b + BLOCKS_AHEAD < per_row {
                    (&rows, b + BLOCKS_AHEAD)
                } else {
                    (&next, b + BLOCKS_AHEAD - per_row)
                };
                for row in from {
                    prefetch_second(row.wrapping_add(ahead).cast());
                }
                acc = add::<2>(rows.map(|row| row.add(b).cast()), groups, acc);
            }
            if let [group] = rest {
                acc = add::<1>(rows.map(|row| row.add(per_row - 1).cast()), from_ref(group), acc);
            }
            out.store(0, tile * TILE_ROWS, floats(acc));
        }
    }
}

/// Adds the products of `N` groups.
#[inline(always)]
unsafe fn add<const N: usize>(rows: [*const [Q4_0; N]; TILE_ROWS], x: &[QuantizedGroup; N], mut acc: __m512) -> __m512 {
    // SAFETY: passed on.
    unsafe {
        let low = _mm512_set1_epi8(15);
        let mut scales = [[0; TILE_ROWS]; N];
        let mut fours = [[_mm512_setzero_si512(); 4]; N];
        for i in 0..4 {
            let [p, q, r, s]: [&[Q4_0; N]; 4] = [&*rows[i], &*rows[4 + i], &*rows[8 + i], &*rows[12 + i]];
            for n in 0..N {
                fours[n][i] = lanes([&p[n], &q[n], &r[n], &s[n]]);
                for (lane, row) in [p, q, r, s].into_iter().enumerate() {
                    scales[n][4 * lane + i] = u16::from_le_bytes(row[n].d);
                }
            }
        }
        for n in 0..N {
            let mut dot = _mm512_set1_epi32(x[n].offset);
            let (values, _) = x[n].values.as_chunks::<4>();
            for (q, quad) in dwords(fours[n]).into_iter().enumerate() {
                let high = _mm512_and_si512(_mm512_srli_epi16::<4>(quad), low);
                dot = _mm512_dpbusd_epi32(dot, _mm512_and_si512(quad, low), broadcast(values[q]));
                dot = _mm512_dpbusd_epi32(dot, high, broadcast(values[q + 4]));
            }
            let scales = _mm512_cvtph_ps(_mm256_loadu_si256(scales[n].as_ptr().cast()));
            let scales = _mm512_mul_ps(scales, _mm512_set1_ps(x[n].scale));
            acc = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scales, acc);
        }
        acc
    }
}

/// The nibbles of four rows, one in each lane.
#[inline(always)]
unsafe fn lanes(rows: [&Q4_0; 4]) -> __m512i {
    // SAFETY: the caller has AVX-512 F; the loads read 16 bytes of 16.
    unsafe {
        let row = |lane: usize| rows[lane].qs.as_ptr().cast();
        let one = _mm512_castsi128_si512(_mm_loadu_si128(row(0)));
        let two = _mm512_inserti32x4::<1>(one, _mm_loadu_si128(row(1)));
        let three = _mm512_inserti32x4::<2>(two, _mm_loadu_si128(row(2)));
        _mm512_inserti32x4::<3>(three, _mm_loadu_si128(row(3)))
    }
}

/// Dword `q` of rows 0 to 15, for `q` in `0..4`, from rows 0 4 8 12, 1 5 9 13 and so on.
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

impl Weave for Avx512Vnni {
    #[inline(always)]
    unsafe fn rows(rows: &[&[Q4_0]], out: &mut [Q4Block]) {
        let Some(first) = rows.first() else { return };
        let mut starts = [first.as_ptr(); TILE_ROWS];
        for (start, row) in starts.iter_mut().zip(rows) {
            assert!(row.len() == out.len(), "a row of {} blocks woven into {}", row.len(), out.len());
            *start = row.as_ptr();
        }
        for (b, out) in out.iter_mut().enumerate() {
            // SAFETY: passed on; every row has a block `b`, and a prefetch may go past the end.
            unsafe {
                if b % 2 == 0 {
                    for start in starts {
                        prefetch_second(start.wrapping_add(b + BLOCKS_AHEAD).cast());
                    }
                }
                let mut fours = [_mm512_setzero_si512(); 4];
                let mut scales = [0; TILE_ROWS];
                for i in 0..4 {
                    let [p, q, r, s] = [i, 4 + i, 8 + i, 12 + i].map(|row| &*starts[row].add(b));
                    fours[i] = lanes([p, q, r, s]);
                    for (lane, row) in [p, q, r, s].into_iter().enumerate() {
                        scales[4 * lane + i] = u16::from_le_bytes(row.d);
                    }
                }
                out.scales = scales;
                let [a, b, c, d] = dwords(fours);
                let [ab, cd] = [both(a, b), both(c, d)];
                for (values, found) in out.values.iter_mut().zip([ab[0], cd[0], ab[1], cd[1]]) {
                    _mm512_storeu_si512(values.as_mut_ptr().cast(), found);
                }
            }
        }
        if rows.len() < TILE_ROWS {
            out.iter_mut().for_each(|out| out.scales[rows.len()..].fill(0));
        }
    }

    #[inline(always)]
    unsafe fn columns(block: &ColumnBlock, out: &mut [&mut [[u8; 64]; 4]; SLAB_TILES]) {
        // SAFETY: passed on; loads and stores are of 64 bytes of 64.
        unsafe {
            let ahead = std::ptr::from_ref(block).wrapping_add(4).cast::<u8>();
            for line in 0..size_of::<ColumnBlock>() / 64 {
                prefetch_second(ahead.wrapping_add(64 * line));
            }
            for (j, lines) in block.lines.as_chunks::<8>().0.iter().enumerate() {
                let mut loaded = [[_mm512_setzero_si512(); 4]; 2];
                for i in 0..8 {
                    loaded[i / 4][i % 4] = _mm512_load_si512(lines[i].as_ptr().cast());
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

/// See [`crate::Kernels::matmul_active`].
///
/// # Safety
/// The CPU has AVX-512 F, BW and VNNI, and F16C.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c")]
pub(super) unsafe fn matmul_active(w: &Packed, slabs: Range<usize>, x: &Active, out: &OutRows<'_>) {
    let per_slab = w.cols() / GROUP;
    let blocks = x.checked(w, &slabs);
    for slab in slabs {
        let start = blocks[slab * per_slab..].as_ptr();
        let next = start.wrapping_add(per_slab);
        // SAFETY: this function has the features; all lines lie in the slab, as `checked` made sure.
        unsafe {
            let low = _mm512_set1_epi8(15);
            let mut acc = [_mm512_setzero_ps(); 8];
            let mut q = 0;
            for group in &x.groups {
                let block = start.add(group.index);
                let scales_ahead = block.wrapping_add(4).cast::<u8>().wrapping_add(64 * GROUP);
                for line in 0..4 {
                    prefetch_line(scales_ahead.wrapping_add(64 * line));
                }
                let mut dots = [_mm512_set1_epi32(group.offset); 8];
                while q < group.end {
                    let quad = x.quads.get_unchecked(q);
                    let (ahead, in_next) = x.ahead(q);
                    let from = if in_next { next } else { start };
                    for line in ahead.lines {
                        prefetch_second(from.cast::<u8>().wrapping_add(line as usize));
                    }
                    let mut lines = [_mm512_setzero_si512(); 4];
                    for (line, at) in lines.iter_mut().zip(quad.lines) {
                        *line = _mm512_load_si512(start.byte_add(at as usize).cast());
                    }
                    let values = broadcast(quad.values);
                    for (k, both) in interleaved(lines).into_iter().enumerate() {
                        let high = _mm512_and_si512(_mm512_srli_epi16::<4>(both), low);
                        dots[k] = _mm512_dpbusd_epi32(dots[k], _mm512_and_si512(both, low), values);
                        dots[k + 4] = _mm512_dpbusd_epi32(dots[k + 4], high, values);
                    }
                    q += 1;
                }
                let x_scale = _mm512_set1_ps(group.scale);
                for k in 0..8 {
                    let scales = (*block).scales.as_chunks::<16>().0[k].as_ptr();
                    let scales = _mm512_mul_ps(_mm512_cvtph_ps(_mm256_loadu_si256(scales.cast())), x_scale);
                    acc[k] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[k]), scales, acc[k]);
                }
            }
            for (k, acc) in acc.into_iter().enumerate() {
                out.store(0, slab * SLAB_ROWS + 16 * k, floats(acc));
            }
        }
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

#[inline(always)]
unsafe fn broadcast(values: [i8; 4]) -> __m512i {
    // SAFETY: the caller has AVX-512 F.
    unsafe { _mm512_set1_epi32(i32::from_le_bytes(values.map(|value| value as u8))) }
}

#[inline(always)]
unsafe fn floats(x: __m512) -> [f32; 16] {
    let mut out = [0.0; 16];
    // SAFETY: the caller has AVX-512 F; the store writes the 16 floats of the array.
    unsafe { _mm512_storeu_ps(out.as_mut_ptr(), x) };
    out
}
