//! The entries of a `tokenizer.json`, and llama.cpp's statement of a byte-level BPE tokenizer (`tokenizer.ggml.*`).

use std::collections::HashMap;

use phonelm_gguf::Value;
use serde_json::Value as Json;

use crate::Error;
use crate::json::Object;
use crate::tokenizer::Entries;

/// Token types of `tokenizer.ggml.token_type` (`llama_token_type` of llama.cpp).
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;

/// Tokens by id.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    tokens: Vec<Option<(String, i32)>>,
    ids: HashMap<String, u32>,
}

impl Vocabulary {
    /// Reads all entries; each id must have a row of the embedding, of which there are `vocab`.
    pub(crate) fn read(json: &Object, vocab: usize) -> Result<Self, Error> {
        let Some(model) = json.map("model")? else {
            return Err(json.wrong("model", "missing", "an object"));
        };
        let mut vocabulary = Self { tokens: vec![None; vocab], ids: HashMap::new() };
        match model.get("vocab") {
            Some(Json::Object(entries)) => {
                for (token, id) in entries {
                    vocabulary.add(json, token, id.as_u64(), NORMAL)?;
                }
            }
            Some(Json::Array(entries)) => {
                for (id, entry) in entries.iter().enumerate() {
                    let token = entry.get(0).and_then(Json::as_str).unwrap_or_default();
                    vocabulary.add(json, token, Some(id as u64), NORMAL)?;
                }
            }
            _ => return Err(json.wrong("model.vocab", "missing", "an object or a list")),
        }
        for added in json.array("added_tokens")?.unwrap_or_default() {
            let special = added.get("special").and_then(Json::as_bool) == Some(true);
            let token = added.get("content").and_then(Json::as_str).unwrap_or_default();
            let id = added.get("id").and_then(Json::as_u64);
            vocabulary.add(json, token, id, if special { CONTROL } else { USER_DEFINED })?;
        }
        Ok(vocabulary)
    }

    /// The id of a token.
    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.ids.get(token).copied()
    }

    /// llama.cpp's keys, if the tokenizer is a byte-level BPE tokenizer; `None` for others.
    pub(crate) fn ggml_entries(&self, json: &Object) -> Option<Entries> {
        let model = json.map("model").ok()??;
        if model.get("type")?.as_str()? != "BPE" {
            return None;
        }
        let pre = pre_tokenizer(json.get("pre_tokenizer")?)?;
        let merges: Option<Vec<String>> = model.get("merges")?.as_array()?.iter().map(merge).collect();
        let unused = |id: usize| (format!("[PAD{id}]"), UNUSED);
        let tokens = self.tokens.iter().enumerate().map(|(id, token)| token.clone().unwrap_or_else(|| unused(id)));
        let (tokens, types): (Vec<String>, Vec<i32>) = tokens.unzip();
        let key = |name: &str, value: Value| (format!("tokenizer.ggml.{name}"), value);
        Some(vec![
            key("model", "gpt2".into()),
            key("pre", pre.into()),
            key("tokens", tokens.into()),
            key("token_type", types.into()),
            key("merges", merges?.into()),
        ])
    }

    fn add(&mut self, json: &Object, token: &str, id: Option<u64>, kind: i32) -> Result<(), Error> {
        let Some(id) = id else {
            return Err(json.wrong("the id of a token", format!("unusable for {token:?}"), "a whole number"));
        };
        let vocab = self.tokens.len();
        let place = usize::try_from(id).ok().and_then(|id| self.tokens.get_mut(id));
        let Some(place) = place else {
            return Err(Error::TokenId { file: "tokenizer.json", id, vocab });
        };
        *place = Some((token.to_owned(), kind));
        self.ids.insert(token.to_owned(), id as u32);
        Ok(())
    }
}

/// A merge as `left right`: newer files store the two in a list.
fn merge(entry: &Json) -> Option<String> {
    match entry {
        Json::String(text) => Some(text.clone()),
        Json::Array(pair) => Some(format!("{} {}", pair.first()?.as_str()?, pair.get(1)?.as_str()?)),
        _ => None,
    }
}

/// llama.cpp's name for the way of splitting text before BPE; `None` if it does not work on bytes or has no name here.
fn pre_tokenizer(json: &Json) -> Option<&'static str> {
    let kind = |step: &Json| step.get("type").and_then(Json::as_str).unwrap_or_default().to_owned();
    let steps: Vec<&Json> = match json.get("pretokenizers") {
        Some(steps) => steps.as_array()?.iter().collect(),
        None => vec![json],
    };
    let kinds: Vec<String> = steps.iter().map(|step| kind(step)).collect();
    match kinds.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ByteLevel"] => Some("gpt-2"),
        ["Digits", "ByteLevel"] => Some("smollm"),
        ["Split", "ByteLevel"] => match steps[0].get("pattern")?.get("Regex")?.as_str()? {
            LLAMA3 => Some("llama-bpe"),
            QWEN2 => Some("qwen2"),
            _ => None,
        },
        _ => None,
    }
}

/// The splitting of Llama 3's tokenizer.json.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// The splitting of Qwen 2's and 3's tokenizer.json.
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
