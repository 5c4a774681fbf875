//! Reading little-endian fields one after another, each checked against what is left of the file.

use std::fmt::Arguments;

use crate::Error;

/// A place in the file. A field's name is given with each read and only formatted for an error.
pub(crate) struct Cursor<'a> {
    file: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(file: &'a [u8]) -> Self {
        Self { file, rest: file }
    }

    /// Bytes from the beginning of the file.
    pub(crate) fn offset(&self) -> u64 {
        (self.file.len() - self.rest.len()) as u64
    }

    pub(crate) fn file_len(&self) -> u64 {
        self.file.len() as u64
    }

    /// The next `len` bytes.
    pub(crate) fn take(&mut self, len: u64, field: Arguments<'_>) -> Result<&'a [u8], Error> {
        let split = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let (taken, rest) = split.ok_or_else(|| self.truncated(len, field))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, field: Arguments<'_>) -> Result<[u8; N], Error> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| self.truncated(N as u64, field))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u32(&mut self, field: Arguments<'_>) -> Result<u32, Error> {
        self.array(field).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, field: Arguments<'_>) -> Result<u64, Error> {
        self.array(field).map(u64::from_le_bytes)
    }

    /// A count of things of which each takes at least `min_bytes`: never more than the rest of the file can hold.
    pub(crate) fn count(&mut self, min_bytes: u64, field: Arguments<'_>) -> Result<usize, Error> {
        let offset = self.offset();
        let found = self.u64(field)?;
        let limit = self.rest.len() as u64 / min_bytes;
        if found > limit {
            return Err(Error::Count { field: field.to_string(), offset, found, limit });
        }
        Ok(found as usize)
    }

    /// A string: its length in bytes, then UTF-8.
    pub(crate) fn string(&mut self, field: Arguments<'_>) -> Result<&'a str, Error> {
        let len = self.u64(field)?;
        let start = self.offset();
        let bytes = self.take(len, field)?;
        std::str::from_utf8(bytes)
            .map_err(|e| Error::NotUtf8 { field: field.to_string(), offset: start + e.valid_up_to() as u64 })
    }

    fn truncated(&self, needed: u64, field: Arguments<'_>) -> Error {
        Error::Truncated { field: field.to_string(), offset: self.offset(), needed, available: self.rest.len() as u64 }
    }
}
