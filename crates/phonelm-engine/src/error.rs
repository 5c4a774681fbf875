//! Everything that can go wrong between text and text, as one enum.

use phonelm_kernels::LoadError;
use phonelm_model::ExecutorError;

use crate::grammar::GrammarError;
use crate::template::TemplateError;

/// Why the engine refused. Variants carry the numbers that a caller needs to act; none carries what a user typed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A metadata key of the model file has a value of another type.
    #[error("the model file's metadata: {0}")]
    Metadata(#[from] phonelm_gguf::Error),
    /// The tokenizer in the model file cannot be read.
    #[error("the tokenizer in key {key:?} cannot be read: {reason}")]
    TokenizerInvalid {
        /// The metadata key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The tokenizer is of a kind that is not built in.
    #[error(
        "key {key:?} names the tokenizer {name:?}, which is not supported; convert the model again so that it carries tokenizer.huggingface.json"
    )]
    TokenizerUnsupported {
        /// The metadata key.
        key: &'static str,
        /// Its value.
        name: String,
    },
    /// The tokenizer gives ids that the model has no embedding for.
    #[error(
        "the tokenizer does not fit the model: token {token:?} has id {id}, the model's vocabulary has {vocab} entries"
    )]
    TokenizerMismatch {
        /// The token's text, as the tokenizer spells it.
        token: String,
        /// Its id.
        id: u64,
        /// Size of the model's vocabulary.
        vocab: usize,
    },
    /// Text was given to a model file without a tokenizer.
    #[error(
        "the model file has no tokenizer, so it takes token ids and no text; convert it again from a folder that has tokenizer.json"
    )]
    NoTokenizer,
    /// The tokenizer failed on a text.
    #[error("the tokenizer failed on a text of {bytes} bytes: {reason}")]
    Encode {
        /// Length of the text.
        bytes: usize,
        /// The tokenizer's own words.
        reason: String,
    },
    /// A conversation was asked of a model file without a chat template.
    #[error(
        "the model file has no chat template (key \"tokenizer.chat_template\"), so it continues text but holds no conversation"
    )]
    NoTemplate,
    /// The chat template refused or failed.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// No private-use character is left to mark places with while the template runs.
    #[error(
        "the conversation uses all of Unicode's private-use characters (planes 15 and 16), of which some must be free"
    )]
    NoFreeCharacter,
    /// Tools were offered to a model that has no tool format.
    #[error(
        "the model has no tool format: its chat template uses no tools that are known here, and key \"phonelm.tool_format\" is absent"
    )]
    NoToolFormat,
    /// A key of the model file names a tool format that is not built in.
    #[error("key \"phonelm.tool_format\" is {found:?}; known are \"hermes\" and \"llama3\"")]
    ToolFormatUnknown {
        /// The key's value.
        found: String,
    },
    /// An option lies outside its range.
    #[error("option {name} is {value}, allowed is {allowed}")]
    Option {
        /// The option.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// A logit was NaN or infinite where a number is needed.
    #[error("logit of token {token} is {value}: the model file is damaged or holds NaN weights")]
    LogitNotFinite {
        /// The token's id.
        token: u32,
        /// What was found.
        value: f32,
    },
    /// A mask allowed no token at all.
    #[error("the constraint allows none of the {vocab} tokens here")]
    NothingAllowed {
        /// Size of the vocabulary.
        vocab: usize,
    },
    /// A constraint cannot be held.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
    /// A token id outside the vocabulary.
    #[error("token id {token} is outside the vocabulary of {vocab}")]
    TokenOutOfRange {
        /// The id.
        token: u64,
        /// Size of the vocabulary.
        vocab: usize,
    },
    /// The prompt leaves no room in the context.
    #[error("the prompt has {tokens} tokens, but the context holds {context} and needs room for at least one more")]
    PromptTooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Tokens that the context holds.
        context: usize,
    },
    /// A text of too few tokens to foresee any.
    #[error("the text has {tokens} tokens; at least 2 are needed to foresee one from the other")]
    TextTooShort {
        /// Its tokens.
        tokens: usize,
    },
    /// A turn was begun while one is running.
    #[error("a turn of this conversation is still running; finish or cancel it first")]
    TurnRunning,
    /// A step was asked of a conversation without a running turn.
    #[error("no turn of this conversation is running")]
    NoTurn,
    /// The model cannot be taken onto the CPU.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Nothing to start from.
    #[error("the prompt is empty: at least one token is needed to start from")]
    PromptEmpty,
    /// The executor refused.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
}
