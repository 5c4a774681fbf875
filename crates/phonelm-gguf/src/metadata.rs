//! The key-value part of a file, in file order, with typed access.

use std::collections::HashMap;

use crate::{ALIGNMENT_KEY, Array, DEFAULT_ALIGNMENT, Error, Value};

/// Ordered values with unique keys.
///
/// The typed getters return `None` where the key is absent and [`Error::WrongType`] where its value does not fit,
/// so that an optional key with a wrong value is never taken for an absent one.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    entries: Vec<(String, Value)>,
    index: HashMap<String, usize>,
}

impl Metadata {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.index.get(key).map(|&i| &self.entries[i].1)
    }

    /// Keys and values in file order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A non-negative integer of any width.
    pub fn u64(&self, key: &str) -> Result<Option<u64>, Error> {
        self.typed(key, "a non-negative integer", |value| integer(value)?.try_into().ok())
    }

    /// A floating-point number; double precision is rounded to single.
    pub fn f32(&self, key: &str) -> Result<Option<f32>, Error> {
        self.typed(key, "a floating-point number", |value| match *value {
            Value::F32(v) => Some(v),
            Value::F64(v) => Some(v as f32),
            _ => None,
        })
    }

    /// A boolean.
    pub fn bool(&self, key: &str) -> Result<Option<bool>, Error> {
        self.typed(key, "a boolean", |value| if let Value::Bool(v) = *value { Some(v) } else { None })
    }

    /// A text.
    pub fn str(&self, key: &str) -> Result<Option<&str>, Error> {
        self.typed(key, "a string", |value| if let Value::String(v) = value { Some(v.as_str()) } else { None })
    }

    /// An array of texts.
    pub fn strings(&self, key: &str) -> Result<Option<&[String]>, Error> {
        self.typed(key, "an array of strings", |value| match value {
            Value::Array(Array::String(v)) => Some(v.as_slice()),
            _ => None,
        })
    }

    /// An array of single-precision numbers.
    pub fn f32s(&self, key: &str) -> Result<Option<&[f32]>, Error> {
        self.typed(key, "an array of f32", |value| match value {
            Value::Array(Array::F32(v)) => Some(v.as_slice()),
            _ => None,
        })
    }

    /// An array of integers of any width whose values fit 32 bits signed.
    pub fn i32s(&self, key: &str) -> Result<Option<Vec<i32>>, Error> {
        self.typed(key, "an array of integers within 32 bits", |value| {
            let Value::Array(array) = value else {
                return None;
            };
            match array {
                Array::U8(v) => narrow(v),
                Array::I8(v) => narrow(v),
                Array::U16(v) => narrow(v),
                Array::I16(v) => narrow(v),
                Array::U32(v) => narrow(v),
                Array::I32(v) => Some(v.clone()),
                Array::U64(v) => narrow(v),
                Array::I64(v) => narrow(v),
                _ => None,
            }
        })
    }

    /// Sets `key`; a value that it had is replaced in its place and returned.
    pub(crate) fn insert(&mut self, key: String, value: Value) -> Option<Value> {
        if let Some(&i) = self.index.get(&key) {
            return Some(std::mem::replace(&mut self.entries[i].1, value));
        }
        self.index.insert(key.clone(), self.entries.len());
        self.entries.push((key, value));
        None
    }

    /// The alignment of tensors by [`ALIGNMENT_KEY`]: a power of two.
    pub(crate) fn alignment(&self) -> Result<u64, Error> {
        let found = self.u64(ALIGNMENT_KEY)?.unwrap_or(DEFAULT_ALIGNMENT);
        if found.is_power_of_two() { Ok(found) } else { Err(Error::Alignment { found }) }
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        expected: &'static str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match convert(value) {
            Some(converted) => Ok(Some(converted)),
            None => Err(Error::wrong_type(key, expected, describe(value))),
        }
    }
}

