//! What the `tokenizers` crate takes for granted of a tokenizer.json, looked at before it sees the file.
//!
//! Its BPE loader joins the halves of a merge in a buffer as long as the longest token, and stops the program when they
//! do not fit (tokenizers 0.23.2, `BpeBuilder::build`); lengths are enough to see that. Its `Precompiled` normaliser
//! stops the program on a damaged table. So only the kinds of component that models of our families use are let through.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

const NORMALIZERS: &[&str] = &[
    "Sequence",
    "NFC",
    "NFD",
    "NFKC",
    "NFKD",
    "Lowercase",
    "Prepend",
    "Replace",
    "Strip",
    "StripAccents",
    "ByteLevel",
];
const PRE_TOKENIZERS: &[&str] =
    &["Sequence", "Split", "ByteLevel", "Digits", "Metaspace", "Whitespace", "WhitespaceSplit", "Punctuation"];

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    model: Model<'a>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    vocab: Vocab<'a>,
    #[serde(default)]
    merges: Vec<Halves>,
    #[serde(borrow)]
    continuing_subword_prefix: Option<Cow<'a, str>>,
}

/// Refuses what would go wrong later, in words; gives the vocabulary's highest id with its token.
pub(super) fn check(json: &str) -> Result<Option<(u32, Cow<'_, str>)>, String> {
    let File { model, normalizer, pre_tokenizer } = serde_json::from_str(json).map_err(|e| e.to_string())?;
    check_kinds(&normalizer, "normalizers", NORMALIZERS)?;
    check_kinds(&pre_tokenizer, "pretokenizers", PRE_TOKENIZERS)?;
    if let Some(kind) = model.kind.filter(|kind| kind != "BPE") {
        return Err(format!("models of type {kind:?} are not supported, only BPE"));
    }
    let prefix = model.continuing_subword_prefix.map_or(0, |prefix| prefix.len());
    for (number, merge) in model.merges.iter().enumerate() {
        let fits = merge.right >= prefix && merge.left + merge.right - prefix <= model.vocab.longest;
        if !fits {
            return Err(format!("merge {number} makes no token of the vocabulary"));
        }
    }
    Ok(model.vocab.last)
}

/// `list` is where a sequence keeps its parts.
fn check_kinds(component: &Value, list: &str, known: &[&str]) -> Result<(), String> {
    if component.is_null() {
        return Ok(());
    }
    let kind = component["type"].as_str().unwrap_or_default();
    if !known.contains(&kind) {
        return Err(format!("{list} of type {kind:?} are not supported, only {}", known.join(", ")));
    }
    component[list].as_array().into_iter().flatten().try_for_each(|part| check_kinds(part, list, known))
}

/// What a look over the vocabulary tells; nothing of one that is a list.
#[derive(Default)]
struct Vocab<'a> {
    /// Length in bytes of the longest token.
    longest: usize,
    /// The token of the highest id.
    last: Option<(u32, Cow<'a, str>)>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Vocab<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tokens;

        impl<'de> Visitor<'de> for Tokens {
            type Value = Vocab<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a vocabulary")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vocab<'de>, A::Error> {
                let mut vocab = Vocab::default();
                while let Some((Text(token), id)) = map.next_entry()? {
                    vocab.longest = vocab.longest.max(token.len());
                    if vocab.last.as_ref().is_none_or(|(last, _)| *last < id) {
                        vocab.last = Some((id, token));
                    }
                }
                Ok(vocab)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vocab<'de>, A::Error> {
                while let Some(IgnoredAny) = list.next_element()? {}
                Ok(Vocab::default())
            }
        }

        deserializer.deserialize_any(Tokens)
    }
}

/// Lengths of a merge's halves, written `"a b"` or `["a", "b"]`.
struct Halves {
    left: usize,
    right: usize,
}

impl<'de> Deserialize<'de> for Halves {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl<'de> Visitor<'de> for Written {
            type Value = Halves;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a merge of two tokens")
            }

            fn visit_str<E: serde::de::Error>(self, both: &str) -> Result<Halves, E> {
                let (left, right) = both.split_once(' ').unwrap_or((both, ""));
                Ok(Halves { left: left.len(), right: right.len() })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Halves, A::Error> {
                match (list.next_element()?, list.next_element()?) {
                    (Some(Text(left)), Some(Text(right))) => Ok(Halves { left: left.len(), right: right.len() }),
                    _ => Err(serde::de::Error::invalid_length(1, &self)),
                }
            }
        }

        deserializer.deserialize_any(Written)
    }
}

/// A text, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    /// The highest id.
    fn checked(model: &str) -> Result<Option<u32>, String> {
        let json = format!("{{\"version\": \"1.0\", \"model\": {model}}}");
        check(&json).map(|last| last.map(|(id, _)| id))
    }

    #[test]
    fn merges_must_fit_the_longest_token() {
        let vocab = r#""vocab": {"a": 0, "b": 1, "a\u00e9": 2}"#;
        assert_eq!(checked(&format!(r#"{{{vocab}, "merges": ["a b", ["a", "b"]]}}"#)), Ok(Some(2)));
        assert!(checked(&format!(r#"{{{vocab}, "merges": [["aaa", "b"]]}}"#)).is_err());
        assert!(checked(&format!(r#"{{{vocab}, "merges": ["aaa b"]}}"#)).is_err());
        assert!(checked(&format!(r###"{{{vocab}, "merges": ["a b"], "continuing_subword_prefix": "##"}}"###)).is_err());
    }

    /// Found by fuzzing: an empty table stopped the program at the first text.
    #[test]
    fn precompiled_tables_are_refused_wherever_they_stand() {
        let table = r#"{"type": "Precompiled", "precompiled_charsmap": "AAAAAA=="}"#;
        for normalizer in [table.to_owned(), format!(r#"{{"type": "Sequence", "normalizers": [{table}]}}"#)] {
            let json = format!(r#"{{"normalizer": {normalizer}, "model": {{"type": "BPE", "vocab": {{}}}}}}"#);
            assert!(check(&json).unwrap_err().contains("Precompiled"));
        }
    }

    #[test]
    fn kinds_of_model() {
        assert!(checked(r#"{"type": "Unigram", "vocab": [["a", 0.0]]}"#).unwrap_err().contains("Unigram"));
        assert!(checked(r#"{"type": "WordPiece", "vocab": {}}"#).unwrap_err().contains("WordPiece"));
        assert!(check("{}").is_err() && check("").is_err());
    }
}
