//! What is measured of both engines, and what a run of several rounds says about it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::PROMPT;

/// Something that both engines are timed at; both report tokens a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(into = "String", try_from = "String")]
pub(super) enum Measure {
    /// Token by token after a context of this many.
    Decode(usize),
    /// A long text at once.
    Prefill,
    /// So many tokens at once.
    Pass(usize),
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(0) => f.write_str("decode, empty context"),
            Self::Decode(depth) => write!(f, "decode, {depth} tokens of context"),
            Self::Prefill => write!(f, "prefill of {PROMPT} tokens"),
            Self::Pass(rows) => write!(f, "a pass of {rows} tokens"),
        }
    }
}

/// As the key of a JSON object: `decode 1900`.
impl From<Measure> for String {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::Decode(depth) => format!("decode {depth}"),
            Measure::Prefill => "prefill".to_owned(),
            Measure::Pass(rows) => format!("pass {rows}"),
        }
    }
}

impl TryFrom<String> for Measure {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = |text: &str| text.parse().with_context(|| format!("{text:?} is no number"));
        match text.split_once(' ') {
            Some(("decode", depth)) => Ok(Self::Decode(number(depth)?)),
            Some(("pass", rows)) => Ok(Self::Pass(number(rows)?)),
            None if text == "prefill" => Ok(Self::Prefill),
            _ => anyhow::bail!("{text:?} is nothing that is measured"),
        }
    }
}

/// One round of one engine.
pub(super) type Speeds = BTreeMap<Measure, f64>;

/// What our own program tells in a round.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(super) struct Ours {
    pub(super) speeds: Speeds,
    /// Bytes a second that this machine's memory gives, by the context of the decode that it was read beside.
    pub(super) bandwidth: BTreeMap<usize, f64>,
    /// Tokens a second if prefill were nothing but products of bytes in registers, where their peak is known.
    pub(super) prefill_roof: Option<f64>,
    /// Products a second of the prefill.
    pub(super) prefill_macs: Option<f64>,
}

/// All rounds of one shape on one number of threads.
#[derive(Deserialize, Serialize)]
pub(super) struct Case {
    pub(super) shape: String,
    pub(super) threads: usize,
    /// Whether the weights fit into a cache, so that the memory is no limit.
    pub(super) in_cache: bool,
    /// What one decoded token of ours reads, by context.
    pub(super) bytes_per_token: BTreeMap<usize, f64>,
    /// Both engines, round by round.
    pub(super) rounds: Vec<(Ours, Speeds)>,
}

impl Case {
    /// Its name for people.
    pub(super) fn title(&self) -> String {
        let plural = if self.threads == 1 { "" } else { "s" };
        format!("{}, {} thread{plural}", self.shape, self.threads)
    }

    pub(super) fn ours(&self, measure: Measure) -> Option<Spread> {
        self.spread(|ours, _| ours.speeds.get(&measure).copied())
    }

    pub(super) fn theirs(&self, measure: Measure) -> Option<Spread> {
        self.spread(|_, theirs| theirs.get(&measure).copied())
    }

    /// Ours to theirs, round by round.
    pub(super) fn ratio(&self, measure: Measure) -> Option<Spread> {
        self.spread(|ours, theirs| Some(ours.speeds.get(&measure)? / theirs.get(&measure)?))
    }

    /// The share of the memory's bandwidth that our decode reaches.
    pub(super) fn share(&self, depth: usize) -> Option<Spread> {
        let bytes = self.bytes_per_token.get(&depth)?;
        self.spread(|ours, _| Some(ours.speeds.get(&Measure::Decode(depth))? * bytes / ours.bandwidth.get(&depth)?))
    }

    /// Tokens a second that the machine's limit allows: its memory for decode, its products for prefill.
    pub(super) fn roof(&self, measure: Measure) -> Option<Spread> {
        match measure {
            Measure::Decode(depth) => {
                let bytes = self.bytes_per_token.get(&depth)?;
                self.spread(|ours, _| Some(ours.bandwidth.get(&depth)? / bytes))
            }
            Measure::Prefill => self.spread(|ours, _| ours.prefill_roof),
            Measure::Pass(_) => None,
        }
    }

    /// The share of the products that registers give which our prefill makes.
    pub(super) fn product_share(&self) -> Option<Spread> {
        self.spread(|ours, _| Some(ours.speeds.get(&Measure::Prefill)? / ours.prefill_roof?))
    }

