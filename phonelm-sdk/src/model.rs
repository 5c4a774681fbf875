//! A model in memory and what it is.

use std::sync::{Arc, PoisonError, atomic::Ordering};

use phonelm_engine::{Engine, Message};
use phonelm_model::{Mapping, ModelFile};

use crate::{
    SdkError, Session, SessionFolder, SessionOptions, Verification,
    saved::{Origin, Saved},
    sync::{AtomicBool, AtomicU64, Mutex},
    transcript,
    worker::{self, Executing, Job, Jobs, ToMeasure},
};

/// What a model is.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ModelInfo {
    /// The name that its maker gave it, if any.
    pub name: Option<String>,
    /// The family: phonelm, llama, qwen2 or qwen3.
    pub family: String,
    /// Number of weights.
    pub parameters: u64,
    /// The type in which most weights are stored, such as q4_0.
    pub quantization: String,
    /// Longest text in tokens.
    pub context: u64,
    /// Entries of the vocabulary.
    pub vocab: u64,
    /// Source of the chat template (Jinja); without one the model holds no conversation.
    pub chat_template: Option<String>,
    /// How it writes tool calls, hermes or llama3, if it knows any.
    pub tool_format: Option<String>,
    /// Tells model files apart: BLAKE3 over header, size and the edges of each tensor.
    pub fingerprint: String,
    /// What computes at the moment: instruction set and threads, or the GPU.
    pub executor: String,
}

/// What the file says of a model.
#[derive(Clone)]
pub(crate) struct About {
    name: Option<String>,
    family: String,
    parameters: u64,
    quantization: String,
    pub(crate) fingerprint: String,
}

impl About {
    pub(crate) fn of(file: &ModelFile) -> Self {
        let config = file.config();
        Self {
            name: file.metadata().str("general.name").ok().flatten().map(str::to_owned),
            family: config.family.name().to_owned(),
            parameters: config.parameters(),
            quantization: file.main_type().name().to_owned(),
            fingerprint: file.fingerprint(),
        }
    }
}

/// A loaded model. Sessions share its weights and take turns, token by token. It stays loaded until [`Self::unload`], or
/// until it and all of its sessions are dropped.
#[derive(uniffi::Object)]
pub struct Model {
    info: ModelInfo,
    /// What computes now.
    executor: Executing,
    jobs: Arc<Jobs>,
    /// Cleared by `unload`.
    loaded: Arc<AtomicBool>,
    /// The file, for verifying.
    mapping: Mutex<Option<Mapping>>,
    next_session: Arc<AtomicU64>,
    /// What saved sessions say of it.
    origin: Arc<Origin>,
}

/// A session that goes on where its folder stood.
#[derive(uniffi::Record)]
pub struct RestoredSession {
    /// The session, which is kept in that folder from here on.
    pub session: Arc<Session>,
    /// Turns of the user that it holds.
    pub turns: u64,
    /// Bytes at the end of its log that a crash cut off, or damage; 0 as a rule. What they said had never been told as
    /// ended.
    pub lost_bytes: u64,
    /// Why its next turn computes all of it anew: another model, another type of keys and values, another version. `None`
    /// where what was saved of the cache is taken over; [`crate::Statistics::cached_tokens`] tells how much that was.
    pub reads_anew: Option<String>,
}

impl Model {
    /// Starts the inference thread of an engine, which measures what is open when it is idle.
    pub(crate) fn start(
        engine: Engine,
        about: About,
        mapping: Option<Mapping>,
        to_measure: ToMeasure,
    ) -> Result<Arc<Self>, SdkError> {
        let info = ModelInfo {
            name: about.name,
            family: about.family,
            parameters: about.parameters,
            quantization: about.quantization,
            context: engine.context() as u64,
            vocab: engine.vocab() as u64,
            chat_template: engine.template().ok().map(|template| template.source().to_owned()),
            tool_format: engine.tool_format().map(|format| format.name().to_owned()),
            fingerprint: about.fingerprint,
            executor: engine.executor().describe(),
        };
        tracing::info!(family = info.family, parameters = info.parameters, executor = info.executor, "model loaded");
        let executor = Executing::new(Mutex::new(info.executor.clone()));
        let origin = Origin {
            fingerprint: info.fingerprint.clone(),
            vocab: info.vocab,
            backend: info.executor.clone(),
            shape: engine.export_shape().ok(),
        };
        Ok(Arc::new(Self {
            info,
            executor: executor.clone(),
            jobs: worker::spawn(engine, to_measure, executor)?,
            loaded: Arc::new(AtomicBool::new(true)),
            mapping: Mutex::new(mapping),
            next_session: Arc::new(AtomicU64::new(0)),
            origin: Arc::new(origin),
        }))
    }

    /// Where its jobs are sent; its sessions hold it too.
    pub(crate) fn jobs(&self) -> &Arc<Jobs> {
        &self.jobs
    }

