//! The search itself: probes, a sample that proves what is composed from them, and the front-runners timed whole.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::compose::{Width, widths};
use crate::drift::{Steady, middle_cost, read};
use crate::journal::{Journal, Record};
use crate::measure::{Cost, Loaded};
use crate::report::{Entry, Report, pick_front, score};
use crate::{Device, Error, Search, Shape};

/// What a measurement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Shallow models, from which all others are composed.
    Probe,
    /// A few whole models from all over the space, held against what was composed.
    Sample,
    /// The front-runners, whole and in turns.
    Final,
}

impl Stage {
    /// Share of the budget after which the stage ends.
    fn share(self) -> f64 {
        match self {
            Self::Probe => 0.5,
            Self::Sample => 0.65,
            Self::Final => 1.0,
        }
    }
}

/// How far a search is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// What it does now.
    pub stage: Stage,
    /// The shape that is measured.
    pub shape: Shape,
    /// Measurements made.
    pub done: usize,
    /// Measurements in all, if time allows.
    pub total: usize,
    /// Time spent, over all starts together.
    pub spent: Duration,
    /// Time that may be spent.
    pub budget: Duration,
    /// The best shape so far, as soon as the speed of one is known: of those that were measured whole, else of those that
    /// were composed.
    pub best: Option<Entry>,
    /// Time of the reference, when it was last read, to its usual one: above 1 the device is slower, from heat or other
    /// work.
    pub slowdown: f64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Probe => "probe",
            Stage::Sample => "sample",
            Stage::Final => "front-runner",
        };
        write!(f, "{stage} {}", self.shape)
    }
}

/// Measured rounds, after one that warms up: at least so many, and more of small models.
const ROUNDS: RangeInclusive<usize> = 3..=9;
/// How often a measurement is made again that was disturbed.
const AGAIN: usize = 2;
/// Whole models that prove the composition.
const SAMPLE: usize = 5;
/// Front-runners: the best, those on the front of speed and depth, and what fills up.
const BEST: usize = 6;
const FINALISTS: usize = 12;
/// Front-runners of one width, whose costs are composed of the same parts and err alike.
const OF_A_WIDTH: usize = 2;
/// How often each probe is measured: where its weights come to lie in memory matters too.
const PROBE_VISITS: usize = 2;
/// How often each front-runner is measured.
const VISITS: usize = 3;

/// Searches, and writes the results into the folder `dir`, which is new, empty, or holds the same search from an earlier
/// start, which then goes on. `progress` hears of every measurement before it is made; `cancel` ends the search after
/// the token that is being computed, or the prompt, or the step of making a model.
///
/// At most two models are in memory: that which is timed, and a small one as a reference against drift.
pub fn search(
    search: &Search,
    dir: &Path,
    device: &mut dyn Device,
    progress: &mut dyn FnMut(&Progress),
    cancel: &AtomicBool,
) -> Result<Report, Error> {
    let shapes = search.shapes()?;
    let widths = widths(&shapes, search);
    // There is a shape, and so a width.
    let reference = Loaded::new(widths[0].shallow(), search, device, cancel)?;
    let reference = reference.ok_or(Error::Cancelled { measured: 0 })?;
    let mut settings = search.identity();
    settings.push(("device".to_owned(), reference.device()));
    let journal = Journal::open(dir, settings)?;
    let mut run =
        Run { search, shapes: &shapes, widths: &widths, device, reference, journal, progress, cancel, total: 0 };

    let probes: Vec<Shape> = widths.iter().flat_map(Width::probes).collect();
    let total = |finalists: usize| PROBE_VISITS * probes.len() + SAMPLE.min(shapes.len()) + VISITS * finalists;
    run.total = total(FINALISTS.min(shapes.len()) + search.also.len());
    let mut complete = run.measure_all(Stage::Probe, &probes, PROBE_VISITS)?;
    let composed = run.compose();
    if composed.iter().all(Option::is_none) {
        return Err(Error::OutOfTime { budget: search.budget.as_secs(), measured: run.journal.records.len() });
    }
    complete &= run.measure_all(Stage::Sample, &sample(&shapes, &composed), 1)?;
    let mut finalists = finalists(search, &shapes, &composed);
    for shape in &search.also {
        if !finalists.contains(shape) {
            finalists.push(*shape);
        }
    }
    run.total = total(finalists.len());
    complete &= run.measure_all(Stage::Final, &finalists, VISITS)?;

    let report = run.report(complete);
    report.write(search, dir)?;
    Ok(report)
}

/// Everything that measuring needs.
struct Run<'a> {
    search: &'a Search,
    shapes: &'a [Shape],
    widths: &'a [Width],
    device: &'a mut dyn Device,
    reference: Loaded<'a>,
    journal: Journal,
    progress: &'a mut dyn FnMut(&Progress),
    cancel: &'a AtomicBool,
    /// Measurements in all, if time allows.
    total: usize,
}

