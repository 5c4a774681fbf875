//! Writing a file in two stages: everything is declared, then the tensors' bytes follow in the declared order.
//!
//! Nothing but the header is held in memory, so a model is written tensor by tensor. The trap: the header is checked
//! as a whole, by [`Writer::start`]; what was declared wrongly is not reported before.

use std::collections::HashSet;
use std::io::Write;

use crate::tensor::checked_size;
use crate::{ALIGNMENT_KEY, Array, Error, MAGIC, MAX_DEPTH, Metadata, TensorInfo, TensorType, Value};

/// Key of the spaces that fill the header of a [`Writer::page_aligned`] file.
pub const PADDING_KEY: &str = "phonelm.padding";

/// The data section of a [`Writer::page_aligned`] file begins at a multiple of this: the largest page in use on phones.
pub const PAGE: u64 = 16 * 1024;

const VERSION: u32 = 3;

/// Longest data section: file offsets stay within 63 bits.
const MAX_DATA: u64 = i64::MAX as u64;

/// The first stage: metadata and the tensor table.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    metadata: Metadata,
    tensors: Vec<(String, Vec<u64>, TensorType)>,
    page_aligned: bool,
}

impl Writer {
    /// A writer of a file without keys and tensors, aligned to [`crate::DEFAULT_ALIGNMENT`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Aligns each tensor to `bytes`, a power of two: the same as setting [`ALIGNMENT_KEY`].
    pub fn alignment(&mut self, bytes: u32) -> &mut Self {
        self.set(ALIGNMENT_KEY, bytes)
    }

    /// Whether the data section begins at a multiple of [`PAGE`]; the key [`PADDING_KEY`] makes up the difference.
    pub fn page_aligned(&mut self, on: bool) -> &mut Self {
        self.page_aligned = on;
        self
    }

    /// Sets a metadata key; a value that it had is replaced.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) -> &mut Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Declares the next tensor; `shape` has the innermost dimension first.
    pub fn tensor(&mut self, name: impl Into<String>, shape: &[u64], ty: TensorType) -> &mut Self {
        self.tensors.push((name.into(), shape.to_vec(), ty));
        self
    }

    /// Checks what was declared and writes the header to `out`.
    pub fn start<W: Write>(&self, mut out: W) -> Result<BodyWriter<W>, Error> {
        let alignment = self.metadata.alignment()?;
        let (table, mut tensors) = self.table(alignment)?;
        let mut header = self.entries()?;
        let fixed = MAGIC.len() + size_of_val(&VERSION) + 2 * size_of::<u64>();
        let mut entry_count = self.written_entries().count();
        if self.page_aligned {
            let before = (fixed + header.len() + table.len() + entry_bytes(PADDING_KEY, &"".into()).len()) as u64;
            let spaces = before.next_multiple_of(PAGE) - before;
            header.extend(entry_bytes(PADDING_KEY, &" ".repeat(spaces as usize).into()));
            entry_count += 1;
        }
        let data_start = ((fixed + header.len() + table.len()) as u64).next_multiple_of(alignment);
        for tensor in &mut tensors {
            tensor.range = tensor.range.start + data_start..tensor.range.end + data_start;
        }
        out.write_all(&MAGIC)?;
        out.write_all(&VERSION.to_le_bytes())?;
        out.write_all(&(tensors.len() as u64).to_le_bytes())?;
        out.write_all(&(entry_count as u64).to_le_bytes())?;
        out.write_all(&header)?;
        out.write_all(&table)?;
        let written = (fixed + header.len() + table.len()) as u64;
        Ok(BodyWriter { out, tensors, current: 0, written, alignment })
    }

    /// The entries that the caller set; a padding that came from another file is not copied.
    fn written_entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.metadata.iter().filter(|&(key, _)| !self.page_aligned || key != PADDING_KEY)
    }

    fn entries(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        for (key, value) in self.written_entries() {
            if matches!(value, Value::Array(array) if array.depth() > MAX_DEPTH) {
                return Err(Error::Depth { key: key.to_owned(), limit: MAX_DEPTH });
            }
            bytes.extend(entry_bytes(key, value));
        }
        Ok(bytes)
    }

    /// The tensor table, and the tensors with ranges counted from the beginning of the data section.
    fn table(&self, alignment: u64) -> Result<(Vec<u8>, Vec<TensorInfo>), Error> {
        let mut bytes = Vec::new();
        let mut tensors = Vec::with_capacity(self.tensors.len());
        let mut names = HashSet::new();
        let mut offset = 0u64;
        for (name, shape, ty) in &self.tensors {
            if !names.insert(name) {
                return Err(Error::DuplicateTensor { name: name.clone() });
            }
            let size = checked_size(name, shape, *ty)?;
            let too_large = || Error::Shape { name: name.clone(), shape: shape.clone() };
            let end = offset.checked_add(size).filter(|&end| end <= MAX_DATA).ok_or_else(too_large)?;
            put_string(&mut bytes, name);
            bytes.extend((shape.len() as u32).to_le_bytes());
            shape.iter().for_each(|dim| bytes.extend(dim.to_le_bytes()));
            bytes.extend(ty.id().to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            tensors.push(TensorInfo { name: name.clone(), shape: shape.clone(), ty: *ty, range: offset..end });
            offset = end.checked_next_multiple_of(alignment).ok_or_else(too_large)?;
        }
        Ok((bytes, tensors))
    }
}

