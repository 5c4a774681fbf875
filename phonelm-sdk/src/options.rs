//! How answers are made and what a session starts from.

use phonelm_engine::{Grammar as EngineGrammar, SamplerOptions};

use crate::{Grammar, SdkError, SessionFolder, ToolDefinition};

/// How an answer is made. What is absent is as the session's defaults say, and after those as stated here.
#[derive(Clone, Debug, Default, PartialEq, uniffi::Record)]
pub struct GenerationOptions {
    /// Most tokens of the answer, at least 1; as many as the context holds.
    #[uniffi(default = None)]
    pub max_tokens: Option<u32>,
    /// Divides the logits, 0 to 10; 0, the default, takes the likeliest token each time.
    #[uniffi(default = None)]
    pub temperature: Option<f32>,
    /// Draws only among so many of the likeliest tokens; 0, the default, for all.
    #[uniffi(default = None)]
    pub top_k: Option<u32>,
    /// Draws only among the likeliest tokens that together reach this probability, above 0 up to 1, the default.
    #[uniffi(default = None)]
    pub top_p: Option<f32>,
    /// Draws only among tokens at least this share as likely as the likeliest, 0, the default, to 1.
    #[uniffi(default = None)]
    pub min_p: Option<f32>,
    /// Makes tokens of the last 64 less likely, above 0 up to 10; 1, the default, leaves them.
    #[uniffi(default = None)]
    pub repetition_penalty: Option<f32>,
    /// Taken off the logit of each token of the last 64, -2 to 2; 0 by default.
    #[uniffi(default = None)]
    pub presence_penalty: Option<f32>,
    /// Taken off the logit for each time that a token occurs in the last 64, -2 to 2; 0 by default.
    #[uniffi(default = None)]
    pub frequency_penalty: Option<f32>,
    /// The same seed draws the same answer; without one each generation draws its own.
    #[uniffi(default = None)]
    pub seed: Option<u64>,
    /// Texts that end the answer and are no part of it.
    #[uniffi(default = None)]
    pub stop: Option<Vec<String>>,
    /// Whether a cancelled turn enters the conversation with what was said so far; it does not by default.
    #[uniffi(default = None)]
    pub keep_partial: Option<bool>,
    /// What the answer must look like; anything if absent.
    #[uniffi(default = None)]
    pub grammar: Option<Grammar>,
}

/// What to do when a prompt outgrows the context.
#[derive(Clone, Copy, Debug, Default, PartialEq, uniffi::Enum)]
pub enum OverflowPolicy {
    /// Fail with [`SdkError::ContextFull`]; nothing is forgotten.
    #[default]
    Fail,
    /// Forget the oldest turns until the prompt has at most this share of the context, and tell with
    /// [`crate::Event::ContextDropped`]. Instructions and tools stay. It happens as soon as the prompt leaves less room
    /// than `max_tokens`, or an eighth of the context where that is not set.
    DropOldest {
        /// 0.1 to 0.9; 0.5 is customary. Less forgets more at once but seldom, which costs less time.
        keep_share: f64,
    },
}

/// What a session starts from.
#[derive(Clone, Debug, Default, PartialEq, uniffi::Record)]
pub struct SessionOptions {
    /// What the model is told before anything else.
    #[uniffi(default = None)]
    pub instructions: Option<String>,
    /// How answers are made where a request does not say.
    #[uniffi(default = None)]
    pub defaults: Option<GenerationOptions>,
    /// What to do when a prompt outgrows the context.
    #[uniffi(default = None)]
    pub overflow: Option<OverflowPolicy>,
    /// What the model may call.
    #[uniffi(default = [])]
    pub tools: Vec<ToolDefinition>,
    /// Most rounds of calls in a turn, 1 to 64; 8 if absent. The turn ends with [`crate::FinishReason::ToolLimit`] when the
    /// model calls once more.
    #[uniffi(default = None)]
    pub max_tool_rounds: Option<u32>,
    /// The folder that the session is kept in, new or empty: each turn is on the disk before it is told as ended, each call
    /// before it runs, and [`crate::Model::restore_saved_session`] goes on there. Nothing is kept if absent.
    #[uniffi(default = None)]
    pub folder: Option<SessionFolder>,
    /// Whether calls are only shown, with [`crate::Event::ToolRefused`], and none runs.
    #[uniffi(default = false)]
    pub dry_run: bool,
}

/// Options with every question answered, to be given to the engine once for each step of a turn.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) sampler: SamplerOptions,
    pub(crate) max_tokens: Option<usize>,
    pub(crate) stop: Vec<String>,
    pub(crate) keep_partial: bool,
    pub(crate) grammar: Option<EngineGrammar>,
}

impl GenerationOptions {
    pub(crate) fn resolve(&self, session: &Self) -> Result<Resolved, SdkError> {
        let engine = SamplerOptions::default();
        let size = |own: Option<u32>, of_session: Option<u32>| own.or(of_session).map(|n| n as usize);
        let max_tokens = size(self.max_tokens, session.max_tokens);
        if max_tokens == Some(0) {
            return Err(SdkError::OptionInvalid {
                option: "max_tokens".into(),
                value: "0".into(),
                allowed: "at least 1".into(),
            });
        }
        let sampler = SamplerOptions {
            temperature: self.temperature.or(session.temperature).unwrap_or(engine.temperature),
            top_k: size(self.top_k, session.top_k).unwrap_or(engine.top_k),
            top_p: self.top_p.or(session.top_p).unwrap_or(engine.top_p),
            min_p: self.min_p.or(session.min_p).unwrap_or(engine.min_p),
            repetition_penalty: self
                .repetition_penalty
                .or(session.repetition_penalty)
                .unwrap_or(engine.repetition_penalty),
            presence_penalty: self.presence_penalty.or(session.presence_penalty).unwrap_or(engine.presence_penalty),
            frequency_penalty: self.frequency_penalty.or(session.frequency_penalty).unwrap_or(engine.frequency_penalty),
            seed: self.seed.or(session.seed),
            ..engine
        };
        sampler.check(usize::MAX)?;
        Ok(Resolved {
            sampler,
            max_tokens,
            stop: self.stop.clone().or_else(|| session.stop.clone()).unwrap_or_default(),
            keep_partial: self.keep_partial.or(session.keep_partial).unwrap_or_default(),
            grammar: self.grammar.as_ref().or(session.grammar.as_ref()).map(Grammar::to_engine).transpose()?,
        })
    }
}

impl OverflowPolicy {
    pub(crate) fn check(&self) -> Result<(), SdkError> {
        match *self {
            Self::DropOldest { keep_share } if !(0.1..=0.9).contains(&keep_share) => Err(SdkError::OptionInvalid {
                option: "keep_share".into(),
                value: keep_share.to_string(),
                allowed: "0.1 to 0.9".into(),
            }),
            _ => Ok(()),
        }
    }
}
