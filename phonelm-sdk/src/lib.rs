//! Models, sessions and generations for apps.
//!
//! ```no_run
//! use phonelm_sdk::{Event, GenerationOptions, Model, ModelOptions, SessionOptions};
//!
//! let model = Model::open("phonelm-tiny.gguf".into(), ModelOptions::default())?;
//! let session = model.session(SessionOptions::default())?;
//! let generation = session.generate("Who are you?".into(), GenerationOptions::default())?;
//! while let Some(event) = generation.next()? {
//!     if let Event::Text { text } = event {
//!         print!("{text}");
//!     }
//! }
//! # Ok::<(), phonelm_sdk::SdkError>(())
//! ```
//!
//! One thread a model computes; sessions send it jobs, and it serves them in turns, a token each. Text is pulled:
//! [`Generation::next`] waits for it, and dropping the generation cancels it. Left out on purpose: formats and kernels.
//!
//! The trap: `next` blocks its thread until something has been generated.

mod error;
mod generation;
mod model;
mod session;
mod worker;

pub use error::SdkError;
pub use generation::{Event, FinishReason, Generation, Response};
pub use model::{Model, ModelInfo, ModelOptions};
pub use session::{GenerationOptions, Session, SessionOptions};

uniffi::setup_scaffolding!("phonelm");
