//! How far a search is and what it found, in records that an app can draw.

use std::path::Path;

use phonelm_search::{CONFIG_JSON, Entry, Progress, RESULTS_CSV, RESULTS_JSON, Report, Search, Shape, Speeds, Stage};

use super::{Activation, ValueRange};
use crate::SdkError;

/// Sizes of a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ModelShape {
    /// Width of the residual stream.
    pub hidden: u32,
    /// Number of layers.
    pub layers: u32,
    /// Neurons of the FFN.
    pub ffn: u32,
    /// Query heads.
    pub heads: u32,
    /// Key and value heads.
    pub kv_heads: u32,
    /// Non-linearity of the FFN.
    pub activation: Activation,
    /// Whether the head is the embedding.
    pub tied: bool,
}

/// How fast a shape is.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct ShapeSpeeds {
    /// Of the objective, in the result's unit.
    pub value: f64,
    /// Tokens of the prompt in a second.
    pub prefill_tokens_per_second: f64,
    /// Decoded tokens in a second.
    pub decode_tokens_per_second: f64,
    /// Milliseconds of the prompt.
    pub ttft_ms: f64,
    /// Bytes that a decoded token reads.
    pub bytes_per_token: f64,
    /// Energy of a decoded token, computed from what it reads and multiplies.
    pub millijoules_per_token: f64,
}

/// What is known of a shape.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct ShapeResult {
    /// Its sizes.
    pub shape: ModelShape,
    /// Width of a head.
    pub head_dim: u32,
    /// Number of weights.
    pub parameters: u64,
    /// As composed from shallow models, if its width was measured.
    pub composed: Option<ShapeSpeeds>,
    /// As measured whole, if it was: the middle of all visits.
    pub measured: Option<ShapeSpeeds>,
    /// The lowest and highest value of the objective over these visits.
    pub spread: Option<ValueRange>,
    /// Whether no deeper shape is as good.
    pub front: bool,
    /// Whether it can win: it is within the budget, not only asked for.
    pub candidate: bool,
}

/// What a measurement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SearchStage {
    /// Shallow models, from which all shapes are composed.
    Probe,
    /// A few whole models from all over the space, which prove what was composed.
    Sample,
    /// The front-runners, whole and in turns.
    Final,
}

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct SearchProgress {
    /// What is measured now, and why.
    pub stage: SearchStage,
    /// The shape that is measured.
    pub shape: ModelShape,
    /// Measurements made, earlier starts included.
    pub done: u32,
    /// Measurements in all, if time allows; it changes when the front-runners are known and when one was disturbed.
    pub total: u32,
    /// Seconds spent, earlier starts included.
    pub seconds: f64,
    /// Seconds that may be spent.
    pub budget_seconds: f64,
    /// The best shape so far, as soon as the speed of one is known: of those measured whole, else of those composed.
    pub best: Option<ShapeResult>,
    /// Time of a reference model, when it was last timed, to its usual one. Above 1 the device is slower than usual, from
    /// heat or other work; beyond 1.1 a measurement is made again.
    pub slowdown: f64,
}

/// How the device changed during a search, by the times of a reference model.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct SearchDrift {
    /// Time of the reference's prompt to its usual one: fastest and slowest.
    pub prefill: ValueRange,
    /// The same of a decoded token.
    pub decode: ValueRange,
    /// Measurements that were disturbed.
    pub unsteady: u32,
}

/// How well whole models are composed from shallow ones: errors, as shares of what was measured.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct SearchComposition {
    /// Whole models that were measured.
    pub checked: u32,
    /// The middle error of the prompt's time.
    pub prefill_middle: f64,
    /// The largest one.
    pub prefill_largest: f64,
    /// The middle error of a decoded token's time.
    pub decode_middle: f64,
    /// The largest one.
    pub decode_largest: f64,
    /// Whether all are within 5 %; where not, only what was measured whole counts.
    pub proved: bool,
}

