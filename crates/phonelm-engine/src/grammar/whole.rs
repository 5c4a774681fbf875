//! A constraint on all of an answer.

use super::Run;
use crate::Error;
use crate::sampler::{TokenMask, TokenSet};

/// The answer is a text of the grammar and nothing else.
pub(super) struct WholeAnswer(Run);

impl WholeAnswer {
    pub(super) fn new(run: Run) -> Self {
        Self(run)
    }
}

impl TokenMask for WholeAnswer {
    fn restrict(&mut self, allowed: &mut TokenSet) -> Result<(), Error> {
        Ok(self.0.restrict(allowed)?)
    }

    fn accept(&mut self, token: u32) -> Result<(), Error> {
        Ok(self.0.accept(&[token])?)
    }

    fn allows(&mut self, token: u32) -> Result<Option<bool>, Error> {
        Ok(Some(self.0.allows(&[token])?))
    }

    fn forced(&mut self) -> Vec<u32> {
        self.0.forced()
    }
}
