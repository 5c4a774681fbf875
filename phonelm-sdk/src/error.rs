//! Everything that an app can be told went wrong, as one enum for all languages.

use phonelm_engine::Error as EngineError;
use phonelm_kernels::LoadError;
use phonelm_model::{Error as ModelError, ExecutorError};

/// Why a call failed. Messages say what happened and what to do; none holds what a user typed.
#[derive(Clone, Debug, PartialEq, thiserror::Error, uniffi::Error)]
pub enum SdkError {
    /// There is no file at the path.
    #[error("there is no model file at {path}")]
    ModelNotFound {
        /// The path.
        path: String,
    },
    /// The file is no model that can run here.
    #[error("{path} is no model that can run here: {reason}")]
    ModelInvalid {
        /// The file, or the descriptor.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The descriptor cannot be mapped: it is closed, a pipe, or shorter than said. Import the model into a
    /// [`crate::ModelStore`] and open the stored file.
    #[error("{reason}")]
    ModelUnmappable {
        /// What stands against it, and what to do.
        reason: String,
    },
    /// The file's bytes are not what they were: delete it and import it again.
    #[error("the model file is damaged: {reason}; delete it and import it again")]
    ModelDamaged {
        /// Where the damage is.
        reason: String,
    },
    /// The model has been unloaded.
    #[error("the model has been unloaded; open it again")]
    ModelUnloaded,
    /// The session is answering already.
    #[error("the session is answering already; wait for the end of its generation or cancel it")]
    SessionBusy,
    /// The session has been closed.
    #[error("the session has been closed; start a new one")]
    SessionClosed,
    /// The text does not fit into the context.
    #[error(
        "{needed} tokens do not fit into a context of {limit}; shorten the text or let the oldest turns be dropped"
    )]
    ContextFull {
        /// Tokens that the prompt has.
        needed: u64,
        /// Tokens that the context holds.
        limit: u64,
    },
    /// The model or this build lacks what the call needs: a chat template, a tool format, a GPU backend.
    #[error("this cannot be done here: {reason}")]
    Unsupported {
        /// What is missing.
        reason: String,
    },
    /// An option lies outside its range.
    #[error("option {option} is {value}, allowed is {allowed}")]
    OptionInvalid {
        /// The option.
        option: String,
        /// The value given.
        value: String,
        /// What is allowed, in words.
        allowed: String,
    },
    /// A JSON schema, a regular expression or a Lark grammar is none, or asks for something that answers, or the calls of a
    /// tool, cannot be held to.
    #[error("{reason}")]
    GrammarInvalid {
        /// Which one, what is wrong with it, and what to do.
        reason: String,
    },
    /// The answer is not what was asked for: it ended too early, or its type is another one than its schema says. It stays
    /// in the conversation.
    #[error("the answer is no value of its type: {reason}")]
    ResponseInvalid {
        /// What is wrong with it.
        reason: String,
    },
    /// The prompt is empty, or the model's chat template refuses it.
    #[error("the prompt cannot be used: {reason}")]
    PromptInvalid {
        /// What is wrong with it.
        reason: String,
    },
    /// The text is no transcript that this version reads.
    #[error("the transcript cannot be restored: {reason}")]
    TranscriptInvalid {
        /// What is wrong, and where.
        reason: String,
    },
    /// The folder cannot be used for a session: there is one in it, or none, or one that cannot be read or is open already.
    /// Nothing in it was changed.
    #[error("the session in {path} cannot be used: {reason}")]
    SessionInvalid {
        /// The folder.
        path: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The folder cannot be used for this search: it holds another one, other files or a broken line. Nothing in it was
    /// changed.
    #[error("{reason}")]
    SearchInvalid {
        /// The folder, or the file in it.
        path: String,
        /// What is wrong, where, and what to do.
        reason: String,
    },
    /// No tool call with this id waits for an answer.
    #[error("no tool call {call_id:?} waits for an answer; it was answered already, or its generation has ended")]
    UnknownCall {
        /// The id given.
        call_id: String,
    },
    /// Arguments that a user changed do not fit the tool.
    #[error(
        "the changed arguments of {tool} cannot be used: {reason}; correct them, or confirm or refuse the call as it is"
    )]
    ArgumentsInvalid {
        /// The tool.
        tool: String,
        /// What is wrong with them.
        reason: String,
    },
    /// The machine has no memory for the conversation, which stands at its last turn, or for a shape that is timed.
    #[error("{needed} bytes of memory cannot be had; close other sessions, or use a smaller context or model")]
    OutOfMemory {
        /// Bytes asked for.
        needed: u64,
    },
    /// The model would take more memory than its options grant. Nothing was loaded.
    #[error("the model takes {needed} bytes of memory and {granted} are granted; {}", smaller(*largest_context))]
    OverBudget {
        /// Bytes that it takes with one conversation of the whole context.
        needed: u64,
        /// Bytes that are granted.
        granted: u64,
        /// The longest context that fits; 0 if not even the model does.
        largest_context: u64,
    },
    /// The computation gave no usable numbers. The session stands at its last turn.
    #[error("the computation failed: {reason}")]
    ComputeFailed {
        /// What happened.
        reason: String,
    },
    /// The caller cancelled loading, verifying or searching.
    #[error("the work was cancelled")]
    Cancelled,
    /// The disk has no room.
    #[error("{needed} bytes are needed on disk and {available} are free")]
    StorageFull {
        /// Bytes still to be written.
        needed: u64,
        /// Bytes that are free.
        available: u64,
    },
    /// The bytes are not the expected ones.
    #[error("the bytes have SHA-256 {found}, expected was {expected}; fetch the file again")]
    ChecksumMismatch {
        /// The SHA-256 that was asked for, in hex.
        expected: String,
        /// The one that the bytes have.
        found: String,
    },
    /// A file or folder of a store or a search cannot be read or written.
    #[error("{path}: {reason}")]
    StorageFailed {
        /// The file or folder.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A bug in this library; a report with the reason helps to mend it. The session stands at its last turn.
    #[error("internal error: {reason}")]
    Internal {
        /// What was found.
        reason: String,
    },
}

