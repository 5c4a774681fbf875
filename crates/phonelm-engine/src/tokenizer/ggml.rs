//! Tokenizers from the `tokenizer.ggml.*` keys: byte-level BPE ("gpt2") and SentencePiece's BPE ("llama").

use std::collections::HashMap;

use phonelm_gguf::Metadata;
use serde_json::json;
use tokenizers::models::bpe::BPE;

use super::bytes::{Piece, Pieces, Spelling};
use super::marks::Mark;
use super::pre::Pre;
use super::{Parts, check_ids};
use crate::Error;

const MODEL: &str = "tokenizer.ggml.model";
/// A tokenizer's name that stands for none.
const NO_VOCABULARY: &str = "no_vocab";
const TOKENS: &str = "tokenizer.ggml.tokens";
const MERGES: &str = "tokenizer.ggml.merges";
const SCORES: &str = "tokenizer.ggml.scores";
const TYPES: &str = "tokenizer.ggml.token_type";
const PRE: &str = "tokenizer.ggml.pre";
const SPACE_PREFIX: &str = "tokenizer.ggml.add_space_prefix";

/// Values of `tokenizer.ggml.token_type`.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;

/// Longest token in bytes that merges are derived for; SentencePiece's own default limit is 16 characters.
const MAX_DERIVED: usize = 256;

type Merges = Vec<(String, String)>;

/// `None` where the file has no such keys or says that there is none.
pub(super) fn parts(metadata: &Metadata, vocab: usize) -> Result<Option<Parts>, Error> {
    let Some(model) = metadata.str(MODEL)?.filter(|model| *model != NO_VOCABULARY) else {
        return Ok(None);
    };
    let tokens = metadata.strings(TOKENS)?.ok_or_else(|| invalid(TOKENS, "the key is absent".into()))?;
    check_ids(tokens.iter().zip(0..).map(|(token, id)| (token.as_str(), id)), vocab)?;
    let types = metadata.i32s(TYPES)?.unwrap_or_else(|| vec![NORMAL; tokens.len()]);
    if types.len() != tokens.len() {
        return Err(invalid(TYPES, format!("it has {} values for {} tokens", types.len(), tokens.len())));
    }
    let vocabulary = Vocabulary { tokens, types };
    let parts = match model {
        "gpt2" => byte_level(metadata, &vocabulary)?,
        "llama" => sentence_piece(metadata, &vocabulary)?,
        name => return Err(Error::TokenizerUnsupported { key: MODEL, name: name.into() }),
    };
    Ok(Some(parts))
}

struct Vocabulary<'a> {
    tokens: &'a [String],
    types: Vec<i32>,
}

impl<'a> Vocabulary<'a> {
    /// Text, id and type of every token.
    fn iter(&self) -> impl Iterator<Item = (&'a str, u32, i32)> {
        self.tokens.iter().zip(0u32..).zip(&self.types).map(|((token, id), &kind)| (token.as_str(), id, kind))
    }

    fn ids(&self) -> HashMap<&'a str, u32> {
        self.iter().map(|(token, id, _)| (token, id)).collect()
    }

    fn marks(&self) -> Vec<Mark> {
        let mark = |(text, id, kind): (&str, u32, i32)| Mark {
            text: text.into(),
            id,
            special: kind != USER_DEFINED,
            normalized: false,
            single_word: false,
            lstrip: false,
            rstrip: false,
        };
        self.iter().filter(|(_, _, kind)| matches!(*kind, UNKNOWN | CONTROL | USER_DEFINED)).map(mark).collect()
    }

    fn pieces(&self, spelling: Spelling) -> Pieces {
        let piece = |(token, _, kind)| match kind {
            UNKNOWN | CONTROL | USER_DEFINED => Some(Piece::Plain(token)),
            _ => Some(Piece::Spelt(token.into())),
        };
        Pieces::new(self.iter().map(piece), spelling)
    }

    fn vocab(&self) -> tokenizers::models::bpe::Vocab {
        self.iter().map(|(token, id, _)| (token.to_owned(), id)).collect()
    }
}

