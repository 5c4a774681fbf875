//! GGUF files: bytes in, checked tensors out; and a writer.
//!
//! Left out on purpose: arithmetic (types are only names with sizes), models, opening files.
//! Nothing in a file is trusted: every count, length, offset and alignment is checked before use.

#![forbid(unsafe_code)]

mod types;

pub use types::TensorType;
