//! The tokens of a model as the trie that a grammar is matched against.

use std::sync::Arc;

use llguidance::ParserFactory;
use llguidance::api::ParserLimits;
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::{ApproximateTokEnv, InferenceCapabilities, TokRxInfo, TokTrie};

use super::{GrammarError, Spoken};
use crate::tools::ToolFormat;

/// First byte of what is no text of an answer.
const SPECIAL: u8 = TokTrie::SPECIAL_TOKEN_MARKER;
/// Longest token that a grammar may use, in bytes.
const LONGEST: usize = 255;
/// Most bytes of all tokens: what a trie's nodes can count.
const MAX_BYTES: usize = 4 << 20;

/// The tokens of a model, by the bytes that they put into an answer.
pub(super) struct Vocabulary {
    factory: ParserFactory,
    trie: TokTrie,
    stops: Vec<u32>,
    crossing: bool,
}

impl Vocabulary {
    pub(super) fn new(language: &Spoken<'_>) -> Result<Self, GrammarError> {
        let Spoken { tokenizer, vocab, format } = *language;
        let marks = format.map_or(&[][..], ToolFormat::marks);
        let specials = tokenizer.specials();
        let id = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let word = |id: u32| {
            let bytes = tokenizer.token_bytes(id);
            if bytes.len() > LONGEST {
                Vec::new()
            } else if specials.contains(&id) && !marks.iter().any(|mark| mark.as_bytes() == bytes) {
                [&[SPECIAL], bytes].concat()
            } else {
                bytes.to_vec()
            }
        };
        let words: Vec<Vec<u8>> = (0..vocab).map(|index| word(id(index))).collect();
        let found = words.iter().map(Vec::len).sum();
        if found > MAX_BYTES {
            return Err(GrammarError::TooLarge {
                what: "the tokenizer's vocabulary".into(),
                unit: "bytes",
                found,
                limit: MAX_BYTES,
            });
        }
        let mark = format.map_or("", ToolFormat::opening);
        let crosses = |word: &[u8]| find(word, mark.as_bytes()).is_some_and(|at| at + mark.len() < word.len());
        let crossing = !mark.is_empty() && words.iter().any(|word| crosses(word));
        let eos = tokenizer.eos().unwrap_or(u32::MAX);
        let slices = SlicedBiasComputer::general_slices();
        Self::of(&words, eos, tokenizer.stops().iter().copied().collect(), crossing, &slices)
    }

    /// Single bytes, token 0 to 255: what a text is checked with that no model writes.
    pub(super) fn bytes() -> Result<Self, GrammarError> {
        let words: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        Self::of(&words, u32::MAX, Vec::new(), false, &[])
    }

    fn of(
        words: &[Vec<u8>],
        eos: u32,
        stops: Vec<u32>,
        crossing: bool,
        slices: &[String],
    ) -> Result<Self, GrammarError> {
        let vocab = u32::try_from(words.len()).unwrap_or(u32::MAX);
        let trie = TokTrie::from(&TokRxInfo::new(vocab, eos), words);
        // Not canonical: a model may cut a text into other tokens than its tokenizer would.
        let env = Arc::new(ApproximateTokEnv::new(trie.clone()));
        let mut factory =
            ParserFactory::new(&(env as _), InferenceCapabilities::default(), slices).map_err(|error| {
                GrammarError::Invalid { what: "the tokenizer's vocabulary".into(), reason: error.to_string() }
            })?;
        factory.quiet();
        *factory.limits_mut() = limits();
        Ok(Self { factory, trie, stops, crossing })
    }

    pub(super) fn factory(&self) -> &ParserFactory {
        &self.factory
    }

    /// Every token that ends an answer.
    pub(super) fn stops(&self) -> &[u32] {
        &self.stops
    }

    /// The bytes that a token puts into the answer's text.
    pub(super) fn shown(&self, token: u32) -> &[u8] {
        if (token as usize) >= self.trie.vocab_size() {
            return &[];
        }
        match self.trie.token(token) {
            [SPECIAL, _, ..] => &[],
            bytes => bytes,
        }
    }

    /// Whether a token holds all of the mark that opens a call, and more behind it.
    pub(super) fn has_crossing_tokens(&self) -> bool {
        self.crossing
    }

    /// A text cut into tokens from the left, each as long as possible.
    pub(super) fn cut(&self, text: &[u8]) -> Vec<u32> {
        self.trie.greedy_tokenize(text)
    }
}

/// What a grammar may cost: tens of milliseconds to make ready, up to twenty for a token, tens of megabytes.
fn limits() -> ParserLimits {
    ParserLimits {
        max_items_in_row: 2_000,
        initial_lexer_fuel: 1_000_000,
        step_lexer_fuel: 200_000,
        step_max_items: 50_000,
        max_lexer_states: 20_000,
        max_grammar_size: 200_000,
        precompute_large_lexemes: true,
        verbose_errors: false,
    }
}

/// Where `pattern` first stands in `text`.
pub(super) fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}
