//! From logits to the next token.
//!
//! The order is fixed: repetition, presence and frequency penalties; logit bias; mask; then at temperature 0 the
//! highest logit (lowest id among equals), else temperature, top-k, top-p, min-p and a draw.
//!
//! ```
//! use phonelm_engine::{Sampler, SamplerOptions};
//!
//! # fn main() -> Result<(), phonelm_engine::Error> {
//! let options = SamplerOptions { temperature: 0.7, top_p: 0.9, seed: Some(1), ..SamplerOptions::default() };
//! let mut sampler = Sampler::new(options, 3)?;
//! let token = sampler.sample(&[0.1, 5.0, -1.0], &[], None)?;
//! assert_eq!(token, 1);
//! # Ok(())
//! # }
//! ```

mod mask;
mod rng;

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::Error;
pub use mask::{TokenMask, TokenSet};
use rng::Rng;

/// How the next token is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplerOptions {
    /// Divides the logits, 0 to 10; 0 takes the likeliest token.
    pub temperature: f32,
    /// Only the `top_k` likeliest tokens; 0 for all.
    pub top_k: usize,
    /// Only the fewest likeliest tokens that together reach this probability, above 0 up to 1.
    pub top_p: f32,
    /// Only tokens at least this share as likely as the likeliest, 0 to 1.
    pub min_p: f32,
    /// Divides positive and multiplies negative logits of tokens in the window, above 0 up to 10; 1 for none.
    pub repetition_penalty: f32,
    /// Taken off the logit of each token in the window, -2 to 2.
    pub presence_penalty: f32,
    /// Taken off the logit for each time that the token occurs in the window, -2 to 2.
    pub frequency_penalty: f32,
    /// How many of the last tokens the penalties look at, prompt included.
    pub penalty_window: usize,
    /// Added to the logits of single tokens, -100 to 100 each.
    pub logit_bias: Vec<(u32, f32)>,
    /// Fixes the draws; without it each sampler draws its own.
    pub seed: Option<u64>,
}

impl Default for SamplerOptions {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            penalty_window: 64,
            logit_bias: Vec::new(),
            seed: None,
        }
    }
}

impl SamplerOptions {
    /// Refuses values outside their ranges, naming the option and the range.
    pub fn check(&self, vocab: usize) -> Result<(), Error> {
        let at_most_one = 0.0..=1.0;
        let penalty = -2.0..=2.0;
        let checks = [
            ("temperature", self.temperature, (0.0..=10.0).contains(&self.temperature), "0 to 10"),
            ("top_p", self.top_p, self.top_p > 0.0 && at_most_one.contains(&self.top_p), "above 0, up to 1"),
            ("min_p", self.min_p, at_most_one.contains(&self.min_p), "0 to 1"),
            (
                "repetition_penalty",
                self.repetition_penalty,
                self.repetition_penalty > 0.0 && self.repetition_penalty <= 10.0,
                "above 0, up to 10",
            ),
            ("presence_penalty", self.presence_penalty, penalty.contains(&self.presence_penalty), "-2 to 2"),
            ("frequency_penalty", self.frequency_penalty, penalty.contains(&self.frequency_penalty), "-2 to 2"),
        ];
        let biases = self.logit_bias.iter().map(|&(_, bias)| ("logit_bias", bias, bias.abs() <= 100.0, "-100 to 100"));
        for (name, value, fits, allowed) in checks.into_iter().chain(biases) {
            if !fits {
                return Err(Error::Option { name, value: value.into(), allowed });
            }
        }
        match self.logit_bias.iter().find(|(token, _)| *token as usize >= vocab) {
            Some(&(token, _)) => Err(Error::TokenOutOfRange { token: token.into(), vocab }),
            None => Ok(()),
        }
    }

    fn penalises(&self) -> bool {
        self.repetition_penalty != 1.0 || self.presence_penalty != 0.0 || self.frequency_penalty != 0.0
    }
}

/// A token that may be drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub token: u32,
    /// Its probability; those of all candidates sum to 1.
    pub probability: f32,
}

/// Draws tokens.
#[derive(Clone, Debug)]
pub struct Sampler {
    options: SamplerOptions,
    rng: Rng,
    logits: Vec<f32>,
    allowed: TokenSet,
    candidates: Vec<Candidate>,
}

