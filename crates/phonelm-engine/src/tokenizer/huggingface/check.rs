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
    #[serde(default)]
    vocab: Longest,
    #[serde(default)]
    merges: Vec<Halves>,
    #[serde(borrow)]
    continuing_subword_prefix: Option<Cow<'a, str>>,
}

/// Refuses what would go wrong later, in words.
pub(super) fn check(json: &str) -> Result<(), String> {
    let File { model, normalizer, pre_tokenizer } = serde_json::from_str(json).map_err(|e| e.to_string())?;
    check_kinds(&normalizer, "normalizers", NORMALIZERS)?;
    check_kinds(&pre_tokenizer, "pretokenizers", PRE_TOKENIZERS)?;
    if let Some(kind) = model.kind.filter(|kind| kind != "BPE") {
        return Err(format!("models of type {kind:?} are not supported, only BPE"));
    }
    let prefix = model.continuing_subword_prefix.map_or(0, |prefix| prefix.len());
    for (number, merge) in model.merges.iter().enumerate() {
        let fits = merge.right >= prefix && merge.left + merge.right - prefix <= model.vocab.0;
        if !fits {
            return Err(format!("merge {number} makes no token of the vocabulary"));
        }
    }
    Ok(())
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

/// Length in bytes of the longest key of a map; 0 for a list.
#[derive(Default)]
struct Longest(usize);

impl<'de> Deserialize<'de> for Longest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = Longest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a vocabulary")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Longest, A::Error> {
                let mut longest = 0;
                while let Some((Text(key), IgnoredAny)) = map.next_entry()? {
                    longest = longest.max(key.len());
                }
                Ok(Longest(longest))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Longest, A::Error> {
                while let Some(IgnoredAny) = list.next_element()? {}
                Ok(Longest(0))
            }
        }

        deserializer.deserialize_any(Keys)
    }
}

/// Lengths of a merge's halves, written `"a b"` or `["a", "b"]`.
struct Halves {
    left: usize,
    right: usize,
}

impl<'de> Deserialize<'de> for Halves {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Pair(String, String),
            Joined(String),
        }

        let (left, right) = match Written::deserialize(deserializer)? {
            Written::Pair(left, right) => (left.len(), right.len()),
            Written::Joined(both) => both.split_once(' ').map_or((both.len(), 0), |(l, r)| (l.len(), r.len())),
        };
        Ok(Self { left, right })
    }
}

/// A text, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(model: &str) -> Result<(), String> {
        check(&format!("{{\"version\": \"1.0\", \"model\": {model}}}"))
    }

    #[test]
    fn merges_must_fit_the_longest_token() {
        let vocab = r#""vocab": {"a": 0, "b": 1, "a\u00e9": 2}"#;
        assert_eq!(checked(&format!(r#"{{{vocab}, "merges": ["a b", ["a", "b"]]}}"#)), Ok(()));
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
