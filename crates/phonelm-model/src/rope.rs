//! Cosines and sines of RoPE for every position: part of a model's definition, since PhoneLM rounds them to int8.

use crate::Rope;

/// `cos(p * theta_i)` and `sin(p * theta_i)` for positions `p` and frequencies
/// `theta_i = base^(-2i/head_dim) / divisors` (arXiv 2104.09864, section 3.4.2).
#[derive(Clone, Debug, PartialEq)]
pub struct RopeTable {
    half: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl RopeTable {
    /// The table for positions `0..positions` of heads of width `head_dim`.
    pub fn new(rope: &Rope, head_dim: usize, positions: usize) -> Self {
        let half = head_dim / 2;
        let frequencies: Vec<f64> = (0..half)
            .map(|i| {
                let divisor = rope.factors.as_ref().and_then(|f| f.get(i)).map_or(1.0, |&f| f64::from(f));
                f64::from(rope.base).powf(-2.0 * i as f64 / head_dim as f64) / divisor / f64::from(rope.linear_factor)
            })
            .collect();
        let round = |x: f64| {
            if rope.int8 { ((x * 127.0).round_ties_even() / 127.0) as f32 } else { x as f32 }
        };
        let table = |f: fn(f64) -> f64| {
            (0..positions).flat_map(|p| frequencies.iter().map(move |w| round(f(p as f64 * w)))).collect()
        };
        Self { half, cos: table(f64::cos), sin: table(f64::sin) }
    }

    /// Cosines and sines of one position, `head_dim / 2` each.
    pub fn at(&self, position: usize) -> (&[f32], &[f32]) {
        let range = position * self.half..(position + 1) * self.half;
        (&self.cos[range.clone()], &self.sin[range])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RopeLayout;

    fn rope(int8: bool) -> Rope {
        Rope { base: 10_000.0, layout: RopeLayout::Halves, linear_factor: 1.0, factors: None, int8 }
    }

    #[test]
    fn position_zero_turns_nothing() {
        let table = RopeTable::new(&rope(true), 40, 3);
        assert_eq!(table.at(0), (&[1.0; 20][..], &[0.0; 20][..]));
    }

    #[test]
    fn int8_values_are_multiples_of_one_127th() {
        let table = RopeTable::new(&rope(true), 64, 200);
        for p in 0..200 {
            let (cos, sin) = table.at(p);
            for x in cos.iter().chain(sin) {
                let steps = x * 127.0;
                assert!((steps - steps.round()).abs() < 1e-4 && steps.abs() <= 127.0, "{x} at {p}");
            }
        }
    }

    #[test]
    fn divisors_slow_the_turning() {
        let plain = RopeTable::new(&rope(false), 8, 9);
        let linear = RopeTable::new(&Rope { linear_factor: 2.0, ..rope(false) }, 8, 9);
        let factors = RopeTable::new(&Rope { factors: Some(vec![2.0; 4]), ..rope(false) }, 8, 9);
        assert_eq!(plain.at(4), linear.at(8));
        assert_eq!(linear, factors);
    }
}
