//! What comes back from the GPU: whole rows of logits, or the highest of each row.

use phonelm_model::ExecutorError;

use crate::shaders::{BEST_COUNTS, padded};

/// Rows that came back so far.
pub(crate) struct Results {
    vocab: usize,
    /// Where only so many of the highest logits of each row are wanted.
    count: Option<usize>,
    /// Rows of logits.
    pub(crate) logits: Vec<f32>,
    /// The highest of each row, with their tokens.
    pub(crate) best: Vec<(u32, f32)>,
}

impl Results {
    pub(crate) fn new(vocab: usize, count: Option<usize>) -> Self {
        Self { vocab, count, logits: Vec::new(), best: Vec::new() }
    }

    /// One of [`BEST_COUNTS`] if the GPU is to find the highest.
    pub(crate) fn made_for(&self) -> Option<u32> {
        let count = self.count?;
        BEST_COUNTS.into_iter().find(|made| *made as usize >= count)
    }

    /// Bytes of a row on its way back.
    pub(crate) fn row_bytes(&self) -> usize {
        match self.made_for() {
            Some(made) => made as usize * size_of::<[f32; 2]>(),
            None => padded(self.vocab) * size_of::<f32>(),
        }
    }

    /// Takes a row in, whose values must be finite.
    pub(crate) fn take(&mut self, row: &[u8]) -> Result<(), ExecutorError> {
        let (numbers, _) = row.as_chunks::<4>();
        let mut numbers = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let finite = match self.count {
            None => {
                self.logits.extend(numbers.take(self.vocab));
                self.logits.iter().rev().take(self.vocab).all(|logit| logit.is_finite())
            }
            Some(count) => {
                let pairs = std::iter::from_fn(|| Some((numbers.next()?, numbers.next()?)));
                self.best.extend(pairs.take(count).map(|(logit, token)| (token as u32, logit)));
                // The shader tells what is not finite as the largest number.
                self.best.iter().rev().take(count).all(|(_, logit)| *logit < f32::MAX)
            }
        };
        if finite { Ok(()) } else { Err(ExecutorError::NotFinite { position: self.rows() - 1 }) }
    }

    /// How many came back so far.
    pub(crate) fn rows(&self) -> usize {
        self.logits.len() / self.vocab + self.best.len() / self.count.unwrap_or(1)
    }
}
