//! Drafts: what may come next, copied from where the last few tokens stood before, and checked by the model in one pass.
//!
//! Prompt lookup (Saxena 2023, <https://github.com/apoorvumang/prompt-lookup-decoding>): an answer that quotes or edits its prompt
//! repeats long parts of it. A draft changes the speed alone: every token is drawn from the model's own logits as ever, and a
//! drafted token that is not the one drawn is taken back out of the cache.
//!
//! The trap: a pass over several tokens costs more than one over one. So a draft is as long as pays, which follows from what passes
//! cost ([`Pace`]) and how often drafts are right ([`Drafter`]); both are learned while the model writes.

/// Most tokens of a draft.
pub(crate) const LONGEST: usize = 7;
/// Most tokens whose repetition is looked at.
const SUFFIX: usize = 4;
/// Fewest; one token says nothing.
const SHORTEST_SUFFIX: usize = 2;
/// Weight of a new observation in an average.
const RATE: f64 = 0.125;
/// What each further token adds to the cost of a pass, as long as it has not been measured.
const FURTHER: f64 = 0.2;
/// How much faster a draft has to promise to be.
const GAIN: f64 = 1.05;

/// What passes cost on this machine.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Seconds of a pass over `index + 1` tokens; 0 if none was measured.
    seconds: [f64; LONGEST + 1],
}

impl Pace {
    /// Notes what a pass over `tokens` took. What was measured long ago counts for a little less each time, so that it is
    /// measured again.
    pub(crate) fn note(&mut self, tokens: usize, seconds: f64) {
        self.seconds.iter_mut().for_each(|old| *old *= 0.9995);
        if let Some(old) = tokens.checked_sub(1).and_then(|index| self.seconds.get_mut(index)) {
            // Other work on the machine may have stretched this one.
            *old = if *old == 0.0 { seconds } else { *old + RATE * (seconds.min(2.0 * *old) - *old) };
        }
    }

    /// Seconds of a pass over `tokens`: as measured, or from the longest shorter one that was.
    fn seconds(&self, tokens: usize) -> f64 {
        let known = (1..=tokens.min(self.seconds.len())).rev().find(|&n| self.seconds[n - 1] > 0.0);
        let relative = |tokens: usize| 1.0 + FURTHER * (tokens - 1) as f64;
        known.map_or(relative(tokens), |n| self.seconds[n - 1] * relative(tokens) / relative(n))
    }
}

/// A draft and what it rests on.
#[derive(Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) tokens: Vec<u32>,
    /// How many tokens before it stand in the text twice; 0 if a constraint leaves no other tokens.
    suffix: usize,
}

/// Finds drafts for one answer and learns how good they are.
#[derive(Debug)]
pub(crate) struct Drafter {
    /// How often a drafted token is right, by the length of the suffix before it.
    right: [f64; SUFFIX + 1],
}

impl Draft {
    /// Of the tokens that a constraint forces; `None` if it forces none.
    pub(crate) fn forced(mut tokens: Vec<u32>) -> Option<Self> {
        tokens.truncate(LONGEST);
        (!tokens.is_empty()).then_some(Self { tokens, suffix: 0 })
    }
}

impl Drafter {
    pub(crate) fn new() -> Self {
        Self { right: [0.5; SUFFIX + 1] }
    }

    /// What followed where the end of the text (`before`, then `last`) stood earlier: the longest such end counts, and of
    /// equals the latest place.
    pub(crate) fn look_up(&self, before: &[u32], last: u32) -> Option<Draft> {
        let mut found: Option<(usize, usize)> = None;
        for (at, _) in before.iter().enumerate().rev().filter(|&(_, &token)| token == last) {
            let same = before[..at].iter().rev().zip(before.iter().rev()).take(SUFFIX - 1).take_while(|(a, b)| a == b);
            let suffix = 1 + same.count();
            if suffix >= SHORTEST_SUFFIX && found.is_none_or(|(longest, _)| suffix > longest) {
                found = Some((suffix, at));
            }
            if suffix == SUFFIX {
                break;
            }
        }
        let (suffix, at) = found?;
        let tokens = before[at + 1..].iter().copied().chain([last]).take(LONGEST).collect();
        Some(Draft { tokens, suffix })
    }

