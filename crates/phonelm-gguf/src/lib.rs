//! GGUF files: bytes in, checked tensors out; and a writer.
//!
//! Left out on purpose: arithmetic (types are only names with sizes), models, opening files.
//! Nothing in a file is trusted: every count, length, offset and alignment is checked before use.
//!
//! ```
//! use phonelm_gguf::{Gguf, TensorType, Writer};
//!
//! # fn main() -> Result<(), phonelm_gguf::Error> {
//! let mut writer = Writer::new();
//! writer.set("general.name", "two rows").tensor("a", &[3, 2], TensorType::F16);
//! let mut body = writer.start(Vec::new())?;
//! body.tensor(&[0; 12])?;
//! let file = body.finish()?;
//!
//! let gguf = Gguf::parse(&file)?;
//! assert_eq!(gguf.metadata().str("general.name")?, Some("two rows"));
//! assert_eq!(gguf.tensors()[0].shape, [3, 2]);
//! # Ok(())
//! # }
//! ```
//!
//! Shapes are in GGUF's order, the innermost dimension first: a matrix of `rows` x `cols` is `[cols, rows]`.

#![forbid(unsafe_code)]

mod cursor;
mod error;
mod metadata;
mod reader;
mod tensor;
mod types;
mod value;
mod writer;

pub use error::Error;
pub use metadata::Metadata;
pub use reader::Gguf;
pub use tensor::TensorInfo;
pub use types::TensorType;
pub use value::{Array, MAX_DEPTH, Value, ValueType};
pub use writer::{BodyWriter, PADDING_KEY, PAGE, Writer};

/// Metadata key of the alignment of tensors in the data section.
pub const ALIGNMENT_KEY: &str = "general.alignment";

/// Alignment of tensors in a file without [`ALIGNMENT_KEY`], in bytes.
pub const DEFAULT_ALIGNMENT: u64 = 32;

const MAGIC: [u8; 4] = *b"GGUF";
