//! `cargo xtask release-check`: what takes too long for every commit and must hold before a release.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use sha2::{Digest, Sha256};

use crate::counts::Counts;
use crate::files::remove_folder;
use crate::package::{android, archive};
use crate::process::{PARTS, build_in, cargo, check, check_lines, command, output, root, target_dir};
use crate::report::{self, Report};
use crate::{kotlin, reliability, swift, training, verify_aar, verify_xcframework};

/// What `cargo xtask release-check` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// This part only; may be given several times.
    #[arg(long, value_enum, value_name = "PART")]
    only: Vec<Part>,
    /// Compare with the packages that were built in this clone of the same commit, instead of building them again.
    #[arg(long, value_name = "CLONE")]
    against: Option<PathBuf>,
    /// Of the part `reliability`: kills, seconds of soak, seconds for each fuzz target.
    #[command(flatten)]
    amounts: reliability::Amounts,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Builds and checks what apps get.
    Packages,
    /// Builds and checks the AARs once more through cargo-ndk, with a stand-in for the NDK.
    Ndk,
    /// Builds all of it again in a clone elsewhere; every file must be the same.
    Twice,
    /// Renders KDoc with Dokka and the Swift documentation with DocC; a warning is an error.
    Docs,
    /// Runs the kernels' tests under AddressSanitizer.
    Addresses,
    /// Runs small models, the pool and what skips neurons under Miri (nightly Rust).
    Miri,
    /// Has the model that ships answer 10,000 mixed-up requests at temperature 1.5 with functions on offer.
    Calls,
    /// Holds every dependency to the licences, registries and bans of deny.toml.
    Supply,
    /// Runs the tests of the training pipeline.
    Training,
    /// Runs all of `cargo xtask reliability`.
    Reliability,
}

impl Part {
    fn run(self, options: &Options, commit: &str) -> Result<String> {
        match self {
            Self::Packages => packages(),
            Self::Ndk => ndk(),
            Self::Twice => twice(commit, options.against.as_deref()),
            Self::Docs => docs(),
            Self::Addresses => addresses(),
            Self::Miri => miri(),
            Self::Calls => calls(),
            Self::Supply => supply(),
            Self::Training => training(),
            Self::Reliability => reliability::everything(&options.amounts),
        }
    }

    /// What the report calls it.
    fn title(self) -> &'static str {
        match self {
            Self::Packages => "packages are built and pass their checks",
            Self::Ndk => "the AARs that cargo-ndk builds pass the same checks",
            Self::Twice => "a second build elsewhere gives the same bytes",
            Self::Docs => "KDoc and DocC render without a warning",
            Self::Addresses => "AddressSanitizer finds no access outside memory in the kernels",
            Self::Miri => "Miri finds nothing undefined in whole passes and in the pool of threads",
            Self::Calls => "no call differs from its function's schema",
            Self::Supply => "every dependency has a licence, a registry and a purpose that deny.toml allows",
            Self::Training => "the training pipeline passes its tests",
            Self::Reliability => "nothing is lost and nobody waits for ever, whatever fails",
        }
    }
}

const REPORT: Report = Report {
    file: "docs/release-check.md",
    head: "# Release check\n\nWritten by `cargo xtask release-check`, each row when its part last ran. See \
           [releasing.md](releasing.md).\n\n| what | holds | found | minutes | commit | date |\n|---|---|---|---|---|---|\n",
};

