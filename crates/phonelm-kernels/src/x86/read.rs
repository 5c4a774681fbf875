//! Ways of reading memory for the bandwidth probe: whole vectors, in one or several streams, fetched ahead or not.

use std::arch::x86_64::*;

use super::{Avx2, Avx512Vnni, fetch_ahead};
use crate::bandwidth::{Line, Reader, STREAMS};

/// Those whose instructions this CPU has.
pub(crate) fn readers() -> Vec<Reader> {
    let mut readers = Vec::new();
    if Avx2::new().is_some() {
        readers.extend([
            Reader { name: "avx2", read: read_avx2::<1, false> },
            Reader { name: "avx2, prefetch", read: read_avx2::<1, true> },
            Reader { name: "avx2, 4 streams", read: read_avx2::<STREAMS, false> },
            Reader { name: "avx2, 4 streams, prefetch", read: read_avx2::<STREAMS, true> },
        ]);
    }
    if Avx512Vnni::new().is_some() {
        readers.extend([
            Reader { name: "avx512", read: read_avx512::<1, false> },
            Reader { name: "avx512, prefetch", read: read_avx512::<1, true> },
            Reader { name: "avx512, 4 streams", read: read_avx512::<STREAMS, false> },
            Reader { name: "avx512, 4 streams, prefetch", read: read_avx512::<STREAMS, true> },
        ]);
    }
    readers
}

/// Calls `take` with every line: `N` streams side by side, each of neighbours.
#[inline(always)]
fn each<const N: usize, const AHEAD: bool>(lines: &[Line], mut take: impl FnMut(usize, &Line)) {
    let length = lines.len() / N;
    for i in 0..length {
        for stream in 0..N {
            let line = &lines[stream * length + i];
            if AHEAD {
                fetch_ahead::<_, 1>(line);
            }
            take(stream, line);
        }
    }
}

#[target_feature(enable = "avx2")]
fn read_avx2<const N: usize, const AHEAD: bool>(lines: &[Line]) -> u64 {
    let mut sums = [_mm256_setzero_si256(); N];
    each::<N, AHEAD>(lines, |stream, line| {
        let halves = line.as_ptr().cast::<__m256i>();
        // SAFETY: a line is two vectors long.
        let (low, high) = unsafe { (_mm256_loadu_si256(halves), _mm256_loadu_si256(halves.add(1))) };
        sums[stream] = _mm256_xor_si256(sums[stream], _mm256_xor_si256(low, high));
    });
    let all = sums.iter().fold(_mm256_setzero_si256(), |all, sum| _mm256_xor_si256(all, *sum));
    let halves = _mm_xor_si128(_mm256_castsi256_si128(all), _mm256_extracti128_si256::<1>(all));
    (_mm_cvtsi128_si64(halves) ^ _mm_extract_epi64::<1>(halves)) as u64
}

#[target_feature(enable = "avx512f")]
fn read_avx512<const N: usize, const AHEAD: bool>(lines: &[Line]) -> u64 {
    let mut sums = [_mm512_setzero_si512(); N];
    each::<N, AHEAD>(lines, |stream, line| {
        // SAFETY: a line is one vector long.
        let line = unsafe { _mm512_loadu_si512(line.as_ptr().cast()) };
        sums[stream] = _mm512_xor_si512(sums[stream], line);
    });
    let all = sums.iter().fold(_mm512_setzero_si512(), |all, sum| _mm512_xor_si512(all, *sum));
    _mm512_reduce_or_epi64(all) as u64
}
