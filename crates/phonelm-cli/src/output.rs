//! Standard output and the few forms that results take there: text, tables, JSON.
//!
//! The trap: `println!` panics when the reader has gone, so everything goes through [`print()`] and [`tell`].

use std::fmt::Write as _;
use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::error::Error;

/// Writes text to standard output at once.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output)
}

/// Writes a line to standard error, where nobody need be listening.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a value as JSON with line breaks.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(|cause| Error::Output(cause.into()))?;
    print(&(text + "\n"))
}

/// A bar for as many of something, with the time that is left; it shows at a terminal only.
pub(crate) fn bar(count: usize, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{bar:30}} {{pos}}/{{len}} {what}, {{eta}} left"));
    ProgressBar::new(count as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Rows with aligned columns, each line ended.
pub(crate) fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Text of unknown origin for a terminal: control characters other than line breaks and tabs are shown escaped.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => safe.push(c),
            c if c.is_control() => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    safe
}

/// A count of bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{:.2} GB", count as f64 / 1e9),
    }
}

/// A count of parameters for people.
pub(crate) fn count(count: u64) -> String {
    match count {
        0..1_000_000 => format!("{count}"),
        1_000_000..1_000_000_000 => format!("{:.1} M", count as f64 / 1e6),
        _ => format!("{:.2} B", count as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_align_and_end_without_blanks() {
        let rows = [["a".to_owned(), "bb".to_owned()], ["ccc".to_owned(), String::new()]];
        assert_eq!(table(&rows), "a    bb\nccc\n");
    }

    #[test]
    fn escape_codes_become_visible() {
        assert_eq!(printable("a\x1b[2J\tb\n"), "a\\u{1b}[2J\tb\n");
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!([bytes(999), bytes(8_400_000), bytes(1_500_000_000)], ["999 B", "8.4 MB", "1.50 GB"]);
        assert_eq!([count(12), count(466_000_000), count(1_500_000_000)], ["12", "466.0 M", "1.50 B"]);
    }
}