fn integer(value: &Value) -> Option<i128> {
    match *value {
        Value::U8(v) => Some(v.into()),
        Value::I8(v) => Some(v.into()),
        Value::U16(v) => Some(v.into()),
        Value::I16(v) => Some(v.into()),
        Value::U32(v) => Some(v.into()),
        Value::I32(v) => Some(v.into()),
        Value::U64(v) => Some(v.into()),
        Value::I64(v) => Some(v.into()),
        _ => None,
    }
}

/// The type, and for an integer its value: that is then what does not fit.
fn describe(value: &Value) -> String {
    match integer(value) {
        Some(number) => format!("{} {number}", value.type_name()),
        None => value.type_name(),
    }
}

fn narrow<T: Copy + TryInto<i32>>(values: &[T]) -> Option<Vec<i32>> {
    values.iter().map(|&v| v.try_into().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(entries: &[(&str, Value)]) -> Metadata {
        let mut metadata = Metadata::default();
        for (key, value) in entries {
            metadata.insert((*key).to_owned(), value.clone());
        }
        metadata
    }

    #[test]
    fn absent_keys_are_none() {
        let empty = Metadata::default();
        assert_eq!(empty.u64("a").unwrap(), None);
        assert_eq!(empty.strings("a").unwrap(), None);
    }

    #[test]
    fn u64_takes_every_integer_type_and_no_negative() {
        let values = [
            Value::U8(7),
            Value::I8(7),
            Value::U16(7),
            Value::I16(7),
            Value::U32(7),
            Value::I32(7),
            Value::U64(7),
            Value::I64(7),
        ];
        for value in values {
            assert_eq!(metadata(&[("n", value)]).u64("n").unwrap(), Some(7));
        }
        let message = metadata(&[("n", Value::I32(-7))]).u64("n").unwrap_err().to_string();
        assert_eq!(message, "key \"n\" should be a non-negative integer, but it is i32 -7");
        assert!(metadata(&[("n", Value::F32(7.0))]).u64("n").is_err());
    }

    #[test]
    fn integer_arrays_are_narrowed_or_refused() {
        let fits = metadata(&[("a", Value::from(vec![1u64, 2]))]);
        assert_eq!(fits.i32s("a").unwrap(), Some(vec![1, 2]));
        let too_large = metadata(&[("a", Value::from(vec![u32::MAX]))]);
        assert!(too_large.i32s("a").is_err());
        assert!(metadata(&[("a", Value::from(vec![1.0f32]))]).i32s("a").is_err());
    }

    #[test]
    fn inserting_again_replaces_in_place() {
        let mut m = metadata(&[("a", Value::U8(1)), ("b", Value::U8(2))]);
        assert_eq!(m.insert("a".into(), Value::U8(3)), Some(Value::U8(1)));
        let entries: Vec<_> = m.iter().collect();
        assert_eq!(entries, [("a", &Value::U8(3)), ("b", &Value::U8(2))]);
    }

    #[test]
    fn wrong_types_name_key_expected_and_found() {
        let m = metadata(&[("a", Value::from(vec![1u8]))]);
        let expected = [
            ("a string", m.str("a").unwrap_err()),
            ("a boolean", m.bool("a").unwrap_err()),
            ("a floating-point number", m.f32("a").unwrap_err()),
            ("an array of strings", m.strings("a").unwrap_err()),
            ("an array of f32", m.f32s("a").unwrap_err()),
        ];
        for (what, error) in expected {
            assert_eq!(error.to_string(), format!("key \"a\" should be {what}, but it is array of u8"));
        }
    }

    #[test]
    fn alignment_must_be_a_power_of_two() {
        assert_eq!(Metadata::default().alignment().unwrap(), 32);
        for (value, ok) in [(0u32, false), (1, true), (2, true), (8, true), (24, false), (256, true), (1 << 31, true)] {
            assert_eq!(metadata(&[(ALIGNMENT_KEY, value.into())]).alignment().is_ok(), ok, "{value}");
        }
    }
}
