//! What is searched for. What is absent is as `phonelm search` has it.

use std::{ops::RangeInclusive, path::Path, time::Duration};

use phonelm_gguf::TensorType;
use phonelm_kernels::CpuOptions;
use phonelm_search::{Objective, Search, Shape, Space};

use super::ModelShape;
use crate::{BackendPreference, SdkError};

/// What counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, uniffi::Enum)]
pub enum SearchObjective {
    /// Tokens decoded in a second.
    #[default]
    Decode,
    /// Tokens of the prompt read in a second.
    Prefill,
    /// Milliseconds from the prompt to the first token.
    Ttft,
    /// The weighted geometric mean of the speeds of decode and prefill.
    Weighted {
        /// The weight of decode, 0 to 1.
        decode: f64,
    },
    /// Millijoules of a decoded token: computed from what it reads and multiplies, not measured.
    EnergyProxy,
}

/// How the weights are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, uniffi::Enum)]
pub enum WeightType {
    /// Four bits a weight and a scale for 32 of them.
    #[default]
    Q4_0,
    /// Eight bits a weight and a scale for 32 of them.
    Q8_0,
}

/// The non-linearity of the FFN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Activation {
    /// A PhoneLM.
    Relu,
    /// A Llama.
    Silu,
}

/// Numbers from `least` to `most`.
#[derive(Clone, Copy, Debug, PartialEq, uniffi::Record)]
pub struct ValueRange {
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

/// Depths from `least` to `most`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LayerRange {
    /// The smallest.
    pub least: u32,
    /// The largest.
    pub most: u32,
}

/// What the shapes may differ in.
#[derive(Clone, Debug, Default, PartialEq, uniffi::Record)]
pub struct SearchSpace {
    /// Widths of a head, multiples of 16; 64, 96, 128 and 160.
    #[uniffi(default = None)]
    pub head_dims: Option<Vec<u32>>,
    /// Query heads for a key head, of which 1 is multi-head attention; 1 and 4.
    #[uniffi(default = None)]
    pub kv_groups: Option<Vec<u32>>,
    /// Non-linearities of the FFN; ReLU.
    #[uniffi(default = None)]
    pub activations: Option<Vec<Activation>>,
    /// Whether the head is the embedding; it is.
    #[uniffi(default = None)]
    pub tied: Option<Vec<bool>>,
    /// Depths; 4 to 64.
    #[uniffi(default = None)]
    pub layers: Option<LayerRange>,
    /// Width to depth; 8 to 160.
    #[uniffi(default = None)]
    pub aspect: Option<ValueRange>,
    /// Neurons of the FFN to the width; 2 to 6.
    #[uniffi(default = None)]
    pub ffn_ratio: Option<ValueRange>,
}

/// A search.
#[derive(Clone, Debug, Default, PartialEq, uniffi::Record)]
pub struct SearchOptions {
    /// Parameters of the wanted model.
    pub params: u64,
    /// Where measurements and results go: a folder that is new, empty, or that of an earlier start of the same search.
    pub directory: String,
    /// Share by which a shape may miss the parameters; 0.02.
    #[uniffi(default = None)]
    pub tolerance: Option<f64>,
    /// Rows of the embedding; 49,152.
    #[uniffi(default = None)]
    pub vocab: Option<u32>,
    /// Longest text of the wanted model; 2048.
    #[uniffi(default = None)]
    pub context: Option<u32>,
    /// Tokens of the prompt that is timed; 128.
    #[uniffi(default = None)]
    pub prefill: Option<u32>,
    /// Tokens that are decoded after it; 64.
    #[uniffi(default = None)]
    pub decode: Option<u32>,
    /// What counts; decode.
    #[uniffi(default = None)]
    pub objective: Option<SearchObjective>,
    /// Seconds to measure, over all starts together; 20 minutes.
    #[uniffi(default = None)]
    pub budget_seconds: Option<f64>,
    /// How the weights are stored; Q4_0.
    #[uniffi(default = None)]
    pub weights: Option<WeightType>,
    /// Share of the neurons that ReLU leaves at zero in the trained model; about half, as random weights have it.
    #[uniffi(default = None)]
    pub sparsity: Option<f64>,
    /// Compute threads of the processor, 1 to 256; the number of big cores.
    #[uniffi(default = None)]
    pub threads: Option<u32>,
    /// What is to compute, the processor or the GPU, as a search is for one of them; the processor.
    #[uniffi(default = None)]
    pub backend: Option<BackendPreference>,
    /// Which shapes are looked at.
    #[uniffi(default = None)]
    pub space: Option<SearchSpace>,
    /// Shapes that are timed whole beside the best, whatever their size, and cannot win.
    #[uniffi(default = [])]
    pub also: Vec<ModelShape>,
}

