//! The middle of what was measured, which one slow round does not move.

/// The middle of some numbers, of an even count the mean of the two in the middle; `None` if there is none.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    Some((numbers.get(numbers.len().checked_sub(1)? / 2)? + numbers.get(numbers.len() / 2)?) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_round_moves_nothing() {
        assert_eq!(median([5.0, 1.0, 2.0, 900.0, 3.0]), Some(3.0));
        assert_eq!(median([4.0, 1.0]), Some(2.5));
        assert_eq!(median([]), None);
    }
}