/// The error as a sentence for people.
#[uniffi::export]
pub fn error_message(error: SdkError) -> String {
    error.to_string()
}

/// Whether the same call may succeed later without a change.
#[uniffi::export]
pub fn error_is_retryable(error: SdkError) -> bool {
    error.is_retryable()
}

impl SdkError {
    /// Whether the same call may succeed later without a change: once the session is free, memory or disk are.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::SessionBusy | Self::OutOfMemory { .. } | Self::StorageFull { .. } | Self::Cancelled)
    }

    /// What is wrong with the model file `name`.
    pub(crate) fn of_model(name: &str, error: ModelError) -> Self {
        match error {
            ModelError::Open { cause, .. } if cause.kind() == std::io::ErrorKind::NotFound => {
                Self::ModelNotFound { path: name.into() }
            }
            ModelError::Unmappable { .. } => Self::ModelUnmappable { reason: error.to_string() },
            _ => Self::ModelInvalid { path: name.into(), reason: error.to_string() },
        }
    }

    /// Why the model file `name` cannot be loaded.
    pub(crate) fn of_loading(name: &str, error: EngineError) -> Self {
        match error {
            EngineError::Load(error) => Self::of_cpu(name, error),
            error => Self::ModelInvalid { path: name.into(), reason: error.to_string() },
        }
    }

    /// Why the CPU does not take the model file `name`.
    pub(crate) fn of_cpu(name: &str, error: LoadError) -> Self {
        match error {
            LoadError::Cancelled => Self::Cancelled,
            LoadError::Option { option, value, max } => {
                Self::OptionInvalid { option: option.into(), value: value.to_string(), allowed: format!("1 to {max}") }
            }
            LoadError::HeadWidth { head_dim, multiple } => Self::OptionInvalid {
                option: "kv_type".into(),
                value: "q8_0".into(),
                allowed: format!("f16: the model's heads are {head_dim} wide, no multiple of {multiple}"),
            },
            LoadError::Kernels(error) => Self::Unsupported { reason: error.to_string() },
            error => Self::ModelInvalid { path: name.into(), reason: error.to_string() },
        }
    }
}

/// Errors of a turn.
impl From<EngineError> for SdkError {
    fn from(error: EngineError) -> Self {
        let reason = error.to_string();
        match error {
            EngineError::TurnRunning => Self::SessionBusy,
            EngineError::PromptTooLong { tokens, context } => {
                Self::ContextFull { needed: tokens as u64, limit: context as u64 }
            }
            EngineError::Executor(ExecutorError::ContextFull { needed, limit }) => {
                Self::ContextFull { needed: needed as u64, limit: limit as u64 }
            }
            EngineError::Executor(ExecutorError::OutOfMemory { bytes }) => Self::OutOfMemory { needed: bytes as u64 },
            EngineError::NoTokenizer | EngineError::NoTemplate | EngineError::NoToolFormat => {
                Self::Unsupported { reason }
            }
            EngineError::Grammar(_) => Self::GrammarInvalid { reason },
            EngineError::Option { name, value, allowed } => {
                Self::OptionInvalid { option: name.into(), value: value.to_string(), allowed: allowed.into() }
            }
            EngineError::Template(_)
            | EngineError::PromptEmpty
            | EngineError::Encode { .. }
            | EngineError::NoFreeCharacter => Self::PromptInvalid { reason },
            EngineError::Executor(_) | EngineError::LogitNotFinite { .. } => Self::ComputeFailed { reason },
            _ => Self::Internal { reason },
        }
    }
}

fn smaller(largest_context: u64) -> String {
    match largest_context {
        0 => "it does not fit without a conversation either: take a smaller model".to_owned(),
        most => format!("open it with a context of at most {most} tokens, or a smaller model"),
    }
}

/// What a caught panic says.
pub(crate) fn panic_error(panic: &(dyn std::any::Any + Send)) -> SdkError {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    SdkError::Internal { reason: format!("a panic: {}", text.unwrap_or("without words")) }
}
