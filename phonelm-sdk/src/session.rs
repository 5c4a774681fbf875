//! A conversation with a model.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use phonelm_engine::{Message, Setup};

use crate::{
    Generation, GenerationOptions, OverflowPolicy, PromptSegment, SdkError, SessionFolder, SessionOptions, Transcript,
    generation::Control,
    mailbox::Mailbox,
    saved::{Answer, Copy, Origin, Saved},
    sync::{AtomicBool, AtomicU64, Mutex, MutexGuard},
    tools::Rules,
    transcript,
    worker::{Job, Jobs, SessionId, Ticket},
};

/// What is said to the model, and how it is to answer.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct GenerationRequest {
    /// The prompt.
    pub prompt: Vec<PromptSegment>,
    /// How the answer is made.
    pub options: GenerationOptions,
}

impl GenerationRequest {
    /// A prompt of words alone.
    pub fn text(prompt: impl Into<String>, options: GenerationOptions) -> Self {
        Self { prompt: vec![PromptSegment::Text { text: prompt.into() }], options }
    }
}

/// How much of the context a conversation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ContextUsage {
    /// Tokens of the conversation so far.
    pub tokens: u64,
    /// Tokens that the context holds.
    pub context: u64,
}

/// What a session needs of its model.
#[derive(Clone)]
pub(crate) struct ModelLink {
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) loaded: Arc<AtomicBool>,
    pub(crate) next_session: Arc<AtomicU64>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) context: u64,
}

/// What a session's turns keep to.
#[derive(Clone)]
pub(crate) struct Policy {
    pub(crate) overflow: OverflowPolicy,
    pub(crate) rules: Arc<Rules>,
}

/// What a session and the inference thread share: what was said so far, what runs, and where it is kept.
#[derive(Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) saved: Option<Arc<Saved>>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) messages: Vec<Message>,
    pub(crate) tokens: u64,
    /// Resets that the inference thread has not come to yet.
    pub(crate) resets: u32,
    /// The generation that has not ended, if there is one.
    pub(crate) running: Option<Arc<Control>>,
}

impl Shared {
    fn kept_in(saved: Option<Saved>) -> Arc<Self> {
        Arc::new(Self { saved: saved.map(Arc::new), ..Self::default() })
    }

    /// Tells the app what the conversation holds, unless that is about to be forgotten.
    pub(crate) fn publish(&self, messages: &[Message], tokens: u64) {
        let mut state = self.lock();
        if state.resets == 0 {
            (state.messages, state.tokens) = (messages.to_vec(), tokens);
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A conversation. Its turns are transactions: one that is cancelled or fails leaves it at the last turn. Dropping it
/// ends it.
#[derive(uniffi::Object)]
pub struct Session {
    id: SessionId,
    model: ModelLink,
    instructions: Option<String>,
    defaults: GenerationOptions,
    policy: Policy,
    shared: Arc<Shared>,
    closed: AtomicBool,
}

impl Session {
    /// Has the inference thread open a session that goes on from these messages. `keep` gives the folder that it is kept in,
    /// once all else is known to be right.
    pub(crate) fn open(
        model: ModelLink,
        options: SessionOptions,
        messages: Vec<Message>,
        keep: impl FnOnce(&SessionOptions) -> Result<Option<Saved>, SdkError>,
    ) -> Result<Arc<Self>, SdkError> {
        let overflow = options.overflow.unwrap_or_default();
        overflow.check()?;
        let defaults = options.defaults.clone().unwrap_or_default();
        defaults.resolve(&GenerationOptions::default())?;
        let (tools, rules) = Rules::new(&options.tools, options.dry_run, options.max_tool_rounds)?;
        let setup = Setup { instructions: options.instructions.clone(), tools, ..Setup::default() };
        let shared = Shared::kept_in(keep(&options)?);
        let session = Self::new(model, options.instructions, defaults, Policy { overflow, rules }, shared);
        session.shared.lock().messages.clone_from(&messages);
        session.send(Job::Open { session: session.id, setup, messages, shared: session.shared.clone() })?;
        Ok(Arc::new(session))
    }

    fn new(
        model: ModelLink,
        instructions: Option<String>,
        defaults: GenerationOptions,
        policy: Policy,
        shared: Arc<Shared>,
    ) -> Self {
        let id = model.next_session.fetch_add(1, Ordering::Relaxed);
        Self { id, model, instructions, defaults, policy, shared, closed: AtomicBool::new(false) }
    }

    fn send(&self, job: Job) -> Result<(), SdkError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(SdkError::SessionClosed);
        }
        if !self.model.loaded.load(Ordering::Acquire) {
            return Err(SdkError::ModelUnloaded);
        }
        self.model.jobs.send(job).map_err(|_| SdkError::ModelUnloaded)
    }
}

#[uniffi::export]
impl Session {
    /// Says the prompt to the model and returns at once; the answer is pulled from the generation.
    ///
    /// Errors: [`SdkError::SessionBusy`] while an answer is made that has not been cancelled, [`SdkError::PromptInvalid`] for
    /// an empty prompt, [`SdkError::OptionInvalid`], [`SdkError::GrammarInvalid`] for a schema that is no JSON,
    /// [`SdkError::SessionClosed`], [`SdkError::ModelUnloaded`]. What only shows while answering comes from [`Generation::next`].
    pub fn generate(&self, request: GenerationRequest) -> Result<Arc<Generation>, SdkError> {
        let options = request.options.resolve(&self.defaults)?;
        let prompt = transcript::text_of(&request.prompt);
        if prompt.is_empty() {
            return Err(SdkError::PromptInvalid { reason: "it is empty".into() });
        }
        let control = Arc::new(Control::new(self.shared.saved.clone()));
        let mut state = self.shared.lock();
        if state.running.as_ref().is_some_and(|running| !running.is_cancelled()) {
            return Err(SdkError::SessionBusy);
        }
        state.running = Some(control.clone());
        drop(state);
        // A ticket that is refused frees the session again, which needs the lock.
        let ticket = Ticket::new(control.clone(), self.shared.clone());
        self.send(Job::Start { session: self.id, prompt, options, policy: self.policy.clone(), ticket })?;
        Ok(Arc::new(Generation::new(control, self.id, self.model.jobs.clone())))
    }

