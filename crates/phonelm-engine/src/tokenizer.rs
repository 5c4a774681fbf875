//! Text to token ids and back, for whatever tokenizer a model file carries.
//!
//! A file's `tokenizer.huggingface.json` is used where present, else its `tokenizer.ggml.*` keys. Either becomes a
//! pipeline of the `tokenizers` crate (normaliser, word cutter, BPE model) beside our own table of marks.
//!
//! ```no_run
//! use phonelm_engine::Tokenizer;
//! use phonelm_model::ModelFile;
//!
//! let file = ModelFile::open("model.gguf".as_ref())?;
//! let tokenizer = Tokenizer::from_metadata(file.metadata(), file.config().vocab)?.ok_or("no tokenizer")?;
//! let ids = tokenizer.encode("Wake me at 7")?;
//! assert_eq!(tokenizer.decode(&ids), "Wake me at 7");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The trap: a mark such as `<|im_end|>` steers the model, so [`Tokenizer::encode`] leaves it text; only
//! [`Tokenizer::encode_with_marks`] recognises it, and must never see what a user typed.

mod bytes;
mod ggml;
mod huggingface;
mod marks;
mod pre;

use std::collections::BTreeSet;
use std::ops::Range;

use phonelm_gguf::Metadata;
use tokenizers::tokenizer::normalizer::Range as Slice;
use tokenizers::{Model, NormalizedString, Normalizer, PreTokenizedString, PreTokenizer, Token};

use crate::Error;
use crate::prompt::HOLE;
use bytes::Pieces;
use marks::{Finder, Guard, Mark};

/// Marks that end an answer in the chat formats in use, whichever of them the file declares.
const ENDS: [&str; 9] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<｜end▁of▁sentence｜>",
    "</s>",
];

/// Turns text into token ids and ids into bytes.
#[derive(Clone)]
pub struct Tokenizer {
    pipeline: tokenizers::Tokenizer,
    marks: Vec<Mark>,
    /// Finds every mark by its own text.
    spelt: Finder,
    /// Find the marks that count in the text as given, and those that count in normalised text.
    raw: Finder,
    normalized: Finder,
    pieces: Pieces,
    first_space: bool,
    bos: Option<u32>,
    eos: Option<u32>,
    unknown: Option<u32>,
    padding: Option<u32>,
    stops: BTreeSet<u32>,
}

/// What a loader makes.
struct Parts {
    pipeline: tokenizers::Tokenizer,
    marks: Vec<Mark>,
    pieces: Pieces,
    /// Whether the first space of a text was put there by encoding.
    first_space: bool,
}

impl Tokenizer {
    /// The tokenizer of a model whose vocabulary has `vocab` entries; `None` where the file carries none.
    ///
    /// Errors: a tokenizer that cannot be read or is of an unknown kind, and ids outside the vocabulary.
    pub fn from_metadata(metadata: &Metadata, vocab: usize) -> Result<Option<Self>, Error> {
        let parts = match huggingface::parts(metadata, vocab)? {
            Some(parts) => Some(parts),
            None => ggml::parts(metadata, vocab)?,
        };
        parts.map(|parts| Self::new(parts, metadata, vocab)).transpose()
    }

