//! Hugging Face folders to GGUF, GGUF files to another layout, and models with random weights for timing.
//!
//! Left out on purpose: running models, and weights in other containers than safetensors. A folder is read tensor by
//! tensor in pieces, so memory does not grow with the model; the result appears under its name only when it is whole.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//!
//! use phonelm_convert::{Layout, Options, convert};
//! use phonelm_gguf::TensorType;
//!
//! let options = Options { ty: TensorType::Q4_0, layout: Layout::Packed };
//! let report = convert("PhoneLM-0.5B".as_ref(), "phonelm.gguf".as_ref(), &options, &mut |progress| {
//!     println!("{} of {} bytes", progress.done, progress.total);
//!     ControlFlow::Continue(())
//! })?;
//! report.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
//! # Ok::<(), phonelm_convert::Error>(())
//! ```
//!
//! The trap: Q and K of llama models change the order of their rows, as GGUF files of that family want it (see
//! `layout`); tensors of both worlds cannot be compared byte by byte.

#![forbid(unsafe_code)]

mod config;
mod convert;
mod error;
mod json;
mod layout;
mod random;
mod repack;
mod rope;
mod save;
mod source;
mod sparsity;
mod tokenizer;
mod vocabulary;
mod weights;

pub use convert::{Layout, Options, Progress, Report, Warning, convert};
pub use error::Error;
pub use random::{RandomError, random_model};
pub use repack::repack;
pub use sparsity::silence;
