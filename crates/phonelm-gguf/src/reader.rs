//! Parsing a file: header, metadata, tensor table, and where each tensor's data stands.
//!
//! The trap: data offsets in the file count from the data section, which begins behind the tensor table at a
//! multiple of the alignment; [`crate::TensorInfo::range`] counts from the beginning of the file.

use std::collections::HashMap;
use std::fmt::Arguments;

use crate::cursor::Cursor;
use crate::tensor::checked_size;
use crate::{Array, Error, MAGIC, MAX_DEPTH, Metadata, TensorInfo, TensorType, Value, ValueType};

/// Fewest bytes of a metadata entry: length of the key, type, a one-byte value.
const MIN_ENTRY: u64 = 8 + 4 + 1;
/// Fewest bytes of a line of the tensor table: length of the name, number of dimensions, one dimension, type, offset.
const MIN_TENSOR: u64 = 8 + 4 + 8 + 4 + 8;

/// What a file says about itself; the tensors' data stays where it is.
#[derive(Clone, Debug)]
pub struct Gguf {
    version: u32,
    alignment: u64,
    data_start: u64,
    metadata: Metadata,
    tensors: Vec<TensorInfo>,
    by_name: HashMap<String, usize>,
}

impl Gguf {
    /// Reads everything but the tensors' data of a whole file, usually a mapped one, and checks all of it.
    pub fn parse(file: &[u8]) -> Result<Self, Error> {
        let mut cursor = Cursor::new(file);
        let version = read_version(&mut cursor, file)?;
        let tensor_count = cursor.count(MIN_TENSOR, format_args!("the number of tensors"))?;
        let entry_count = cursor.count(MIN_ENTRY, format_args!("the number of metadata keys"))?;

        let mut metadata = Metadata::default();
        for i in 0..entry_count {
            let offset = cursor.offset();
            let key = cursor.string(format_args!("metadata key {i}"))?.to_owned();
            let value = read_value(&mut cursor, &key)?;
            if metadata.get(&key).is_some() {
                return Err(Error::DuplicateKey { key, offset });
            }
            metadata.insert(key, value);
        }
        let alignment = metadata.alignment()?;

        let mut tensors = Vec::new();
        let mut by_name = HashMap::new();
        for i in 0..tensor_count {
            let tensor = read_tensor(&mut cursor, i)?;
            if !tensor.range.start.is_multiple_of(alignment) {
                return Err(Error::Misaligned { name: tensor.name, found: tensor.range.start, alignment });
            }
            if by_name.insert(tensor.name.clone(), i).is_some() {
                return Err(Error::DuplicateTensor { name: tensor.name });
            }
            tensors.push(tensor);
        }
        let data_start = cursor.offset().next_multiple_of(alignment);
        place(&mut tensors, data_start, file.len() as u64)?;
        Ok(Self { version, alignment, data_start, metadata, tensors, by_name })
    }

    /// Version of the format, 2 or 3.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Every tensor's data begins at a multiple of this in the data section, in bytes.
    pub fn alignment(&self) -> u64 {
        self.alignment
    }

    /// Where the data section begins, in bytes from the beginning of the file. It may lie behind the end of a file
    /// without tensors.
    pub fn data_start(&self) -> u64 {
        self.data_start
    }

    /// The keys and values.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The tensors in the order of the file's table.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// The tensor with this name.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.by_name.get(name).map(|&i| &self.tensors[i])
    }
}

fn read_version(cursor: &mut Cursor<'_>, file: &[u8]) -> Result<u32, Error> {
    if !file.starts_with(&MAGIC) {
        return Err(Error::Magic { found: file[..file.len().min(MAGIC.len())].to_vec() });
    }
    cursor.take(MAGIC.len() as u64, format_args!("the magic bytes"))?;
    match cursor.u32(format_args!("the version"))? {
        version @ (2 | 3) => Ok(version),
        swapped if matches!(swapped.swap_bytes(), 1..=3) => Err(Error::BigEndian),
        found => Err(Error::Version { found }),
    }
}

fn read_value(cursor: &mut Cursor<'_>, key: &str) -> Result<Value, Error> {
    let ty = read_value_type(cursor, format_args!("the type of key {key:?}"))?;
    let field = format_args!("the value of key {key:?}");
    Ok(match ty {
        ValueType::U8 => Value::U8(u8::from_le_bytes(cursor.array(field)?)),
        ValueType::I8 => Value::I8(i8::from_le_bytes(cursor.array(field)?)),
        ValueType::U16 => Value::U16(u16::from_le_bytes(cursor.array(field)?)),
        ValueType::I16 => Value::I16(i16::from_le_bytes(cursor.array(field)?)),
        ValueType::U32 => Value::U32(u32::from_le_bytes(cursor.array(field)?)),
        ValueType::I32 => Value::I32(i32::from_le_bytes(cursor.array(field)?)),
        ValueType::F32 => Value::F32(f32::from_le_bytes(cursor.array(field)?)),
        ValueType::U64 => Value::U64(u64::from_le_bytes(cursor.array(field)?)),
        ValueType::I64 => Value::I64(i64::from_le_bytes(cursor.array(field)?)),
        ValueType::F64 => Value::F64(f64::from_le_bytes(cursor.array(field)?)),
        ValueType::Bool => Value::Bool(read_bool(cursor, field)?),
        ValueType::String => Value::String(cursor.string(field)?.to_owned()),
        ValueType::Array => Value::Array(read_array(cursor, key, 1)?),
    })
}

