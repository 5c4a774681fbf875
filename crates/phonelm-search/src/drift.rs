//! Heat and other work slow a device down while it is measured. A reference model is timed before and after everything
//! else: what was measured while it was far from its usual time is measured again, and all is held against what it took
//! around then.

use phonelm_model::median;
use serde::Serialize;

use crate::journal::Record;
use crate::measure::{Cost, Loaded, Round, fastest};
use crate::{Error, Search, Shape, Stage};

/// Tokens of the reference's prompt, and of its decode.
const WORK: [usize; 2] = [32, 16];
const ROUNDS: usize = 2;
/// A measurement is steady if the reference, before and after, is within this share of its usual time.
const LIMIT: f64 = 0.1;
/// Drift is slower than noise: a measurement is held against the middle time of the reference in it and so many others
/// before and after it.
const NEAR: usize = 1;

/// How the device changed during the search, by the reference.
#[derive(Clone, Debug, Serialize)]
pub struct Drift {
    /// Time of the reference's prompt to its usual time: fastest and slowest.
    pub prefill: [f64; 2],
    /// The same of a decoded token.
    pub decode: [f64; 2],
    /// Measurements that were disturbed. Each was made again, if time sufficed.
    pub unsteady: usize,
}

/// Times the reference.
pub(crate) fn read(reference: &mut Loaded<'_>, search: &Search) -> Result<Option<Round>, Error> {
    // A short context may not hold the reference's text.
    let (prefill, decode) = (WORK[0].min(search.prefill), WORK[1].min(search.decode));
    Ok(reference.rounds(prefill, decode, ROUNDS..=ROUNDS)?.map(|rounds| fastest(&rounds)))
}

/// Measurements, held against the reference.
pub(crate) struct Steady<'a> {
    records: &'a [Record],
    /// The usual time of the reference: the middle of all its times.
    usual: Round,
}

impl<'a> Steady<'a> {
    pub(crate) fn new(records: &'a [Record]) -> Self {
        Self { records, usual: level(records) }
    }

    /// How often a shape was measured in a stage: in all, and steadily.
    pub(crate) fn counts(&self, stage: Stage, shape: &Shape) -> [usize; 2] {
        let all = || self.of(stage, shape);
        [all().count(), all().filter(|i| self.is_steady(*i)).count()]
    }

    /// What a shape cost each time, as it would have been in the reference's usual time; the steady times alone, if there
    /// are any.
    pub(crate) fn costs(&self, stage: Stage, shape: &Shape) -> Vec<Cost> {
        let (steady, rest): (Vec<usize>, Vec<usize>) = self.of(stage, shape).partition(|i| self.is_steady(*i));
        let chosen = if steady.is_empty() { rest } else { steady };
        chosen.into_iter().map(|i| self.cost(i)).collect()
    }

    pub(crate) fn drift(&self) -> Drift {
        let range = |i: usize| {
            let all = self.records.iter().flat_map(|record| record.reference).map(|round| round[i] / self.usual[i]);
            all.fold([f64::INFINITY, 0.0], |[low, high], ratio| [low.min(ratio), high.max(ratio)])
        };
        let unsteady = (0..self.records.len()).filter(|i| !self.is_steady(*i)).count();
        Drift { prefill: range(0), decode: range(1), unsteady }
    }

    /// Time of the reference, when it was last read, to its usual one: of prompt or token, what is larger; 1 before.
    pub(crate) fn slowdown(&self) -> f64 {
        let last = self.records.last().map(|record| record.reference[1]);
        last.map_or(1.0, |round| (0..2).map(|i| round[i] / self.usual[i]).fold(0.0, f64::max))
    }

    /// The places of the measurements of a shape in a stage.
    fn of(&self, stage: Stage, shape: &Shape) -> impl Iterator<Item = usize> {
        let records = self.records.iter().enumerate();
        records.filter(move |(_, record)| record.stage == stage && record.shape == *shape).map(|(i, _)| i)
    }

