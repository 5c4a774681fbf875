//! Text in, text out: tokenizer, chat template, tool calls, sampler, conversations.
//!
//! Left out on purpose: how logits are computed (the `Executor` of `phonelm-model` does that), threads, files.

mod conversation;
mod engine;
mod error;
mod generate;
mod prompt;
mod sampler;
mod template;
mod text;
mod tokenizer;
mod tools;

pub use conversation::{Answer, Conversation, Message, Setup, ToolResult};
pub use engine::{Engine, Perplexity};
pub use error::Error;
pub use generate::{Event, FinishReason, GenerateOptions, Input, Response, Stats};
pub use prompt::Prompt;
pub use sampler::{Candidate, Sampler, SamplerOptions, TokenMask, TokenSet};
pub use template::{ChatTemplate, TemplateError, TemplateInput};
pub use text::TextStream;
pub use tokenizer::Tokenizer;
pub use tools::{CallError, CallParser, Parsed, Part, Tool, ToolCall, ToolFormat};
