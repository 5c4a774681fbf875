//! Kernels for x86-64: [`avx2`] for every desktop of the last decade, [`avx512_vnni`] where its dot product exists.
//!
//! Both multiply unsigned by signed bytes, the only product these instruction sets have.

mod avx2;
mod avx512_skipping;
mod avx512_vnni;
mod peak;
mod read;

pub(crate) use avx2::Avx2;
pub(crate) use avx512_vnni::Avx512Vnni;
pub(crate) use peak::multipliers;
pub(crate) use read::readers;

use std::arch::x86_64::{__cpuid, _MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
use std::sync::LazyLock;

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

/// The four activation bytes from `at` on, as they multiply four neighbouring columns.
#[inline(always)]
fn quad(values: &[i8; 32], at: usize) -> i32 {
    i32::from_le_bytes([values[at] as u8, values[at + 1] as u8, values[at + 2] as u8, values[at + 3] as u8])
}
