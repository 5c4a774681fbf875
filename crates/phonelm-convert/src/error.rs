//! Why a folder cannot be converted.

use std::path::PathBuf;

use phonelm_gguf::TensorType;

/// Everything that can be wrong with a folder, its tensors or the place for the result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The path is no folder.
    #[error("{} is no folder; give the folder that holds config.json", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A file of the folder is missing.
    #[error("{} has no {file}{hint}", dir.display())]
    MissingFile {
        /// The folder.
        dir: PathBuf,
        /// The file.
        file: String,
        /// What to do, beginning with a separator, or nothing.
        hint: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// A file cannot be mapped.
    #[error(transparent)]
    Map(#[from] phonelm_model::Error),
    /// A file is no JSON, or not JSON of the kind that its name promises.
    #[error("{file} is broken: {why}")]
    Json {
        /// The file's name.
        file: String,
        /// Where and what.
        why: String,
    },
    /// A field of a JSON file is missing, of the wrong kind or out of range.
    #[error("{file}: {field} is {found}, but it should be {expected}")]
    Field {
        /// The file's name.
        file: String,
        /// The field.
        field: String,
        /// What the file says.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// A property of the model that the engine does not compute.
    #[error("{file}: {field} {found} is not supported; {supported}")]
    Unsupported {
        /// The file's name.
        file: &'static str,
        /// The field.
        field: &'static str,
        /// What the file says.
        found: String,
        /// What is supported.
        supported: &'static str,
    },
    /// A safetensors file is broken.
    #[error("{file} is no safetensors file that can be read: {cause}")]
    Safetensors {
        /// The file's name.
        file: String,
        /// What is wrong with it.
        #[source]
        cause: safetensors::SafeTensorError,
    },
    /// A tensor that the config asks for is not there.
    #[error("tensor {name} is missing")]
    MissingTensor {
        /// Its name in the folder, without the prefix `model.`.
        name: String,
    },
    /// The index promises a tensor that its file does not hold.
    #[error("model.safetensors.index.json says that {file} holds tensor {name}, but it does not")]
    NotInShard {
        /// The tensor.
        name: String,
        /// The file.
        file: String,
    },
    /// A tensor is there twice.
    #[error("tensor {name} is stored twice, the second time in {file}")]
    DuplicateTensor {
        /// The tensor.
        name: String,
        /// The file with the second one.
        file: String,
    },
    /// Tensors that the engine has no use for: the model would not give its maker's answers.
    #[error("tensor {name} is unknown in a model of this family ({count} such in all)")]
    UnknownTensor {
        /// The first of them.
        name: String,
        /// How many there are.
        count: usize,
    },
    /// A tensor's shape does not fit config.json.
    #[error("tensor {name} has the shape {found:?}; config.json asks for {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape, outermost dimension first.
        found: Vec<usize>,
        /// The shape by the config.
        expected: Vec<usize>,
    },
    /// A tensor of numbers that are not read.
    #[error("tensor {name} holds {found} numbers; F32, F16 and BF16 are read")]
    Dtype {
        /// The tensor.
        name: String,
        /// Its type.
        found: String,
    },
    /// NaN, infinity, or a number too large for the type that it should become.
    #[error("tensor {name} holds {value} at element {index}, which {}", why_not(*value, *ty))]
    Value {
        /// The tensor.
        name: String,
        /// The first such element, counted in the folder's order.
        index: usize,
        /// The element.
        value: f32,
        /// The type that it should become.
        ty: TensorType,
    },
    /// The config ties the head to the embedding, but a different head is stored.
    #[error(
        "config.json says tie_word_embeddings, but lm_head.weight differs from embed_tokens.weight: set it to false"
    )]
    TiedHeadDiffers,
    /// A token id that the embedding has no row for.
    #[error("{file} has the token id {id}, but config.json's vocab_size is {vocab}")]
    TokenId {
        /// The file's name.
        file: &'static str,
        /// The largest or first wrong id.
        id: u64,
        /// Rows of the embedding.
        vocab: usize,
    },
    /// A type that can be read but not made.
    #[error("{ty} files cannot be made here; choose f32, f16, bf16, q8_0, q5_1, q5_0, q4_1 or q4_0")]
    CannotQuantize {
        /// The type.
        ty: TensorType,
    },
    /// The caller ended the conversion.
    #[error("the conversion was stopped; nothing is left of it")]
    Cancelled,
    /// The file's container cannot be written, for instance because the disk is full.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file that was to be made.
        path: PathBuf,
        /// What went wrong.
        #[source]
        cause: phonelm_gguf::Error,
    },
}

fn why_not(value: f32, ty: TensorType) -> String {
    if value.is_finite() { format!("{ty} cannot hold") } else { "is no finite number".to_owned() }
}
