//! What is searched for, and how.

use std::time::Duration;

use phonelm_gguf::TensorType;
use phonelm_model::Activation;

use crate::{Error, Objective, Shape, Space};

/// A search: the budget of parameters, the text that is timed, and the time that all may take.
#[derive(Clone, Debug)]
pub struct Search {
    /// Parameters of the wanted model.
    pub params: u64,
    /// Share by which a shape may miss them.
    pub tolerance: f64,
    /// Rows of the embedding.
    pub vocab: usize,
    /// Longest text of the wanted model.
    pub context: usize,
    /// Tokens of the prompt that is timed.
    pub prefill: usize,
    /// Tokens that are decoded after it.
    pub decode: usize,
    /// What counts.
    pub objective: Objective,
    /// How long to measure, over all starts together.
    pub budget: Duration,
    /// Type of the weights.
    pub ty: TensorType,
    /// Share of the neurons that ReLU leaves at zero; about half, as random weights have it, if absent.
    pub sparsity: Option<f64>,
    /// Which shapes are looked at.
    pub space: Space,
    /// Shapes that are timed whole beside the front-runners, whatever their size.
    pub also: Vec<Shape>,
}

/// More parameters than any phone's memory holds.
const MAX_PARAMS: u64 = 100_000_000_000;
/// Larger than any vocabulary or context.
const MAX_SIZE: usize = 1 << 22;

impl Search {
    /// A search with the usual settings: PhoneLM's vocabulary and context, ReLU, a tied head, Q4_0, 20 minutes.
    pub fn new(params: u64) -> Self {
        Self {
            params,
            tolerance: 0.02,
            vocab: 49_152,
            context: 2048,
            prefill: 128,
            decode: 64,
            objective: Objective::Decode,
            budget: Duration::from_secs(20 * 60),
            ty: TensorType::Q4_0,
            sparsity: None,
            space: Space::default(),
            also: Vec::new(),
        }
    }

    /// Refuses what cannot be searched or timed.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let within = |setting, value: f64, low: f64, high: f64| {
            let expected = || format!("from {low} to {high}");
            if (low..=high).contains(&value) { Ok(()) } else { Err(wrong(setting, value, &expected())) }
        };
        within("params", self.params as f64, 1000.0, MAX_PARAMS as f64)?;
        within("tolerance", self.tolerance, 0.0001, 0.5)?;
        within("vocab", self.vocab as f64, 2.0, MAX_SIZE as f64)?;
        within("context", self.context as f64, 2.0, MAX_SIZE as f64)?;
        within("prefill", self.prefill as f64, 1.0, self.context as f64)?;
        within("decode", self.decode as f64, 1.0, self.context.saturating_sub(self.prefill) as f64)?;
        within("sparsity", self.sparsity.unwrap_or(0.0), 0.0, 1.0)?;
        if let Objective::Weighted { decode } = self.objective {
            within("weight", decode, 0.0, 1.0)?;
        }
        if ![TensorType::Q4_0, TensorType::Q8_0].contains(&self.ty) {
            return Err(wrong("type", self.ty, "q4_0 or q8_0"));
        }
        if self.sparsity.is_some() && self.ty != TensorType::Q4_0 {
            return Err(wrong("sparsity", self.sparsity.unwrap_or(0.0), "left out: neurons are skipped in q4_0 alone"));
        }
        self.space.check()?;
        self.also.iter().try_for_each(check_shape)
    }

    /// A value for every setting on which a measurement depends, or what is measured.
    pub(crate) fn identity(&self) -> Vec<(String, String)> {
        let Space { head_dims, groups, activations, tied, layers, aspect, ffn_ratio } = &self.space;
        let sparsity = self.sparsity.map_or_else(|| "that of random weights".to_owned(), |share| share.to_string());
        [
            ("params", self.params.to_string()),
            ("tolerance", self.tolerance.to_string()),
            ("vocab", self.vocab.to_string()),
            ("context", self.context.to_string()),
            ("prefill", self.prefill.to_string()),
            ("decode", self.decode.to_string()),
            ("type", self.ty.to_string()),
            ("sparsity", sparsity),
            ("head widths", format!("{head_dims:?}")),
            ("query heads for a key head", format!("{groups:?}")),
            ("activations", format!("{activations:?}")),
            ("tied", format!("{tied:?}")),
            ("layers", format!("{layers:?}")),
            ("width to depth", format!("{aspect:?}")),
            ("FFN to width", format!("{ffn_ratio:?}")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// The error about a setting.
pub(crate) fn wrong(setting: &'static str, value: impl ToString, expected: &str) -> Error {
    Error::Setting { setting, value: value.to_string(), expected: expected.to_owned() }
}

/// Refuses shapes that no model can have, and those so large that their sizes overflow.
fn check_shape(shape: &Shape) -> Result<(), Error> {
    let sizes = [shape.hidden, shape.layers, shape.ffn, shape.heads, shape.kv_heads];
    let sound = sizes.iter().all(|size| (1..=1 << 20).contains(size))
        && shape.hidden.is_multiple_of(shape.heads)
        && shape.heads.is_multiple_of(shape.kv_heads)
        && shape.head_dim().is_multiple_of(2)
        && [shape.hidden, shape.ffn].iter().all(|size| size.is_multiple_of(32))
        && [Activation::Relu, Activation::Silu].contains(&shape.activation);
    if sound {
        return Ok(());
    }
    Err(wrong(
        "shape",
        shape,
        "width and FFN in multiples of 32, heads of even width that divide it, KV heads that divide them",
    ))
}