fn read_array(cursor: &mut Cursor<'_>, key: &str, depth: usize) -> Result<Array, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::Depth { key: key.to_owned(), limit: MAX_DEPTH });
    }
    let ty = read_value_type(cursor, format_args!("the element type of key {key:?}"))?;
    let count = cursor.count(ty.min_bytes(), format_args!("the array length of key {key:?}"))?;
    let field = format_args!("the elements of key {key:?}");
    /// Numbers of `N` bytes each, `count` of them.
    macro_rules! numbers {
        ($rust:ty) => {{
            let bytes = cursor.take(count as u64 * ty.min_bytes(), field)?;
            bytes.as_chunks().0.iter().map(|&chunk| <$rust>::from_le_bytes(chunk)).collect()
        }};
    }
    Ok(match ty {
        ValueType::U8 => Array::U8(numbers!(u8)),
        ValueType::I8 => Array::I8(numbers!(i8)),
        ValueType::U16 => Array::U16(numbers!(u16)),
        ValueType::I16 => Array::I16(numbers!(i16)),
        ValueType::U32 => Array::U32(numbers!(u32)),
        ValueType::I32 => Array::I32(numbers!(i32)),
        ValueType::F32 => Array::F32(numbers!(f32)),
        ValueType::U64 => Array::U64(numbers!(u64)),
        ValueType::I64 => Array::I64(numbers!(i64)),
        ValueType::F64 => Array::F64(numbers!(f64)),
        ValueType::Bool => Array::Bool((0..count).map(|_| read_bool(cursor, field)).collect::<Result<_, _>>()?),
        ValueType::String => Array::String(
            (0..count)
                .map(|i| cursor.string(format_args!("element {i} of key {key:?}")).map(str::to_owned))
                .collect::<Result<_, _>>()?,
        ),
        ValueType::Array => {
            Array::Array((0..count).map(|_| read_array(cursor, key, depth + 1)).collect::<Result<_, _>>()?)
        }
    })
}

fn read_value_type(cursor: &mut Cursor<'_>, field: Arguments<'_>) -> Result<ValueType, Error> {
    let offset = cursor.offset();
    let found = cursor.u32(field)?;
    ValueType::from_id(found).ok_or_else(|| Error::UnknownValueType { field: field.to_string(), offset, found })
}

fn read_bool(cursor: &mut Cursor<'_>, field: Arguments<'_>) -> Result<bool, Error> {
    let offset = cursor.offset();
    match cursor.array(field)? {
        [0] => Ok(false),
        [1] => Ok(true),
        [found] => Err(Error::Boolean { field: field.to_string(), offset, found }),
    }
}

/// One line of the tensor table; its range still counts from the beginning of the data section.
fn read_tensor(cursor: &mut Cursor<'_>, index: usize) -> Result<TensorInfo, Error> {
    let name = cursor.string(format_args!("the name of tensor {index}"))?.to_owned();
    let dims = cursor.u32(format_args!("the number of dimensions of tensor {name:?}"))?;
    if !(1..=4).contains(&dims) {
        return Err(Error::Dimensions { name, found: dims.into() });
    }
    let shape: Vec<u64> =
        (0..dims).map(|d| cursor.u64(format_args!("dimension {d} of tensor {name:?}"))).collect::<Result<_, _>>()?;
    let type_offset = cursor.offset();
    let id = cursor.u32(format_args!("the type of tensor {name:?}"))?;
    let Some(ty) = TensorType::from_id(id) else {
        return Err(Error::UnknownTensorType { name, offset: type_offset, found: id });
    };
    let offset = cursor.u64(format_args!("the data offset of tensor {name:?}"))?;
    let size = checked_size(&name, &shape, ty)?;
    match offset.checked_add(size) {
        Some(end) => Ok(TensorInfo { name, shape, ty, range: offset..end }),
        None => Err(Error::OutOfFile { name, start: offset, size, end: cursor.file_len() }),
    }
}

/// Moves the ranges from the data section to the file and checks that they lie inside it and share no byte.
fn place(tensors: &mut [TensorInfo], data_start: u64, file_len: u64) -> Result<(), Error> {
    for tensor in tensors.iter_mut() {
        let (size, start) = (tensor.size(), tensor.range.start.saturating_add(data_start));
        match start.checked_add(size) {
            Some(end) if end <= file_len => tensor.range = start..end,
            _ => {
                return Err(Error::OutOfFile { name: tensor.name.clone(), start, size, end: file_len });
            }
        }
    }
    let mut in_order: Vec<&TensorInfo> = tensors.iter().collect();
    in_order.sort_by_key(|tensor| tensor.range.start);
    for pair in in_order.windows(2) {
        if pair[1].range.start < pair[0].range.end {
            return Err(Error::Overlap {
                first: pair[0].name.clone(),
                second: pair[1].name.clone(),
                offset: pair[1].range.start,
            });
        }
    }
    Ok(())
}
