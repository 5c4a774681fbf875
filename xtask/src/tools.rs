//! Benchmarks and fuzzing: cargo commands with this repository's choices.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::process::{cargo, check, command, output, root};

/// Times the kernels of this machine.
pub(crate) fn bench(args: &[String]) -> Result<()> {
    check(cargo(&["bench", "--package", "phonelm-kernels", "--"]).args(args))
}

/// Runs one fuzz target, or all of them one after the other.
pub(crate) fn fuzz(target: Option<&str>, seconds: u32) -> Result<()> {
    ensure!(
        output("cargo", &["+nightly", "fuzz", "--version"]).is_some(),
        "cargo fuzz or nightly Rust is missing:\n  rustup toolchain install nightly\n  cargo install cargo-fuzz"
    );
    let known = fuzz_targets()?;
    let chosen = match target {
        Some(name) if known.iter().any(|target| target == name) => vec![name.to_owned()],
        Some(name) => bail!("no fuzz target is named `{name}`; there are: {}", known.join(", ")),
        None => known,
    };
    for target in chosen {
        let corpus = format!("fuzz/corpus/{target}");
        fs::create_dir_all(root().join(&corpus)).with_context(|| format!("cannot make {corpus}"))?;
        let seeds = format!("fuzz/seeds/{target}");
        let limits = [format!("-max_total_time={seconds}"), "-rss_limit_mb=2048".to_owned()];
        check(command("cargo", ["+nightly", "fuzz", "run", &target, &corpus, &seeds, "--"]).args(limits))?;
    }
    Ok(())
}

/// The names of the targets.
pub(crate) fn fuzz_targets() -> Result<Vec<String>> {
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
