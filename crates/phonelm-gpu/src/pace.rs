//! How many tokens of a prompt the GPU takes at once: as many as keep whoever waits behind them waiting for about [`PASS`],
//! since reading the weights costs as much for 64 tokens as for 512.

use std::time::Duration;

use phonelm_model::PREFILL_BATCH;

/// What a pass over a part of a prompt is to take. It may take twice that before the parts become smaller.
const PASS: Duration = Duration::from_millis(50);

pub(crate) struct Pace {
    rows: usize,
    most: usize,
}

impl Pace {
    /// Begins with as many as everywhere; a pass holds `most`.
    pub(crate) fn new(most: usize) -> Self {
        Self { rows: PREFILL_BATCH.min(most), most }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Learns from what a pass took. Smaller ones than asked for tell little.
    pub(crate) fn note(&mut self, rows: usize, taken: Duration) {
        if rows < self.rows {
            return;
        }
        let fit = (rows as f64 * PASS.as_secs_f64() / taken.as_secs_f64().max(1e-6)) as usize;
        if fit >= 2 * self.rows {
            self.rows = (1 << fit.ilog2()).min(self.most);
        } else if 2 * fit < self.rows {
            self.rows = (self.rows / 2).max(PREFILL_BATCH.min(self.most));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_take_about_as_long_as_they_may() {
        let mut pace = Pace::new(512);
        let mut note = |rows, millis| {
            pace.note(rows, Duration::from_millis(millis));
            pace.rows()
        };
        // A slow GPU stays at the least, one that is fast enough goes further at once.
        assert_eq!([note(64, 400), note(64, 40), note(64, 20), note(128, 20), note(256, 10)], [64, 64, 128, 256, 512]);
        // Neither the end of a prompt nor a pass that took half as long again changes anything.
        assert_eq!([note(9, 200), note(512, 75), note(512, 1)], [512; 3]);
        // Longer texts take longer.
        assert_eq!(
            [note(512, 110), note(256, 60), note(256, 400), note(128, 400), note(64, 400)],
            [256, 256, 128, 64, 64]
        );
    }
}
