//! Fuzzing: the targets of `fuzz/`, what libFuzzer tells of them, and the inputs that are kept.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::package::archive;
use crate::process::{check, check_all_lines, command, output, root};

/// What libFuzzer tells of a target.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fuzzed {
    pub(crate) executions: u64,
    /// Edges of the program that some input reached, and what else it tells inputs apart by.
    pub(crate) edges: u64,
    pub(crate) features: u64,
    pub(crate) minutes: f64,
}

impl Fuzzed {
    /// Reads one line of libFuzzer's, such as `#4096 DONE cov: 120 ft: 430 corp: 12/1Kb` or
    /// `stat::number_of_executed_units: 4096`.
    fn read_line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            let place = match word {
                "stat::number_of_executed_units:" => &mut self.executions,
                "cov:" => &mut self.edges,
                "ft:" => &mut self.features,
                _ => continue,
            };
            *place = words.next().and_then(|number| number.parse().ok()).unwrap_or(*place);
        }
    }
}

/// The fuzz targets of these names, or all if none is named.
pub(crate) fn chosen(names: &[String]) -> Result<Vec<String>> {
    let known = targets()?;
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        bail!("no fuzz target is named `{name}`; there are: {}", known.join(", "));
    }
    Ok(if names.is_empty() { known } else { names.to_vec() })
}

/// Runs a fuzz target for so many seconds, from its seeds and all inputs that were found before.
pub(crate) fn run(target: &str, seconds: u32) -> Result<Fuzzed> {
    ensure!(
        output("cargo", &["+nightly", "fuzz", "--version"]).is_some(),
        "cargo fuzz or nightly Rust is missing:\n  rustup toolchain install nightly\n  cargo install cargo-fuzz"
    );
    let corpus = corpus(target)?;
    let seeds = format!("fuzz/seeds/{target}");
    check(&mut command("cargo", ["+nightly", "fuzz", "build", target]))?;
    let start = Instant::now();
    let mut fuzzed = Fuzzed::default();
    let mut run = command("cargo", ["+nightly", "fuzz", "run", target, &corpus, &seeds, "--"]);
    run.arg(format!("-max_total_time={seconds}")).args(["-rss_limit_mb=2048", "-print_final_stats=1"]);
    let passed = check_all_lines(run, |line| fuzzed.read_line(line))?;
    ensure!(passed, "`{target}` found an input that it does not withstand: fuzz/artifacts/{target}");
    Ok(Fuzzed { minutes: start.elapsed().as_secs_f64() / 60.0, ..fuzzed })
}

/// The archive of a target's kept inputs, which is committed.
fn kept(target: &str) -> PathBuf {
    root().join(format!("fuzz/kept/{target}.zip"))
}

/// The folder of all inputs that were found for a target, with those that are kept.
fn corpus(target: &str) -> Result<String> {
    let folder = format!("fuzz/corpus/{target}");
    fs::create_dir_all(root().join(&folder)).with_context(|| format!("cannot make {folder}"))?;
    let kept = kept(target);
    if kept.exists() {
        let bytes = fs::read(&kept).with_context(|| format!("cannot read {}", kept.display()))?;
        archive::unpack(&root().join(&folder), &archive::unzip(&bytes)?)?;
    }
    Ok(folder)
}

/// Keeps the fewest inputs that reach all that was reached; how many those are.
pub(crate) fn keep(target: &str) -> Result<usize> {
    let (corpus, kept) = (corpus(target)?, kept(target));
    check(&mut command("cargo", ["+nightly", "fuzz", "cmin", target, &corpus]))?;
    let inputs = archive::folder(&root().join(&corpus))?;
    let count = inputs.len();
    fs::create_dir_all(root().join("fuzz/kept")).context("cannot make fuzz/kept")?;
    fs::write(&kept, archive::zip(inputs)?).with_context(|| format!("cannot write {}", kept.display()))?;
    Ok(count)
}

/// The names of the targets.
pub(crate) fn targets() -> Result<Vec<String>> {
    let dir = root().join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "rs")
            && let Some(name) = path.file_stem()
        {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libfuzzer_tells_is_read() {
        let mut fuzzed = Fuzzed::default();
        for line in [
            "INFO: seed corpus: files: 9 min: 1b max: 30b total: 99b rss: 30Mb",
            "#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb",
            "#4096\tDONE   cov: 120 ft: 430 corp: 12/1Kb lim: 4 exec/s: 2048 rss: 31Mb",
            "stat::number_of_executed_units: 4096",
        ] {
            fuzzed.read_line(line);
        }
        assert_eq!(fuzzed, Fuzzed { executions: 4096, edges: 120, features: 430, ..Fuzzed::default() });
    }
}
