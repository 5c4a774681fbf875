//! A conversation with a model.

use std::sync::{Arc, atomic::AtomicBool};

use crossbeam_channel::{Sender, unbounded};
use phonelm_engine::{GenerateOptions, Input, SamplerOptions};

use crate::{
    Generation, SdkError,
    worker::{Job, SessionId, Ticket},
};

/// What a session starts from.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct SessionOptions {
    /// What the model is told before anything else.
    #[uniffi(default = None)]
    pub instructions: Option<String>,
}

/// How an answer is made.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct GenerationOptions {
    /// Most tokens of the answer; as many as the context holds if absent.
    #[uniffi(default = None)]
    pub max_tokens: Option<u32>,
    /// 0 takes the most likely token each time; the default if absent.
    #[uniffi(default = None)]
    pub temperature: Option<f32>,
    /// The same seed draws the same answer; without one each generation draws its own.
    #[uniffi(default = None)]
    pub seed: Option<u64>,
    /// Texts that end the answer and are no part of it.
    #[uniffi(default = [])]
    pub stop: Vec<String>,
    /// Whether a cancelled turn enters the conversation with what was said so far.
    #[uniffi(default = false)]
    pub keep_partial: bool,
}

/// A conversation. Its turns are transactions: one that is cancelled or fails leaves it at the last turn. Dropping it ends
/// it.
#[derive(uniffi::Object)]
pub struct Session {
    id: SessionId,
    jobs: Sender<Job>,
}

impl Session {
    pub(crate) fn new(id: SessionId, jobs: Sender<Job>) -> Self {
        Self { id, jobs }
    }
}

#[uniffi::export]
impl Session {
    /// Says `prompt` to the model and returns at once; the answer is pulled from the generation.
    ///
    /// The first [`Generation::next`] reports a session that is answering already ([`SdkError::SessionBusy`]), options out
    /// of range and a text that does not fit ([`SdkError::ContextFull`]).
    pub fn generate(&self, prompt: String, options: GenerationOptions) -> Result<Arc<Generation>, SdkError> {
        let (events, receiver) = unbounded();
        let cancelled = Arc::new(AtomicBool::new(false));
        let defaults = SamplerOptions::default();
        let sampler = SamplerOptions {
            temperature: options.temperature.unwrap_or(defaults.temperature),
            seed: options.seed,
            ..defaults
        };
        let options = GenerateOptions {
            sampler,
            max_tokens: options.max_tokens.map(|n| n as usize),
            stop: options.stop,
            keep_partial: options.keep_partial,
            ..GenerateOptions::default()
        };
        let ticket = Ticket { events, cancelled: cancelled.clone() };
        self.jobs
            .send(Job::Start { session: self.id, input: Input::User(prompt), options, ticket })
            .map_err(|_| SdkError::ModelUnloaded)?;
        Ok(Arc::new(Generation::new(receiver, cancelled)))
    }

    /// Forgets all that was said; instructions stay. A running generation is cancelled.
    pub fn reset(&self) -> Result<(), SdkError> {
        self.jobs.send(Job::Reset { session: self.id }).map_err(|_| SdkError::ModelUnloaded)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A model whose thread has ended has freed the session already.
        let _ = self.jobs.send(Job::Close { session: self.id });
    }
}
