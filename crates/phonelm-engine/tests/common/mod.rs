//! What the suites share: the golden data and tokenizers made from it.

#![allow(dead_code, reason = "each suite uses its own part")]

pub(crate) mod fake;

use std::path::{Path, PathBuf};

use phonelm_engine::{Engine, Tokenizer};
use phonelm_gguf::{Gguf, Writer};
use phonelm_kernels::CpuOptions;
use phonelm_model::ModelFile;
use serde_json::Value;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn golden() -> PathBuf {
    root().join("tests/golden")
}

/// phonelm-tiny on one thread.
pub(crate) fn tiny() -> Engine {
    let file = ModelFile::open(&root().join("models/phonelm-tiny/phonelm-tiny.gguf")).unwrap();
    Engine::open(file, &CpuOptions { threads: Some(1), ..CpuOptions::default() }).unwrap()
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

/// The tokenizer and chat template of one of `templates/`, as a model file holds them.
pub(crate) fn template_model(name: &str) -> Gguf {
    model_folder(&golden().join("templates").join(name))
}

/// The same of the model that ships.
pub(crate) fn shipped_model() -> Gguf {
    model_folder(&root().join("models/phonelm-tiny"))
}

fn model_folder(folder: &Path) -> Gguf {
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
    let config = json(&folder.join("tokenizer_config.json"));
    let template = config["chat_template"].as_str().map_or_else(|| read("chat_template.jinja"), str::to_owned);
    let source = read("tokenizer.json");
    let plain = tokenizer(&source);
    let mut keys = vec![("tokenizer.chat_template", template.as_str().into())];
    for (name, key) in [("bos_token", "tokenizer.ggml.bos_token_id"), ("eos_token", "tokenizer.ggml.eos_token_id")] {
        keys.extend(config[name].as_str().map(|text| (key, plain.id_of(text).unwrap().into())));
    }
    metadata(&source, &keys)
}
