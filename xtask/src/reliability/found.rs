//! What was tried and what came of it, as tests tell it in lines such as
//! `reliability: soak tried 1000 survived 1000 lost 0 seconds 60 middle-kb 80000`.

use std::ops::AddAssign;

/// Faults or operations of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    /// What the report calls it.
    pub(super) title: String,
    pub(super) tried: u64,
    pub(super) survived: u64,
    pub(super) lost: u64,
    /// Whatever else is known.
    pub(super) more: String,
    /// Of its own, where one part has several rows.
    pub(super) minutes: Option<f64>,
}

impl Found {
    /// Reads one line of output, wherever in it a test's name stands; lines that tell of nothing count nothing.
    pub(super) fn read_line(line: &str) -> Self {
        let words = line.split_once("reliability: ").map(|(_, told)| told.split_whitespace().collect::<Vec<_>>());
        let Some([kind, "tried", tried, "survived", survived, "lost", lost, more @ ..]) = words.as_deref() else {
            return Self::default();
        };
        let (Ok(tried), Ok(survived), Ok(lost)) = (tried.parse(), survived.parse(), lost.parse()) else {
            return Self::default();
        };
        let more = more.chunks_exact(2).map(|pair| format!(", {} {}", pair[0], pair[1])).collect::<String>();
        Self { tried, survived, lost, more: format!("{kind}: {tried}{more}"), ..Self::default() }
    }

    /// Its cells between title and commit.
    pub(super) fn cells(&self, minutes: f64) -> String {
        format!("{} | {} | {} | {} | {minutes:.1}", self.tried, self.survived, self.lost, self.more)
    }
}

impl AddAssign for Found {
    fn add_assign(&mut self, other: Self) {
        self.tried += other.tried;
        self.survived += other.survived;
        self.lost += other.lost;
        let between = if self.more.is_empty() || other.more.is_empty() { "" } else { "; " };
        self.more += &format!("{between}{}", other.more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_tests_add_up() {
        let mut found = Found::read_line("test a ... reliability: soak tried 9 survived 8 lost 1 seconds 60");
        found += Found::read_line("reliability: kills tried 2 survived 2 lost 0");
        found += Found::read_line("reliability: processes killed while they talk");
        assert_eq!(found.cells(1.0), "11 | 10 | 1 | soak: 9, seconds 60; kills: 2 | 1.0");
    }
}