impl Sampler {
    /// A sampler for a vocabulary of `vocab` tokens. Errors: an option outside its range.
    pub fn new(options: SamplerOptions, vocab: usize) -> Result<Self, Error> {
        options.check(vocab)?;
        let rng = Rng::new(options.seed);
        Ok(Self { options, rng, logits: Vec::new(), allowed: TokenSet::all(vocab), candidates: Vec::new() })
    }

    /// Draws the next token; `history` is the text so far, `mask` is told what was drawn.
    ///
    /// Errors: a logit that is not finite, a mask that allows nothing.
    pub fn sample(&mut self, logits: &[f32], history: &[u32], mask: Option<&mut dyn TokenMask>) -> Result<u32, Error> {
        let Some(mask) = mask else {
            return self.draw(logits, history, false);
        };
        let token = self.draw_under(logits, history, mask)?;
        mask.accept(token)?;
        Ok(token)
    }

    /// Draws a token that the mask allows. The likeliest of all is the likeliest of the allowed ones where it is one of
    /// them, so that a greedy sampler seldom needs the whole mask. Some masks ask for a free draw first.
    fn draw_under(&mut self, logits: &[f32], history: &[u32], mask: &mut dyn TokenMask) -> Result<u32, Error> {
        if mask.is_free() {
            return self.draw(logits, history, false);
        }
        if self.is_greedy() || mask.follows_wish() {
            let token = self.draw(logits, history, false)?;
            if mask.allows(token)? == Some(true) {
                return Ok(token);
            }
        }
        self.restrict(mask)?;
        self.draw(logits, history, true)
    }

    /// Whether it takes the likeliest token.
    pub(crate) fn is_greedy(&self) -> bool {
        self.options.temperature == 0.0
    }

    /// The tokens among which [`Self::sample`] would draw, likeliest first where top-k or top-p is set. Errors as there.
    pub fn candidates(
        &mut self,
        logits: &[f32],
        history: &[u32],
        mask: Option<&mut dyn TokenMask>,
    ) -> Result<&[Candidate], Error> {
        let masked = mask.map(|mask| self.restrict(mask)).transpose()?.is_some();
        self.choose(logits, history, masked)?;
        Ok(&self.candidates)
    }

    fn restrict(&mut self, mask: &mut dyn TokenMask) -> Result<(), Error> {
        self.allowed.fill();
        mask.restrict(&mut self.allowed)
    }

    /// How many of the highest logits are enough for [`Self::sample_best`] to draw what [`Self::sample`] would, as long as
    /// no mask forbids it; `None` where it takes all of them.
    pub fn enough(&self) -> Option<usize> {
        let o = &self.options;
        if o.penalises() || !o.logit_bias.is_empty() {
            return None;
        }
        if o.temperature == 0.0 { Some(1) } else { (o.top_k > 0).then_some(o.top_k) }
    }

    /// Draws the next token from the highest logits, of which there are [`Self::enough`], highest first and lower tokens
    /// first among equals. `None` if these do not tell what the mask leaves; nothing is drawn then.
    ///
    /// Errors: a logit that is not finite, an empty list.
    pub fn sample_best(&mut self, best: &[(u32, f32)], mask: Option<&mut dyn TokenMask>) -> Result<Option<u32>, Error> {
        let Some(mask) = mask else { return self.draw_best(best).map(Some) };
        if !mask.is_free() && !self.is_greedy() {
            return Ok(None);
        }
        let token = self.draw_best(best)?;
        if !mask.is_free() && mask.allows(token)? != Some(true) {
            return Ok(None);
        }
        mask.accept(token)?;
        Ok(Some(token))
    }

    fn draw_best(&mut self, best: &[(u32, f32)]) -> Result<u32, Error> {
        if let Some(&(token, value)) = best.iter().find(|(_, logit)| !logit.is_finite()) {
            return Err(Error::LogitNotFinite { token, value });
        }
        self.candidates.clear();
        self.candidates.extend(best.iter().map(|&(token, logit)| Candidate { token, probability: logit }));
        self.narrow();
        self.pick().ok_or(Error::NothingAllowed { vocab: best.len() })
    }

    fn draw(&mut self, logits: &[f32], history: &[u32], masked: bool) -> Result<u32, Error> {
        self.choose(logits, history, masked)?;
        self.pick().ok_or(Error::NothingAllowed { vocab: logits.len() })
    }

    /// One of the candidates.
    fn pick(&mut self) -> Option<u32> {
        let mut left = if self.candidates.len() > 1 { self.rng.unit() } else { 0.0 };
        let drawn = self.candidates.iter().find(|candidate| {
            left -= f64::from(candidate.probability);
            left < 0.0
        });
        drawn.or(self.candidates.last()).map(|candidate| candidate.token)
    }

