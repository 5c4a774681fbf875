//! Constrained answers: a JSON schema, a regular expression or a Lark grammar becomes a [`TokenMask`], and so do the
//! calls of the functions that a conversation offers.
//!
//! The parsing itself is [llguidance](https://github.com/guidance-ai/llguidance)'s; here are the model's tokens in its
//! form ([`Vocabulary`]), bounds for grammars that nobody has checked ([`compile`]), and where in an answer a grammar
//! holds: from its first token ([`WholeAnswer`]), inside calls only ([`CallMask`]), or in whichever of calls and text the
//! answer turns out to be ([`CallsOrText`]).
//!
//! ```no_run
//! use phonelm_engine::{Engine, GenerateOptions, Grammar};
//! use phonelm_kernels::CpuOptions;
//! use phonelm_model::ModelFile;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::open(ModelFile::open("model.gguf".as_ref())?, &CpuOptions::default())?;
//! let mask = engine.constraint(&Grammar::Regex("yes|no".into()))?;
//! let options = GenerateOptions { mask: Some(mask), ..GenerateOptions::default() };
//! # Ok(())
//! # }
//! ```

mod calls;
mod calls_or_text;
mod check;
mod compile;
mod run;
mod tools;
mod vocabulary;
mod whole;

use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use crate::sampler::TokenMask;
use crate::tools::{Tool, ToolFormat};
use crate::{Error, Tokenizer};
use calls::CallMask;
use calls_or_text::CallsOrText;
pub use check::ArgumentsError;
use run::Run;
use vocabulary::Vocabulary;
use whole::WholeAnswer;

/// What an answer must look like.
#[derive(Clone, Debug, PartialEq)]
pub enum Grammar {
    /// JSON that is valid under this schema, with the spaces of Python's `json.dumps` and an object's members in the
    /// order of its `properties`.
    JsonSchema(Json),
    /// Text that this regular expression matches as a whole.
    Regex(String),
    /// Text of a grammar in llguidance's form of Lark, from its rule `start`.
    Lark(String),
}

/// Why a grammar cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    /// It has more of something than is taken.
    #[error("{what} has {found} {unit}, at most {limit} are taken: make it smaller")]
    TooLarge {
        /// Which grammar.
        what: String,
        /// What there is too much of.
        unit: &'static str,
        /// How much there is, or how much was counted before the counting ended.
        found: usize,
        /// How much is taken.
        limit: usize,
    },
    /// It is no grammar of its kind, or uses something that cannot be held.
    #[error("{what} cannot be held: {reason}; change it, or generate without a constraint")]
    Invalid {
        /// Which grammar.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// A token would take more work than is allowed.
    #[error("the constraint asks for too much work at one token ({reason}): make it simpler")]
    TooMuchWork {
        /// What ran out.
        reason: String,
    },
}

/// The grammars of one model: what they share, made when it is first needed.
#[derive(Default)]
pub(crate) struct Grammars {
    vocabulary: OnceLock<Arc<Vocabulary>>,
    /// The calls of the tools that were offered last, ready to begin: among free text, and as a whole answer.
    calls: Option<(Vec<Tool>, CallMask)>,
    answers: Option<(Vec<Tool>, Run)>,
}

impl Grammars {
    /// Which tokens the answer may consist of.
    pub(crate) fn constraint(&self, language: &Spoken<'_>, grammar: &Grammar) -> Result<Box<dyn TokenMask>, Error> {
        let vocabulary = self.vocabulary(language)?;
        let matcher = compile::grammar(&vocabulary, grammar)?;
        Ok(Box::new(WholeAnswer::new(Run::new(matcher, vocabulary))))
    }

    /// Text that is free but for its calls of `offered`.
    pub(crate) fn calls(
        &mut self,
        language: &Spoken<'_>,
        format: ToolFormat,
        offered: &[Tool],
    ) -> Result<Box<dyn TokenMask>, Error> {
        if let Some((_, mask)) = self.calls.as_ref().filter(|(known, _)| known == offered) {
            return Ok(Box::new(mask.clone()));
        }
        let vocabulary = self.vocabulary(language)?;
        let matcher = compile::calls(&vocabulary, tools::calls, format, offered)?;
        let mask = CallMask::new(format, Run::new(matcher, vocabulary));
        self.calls = Some((offered.to_vec(), mask.clone()));
        Ok(Box::new(mask))
    }

    /// Either nothing but calls of `offered`, or a text that `text` allows.
    pub(crate) fn calls_or(
        &mut self,
        language: &Spoken<'_>,
        format: ToolFormat,
        offered: &[Tool],
        text: Box<dyn TokenMask>,
    ) -> Result<Box<dyn TokenMask>, Error> {
        let run = match self.answers.as_ref().filter(|(known, _)| known == offered) {
            Some((_, run)) => run.clone(),
            None => {
                let vocabulary = self.vocabulary(language)?;
                let run = Run::new(compile::calls(&vocabulary, tools::answers, format, offered)?, vocabulary);
                self.answers = Some((offered.to_vec(), run.clone()));
                run
            }
        };
        Ok(Box::new(CallsOrText::new(WholeAnswer::new(run), text)))
    }

    fn vocabulary(&self, language: &Spoken<'_>) -> Result<Arc<Vocabulary>, Error> {
        if let Some(known) = self.vocabulary.get() {
            return Ok(known.clone());
        }
        let new = Arc::new(Vocabulary::new(language)?);
        Ok(self.vocabulary.get_or_init(|| new).clone())
    }
}

/// What a model speaks in.
pub(crate) struct Spoken<'a> {
    pub(crate) tokenizer: &'a Tokenizer,
    /// Size of the vocabulary.
    pub(crate) vocab: usize,
    pub(crate) format: Option<ToolFormat>,
}
