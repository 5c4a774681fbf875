//! The highest logits of a row: all that drawing a token needs where nothing changes logits first, and a thousandth of what
//! a whole row brings back from a GPU.

use std::cmp::Ordering;

use crate::Logits;

/// Of each row the highest logits, highest first, lower tokens first among equals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Best {
    /// Tokens with their logits, row after row.
    pub values: Vec<(u32, f32)>,
    /// Tokens of a row.
    pub count: usize,
}

impl Best {
    /// The `count` highest of each row, or all of a smaller vocabulary.
    pub fn of(logits: &Logits, count: usize) -> Self {
        let count = count.min(logits.vocab);
        let mut values = Vec::new();
        let mut all = Vec::new();
        for row in logits.rows() {
            if let (1, Some(highest)) = (count, highest(row)) {
                values.push(highest);
                continue;
            }
            all.clear();
            all.extend((0u32..).zip(row.iter().copied()));
            if (1..all.len()).contains(&count) {
                all.select_nth_unstable_by(count - 1, order);
            }
            all.truncate(count);
            all.sort_unstable_by(order);
            values.extend_from_slice(&all);
        }
        Self { values, count }
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[(u32, f32)]> {
        self.values.chunks_exact(self.count.max(1))
    }
}

/// The highest logit of a row of finite ones.
fn highest(row: &[f32]) -> Option<(u32, f32)> {
    // Passes that the compiler turns into vectors of 16; one pass that remembers its place stays scalar.
    let (chunks, rest) = row.as_chunks::<16>();
    let mut lanes = [f32::NEG_INFINITY; 16];
    let mut finite = rest.iter().all(|x| x.is_finite());
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = if *x > *lane { *x } else { *lane };
            finite &= x.is_finite();
        }
    }
    let max = lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
    let equal = (0u32..).zip(row.iter().copied()).filter(|(_, x)| *x == max);
    equal.min_by(order).filter(|_| finite)
}

fn order(a: &(u32, f32), b: &(u32, f32)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn highest_first_and_lower_tokens_among_equals() {
        let logits = Logits { values: vec![1.0, 3.0, 2.0, 3.0, -1.0, -1.0, -2.0, -1.0], vocab: 4 };
        let rows = |count| Best::of(&logits, count).rows().map(<[_]>::to_vec).collect::<Vec<_>>();
        assert_eq!(rows(1), [[(1, 3.0)], [(0, -1.0)]]);
        assert_eq!(rows(3), [[(1, 3.0), (3, 3.0), (2, 2.0)], [(0, -1.0), (1, -1.0), (3, -1.0)]]);
        let long = |values: Vec<f32>| Best::of(&Logits { vocab: values.len(), values }, 1).values[0];
        assert_eq!(long((0u8..40).map(|i| f32::from(i % 20)).collect()), (19, 19.0));
        assert_eq!(long([[-1.0; 20], [-0.0; 20], [0.0; 20]].concat()), (40, 0.0));
        assert!(long([vec![3.0; 20], vec![f32::NAN; 20]].concat()).1.is_nan());
        assert_eq!(rows(9)[1], [(0, -1.0), (1, -1.0), (3, -1.0), (2, -2.0)]);
    }
}