    fn choose(&mut self, logits: &[f32], history: &[u32], masked: bool) -> Result<(), Error> {
        for (token, &value) in (0..).zip(logits) {
            if !value.is_finite() {
                return Err(Error::LogitNotFinite { token, value });
            }
        }
        self.logits.clear();
        self.logits.extend_from_slice(logits);
        self.penalise(history);
        for &(token, bias) in &self.options.logit_bias {
            if let Some(logit) = self.logits.get_mut(token as usize) {
                *logit += bias;
            }
        }
        self.candidates.clear();
        let all = (0u32..).zip(&self.logits).map(|(token, &logit)| Candidate { token, probability: logit });
        self.candidates.extend(all.filter(|c| !masked || self.allowed.contains(c.token)));
        if self.candidates.is_empty() {
            return Err(Error::NothingAllowed { vocab: logits.len() });
        }
        self.narrow();
        Ok(())
    }

    /// Turns the candidates' logits into probabilities and keeps those among which is drawn.
    fn narrow(&mut self) {
        if self.options.temperature == 0.0 {
            let best = self.candidates.iter().copied().min_by(likeliest).map(|c| Candidate { probability: 1.0, ..c });
            self.candidates.clear();
            self.candidates.extend(best);
        } else {
            self.keep_top_k();
            softmax(&mut self.candidates, self.options.temperature);
            self.keep_top_p();
            self.keep_min_p();
        }
    }

    fn penalise(&mut self, history: &[u32]) {
        let o = &self.options;
        if !o.penalises() {
            return;
        }
        let window = &history[history.len().saturating_sub(o.penalty_window)..];
        let mut counts: HashMap<u32, f32> = HashMap::new();
        for &token in window {
            *counts.entry(token).or_default() += 1.0;
        }
        for (token, count) in counts {
            if let Some(logit) = self.logits.get_mut(token as usize) {
                *logit = if *logit > 0.0 { *logit / o.repetition_penalty } else { *logit * o.repetition_penalty };
                *logit -= o.presence_penalty + o.frequency_penalty * count;
            }
        }
    }

    fn keep_top_k(&mut self) {
        let k = self.options.top_k;
        if k == 0 {
            return;
        }
        if k < self.candidates.len() {
            self.candidates.select_nth_unstable_by(k - 1, likeliest);
            self.candidates.truncate(k);
        }
        self.candidates.sort_unstable_by(likeliest);
    }

    /// Needs probabilities. Tokens below `(1 - p) / n` sum to less than `1 - p`, so they are never among those that
    /// reach `p`, and need no sorting.
    fn keep_top_p(&mut self) {
        let p = self.options.top_p;
        if p == 1.0 {
            return;
        }
        let floor = (1.0 - p) / self.candidates.len() as f32 * 0.5;
        self.candidates.retain(|c| c.probability >= floor);
        self.candidates.sort_unstable_by(likeliest);
        let mut sum = 0.0;
        let reached = self.candidates.iter().position(|c| {
            sum += c.probability;
            sum >= p
        });
        if let Some(last) = reached {
            self.candidates.truncate(last + 1);
        }
        normalise(&mut self.candidates);
    }

    fn keep_min_p(&mut self) {
        if self.options.min_p == 0.0 {
            return;
        }
        let highest = self.candidates.iter().map(|c| c.probability).fold(0.0, f32::max);
        let floor = highest * self.options.min_p;
        self.candidates.retain(|c| c.probability >= floor);
        normalise(&mut self.candidates);
    }
}

/// Higher values first, lower ids first among equals.
fn likeliest(a: &Candidate, b: &Candidate) -> Ordering {
    b.probability.total_cmp(&a.probability).then(a.token.cmp(&b.token))
}

/// Turns logits into probabilities, `exp((x - max) / t) / sum`.
fn softmax(candidates: &mut [Candidate], temperature: f32) {
    let max = candidates.iter().map(|c| c.probability).fold(f32::NEG_INFINITY, f32::max);
    for candidate in candidates.iter_mut() {
        candidate.probability = ((candidate.probability - max) / temperature).exp();
    }
    normalise(candidates);
}

fn normalise(candidates: &mut [Candidate]) {
    let sum: f64 = candidates.iter().map(|c| f64::from(c.probability)).sum();
    for candidate in candidates {
        candidate.probability = (f64::from(candidate.probability) / sum) as f32;
    }
}

#[cfg(test)]
mod tests;
