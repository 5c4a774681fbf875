//! What each step keeps, and that draws follow the probabilities.

use super::*;
use phonelm_model::{Best, Logits};
use proptest::prelude::*;

fn options() -> SamplerOptions {
    SamplerOptions { temperature: 1.0, seed: Some(7), ..SamplerOptions::default() }
}

fn candidates(options: SamplerOptions, logits: &[f32], history: &[u32]) -> Vec<Candidate> {
    let mut sampler = Sampler::new(options, logits.len()).unwrap();
    sampler.candidates(logits, history, None).unwrap().to_vec()
}

fn tokens(options: SamplerOptions, logits: &[f32]) -> Vec<u32> {
    candidates(options, logits, &[]).iter().map(|c| c.token).collect()
}

/// What is allowed, what was accepted, and whether single tokens are answered for.
struct Only(Vec<u32>, Vec<u32>, bool);

impl TokenMask for Only {
    fn restrict(&mut self, allowed: &mut TokenSet) -> Result<(), Error> {
        allowed.clear();
        self.0.iter().for_each(|&t| allowed.insert(t));
        Ok(())
    }

    fn accept(&mut self, token: u32) -> Result<(), Error> {
        self.1.push(token);
        Ok(())
    }

    fn allows(&mut self, token: u32) -> Result<Option<bool>, Error> {
        Ok(self.2.then(|| self.0.contains(&token)))
    }
}

#[test]
fn greedy_takes_the_lowest_of_equals() {
    assert_eq!(tokens(SamplerOptions::default(), &[1.0, 3.0, 3.0, -2.0]), [1]);
}

#[test]
fn top_k_takes_the_lowest_ids_of_equals() {
    let logits = [0.0, 2.0, 1.0, 1.0, 1.0];
    assert_eq!(tokens(SamplerOptions { top_k: 3, ..options() }, &logits), [1, 2, 3]);
    assert_eq!(tokens(SamplerOptions { top_k: 9, ..options() }, &logits), [1, 2, 3, 4, 0]);
}

#[test]
fn top_p_is_the_smallest_set_that_reaches_p() {
    let logits = [0.1f32, 0.2, 0.3, 0.4].map(f32::ln);
    assert_eq!(tokens(SamplerOptions { top_p: 0.39, ..options() }, &logits), [3]);
    assert_eq!(tokens(SamplerOptions { top_p: 0.69, ..options() }, &logits), [3, 2]);
    assert_eq!(tokens(SamplerOptions { top_p: 0.71, ..options() }, &logits), [3, 2, 1]);
}

#[test]
fn min_p_is_a_share_of_the_likeliest() {
    let logits = [0.1f32, 0.2, 0.3, 0.4].map(f32::ln);
    assert_eq!(tokens(SamplerOptions { min_p: 0.74, ..options() }, &logits), [2, 3]);
    assert_eq!(tokens(SamplerOptions { min_p: 1.0, ..options() }, &logits), [3]);
}

#[test]
fn penalties_follow_their_formulas() {
    let seen = [9, 0, 1, 1];
    let sampler = |o: SamplerOptions| {
        let mut sampler = Sampler::new(o, 3).unwrap();
        sampler.candidates(&[2.0, -2.0, 1.0], &seen, None).unwrap();
        sampler.logits
    };
    assert_eq!(sampler(SamplerOptions { repetition_penalty: 2.0, ..options() }), [1.0, -4.0, 1.0]);
    assert_eq!(sampler(SamplerOptions { presence_penalty: 0.5, ..options() }), [1.5, -2.5, 1.0]);
    assert_eq!(sampler(SamplerOptions { frequency_penalty: 0.5, ..options() }), [1.5, -3.0, 1.0]);
    assert_eq!(sampler(SamplerOptions { presence_penalty: 0.5, penalty_window: 2, ..options() }), [2.0, -2.5, 1.0]);
    assert_eq!(sampler(SamplerOptions { logit_bias: vec![(2, -1.5)], ..options() }), [2.0, -2.0, -0.5]);
}

