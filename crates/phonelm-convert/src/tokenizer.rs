//! The tokenizer's files as metadata: `tokenizer.json` whole, and llama.cpp's keys beside it where they can say the same.
//!
//! The trap: a tokenizer may have fewer entries than the embedding has rows (they are padded), never more.

use std::path::Path;

use phonelm_gguf::Value;

use crate::json::{Object, describe, read_text};
use crate::vocabulary::Vocabulary;
use crate::{Error, Warning};

const TOKENIZER: &str = "tokenizer.json";
const SETTINGS: &str = "tokenizer_config.json";
const GENERATION: &str = "generation_config.json";
const TEMPLATE: &str = "chat_template.jinja";
const TOOLS: &str = "tools.json";

/// Keys and values in file order.
pub(crate) type Entries = Vec<(String, Value)>;

/// Everything about text that a folder says, for an embedding of `vocab` rows.
pub(crate) fn entries(
    dir: &Path,
    config: &Object,
    vocab: usize,
    warnings: &mut Vec<Warning>,
) -> Result<Entries, Error> {
    let mut entries = Entries::new();
    let settings = match Object::read(dir, SETTINGS)? {
        Some(settings) => settings,
        None => Object::parse(SETTINGS, "{}")?,
    };
    let vocabulary = match read_text(dir, TOKENIZER)? {
        Some(text) => {
            let json = Object::parse(TOKENIZER, &text)?;
            let vocabulary = Vocabulary::read(&json, vocab)?;
            entries.push(("tokenizer.huggingface.json".to_owned(), text.into()));
            match vocabulary.ggml_entries(&json) {
                Some(ggml) => entries.extend(ggml),
                None => warnings.push(Warning::OnlyHuggingFaceTokenizer),
            }
            vocabulary
        }
        None => {
            warnings.push(Warning::NoTokenizer);
            Vocabulary::default()
        }
    };
    entries.extend(special_ids(dir, config, &settings, &vocabulary, vocab)?);
    for field in ["add_bos_token", "add_eos_token"] {
        if let Some(add) = settings.bool(field)? {
            entries.push((format!("tokenizer.ggml.{field}"), add.into()));
        }
    }
    match chat_template(dir, &settings)? {
        Some(template) => entries.push(("tokenizer.chat_template".to_owned(), template.into())),
        None => warnings.push(Warning::NoChatTemplate),
    }
    if let Some(tools) = tools(dir)? {
        entries.push(("phonelm.tools".to_owned(), tools.into()));
    }
    Ok(entries)
}

/// Ids of the tokens with a role: what the tokenizer says goes before config.json; every end of an answer is kept.
fn special_ids(
    dir: &Path,
    config: &Object,
    settings: &Object,
    vocabulary: &Vocabulary,
    vocab: usize,
) -> Result<Entries, Error> {
    let generation = match Object::read(dir, GENERATION)? {
        Some(generation) => generation,
        None => Object::parse(GENERATION, "{}")?,
    };
    let named = |role: &str| vocabulary.id(token_text(settings.get(role)?)?);
    let listed = |role: &str| -> Result<Vec<u32>, Error> {
        let of_generation = token_ids(&generation, GENERATION, role, vocab)?;
        if of_generation.is_empty() { token_ids(config, crate::config::FILE, role, vocab) } else { Ok(of_generation) }
    };

    let mut entries = Entries::new();
    for (role, key) in [("bos", "bos"), ("eos", "eos"), ("pad", "padding")] {
        let id = match named(&format!("{role}_token")) {
            Some(id) => Some(id),
            None => listed(&format!("{role}_token_id"))?.first().copied(),
        };
        if let Some(id) = id {
            entries.push((format!("tokenizer.ggml.{key}_token_id"), id.into()));
        }
    }
    let mut ends = listed("eos_token_id")?;
    if let Some(id) = named("eos_token")
        && !ends.contains(&id)
    {
        ends.push(id);
    }
    if !ends.is_empty() {
        entries.push(("phonelm.eos_token_ids".to_owned(), ends.into()));
    }
    Ok(entries)
}

/// A token's text: written plainly, or as an object with its settings.
fn token_text(value: &serde_json::Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("content")?.as_str())
}

/// One id or a list of them; -1 stands for none.
fn token_ids(json: &Object, file: &'static str, field: &str, vocab: usize) -> Result<Vec<u32>, Error> {
    let Some(value) = json.get(field) else { return Ok(vec![]) };
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let mut ids = Vec::new();
    for value in values.iter().filter(|value| value.as_i64() != Some(-1)) {
        let Some(id) = value.as_u64() else {
            return Err(json.wrong(field, describe(value), "a token id or a list of them"));
        };
        match u32::try_from(id) {
            Ok(small) if (small as usize) < vocab => ids.push(small),
            _ => return Err(Error::TokenId { file, id, vocab }),
        }
    }
    Ok(ids)
}

/// The template of its own file, else that of the settings: a text, or a list of named ones with a `default`.
fn chat_template(dir: &Path, settings: &Object) -> Result<Option<String>, Error> {
    if let Some(text) = read_text(dir, TEMPLATE)? {
        return Ok(Some(text));
    }
    match settings.get("chat_template") {
        None => Ok(None),
        Some(serde_json::Value::String(text)) => Ok(Some(text.clone())),
        Some(serde_json::Value::Array(named)) => {
            let default = named.iter().find(|entry| entry.get("name").and_then(|n| n.as_str()) == Some("default"));
            let template = default.and_then(|entry| entry.get("template")?.as_str());
            match template {
                Some(text) => Ok(Some(text.to_owned())),
                None => Err(settings.wrong("chat_template", "a list", "a list with an entry named default")),
            }
        }
        Some(other) => Err(settings.wrong("chat_template", describe(other), "a text or a list of named texts")),
    }
}

/// The functions that the model was taught, checked to be a JSON list.
fn tools(dir: &Path) -> Result<Option<String>, Error> {
    let Some(text) = read_text(dir, TOOLS)? else { return Ok(None) };
    match serde_json::from_str(&text) {
        Ok(serde_json::Value::Array(_)) => Ok(Some(text)),
        Ok(other) => Err(Error::Json {
            file: TOOLS.to_owned(),
            why: format!("it holds {}, not a list of functions", describe(&other)),
        }),
        Err(error) => Err(Error::Json { file: TOOLS.to_owned(), why: error.to_string() }),
    }
}