    fn new(mut parts: Parts, metadata: &Metadata, vocab: usize) -> Result<Self, Error> {
        let id = |key: &str| -> Result<Option<u32>, Error> {
            let id = metadata.u64(key)?;
            id.map(|id| known(id, vocab)).transpose()
        };
        let bos = id("tokenizer.ggml.bos_token_id")?;
        let eos = id("tokenizer.ggml.eos_token_id")?;
        let mut stops: BTreeSet<u32> = eos.into_iter().collect();
        stops.extend(id("tokenizer.ggml.eot_token_id")?);
        stops.extend(id("tokenizer.ggml.eom_token_id")?);
        for id in metadata.i32s("phonelm.eos_token_ids")?.unwrap_or_default() {
            stops.insert(known(u64::try_from(id).unwrap_or(u64::MAX), vocab)?);
        }
        stops.extend(parts.marks.iter().filter(|m| ENDS.contains(&m.text.as_str())).map(|m| m.id));
        for mark in &mut parts.marks {
            mark.special |= stops.contains(&mark.id) || bos == Some(mark.id);
        }
        let normalizer = parts.pipeline.get_normalizer();
        let pattern = |(index, mark): (usize, &Mark)| {
            let mut text = NormalizedString::from(mark.text.as_str());
            if let (true, Some(normalizer)) = (mark.normalized, normalizer) {
                normalizer.normalize(&mut text).map_err(|e| encode_error(&mark.text, &*e))?;
            }
            Ok::<_, Error>((text.get().to_owned(), index))
        };
        let patterns: Vec<_> = parts.marks.iter().enumerate().map(pattern).collect::<Result<_, _>>()?;
        let (normalized, raw): (Vec<_>, Vec<_>) =
            patterns.into_iter().partition(|(_, index)| parts.marks.get(*index).is_some_and(|m| m.normalized));
        Ok(Self {
            spelt: Finder::new(parts.marks.iter().enumerate().map(|(index, mark)| (mark.text.clone(), index))),
            raw: Finder::new(raw.into_iter()),
            normalized: Finder::new(normalized.into_iter()),
            marks: parts.marks,
            pipeline: parts.pipeline,
            pieces: parts.pieces,
            first_space: parts.first_space,
            bos,
            eos,
            unknown: id("tokenizer.ggml.unknown_token_id")?,
            padding: id("tokenizer.ggml.padding_token_id")?,
            stops,
        })
    }

    /// The ids of mere text: no mark is recognised in it and no beginning-of-text token is put before it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        self.encode_guarded(text, Guard::Everywhere, &[])
    }

    /// The ids of text in which marks steer, as Hugging Face's `encode(text, add_special_tokens=False)` gives them.
    pub fn encode_with_marks(&self, text: &str) -> Result<Vec<u32>, Error> {
        self.encode_guarded(text, Guard::Nowhere, &[])
    }

    /// As [`Self::encode_with_marks`], except that no mark may cover a byte of `places` (in rising order), and each of
    /// `holes` becomes the id [`HOLE`] as if it were a mark.
    pub(crate) fn encode_guarding(
        &self,
        text: &str,
        places: &[usize],
        holes: &[Range<usize>],
    ) -> Result<Vec<u32>, Error> {
        self.encode_guarded(text, Guard::At(places), holes)
    }

    /// Byte offsets in `text` where marks begin that would steer, those that are not special only if `all`.
    pub(crate) fn mark_starts(&self, text: &str, all: bool) -> Vec<usize> {
        let wanted = |mark: &Mark| mark.steers() && (all || mark.special);
        self.spelt.starts(text, &self.marks, wanted)
    }

    /// Text of these tokens, marks included; bytes that are no UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|&id| self.token_bytes(id)).copied().collect();
        let text = if self.first_space { bytes.strip_prefix(b" ").unwrap_or(&bytes) } else { &bytes };
        String::from_utf8_lossy(text).into_owned()
    }

    /// The bytes that a token stands for, which may be part of a character; none for an id that no token has.
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.pieces.get(id)
    }

    /// The token with exactly this text (a mark, or in the vocabulary's own spelling).
    pub fn id_of(&self, text: &str) -> Option<u32> {
        let mark = self.marks.iter().find(|mark| mark.text == text).map(|mark| mark.id);
        mark.or_else(|| self.pipeline.get_model().token_to_id(text))
    }

    /// Every token that steers the conversation and is no text of an answer.
    pub(crate) fn specials(&self) -> BTreeSet<u32> {
        self.marks.iter().filter(|mark| mark.special).map(|mark| mark.id).collect()
    }

    /// Whether a token steers the conversation and is no text of an answer.
    pub fn is_special(&self, id: u32) -> bool {
        self.marks.iter().any(|mark| mark.id == id && mark.special)
    }

    /// The token that begins a text, if the model has one.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// The token that ends a text, if the model has one.
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// Every token that ends an answer.
    pub fn stops(&self) -> &BTreeSet<u32> {
        &self.stops
    }

    /// Whether a decoded text loses its first space, which encoding would put there.
    pub fn strips_first_space(&self) -> bool {
        self.first_space
    }

    /// The names by which chat templates know single tokens, with their text.
    pub(crate) fn template_tokens(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        let named = [
            ("bos_token", self.bos),
            ("eos_token", self.eos),
            ("unk_token", self.unknown),
            ("pad_token", self.padding),
        ];
        let text = |id| String::from_utf8_lossy(self.token_bytes(id)).into_owned();
        named.into_iter().filter_map(move |(name, id)| Some((name, text(id?))))
    }

    fn encode_guarded(&self, text: &str, guard: Guard<'_>, holes: &[Range<usize>]) -> Result<Vec<u32>, Error> {
        self.try_encode(text, guard, holes).map_err(|e| encode_error(text, &*e))
    }

    /// The steps of `tokenizers::Tokenizer::encode`, with guards and holes.
    fn try_encode(&self, text: &str, guard: Guard<'_>, holes: &[Range<usize>]) -> tokenizers::Result<Vec<u32>> {
        let mut pieces = PreTokenizedString::from(text);
        pieces.split(|_, piece| cut_holes(&piece, holes))?;
        pieces.split(|_, piece| {
            let offset = piece.offsets_original().0;
            let cuts =
                self.raw.find(piece.get(), &self.marks, |mark, r| guard.holds(mark, r.start + offset..r.end + offset));
            self.cut(&piece, cuts)
        })?;
        pieces.split(|_, mut piece| {
            if let Some(normalizer) = self.pipeline.get_normalizer() {
                normalizer.normalize(&mut piece)?;
            }
            let offset = piece.offsets_original().0;
            let cuts = self.normalized.find(piece.get(), &self.marks, |mark, r| {
                let original = piece.convert_offsets(Slice::Normalized(r));
                original.is_none_or(|r| guard.holds(mark, r.start + offset..r.end + offset))
            });
            self.cut(&piece, cuts)
        })?;
        if let Some(pre_tokenizer) = self.pipeline.get_pre_tokenizer() {
            pre_tokenizer.pre_tokenize(&mut pieces)?;
        }
        pieces.tokenize(|piece| self.pipeline.get_model().tokenize(piece.get()))?;
        let encoding = pieces.into_encoding(None, 0, tokenizers::OffsetType::None)?;
        Ok(encoding.get_ids().to_vec())
    }

    fn cut(&self, text: &NormalizedString, cuts: Vec<(Option<usize>, Range<usize>)>) -> tokenizers::Result<Vec<Cut>> {
        let id = |index: usize| self.marks.get(index).map(|mark| mark.id);
        cuts.into_iter().map(|(mark, range)| slice(text, range, mark.and_then(id))).collect()
    }
}

