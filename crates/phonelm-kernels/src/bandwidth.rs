//! How fast this machine reads memory: the roof over every decoder, whose tokens each read all weights once.
//!
//! No single way of reading is the fastest everywhere, so the probe tries every one that this CPU has, over memory of its
//! own and over a mapping of the caller's, and the fastest counts.
//!
//! ```
//! use phonelm_kernels::{BandwidthProbe, Pool};
//! let probe = BandwidthProbe::new(None, 1 << 20)?;
//! assert!(probe.read(&Pool::new(2)).bytes_per_second > 0.0);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The trap: memory that fits into a cache tells the cache's speed; [`BANDWIDTH_BYTES`] fits into none.

use std::hint::black_box;
use std::io;
use std::time::Instant;

use memmap2::MmapMut;

use crate::Pool;

/// Enough to read that no cache of a phone or a developer's machine holds a useful part of it.
pub const BANDWIDTH_BYTES: usize = 800 << 20;

/// Lines of one chunk of the pool, 1 MiB.
const CHUNK: usize = 1 << 14;
/// Readings of each way in one round.
const TRIES: usize = 3;

/// A cache line of most CPUs.
pub(crate) type Line = [u8; 64];
/// Streams of neighbouring lines that one thread reads at a time, at most; a reader gets a multiple of them.
pub(crate) const STREAMS: usize = 4;

/// A way of reading lines, with a result that depends on every one of them.
pub(crate) struct Reader {
    pub(crate) name: &'static str,
    /// The CPU has its instructions, or it would not be in the list.
    pub(crate) read: unsafe fn(&[Line]) -> u64,
}

/// The speed of the fastest way of reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Bandwidth {
    /// What all threads together read.
    pub bytes_per_second: f64,
    /// Instructions and memory, such as `avx512, 4 streams, own memory`.
    pub way: String,
}

/// Memory to read, and the ways of reading it.
pub struct BandwidthProbe<'a> {
    own: MmapMut,
    mapping: Option<&'a [u8]>,
    bytes: usize,
    readers: Vec<Reader>,
}

impl<'a> BandwidthProbe<'a> {
    /// A probe that reads `bytes` bytes a time, [`BANDWIDTH_BYTES`] for a useful result, from memory of its own. It reads
    /// `mapping` too, from its start as often as needed, if that has at least a quarter as many. Fails if
    /// the system has no such memory.
    pub fn new(mapping: Option<&'a [u8]>, bytes: usize) -> io::Result<Self> {
        let mut own = MmapMut::map_anon(bytes)?;
        // Large pages, which many systems give only where they are asked for, read faster.
        #[cfg(target_os = "linux")]
        if let Err(error) = own.advise(memmap2::Advice::HugePage) {
            tracing::debug!(%error, "the bandwidth is read from small pages");
        }
        // Written, so that every page is there.
        own.fill(1);
        Ok(Self { own, mapping: mapping.filter(|mapping| mapping.len() >= bytes / 4), bytes, readers: readers() })
    }

    /// Reads in every way a few times with the threads of `pool` and returns the fastest.
    pub fn read(&self, pool: &Pool) -> Bandwidth {
        let areas = [("own memory", Some(&*self.own)), ("mapping", self.mapping)];
        let mut best = Bandwidth { bytes_per_second: 0.0, way: String::new() };
        for (area, bytes) in areas.into_iter().filter_map(|(area, bytes)| Some((area, bytes?))) {
            let lines = lines(bytes);
            for reader in &self.readers {
                for _ in 0..TRIES {
                    let rate = self.rate(reader, lines, pool);
                    if rate > best.bytes_per_second {
                        best = Bandwidth { bytes_per_second: rate, way: format!("{}, {area}", reader.name) };
                    }
                }
            }
        }
        best
    }

    /// Bytes a second of one reading.
    fn rate(&self, reader: &Reader, lines: &[Line], pool: &Pool) -> f64 {
        let times = self.bytes.div_ceil(size_of_val(lines).max(1));
        let chunks = lines.len().div_ceil(CHUNK);
        let start = Instant::now();
        for _ in 0..times {
            pool.run(chunks, &|chunk| {
                let chunk = &lines[chunk * CHUNK..lines.len().min((chunk + 1) * CHUNK)];
                // SAFETY: a reader is in the list because the CPU has its instructions.
                black_box(unsafe { (reader.read)(chunk) });
            });
        }
        (times * size_of_val(lines)) as f64 / start.elapsed().as_secs_f64()
    }
}

/// Every way that this CPU has.
fn readers() -> Vec<Reader> {
    let words = Reader { name: "64-bit words", read: read_words };
    #[cfg(target_arch = "x86_64")]
    let vectors = crate::x86::readers();
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = Vec::new();
    [words].into_iter().chain(vectors).collect()
}

/// The whole lines of some bytes, a multiple of [`STREAMS`].
fn lines(bytes: &[u8]) -> &[Line] {
    let start = bytes.as_ptr().align_offset(size_of::<Line>()).min(bytes.len());
    let lines = bytes[start..].as_chunks().0;
    &lines[..lines.len() / STREAMS * STREAMS]
}

/// What any CPU can do; the compiler takes vectors of the instruction set that it may assume.
fn read_words(lines: &[Line]) -> u64 {
    let mut sums = [0u64; 8];
    for line in lines {
        for (sum, word) in sums.iter_mut().zip(line.as_chunks().0) {
            *sum ^= u64::from_ne_bytes(*word);
        }
    }
    sums.iter().fold(0, |all, sum| all ^ sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_bytes_a_second_on_any_number_of_threads() {
        let mapping = vec![1; 3 << 20];
        let probe = BandwidthProbe::new(Some(&mapping), 4 << 20).unwrap();
        for threads in 1..=4 {
            let found = probe.read(&Pool::new(threads));
            // From a slow emulator up to caches of many cores.
            assert!((1e6..1e14).contains(&found.bytes_per_second), "{threads} threads: {found:?}");
            assert!(!found.way.is_empty());
        }
    }

    #[test]
    fn small_mappings_are_left_out() {
        let mapping = vec![1; 1000];
        assert!(BandwidthProbe::new(Some(&mapping), 4004).unwrap().mapping.is_none());
        assert!(BandwidthProbe::new(Some(&mapping), 4000).unwrap().mapping.is_some());
    }

    #[test]
    fn every_reader_reads_every_line() {
        for reader in readers() {
            let bytes = vec![0; 64 * (STREAMS * 5 + 2)];
            // SAFETY: a reader is in the list because the CPU has its instructions.
            let read = |bytes: &[u8]| unsafe { (reader.read)(lines(bytes)) };
            let nothing = read(&bytes);
            for line in 0..lines(&bytes).len() {
                let mut bytes = bytes.clone();
                let start = bytes.as_ptr().align_offset(64);
                bytes[start + 64 * line + 17] = 1;
                assert_ne!(read(&bytes), nothing, "{}, line {line}", reader.name);
            }
        }
    }
}