    /// How many tokens of `draft` to check so that the most tokens a second are to be expected: 0 to all.
    pub(crate) fn worth(&self, draft: &Draft, pace: &Pace) -> usize {
        let (mut expected, mut chance) = (1.0, 1.0);
        let (mut best, mut worth) = (GAIN / pace.seconds(1), 0);
        for length in 1..=draft.tokens.len() {
            chance *= self.right[draft.suffix];
            expected += chance;
            let rate = expected / pace.seconds(length + 1);
            if rate > best {
                (best, worth) = (rate, length);
            }
        }
        worth
    }

    /// Learns whether a token that `draft` foretold was drawn.
    pub(crate) fn learn(&mut self, draft: &Draft, right: bool) {
        let average = &mut self.right[draft.suffix];
        *average += RATE * (f64::from(u8::from(right)) - *average);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &[u32]) -> Option<Vec<u32>> {
        let (last, before) = text.split_last().unwrap();
        Drafter::new().look_up(before, *last).map(|draft| draft.tokens)
    }

    #[test]
    fn what_followed_before_is_drafted() {
        assert_eq!(draft(&[1, 2, 3, 4, 5, 1, 2]), Some(vec![3, 4, 5, 1, 2]));
        assert_eq!(draft(&[1, 2, 3, 9, 2, 4, 1, 2]), Some(vec![3, 9, 2, 4, 1, 2]), "one token is not enough");
        assert_eq!(draft(&[1, 2, 3, 4, 1, 2, 8, 1, 2]), Some(vec![8, 1, 2]), "the latest place counts");
        assert_eq!(
            draft(&[5, 1, 2, 3, 6, 1, 2, 8, 5, 1, 2]),
            Some(vec![3, 6, 1, 2, 8, 5, 1]),
            "the longest end counts more"
        );
        assert_eq!(draft(&[7, 7, 7]), Some(vec![7]));
        for text in [&[1][..], &[1, 2], &[1, 2, 3, 4], &[2, 1, 2]] {
            assert_eq!(draft(text), None, "{text:?}");
        }
    }

    #[test]
    fn drafts_are_as_long_as_pays() {
        let mut pace = Pace::default();
        for tokens in 1..=LONGEST + 1 {
            pace.note(tokens, 1.0 + 0.3 * (tokens - 1) as f64);
        }
        let draft = Draft { tokens: vec![1; LONGEST], suffix: 2 };
        let worth = |right: f64| Drafter { right: [right; SUFFIX + 1] }.worth(&draft, &pace);
        assert_eq!(worth(0.1), 0);
        assert_eq!(worth(1.0), LONGEST);
        assert!((1..LONGEST).contains(&worth(0.6)), "{}", worth(0.6));
    }

    #[test]
    fn nothing_is_drafted_where_passes_cost_what_their_tokens_do() {
        let mut pace = Pace::default();
        (1..=LONGEST + 1).for_each(|tokens| pace.note(tokens, tokens as f64));
        let draft = Draft { tokens: vec![1; LONGEST], suffix: 2 };
        assert_eq!(Drafter { right: [1.0; SUFFIX + 1] }.worth(&draft, &pace), 0);
    }

    #[test]
    fn wrong_drafts_are_given_up_and_right_ones_come_back() {
        let (mut drafter, mut pace) = (Drafter::new(), Pace::default());
        pace.note(1, 1.0);
        let draft = Draft { tokens: vec![1; LONGEST], suffix: 2 };
        assert!(drafter.worth(&draft, &pace) > 0);
        (0..20).for_each(|_| drafter.learn(&draft, false));
        assert_eq!(drafter.worth(&draft, &pace), 0);
        (0..20).for_each(|_| drafter.learn(&draft, true));
        assert_eq!(drafter.worth(&draft, &pace), LONGEST);
    }

    #[test]
    fn one_slow_pass_changes_little() {
        let mut pace = Pace::default();
        (0..10).for_each(|_| pace.note(1, 1.0));
        pace.note(1, 1000.0);
        assert!(pace.seconds(1) < 1.2, "{}", pace.seconds(1));
        assert!(pace.seconds(3) > pace.seconds(2) && pace.seconds(2) > pace.seconds(1));
    }
}
