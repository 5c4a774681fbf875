//! Constraints on the next token.

use crate::Error;

/// A set of token ids, one bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    words: Vec<u32>,
    vocab: usize,
}

impl TokenSet {
    /// All of a vocabulary's tokens.
    pub fn all(vocab: usize) -> Self {
        let mut set = Self { words: Vec::new(), vocab };
        set.fill();
        set
    }

    /// Takes every token in.
    pub fn fill(&mut self) {
        self.words.clear();
        self.words.resize(self.vocab.div_ceil(32), u32::MAX);
    }

    /// Leaves every token out.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Takes a token in; ids outside the vocabulary are ignored.
    pub fn insert(&mut self, token: u32) {
        if (token as usize) < self.vocab
            && let Some(word) = self.words.get_mut(token as usize / 32)
        {
            *word |= 1 << (token % 32);
        }
    }

    /// Leaves a token out.
    pub fn remove(&mut self, token: u32) {
        if let Some(word) = self.words.get_mut(token as usize / 32) {
            *word &= !(1 << (token % 32));
        }
    }

    /// Keeps only tokens that are also in these words: bit `t % 32` of word `t / 32` is token `t`.
    pub fn intersect_words(&mut self, words: &[u32]) {
        for (index, word) in self.words.iter_mut().enumerate() {
            *word &= words.get(index).copied().unwrap_or(0);
        }
    }

    /// Size of the vocabulary.
    pub(crate) fn vocab(&self) -> u32 {
        u32::try_from(self.vocab).unwrap_or(u32::MAX)
    }

    /// Whether a token is in the set.
    pub fn contains(&self, token: u32) -> bool {
        (token as usize) < self.vocab
            && self.words.get(token as usize / 32).is_some_and(|word| word >> (token % 32) & 1 == 1)
    }
}

/// Decides which tokens may come next: a grammar, a schema, a list of choices.
pub trait TokenMask: Send {
    /// Removes from `allowed`, which starts full, every token that must not come next. A constraint that is
    /// satisfied leaves only tokens that end the answer.
    fn restrict(&mut self, allowed: &mut TokenSet) -> Result<(), Error>;

    /// Takes note of the token that was drawn.
    fn accept(&mut self, token: u32) -> Result<(), Error>;

    /// Whether every token may come next, so that [`Self::restrict`] need not be asked.
    fn is_free(&self) -> bool {
        false
    }

    /// Whether `token` may come next, if that is known for less than [`Self::restrict`] costs.
    fn allows(&mut self, token: u32) -> Result<Option<bool>, Error> {
        let _ = token;
        Ok(None)
    }

    /// Whether a token is drawn freely first, at any temperature, and taken if it is allowed, so that what the model wants
    /// decides between several ways on.
    fn follows_wish(&self) -> bool {
        false
    }

    /// The next tokens, as far as there is no choice: a guess, for what is drawn is asked of the mask as ever.
    fn forced(&mut self) -> Vec<u32> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_operations() {
        let mut set = TokenSet::all(40);
        assert!(set.contains(39) && !set.contains(40));
        set.remove(39);
        set.insert(40);
        assert!(!set.contains(39) && !set.contains(40));
        set.intersect_words(&[0b101]);
        assert_eq!((0..64).filter(|&t| set.contains(t)).collect::<Vec<_>>(), [0, 2]);
        set.clear();
        assert!((0..40).all(|t| !set.contains(t)));
    }
}