    /// Reads ahead, in the background, what the next prompt will begin with: all that was said so far and, if given, the
    /// first words of that prompt. A request that comes meanwhile goes first and keeps what was read.
    ///
    /// Errors: [`SdkError::SessionClosed`], [`SdkError::ModelUnloaded`].
    pub fn prewarm(&self, prefix: Option<String>) -> Result<(), SdkError> {
        self.send(Job::Prewarm { session: self.id, prefix: prefix.unwrap_or_default() })
    }

    /// All that was said in turns that have ended, and calls of a running one that were made.
    pub fn transcript(&self) -> Transcript {
        transcript::of_session(self.instructions.as_deref(), &self.shared.lock().messages)
    }

    /// The transcript as JSON, from which [`crate::Model::restore_session`] goes on.
    pub fn transcript_json(&self) -> Result<String, SdkError> {
        let state = self.shared.lock();
        transcript::write(self.instructions.as_deref(), &state.messages, &self.model.origin.fingerprint)
    }

    /// How much of the context the conversation takes.
    pub fn usage(&self) -> ContextUsage {
        ContextUsage { tokens: self.shared.lock().tokens, context: self.model.context }
    }

    /// Whether an answer is being made.
    pub fn is_responding(&self) -> bool {
        self.shared.lock().running.is_some()
    }

    /// Forgets all that was said; instructions and tools stay. A running answer is cancelled.
    ///
    /// Errors: [`SdkError::SessionClosed`], [`SdkError::ModelUnloaded`].
    pub fn reset(&self) -> Result<(), SdkError> {
        // What the thread publishes is of before or of after the reset, as it comes to it.
        let mut state = self.shared.lock();
        self.send(Job::Reset { session: self.id })?;
        state.resets += 1;
        state.messages.clear();
        Ok(())
    }

    /// A second session that stands where this one's last turn ended and shares its memory until one of them goes on. It is
    /// kept in no folder.
    ///
    /// Errors: [`SdkError::SessionClosed`], [`SdkError::ModelUnloaded`].
    pub fn fork(&self) -> Result<Arc<Self>, SdkError> {
        let (instructions, defaults) = (self.instructions.clone(), self.defaults.clone());
        let fork = Self::new(self.model.clone(), instructions, defaults, self.policy.clone(), Arc::default());
        let state = self.shared.lock();
        (fork.shared.lock().messages, fork.shared.lock().tokens) = (state.messages.clone(), state.tokens);
        drop(state);
        self.send(Job::Fork { from: self.id, to: fork.id, shared: fork.shared.clone() })?;
        Ok(Arc::new(fork))
    }

    /// Writes a copy of the session, as it stands after its last turn, to a folder that is not there yet: whole, or not at
    /// all. [`crate::Model::restore_saved_session`] goes on from it. The model computes nothing else meanwhile.
    ///
    /// Errors: [`SdkError::SessionInvalid`] if something lies there, [`SdkError::OptionInvalid`] for a key of another
    /// length, [`SdkError::StorageFull`], [`SdkError::StorageFailed`], [`SdkError::SessionClosed`], [`SdkError::ModelUnloaded`].
    pub async fn save(&self, folder: SessionFolder) -> Result<(), SdkError> {
        let answer = Arc::new(Mailbox::new());
        let copy = Copy {
            folder,
            origin: self.model.origin.clone(),
            instructions: self.instructions.clone(),
            answer: Answer(answer.clone()),
        };
        self.send(Job::Save { session: self.id, copy })?;
        answer.next().await.unwrap_or(Err(SdkError::ModelUnloaded))
    }

    /// Ends the session and frees its memory; a running answer ends with [`SdkError::SessionClosed`]. May be called at any
    /// time, twice as well.
    pub fn end(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            // A model whose thread has ended has freed the session already.
            let _ = self.model.jobs.send(Job::Close { session: self.id });
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}