    fn is_steady(&self, at: usize) -> bool {
        let near = |round: &Round| (0..2).all(|i| (round[i] / self.usual[i]).ln().abs() <= LIMIT);
        self.records[at].reference.iter().all(near)
    }

    fn cost(&self, at: usize) -> Cost {
        let level = level(&self.records[at.saturating_sub(NEAR)..self.records.len().min(at + NEAR + 1)]);
        let [prefill, decode] = fastest(&self.records[at].rounds);
        Cost {
            prefill: prefill * self.usual[0] / level[0],
            decode: decode * self.usual[1] / level[1],
            bytes: self.records[at].bytes as f64,
        }
    }
}

/// The middle time of the reference in some measurements.
fn level(records: &[Record]) -> Round {
    [0, 1].map(|i| median(records.iter().flat_map(|record| record.reference.map(|r| r[i]))).unwrap_or(1.0))
}

/// The middle of some costs, each of its numbers by itself.
pub(crate) fn middle_cost(costs: &[Cost]) -> Option<Cost> {
    let of = |number: fn(&Cost) -> f64| median(costs.iter().map(number));
    Some(Cost { prefill: of(|c| c.prefill)?, decode: of(|c| c.decode)?, bytes: of(|c| c.bytes)? })
}

#[cfg(test)]
mod tests {
    use phonelm_model::Activation;

    use super::*;

    const SHAPE: Shape =
        Shape { hidden: 64, layers: 2, ffn: 128, heads: 2, kv_heads: 2, activation: Activation::Relu, tied: true };

    /// A measurement while everything took `slow` times as long.
    fn record(stage: Stage, slow: f64) -> Record {
        let round = |prefill: f64, decode: f64| [prefill * slow, decode * slow];
        Record {
            stage,
            shape: SHAPE,
            rounds: vec![round(6.0, 4.0), round(5.0, 3.0)],
            bytes: 100,
            reference: [round(2.0, 1.0); 2],
            seconds: 1.0,
        }
    }

    #[test]
    fn slow_drift_is_scaled_away() {
        let slow = |i: u32| 1.0 + 0.0015 * f64::from(i);
        let records: Vec<Record> = (0..99).map(|i| record(Stage::Final, slow(i))).collect();
        let steady = Steady::new(&records);
        for cost in &steady.costs(Stage::Final, &SHAPE)[NEAR..99 - NEAR] {
            assert!((cost.prefill / (5.0 * slow(49)) - 1.0).abs() < 1e-9, "{cost:?}");
            assert!((cost.decode / (3.0 * slow(49)) - 1.0).abs() < 1e-9, "{cost:?}");
        }
        assert_eq!([Stage::Final, Stage::Probe].map(|stage| steady.counts(stage, &SHAPE)), [[99, 99], [0, 0]]);
        assert_eq!(steady.drift().unsteady, 0);
        assert!((steady.slowdown() - slow(98) / slow(49)).abs() < 1e-9);
    }

    #[test]
    fn disturbed_measurements_count_only_where_there_is_no_other() {
        let mut records = vec![record(Stage::Probe, 1.0); 4];
        records.extend([record(Stage::Probe, 1.7), record(Stage::Sample, 0.5)]);
        records[4].rounds = vec![[99.0, 99.0]];
        let steady = Steady::new(&records);
        assert_eq!([Stage::Probe, Stage::Sample].map(|stage| steady.counts(stage, &SHAPE)), [[5, 4], [1, 0]]);
        assert!(steady.costs(Stage::Probe, &SHAPE).iter().all(|cost| cost.prefill == 5.0 && cost.decode == 3.0));
        assert_eq!(steady.costs(Stage::Sample, &SHAPE).len(), 1);
        let drift = steady.drift();
        assert_eq!((drift.unsteady, drift.decode), (2, [0.5, 1.7]));
    }
}
