//! Text in, text out: tokenizer, chat template, tool calls, sampler, conversations.
//!
//! ```no_run
//! use phonelm_engine::{Engine, Event, GenerateOptions, Input, Setup};
//! use phonelm_kernels::CpuOptions;
//! use phonelm_model::ModelFile;
//! use std::ops::ControlFlow;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = ModelFile::open("model.gguf".as_ref())?;
//! let mut engine = Engine::open(file, &CpuOptions::default())?;
//! let mut conversation = engine.conversation(Setup::default());
//! let question = Input::User("Who are you?".into());
//! let response = engine.respond(&mut conversation, question, GenerateOptions::default(), |event| {
//!     if let Event::Text(text) = event {
//!         print!("{text}");
//!     }
//!     ControlFlow::Continue(())
//! })?;
//! println!("\n{:.1} tokens/s", response.stats.decode_rate());
//! # Ok(())
//! # }
//! ```
//!
//! Left out on purpose: how logits are computed (the `Executor` of `phonelm-model` does that), threads, files.

mod conversation;
mod draft;
mod engine;
mod error;
mod generate;
mod grammar;
mod history;
mod prompt;
mod sampler;
mod template;
mod text;
mod threads;
mod tokenizer;
mod tools;

pub use conversation::{Answer, Conversation, Message, Setup, ToolResult};
pub use engine::{Engine, Perplexity};
pub use error::Error;
pub use generate::{Event, FinishReason, GenerateOptions, Input, Response, Stats};
pub use grammar::{ArgumentsError, Grammar, GrammarError};
pub use history::Dropped;
pub use prompt::Prompt;
pub use sampler::{Candidate, Sampler, SamplerOptions, TokenMask, TokenSet};
pub use template::{ChatTemplate, TemplateError, TemplateInput};
pub use text::TextStream;
pub use tokenizer::Tokenizer;
pub use tools::{CallError, CallParser, Parsed, Part, Tool, ToolCall, ToolFormat};
