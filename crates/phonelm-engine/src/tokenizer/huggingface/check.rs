//! What the `tokenizers` crate takes for granted of a tokenizer.json, looked at before it sees the file.
//!
//! Its BPE loader joins the halves of a merge in a buffer as long as the longest token, and stops the program when they
//! do not fit (tokenizers 0.23.2, `BpeBuilder::build`). Nothing is kept here: lengths suffice.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    model: Model<'a>,
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
    let File { model } = serde_json::from_str(json).map_err(|e| e.to_string())?;
    if let Some(kind) = model.kind.filter(|kind| !matches!(&**kind, "BPE" | "Unigram")) {
        return Err(format!("models of type {kind:?} are not supported, only BPE and Unigram"));
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

    #[test]
    fn kinds_of_model() {
        assert_eq!(checked(r#"{"type": "Unigram", "vocab": [["a", 0.0]]}"#), Ok(()));
        assert!(checked(r#"{"type": "WordPiece", "vocab": {}}"#).unwrap_err().contains("WordPiece"));
        assert!(check("{}").is_err() && check("").is_err());
    }
}
