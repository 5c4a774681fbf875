//! Tokenizers from a whole tokenizer.json, kept in the key `tokenizer.huggingface.json`.

mod check;

use std::collections::HashMap;

use phonelm_gguf::Metadata;
use serde_json::Value;
use tokenizers::Model;

use super::bytes::{Piece, Pieces, Spelling};
use super::marks::Mark;
use super::{Parts, check_ids};
use crate::Error;

const KEY: &str = "tokenizer.huggingface.json";

/// `None` where the file has no such key.
pub(super) fn parts(metadata: &Metadata, vocab: usize) -> Result<Option<Parts>, Error> {
    metadata.str(KEY)?.map(|json| from_json(json, vocab)).transpose()
}

fn from_json(json: &str, vocab: usize) -> Result<Parts, Error> {
    let invalid = |reason: String| Error::TokenizerInvalid { key: KEY, reason };
    check::check(json).map_err(invalid)?;
    let pipeline: tokenizers::Tokenizer =
        json.parse().map_err(|e: Box<dyn std::error::Error + Send + Sync>| invalid(e.to_string()))?;
    let mut added: Vec<_> = pipeline.get_added_tokens_decoder().into_iter().collect();
    added.sort_unstable_by_key(|(id, _)| *id);
    let marks: Vec<Mark> = added
        .into_iter()
        .map(|(id, token)| Mark {
            text: token.content,
            id,
            special: token.special,
            normalized: token.normalized,
            single_word: token.single_word,
            lstrip: token.lstrip,
            rstrip: token.rstrip,
        })
        .collect();
    let tokens = pipeline.get_model().get_vocab();
    check_ids(tokens.iter().map(|(token, &id)| (token.as_str(), id)), vocab)?;
    check_ids(marks.iter().map(|mark| (mark.text.as_str(), mark.id)), vocab)?;

    let as_json = |component: Result<Value, serde_json::Error>| component.map_err(|e| invalid(e.to_string()));
    let decoder = as_json(serde_json::to_value(pipeline.get_decoder()))?;
    let pre_tokenizer = as_json(serde_json::to_value(pipeline.get_pre_tokenizer()))?;
    let spelling = Spelling::from_json(&decoder, &pre_tokenizer);
    let mut by_id: HashMap<u32, Piece<'_>> =
        tokens.iter().map(|(token, &id)| (id, Piece::Spelt(token.as_str()))).collect();
    by_id.extend(marks.iter().map(|mark| (mark.id, Piece::Plain(mark.text.as_str()))));
    let count = by_id.keys().max().map_or(0, |&id| id + 1);
    let pieces = Pieces::new((0..count).map(|id| by_id.remove(&id)), spelling);
    Ok(Parts { pipeline, marks, pieces, first_space: spelling.first_space })
}