    /// Products a second of our prefill.
    pub(super) fn prefill_macs(&self) -> Option<Spread> {
        self.spread(|ours, _| ours.prefill_macs)
    }

    /// Bytes a second over all readings.
    pub(super) fn bandwidth(&self) -> Option<Spread> {
        Spread::of(self.rounds.iter().flat_map(|(ours, _)| ours.bandwidth.values().copied()).collect())
    }

    /// The time of a pass over `rows` tokens to that of one token, of ours and of theirs.
    pub(super) fn relative(&self, rows: usize) -> (Option<Spread>, Option<Spread>) {
        let relative =
            |speeds: &Speeds| Some(rows as f64 / speeds.get(&Measure::Pass(rows))? * speeds.get(&Measure::Decode(0))?);
        (self.spread(|ours, _| relative(&ours.speeds)), self.spread(|_, theirs| relative(theirs)))
    }

    /// The contexts of its decodes.
    pub(super) fn depths(&self) -> impl Iterator<Item = usize> {
        self.bytes_per_token.keys().copied()
    }

    fn spread(&self, value: impl Fn(&Ours, &Speeds) -> Option<f64>) -> Option<Spread> {
        Spread::of(self.rounds.iter().filter_map(|(ours, theirs)| value(ours, theirs)).collect())
    }
}

/// The middle of all rounds, and the lowest and highest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Spread {
    pub(super) fn of(mut rounds: Vec<f64>) -> Option<Self> {
        rounds.sort_by(f64::total_cmp);
        let (min, max) = (*rounds.first()?, *rounds.last()?);
        let middle = rounds.len() / 2;
        let median = if rounds.len() % 2 == 1 { rounds[middle] } else { (rounds[middle - 1] + rounds[middle]) / 2.0 };
        Some(Self { median, min, max })
    }
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    /// Whether every round is on its good side.
    pub(super) fn reached(self, spread: Spread) -> bool {
        match self {
            Self::AtLeast(goal) => spread.min >= goal,
            Self::AtMost(goal) => spread.max <= goal,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two rounds: ours decodes 10 and 12 tokens a second, theirs 5 and 4.
    pub(in super::super) fn case() -> Case {
        let decode = Measure::Decode(0);
        let round = |ours, theirs| {
            let speeds = BTreeMap::from([(decode, ours), (Measure::Pass(2), 1.6 * ours)]);
            let bandwidth = BTreeMap::from([(0, 2000.0)]);
            let ours = Ours { speeds, bandwidth, ..Ours::default() };
            (ours, BTreeMap::from([(decode, theirs)]))
        };
        Case {
            shape: "tiny".to_owned(),
            threads: 2,
            in_cache: false,
            bytes_per_token: BTreeMap::from([(0, 100.0)]),
            rounds: vec![round(10.0, 5.0), round(12.0, 4.0)],
        }
    }

    #[test]
    fn ratios_and_shares_are_taken_round_by_round() {
        let case = case();
        assert_eq!(case.ratio(Measure::Decode(0)), Some(Spread { median: 2.5, min: 2.0, max: 3.0 }));
        assert_eq!(case.share(0), Some(Spread { median: 0.55, min: 0.5, max: 0.6 }));
        assert_eq!(case.roof(Measure::Decode(0)).unwrap().median, 20.0);
        assert_eq!(case.relative(2), (Some(Spread { median: 1.25, min: 1.25, max: 1.25 }), None));
        assert_eq!(case.ratio(Measure::Prefill), None);
    }

    #[test]
    fn a_case_is_the_same_after_json() {
        let json = serde_json::to_string(&case()).unwrap();
        let again: Case = serde_json::from_str(&json).unwrap();
        assert_eq!(again.ratio(Measure::Decode(0)), case().ratio(Measure::Decode(0)));
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
        assert!(serde_json::from_str::<Case>(&json.replace("pass 2", "pause 2")).is_err());
    }

    #[test]
    fn a_spread_that_crosses_its_goal_has_not_reached_it() {
        let spread = Spread { median: 2.0, min: 1.5, max: 2.5 };
        assert!(Goal::AtLeast(1.5).reached(spread) && !Goal::AtLeast(1.6).reached(spread));
        assert!(Goal::AtMost(2.5).reached(spread) && !Goal::AtMost(2.4).reached(spread));
    }
}
