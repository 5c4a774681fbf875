//! What was found, for people and for programs.

use std::time::Duration;

use phonelm_model::median;
use serde::Serialize;

use super::measure::{Plan, Round, Rounds};
use crate::model::Model;
use crate::output::{bytes, count, table};

/// The middle of all rounds, and the lowest and highest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

/// Tokens a second over all rounds.
#[derive(Serialize)]
struct Speed {
    tokens: usize,
    #[serde(flatten)]
    spread: Spread,
}

/// Passes over several tokens at once.
#[derive(Serialize)]
struct Pass {
    rows: usize,
    seconds: Spread,
    /// To the decoding of one token in the same round.
    relative: Spread,
}

/// What the machine's memory gives, and what decode takes of it.
#[derive(Serialize)]
struct Memory {
    bytes_per_second: Spread,
    /// The fastest way of reading in the fastest round.
    way: String,
    /// Of the bandwidth of the same round.
    decode_share: Option<Spread>,
}

/// How many products of bytes the machine makes, and what prefill takes of them.
#[derive(Serialize)]
struct Products {
    macs_per_second: Spread,
    way: &'static str,
    prefill_macs_per_second: Option<Spread>,
    /// Of the peak of the same round.
    prefill_share: Option<Spread>,
}

#[derive(Serialize)]
pub(super) struct Report {
    model: String,
    parameters: u64,
    /// The kernel set, or what else computes.
    kernels: String,
    threads: Option<usize>,
    /// From the mapped file to the first pass.
    load_seconds: f64,
    repetitions: u32,
    depth: usize,
    prefill_tokens_per_second: Option<Speed>,
    decode_tokens_per_second: Option<Speed>,
    rows: Vec<Pass>,
    /// What a token in the middle of the decode reads: weights, and keys and values of its context.
    bytes_per_token: u64,
    decode_gigabytes_per_second: Option<f64>,
    bandwidth: Option<Memory>,
    products: Option<Products>,
    peak_memory_bytes: Option<u64>,
}

impl Report {
    pub(super) fn new(model: &Model, loading: Duration, plan: &Plan, rounds: &Rounds) -> Self {
        let of = |value: &dyn Fn(&Round) -> Option<f64>| {
            spread(&rounds.measured.iter().filter_map(value).collect::<Vec<_>>())
        };
        let speed = |tokens, spread: Option<Spread>| spread.map(|spread| Speed { tokens, spread });
        let read = rounds.bytes_per_token as f64;
        let decode = of(&|round| Some(1.0 / round.decode?));
        let passes = plan.rows.iter().enumerate().filter_map(|(i, &rows)| {
            let seconds = of(&|round| round.rows.get(i).copied())?;
            Some(Pass { rows, seconds, relative: of(&|round| Some(round.rows.get(i)? / round.decode?))? })
        });
        let bandwidth = of(&|round| Some(round.bandwidth.as_ref()?.bytes_per_second)).map(|bytes_per_second| {
            let readings = rounds.measured.iter().filter_map(|round| round.bandwidth.as_ref());
            let fastest = readings.max_by(|a, b| a.bytes_per_second.total_cmp(&b.bytes_per_second));
            Memory {
                bytes_per_second,
                way: fastest.map(|reading| reading.way.clone()).unwrap_or_default(),
                decode_share: of(&|round| Some(read / round.decode? / round.bandwidth.as_ref()?.bytes_per_second)),
            }
        });
        let macs = rounds.prompt_macs as f64;
        let way = rounds.measured.iter().find_map(|round| Some(round.peak?.way));
        let products = way.zip(of(&|round| Some(round.peak?.macs_per_second))).map(|(way, macs_per_second)| Products {
            macs_per_second,
            way,
            prefill_macs_per_second: of(&|round| Some(macs / round.prefill?)),
            prefill_share: of(&|round| Some(macs / round.prefill? / round.peak?.macs_per_second)),
        });
        Self {
            model: model.name.clone(),
            parameters: model.file.config().parameters(),
            kernels: rounds.kernels.clone(),
            threads: rounds.threads,
            load_seconds: loading.as_secs_f64(),
            repetitions: plan.rounds,
            depth: plan.depth,
            prefill_tokens_per_second: speed(plan.prompt, of(&|round| Some(plan.prompt as f64 / round.prefill?))),
            decode_gigabytes_per_second: decode.map(|speed| speed.median * read / 1e9),
            decode_tokens_per_second: speed(plan.generate, decode),
            rows: passes.collect(),
            bytes_per_token: rounds.bytes_per_token,
            bandwidth,
            products,
            peak_memory_bytes: rounds.peak_memory,
        }
    }

