//! JSON files of a folder, read with errors that name file and field.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Map, Value};

use crate::Error;

/// The text of `dir/file`, or `None` if there is no such file.
pub(crate) fn read_text(dir: &Path, file: &str) -> Result<Option<String>, Error> {
    let path = dir.join(file);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::Read { path, cause }),
    }
}

/// A JSON object with the name of its file.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    file: String,
    fields: Map<String, Value>,
}

impl Object {
    /// The object in `dir/file`, or `None` if there is no such file.
    pub(crate) fn read(dir: &Path, file: &str) -> Result<Option<Self>, Error> {
        read_text(dir, file)?.map(|text| Self::parse(file, &text)).transpose()
    }

    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let broken = |why: String| Error::Json { file: file.to_owned(), why };
        match serde_json::from_str(text).map_err(|e| broken(e.to_string()))? {
            Value::Object(fields) => Ok(Self { file: file.to_owned(), fields }),
            other => Err(broken(format!("it holds {}, not an object", kind(&other)))),
        }
    }

    /// The field's value; `null` is as good as no field.
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// A whole number within `1..=max`.
    pub(crate) fn size(&self, field: &str, max: usize) -> Result<Option<usize>, Error> {
        self.typed(field, &format!("a whole number from 1 to {max}"), |value| {
            usize::try_from(value.as_u64()?).ok().filter(|n| (1..=max).contains(n))
        })
    }

    /// [`Self::size`] of a field that must be there.
    pub(crate) fn required_size(&self, field: &str, max: usize) -> Result<usize, Error> {
        let missing = || self.wrong(field, "missing", &format!("a whole number from 1 to {max}"));
        self.size(field, max)?.ok_or_else(missing)
    }

    /// A number that is positive and finite in single precision too.
    pub(crate) fn positive(&self, field: &str) -> Result<Option<f64>, Error> {
        self.typed(field, "a positive number", |value| {
            value.as_f64().filter(|x| (*x as f32).is_finite() && *x as f32 > 0.0)
        })
    }

    /// [`Self::positive`] of a field that must be there.
    pub(crate) fn required_positive(&self, field: &str) -> Result<f64, Error> {
        self.positive(field)?.ok_or_else(|| self.wrong(field, "missing", "a positive number"))
    }

    pub(crate) fn bool(&self, field: &str) -> Result<Option<bool>, Error> {
        self.typed(field, "true or false", Value::as_bool)
    }

    pub(crate) fn str(&self, field: &str) -> Result<Option<&str>, Error> {
        self.typed(field, "a text", Value::as_str)
    }

    pub(crate) fn array(&self, field: &str) -> Result<Option<&[Value]>, Error> {
        self.typed(field, "a list", |value| value.as_array().map(Vec::as_slice))
    }

    pub(crate) fn map(&self, field: &str) -> Result<Option<&Map<String, Value>>, Error> {
        self.typed(field, "an object", Value::as_object)
    }

    /// An object inside this one, with errors that name both.
    pub(crate) fn object(&self, field: &str) -> Result<Option<Self>, Error> {
        let inside = |map: &Map<String, Value>| Self { file: format!("{}, {field}", self.file), fields: map.clone() };
        Ok(self.map(field)?.map(inside))
    }

    /// The error for a field with an unusable value.
    pub(crate) fn wrong(&self, field: &str, found: impl ToString, expected: &str) -> Error {
        Error::Field {
            file: self.file.clone(),
            field: field.to_owned(),
            found: found.to_string(),
            expected: expected.to_owned(),
        }
    }

    fn typed<'a, T>(
        &'a self,
        field: &str,
        expected: &str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.get(field) else { return Ok(None) };
        match convert(value) {
            Some(converted) => Ok(Some(converted)),
            None => Err(self.wrong(field, describe(value), expected)),
        }
    }
}

/// A short value as it is, a long one by its kind.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() > 60 => "a long text".to_owned(),
        Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
        short => short.to_string(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
