//! One line of the tensor table, and the checks that reader and writer share.

use std::ops::Range;

use crate::{Error, TensorType};

/// A tensor's name, shape, type and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Name, unique in the file.
    pub name: String,
    /// One to four dimensions, innermost first, none of them zero.
    pub shape: Vec<u64>,
    /// How elements are stored.
    pub ty: TensorType,
    /// Where the data stands, in bytes from the beginning of the file; inside it when it was read.
    pub range: Range<u64>,
}

impl TensorInfo {
    /// Elements in a row, the innermost dimension.
    pub fn row_len(&self) -> u64 {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Number of rows: the product of all dimensions but the innermost.
    pub fn rows(&self) -> u64 {
        self.shape.iter().skip(1).product()
    }

    /// Length of the data in bytes.
    pub fn size(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// The data inside `file`; `None` if `file` is shorter than the one that was parsed.
    pub fn bytes<'a>(&self, file: &'a [u8]) -> Option<&'a [u8]> {
        file.get(self.range.start.try_into().ok()?..self.range.end.try_into().ok()?)
    }
}

/// Bytes of a tensor's data, with every check on its shape.
pub(crate) fn checked_size(name: &str, shape: &[u64], ty: TensorType) -> Result<u64, Error> {
    if !(1..=4).contains(&shape.len()) {
        return Err(Error::Dimensions { name: name.to_owned(), found: shape.len() as u64 });
    }
    let bad_shape = || Error::Shape { name: name.to_owned(), shape: shape.to_vec() };
    let elements = shape.iter().try_fold(1u64, |product, &dim| product.checked_mul(dim)).ok_or_else(bad_shape)?;
    if elements == 0 {
        return Err(bad_shape());
    }
    let block = ty.block_len() as u64;
    if !shape[0].is_multiple_of(block) {
        return Err(Error::RowLength { name: name.to_owned(), row: shape[0], ty, block });
    }
    (elements / block).checked_mul(ty.block_bytes() as u64).ok_or_else(bad_shape)
}