/// Runs the parts and writes the report; fails if one of them did.
pub(crate) fn run(options: &Options) -> Result<()> {
    let commit = report::clean_commit()?;
    let all = Part::value_variants();
    let titles: Vec<&str> = all.iter().map(|part| part.title()).collect();
    let parts: Vec<Part> =
        all.iter().copied().filter(|it| options.only.is_empty() || options.only.contains(it)).collect();
    let mut failed = 0;
    for (number, part) in parts.iter().enumerate() {
        println!("release-check: {} of {}: {}", number + 1, parts.len(), part.title());
        let start = Instant::now();
        let outcome = part.run(options, &commit);
        let minutes = start.elapsed().as_secs_f64() / 60.0;
        let (passed, found) = match outcome {
            Ok(found) => ("yes", found),
            Err(error) => ("NO", format!("{error:#}").replace('\n', " ")),
        };
        failed += usize::from(passed == "NO");
        println!("release-check: {}: {passed}: {found}", part.title());
        // At once: what follows may take an hour and be broken off.
        REPORT.write(&titles, part.title(), &format!("{passed} | {found} | {minutes:.1}"), &commit)?;
    }
    println!("release-check: written: {}", REPORT.file);
    ensure!(failed == 0, "{failed} of {} parts failed", parts.len());
    Ok(())
}

fn packages() -> Result<String> {
    build(&root())?;
    verify_aar::all(&android::repository(), &android::VARIANTS)?;
    verify_xcframework::run(None)?;
    let files = dist(&root())?;
    let bytes: usize = files.values().map(|(bytes, _)| bytes).sum();
    Ok(format!("{} files, {:.1} MB", files.len(), bytes as f64 / 1e6))
}

fn ndk() -> Result<String> {
    let archives = android::run_with_stand_in().context("the packages come first: --only packages --only ndk")?;
    verify_aar::all(&archives, &android::VARIANTS)?;
    Ok("built with LLVM's clang in the place of the NDK's".into())
}

/// Compares `dist/` with that of a clone at another path.
fn twice(commit: &str, clone: Option<&Path>) -> Result<String> {
    let first = dist(&root()).context("the packages of this tree come first: --only packages")?;
    let clone = match clone {
        Some(clone) => {
            let other = output("git", &["-C", &clone.to_string_lossy(), "rev-parse", "HEAD"]).unwrap_or_default();
            ensure!(other.trim() == commit, "{} stands at {:?}, not at {commit}", clone.display(), other.trim());
            clone.to_owned()
        }
        None => built_clone(commit)?,
    };
    let second = dist(&clone)?;
    let different = differences(&first, &second);
    ensure!(different.is_empty(), "{} of {} files differ: {}", different.len(), first.len(), different.join(", "));
    Ok(format!("{} files are the same", first.len()))
}

/// Clones the commit to another path and builds every package there.
fn built_clone(commit: &str) -> Result<PathBuf> {
    let clone = target_dir().join("release-check/a/longer/path/to/the/clone");
    remove_folder(&clone)?;
    check(command("git", ["clone", "--quiet", "."]).arg(&clone))?;
    check(command("git", ["checkout", "--quiet", commit]).current_dir(&clone))?;
    build(&clone)?;
    Ok(clone)
}

/// Builds every package of a tree from nothing into its `dist/`.
fn build(tree: &Path) -> Result<()> {
    let dist = tree.join("dist");
    remove_folder(&dist)?;
    for package in ["android", "jvm", "swift"] {
        check(
            cargo(&["xtask", "package", package]).current_dir(tree).env_remove("CARGO_TARGET_DIR").env_remove(PARTS),
        )?;
    }
    Ok(())
}

/// Size and SHA-256 of a file.
type File = (usize, [u8; 32]);

/// The files that apps get, by their path from `dist/` of a tree.
fn dist(tree: &Path) -> Result<BTreeMap<String, File>> {
    let entries = archive::folder(&tree.join("dist"))?;
    let file = |entry: archive::Entry| (entry.name, (entry.bytes.len(), Sha256::digest(&entry.bytes).into()));
    Ok(entries.into_iter().map(file).collect())
}

/// Paths that one side lacks or has with other bytes.
fn differences(one: &BTreeMap<String, File>, two: &BTreeMap<String, File>) -> Vec<String> {
    let lacking = two.keys().filter(|path| !one.contains_key(*path));
    one.keys().filter(|path| one.get(*path) != two.get(*path)).chain(lacking).cloned().collect()
}

