//! What a search found, for programs (results.json), tables (results.csv) and training (config.json).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use phonelm_model::median;
use serde::Serialize;

use crate::drift::{Steady, middle_cost};
use crate::journal::Record;
use crate::objective::millijoules;
use crate::write::whole;
use crate::{Cost, Drift, Error, Objective, Search, Shape, Stage};

/// Everything, in the folder of the results.
pub const RESULTS_JSON: &str = "results.json";
/// Every shape, the best first.
pub const RESULTS_CSV: &str = "results.csv";
/// The winner in Hugging Face's form.
pub const CONFIG_JSON: &str = "config.json";

/// The largest error at which a composition counts as proved.
const PROVED: f64 = 0.05;

/// Everything that is known after a search.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What counted.
    pub objective: String,
    /// What its value counts.
    pub unit: &'static str,
    /// What computed.
    pub device: String,
    /// The other settings.
    pub settings: BTreeMap<String, String>,
    /// Whether all was measured before the time ended.
    pub complete: bool,
    /// Time spent, over all starts together.
    pub seconds: f64,
    /// Measurements made.
    pub measurements: usize,
    /// How the device changed meanwhile.
    pub drift: Drift,
    /// How well whole models are composed from shallow ones.
    pub composition: Composition,
    /// The best shape within the budget.
    pub winner: Shape,
    /// Every shape, the best first.
    pub shapes: Vec<Entry>,
}

/// Errors of the composition, as shares of what was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Composition {
    /// Whole models that were measured.
    pub checked: usize,
    /// Of the prompt's time: the middle one, and the largest.
    pub prefill: [f64; 2],
    /// Of a decoded token's time.
    pub decode: [f64; 2],
    /// Whether all errors of decode and prefill are within 5 %.
    pub proved: bool,
}

/// One shape.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its sizes.
    #[serde(flatten)]
    pub shape: Shape,
    /// Width of a head.
    pub head_dim: usize,
    /// Number of weights.
    pub parameters: u64,
    /// As composed from shallow models.
    pub composed: Option<Speeds>,
    /// As measured whole: the middle of all visits.
    pub measured: Option<Speeds>,
    /// The lowest and highest value of the objective over the visits.
    pub spread: Option<[f64; 2]>,
    /// Whether no deeper shape is as good.
    pub front: bool,
    /// Whether it counts: it is within the budget, not only asked for.
    pub candidate: bool,
}

/// How fast a shape is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Speeds {
    /// Of the objective.
    pub value: f64,
    /// Tokens of the prompt in a second.
    pub prefill_tokens_per_second: f64,
    /// Decoded tokens in a second.
    pub decode_tokens_per_second: f64,
    /// Milliseconds of the prompt.
    pub ttft_ms: f64,
    /// Bytes that a decoded token reads.
    pub bytes_per_token: f64,
    /// Energy of a decoded token, by the proxy.
    pub millijoules_per_token: f64,
}

impl Speeds {
    fn of(search: &Search, shape: &Shape, cost: &Cost) -> Self {
        let value = |objective: Objective| objective.value(search, shape, cost);
        Self {
            value: value(search.objective),
            prefill_tokens_per_second: value(Objective::Prefill),
            decode_tokens_per_second: value(Objective::Decode),
            ttft_ms: value(Objective::Ttft),
            bytes_per_token: cost.bytes,
            millijoules_per_token: millijoules(search, shape, cost),
        }
    }
}

impl Entry {
    /// What is known best of it.
    pub fn speeds(&self) -> Option<&Speeds> {
        self.measured.as_ref().or(self.composed.as_ref())
    }

    fn new(search: &Search, shape: Shape, composed: Option<Cost>, steady: &Steady<'_>) -> Self {
        let speeds = |cost: Cost| Speeds::of(search, &shape, &cost);
        let finals = steady.costs(Stage::Final, &shape);
        let visits = if finals.is_empty() { steady.costs(Stage::Sample, &shape) } else { finals };
        let mut values: Vec<f64> = visits.iter().map(|cost| speeds(*cost).value).collect();
        values.sort_by(f64::total_cmp);
        Self {
            shape,
            head_dim: shape.head_dim(),
            parameters: shape.parameters(search.vocab),
            composed: composed.map(speeds),
            measured: middle_cost(&visits).map(speeds),
            spread: values.first().zip(values.last()).map(|(low, high)| [*low, *high]),
            front: false,
            candidate: true,
        }
    }
}