    fn open_session(
        &self,
        options: SessionOptions,
        messages: Vec<Message>,
        keep: impl FnOnce(&SessionOptions) -> Result<Option<Saved>, SdkError>,
    ) -> Result<Arc<Session>, SdkError> {
        if !self.is_loaded() {
            return Err(SdkError::ModelUnloaded);
        }
        let model = crate::session::ModelLink {
            jobs: self.jobs.clone(),
            loaded: self.loaded.clone(),
            next_session: self.next_session.clone(),
            origin: self.origin.clone(),
            context: self.info.context,
        };
        if !options.tools.is_empty() && self.info.tool_format.is_none() {
            return Err(phonelm_engine::Error::NoToolFormat.into());
        }
        Session::open(model, options, messages, keep)
    }

    /// The folder that a new session is kept in, if it is to be.
    fn begin_folder(&self, options: &SessionOptions) -> Result<Option<Saved>, SdkError> {
        let create = |folder| Saved::create(folder, &self.origin, options.instructions.as_deref());
        options.folder.as_ref().map(create).transpose()
    }
}

#[uniffi::export]
impl Model {
    /// What the model is.
    pub fn info(&self) -> ModelInfo {
        let executor = self.executor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ModelInfo { executor, ..self.info.clone() }
    }

    /// Tells whether the app is in the background, where iOS forbids work on the GPU: the processor goes on with running
    /// answers until the app is in front again. Returns at once and takes effect within a token, or a batch of a prompt. Changes
    /// nothing for a model on the processor; may be called at any time, from any thread, twice as well.
    pub fn set_background(&self, background: bool) {
        // A thread that has ended computes nothing.
        let _ = self.jobs.send(Job::Background(background));
    }

    /// Starts a conversation. Costs no memory for keys and values until something is said.
    ///
    /// Errors: [`SdkError::ModelUnloaded`], [`SdkError::OptionInvalid`], [`SdkError::Unsupported`] for tools that the model
    /// cannot call; with a folder, which is written to at once, [`SdkError::SessionInvalid`] for one that holds a session,
    /// [`SdkError::StorageFull`], [`SdkError::StorageFailed`].
    pub fn new_session(&self, options: SessionOptions) -> Result<Arc<Session>, SdkError> {
        self.open_session(options, Vec::new(), |options| self.begin_folder(options))
    }

    /// Goes on with a conversation from the JSON of [`Session::transcript_json`], of this model or of another one. Its
    /// first turn computes all of it anew. Instructions of the transcript hold unless `options` brings its own.
    ///
    /// Errors: as [`Self::new_session`], and [`SdkError::TranscriptInvalid`].
    pub fn restore_session(
        &self,
        transcript_json: String,
        mut options: SessionOptions,
    ) -> Result<Arc<Session>, SdkError> {
        let saved = transcript::read(&transcript_json, &self.origin.fingerprint, self.origin.vocab)?;
        options.instructions = options.instructions.or(saved.instructions);
        self.open_session(options, saved.messages, |options| self.begin_folder(options))
    }

    /// Goes on with the session that is kept in a folder, or with a copy of one that [`Session::save`] wrote; it is kept there from
    /// here on. It stands at its last turn; calls that may have run when their process died read "outcome unknown" and are
    /// not repeated. Its instructions hold unless `options` brings its own; of tools and all else `options` decides, and
    /// `options.folder` must be absent. Waits for the disk: call it off the main thread.
    ///
    /// Errors: as [`Self::new_session`], and [`SdkError::SessionInvalid`] where no session can be read.
    pub fn restore_saved_session(
        &self,
        folder: SessionFolder,
        mut options: SessionOptions,
    ) -> Result<RestoredSession, SdkError> {
        if options.folder.is_some() {
            return Err(SdkError::OptionInvalid {
                option: "folder".into(),
                value: "given".into(),
                allowed: "none: a restored session stays in its own".into(),
            });
        }
        let mut restored = Saved::restore(&folder, &self.origin)?;
        options.instructions = options.instructions.or(restored.instructions());
        let messages = restored.messages.clone();
        let turns = messages.iter().filter(|message| matches!(message, Message::User(_))).count() as u64;
        let (lost_bytes, reads_anew) = (restored.lost_bytes, restored.reads_anew.take());
        let keep = |options: &SessionOptions| Ok(Some(restored.go_on(&self.origin, options.instructions.as_deref())?));
        let session = self.open_session(options, messages, keep)?;
        Ok(RestoredSession { session, turns, lost_bytes, reads_anew })
    }

    /// Starts to read every byte of the file: that each weight is a number and, if `expected_sha256` is given, that the
    /// file has this SHA-256. [`Verification::next`] tells how far it is and what came of it.
    pub fn verify(&self, expected_sha256: Option<String>) -> Arc<Verification> {
        let mapping = self.mapping.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Verification::start(mapping, expected_sha256)
    }

    /// Whether [`Self::unload`] has not been called.
    pub fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// Ends every running generation with [`SdkError::ModelUnloaded`] and frees the model at the next token. Returns at
    /// once; may be called at any time, from any thread, twice as well.
    pub fn unload(&self) {
        self.loaded.store(false, Ordering::Release);
        self.mapping.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A thread that has ended has freed everything already.
        let _ = self.jobs.send(Job::Unload);
    }
}
