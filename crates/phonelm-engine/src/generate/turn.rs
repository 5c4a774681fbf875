//! A running turn: what it was started with, the answer so far, and the events that wait to be told.

use std::collections::VecDeque;
use std::time::Instant;

use super::response::{Event, FinishReason, Response, Stats};
use crate::Tokenizer;
use crate::conversation::{Answer, Message};
use crate::draft::Drafter;
use crate::sampler::{Sampler, TokenMask};
use crate::text::TextStream;
use crate::tools::{CallParser, Part};

/// What a turn is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It enters the conversation.
    Chat,
    /// It goes on from token ids and leaves no message.
    Ids,
    /// It only fills the cache.
    Prewarm,
}

/// A running turn.
pub(crate) struct Turn {
    pub(super) input: Vec<Message>,
    pub(super) purpose: Purpose,
    pub(super) prompt: Vec<u32>,
    /// Tokens that the cache kept from earlier turns.
    pub(super) kept: usize,
    pub(super) sampler: Sampler,
    pub(super) mask: Option<Box<dyn TokenMask>>,
    /// Whether the best logits did not tell what the mask leaves, so that the next pass brings all of them.
    pub(super) needs_all: bool,
    pub(super) keep_partial: bool,
    pub(super) max_tokens: usize,
    pub(super) text: TextStream,
    pub(super) parser: Option<CallParser>,
    /// Marks that are text although they are special: for the parser, and for a mask, which counts them.
    pub(super) shown_marks: &'static [&'static str],
    /// Whether the answer's first space is still to be taken off.
    pub(super) strip_space: bool,
    pub(super) answer: Answer,
    pub(super) drafter: Drafter,
    pub(super) events: VecDeque<Event>,
    pub(super) started: Instant,
    pub(super) stats: Stats,
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").field("stats", &self.stats).finish_non_exhaustive()
    }
}

impl Turn {
    /// How many of the highest logits are enough to draw from.
    pub(super) fn enough(&self) -> Option<usize> {
        let settled = self.mask.as_ref().is_none_or(|mask| mask.is_free() || self.sampler.is_greedy());
        if settled && !self.needs_all { self.sampler.enough() } else { None }
    }

    /// The bytes of a token that count as text.
    pub(super) fn shown<'a>(&mut self, tokenizer: &'a Tokenizer, token: u32) -> &'a [u8] {
        let bytes = tokenizer.token_bytes(token);
        if tokenizer.is_special(token) && !self.shown_marks.iter().any(|mark| mark.as_bytes() == bytes) {
            return &[];
        }
        let strip = std::mem::take(&mut self.strip_space);
        if strip { bytes.strip_prefix(b" ").unwrap_or(bytes) } else { bytes }
    }

    /// Takes text that is certain into the answer.
    pub(super) fn show(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.answer.raw.push_str(text);
        let parts = match &mut self.parser {
            Some(parser) => parser.push(text),
            None => vec![Part::Text(text.to_owned())],
        };
        self.tell(parts);
    }

    fn tell(&mut self, parts: Vec<Part>) {
        for part in parts {
            self.events.push_back(match part {
                Part::Text(text) => {
                    self.answer.text.push_str(&text);
                    Event::Text(text)
                }
                Part::Call(call) => {
                    self.answer.calls.push(call.clone());
                    Event::Call(call)
                }
                Part::Bad(error) => {
                    self.answer.bad_calls.push(error.clone());
                    Event::BadCall(error)
                }
            });
        }
    }

    /// Ends the answer: what was held back comes out, then the outcome.
    pub(super) fn end(&mut self, reason: FinishReason) {
        let rest = self.text.finish();
        self.show(&rest);
        if let Some(mut parser) = self.parser.take() {
            self.tell(parser.finish());
        }
        if self.text.stopped() {
            self.answer.ids.clear();
        }
        self.stats.total = self.started.elapsed();
        let called = reason == FinishReason::Stop && !self.answer.calls.is_empty();
        let finish = if called { FinishReason::ToolCalls } else { reason };
        let response = Response { answer: self.answer.clone(), finish, stats: self.stats };
        self.events.push_back(Event::Finished(response));
    }
}