fn docs() -> Result<String> {
    let kotlin = pages(&kotlin::document()?)?;
    let swift = pages(&swift::document()?)?;
    Ok(format!("{kotlin} pages of Dokka, {swift} of DocC"))
}

/// How many pages lie in a folder; DocC writes its own as JSON.
fn pages(folder: &Path) -> Result<usize> {
    let entries = archive::folder(folder)?;
    let count =
        entries.iter().filter(|entry| entry.name.ends_with(".html") || entry.name.starts_with("data/documentation/"));
    let count = count.count();
    ensure!(count > 0, "there is no page in {}", folder.display());
    Ok(count)
}

/// The compiler brings the sanitizer; the standard library has none, but what it is given is checked all the same.
fn addresses() -> Result<String> {
    let host = output("rustc", &["--print", "host-tuple"]).context("`rustc --print host-tuple` failed")?;
    let mut test = cargo(&["test", "--package", "phonelm-kernels", "--lib", "--tests", "--target", host.trim()]);
    build_in("asan", &mut test).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    Ok(format!("{}, on every kernel set of this machine", counted(&mut test)?))
}

/// Miri interprets each step: accesses to memory, aliases, races. It knows no instruction set, so that the portable kernels
/// compute.
fn miri() -> Result<String> {
    ensure!(
        output("cargo", &["+nightly", "miri", "--version"]).is_some(),
        "Miri is missing:\n  rustup toolchain install nightly --component miri --component rust-src"
    );
    let models = ["--package", "phonelm-tests", "--test", "small"];
    let kernels = ["--package", "phonelm-kernels", "--lib", "--test", "skipping", "--"];
    let kernels = [&kernels[..], &["pool::", "chunks::", "chosen_rows", "active_columns"]].concat();
    let mut counts = Counts::default();
    for tests in [&models[..], &kernels] {
        let mut test = command("cargo", ["+nightly", "miri", "test", "--release"]);
        // The pool reads the clock, and which cores are large.
        counts += counted(test.args(tests).env("MIRIFLAGS", "-Zmiri-disable-isolation"))?;
    }
    Ok(format!("{counts}"))
}

fn calls() -> Result<String> {
    let answers = 10_000;
    let mut test = cargo(&["test", "--release", "--package", "phonelm-engine", "--test", "calls"]);
    counted(test.arg("every_call").env("PHONELM_ANSWERS", answers.to_string()))?;
    Ok(format!("{answers} answers at temperature 1.5"))
}

fn supply() -> Result<String> {
    let version =
        output("cargo", &["deny", "--version"]).context("cargo-deny is missing: cargo install cargo-deny --locked")?;
    check(&mut cargo(&["deny", "check", "licenses", "bans", "sources"]))?;
    Ok(version.trim().to_owned())
}

fn training() -> Result<String> {
    training::install()?;
    let (passed, counts) = training::run()?;
    ensure!(passed && counts.passed > 0, "the tests did not pass: {counts}");
    Ok(format!("{counts}"))
}

/// Runs tests, all of which have to pass.
fn counted(test: &mut Command) -> Result<Counts> {
    let mut counts = Counts::default();
    let passed = check_lines(test, |line| counts += Counts::read_line(line))?;
    ensure!(passed && counts.passed > 0, "the tests did not pass: {counts}");
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_or_lack_on_either_side_are_named() {
        let files = |list: &[(&str, u8)]| -> BTreeMap<String, File> {
            list.iter().map(|(path, byte)| ((*path).to_owned(), (1, [*byte; 32]))).collect()
        };
        let one = files(&[("a", 1), ("b", 1), ("c", 1)]);
        let two = files(&[("a", 1), ("b", 2), ("d", 1)]);
        assert_eq!(differences(&one, &two), ["b", "c", "d"]);
        assert_eq!(differences(&one, &one), [""; 0]);
    }
}
