//! Models, sessions and generations for apps, in Rust and, through UniFFI, in Kotlin and Swift.
//!
//! ```no_run
//! use phonelm_sdk::*;
//!
//! # async fn example() -> Result<(), SdkError> {
//! let source = ModelSource::Path { path: "phonelm-tiny.gguf".into() };
//! let loading = load_model(source, ModelOptions::default());
//! let model = loop {
//!     if let Some(LoadEvent::Ready { model }) = loading.next().await? {
//!         break model;
//!     }
//! };
//! let session = model.new_session(SessionOptions::default())?;
//! let request = GenerationRequest::text("Who are you?", GenerationOptions::default());
//! let generation = session.generate(request)?;
//! while let Some(event) = generation.next().await? {
//!     if let Event::Text { text } = event {
//!         print!("{text}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! One thread a model computes; sessions send it jobs, and it serves them in turns, a token each. Everything is pulled:
//! [`Generation::next`] waits for text on a waker alone, so any executor will do, and dropping the generation cancels it.
//! [`start_search`] finds the fastest shape of a model for this device before one is trained.
//! Left out on purpose: formats and kernels.
//!
//! The trap: a session answers one request at a time, and a second one fails with [`SdkError::SessionBusy`] unless the
//! first has been cancelled.

mod backend;
mod entry;
mod error;
mod generation;
mod governor;
mod grammar;
mod loading;
mod logger;
mod mailbox;
mod measured;
mod model;
mod options;
mod partial_json;
mod plan;
mod ranking;
mod saved;
mod search;
mod session;
mod source;
mod store;
mod sync;
mod task;
mod threads;
mod tools;
mod transcript;
mod turn;
mod verification;
mod worker;

pub use error::{SdkError, error_is_retryable, error_message};
pub use generation::{Event, FinishReason, Generation, GenerationState, Response, Statistics};
pub use governor::{
    Governor, GovernorPolicy, GovernorState, GovernorWatch, IdleCaches, Measures, MemoryPressure, Signals, ThermalState,
};
pub use grammar::Grammar;
pub use loading::{LoadEvent, Loading, load_model};
pub use logger::{LogLevel, LogOptions, LogRecord, Logger, set_logger};
pub use model::{Model, ModelInfo, RestoredSession};
pub use options::{GenerationOptions, OverflowPolicy, SessionOptions};
pub use partial_json::complete_json;
pub use plan::{Plan, plan};
pub use ranking::select_tools;
pub use saved::SessionFolder;
pub use search::{
    Activation, LayerRange, ModelShape, Search, SearchComposition, SearchDrift, SearchEvent, SearchFiles,
    SearchObjective, SearchOptions, SearchProgress, SearchResult, SearchSpace, SearchStage, ShapeResult, ShapeSpeeds,
    ValueRange, WeightType, start_search,
};
pub use session::{ContextUsage, GenerationRequest, Session};
pub use source::{BackendPreference, KvType, ModelOptions, ModelSource};
pub use store::{Import, ImportOptions, ModelStore, StoredModel};
pub use tools::{RefusalReason, ToolDecision, ToolDefinition, ToolOutcome, ToolPermission};
pub use transcript::{PromptSegment, ToolCall, Transcript, TranscriptEntry};
pub use verification::{Verification, VerifyEvent};

/// The version of this library.
#[uniffi::export]
pub fn sdk_version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

uniffi::setup_scaffolding!("phonelm");
