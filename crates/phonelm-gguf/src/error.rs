//! What can be wrong with a file, or with what a file is to be made of.

use std::sync::Arc;

use crate::TensorType;

/// Why a file was refused or could not be written. Offsets are in bytes from the beginning of the file.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file does not begin with the magic bytes.
    #[error("not a GGUF file: it begins with {found:02x?}, not with \"GGUF\"")]
    Magic {
        /// The first bytes, at most four.
        found: Vec<u8>,
    },
    /// The file is made for big-endian machines.
    #[error("the file is a big-endian GGUF file: convert it to little endian first")]
    BigEndian,
    /// A version that is not read.
    #[error("GGUF version {found} at byte 4 is not read, only 2 and 3: make the file again with a current converter")]
    Version {
        /// The file's version.
        found: u32,
    },
    /// The file ends too early.
    #[error(
        "the file ends inside {field}: {needed} bytes are needed at byte {offset}, {available} are left; is the file complete?"
    )]
    Truncated {
        /// What was being read.
        field: String,
        /// Where it begins.
        offset: u64,
        /// Bytes that it takes.
        needed: u64,
        /// Bytes from `offset` to the end of the file.
        available: u64,
    },
    /// A count that the rest of the file cannot hold.
    #[error("{field} at byte {offset} is {found}, but the rest of the file holds at most {limit}")]
    Count {
        /// What is counted.
        field: String,
        /// Where the count stands.
        offset: u64,
        /// The count.
        found: u64,
        /// The largest count that fits.
        limit: u64,
    },
    /// Text that is not UTF-8.
    #[error("{field} at byte {offset} is not valid UTF-8")]
    NotUtf8 {
        /// The text's role.
        field: String,
        /// Where the first wrong byte stands.
        offset: u64,
    },
    /// A number that names no value type.
    #[error("{field} at byte {offset} is {found}; value types are 0 to 12")]
    UnknownValueType {
        /// Whose type.
        field: String,
        /// Where the number stands.
        offset: u64,
        /// The number.
        found: u32,
    },
    /// A boolean that is neither 0 nor 1.
    #[error("{field} at byte {offset} is a boolean with the value {found}; only 0 and 1 are allowed")]
    Boolean {
        /// Whose value.
        field: String,
        /// Where it stands.
        offset: u64,
        /// Its byte.
        found: u8,
    },
    /// Arrays in arrays in arrays.
    #[error("the value of key {key:?} nests arrays more than {limit} deep")]
    Depth {
        /// The key.
        key: String,
        /// The deepest nesting allowed.
        limit: usize,
    },
    /// A key occurs twice.
    #[error("key {key:?} at byte {offset} occurs a second time")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Where the second one stands.
        offset: u64,
    },
    /// A tensor's name occurs twice.
    #[error("tensor {name:?} occurs a second time in the tensor table")]
    DuplicateTensor {
        /// The name.
        name: String,
    },
    /// `general.alignment` is unusable.
    #[error("general.alignment is {found}; it must be a power of two")]
    Alignment {
        /// The file's value.
        found: u64,
    },
    /// A number of dimensions outside 1 to 4.
    #[error("tensor {name:?} has {found} dimensions; 1 to 4 are allowed")]
    Dimensions {
        /// The tensor.
        name: String,
        /// Its number of dimensions.
        found: u64,
    },
    /// A dimension of zero, or more elements than can be counted.
    #[error("tensor {name:?} has the shape {shape:?}: a dimension is zero or the size overflows")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape, innermost first.
        shape: Vec<u64>,
    },
    /// Rows that are no whole number of blocks.
    #[error("tensor {name:?} has rows of {row} elements; {ty} needs a multiple of {block}")]
    RowLength {
        /// The tensor.
        name: String,
        /// Elements in a row.
        row: u64,
        /// The tensor's type.
        ty: TensorType,
        /// Elements in a block of that type.
        block: u64,
    },
    /// A tensor type that is not read.
    #[error(
        "tensor {name:?} has type number {found} (at byte {offset}), which is not read: make the file again as {}, or update this program if a newer one made the file",
        type_names()
    )]
    UnknownTensorType {
        /// The tensor.
        name: String,
        /// Where the number stands.
        offset: u64,
        /// The number.
        found: u32,
    },
    /// A tensor's data begins at no multiple of the alignment.
    #[error("tensor {name:?} has the data offset {found}, which is no multiple of general.alignment {alignment}")]
    Misaligned {
        /// The tensor.
        name: String,
        /// Its offset in the data section.
        found: u64,
        /// The file's alignment.
        alignment: u64,
    },
    /// A tensor's data reaches past the end of the file.
    #[error(
        "the data of tensor {name:?} ({size} bytes at byte {start}) reaches past the end of the file at byte {end}; is the file complete?"
    )]
    OutOfFile {
        /// The tensor.
        name: String,
        /// Where its data begins; in the data section if that place cannot be counted in the file.
        start: u64,
        /// Its length in bytes.
        size: u64,
        /// Length of the file.
        end: u64,
    },
    /// Two tensors share bytes.
    #[error("tensors {first:?} and {second:?} overlap at byte {offset}")]
    Overlap {
        /// The tensor that begins first.
        first: String,
        /// The tensor that begins inside it.
        second: String,
        /// Where the second begins.
        offset: u64,
    },
    /// A metadata value is not of the type that its reader needs.
    #[error("key {key:?} should be {expected}, but it is {found}")]
    WrongType {
        /// The key.
        key: String,
        /// What is needed.
        expected: &'static str,
        /// What the file has.
        found: String,
    },
    /// More or fewer bytes than the declared tensor has.
    #[error("tensor {name:?} takes {expected} bytes, {found} were given")]
    TensorBytes {
        /// The tensor.
        name: String,
        /// Bytes by its shape and type.
        expected: u64,
        /// Bytes given.
        found: u64,
    },
    /// Bytes given after the last declared tensor.
    #[error("all declared tensors are written already")]
    NoTensorLeft,
    /// The output could not be written.
    #[error("writing failed: {0}")]
    Write(#[source] Arc<std::io::Error>),
}

impl Error {
    pub(crate) fn wrong_type(key: &str, expected: &'static str, found: impl std::fmt::Display) -> Self {
        Self::WrongType { key: key.to_owned(), expected, found: found.to_string() }
    }
}

impl From<std::io::Error> for Error {
    fn from(cause: std::io::Error) -> Self {
        Self::Write(Arc::new(cause))
    }
}

fn type_names() -> String {
    TensorType::ALL.map(|t| t.name()).join(", ")
}
