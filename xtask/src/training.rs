//! The training suite: the tests of training/, whose Python packages come from PyPI into a virtual environment of the cache folder.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::counts::Counts;
use crate::process::{cache_dir, check_lines, command, root};
use crate::venv::Venv;

/// What the packages are.
const REQUIREMENTS: &str = "training/requirements.txt";
/// unittest tells its outcome on the error stream unless it is asked otherwise.
const TESTS: &str = "import sys, unittest
runner = unittest.TextTestRunner(stream=sys.stdout)
unittest.main(module=None, argv=['unittest', 'discover', 'training/tests'], testRunner=runner)";

fn venv() -> Venv {
    Venv::new(cache_dir().join("training"))
}

/// The requirements that were installed last.
fn installed() -> PathBuf {
    venv().folder().join("requirements.txt")
}

/// Why the suite cannot run here, if so.
pub(crate) fn missing() -> Option<String> {
    let wanted = fs::read(root().join(REQUIREMENTS)).ok();
    (wanted.is_none() || fs::read(installed()).ok() != wanted)
        .then(|| "no PyTorch for training: cargo xtask setup --training".to_owned())
}

/// Installs the packages if they are missing, or are not those that are required now.
pub(crate) fn install() -> Result<()> {
    if missing().is_none() {
        println!("setup: there already: the packages of {REQUIREMENTS}");
        return Ok(());
    }
    venv().install(&["--requirement", REQUIREMENTS])?;
    fs::copy(root().join(REQUIREMENTS), installed()).context("cannot note what was installed")?;
    println!("setup: installed: the packages of {REQUIREMENTS}");
    Ok(())
}

/// Runs the tests.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let mut summary = Vec::new();
    let mut tests = command(&venv().python(), ["-c", TESTS]);
    let passed = check_lines(tests.env("PYTHONUNBUFFERED", "1"), |line| summary.push(line.to_owned()))?;
    Ok((passed, counted(&summary)))
}

/// What unittest says at its end, such as `Ran 12 tests in 3.4s` and `FAILED (failures=1, errors=2, skipped=3)`.
fn counted(lines: &[String]) -> Counts {
    let ran: Option<usize> =
        lines.iter().rev().find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse().ok());
    let outcome = lines.iter().rev().find(|line| line.starts_with("OK") || line.starts_with("FAILED"));
    let number = |name: &str| -> usize {
        let words = outcome.map_or("", |line| line).split(['(', ')', ',', ' ']);
        words.filter_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse::<usize>().ok()).sum()
    };
    let (failed, skipped) = (number("failures") + number("errors"), number("skipped"));
    Counts { passed: ran.unwrap_or(0).saturating_sub(failed + skipped), failed, skipped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_counted() {
        let counted = |text: &str| counted(&text.lines().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(counted("test_a ... ok\nRan 57 tests in 61.2s\n\nOK"), Counts { passed: 57, failed: 0, skipped: 0 });
        let failed = counted("Ran 12 tests in 3.4s\n\nFAILED (failures=1, errors=2, skipped=3)");
        assert_eq!(failed, Counts { passed: 6, failed: 3, skipped: 3 });
        assert_eq!(counted("ModuleNotFoundError: torch"), Counts::default());
    }
}
