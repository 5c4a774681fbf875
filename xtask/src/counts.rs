//! Counting tests by the summary lines of Rust's test harness, such as
//! `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`, and of Maven's
//! Surefire, such as `[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 1`.

use std::fmt;
use std::ops::AddAssign;

/// Tests by their outcome. A suite that is no test program counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Counts {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    pub(crate) const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// One check of a row: prints it with what is wrong. It passed if nothing is.
    pub(crate) fn check(of: &str, check: &str, wrong: &[String]) -> Self {
        println!("{of}: {check}: {}", if wrong.is_empty() { "yes" } else { "NO" });
        for complaint in wrong {
            println!("  {complaint}");
        }
        if wrong.is_empty() { Self::PASSED } else { Self::FAILED }
    }

    /// Reads one line of output; lines that are no summary count nothing.
    pub(crate) fn read_line(line: &str) -> Self {
        let Some((_, numbers)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return Self::default();
        };
        let number = |name: &str| {
            numbers.split(';').find_map(|part| part.trim().strip_suffix(name)?.trim_end().parse().ok()).unwrap_or(0)
        };
        Self { passed: number("passed"), failed: number("failed"), skipped: number("ignored") }
    }

    /// Reads one line of Surefire's output. Lines of single classes say how long they took and count nothing.
    pub(crate) fn read_surefire_line(line: &str) -> Self {
        let Some((_, numbers)) = line.split_once("Tests run: ").filter(|_| !line.contains("Time elapsed")) else {
            return Self::default();
        };
        let mut numbers = numbers.split(", ").map(|part| part.rsplit(' ').next().and_then(|word| word.parse().ok()));
        let mut next = || numbers.next().flatten().unwrap_or(0);
        let (run, failures, errors, skipped): (usize, usize, usize, usize) = (next(), next(), next(), next());
        let failed = failures + errors;
        Self { passed: run.saturating_sub(failed + skipped), failed, skipped }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_line_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s";
        assert_eq!(Counts::read_line(line), Counts { passed: 12, failed: 3, skipped: 1 });
    }

    #[test]
    fn the_sum_of_surefire_is_counted() {
        let line = "[ERROR] Tests run: 12, Failures: 1, Errors: 2, Skipped: 3";
        assert_eq!(Counts::read_surefire_line(line), Counts { passed: 6, failed: 3, skipped: 3 });
        let of_a_class = "[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in X";
        assert_eq!(Counts::read_surefire_line(of_a_class), Counts::default());
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["", "running 3 tests", "test result: unknown", "test a ... ok", "note: 3 failed"] {
            assert_eq!(Counts::read_line(line), Counts::default(), "{line}");
        }
    }

    #[test]
    fn sums_print_as_the_last_line_of_a_run() {
        let mut sum = Counts::PASSED;
        sum += Counts::FAILED;
        sum += Counts { passed: 40, failed: 0, skipped: 2 };
        assert_eq!(sum.to_string(), "41 passed, 1 failed, 2 skipped");
    }
}
