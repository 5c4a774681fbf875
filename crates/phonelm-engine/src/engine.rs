//! One model, ready to read and write: executor, tokenizer, chat template, tool format.
//!
//! The trap: a [`Conversation`] holds a cache of this engine, so it must not be given to another one, and dropping it
//! without [`Engine::close`] keeps its memory until the engine goes.

use std::ops::ControlFlow;
use std::panic::resume_unwind;

use phonelm_gguf::Metadata;
use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::{
    BackendChange, Best, CacheId, Executor, Input as Fed, Logits, LogitsFor, ModelFile, PREFILL_BATCH, Placement,
    Segment,
};

use crate::conversation::{Conversation, Setup};
use crate::draft::Pace;
use crate::grammar::{Grammar, Grammars, Spoken};
use crate::sampler::TokenMask;
use crate::template::{ChatTemplate, TemplateError};
use crate::tools::{Tool, ToolFormat};
use crate::{Error, Tokenizer};

/// A model with all that belongs to it. The [crate's page](crate) shows how it answers.
pub struct Engine {
    pub(crate) executor: Box<dyn Executor>,
    language: Language,
    grammars: Grammars,
    vocab: usize,
    pub(crate) pace: Pace,
    pub(crate) drafts: bool,
}

/// What a model file says about text.
struct Language {
    tokenizer: Option<Tokenizer>,
    template: Option<Result<ChatTemplate, TemplateError>>,
    tool_format: Option<ToolFormat>,
}

impl Language {
    fn read(metadata: &Metadata, vocab: usize) -> Result<Self, Error> {
        let _span = tracing::info_span!("tokenizer").entered();
        let source = metadata.str("tokenizer.chat_template")?;
        Ok(Self {
            tokenizer: Tokenizer::from_metadata(metadata, vocab)?,
            template: source.map(ChatTemplate::new),
            tool_format: ToolFormat::of_model(metadata, source)?,
        })
    }

    fn tokenizer(&self) -> Result<&Tokenizer, Error> {
        self.tokenizer.as_ref().ok_or(Error::NoTokenizer)
    }

    fn spoken(&self, vocab: usize) -> Result<Spoken<'_>, Error> {
        Ok(Spoken { tokenizer: self.tokenizer()?, vocab, format: self.tool_format })
    }
}

/// How well a model foresees a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Perplexity {
    /// Tokens foreseen: all but the first of each stretch of the context's length.
    pub tokens: usize,
    /// Mean of `-ln p(token)`.
    pub nll: f64,
}

impl Perplexity {
    /// `exp(nll)`.
    pub fn value(&self) -> f64 {
        self.nll.exp()
    }
}

