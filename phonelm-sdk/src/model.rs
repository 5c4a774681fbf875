//! A model in memory and the thread that computes with it.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crossbeam_channel::Sender;
use phonelm_engine::{Engine, Setup};
use phonelm_kernels::CpuOptions;
use phonelm_model::ModelFile;

use crate::{SdkError, Session, SessionOptions, worker};

/// How to open a model.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct ModelOptions {
    /// Compute threads; the number of big cores if absent.
    #[uniffi(default = None)]
    pub threads: Option<u32>,
    /// Longest text in tokens; the model's own context if absent.
    #[uniffi(default = None)]
    pub context: Option<u32>,
}

/// What a model is.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ModelInfo {
    /// The family: phonelm, llama, qwen2 or qwen3.
    pub family: String,
    /// Number of weights.
    pub parameters: u64,
    /// Longest text in tokens.
    pub context: u64,
    /// Tells model files apart.
    pub fingerprint: String,
    /// What computes: instruction set and threads.
    pub executor: String,
}

/// A loaded model. Sessions share its weights; [`Self::unload`] ends them.
#[derive(uniffi::Object)]
pub struct Model {
    info: ModelInfo,
    jobs: Sender<worker::Job>,
    next_session: AtomicU64,
}

#[uniffi::export]
impl Model {
    /// Loads the GGUF file at `path`. Blocks until it is loaded.
    #[uniffi::constructor]
    pub fn open(path: String, options: ModelOptions) -> Result<Arc<Self>, SdkError> {
        let invalid = |reason: String| SdkError::ModelInvalid { path: path.clone(), reason };
        let file = ModelFile::open(Path::new(&path)).map_err(|error| invalid(error.to_string()))?;
        let (family, parameters) = (file.config().family.name().to_owned(), file.config().parameters());
        let fingerprint = file.fingerprint();
        let options = CpuOptions {
            threads: options.threads.map(|n| n as usize),
            context: options.context.map(|n| n as usize),
            ..CpuOptions::default()
        };
        let engine = Engine::open(file, &options).map_err(|error| invalid(error.to_string()))?;
        let info = ModelInfo {
            family,
            parameters,
            context: engine.context() as u64,
            fingerprint,
            executor: engine.executor().describe(),
        };
        Ok(Arc::new(Self { info, jobs: worker::spawn(engine)?, next_session: AtomicU64::new(0) }))
    }

    /// What the model is.
    pub fn info(&self) -> ModelInfo {
        self.info.clone()
    }

    /// Starts a conversation.
    pub fn session(&self, options: SessionOptions) -> Result<Arc<Session>, SdkError> {
        let session = self.next_session.fetch_add(1, Ordering::Relaxed);
        let setup = Setup { instructions: options.instructions, ..Setup::default() };
        self.jobs.send(worker::Job::Open { session, setup }).map_err(|_| SdkError::ModelUnloaded)?;
        Ok(Arc::new(Session::new(session, self.jobs.clone())))
    }

    /// Ends every running generation with [`SdkError::ModelUnloaded`] and frees the model. May be called twice.
    pub fn unload(&self) {
        // A model whose thread has ended is unloaded already.
        let _ = self.jobs.send(worker::Job::Unload);
    }
}
