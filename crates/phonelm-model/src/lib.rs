//! What a model is: its [`Config`], its named [`Weights`] in one mapped file, and the [`Executor`]
//! seam behind which a whole forward pass is computed.
//!
//! Left out on purpose: how anything is computed, and conversations.

mod batches;
mod best;
mod caches;
mod config;
mod error;
mod executor;
mod export;
mod file;
mod mapping;
mod median;
mod read;
mod rope;
mod weights;
mod whole;

pub use batches::{Part, batches};
pub use best::Best;
pub use caches::Caches;
pub use config::{Activation, Config, Family, Rope, RopeLayout};
pub use error::Error;
pub use executor::{
    BackendChange, CacheId, Executor, ExecutorError, Input, Logits, LogitsFor, PREFILL_BATCH, Placement, Segment,
};
pub use export::ExportShape;
pub use file::{LAYOUT, LAYOUT_KEY, ModelFile};
pub use mapping::Mapping;
pub use median::median;
pub use rope::RopeTable;
pub use weights::{LayerWeights, Tensor, Weights};
pub use whole::write_whole;