fn byte_level(metadata: &Metadata, vocabulary: &Vocabulary<'_>) -> Result<Parts, Error> {
    let name = metadata.str(PRE)?;
    let pre = Pre::named(name)
        .ok_or_else(|| Error::TokenizerUnsupported { key: PRE, name: name.unwrap_or_default().into() })?;
    let listed = metadata.strings(MERGES)?.ok_or_else(|| invalid(MERGES, "the key is absent".into()))?;
    let ids = vocabulary.ids();
    let known = |merge: &&String| {
        let (left, right) = halves(merge)?;
        let all = [left, right, &format!("{left}{right}")].iter().all(|&token| ids.contains_key(token));
        all.then(|| (left.to_owned(), right.to_owned()))
    };
    let merges: Merges = listed.iter().filter_map(|merge| known(&merge)).collect();
    let model = BPE::builder()
        .vocab_and_merges(vocabulary.vocab(), merges)
        .ignore_merges(pre.whole_words)
        .build()
        .map_err(|e| invalid(MERGES, e.to_string()))?;
    let mut pipeline = tokenizers::Tokenizer::new(model);
    pipeline.with_pre_tokenizer(Some(component::<tokenizers::PreTokenizerWrapper>(PRE, pre.to_json())?));
    let spelling = Spelling { byte_level: true, ..Spelling::default() };
    Ok(Parts { pipeline, marks: vocabulary.marks(), pieces: vocabulary.pieces(spelling), first_space: false })
}

/// The two tokens of a merge; the first may begin with a space, but does not contain another.
fn halves(merge: &str) -> Option<(&str, &str)> {
    let (at, _) = merge.char_indices().skip(1).find(|(_, c)| *c == ' ')?;
    Some((&merge[..at], &merge[at + 1..]))
}

fn sentence_piece(metadata: &Metadata, vocabulary: &Vocabulary<'_>) -> Result<Parts, Error> {
    let scores = metadata.f32s(SCORES)?.ok_or_else(|| invalid(SCORES, "the key is absent".into()))?;
    if scores.len() != vocabulary.tokens.len() {
        let reason = format!("it has {} values for {} tokens", scores.len(), vocabulary.tokens.len());
        return Err(invalid(SCORES, reason));
    }
    let unknown = vocabulary.iter().find(|(_, _, kind)| *kind == UNKNOWN).map(|(token, _, _)| token.to_owned());
    let mut builder = BPE::builder()
        .vocab_and_merges(vocabulary.vocab(), derived_merges(vocabulary, scores))
        .byte_fallback(true)
        .fuse_unk(true);
    if let Some(unknown) = unknown {
        builder = builder.unk_token(unknown);
    }
    let mut pipeline = tokenizers::Tokenizer::new(builder.build().map_err(|e| invalid(SCORES, e.to_string()))?);
    let first_space = metadata.bool(SPACE_PREFIX)?.unwrap_or(true);
    let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
    let prepend = json!({"type": "Prepend", "prepend": "▁"});
    let steps = if first_space { json!([prepend, replace]) } else { json!([replace]) };
    let normalizer = json!({"type": "Sequence", "normalizers": steps});
    let normalizer = component::<tokenizers::NormalizerWrapper>(MODEL, normalizer)?;
    pipeline.with_normalizer(Some(normalizer)).map_err(|e| invalid(MODEL, e.to_string()))?;
    let spelling = Spelling { space_mark: true, byte_tokens: true, first_space, ..Spelling::default() };
    Ok(Parts { pipeline, marks: vocabulary.marks(), pieces: vocabulary.pieces(spelling), first_space })
}

/// SentencePiece joins the two neighbours whose union scores highest; as merges of two tokens each, best score first,
/// and for one union in the order of the ids of its halves.
fn derived_merges(vocabulary: &Vocabulary<'_>, scores: &[f32]) -> Merges {
    let ids = vocabulary.ids();
    let mut merges = Vec::new();
    for ((token, _, kind), &score) in vocabulary.iter().zip(scores) {
        if !matches!(kind, NORMAL | USER_DEFINED) || token.len() > MAX_DERIVED {
            continue;
        }
        let cuts = token.char_indices().skip(1).map(|(at, _)| token.split_at(at));
        let mut own: Vec<_> = cuts.filter_map(|(l, r)| Some((*ids.get(l)?, *ids.get(r)?, l, r))).collect();
        own.sort_unstable();
        merges.extend(own.into_iter().map(|(_, _, l, r)| (score, l, r)));
    }
    merges.sort_by(|a, b| b.0.total_cmp(&a.0));
    merges.into_iter().map(|(_, l, r)| (l.to_owned(), r.to_owned())).collect()
}

fn component<T: serde::de::DeserializeOwned>(key: &'static str, json: serde_json::Value) -> Result<T, Error> {
    serde_json::from_value(json).map_err(|e| invalid(key, e.to_string()))
}

fn invalid(key: &'static str, reason: String) -> Error {
    Error::TokenizerInvalid { key, reason }
}