fn cut_holes(text: &NormalizedString, holes: &[Range<usize>]) -> tokenizers::Result<Vec<Cut>> {
    let mut cuts = Vec::new();
    let mut done = 0;
    for hole in holes {
        cuts.push(slice(text, done..hole.start, None)?);
        cuts.push(slice(text, hole.clone(), Some(HOLE))?);
        done = hole.end;
    }
    cuts.push(slice(text, done..text.get().len(), None)?);
    Ok(cuts)
}

/// A piece of text as one token if `id` is given.
fn slice(text: &NormalizedString, range: Range<usize>, id: Option<u32>) -> tokenizers::Result<Cut> {
    let slice = text.slice(Slice::Normalized(range)).ok_or("a mark ends inside a character")?;
    let len = slice.get().len();
    let token = id.map(|id| vec![Token::new(id, slice.get().to_owned(), (0, len))]);
    Ok((slice, token))
}

/// A piece of text, with its token where it is a mark.
type Cut = (NormalizedString, Option<Vec<Token>>);

/// Refuses the first token whose id is outside the vocabulary.
fn check_ids<'a>(tokens: impl Iterator<Item = (&'a str, u32)>, vocab: usize) -> Result<(), Error> {
    for (token, id) in tokens {
        if id as usize >= vocab {
            return Err(Error::TokenizerMismatch { token: token.into(), id: id.into(), vocab });
        }
    }
    Ok(())
}

fn known(id: u64, vocab: usize) -> Result<u32, Error> {
    let inside = u32::try_from(id).ok().filter(|&id| (id as usize) < vocab);
    inside.ok_or(Error::TokenOutOfRange { token: id, vocab })
}

fn encode_error(text: &str, error: &(dyn std::error::Error + Send + Sync)) -> Error {
    Error::Encode { bytes: text.len(), reason: error.to_string() }
}
