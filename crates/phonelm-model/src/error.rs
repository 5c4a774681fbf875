//! Why a file is no model that the engine can run.

use std::{io, path::PathBuf};

/// Everything that can be wrong with a model file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened or mapped.
    #[error("cannot open {}: {cause}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A descriptor that cannot be mapped.
    #[error(
        "descriptor {descriptor} cannot be mapped: {reason}; import the model into a ModelStore and open the stored file"
    )]
    Unmappable {
        /// The descriptor.
        descriptor: i32,
        /// What stands against it.
        reason: String,
    },
    /// The path is a folder or a device.
    #[error("{} is no file; a model is one .gguf file (`phonelm convert` makes it from a folder)", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file holds nothing.
    #[error("{} is empty", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },
    /// The container is broken.
    #[error(transparent)]
    Gguf(#[from] phonelm_gguf::Error),
    /// A family that the engine does not run.
    #[error("architecture {name:?} is not supported; the engine runs phonelm, llama, qwen2 and qwen3")]
    UnknownArchitecture {
        /// `general.architecture` of the file.
        name: String,
    },
    /// A needed key is not there.
    #[error("metadata key {key} is missing")]
    MissingKey {
        /// The key.
        key: String,
    },
    /// A number in the metadata that no model can have.
    #[error("metadata key {key} is {value}: {why}")]
    BadValue {
        /// The key.
        key: String,
        /// What the file says.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A tensor is not there.
    #[error("tensor {name} is missing")]
    MissingTensor {
        /// The tensor.
        name: String,
    },
    /// Tensors that the family has no use for: the model would not give its maker's answers.
    #[error("tensor {name} is unknown in a model of this family ({count} such in all)")]
    UnknownTensor {
        /// The first of them.
        name: String,
        /// How many there are.
        count: usize,
    },
    /// A tensor of another shape than the config asks for.
    #[error("tensor {name} has shape {found:?}, expected {expected:?} (rows last)")]
    WrongShape {
        /// The tensor.
        name: String,
        /// Its shape, innermost dimension first.
        found: Vec<u64>,
        /// The shape that the metadata ask for.
        expected: Vec<u64>,
    },
    /// A tensor of a type that its role does not allow.
    #[error("tensor {name} has type {found}, but norms and biases must be f32, f16 or bf16")]
    WrongType {
        /// The tensor.
        name: String,
        /// Its type.
        found: phonelm_gguf::TensorType,
    },
    /// A packed matrix whose rows fill no whole tile.
    #[error("tensor {name} has {rows} rows, which are no whole number of {ty} tiles of {tile}: the file is damaged")]
    PartialTile {
        /// The tensor.
        name: String,
        /// Its type.
        ty: phonelm_gguf::TensorType,
        /// Its rows.
        rows: usize,
        /// Rows of a tile.
        tile: usize,
    },
    /// Packed tensors laid out by another version of this software.
    #[error(
        "the weights are packed in layout {found}, and this version reads layout {supported}: \
         make the file again with `phonelm convert --layout packed`"
    )]
    Layout {
        /// What the file says; 0 if it says nothing.
        found: u64,
        /// What can be read.
        supported: u32,
    },
}
