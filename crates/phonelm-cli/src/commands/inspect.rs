//! `phonelm inspect`: what a model file says about itself.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use phonelm_engine::ToolFormat;
use phonelm_gguf::{Array, Gguf, PADDING_KEY, TensorInfo, Value as Entry};
use phonelm_model::{Config, ModelFile};
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::model::{self, Model};
use crate::output::{bytes, count, print, print_json, printable, table};

/// Longest array and text of the metadata that are shown whole.
const SHOWN_ELEMENTS: usize = 8;
const SHOWN_CHARS: usize = 60;

/// Show what a model file holds
#[derive(Args)]
#[command(after_help = "\
Every GGUF file is shown as far as it can be read. If the engine cannot run it, the last line says \
why and the exit code is 1.

Examples:
  phonelm inspect
  phonelm inspect model.gguf --tensors
  phonelm inspect model.gguf --json")]
pub(crate) struct Options {
    /// Model file [default: phonelm-tiny]
    model: Option<PathBuf>,
    /// List every tensor
    #[arg(long)]
    tensors: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One line of the answer: its name, what a machine reads, what people read.
struct Fact(&'static str, Value, String);

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let path = options.model.as_deref();
    let name = model::name(path);
    let mapping = model::mapping(path).map_err(|cause| model::error(&name, cause))?;
    let gguf = Gguf::parse(&mapping).map_err(|cause| Error::Header { model: name.clone(), cause })?;
    let mut facts = container(&gguf, mapping.len() as u64);
    let problem = match ModelFile::new(mapping) {
        Ok(file) => {
            let model = Model { name, file };
            facts.extend(shape(model.file.config()));
            facts.push(plain("fingerprint", model.file.fingerprint()));
            text(&model).map(|more| facts.extend(more)).err()
        }
        Err(cause) => Some(model::error(&name, cause)),
    };
    if options.json {
        print_json(&for_machines(&facts, &gguf, problem.as_ref(), options.tensors))?;
    } else {
        print(&for_people(&facts, &gguf, options.tensors))?;
    }
    problem.map_or(Ok(()), Err)
}

/// What every GGUF file tells.
fn container(gguf: &Gguf, len: u64) -> Vec<Fact> {
    let parameters = gguf.tensors().iter().map(elements).sum();
    let mut types: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for tensor in gguf.tensors() {
        let (number, size) = types.entry(tensor.ty.name()).or_default();
        *number += 1;
        *size += tensor.size();
    }
    let mix: Vec<_> = types.iter().map(|(ty, (n, size))| format!("{n} {ty} ({})", bytes(*size))).collect();
    let json: Value =
        types.iter().map(|(ty, (n, size))| ((*ty).to_owned(), json!({ "tensors": n, "bytes": size }))).collect();
    let word = |key: &str| match gguf.metadata().get(key) {
        Some(Entry::String(text)) => text.clone(),
        _ => "not stated".to_owned(),
    };
    vec![
        plain("family", word("general.architecture")),
        plain("name", word("general.name")),
        Fact("parameters", json!(parameters), count(parameters)),
        Fact("types", json, mix.join(", ")),
        Fact("size", json!(len), bytes(len)),
        plain("gguf version", gguf.version()),
    ]
}

fn shape(c: &Config) -> Vec<Fact> {
    vec![
        plain("layers", c.layers),
        plain("hidden", c.hidden),
        plain("ffn", c.ffn),
        plain("heads", c.heads),
        plain("kv heads", c.kv_heads),
        plain("head dim", c.head_dim),
        plain("vocabulary", c.vocab),
        Fact("tied", json!(c.tied), if c.tied { "yes: the head is the embedding" } else { "no" }.to_owned()),
        Fact("context", json!(c.context), format!("{} tokens", c.context)),
    ]
}

/// What the model file brings for text.
fn text(model: &Model) -> Result<Vec<Fact>, Error> {
    let metadata = model.file.metadata();
    let refused = |cause: phonelm_gguf::Error| model.engine(cause.into());
    let mut facts = vec![];
    match model.tokenizer() {
        Ok(tokenizer) => {
            let kind = metadata.str("tokenizer.ggml.model").map_err(refused)?.unwrap_or("huggingface");
            let vocab = model.file.config().vocab as u32;
            let entries = (0..vocab).filter(|&id| !tokenizer.token_bytes(id).is_empty()).count();
            facts.push(Fact(
                "tokenizer",
                json!({ "kind": kind, "entries": entries }),
                format!("{kind}, {entries} entries"),
            ));
        }
        Err(Error::Engine { cause: phonelm_engine::Error::NoTokenizer, .. }) => {
            facts.push(Fact("tokenizer", Value::Null, "none: the model takes token ids and no text".to_owned()));
        }
        Err(error) => return Err(error),
    }
    let template = metadata.str("tokenizer.chat_template").map_err(refused)?;
    let answer = if template.is_some() { "yes" } else { "no" };
    facts.push(Fact("chat template", json!(template.is_some()), answer.to_owned()));
    let format = ToolFormat::of_model(metadata, template).map_err(|cause| model.engine(cause))?;
    let format = format.map(|format| format!("{format:?}").to_lowercase());
    facts.push(Fact("tool format", json!(format), format.unwrap_or_else(|| "none".to_owned())));
    if template.is_some() {
        model.template()?;
    }
    Ok(facts)
}

fn for_machines(facts: &[Fact], gguf: &Gguf, problem: Option<&Error>, tensors: bool) -> Value {
    let mut all: Map<_, _> = facts.iter().map(|Fact(name, value, _)| (name.replace(' ', "_"), value.clone())).collect();
    all.insert("problem".to_owned(), problem.map(Error::one_line).into());
    let metadata: Map<_, _> = gguf.metadata().iter().map(|(key, entry)| (key.to_owned(), short_json(entry))).collect();
    all.insert("metadata".to_owned(), metadata.into());
    if tensors {
        let line = |t: &TensorInfo| json!({ "name": t.name, "type": t.ty.name(), "shape": t.shape, "offset": t.range.start, "bytes": t.size() });
        all.insert("tensors".to_owned(), gguf.tensors().iter().map(line).collect());
    }
    all.into()
}

fn for_people(facts: &[Fact], gguf: &Gguf, tensors: bool) -> String {
    let rows: Vec<_> = facts.iter().map(|Fact(name, _, text)| [(*name).to_owned(), text.clone()]).collect();
    let mut all = table(&rows);
    let told = gguf.metadata().iter().filter(|(key, _)| *key != PADDING_KEY);
    let rows: Vec<_> = told.map(|(key, entry)| [format!("  {key}"), short_text(entry)]).collect();
    all += &format!("\nmetadata\n{}", table(&rows));
    if tensors {
        let line = |t: &TensorInfo| {
            let shape: Vec<String> = t.shape.iter().map(u64::to_string).collect();
            [format!("  {}", t.name), t.ty.to_string(), shape.join(" x "), bytes(t.size())]
        };
        let rows: Vec<_> = gguf.tensors().iter().map(line).collect();
        all += &format!("\ntensors, innermost dimension first\n{}", table(&rows));
    }
    printable(&all)
}

fn plain(name: &'static str, value: impl Into<Value> + ToString) -> Fact {
    let text = value.to_string();
    Fact(name, value.into(), text)
}

fn elements(tensor: &TensorInfo) -> u64 {
    tensor.row_len() * tensor.rows()
}

/// A metadata value on one line, cut where it is long.
fn short_text(entry: &Entry) -> String {
    match short_json(entry) {
        Value::Object(cut) => {
            format!("{} of {}: {}", cut["type"].as_str().unwrap_or_default(), cut["length"], cut["first"])
        }
        other => other.to_string(),
    }
}

/// A metadata value as JSON; of a long text or array its type, its length and its beginning.
fn short_json(entry: &Entry) -> Value {
    let cut = |length: usize, first: Value| json!({ "type": entry.type_name(), "length": length, "first": first });
    match entry {
        Entry::U8(v) => json!(v),
        Entry::I8(v) => json!(v),
        Entry::U16(v) => json!(v),
        Entry::I16(v) => json!(v),
        Entry::U32(v) => json!(v),
        Entry::I32(v) => json!(v),
        Entry::U64(v) => json!(v),
        Entry::I64(v) => json!(v),
        Entry::F32(v) => shortest(*v),
        Entry::F64(v) => json!(v),
        Entry::Bool(v) => json!(v),
        Entry::String(text) => match text.char_indices().nth(SHOWN_CHARS) {
            Some((end, _)) => cut(text.len(), json!(text[..end])),
            None => json!(text),
        },
        Entry::Array(array) if array.len() > SHOWN_ELEMENTS => cut(array.len(), first(array)),
        Entry::Array(array) => first(array),
    }
}

/// A single-precision number in as few digits as tell it apart from its neighbours.
fn shortest(value: f32) -> Value {
    json!(value.to_string().parse::<f64>().ok())
}

/// The first elements of an array.
fn first(array: &Array) -> Value {
    fn some<T: serde::Serialize>(values: &[T]) -> Value {
        json!(values[..values.len().min(SHOWN_ELEMENTS)])
    }
    match array {
        Array::U8(v) => some(v),
        Array::I8(v) => some(v),
        Array::U16(v) => some(v),
        Array::I16(v) => some(v),
        Array::U32(v) => some(v),
        Array::I32(v) => some(v),
        Array::U64(v) => some(v),
        Array::I64(v) => some(v),
        Array::F32(v) => v.iter().take(SHOWN_ELEMENTS).map(|&v| shortest(v)).collect(),
        Array::F64(v) => some(v),
        Array::Bool(v) => some(v),
        Array::String(v) => {
            v.iter().take(SHOWN_ELEMENTS).map(|text| short_json(&Entry::String(text.clone()))).collect()
        }
        Array::Array(v) => {
            v.iter().take(SHOWN_ELEMENTS).map(|inner| short_json(&Entry::Array(inner.clone()))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_and_short_ones_whole() {
        assert_eq!(short_text(&Entry::from(vec![1u32, 2])), "[1,2]");
        assert_eq!(short_text(&Entry::from(vec![0u8; 9])), "array of u8 of 9: [0,0,0,0,0,0,0,0]");
        assert_eq!(short_text(&Entry::from("a\u{1b}")), "\"a\\u001b\"");
        let long = Entry::String("ä".repeat(101));
        assert_eq!(short_json(&long)["length"], 202);
        assert_eq!(short_json(&long)["first"], "ä".repeat(60));
    }
}
