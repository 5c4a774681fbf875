//! What the suites share: the golden data and tokenizers made from it.

#![allow(dead_code, reason = "each suite uses its own part")]

use std::path::{Path, PathBuf};

use phonelm_engine::Tokenizer;
use phonelm_gguf::{Gguf, Writer};
use serde_json::Value;

pub(crate) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

pub(crate) fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// A model file's metadata with a tokenizer.json and further keys.
pub(crate) fn metadata(tokenizer: &str, keys: &[(&str, phonelm_gguf::Value)]) -> Gguf {
    let mut writer = Writer::new();
    writer.set("tokenizer.huggingface.json", tokenizer);
    for (key, value) in keys {
        writer.set(*key, value.clone());
    }
    let bytes = writer.start(Vec::new()).unwrap().finish().unwrap();
    Gguf::parse(&bytes).unwrap()
}

pub(crate) fn tokenizer(json: &str) -> Tokenizer {
    Tokenizer::from_metadata(metadata(json, &[]).metadata(), 1 << 20).unwrap().unwrap()
}
