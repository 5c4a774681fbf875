//! How many products of bytes this machine makes a second with its operands in registers: the roof over prefill, whose
//! weights are read once for many tokens.
//!
//! ```
//! use phonelm_kernels::{Pool, product_peak};
//! if let Some(peak) = product_peak(&Pool::new(2)) {
//!     assert!(peak.macs_per_second > 1e6, "{}", peak.way);
//! }
//! ```

use std::hint::black_box;
use std::time::Instant;

use crate::Pool;

/// Turns of a multiplier in one timing of one thread, some milliseconds on a desktop.
const TURNS: usize = 1 << 20;
/// Timings of each way; the fastest counts.
const TRIES: usize = 5;

/// The speed of the fastest way of multiplying bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProductPeak {
    /// Multiply-accumulates of all threads together.
    pub macs_per_second: f64,
    /// The instruction.
    pub way: &'static str,
}

/// Instructions that multiply bytes in registers, over and over.
pub(crate) struct Multiplier {
    pub(crate) name: &'static str,
    /// Multiply-accumulates of a turn.
    pub(crate) macs: usize,
    /// Makes so many turns; the result depends on each. The CPU has its instructions, or it would not be in the list.
    pub(crate) turn: unsafe fn(usize) -> i32,
}

/// Multiplies with all threads of `pool`, in every way that this CPU has; `None` where no way is known.
pub fn product_peak(pool: &Pool) -> Option<ProductPeak> {
    let peaks = multipliers().into_iter().map(|multiplier| {
        let seconds = (0..TRIES).map(|_| seconds(&multiplier, pool)).fold(f64::INFINITY, f64::min);
        let macs = (pool.threads() * TURNS * multiplier.macs) as f64;
        ProductPeak { macs_per_second: macs / seconds, way: multiplier.name }
    });
    peaks.max_by(|a, b| a.macs_per_second.total_cmp(&b.macs_per_second))
}

fn seconds(multiplier: &Multiplier, pool: &Pool) -> f64 {
    // Small pieces, so that a thread that comes late takes fewer.
    const PIECES: usize = 64;
    let start = Instant::now();
    pool.run(pool.threads() * PIECES, &|_| {
        // SAFETY: a multiplier is in the list because the CPU has its instructions.
        black_box(unsafe { (multiplier.turn)(TURNS / PIECES) });
    });
    start.elapsed().as_secs_f64()
}

/// Every way that this CPU has.
fn multipliers() -> Vec<Multiplier> {
    #[cfg(target_arch = "x86_64")]
    return crate::x86::multipliers();
    #[cfg(not(target_arch = "x86_64"))]
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_turn_counts() {
        for multiplier in multipliers() {
            // SAFETY: a multiplier is in the list because the CPU has its instructions.
            let turns = |count| unsafe { (multiplier.turn)(count) };
            let one = turns(1);
            assert_ne!(one, 0, "{}", multiplier.name);
            assert_eq!(turns(100), 100 * one, "{}", multiplier.name);
        }
    }
}