#[test]
fn masks_restrict_and_are_told() {
    let mut sampler = Sampler::new(SamplerOptions::default(), 4).unwrap();
    for single in [false, true] {
        let mut mask = Only(vec![0, 2], vec![], single);
        assert_eq!(sampler.sample(&[1.0, 9.0, 2.0, 9.0], &[], Some(&mut mask)).unwrap(), 2);
        assert_eq!(sampler.sample(&[5.0, 3.0, 2.0, 1.0], &[], Some(&mut mask)).unwrap(), 0);
        assert_eq!(mask.1, [2, 0]);
        let nothing = sampler.sample(&[1.0; 4], &[], Some(&mut Only(vec![4], vec![], single)));
        assert!(matches!(nothing, Err(Error::NothingAllowed { vocab: 4 })));
    }
}

#[test]
fn the_best_logits_serve_a_mask_that_allows_them() {
    let mut mask = Only(vec![0, 2], vec![], true);
    let mut greedy = Sampler::new(SamplerOptions::default(), 4).unwrap();
    assert_eq!(greedy.sample_best(&[(2, 9.0)], Some(&mut mask)).unwrap(), Some(2));
    assert_eq!(greedy.sample_best(&[(1, 9.0)], Some(&mut mask)).unwrap(), None);
    let mut drawing = Sampler::new(SamplerOptions { top_k: 1, ..options() }, 4).unwrap();
    assert_eq!(drawing.sample_best(&[(2, 9.0)], Some(&mut mask)).unwrap(), None);
    assert_eq!(mask.1, [2], "what is not drawn is not told");
}

#[test]
fn logits_that_are_not_finite_are_refused() {
    let mut sampler = Sampler::new(options(), 3).unwrap();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let error = sampler.sample(&[0.0, bad, 0.0], &[], None).unwrap_err();
        assert!(matches!(error, Error::LogitNotFinite { token: 1, .. }), "{error}");
    }
}

#[test]
fn options_out_of_range_say_the_range() {
    let bad = [
        (SamplerOptions { temperature: -0.1, ..options() }, "option temperature is -0.1"),
        (SamplerOptions { temperature: f32::NAN, ..options() }, "allowed is 0 to 10"),
        (SamplerOptions { top_p: 0.0, ..options() }, "allowed is above 0, up to 1"),
        (SamplerOptions { min_p: 1.5, ..options() }, "option min_p is 1.5, allowed is 0 to 1"),
        (SamplerOptions { repetition_penalty: 0.0, ..options() }, "allowed is above 0, up to 10"),
        (SamplerOptions { presence_penalty: 3.0, ..options() }, "option presence_penalty is 3, allowed is -2 to 2"),
        (SamplerOptions { frequency_penalty: f32::INFINITY, ..options() }, "option frequency_penalty"),
        (SamplerOptions { logit_bias: vec![(0, 200.0)], ..options() }, "option logit_bias is 200"),
        (SamplerOptions { logit_bias: vec![(3, 1.0)], ..options() }, "token id 3 is outside the vocabulary of 3"),
    ];
    for (options, message) in bad {
        let error = Sampler::new(options, 3).unwrap_err().to_string();
        assert!(error.starts_with(message) || error.ends_with(message) || error.contains(message), "{error}");
    }
}

#[test]
fn tiny_temperatures_do_not_overflow() {
    let found = candidates(SamplerOptions { temperature: 1e-38, ..options() }, &[1.0, 1000.0, -1000.0], &[]);
    assert_eq!(found.iter().map(|c| c.probability).collect::<Vec<_>>(), [0.0, 1.0, 0.0]);
}

