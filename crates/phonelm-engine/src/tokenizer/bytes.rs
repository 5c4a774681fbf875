//! The bytes that each token stands for, with the tokenizer's own spelling undone.
//!
//! Byte-level vocabularies write every byte as one printable character (GPT-2's table); SentencePiece
//! vocabularies write a space as `▁` and single bytes as `<0x0A>`. Marks are spelt as they are.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

/// How a vocabulary spells bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spelling {
    /// Every byte is one character of GPT-2's table.
    pub(super) byte_level: bool,
    /// `▁` stands for a space.
    pub(super) space_mark: bool,
    /// `<0x00>` to `<0xFF>` stand for single bytes.
    pub(super) byte_tokens: bool,
    /// A text's first space is not the text's: encoding put it there and decoding takes it off.
    pub(super) first_space: bool,
}

impl Spelling {
    /// Read from a decoder (and, for byte level, a pre-tokenizer) in the form of a tokenizer.json.
    pub(super) fn from_json(decoder: &Value, pre_tokenizer: &Value) -> Self {
        let mut spelling = Self { byte_level: has_type(pre_tokenizer, "ByteLevel"), ..Self::default() };
        spelling.read(decoder);
        spelling
    }

    fn read(&mut self, decoder: &Value) {
        match decoder["type"].as_str() {
            Some("Sequence") => decoder["decoders"].as_array().into_iter().flatten().for_each(|d| self.read(d)),
            Some("ByteLevel") => self.byte_level = true,
            Some("ByteFallback") => self.byte_tokens = true,
            Some("Replace") if decoder["pattern"]["String"] == "▁" => self.space_mark = true,
            Some("Metaspace") => {
                self.space_mark = true;
                self.first_space = decoder["prepend_scheme"] != "never";
            }
            Some("Strip") if decoder["content"] == " " && decoder["start"] == 1 => self.first_space = true,
            _ => {}
        }
    }

    /// Appends the bytes that `token` stands for.
    pub(super) fn undo(self, token: &str, out: &mut Vec<u8>) {
        if self.byte_level {
            let start = out.len();
            for c in token.chars() {
                let Some(&byte) = CHAR_BYTES.get(&c) else {
                    out.truncate(start);
                    out.extend_from_slice(token.as_bytes());
                    return;
                };
                out.push(byte);
            }
        } else if let Some(byte) = self.byte_tokens.then(|| byte_token(token)).flatten() {
            out.push(byte);
        } else if self.space_mark {
            out.extend_from_slice(token.replace('▁', " ").as_bytes());
        } else {
            out.extend_from_slice(token.as_bytes());
        }
    }
}

/// `<0x0A>` is 10.
fn byte_token(token: &str) -> Option<u8> {
    let hex = token.strip_prefix("<0x")?.strip_suffix('>')?;
    let is_hex = hex.len() == 2 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| u8::from_str_radix(hex, 16).ok())?
}

fn has_type(json: &Value, name: &str) -> bool {
    json["type"] == name || json["pretokenizers"].as_array().into_iter().flatten().any(|inner| has_type(inner, name))
}

/// GPT-2's table: printable Latin-1 characters are themselves, the other bytes follow from U+0100 on.
static CHAR_BYTES: LazyLock<HashMap<char, u8>> = LazyLock::new(|| {
    let printable = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let others = (0..=255u8).filter(|&b| !printable(b)).zip('\u{100}'..);
    let same = (0..=255u8).filter(|&b| printable(b)).map(|b| (char::from(b), b));
    same.chain(others.map(|(b, c)| (c, b))).collect()
});

/// The bytes of every id, in one block of memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Pieces {
    /// Of `tokens`, by id; ids that no token has stand for nothing.
    pub(super) fn new<'a>(tokens: impl Iterator<Item = Option<Piece<'a>>>, spelling: Spelling) -> Self {
        let mut pieces = Self::default();
        for token in tokens {
            match token {
                Some(Piece::Spelt(token)) => spelling.undo(&token, &mut pieces.bytes),
                Some(Piece::Plain(text)) => pieces.bytes.extend_from_slice(text.as_bytes()),
                None => {}
            }
            pieces.ends.push(u32::try_from(pieces.bytes.len()).unwrap_or(u32::MAX));
        }
        pieces
    }

    /// The bytes of `id`; none for an id that no token has.
    pub(super) fn get(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends.get(id - 1).map_or(0, |&e| e as usize) };
        let end = self.ends.get(id).map_or(start, |&e| e as usize);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

/// A token's text.
pub(super) enum Piece<'a> {
    /// In the vocabulary's spelling.
    Spelt(Cow<'a, str>),
    /// As it is.
    Plain(&'a str),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undone(spelling: Spelling, token: &str) -> Vec<u8> {
        let mut out = Vec::new();
        spelling.undo(token, &mut out);
        out
    }

    #[test]
    fn the_byte_table_is_complete() {
        let mut bytes: Vec<u8> = CHAR_BYTES.values().copied().collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
        assert_eq!(CHAR_BYTES[&'Ġ'], b' ');
        assert_eq!(CHAR_BYTES[&'Ċ'], b'\n');
    }

    #[test]
    fn byte_level_and_foreign_characters() {
        let spelling = Spelling { byte_level: true, ..Spelling::default() };
        assert_eq!(undone(spelling, "Ġhi"), b" hi");
        assert_eq!(undone(spelling, "Ã©"), "é".as_bytes());
        assert_eq!(undone(spelling, "▁x"), "▁x".as_bytes());
    }

    #[test]
    fn sentence_piece() {
        let spelling = Spelling { space_mark: true, byte_tokens: true, ..Spelling::default() };
        assert_eq!(undone(spelling, "▁hi"), b" hi");
        assert_eq!(undone(spelling, "<0x0A>"), b"\n");
        assert_eq!(undone(spelling, "<0x0Ag>"), b"<0x0Ag>");
        assert_eq!(undone(spelling, "<0x+A>"), b"<0x+A>");
    }
}
