//! What comes of a turn: events on the way, the response at the end and what it cost.

use std::time::Duration;

use crate::conversation::Answer;
use crate::tools::{CallError, ToolCall};

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A batch of the prompt is done.
    Prefill {
        /// Tokens of the prompt that the cache holds.
        done: usize,
        /// All of them.
        total: usize,
    },
    /// A token was drawn, but nothing can be shown yet.
    Token,
    /// More of the answer.
    Text(String),
    /// The model calls a tool.
    Call(ToolCall),
    /// The model wrote a call that cannot be read.
    BadCall(CallError),
    /// The turn is over.
    Finished(Response),
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model ended it, or a stop text did.
    Stop,
    /// The model ended it and waits for the results of its calls.
    ToolCalls,
    /// It has as many tokens as were allowed.
    Length,
    /// The context is full.
    ContextFull,
    /// The mask allowed no further token.
    Constraint,
    /// It was cancelled.
    Cancelled,
}

/// A turn's outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// What the model said and called.
    pub answer: Answer,
    /// Why it ended.
    pub finish: FinishReason,
    /// What it cost.
    pub stats: Stats,
}

/// What a turn cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Those of them that the cache held.
    pub cached_tokens: usize,
    /// Tokens drawn, the one that ended the answer included.
    pub generated_tokens: usize,
    /// Those of them that a draft had foretold, so that they took no pass of their own.
    pub drafted_tokens: usize,
    /// Until the first token was drawn.
    pub first_token: Duration,
    /// Until the end.
    pub total: Duration,
}

impl Stats {
    /// Tokens of the prompt computed a second.
    pub fn prefill_rate(&self) -> f64 {
        rate(self.prompt_tokens.saturating_sub(self.cached_tokens), self.first_token)
    }

    /// Tokens drawn a second after the first one.
    pub fn decode_rate(&self) -> f64 {
        rate(self.generated_tokens.saturating_sub(1), self.total.saturating_sub(self.first_token))
    }
}

fn rate(count: usize, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { count as f64 / time.as_secs_f64() }
}
