//! The test suites: which there are, which this machine can run, and what came of them.
//!
//! Each suite has a budget of minutes; a suite that takes longer has failed, even if its tests passed.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::counts::Counts;
use crate::process::{cargo, check, check_lines};
use crate::{arm, gpu, instructions, kotlin, package, sample, setup, swift, tidy, training};

/// What `cargo xtask test` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Install what is missing first.
    #[arg(long)]
    setup: bool,
    /// Demand the arm suite (with --setup: install its tools).
    #[arg(long)]
    arm: bool,
    /// Run this suite only; may be given several times.
    #[arg(long, value_enum, value_name = "SUITE")]
    only: Vec<Suite>,
}

impl Options {
    /// All suites, their tools installed.
    pub(crate) fn everything() -> Self {
        Self { setup: true, arm: true, only: Vec::new() }
    }

    fn wants(&self, suite: Suite) -> bool {
        self.only.contains(&suite) || (self.only.is_empty() && !suite.runs_by_name_alone())
    }

    /// Whether a suite that cannot run counts as failed.
    fn demands(&self, suite: Suite, ci: bool) -> bool {
        (ci && self.wants(suite)) || self.only.contains(&suite) || (self.arm && suite == Suite::Arm)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// House rules that a script can check.
    Tidy,
    /// rustfmt.
    Fmt,
    /// Clippy, warnings denied.
    Clippy,
    /// The tests of the workspace that need no GPU.
    Rust,
    /// The GPU executor on a GPU, or on Mesa's lavapipe.
    Gpu,
    /// The documentation, warnings denied.
    Doc,
    /// The Kotlin facade, tested as a consumer gets it, and its public API against the dump.
    Kotlin,
    /// Kernel, model and file tests compiled for arm64, under qemu.
    Arm,
    /// Instructions per multiply-accumulate of the kernels of two architectures, counted under qemu, against their bounds.
    Instructions,
    /// The AAR with the GPU: built, and the finished file checked.
    Android,
    /// The screens of samples/android, with the AARs that `android` or `package android` built, on the JVM.
    Sample,
    /// The Swift package with its XCFramework: built, and the finished files checked; runs by its name alone and in
    /// `release-check`, because it compiles everything for three platforms.
    Apple,
    /// The Swift package: built, tested, its public API compared.
    Swift,
    /// The training pipeline, in Python; runs by its name alone and in `release-check`, because PyTorch takes 7 GB.
    Training,
}

impl Suite {
    /// Whether it is no part of `cargo xtask test` without `--only`: `release-check` does what it does.
    fn runs_by_name_alone(self) -> bool {
        matches!(self, Self::Apple | Self::Training)
    }

    /// Twice what it takes on two cores, because machines are shared: a guard against what never ends.
    fn budget_minutes(self) -> u32 {
        match self {
            Self::Tidy | Self::Fmt => 1,
            Self::Rust => 30,
            Self::Clippy | Self::Doc => 15,
            // Each compiles Rust's standard library and all else for phones.
            Self::Android | Self::Apple => 25,
            // The first of the two compiles the library and the generator, which are slow to build.
            Self::Kotlin | Self::Swift | Self::Sample => 12,
            // Alone, the suite builds wgpu first.
            Self::Gpu => 15,
            Self::Arm | Self::Instructions => 12,
            Self::Training => 5,
        }
    }

    /// Why this machine cannot run the suite, if so.
    fn missing(self) -> Option<String> {
        match self {
            Self::Gpu => gpu::missing(),
            Self::Kotlin => kotlin::missing(),
            Self::Arm => arm::missing(),
            Self::Instructions => instructions::missing(),
            Self::Android => package::suite::android_missing(),
            Self::Sample => sample::missing(),
            Self::Apple => package::suite::apple_missing(),
            Self::Swift => swift::missing(),
            Self::Training => training::missing(),
            _ => None,
        }
    }