impl Report {
    pub(crate) fn new(
        search: &Search,
        device: String,
        shapes: &[Shape],
        composed: &[Option<Cost>],
        records: &[Record],
        complete: bool,
    ) -> Self {
        let steady = Steady::new(records);
        let candidates = shapes.iter().zip(composed).map(|(shape, cost)| Entry::new(search, *shape, *cost, &steady));
        let asked = search.also.iter().filter(|shape| !shapes.contains(shape));
        let asked = asked.map(|shape| Entry { candidate: false, ..Entry::new(search, *shape, None, &steady) });
        let mut entries: Vec<Entry> = candidates.chain(asked).collect();
        let bad = |speeds: Option<&Speeds>| speeds.map_or(f64::INFINITY, |s| search.objective.badness(s.value));
        entries.sort_by(|a, b| bad(a.speeds()).total_cmp(&bad(b.speeds())));
        let known: Vec<(Shape, f64)> = entries
            .iter()
            .filter(|entry| entry.candidate && entry.speeds().is_some())
            .map(|entry| (entry.shape, bad(entry.speeds())))
            .collect();
        let front = pick_front(&known);
        entries.iter_mut().for_each(|entry| entry.front = entry.candidate && front.contains(&entry.shape));
        // What was measured whole is trusted more than what was composed.
        let best = entries.iter().find(|entry| entry.candidate && entry.measured.is_some());
        let winner = best.or_else(|| entries.iter().find(|entry| entry.candidate)).map(|entry| entry.shape);
        Self {
            objective: search.objective.to_string(),
            unit: search.objective.unit(),
            device,
            settings: search.identity().into_iter().collect(),
            complete,
            seconds: records.iter().map(|record| record.seconds).sum(),
            measurements: records.len(),
            drift: steady.drift(),
            composition: Composition::of(&entries),
            winner: winner.unwrap_or(shapes[0]),
            shapes: entries,
        }
    }

    /// The winner with its speeds.
    pub fn best(&self) -> Option<&Entry> {
        self.shapes.iter().find(|entry| entry.shape == self.winner)
    }

    /// Writes every file of the results.
    pub(crate) fn write(&self, search: &Search, dir: &Path) -> Result<(), Error> {
        write_json(&dir.join(RESULTS_JSON), self)?;
        write_json(&dir.join(CONFIG_JSON), &self.winner.hugging_face(search.vocab, search.context))?;
        whole(&dir.join(RESULTS_CSV), self.csv().as_bytes())?;
        #[cfg(feature = "plots")]
        crate::plot::draw(self, search.objective, dir)?;
        Ok(())
    }

    fn csv(&self) -> String {
        let mut text = "hidden,layers,ffn,heads,kv_heads,head_dim,hidden_act,tied,parameters,candidate,front,\
                        composed_prefill,composed_decode,measured_prefill,measured_decode,bytes_per_token,\
                        millijoules_per_token,value,lowest,highest\n"
            .to_owned();
        for entry in &self.shapes {
            let Shape { hidden, layers, ffn, heads, kv_heads, activation, tied } = entry.shape;
            let act = format!("{activation:?}").to_lowercase();
            let Entry { head_dim, parameters, candidate, front, .. } = entry;
            let _ = write!(text, "{hidden},{layers},{ffn},{heads},{kv_heads},{head_dim},{act},{tied}");
            let _ = write!(text, ",{parameters},{candidate},{front}");
            let number = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
            let of = |speeds: Option<&Speeds>, f: fn(&Speeds) -> f64| number(speeds.map(f));
            let (composed, measured, known) = (entry.composed.as_ref(), entry.measured.as_ref(), entry.speeds());
            let cells = [
                of(composed, |s| s.prefill_tokens_per_second),
                of(composed, |s| s.decode_tokens_per_second),
                of(measured, |s| s.prefill_tokens_per_second),
                of(measured, |s| s.decode_tokens_per_second),
                of(known, |s| s.bytes_per_token),
                of(known, |s| s.millijoules_per_token),
                of(known, |s| s.value),
                number(entry.spread.map(|[low, _]| low)),
                number(entry.spread.map(|[_, high]| high)),
            ];
            let _ = writeln!(text, ",{}", cells.join(","));
        }
        text
    }
}

impl Composition {
    fn of(entries: &[Entry]) -> Self {
        let both: Vec<(Speeds, Speeds)> = entries.iter().filter_map(|e| e.composed.zip(e.measured)).collect();
        let errors = |speed: fn(&Speeds) -> f64| {
            let errors = || both.iter().map(|(composed, whole)| (speed(whole) / speed(composed) - 1.0).abs());
            [median(errors()).unwrap_or(0.0), errors().fold(0.0, f64::max)]
        };
        let (prefill, decode) = (errors(|s| s.prefill_tokens_per_second), errors(|s| s.decode_tokens_per_second));
        let proved = !both.is_empty() && prefill[1].max(decode[1]) <= PROVED;
        Self { checked: both.len(), prefill, decode, proved }
    }
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let failed = |cause: serde_json::Error| Error::Write { path: path.to_path_buf(), cause: cause.into() };
    whole(path, (serde_json::to_string_pretty(value).map_err(failed)? + "\n").as_bytes())
}

/// How bad a shape of this cost is: the lower, the better.
pub(crate) fn score(search: &Search, shape: &Shape, cost: &Cost) -> f64 {
    search.objective.badness(search.objective.value(search, shape, cost))
}

/// Of shapes from the best to the worst those that are deeper than all before.
pub(crate) fn pick_front(ranked: &[(Shape, f64)]) -> Vec<Shape> {
    let mut deepest = 0;
    let deeper = |shape: &&(Shape, f64)| {
        let deeper = shape.0.layers > deepest;
        deepest = deepest.max(shape.0.layers);
        deeper
    };
    ranked.iter().filter(deeper).map(|(shape, _)| *shape).collect()
}
