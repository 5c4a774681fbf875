//! Cosines and sines of RoPE for every position: part of a model's definition, since PhoneLM rounds them to int8.

use crate::Rope;

/// `cos(p * theta_i)` and `sin(p * theta_i)` for positions `p` and frequencies
/// `theta_i = base^(-2i/head_dim) / divisors` (arXiv 2104.09864, section 3.4.2).
///
/// Rows are made as texts grow ([`Self::grow`]): files may claim contexts of millions of tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct RopeTable {
    frequencies: Vec<f64>,
    int8: bool,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl RopeTable {
    /// An empty table for heads of width `head_dim`.
    pub fn new(rope: &Rope, head_dim: usize) -> Self {
        let frequency = |i: usize| {
            let divisor = rope.factors.as_ref().and_then(|f| f.get(i)).map_or(1.0, |&f| f64::from(f));
            f64::from(rope.base).powf(-2.0 * i as f64 / head_dim as f64) / divisor / f64::from(rope.linear_factor)
        };
        let frequencies = (0..head_dim / 2).map(frequency).collect();
        Self { frequencies, int8: rope.int8, cos: Vec::new(), sin: Vec::new() }
    }

    /// Makes [`Self::at`] answer for every position below `positions`.
    pub fn grow(&mut self, positions: usize) {
        let int8 = self.int8;
        let round = |x: f64| if int8 { ((x * 127.0).round_ties_even() / 127.0) as f32 } else { x as f32 };
        for position in self.cos.len() / self.frequencies.len()..positions {
            let angles = self.frequencies.iter().map(|w| position as f64 * w);
            self.cos.extend(angles.clone().map(|a| round(a.cos())));
            self.sin.extend(angles.map(|a| round(a.sin())));
        }
    }

    /// Cosines and sines of one position, `head_dim / 2` each.
    pub fn at(&self, position: usize) -> (&[f32], &[f32]) {
        let range = position * self.frequencies.len()..(position + 1) * self.frequencies.len();
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

    fn table(rope: &Rope, head_dim: usize, positions: usize) -> RopeTable {
        let mut table = RopeTable::new(rope, head_dim);
        table.grow(positions);
        table
    }

    #[test]
    fn growing_in_steps_changes_nothing() {
        let mut steps = table(&rope(true), 16, 3);
        steps.grow(2);
        steps.grow(9);
        assert_eq!(steps, table(&rope(true), 16, 9));
    }

    #[test]
    fn position_zero_turns_nothing() {
        let table = table(&rope(true), 40, 3);
        assert_eq!(table.at(0), (&[1.0; 20][..], &[0.0; 20][..]));
    }

    #[test]
    fn int8_values_are_multiples_of_one_127th() {
        let table = table(&rope(true), 64, 200);
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
        let plain = table(&rope(false), 8, 9);
        let linear = table(&Rope { linear_factor: 2.0, ..rope(false) }, 8, 9);
        let factors = table(&Rope { factors: Some(vec![2.0; 4]), ..rope(false) }, 8, 9);
        assert_eq!(plain.at(4), linear.at(8));
        assert_eq!(linear.at(7), factors.at(7));
    }
}
