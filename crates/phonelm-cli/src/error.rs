//! Everything that ends a command early, and how it becomes one line for people.

use std::{io, path::PathBuf};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
    /// The model file cannot be used; its name is part of the cause.
    #[error(transparent)]
    Open(phonelm_model::Error),
    /// The model file is damaged or of an unknown kind.
    #[error("{model}: {cause}")]
    Model { model: String, cause: phonelm_model::Error },
    /// The header of the model file cannot be read.
    #[error("{model}: {cause}")]
    Header { model: String, cause: phonelm_gguf::Error },
    /// The model cannot be brought onto the CPU.
    #[error("{model}: {cause}")]
    Load { model: String, cause: phonelm_kernels::LoadError },
    /// The model cannot be brought onto a GPU.
    #[cfg(feature = "gpu")]
    #[error("{model}: {cause}")]
    Gpu { model: String, cause: phonelm_gpu::LoadError },
    /// Text cannot be made from the model or for it.
    #[error("{model}: {cause}")]
    Engine { model: String, cause: phonelm_engine::Error },
    /// The forward pass refused.
    #[error("{model}: {cause}")]
    Executor { model: String, cause: phonelm_model::ExecutorError },
    /// A weight is no number.
    #[error("{model}: {cause}: the model file is damaged")]
    Damaged { model: String, cause: phonelm_kernels::BadWeight },
    /// The conversion failed.
    #[error(transparent)]
    Convert(#[from] phonelm_convert::Error),
    /// The random model of a benchmark cannot be made.
    #[error("a random model cannot be made: {0}")]
    Random(#[from] phonelm_convert::RandomError),
    /// A search for a shape failed.
    #[error(transparent)]
    Search(#[from] phonelm_search::Error),
    /// No kernel set fits.
    #[error(transparent)]
    Kernels(#[from] phonelm_kernels::KernelError),
    /// A file that is no model cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    /// A file holds something else than it should.
    #[error("{}: {why}", path.display())]
    Content { path: PathBuf, why: String },
    /// A result cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write { path: PathBuf, cause: io::Error },
    /// The result's name is taken by something that is no file.
    #[error("{} is no ordinary file: choose another name for the result", path.display())]
    NotAFile { path: PathBuf },
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}")]
    Input(io::Error),
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// The terminal cannot be used for a chat.
    #[error("the chat cannot use the terminal: {0}")]
    Terminal(#[from] rustyline::error::ReadlineError),
    /// Ctrl-C ended the work.
    #[error("stopped; {} was not written", path.display())]
    Interrupted { path: PathBuf },
    /// Ctrl-C cannot be caught.
    #[error("Ctrl-C cannot be caught: {0}")]
    Signal(#[from] ctrlc::Error),
}

impl Error {
    /// Whether the reader of our output has gone, which is no failure.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(cause) if cause.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The message with those causes that it does not already state, on one line and without control characters.
    pub(crate) fn one_line(&self) -> String {
        let mut line = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            let text = cause.to_string();
            if !line.contains(&text) {
                line = format!("{line}: {text}");
            }
            source = cause.source();
        }
        let words: Vec<&str> = line.split(char::is_control).filter(|part| !part.is_empty()).collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_stated_once_and_lines_joined() {
        let cause = io::Error::new(io::ErrorKind::StorageFull, "no\nspace\x1b[31m");
        let error = Error::Write { path: "a.npy".into(), cause };
        assert_eq!(error.one_line(), "cannot write a.npy: no space [31m");
    }
}
