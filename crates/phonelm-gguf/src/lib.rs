//! GGUF files: bytes in, checked tensors out; and a writer.
//!
//! Left out on purpose: arithmetic (types are only names with sizes), models, opening files.
//! Nothing in a file is trusted: every count, length, offset and alignment is checked before use.

mod error;
mod reader;
mod types;
mod value;
mod writer;

pub use error::Error;
pub use reader::{Gguf, TensorInfo};
pub use types::TensorType;
pub use value::{Array, Metadata, Value, ValueType};
pub use writer::Writer;