impl Run<'_> {
    /// Measures each shape until it was measured steadily `visits` times, one after the other in turns; says whether time
    /// sufficed. What stays unsteady is left after a few turns more.
    fn measure_all(&mut self, stage: Stage, shapes: &[Shape], visits: usize) -> Result<bool, Error> {
        for turn in 0..visits + AGAIN {
            for shape in shapes {
                let [all, steady] = Steady::new(&self.journal.records).counts(stage, shape);
                if all > turn || steady >= visits {
                    continue;
                }
                let spent = self.journal.seconds();
                if spent >= self.search.budget.as_secs_f64() * stage.share() {
                    return Ok(false);
                }
                let progress = Progress {
                    stage,
                    shape: *shape,
                    done: self.journal.records.len(),
                    total: self.total.max(self.journal.records.len() + 1),
                    spent: Duration::from_secs_f64(spent),
                    budget: self.search.budget,
                    best: self.report(false).best().filter(|best| best.speeds().is_some()).cloned(),
                    slowdown: Steady::new(&self.journal.records).slowdown(),
                };
                (self.progress)(&progress);
                let record = self.measure(stage, shape)?;
                let record = record.ok_or(Error::Cancelled { measured: self.journal.records.len() })?;
                tracing::debug!(%shape, rounds = ?record.rounds, reference = ?record.reference, "measured");
                self.journal.push(record)?;
            }
        }
        Ok(true)
    }

    /// Measures a shape; `None` if the search is to end.
    fn measure(&mut self, stage: Stage, shape: &Shape) -> Result<Option<Record>, Error> {
        let start = Instant::now();
        let (prefill, decode) = (self.search.prefill, self.search.decode);
        let Some(mut model) = Loaded::new(*shape, self.search, self.device, self.cancel)? else { return Ok(None) };
        let warm = model.rounds(prefill, decode.min(4), 1..=1)?;
        let before = read(&mut self.reference, self.search)?;
        let rounds = model.rounds(prefill, decode, ROUNDS)?;
        let after = read(&mut self.reference, self.search)?;
        let (Some(_), Some(before), Some(rounds), Some(after)) = (warm, before, rounds, after) else { return Ok(None) };
        let bytes = model.bytes(prefill, decode);
        // On a GPU that takes a while too.
        drop(model);
        let seconds = start.elapsed().as_secs_f64();
        Ok(Some(Record { stage, shape: *shape, rounds, bytes, reference: [before, after], seconds }))
    }

    /// What is known so far.
    fn report(&self, complete: bool) -> Report {
        let device = self.reference.device();
        Report::new(self.search, device, self.shapes, &self.compose(), &self.journal.records, complete)
    }

    /// What each shape costs, as far as its width was measured.
    fn compose(&self) -> Vec<Option<Cost>> {
        let steady = Steady::new(&self.journal.records);
        let cost = |shape: &Shape| middle_cost(&steady.costs(Stage::Probe, shape));
        let parts: Vec<_> = self.widths.iter().filter_map(|width| width.parts(cost)).collect();
        self.shapes.iter().map(|shape| parts.iter().find_map(|parts| parts.compose(shape))).collect()
    }
}

/// Shapes from all over the space whose cost is composed.
fn sample(shapes: &[Shape], composed: &[Option<Cost>]) -> Vec<Shape> {
    let known: Vec<&Shape> = shapes.iter().zip(composed).filter(|(_, cost)| cost.is_some()).map(|(s, _)| s).collect();
    spread(known.len(), SAMPLE).map(|i| *known[i]).collect()
}

/// `count` of the numbers below `len`, as evenly as they go; all if there are no more.
fn spread(len: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(len);
    (0..count).map(move |i| (2 * i + 1) * len / (2 * count))
}

/// The front-runners by what was composed: the best, two of a width at most; some from the front of speed and depth; and
/// the next best, until they are enough.
fn finalists(search: &Search, shapes: &[Shape], composed: &[Option<Cost>]) -> Vec<Shape> {
    let known = shapes.iter().zip(composed).filter_map(|(shape, cost)| Some((*shape, (*cost)?)));
    let mut ranked: Vec<(Shape, f64)> = known.map(|(shape, cost)| (shape, score(search, &shape, &cost))).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut chosen: Vec<Shape> = Vec::new();
    for (shape, _) in &ranked {
        let alike = chosen.iter().filter(|other| other.hidden == shape.hidden).count();
        if chosen.len() < BEST && alike < OF_A_WIDTH {
            chosen.push(*shape);
        }
    }
    let front: Vec<Shape> = pick_front(&ranked);
    let more = spread(front.len(), FINALISTS - BEST).map(|i| front[i]);
    for shape in more.chain(ranked.iter().map(|(shape, _)| *shape)) {
        if chosen.len() < FINALISTS && !chosen.contains(&shape) {
            chosen.push(shape);
        }
    }
    chosen
}