/// The second stage: the tensors' bytes.
#[derive(Debug)]
pub struct BodyWriter<W> {
    out: W,
    tensors: Vec<TensorInfo>,
    current: usize,
    written: u64,
    alignment: u64,
}

impl<W: Write> BodyWriter<W> {
    /// The declared tensors with their places in the file.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// Writes the whole data of the next tensor.
    pub fn tensor(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let tensor = self.tensors.get(self.current).ok_or(Error::NoTensorLeft)?;
        let missing = tensor.range.end - tensor.range.start.max(self.written);
        if bytes.len() as u64 != missing {
            return Err(Error::TensorBytes { name: tensor.name.clone(), expected: missing, found: bytes.len() as u64 });
        }
        self.chunk(bytes)
    }

    /// Writes the next piece of the current tensor; once that is whole, the following piece belongs to the next one.
    pub fn chunk(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let tensor = self.tensors.get(self.current).ok_or(Error::NoTensorLeft)?;
        let (range, done) = (tensor.range.clone(), self.written.saturating_sub(tensor.range.start));
        if bytes.len() as u64 > tensor.size() - done {
            let found = done + bytes.len() as u64;
            return Err(Error::TensorBytes { name: tensor.name.clone(), expected: tensor.size(), found });
        }
        self.pad_to(range.start)?;
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        if self.written == range.end {
            self.current += 1;
        }
        Ok(())
    }

    /// Checks that every tensor is whole, pads the last one as other readers expect it, and flushes.
    pub fn finish(mut self) -> Result<W, Error> {
        if let Some(tensor) = self.tensors.get(self.current) {
            let found = self.written.saturating_sub(tensor.range.start);
            return Err(Error::TensorBytes { name: tensor.name.clone(), expected: tensor.size(), found });
        }
        self.pad_to(self.written.next_multiple_of(self.alignment))?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Zeros up to `offset`; nothing if that is reached already.
    fn pad_to(&mut self, offset: u64) -> Result<(), Error> {
        let zeros = [0; 4096];
        while self.written < offset {
            let len = (offset - self.written).min(zeros.len() as u64);
            self.out.write_all(&zeros[..len as usize])?;
            self.written += len;
        }
        Ok(())
    }
}

fn entry_bytes(key: &str, value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_string(&mut bytes, key);
    bytes.extend(value.value_type().id().to_le_bytes());
    match value {
        Value::U8(v) => bytes.extend(v.to_le_bytes()),
        Value::I8(v) => bytes.extend(v.to_le_bytes()),
        Value::U16(v) => bytes.extend(v.to_le_bytes()),
        Value::I16(v) => bytes.extend(v.to_le_bytes()),
        Value::U32(v) => bytes.extend(v.to_le_bytes()),
        Value::I32(v) => bytes.extend(v.to_le_bytes()),
        Value::F32(v) => bytes.extend(v.to_le_bytes()),
        Value::U64(v) => bytes.extend(v.to_le_bytes()),
        Value::I64(v) => bytes.extend(v.to_le_bytes()),
        Value::F64(v) => bytes.extend(v.to_le_bytes()),
        Value::Bool(v) => bytes.push((*v).into()),
        Value::String(v) => put_string(&mut bytes, v),
        Value::Array(v) => put_array(&mut bytes, v),
    }
    bytes
}

fn put_array(bytes: &mut Vec<u8>, array: &Array) {
    bytes.extend(array.element_type().id().to_le_bytes());
    bytes.extend((array.len() as u64).to_le_bytes());
    match array {
        Array::U8(v) => bytes.extend(v),
        Array::I8(v) => bytes.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        Array::U16(v) => bytes.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        Array::I16(v) => bytes.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        Array::U32(v) => bytes.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        Array::I32(v) => bytes.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        Array::F32(v) => bytes.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        Array::U64(v) => bytes.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        Array::I64(v) => bytes.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        Array::F64(v) => bytes.extend(v.iter().flat_map(|n| n.to_le_bytes())),
        Array::Bool(v) => bytes.extend(v.iter().map(|&b| u8::from(b))),
        Array::String(v) => v.iter().for_each(|s| put_string(bytes, s)),
        Array::Array(v) => v.iter().for_each(|inner| put_array(bytes, inner)),
    }
}

fn put_string(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}