impl SearchOptions {
    pub(super) fn folder(&self) -> &Path {
        Path::new(&self.directory)
    }

    /// How the processor computes.
    pub(crate) fn cpu(&self) -> CpuOptions {
        CpuOptions { threads: self.threads.map(|n| n as usize), ..CpuOptions::default() }
    }

    pub(super) fn search(&self) -> Result<Search, SdkError> {
        let usual = Search::new(self.params);
        let size = |wanted: Option<u32>, usual: usize| wanted.map_or(usual, |size| size as usize);
        Ok(Search {
            params: self.params,
            tolerance: self.tolerance.unwrap_or(usual.tolerance),
            vocab: size(self.vocab, usual.vocab),
            context: size(self.context, usual.context),
            prefill: size(self.prefill, usual.prefill),
            decode: size(self.decode, usual.decode),
            objective: self.objective.map_or(usual.objective, Into::into),
            budget: self.budget_seconds.map_or(Ok(usual.budget), budget)?,
            ty: match self.weights.unwrap_or_default() {
                WeightType::Q4_0 => TensorType::Q4_0,
                WeightType::Q8_0 => TensorType::Q8_0,
            },
            sparsity: self.sparsity,
            space: self.space.as_ref().map_or(usual.space, SearchSpace::space),
            also: self.also.iter().map(Shape::from).collect(),
        })
    }
}

/// A week; more is a mistake.
const MOST_SECONDS: f64 = 7.0 * 24.0 * 3600.0;

fn budget(seconds: f64) -> Result<Duration, SdkError> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(budget) if seconds > 0.0 && seconds <= MOST_SECONDS => Ok(budget),
        _ => Err(SdkError::OptionInvalid {
            option: "budget_seconds".into(),
            value: seconds.to_string(),
            allowed: format!("above 0, up to {MOST_SECONDS}"),
        }),
    }
}

impl SearchSpace {
    fn space(&self) -> Space {
        let usual = Space::default();
        let sizes = |wanted: &Option<Vec<u32>>, usual: Vec<usize>| {
            wanted.as_ref().map_or(usual, |sizes| sizes.iter().map(|size| *size as usize).collect())
        };
        let range = |wanted: Option<ValueRange>, usual: RangeInclusive<f64>| {
            wanted.map_or(usual, |range| range.least..=range.most)
        };
        let activations = self.activations.as_ref();
        Space {
            head_dims: sizes(&self.head_dims, usual.head_dims),
            groups: sizes(&self.kv_groups, usual.groups),
            activations: activations
                .map_or(usual.activations, |list| list.iter().map(|activation| (*activation).into()).collect()),
            tied: self.tied.clone().unwrap_or(usual.tied),
            layers: self.layers.map_or(usual.layers, |range| range.least as usize..=range.most as usize),
            aspect: range(self.aspect, usual.aspect),
            ffn_ratio: range(self.ffn_ratio, usual.ffn_ratio),
        }
    }
}

impl From<SearchObjective> for Objective {
    fn from(objective: SearchObjective) -> Self {
        match objective {
            SearchObjective::Decode => Self::Decode,
            SearchObjective::Prefill => Self::Prefill,
            SearchObjective::Ttft => Self::Ttft,
            SearchObjective::Weighted { decode } => Self::Weighted { decode },
            SearchObjective::EnergyProxy => Self::EnergyProxy,
        }
    }
}

impl From<Activation> for phonelm_model::Activation {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Relu => Self::Relu,
            Activation::Silu => Self::Silu,
        }
    }
}

impl From<[f64; 2]> for ValueRange {
    fn from([least, most]: [f64; 2]) -> Self {
        Self { least, most }
    }
}
