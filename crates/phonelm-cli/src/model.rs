//! The model that a command works on: a file, or the one that is part of the program.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

#[cfg(feature = "gpu")]
use phonelm_engine::Engine;
use phonelm_engine::{ChatTemplate, Tokenizer};
use phonelm_kernels::{CpuExecutor, CpuOptions, check_weights};
#[cfg(feature = "gpu")]
use phonelm_model::Executor;
use phonelm_model::{ExecutorError, Mapping, ModelFile};

use crate::error::Error;

/// phonelm-tiny; see models/phonelm-tiny/README.md.
static EMBEDDED: &Aligned<[u8]> = &Aligned(*include_bytes!("../../../models/phonelm-tiny/phonelm-tiny.gguf"));

/// Bytes that begin at a cache line, so that packed weights are read where they lie.
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

/// A checked model file and the name to call it by.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) file: ModelFile,
}

impl Model {
    /// The model at `path`, or the embedded one.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Error> {
        let name = name(path);
        let file = mapping(path).and_then(ModelFile::new);
        let file = file.map_err(|cause| error(&name, cause))?;
        Ok(Self { name, file })
    }

    /// Brings the weights onto the CPU.
    pub(crate) fn executor(&self, options: &CpuOptions) -> Result<CpuExecutor, Error> {
        CpuExecutor::new(self.file.clone(), options).map_err(|cause| Error::Load { model: self.name.clone(), cause })
    }

    /// The model on an executor that it was brought to.
    #[cfg(feature = "gpu")]
    pub(crate) fn with(&self, executor: Box<dyn Executor>) -> Result<Engine, phonelm_engine::Error> {
        Engine::new(self.file.metadata(), self.file.config().vocab, executor)
    }

    /// The tokenizer; a model without one is an error here.
    pub(crate) fn tokenizer(&self) -> Result<Tokenizer, Error> {
        let tokenizer = Tokenizer::from_metadata(self.file.metadata(), self.file.config().vocab);
        tokenizer.and_then(|found| found.ok_or(phonelm_engine::Error::NoTokenizer)).map_err(|e| self.engine(e))
    }

    /// The chat template; a model without one is an error here.
    pub(crate) fn template(&self) -> Result<ChatTemplate, Error> {
        let source = self.file.metadata().str("tokenizer.chat_template").map_err(|cause| self.engine(cause.into()))?;
        let source = source.ok_or_else(|| self.engine(phonelm_engine::Error::NoTemplate))?;
        ChatTemplate::new(source).map_err(|cause| self.engine(cause.into()))
    }

    /// Whether the model wants a token of its own at the beginning of plain text.
    pub(crate) fn wants_bos(&self) -> Result<bool, Error> {
        let key = self.file.metadata().bool("tokenizer.ggml.add_bos_token");
        Ok(key.map_err(|cause| self.engine(cause.into()))?.unwrap_or(false))
    }

    /// An error of the engine with the model's name.
    pub(crate) fn engine(&self, cause: phonelm_engine::Error) -> Error {
        match cause {
            phonelm_engine::Error::Executor(cause) => self.failed(cause),
            cause => Error::Engine { model: self.name.clone(), cause },
        }
    }

    /// An error of the executor with the model's name. Where the numbers ran out, the weight to blame is looked for.
    pub(crate) fn failed(&self, cause: ExecutorError) -> Error {
        let model = self.name.clone();
        if matches!(cause, ExecutorError::NotFinite { .. })
            && let Err(cause) = check_weights(&self.file, &mut |_| ControlFlow::Continue(()))
        {
            return Error::Damaged { model, cause };
        }
        Error::Executor { model, cause }
    }
}

/// The bytes at `path`, or those of the embedded model.
pub(crate) fn mapping(path: Option<&Path>) -> Result<Mapping, phonelm_model::Error> {
    path.map_or_else(|| Ok(Mapping::from_static(&EMBEDDED.0)), Mapping::open)
}

/// What to call the model at `path`.
pub(crate) fn name(path: Option<&Path>) -> String {
    path.map_or_else(|| "phonelm-tiny".to_owned(), |path| path.display().to_string())
}

/// An error about the model called `name`.
pub(crate) fn error(name: &str, cause: phonelm_model::Error) -> Error {
    use phonelm_model::Error::{EmptyFile, NotAFile, Open};
    match cause {
        Open { .. } | NotAFile { .. } | EmptyFile { .. } => Error::Open(cause),
        cause => Error::Model { model: name.to_owned(), cause },
    }
}

/// Reads a whole text file.
pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(|cause| Error::Read { path: path.to_path_buf(), cause })?;
    String::from_utf8(bytes).map_err(|error| Error::Content {
        path: PathBuf::from(path),
        why: format!("byte {} is no UTF-8 text", error.utf8_error().valid_up_to()),
    })
}