    fn run(self) -> Result<(bool, Counts)> {
        match self {
            Self::Tidy => tidy::run(),
            Self::Fmt => one(check(&mut cargo(&["fmt", "--all", "--check"]))),
            Self::Clippy => {
                let args = ["clippy", "--workspace", "--all-features", "--all-targets", "--", "--deny", "warnings"];
                // The program can be built without a GPU.
                let plain = ["check", "--package", "phonelm-cli", "--no-default-features"];
                one(check(&mut cargo(&args)).and_then(|()| check(&mut cargo(&plain))))
            }
            Self::Rust => rust(),
            Self::Gpu => gpu::run(),
            Self::Doc => {
                let mut cargo = cargo(&["doc", "--workspace", "--all-features", "--no-deps"]);
                one(check(cargo.env("RUSTDOCFLAGS", "--deny warnings")))
            }
            Self::Kotlin => kotlin::run(),
            Self::Arm => arm::run(),
            Self::Instructions => instructions::run(),
            Self::Android => package::suite::android(),
            Self::Sample => sample::run(),
            Self::Apple => package::suite::apple(),
            Self::Swift => swift::run(),
            Self::Training => training::run(),
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// Tests of the workspace, as these words to cargo choose them.
pub(crate) fn tests(chosen: &[&str]) -> Result<(bool, Counts)> {
    let mut counts = Counts::default();
    let mut test = cargo(&["test", "--no-fail-fast", "--workspace"]);
    let passed = check_lines(test.args(chosen), |line| counts += Counts::read_line(line))?;
    Ok((passed, counts))
}

/// All tests that need no GPU, and those whose threads a checker steps through.
fn rust() -> Result<(bool, Counts)> {
    let (passed, mut counts) = tests(&["--", "--skip", gpu::UNIT_TESTS])?;
    let (drawn_passed, drawn) = tests(&["--features", "phonelm-sdk/shuttle", "--lib", "--", "interleavings::"])?;
    counts += drawn;
    Ok((passed && drawn_passed, counts))
}

/// A suite that is one program: passed or failed as a whole.
fn one(result: Result<()>) -> Result<(bool, Counts)> {
    match result {
        Ok(()) => Ok((true, Counts::PASSED)),
        Err(error) => {
            eprintln!("{error:#}");
            Ok((false, Counts::FAILED))
        }
    }
}

/// Runs the suites and prints what came of each; `ci` demands all of them.
pub(crate) fn run(options: &Options, ci: bool) -> Result<ExitCode> {
    if options.setup {
        let demands = |suite| options.demands(suite, ci);
        setup::run(setup::Tools {
            arm: demands(Suite::Arm) || demands(Suite::Instructions),
            gpu: demands(Suite::Gpu),
            packages: [Suite::Android, Suite::Sample, Suite::Apple].into_iter().any(demands),
            swift: demands(Suite::Swift),
            training: demands(Suite::Training),
        })?;
    }
    let mut lines = Vec::new();
    let mut total = Counts::default();
    for &suite in Suite::value_variants().iter().filter(|&&suite| options.wants(suite)) {
        println!("\n== {suite}");
        let (line, counts) = match suite.missing() {
            Some(reason) if options.demands(suite, ci) => {
                (format!("{suite}: FAILED, it could not run: {reason}"), Counts::FAILED)
            }
            Some(reason) => (format!("{suite}: skipped: {reason}"), Counts::SKIPPED),
            None => timed(suite),
        };
        println!("{line}");
        lines.push(line);
        total += counts;
    }
    println!("\n{}\n\n{total}", lines.join("\n"));
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn timed(suite: Suite) -> (String, Counts) {
    let start = Instant::now();
    let (passed, mut counts) = suite.run().unwrap_or_else(|error| {
        eprintln!("{suite}: {error:#}");
        (false, Counts::default())
    });
    let (verdict, failed) = verdict(passed, start.elapsed(), suite.budget_minutes());
    // A program that did not compile prints no summary, and lateness is no test's fault: both still count.
    if failed && counts.failed == 0 {
        counts.failed = 1;
    }
    (format!("{suite}: {verdict} ({counts})"), counts)
}

/// What to say of a suite, and whether it failed.
fn verdict(passed: bool, elapsed: Duration, budget_minutes: u32) -> (String, bool) {
    let minutes = elapsed.as_secs_f64() / 60.0;
    let late = minutes > f64::from(budget_minutes);
    let word = match (passed, late) {
        (true, false) => "passed",
        (false, false) => "FAILED",
        (true, true) => "FAILED, over its budget though its tests passed,",
        (false, true) => "FAILED, and over its budget,",
    };
    (format!("{word} in {minutes:.1} of {budget_minutes} minutes"), !passed || late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_over_its_budget_fails_and_names_it() {
        assert_eq!(verdict(true, Duration::from_secs(90), 5), ("passed in 1.5 of 5 minutes".into(), false));
        let (text, failed) = verdict(true, Duration::from_secs(306), 5);
        assert!(failed && text.contains("budget") && text.ends_with("5.1 of 5 minutes"), "{text}");
        assert!(verdict(false, Duration::ZERO, 5).1);
    }

    #[test]
    fn only_narrows_the_suites() {
        let all = Options::everything();
        let left_out = Suite::value_variants().iter().filter(|&&suite| !all.wants(suite));
        assert!(left_out.eq(&[Suite::Apple, Suite::Training]));
        let one = Options { only: vec![Suite::Tidy], ..Options::everything() };
        assert!(one.wants(Suite::Tidy) && !one.wants(Suite::Rust));
        let by_name = Options { only: vec![Suite::Apple], ..Options::everything() };
        assert!(by_name.wants(Suite::Apple));
    }
}
