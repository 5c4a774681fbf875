//! Everything that an app can be told went wrong, as one enum for all languages.

use phonelm_engine::Error as EngineError;
use phonelm_model::ExecutorError;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error, uniffi::Error)]
pub enum SdkError {
    /// The file is no model that can run here.
    #[error("{path}: {reason}")]
    ModelInvalid {
        /// The file.
        path: String,
        /// What is wrong with it and what to do.
        reason: String,
    },
    /// The model has been unloaded.
    #[error("the model has been unloaded; open it again")]
    ModelUnloaded,
    /// The session is answering already.
    #[error("the session is answering already; wait for the end of its generation or cancel it")]
    SessionBusy,
    /// The text does not fit into the context.
    #[error("{needed} tokens do not fit into a context of {limit}")]
    ContextFull {
        /// Tokens that the text has.
        needed: u64,
        /// Tokens that fit.
        limit: u64,
    },
    /// The model file lacks what the call needs: a tokenizer, a chat template, a tool format.
    #[error("the model cannot do this: {reason}")]
    Unsupported {
        /// What is missing.
        reason: String,
    },
    /// An option out of range, or a text that the model's chat template refuses.
    #[error("{reason}")]
    RequestInvalid {
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// The machine gave out while answering; the session stands at its last turn.
    #[error("the computation failed: {reason}")]
    ComputeFailed {
        /// What happened.
        reason: String,
    },
}

impl SdkError {
    /// Whether the same call may succeed later without a change.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::SessionBusy | Self::ComputeFailed { .. })
    }
}

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
            EngineError::NoTokenizer | EngineError::NoTemplate | EngineError::NoToolFormat => {
                Self::Unsupported { reason }
            }
            EngineError::Executor(_) => Self::ComputeFailed { reason },
            _ => Self::RequestInvalid { reason },
        }
    }
}
