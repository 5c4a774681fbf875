//! A grammar and how far an answer has come in it.

use std::sync::Arc;

use llguidance::Matcher;
use llguidance::api::StopReason;

use super::GrammarError;
use super::compile::plain;
use super::vocabulary::Vocabulary;
use crate::sampler::TokenSet;

/// One pass through a grammar.
#[derive(Clone)]
pub(super) struct Run {
    matcher: Matcher,
    vocabulary: Arc<Vocabulary>,
}

impl Run {
    /// At the grammar's beginning.
    pub(super) fn new(matcher: Matcher, vocabulary: Arc<Vocabulary>) -> Self {
        Self { matcher, vocabulary }
    }

    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Whether all of these may come next.
    pub(super) fn allows(&mut self, tokens: &[u32]) -> Result<bool, GrammarError> {
        if let [token] = tokens
            && self.vocabulary.stops().contains(token)
        {
            return self.may_end();
        }
        if self.matcher.is_stopped() || tokens.iter().any(|token| self.vocabulary.shown(*token).is_empty()) {
            return Ok(false);
        }
        let taken = self.matcher.validate_tokens(tokens).map_err(too_much)?;
        Ok(taken == tokens.len())
    }

    /// Keeps only what may come next.
    pub(super) fn restrict(&mut self, allowed: &mut TokenSet) -> Result<(), GrammarError> {
        if !self.matcher.is_stopped() {
            match self.matcher.compute_mask() {
                Ok(mask) => allowed.intersect_words(mask.as_slice()),
                // No token spells what the grammar wants.
                Err(_) if self.matcher.stop_reason() == StopReason::NoExtensionBias => allowed.clear(),
                Err(error) => return Err(too_much(error)),
            }
        } else {
            allowed.clear();
        }
        let may_end = self.may_end()?;
        for &stop in self.vocabulary.stops() {
            if may_end { allowed.insert(stop) } else { allowed.remove(stop) }
        }
        Ok(())
    }

    /// Goes on by these, which must be allowed.
    pub(super) fn accept(&mut self, tokens: &[u32]) -> Result<(), GrammarError> {
        if tokens.iter().any(|token| self.vocabulary.stops().contains(token)) {
            return Ok(());
        }
        self.matcher.consume_tokens(tokens).map_err(too_much)
    }

    /// Goes on by as many of these as are allowed, and tells how many that were.
    pub(super) fn take(&mut self, tokens: &[u32]) -> Result<usize, GrammarError> {
        let taken = self.matcher.validate_tokens(tokens).map_err(too_much)?;
        self.matcher.consume_tokens(tokens.get(..taken).unwrap_or_default()).map_err(too_much)?;
        Ok(taken)
    }

    /// Tokens that the grammar leaves no choice about, as far as is known.
    pub(super) fn forced(&mut self) -> Vec<u32> {
        if self.matcher.is_stopped() {
            return Vec::new();
        }
        self.vocabulary.cut(&self.matcher.compute_ff_bytes())
    }

    /// Whether the text so far is whole.
    pub(super) fn may_end(&mut self) -> Result<bool, GrammarError> {
        if self.is_over() {
            return Ok(true);
        }
        if self.matcher.is_stopped() {
            return Ok(false);
        }
        self.matcher.is_accepting().map_err(too_much)
    }

    /// Whether the text so far is whole and nothing may follow.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.matcher.stop_reason(), StopReason::NoExtension | StopReason::EndOfSentence)
    }
}

fn too_much(error: impl std::fmt::Display) -> GrammarError {
    GrammarError::TooMuchWork { reason: plain(error) }
}
