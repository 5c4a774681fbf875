//! Why a search failed, as apps are told.

use phonelm_engine::Error as EngineError;
use phonelm_search::Error;

use crate::{SdkError, backend};

/// What an option is called whose name in the search is a longer one.
const NAMES: [(&str, &str); 7] = [
    ("head width", "head_dims"),
    ("query heads for a key head", "kv_groups"),
    ("width to depth", "aspect"),
    ("FFN to width", "ffn_ratio"),
    ("type", "weights"),
    ("weight", "objective"),
    ("shape", "also"),
];

pub(super) fn public(error: Error) -> SdkError {
    let reason = error.to_string();
    let option = |option: &str, value: String, allowed: String| SdkError::OptionInvalid {
        option: NAMES.iter().find(|(name, _)| *name == option).map_or(option, |(_, name)| name).into(),
        value,
        allowed,
    };
    match error {
        Error::Setting { setting, value, expected } => option(setting, value, expected),
        Error::Impossible { params, nearest, smallest, largest, .. } => option(
            "params",
            params.to_string(),
            format!("what shapes of the space have, from {smallest} to {largest}: the nearest has {nearest}"),
        ),
        Error::EmptySpace { .. } => option("space", "empty".into(), "one that holds a shape".into()),
        Error::OutOfTime { budget, measured } => option(
            "budget_seconds",
            budget.to_string(),
            format!("more: it ended after {measured} measurements, before any shape's speed was known; they are kept"),
        ),
        Error::NotEmpty { dir: path } | Error::OtherSearch { path, .. } | Error::BrokenLine { path, .. } => {
            SdkError::SearchInvalid { path: path.to_string_lossy().into(), reason }
        }
        Error::Busy { path } => {
            SdkError::StorageFailed { path: path.to_string_lossy().into(), reason: "another program writes it".into() }
        }
        Error::Read { path, cause } | Error::Write { path, cause } => {
            SdkError::StorageFailed { path: path.to_string_lossy().into(), reason: cause.to_string() }
        }
        Error::Memory { needed, .. } => SdkError::OutOfMemory { needed },
        Error::Load { shape, cause } => backend::refusal(&shape.to_string(), cause),
        Error::Run { cause, .. } => EngineError::Executor(cause).into(),
        Error::Cancelled { .. } => SdkError::Cancelled,
        _ => SdkError::Internal { reason },
    }
}
