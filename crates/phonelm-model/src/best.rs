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
        assert_eq!(rows(9)[1], [(0, -1.0), (1, -1.0), (3, -1.0), (2, -2.0)]);
    }
}
