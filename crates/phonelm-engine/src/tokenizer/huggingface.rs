//! Tokenizers from a whole tokenizer.json, kept in the key `tokenizer.huggingface.json`.

mod check;

use phonelm_gguf::Metadata;
use serde_json::Value;
use tokenizers::models::bpe::BPE;
use tokenizers::{DecoderWrapper, Model, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, TokenizerImpl};

use super::bytes::{Piece, Pieces, Spelling};
use super::marks::Mark;
use super::{Parts, check_ids};
use crate::Error;

const KEY: &str = "tokenizer.huggingface.json";

/// As `tokenizers::Tokenizer`, whose open kind of model would be held as JSON values first.
type Pipeline = TokenizerImpl<BPE, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// `None` where the file has no such key.
pub(super) fn parts(metadata: &Metadata, vocab: usize) -> Result<Option<Parts>, Error> {
    metadata.str(KEY)?.map(|json| from_json(json, vocab)).transpose()
}

fn from_json(json: &str, vocab: usize) -> Result<Parts, Error> {
    let invalid = |reason: String| Error::TokenizerInvalid { key: KEY, reason };
    let last = check::check(json).map_err(invalid)?;
    check_ids(last.iter().map(|(id, token)| (token.as_ref(), *id)), vocab)?;
    let pipeline: Pipeline = serde_json::from_str(json).map_err(|e| invalid(e.to_string()))?;
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
    check_ids(marks.iter().map(|mark| (mark.text.as_str(), mark.id)), vocab)?;

    let as_json = |component: Result<Value, serde_json::Error>| component.map_err(|e| invalid(e.to_string()));
    let decoder = as_json(serde_json::to_value(pipeline.get_decoder()))?;
    let pre_tokenizer = as_json(serde_json::to_value(pipeline.get_pre_tokenizer()))?;
    let spelling = Spelling::from_json(&decoder, &pre_tokenizer);
    let model = pipeline.get_model();
    let piece = |id| match marks.binary_search_by_key(&id, |mark| mark.id) {
        Ok(at) => marks.get(at).map(|mark| Piece::Plain(&mark.text)),
        Err(_) => model.id_to_token(id).map(|token| Piece::Spelt(token.into())),
    };
    let count = last.map(|(id, _)| id).max(marks.last().map(|mark| mark.id)).map_or(0, |id| id.saturating_add(1));
    let pieces = Pieces::new((0..count).map(piece), spelling);
    Ok(Parts { pipeline: pipeline.into(), marks, pieces, first_space: spelling.first_space })
}