    pub(super) fn text(&self) -> String {
        let kernels = match self.threads {
            Some(threads) => format!("{}, {threads} threads", self.kernels),
            None => self.kernels.clone(),
        };
        let mut rows = vec![
            ["model".to_owned(), format!("{}, {} parameters", self.model, count(self.parameters))],
            ["kernels".to_owned(), kernels],
            ["load".to_owned(), format!("{:.2} s", self.load_seconds)],
        ];
        if self.depth > 0 {
            rows.push(["depth".to_owned(), format!("{} tokens", self.depth)]);
        }
        let speeds = [("prefill", &self.prefill_tokens_per_second), ("decode", &self.decode_tokens_per_second)];
        for (name, speed) in speeds {
            if let Some(Speed { tokens, spread: s }) = speed {
                let line = format!("{:.1} tokens/s ({:.1} to {:.1}, {tokens} tokens)", s.median, s.min, s.max);
                rows.push([name.to_owned(), line]);
            }
        }
        for Pass { rows: count, seconds, relative: r } in &self.rows {
            let line =
                format!("{:.1} ms, {:.2} x one token ({:.2} to {:.2})", seconds.median * 1e3, r.median, r.min, r.max);
            rows.push([format!("{count} at once"), line]);
        }
        let mut read = format!("{} read for each token", bytes(self.bytes_per_token));
        if let Some(rate) = self.decode_gigabytes_per_second {
            read += &format!(", {rate:.1} GB/s in decode");
        }
        rows.push(["weights".to_owned(), read]);
        if let Some(Memory { bytes_per_second: b, way, decode_share }) = &self.bandwidth {
            let [median, min, max] = [b.median, b.min, b.max].map(|rate| rate / 1e9);
            rows.push(["memory".to_owned(), format!("{median:.1} GB/s ({min:.1} to {max:.1}; {way})")]);
            if let Some(share) = decode_share {
                let [median, min, max] = [share.median, share.min, share.max].map(|share| share * 100.0);
                rows.push(["share".to_owned(), format!("decode reaches {median:.0} % of it ({min:.0} to {max:.0})")]);
            }
        }
        if let Some(Products { macs_per_second: m, way, prefill_macs_per_second, prefill_share }) = &self.products {
            let [median, min, max] = [m.median, m.min, m.max].map(|rate| rate / 1e9);
            rows.push(["products".to_owned(), format!("{median:.0} GMAC/s ({min:.0} to {max:.0}; {way})")]);
            if let Some((speed, share)) = prefill_macs_per_second.zip(*prefill_share) {
                let [median, min, max] = [share.median, share.min, share.max].map(|share| share * 100.0);
                let speed = speed.median / 1e9;
                let line = format!("prefill makes {speed:.0} GMAC/s, {median:.0} % of them ({min:.0} to {max:.0})");
                rows.push(["share".to_owned(), line]);
            }
        }
        let peak = self.peak_memory_bytes.map_or_else(|| "not told by this system".to_owned(), bytes);
        rows.push(["peak memory".to_owned(), peak]);
        table(&rows)
    }
}

fn spread(rounds: &[f64]) -> Option<Spread> {
    let over = |of: fn(f64, f64) -> f64| rounds.iter().copied().reduce(of);
    Some(Spread { median: median(rounds.iter().copied())?, min: over(f64::min)?, max: over(f64::max)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spread() {
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(spread(&[4.0, 1.0]).unwrap().median, 2.5);
        assert!(spread(&[]).is_none());
    }
}
