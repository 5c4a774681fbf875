//! An answer while it is made.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crossbeam_channel::Receiver;

use crate::SdkError;

/// What a generation tells.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum Event {
    /// More of the answer.
    Text {
        /// Whole characters.
        text: String,
    },
    /// The last event.
    Finished {
        /// The outcome.
        response: Response,
    },
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum FinishReason {
    /// The model ended it, or a stop text did.
    Stop,
    /// It has as many tokens as were allowed.
    Length,
    /// It was cancelled.
    Cancelled,
    /// The context is full.
    ContextFull,
}

/// An answer and what it cost.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Response {
    /// The whole answer.
    pub text: String,
    /// Why it ended.
    pub finish: FinishReason,
    /// Tokens of the prompt.
    pub prompt_tokens: u64,
    /// Those of them that the cache held.
    pub cached_tokens: u64,
    /// Tokens drawn.
    pub generated_tokens: u64,
    /// Seconds until the first token was drawn.
    pub seconds_to_first_token: f64,
    /// Tokens drawn a second after the first.
    pub tokens_per_second: f64,
}

impl From<phonelm_engine::Response> for Response {
    fn from(response: phonelm_engine::Response) -> Self {
        use phonelm_engine::FinishReason as Engine;
        let stats = response.stats;
        Self {
            text: response.answer.text,
            finish: match response.finish {
                Engine::Stop | Engine::ToolCalls => FinishReason::Stop,
                Engine::Length => FinishReason::Length,
                Engine::ContextFull => FinishReason::ContextFull,
                Engine::Cancelled => FinishReason::Cancelled,
            },
            prompt_tokens: stats.prompt_tokens as u64,
            cached_tokens: stats.cached_tokens as u64,
            generated_tokens: stats.generated_tokens as u64,
            seconds_to_first_token: stats.first_token.as_secs_f64(),
            tokens_per_second: stats.decode_rate(),
        }
    }
}

/// A running answer. Dropping it cancels it.
#[derive(uniffi::Object)]
pub struct Generation {
    events: Receiver<Result<Event, SdkError>>,
    cancelled: Arc<AtomicBool>,
    over: AtomicBool,
}

impl Generation {
    pub(crate) fn new(events: Receiver<Result<Event, SdkError>>, cancelled: Arc<AtomicBool>) -> Self {
        Self { events, cancelled, over: AtomicBool::new(false) }
    }
}

#[uniffi::export]
impl Generation {
    /// Waits for the next event; `None` after the last one.
    pub fn next(&self) -> Result<Option<Event>, SdkError> {
        if self.over.load(Ordering::Acquire) {
            return Ok(None);
        }
        let event = self.events.recv().unwrap_or(Err(SdkError::ModelUnloaded));
        if !matches!(event, Ok(Event::Text { .. })) {
            self.over.store(true, Ordering::Release);
        }
        event.map(Some)
    }

    /// Ends the answer at the next token; the last event still comes. May be called at any time, twice as well.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.cancel();
    }
}
