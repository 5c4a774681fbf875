//! Kernels for x86-64: [`avx2`] for every desktop of the last decade, [`avx512_vnni`] where its dot product exists.
//!
//! Both multiply unsigned by signed bytes, the only product these instruction sets have.

mod avx2;
mod avx2_skipping;
mod avx512_skipping;
mod avx512_vnni;
mod peak;
mod read;
mod skipping;

pub(crate) use avx2::Avx2;
pub(crate) use avx512_vnni::Avx512Vnni;
pub(crate) use peak::multipliers;
pub(crate) use read::readers;

use std::arch::x86_64::*;
use std::sync::LazyLock;

use crate::kernels::TILE_ROWS;
use crate::packed::ROW_GROUPS;

/// How far ahead of its use a packed block is fetched. The hardware fetches ahead too, but on Intel's CPUs only to the end
/// of a page; 4 to 8 KB measured best there.
const AHEAD: usize = 6 << 10;

/// Whether blocks are fetched by instructions for a single row too. AMD's Zen 4 follows a stream by itself then, and reads a
/// fifth slower with them.
static FETCHES: LazyLock<bool> = LazyLock::new(|| {
    // The vendor's name in the order of the registers: AuthenticAMD.
    let vendor = __cpuid(0);
    [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).as_flattened() != b"AuthenticAMD"
});

/// Fetches the block that lies [`AHEAD`] of `block`, or whatever else lies there, for `R` rows.
///
/// More rows stay longer at a block, so that the first cache forgets what comes too early: on Zen 4 a pass of 4 rows takes
/// 1.3 times as long as one of 1 if the second cache is the aim, 1.85 times with the first, 2.1 times without fetching.
#[inline(always)]
fn fetch_ahead<B, const R: usize>(block: &B) {
    let ahead = std::ptr::from_ref(block).cast::<u8>().wrapping_add(AHEAD);
    for line in 0..size_of::<B>().div_ceil(64) {
        let line = ahead.wrapping_add(64 * line);
        if R > 1 { prefetch_second(line) } else { prefetch_line(line) }
    }
}

#[inline(always)]
fn prefetch_line(line: *const u8) {
    // SAFETY: a prefetch never faults, and every x86-64 CPU has it.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
}

/// Fetches a line into the second cache, which has room for more fetches at a time than the first.
#[inline(always)]
fn prefetch_second(line: *const u8) {
    // SAFETY: as in `prefetch_line`.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(line.cast()) };
}

/// Fetches the block that comes so many blocks after `block` into the second cache.
#[inline(always)]
fn fetch_second<B>(block: &B, blocks: usize) {
    let ahead = std::ptr::from_ref(block).wrapping_add(blocks).cast::<u8>();
    (0..size_of::<B>() / 64).for_each(|line| prefetch_second(ahead.wrapping_add(64 * line)));
}

/// The four activation bytes from `at` on, as they multiply four neighbouring columns.
#[inline(always)]
fn quad(values: &[i8; 32], at: usize) -> i32 {
    i32::from_le_bytes([values[at] as u8, values[at + 1] as u8, values[at + 2] as u8, values[at + 3] as u8])
}

/// The f16 scales of 8 groups of 16 rows, group by group.
///
/// # Safety
/// The CPU has AVX2; 16 bytes can be read from each of `rows` on.
#[inline(always)]
unsafe fn transposed_scales(rows: [*const u16; TILE_ROWS]) -> [[u16; TILE_ROWS]; ROW_GROUPS] {
    // SAFETY: passed on; each store writes the 32 bytes of an array.
    unsafe {
        let mut from = [_mm256_setzero_si256(); ROW_GROUPS];
        for (i, from) in from.iter_mut().enumerate() {
            *from = _mm256_set_m128i(_mm_loadu_si128(rows[i + 8].cast()), _mm_loadu_si128(rows[i].cast()));
        }
        // Each round deals the rows out like two halves of a pack of cards.
        for _ in 0..3 {
            let [a, b, c, d, e, f, g, h] = from;
            for (pair, (a, b)) in from.as_chunks_mut::<2>().0.iter_mut().zip([(a, e), (b, f), (c, g), (d, h)]) {
                *pair = [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)];
            }
        }
        let mut out = [[0; TILE_ROWS]; ROW_GROUPS];
        for (out, group) in out.iter_mut().zip(from) {
            _mm256_storeu_si256(out.as_mut_ptr().cast(), group);
        }
        out
    }
}
