//! Text that is free until a call begins, and follows the functions' schemas until the call ends.
//!
//! Where a call begins and ends is what [`crate::CallParser`] reads: in the hermes form between `<tool_call>` and
//! `</tool_call>`; in the llama3 form after `<|python_tag|>`, or from the answer's beginning if that is `{"name"`, and
//! then to the answer's end. Outside, no mask is computed.

use super::Run;
use super::vocabulary::find;
use crate::Error;
use crate::sampler::{TokenMask, TokenSet};
use crate::text::overlap;
use crate::tools::{ToolFormat, begins_like_call, is_begun_call};

#[derive(Clone, Debug, PartialEq)]
enum State {
    /// Nothing but what may yet become a call that no mark announces.
    Start { tokens: Vec<u32>, text: Vec<u8> },
    /// Text that ends with the beginning of a mark.
    Text { tail: Vec<u8> },
    /// In a call.
    Call,
}

/// What a token makes of free text.
#[derive(Debug, PartialEq)]
enum Next {
    State(State),
    /// A call is announced and begins with the next token.
    Opens,
    /// A call without mark has begun with these tokens.
    Begun(Vec<u32>),
    /// The token holds a mark and more behind it, which no grammar has seen.
    Crosses,
}

/// Free text with calls of the offered functions.
#[derive(Clone)]
pub(crate) struct CallMask {
    format: ToolFormat,
    state: State,
    /// The grammar of calls, at its beginning and in the running call.
    fresh: Run,
    run: Run,
}

impl CallMask {
    /// At the beginning of an answer; `run` is at the beginning of the grammar of calls.
    pub(super) fn new(format: ToolFormat, run: Run) -> Self {
        let state = match format {
            ToolFormat::Hermes => State::Text { tail: Vec::new() },
            ToolFormat::Llama3 => State::Start { tokens: Vec::new(), text: Vec::new() },
        };
        Self { format, state, fresh: run.clone(), run }
    }

    /// What `token` makes of the text so far. Only where that is free.
    fn next(&self, token: u32) -> Next {
        let bytes = self.fresh.vocabulary().shown(token);
        let mark = self.format.opening().as_bytes();
        let (tokens, text) = match &self.state {
            State::Start { tokens, text } => (Some(tokens), [text, bytes].concat()),
            State::Text { tail } => (None, [tail, bytes].concat()),
            State::Call => return Next::State(State::Call),
        };
        if let Some(at) = find(&text, mark) {
            return if at + mark.len() == text.len() { Next::Opens } else { Next::Crosses };
        }
        if let Some(tokens) = tokens {
            let said = String::from_utf8_lossy(&text);
            let said = said.trim_start();
            let tokens = || tokens.iter().copied().chain([token]).collect();
            if is_begun_call(said) {
                return Next::Begun(tokens());
            }
            if begins_like_call(said) || self.format.opening().starts_with(said) {
                return Next::State(State::Start { tokens: tokens(), text });
            }
        }
        let tail = text[text.len() - overlap(&text, mark)..].to_vec();
        Next::State(State::Text { tail })
    }

    /// Whether the answer so far would be read as a call that was broken off.
    fn is_half_begun(&self) -> bool {
        let State::Start { text, .. } = &self.state else { return false };
        let said = String::from_utf8_lossy(text);
        let said = said.trim_start();
        !said.is_empty() && begins_like_call(said)
    }

    /// Whether free text may go on with `token`.
    fn is_free_for(&mut self, token: u32) -> Result<bool, Error> {
        if self.fresh.vocabulary().stops().contains(&token) {
            return Ok(!self.is_half_begun());
        }
        Ok(match self.next(token) {
            Next::State(_) | Next::Opens => true,
            Next::Begun(tokens) => self.fresh.clone().allows(&tokens)?,
            Next::Crosses => false,
        })
    }
}

impl TokenMask for CallMask {
    fn restrict(&mut self, allowed: &mut TokenSet) -> Result<(), Error> {
        if self.state == State::Call {
            return Ok(self.run.restrict(allowed)?);
        }
        for token in 0..allowed.vocab() {
            if !self.is_free_for(token)? {
                allowed.remove(token);
            }
        }
        Ok(())
    }

    fn accept(&mut self, token: u32) -> Result<(), Error> {
        if self.state == State::Call {
            self.run.accept(&[token])?;
            if self.format == ToolFormat::Hermes && self.run.is_over() {
                self.state = State::Text { tail: Vec::new() };
            }
            return Ok(());
        }
        let begun = match self.next(token) {
            Next::State(state) => {
                self.state = state;
                return Ok(());
            }
            Next::Begun(tokens) => tokens,
            Next::Opens | Next::Crosses => Vec::new(),
        };
        self.state = State::Call;
        self.run = self.fresh.clone();
        Ok(self.run.accept(&begun)?)
    }

    fn is_free(&self) -> bool {
        matches!(&self.state, State::Text { tail } if tail.is_empty()) && !self.fresh.vocabulary().has_crossing_tokens()
    }

    fn allows(&mut self, token: u32) -> Result<Option<bool>, Error> {
        Ok(Some(if self.state == State::Call { self.run.allows(&[token])? } else { self.is_free_for(token)? }))
    }

    fn forced(&mut self) -> Vec<u32> {
        if self.state == State::Call { self.run.forced() } else { Vec::new() }
    }
}