#[test]
fn the_same_seed_draws_the_same_tokens() {
    let draw = |seed| {
        let mut sampler = Sampler::new(SamplerOptions { seed: Some(seed), ..options() }, 8).unwrap();
        (0..50).map(|_| sampler.sample(&[0.0; 8], &[], None).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    assert_eq!(draw(42)[..6], SEED_42, "draws changed: saved conversations would go on differently");
}

const SEED_42: [u32; 6] = [5, 1, 2, 2, 0, 6];

/// Pearson's chi-square of 20,000 draws against the probabilities: 9 degrees of freedom, 27.9 is passed by chance once
/// in a thousand seeds.
#[test]
fn draws_follow_the_probabilities() {
    let logits: Vec<f32> = (0..10).map(|i| i as f32 * 0.3).collect();
    let mut sampler = Sampler::new(options(), 10).unwrap();
    let mut counts = [0f64; 10];
    let draws = 20_000;
    for _ in 0..draws {
        counts[sampler.sample(&logits, &[], None).unwrap() as usize] += 1.0;
    }
    let expected = candidates(options(), &logits, &[]);
    let chi: f64 = expected
        .iter()
        .map(|c| {
            let e = f64::from(c.probability) * f64::from(draws);
            (counts[c.token as usize] - e).powi(2) / e
        })
        .sum();
    assert!(chi < 27.9, "chi-square {chi}");
}

proptest! {
    #[test]
    fn what_is_kept_is_what_the_options_say(
        logits in prop::collection::vec(-20.0f32..20.0, 1..80),
        temperature in 0.1f32..3.0,
        top_k in 0usize..90,
        top_p in 0.05f32..=1.0,
        min_p in 0.0f32..0.5,
    ) {
        let o = SamplerOptions { temperature, top_k, top_p, min_p, ..options() };
        let found = candidates(o, &logits, &[]);
        let sum: f32 = found.iter().map(|c| c.probability).sum();
        prop_assert!((sum - 1.0).abs() < 1e-4, "sum {sum}");
        prop_assert!(top_k == 0 || found.len() <= top_k);
        let highest = found.iter().map(|c| c.probability).fold(0.0, f32::max);
        prop_assert!(found.iter().all(|c| c.probability >= highest * min_p * 0.999));
        let best = candidates(SamplerOptions::default(), &logits, &[])[0].token;
        prop_assert!(found.iter().any(|c| c.token == best));
    }

    #[test]
    fn top_p_is_minimal(logits in prop::collection::vec(-5.0f32..5.0, 2..60), top_p in 0.05f32..0.99) {
        let all = candidates(options(), &logits, &[]);
        let kept = tokens(SamplerOptions { top_p, ..options() }, &logits);
        let mass = |list: &[u32]| -> f32 { list.iter().map(|&t| all[t as usize].probability).sum() };
        prop_assert!(mass(&kept) >= top_p - 1e-5);
        prop_assert!(mass(&kept[..kept.len() - 1]) < top_p + 1e-5);
    }
}

proptest! {
    #[test]
    fn the_best_logits_are_enough(
        // Few values, so that many are equal.
        values in prop::collection::vec((-3i8..3).prop_map(f32::from), 1..40),
        top_k in 1usize..50,
        top_p in 0.2f32..1.0,
        temperature in prop::sample::select(vec![0.0, 0.7]),
        seed: u64,
    ) {
        let options = SamplerOptions { temperature, top_k, top_p, seed: Some(seed), ..SamplerOptions::default() };
        let vocab = values.len();
        let [mut of_all, mut of_best] = [0; 2].map(|_| Sampler::new(options.clone(), vocab).unwrap());
        let best = Best::of(&Logits { values: values.clone(), vocab }, of_best.enough().unwrap());
        for _ in 0..5 {
            let found = of_best.sample_best(&best.values, None).unwrap().unwrap();
            prop_assert_eq!(found, of_all.sample(&values, &[], None).unwrap());
        }
    }
}

#[test]
fn all_logits_are_needed_where_something_changes_them() {
    let enough = |options| Sampler::new(options, 9).unwrap().enough();
    assert_eq!(enough(options()), None);
    assert_eq!(enough(SamplerOptions { top_k: 4, ..options() }), Some(4));
    assert_eq!(enough(SamplerOptions { top_k: 4, ..SamplerOptions::default() }), Some(1));
    assert_eq!(enough(SamplerOptions { presence_penalty: 0.1, ..SamplerOptions::default() }), None);
    assert_eq!(enough(SamplerOptions { logit_bias: vec![(2, 1.0)], ..SamplerOptions::default() }), None);
}
