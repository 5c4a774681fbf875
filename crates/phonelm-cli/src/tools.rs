//! The functions that a command offers to a model: of a file, else those that the model file carries.

use std::path::{Path, PathBuf};

use phonelm_engine::Tool;
use serde_json::Value;

use crate::error::Error;
use crate::model::{Model, read_text};

/// Key of the model file: JSON list of the functions that the model was made for.
const TOOLS_KEY: &str = "phonelm.tools";

/// Whether the model file carries functions.
pub(crate) fn has_own(model: &Model) -> Result<bool, Error> {
    Ok(own(model)?.is_some())
}

fn own(model: &Model) -> Result<Option<&str>, Error> {
    model.file.metadata().str(TOOLS_KEY).map_err(|cause| model.engine(cause.into()))
}

/// The functions to offer: those of the file `path`, none if it is called `none`, else the model file's own.
pub(crate) fn offered(path: Option<&Path>, model: &Model) -> Result<Vec<Tool>, Error> {
    let (text, place) = match (path, own(model)?) {
        (Some(path), _) if path == Path::new("none") => return Ok(vec![]),
        (Some(path), _) => (read_text(path)?, path.to_path_buf()),
        (None, Some(own)) => (own.to_owned(), PathBuf::from(format!("{}: key {TOOLS_KEY}", model.name))),
        (None, None) => return Ok(vec![]),
    };
    let wrong = |why: String| Error::Content { path: place.clone(), why };
    let list: Vec<Value> = serde_json::from_str(&text).map_err(|cause| wrong(format!("no JSON list: {cause}")))?;
    let tool = |(index, value)| {
        read_tool(value).ok_or_else(|| wrong(format!("function {index} needs a name, a description and parameters")))
    };
    list.iter().enumerate().map(tool).collect()
}

/// `{name, description, parameters}`, alone or as the `function` of a wrapper that other programs use.
fn read_tool(value: &Value) -> Option<Tool> {
    let function = value.get("function").unwrap_or(value);
    let word = |key: &str| function[key].as_str().map(str::to_owned);
    let parameters = function.get("parameters").filter(|parameters| parameters.is_object())?;
    Some(Tool { name: word("name")?, description: word("description")?, parameters: parameters.clone() })
}