impl Engine {
    /// Takes a model onto the CPU, its tokenizer on a thread beside. Errors: as [`Self::new`], and weights that cannot be taken in.
    pub fn open(file: ModelFile, options: &CpuOptions) -> Result<Self, Error> {
        Self::load(file, options, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`Self::open`]; `progress` hears what share is done, 0 to 1, and ends the loading with [`ControlFlow::Break`]
    /// ([`phonelm_kernels::LoadError::Cancelled`]).
    pub fn load(
        file: ModelFile,
        options: &CpuOptions,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, Error> {
        Self::beside(&file, || Ok(Box::new(CpuExecutor::load(file.clone(), options, progress)?)))
    }

    /// Takes a model to whatever `make` makes, its tokenizer on a thread beside.
    pub fn beside<E: From<Error>>(
        file: &ModelFile,
        make: impl FnOnce() -> Result<Box<dyn Executor>, E>,
    ) -> Result<Self, E> {
        let vocab = file.config().vocab;
        let (language, executor) = std::thread::scope(|scope| {
            let read = || Language::read(file.metadata(), vocab);
            // Without a second thread one comes after the other.
            let beside = std::thread::Builder::new().name("phonelm-tokenizer".to_owned()).spawn_scoped(scope, read);
            let executor = make();
            let language = match beside {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                Err(_) => read(),
            };
            (language, executor)
        });
        Ok(Self::of(executor?, language?, vocab))
    }

    /// Puts an executor together with what a model file says about text. A file without tokenizer or chat template
    /// still serves ids and logits; a tokenizer that does not fit is refused.
    pub fn new(metadata: &Metadata, vocab: usize, executor: Box<dyn Executor>) -> Result<Self, Error> {
        Ok(Self::of(executor, Language::read(metadata, vocab)?, vocab))
    }

    fn of(executor: Box<dyn Executor>, language: Language, vocab: usize) -> Self {
        Self { executor, language, grammars: Grammars::default(), vocab, pace: Pace::default(), drafts: true }
    }

    /// Whether answers may be drafted from what was said (prompt lookup), which they are from the start. It changes the
    /// speed of texts that repeat themselves and not a token of any.
    pub fn set_drafts(&mut self, drafts: bool) {
        self.drafts = drafts;
    }

    /// The tokenizer, or [`Error::NoTokenizer`].
    pub fn tokenizer(&self) -> Result<&Tokenizer, Error> {
        self.language.tokenizer()
    }

    /// The chat template, or why there is none.
    pub fn template(&self) -> Result<&ChatTemplate, Error> {
        match &self.language.template {
            Some(Ok(template)) => Ok(template),
            Some(Err(error)) => Err(error.clone().into()),
            None => Err(Error::NoTemplate),
        }
    }

    /// How the model writes calls, if it knows any.
    pub fn tool_format(&self) -> Option<ToolFormat> {
        self.language.tool_format
    }

    /// A mask under which an answer is a text of this grammar, for [`crate::GenerateOptions::mask`].
    ///
    /// Errors: a grammar that is none, or that asks for more than is allowed; a model without tokenizer.
    pub fn constraint(&self, grammar: &Grammar) -> Result<Box<dyn TokenMask>, Error> {
        self.grammars.constraint(&self.language.spoken(self.vocab)?, grammar)
    }

    /// A mask under which text is free and calls follow the schemas of these tools.
    pub(crate) fn exact_calls(&mut self, format: ToolFormat, tools: &[Tool]) -> Result<Box<dyn TokenMask>, Error> {
        self.grammars.calls(&self.language.spoken(self.vocab)?, format, tools)
    }

    /// A mask under which an answer is either calls of these tools or a text that `text` allows.
    pub(crate) fn calls_or(
        &mut self,
        format: ToolFormat,
        tools: &[Tool],
        text: Box<dyn TokenMask>,
    ) -> Result<Box<dyn TokenMask>, Error> {
        self.grammars.calls_or(&self.language.spoken(self.vocab)?, format, tools, text)
    }

    /// What computes.
    pub fn executor(&self) -> &dyn Executor {
        &*self.executor
    }

    /// The latest change of what computes, if there was one since the last call.
    pub fn take_change(&mut self) -> Option<BackendChange> {
        self.executor.take_change()
    }

    /// Tells whether the app is in the background, where a phone may forbid work on the GPU.
    pub fn set_background(&mut self, background: bool) {
        self.executor.set_background(background);
    }

    /// Measures where the model computes fastest, and computes there from then on. `None` if there is no choice or `go_on`,
    /// which is asked before each pass, ended it.
    pub fn measure_placement(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Placement>, Error> {
        Ok(self.executor.measure_placement(go_on)?)
    }

    /// Size of the vocabulary.
    pub fn vocab(&self) -> usize {
        self.vocab
    }

    /// Longest text in tokens.
    pub fn context(&self) -> usize {
        self.executor.context()
    }

    /// Starts a conversation.
    pub fn conversation(&mut self, setup: Setup) -> Conversation {
        Conversation::new(setup, self.executor.create())
    }

    /// Ends a conversation and frees its cache.
    pub fn close(&mut self, conversation: Conversation) {
        self.executor.release(conversation.cache);
    }

    /// Forgets all that was said; instructions and tools stay.
    pub fn reset(&mut self, conversation: &mut Conversation) {
        conversation.turn = None;
        conversation.messages.clear();
    }

    /// Logits of every position, `[tokens, vocab]`, nothing put before the first token.
    pub fn logits(&mut self, ids: &[u32]) -> Result<Logits, Error> {
        let mut all = Logits { values: Vec::new(), vocab: self.vocab };
        self.each_batch(ids, |_, logits| all.values.extend_from_slice(&logits.values))?;
        Ok(all)
    }

    /// How well the model foresees a text of at least two tokens, cut into stretches of the context's length.
    pub fn perplexity(&mut self, ids: &[u32]) -> Result<Perplexity, Error> {
        let mut result = Perplexity { tokens: 0, nll: 0.0 };
        let mut sum = 0.0;
        for stretch in ids.chunks(self.context().max(1)) {
            self.each_batch(stretch, |done, logits| {
                for (row, &next) in logits.rows().zip(stretch.iter().skip(done + 1)) {
                    sum += surprise(row, next);
                    result.tokens += 1;
                }
            })?;
        }
        if result.tokens == 0 {
            return Err(Error::TextTooShort { tokens: ids.len() });
        }
        result.nll = sum / result.tokens as f64;
        Ok(result)
    }

    /// Feeds tokens into a fresh cache, batch by batch, and gives each batch's place and logits.
    fn each_batch(&mut self, ids: &[u32], mut each: impl FnMut(usize, &Logits)) -> Result<(), Error> {
        if ids.is_empty() {
            return Err(Error::PromptEmpty);
        }
        if ids.len() > self.context() {
            return Err(Error::PromptTooLong { tokens: ids.len(), context: self.context() });
        }
        let cache = self.executor.create();
        let mut done = 0;
        let fed = ids.chunks(PREFILL_BATCH).try_for_each(|batch| {
            each(done, &self.forward(cache, batch, LogitsFor::All)?);
            done += batch.len();
            Ok(())
        });
        self.executor.release(cache);
        fed
    }

    pub(crate) fn forward(&mut self, cache: CacheId, ids: &[u32], logits: LogitsFor) -> Result<Logits, Error> {
        Ok(self.executor.forward(&[Segment { cache, input: Fed::Tokens(ids), logits }])?)
    }

    /// As [`Self::forward`], with as many of each row's logits as the sampler needs: `enough`, or all.
    pub(crate) fn forward_scores(
        &mut self,
        cache: CacheId,
        ids: &[u32],
        logits: LogitsFor,
        enough: Option<usize>,
    ) -> Result<Scores, Error> {
        let segments = [Segment { cache, input: Fed::Tokens(ids), logits }];
        Ok(match enough {
            Some(count) => Scores::Best(self.executor.forward_best(&segments, count)?),
            None => Scores::All(self.executor.forward(&segments)?),
        })
    }
}

/// What a sampler draws from.
pub(crate) enum Scores {
    All(Logits),
    Best(Best),
}

/// A row of them.
#[derive(Clone, Copy)]
pub(crate) enum Row<'a> {
    All(&'a [f32]),
    Best(&'a [(u32, f32)]),
}

impl Scores {
    /// The rows in order.
    pub(crate) fn rows(&self) -> Vec<Row<'_>> {
        match self {
            Self::All(logits) => logits.rows().map(Row::All).collect(),
            Self::Best(best) => best.rows().map(Row::Best).collect(),
        }
    }
}

/// `-ln softmax(logits)[token]`.
fn surprise(logits: &[f32], token: u32) -> f64 {
    let max = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|&x| (f64::from(x) - max).exp()).sum();
    let own = logits.get(token as usize).map_or(f64::NEG_INFINITY, |&x| f64::from(x));
    sum.ln() + max - own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surprise_is_the_negative_log_probability() {
        let p = [0.1f32, 0.2, 0.7];
        let logits = p.map(|p| p.ln() + 300.0);
        for (token, p) in (0..).zip(p) {
            assert!((surprise(&logits, token) + f64::from(p).ln()).abs() < 1e-4);
        }
    }
}