/// Paths of what a search wrote.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SearchFiles {
    /// results.json: everything.
    pub results_json: String,
    /// results.csv: every shape, the best first.
    pub results_csv: String,
    /// config.json: the winner in Hugging Face's form, for training.
    pub config_json: String,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct SearchResult {
    /// The best shape within the budget.
    pub winner: ShapeResult,
    /// Every shape, the best first.
    pub shapes: Vec<ShapeResult>,
    /// What the value of the objective counts.
    pub unit: String,
    /// Whether the largest value is the best.
    pub more_is_better: bool,
    /// What computed.
    pub device: String,
    /// Whether all was measured before the time ended; a larger budget goes on.
    pub complete: bool,
    /// Seconds spent, earlier starts included.
    pub seconds: f64,
    /// Measurements made.
    pub measurements: u32,
    /// How the device changed meanwhile.
    pub drift: SearchDrift,
    /// How well shapes are composed.
    pub composition: SearchComposition,
    /// What was written.
    pub files: SearchFiles,
}

impl SearchResult {
    pub(super) fn new(report: &Report, search: &Search, folder: &Path) -> Result<Self, SdkError> {
        let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let composition = &report.composition;
        let ([prefill_middle, prefill_largest], [decode_middle, decode_largest]) =
            (composition.prefill, composition.decode);
        let winner = report.best().ok_or_else(|| SdkError::Internal { reason: "the winner has no result".into() })?;
        Ok(Self {
            winner: winner.into(),
            shapes: report.shapes.iter().map(ShapeResult::from).collect(),
            unit: report.unit.into(),
            more_is_better: search.objective.more_is_better(),
            device: report.device.clone(),
            complete: report.complete,
            seconds: report.seconds,
            measurements: report.measurements as u32,
            drift: SearchDrift {
                prefill: report.drift.prefill.into(),
                decode: report.drift.decode.into(),
                unsteady: report.drift.unsteady as u32,
            },
            composition: SearchComposition {
                checked: composition.checked as u32,
                prefill_middle,
                prefill_largest,
                decode_middle,
                decode_largest,
                proved: composition.proved,
            },
            files: SearchFiles {
                results_json: path(RESULTS_JSON),
                results_csv: path(RESULTS_CSV),
                config_json: path(CONFIG_JSON),
            },
        })
    }
}

impl From<&Progress> for SearchProgress {
    fn from(progress: &Progress) -> Self {
        Self {
            stage: match progress.stage {
                Stage::Probe => SearchStage::Probe,
                Stage::Sample => SearchStage::Sample,
                Stage::Final => SearchStage::Final,
            },
            shape: (&progress.shape).into(),
            done: progress.done as u32,
            total: progress.total as u32,
            seconds: progress.spent.as_secs_f64(),
            budget_seconds: progress.budget.as_secs_f64(),
            best: progress.best.as_ref().map(ShapeResult::from),
            slowdown: progress.slowdown,
        }
    }
}

impl From<&Entry> for ShapeResult {
    fn from(entry: &Entry) -> Self {
        Self {
            shape: (&entry.shape).into(),
            head_dim: entry.head_dim as u32,
            parameters: entry.parameters,
            composed: entry.composed.map(ShapeSpeeds::from),
            measured: entry.measured.map(ShapeSpeeds::from),
            spread: entry.spread.map(ValueRange::from),
            front: entry.front,
            candidate: entry.candidate,
        }
    }
}

impl From<Speeds> for ShapeSpeeds {
    fn from(speeds: Speeds) -> Self {
        Self {
            value: speeds.value,
            prefill_tokens_per_second: speeds.prefill_tokens_per_second,
            decode_tokens_per_second: speeds.decode_tokens_per_second,
            ttft_ms: speeds.ttft_ms,
            bytes_per_token: speeds.bytes_per_token,
            millijoules_per_token: speeds.millijoules_per_token,
        }
    }
}

impl From<&Shape> for ModelShape {
    fn from(shape: &Shape) -> Self {
        Self {
            hidden: shape.hidden as u32,
            layers: shape.layers as u32,
            ffn: shape.ffn as u32,
            heads: shape.heads as u32,
            kv_heads: shape.kv_heads as u32,
            activation: match shape.activation {
                phonelm_model::Activation::Relu => Activation::Relu,
                phonelm_model::Activation::Silu => Activation::Silu,
            },
            tied: shape.tied,
        }
    }
}

impl From<&ModelShape> for Shape {
    fn from(shape: &ModelShape) -> Self {
        Self {
            hidden: shape.hidden as usize,
            layers: shape.layers as usize,
            ffn: shape.ffn as usize,
            heads: shape.heads as usize,
            kv_heads: shape.kv_heads as usize,
            activation: shape.activation.into(),
            tied: shape.tied,
        }
    }
}
