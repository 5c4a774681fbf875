//! How many threads decode fastest on this device: measured, since neither the number of cores nor their clocks tell it.

use std::time::Instant;

use phonelm_model::{CacheId, LogitsFor, median};

use crate::{Engine, Error};

/// Passes over one token with each number of threads, after one that warms up.
const ROUNDS: usize = 5;
/// A number of threads counts as equal to the best one if it takes no more than this times as long: fewer spare the battery.
const EQUAL: f64 = 1.03;

impl Engine {
    /// Decodes some tokens with each number of threads and keeps to the fewest that are about as fast as the best: the
    /// number, or `None` if there is no choice or `go_on`, which is asked before each pass, ended it.
    pub fn measure_threads(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Option<usize>, Error> {
        let most = self.executor.threads();
        if most == 1 {
            return Ok(None);
        }
        let cache = self.executor.create();
        let seconds = self.seconds_by_threads(cache, most, go_on);
        self.executor.release(cache);
        let chosen = seconds.map(|seconds| seconds.as_deref().map(fewest));
        self.set_threads(if let Ok(Some(threads)) = chosen { threads } else { most });
        chosen
    }

    /// Computes with so many threads of those that the model was loaded with.
    pub fn set_threads(&mut self, threads: usize) {
        self.executor.set_threads(threads);
    }

    /// Computes with this share, 0 to 1, of those threads.
    pub fn set_thread_share(&mut self, share: f64) {
        self.executor.set_thread_share(share);
    }

    /// Seconds of the median pass with 1 to `most` threads.
    fn seconds_by_threads(
        &mut self,
        cache: CacheId,
        most: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<f64>>, Error> {
        let mut passes = vec![Vec::with_capacity(ROUNDS); most];
        for round in 0..=ROUNDS {
            for (index, passes) in passes.iter_mut().enumerate() {
                if !go_on() {
                    return Ok(None);
                }
                self.executor.set_threads(index + 1);
                let start = Instant::now();
                self.forward(cache, &[0], LogitsFor::Last)?;
                if round > 0 {
                    passes.push(start.elapsed().as_secs_f64());
                }
                self.executor.truncate(cache, 0)?;
            }
        }
        Ok(passes.into_iter().map(median).collect())
    }
}

/// The fewest threads, 1 and up, that are about as fast as the best.
fn fewest(seconds: &[f64]) -> usize {
    let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    1 + seconds.iter().position(|time| *time <= EQUAL * best).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_that_are_about_as_fast() {
        assert_eq!(fewest(&[100.0]), 1);
        assert_eq!(fewest(&[100.0, 60.0, 50.0, 70.0]), 3);
        assert_eq!(fewest(&[100.0, 51.0, 50.0, 50.0]), 2);
        assert_eq!(fewest(&[50.0, 100.0, 200.0]), 1);
    }
}
