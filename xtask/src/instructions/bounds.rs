//! The file of bounds: a line for each kernel with its set, primitive, type, rows and instructions per multiply-accumulate.
//! A line without the last is one that is still to be counted.

use std::fmt;

use anyhow::{Result, bail};

/// Above what another compiler changes: Rust 1.95 and 1.96 differ by 1.1 % at most.
const TOLERANCE: f64 = 0.03;

/// One line of the file.
#[derive(Debug, PartialEq)]
pub(super) struct Row<'a> {
    /// Set, primitive, type, rows.
    pub(super) kernel: [&'a str; 4],
    /// Instructions per multiply-accumulate, if they were accepted.
    pub(super) bound: Option<f64>,
}

impl<'a> Row<'a> {
    /// `None` for a line that is no row.
    fn read(line: &'a str) -> Result<Option<Self>> {
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let (kernel, bound) = match words[..] {
            [set, primitive, ty, rows] => ([set, primitive, ty, rows], None),
            [set, primitive, ty, rows, bound] => ([set, primitive, ty, rows], Some(bound.parse()?)),
            _ => bail!("`{line}` is not a set, a primitive, a type, rows and instructions"),
        };
        Ok(Some(Self { kernel, bound }))
    }

    pub(super) fn is_arm(&self) -> bool {
        self.kernel[0].starts_with("aarch64-")
    }

    /// The row with what was counted.
    pub(super) fn with(&self, counted: f64) -> String {
        let bound = self.bound.map_or("none".into(), |bound| format!("{bound:.4}"));
        format!("{self}: {counted:.4}, bound {bound}")
    }

    /// What is wrong with a count, and what to do.
    pub(super) fn complaint(&self, counted: f64) -> Option<String> {
        let Some(bound) = self.bound else {
            return Some("has no bound yet: cargo xtask instructions --accept".into());
        };
        (counted > bound * (1.0 + TOLERANCE)).then(|| {
            format!(
                "grew from {bound:.4} to {counted:.4} instructions per multiply-accumulate, {:+.1} %, of which {:.0} % are \
                 free; if it must be: cargo xtask instructions --accept",
                (counted / bound - 1.0) * 100.0,
                TOLERANCE * 100.0,
            )
        })
    }

    /// Whether the bound can be lowered.
    pub(super) fn is_gain(&self, counted: f64) -> bool {
        self.bound.is_some_and(|bound| counted < bound * (1.0 - TOLERANCE))
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [set, primitive, ty, rows] = self.kernel;
        write!(f, "{set} {primitive} {ty}, rows {rows}")
    }
}

/// The rows in their order.
pub(super) fn rows(text: &str) -> Result<Vec<Row<'_>>> {
    text.lines().filter_map(|line| Row::read(line).transpose()).collect()
}

/// The text with other bounds, one for each row.
pub(super) fn with(text: &str, counted: &[f64]) -> String {
    let mut counted = counted.iter();
    let mut out = String::new();
    for line in text.lines() {
        match Row::read(line) {
            Ok(Some(row)) => {
                let bound = counted.next().map_or(String::new(), |bound| format!("\t{bound:.4}"));
                out += &format!("{}{bound}\n", row.kernel.join("\t"));
            }
            _ => out += &format!("{line}\n"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# set\tprimitive\n\nneon\tmatmul\tq4_0\t1\t0.2000\nneon\tattend\tf16\t8\n";

    #[test]
    fn a_line_is_read_with_and_without_its_bound() {
        let [first, second] = &rows(TEXT).unwrap()[..] else { panic!("not two rows") };
        assert_eq!(*first, Row { kernel: ["neon", "matmul", "q4_0", "1"], bound: Some(0.2) });
        assert_eq!(second.bound, None);
        for bad in ["neon matmul q4_0", "neon matmul q4_0 1 many", "neon matmul q4_0 1 0.2 0.3"] {
            assert!(rows(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn more_than_the_tolerance_is_wrong_and_less_is_a_gain() {
        let rows = rows(TEXT).unwrap();
        for (counted, wrong, gain) in
            [(0.2, false, false), (0.2059, false, false), (0.2062, true, false), (0.1939, false, true)]
        {
            let complaint = rows[0].complaint(counted);
            assert_eq!((complaint.is_some(), rows[0].is_gain(counted)), (wrong, gain), "{counted}");
            assert!(complaint.is_none_or(|text| text.contains("0.2000 to 0.2062") && text.contains("+3.1 %")));
        }
        assert!(rows[1].complaint(0.1).is_some_and(|text| text.contains("--accept")));
    }

    #[test]
    fn accepting_keeps_all_but_the_bounds() {
        let text = with(TEXT, &[0.25, 1.5]);
        assert_eq!(text, "# set\tprimitive\n\nneon\tmatmul\tq4_0\t1\t0.2500\nneon\tattend\tf16\t8\t1.5000\n");
    }
}
