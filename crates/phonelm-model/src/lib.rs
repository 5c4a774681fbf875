//! What a model is: its [`Config`], its named weights in one mapped file, and the [`Executor`]
//! seam behind which a whole forward pass is computed.
//!
//! Left out on purpose: how anything is computed, and conversations.

mod config;
mod executor;

pub use config::{Activation, Config, Family, Rope, RopeLayout, RopeScaling};
pub use executor::{CacheId, Executor, ExecutorError, Input, Logits, LogitsFor, Segment};
