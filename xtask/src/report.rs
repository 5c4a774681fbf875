//! Reports whose rows are written when their part last ran, each with its commit and date.
//!
//! The trap: a report of files that nobody can check out says nothing, so the tree has to be clean.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::process::{output, root};

/// Reports that a run writes itself, and what it draws for them.
const WRITTEN: [&str; 3] = ["docs/release-check.md", "docs/reliability.md", "docs/images/soak.svg"];

/// The commit that a run is of; an error if files differ from it.
pub(crate) fn clean_commit() -> Result<String> {
    let changed = output("git", &["status", "--porcelain"]).context("`git status` failed")?;
    let changed: Vec<&str> =
        changed.lines().filter(|line| !WRITTEN.iter().any(|written| line.ends_with(written))).collect();
    ensure!(
        changed.is_empty(),
        "{} files differ from the last commit, {} first; commit them",
        changed.len(),
        changed[0]
    );
    let head = output("git", &["rev-parse", "HEAD"]).context("`git rev-parse` failed")?;
    Ok(head.trim().to_owned())
}

/// A table in a Markdown file.
pub(crate) struct Report {
    pub(crate) file: &'static str,
    /// All above the rows.
    pub(crate) head: &'static str,
}

impl Report {
    /// Writes the row of a part anew, dated; the rows of the other titles stay as they are.
    pub(crate) fn write(&self, titles: &[&str], title: &str, cells: &str, commit: &str) -> Result<()> {
        let path = root().join(self.file);
        let before = fs::read_to_string(&path).unwrap_or_default();
        let date = output("date", &["--utc", "+%Y-%m-%d"]).context("`date` failed")?;
        let row = format!("| {title} | {cells} | {} | {} |", &commit[..commit.len().min(12)], date.trim());
        fs::write(&path, self.with_row(&before, titles, title, &row))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    fn with_row(&self, before: &str, titles: &[&str], title: &str, row: &str) -> String {
        let row_of = |title: &str| before.lines().find(|line| line.starts_with(&format!("| {title} |")));
        let rows = titles.iter().filter_map(|each| if *each == title { Some(row) } else { row_of(each) });
        self.head.to_owned() + &rows.map(|row| format!("{row}\n")).collect::<String>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_keeps_what_did_not_run() {
        let report = Report { file: "", head: "# Report\n\n| what | commit |\n|---|---|\n" };
        let titles = ["one", "two", "three"];
        let first = report.with_row("", &titles, "two", "| two | a |");
        let second = report.with_row(&first, &titles, "one", "| one | b |");
        let third = report.with_row(&second, &titles, "two", "| two | c |");
        assert_eq!(third, format!("{}| one | b |\n| two | c |\n", report.head));
    }
}
