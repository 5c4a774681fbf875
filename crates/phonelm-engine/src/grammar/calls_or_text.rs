//! An answer that is either calls or text under a constraint, never both.
//!
//! The model decides: a token is drawn freely, and if it begins a call, the answer is calls. Were it drawn among what either
//! allows, a model whose text seldom looks as the constraint wants would call for ever.

use super::WholeAnswer;
use crate::Error;
use crate::sampler::{TokenMask, TokenSet};

/// What the answer may still be.
pub(super) struct CallsOrText {
    calls: Option<WholeAnswer>,
    text: Option<Box<dyn TokenMask>>,
}

impl CallsOrText {
    pub(super) fn new(calls: WholeAnswer, text: Box<dyn TokenMask>) -> Self {
        Self { calls: Some(calls), text: Some(text) }
    }
}

impl TokenMask for CallsOrText {
    fn restrict(&mut self, allowed: &mut TokenSet) -> Result<(), Error> {
        match (&mut self.text, &mut self.calls) {
            (Some(text), _) => text.restrict(allowed),
            (None, Some(calls)) => calls.restrict(allowed),
            (None, None) => {
                allowed.clear();
                Ok(())
            }
        }
    }

    fn accept(&mut self, token: u32) -> Result<(), Error> {
        if let (Some(calls), Some(text)) = (&mut self.calls, &mut self.text) {
            let (calls, text) = (takes(calls, token)?, takes(&mut **text, token)?);
            self.calls.take_if(|_| !calls);
            self.text.take_if(|_| !text);
        }
        if let Some(calls) = &mut self.calls {
            calls.accept(token)?;
        }
        self.text.as_mut().map_or(Ok(()), |text| text.accept(token))
    }

    fn follows_wish(&self) -> bool {
        self.calls.is_some() && self.text.is_some()
    }

    fn allows(&mut self, token: u32) -> Result<Option<bool>, Error> {
        let calls = self.calls.as_mut().map_or(Ok(Some(false)), |calls| calls.allows(token))?;
        if calls == Some(true) {
            return Ok(calls);
        }
        self.text.as_mut().map_or(Ok(calls), |text| text.allows(token))
    }

    fn forced(&mut self) -> Vec<u32> {
        match (&mut self.calls, &mut self.text) {
            (Some(calls), None) => calls.forced(),
            (None, Some(text)) => text.forced(),
            _ => Vec::new(),
        }
    }
}

fn takes(mask: &mut dyn TokenMask, token: u32) -> Result<bool, Error> {
    if let Some(known) = mask.allows(token)? {
        return Ok(known);
    }
    let mut allowed = TokenSet::all(token as usize + 1);
    mask.restrict(&mut allowed)?;
    Ok(allowed.contains(token))
}
