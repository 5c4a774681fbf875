//! `cargo xtask reliability`: faults that are tried, and what was lost. Tests tell of them in lines such as
//! `reliability: kills tried 1000 survived 1000 lost 0 turns 5231`; docs/reliability.md has a row for each kind.

mod found;
mod memory;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use self::found::Found;
use crate::counts::Counts;
use crate::package::jvm;
use crate::process::{build_in, cargo, check_lines, command, output};
use crate::report::{self, Report};
use crate::{fuzz, kotlin};

/// What `cargo xtask reliability` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// This part only; may be given several times.
    #[arg(long, value_enum, value_name = "PART")]
    only: Vec<Part>,
    /// Few kills, and seconds where hours are usual.
    #[arg(long)]
    short: bool,
    /// Of the part `fuzz`: this target only; may be given several times.
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
    #[command(flatten)]
    amounts: Amounts,
}

/// How much is tried.
#[derive(Args, Clone)]
pub(crate) struct Amounts {
    /// Processes that are killed.
    #[arg(long, default_value_t = 1000)]
    kills: u32,
    /// Seconds of each soak.
    #[arg(long, default_value_t = 3600)]
    soak_seconds: u32,
    /// Seconds for each fuzz target.
    #[arg(long, default_value_t = 300)]
    fuzz_seconds: u32,
}

impl Amounts {
    const SHORT: Self = Self { kills: 20, soak_seconds: 20, fuzz_seconds: 5 };
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Runs the protocol of queue, cancel and close in many orders of its threads' steps.
    Orders,
    /// Kills a process that talks and restores what it left.
    Kills,
    /// Has each operation on a disk fail: injected, on a full disk, at a limit of a file's length.
    Disks,
    /// Does anything at random from four threads, in Rust.
    Soak,
    /// The same through the Kotlin facade.
    SoakKotlin,
    /// Runs sessions and a short soak under ThreadSanitizer (nightly Rust with its sources).
    Races,
    /// Feeds random bytes to every reader of foreign data.
    Fuzz,
}

impl Part {
    /// What the report calls it.
    fn title(self) -> &'static str {
        match self {
            Self::Orders => "orders of threads in the queue, cancel and close protocol",
            Self::Kills => "processes killed while they talk",
            Self::Disks => "operations of a disk that fail",
            Self::Soak => "random operations from four threads on two models, Rust",
            Self::SoakKotlin => "random operations from four threads, Kotlin",
            Self::Races => "tests under ThreadSanitizer",
            Self::Fuzz => "random bytes",
        }
    }

    /// Runs it and tells what it found: once, or of each fuzz target.
    fn run(self, plan: &Plan, tell: &mut dyn FnMut(Found) -> Result<()>) -> Result<()> {
        let found = match self {
            Self::Orders => orders(),
            Self::Kills => kills(plan.amounts.kills),
            Self::Disks => disks(),
            Self::Soak => soak(plan.amounts.soak_seconds),
            Self::SoakKotlin => soak_kotlin(plan.amounts.soak_seconds),
            Self::Races => races(),
            Self::Fuzz => {
                return plan
                    .targets
                    .iter()
                    .try_for_each(|target| tell(random_bytes(target, plan.amounts.fuzz_seconds)?));
            }
        };
        tell(Found { title: self.title().into(), ..found? })
    }
}

/// How much of what.
struct Plan {
    parts: Vec<Part>,
    amounts: Amounts,
    /// Fuzz targets.
    targets: Vec<String>,
}

const REPORT: Report = Report { file: "docs/reliability.md", head: HEAD };

const HEAD: &str = "# Reliability

What was tried so that a conversation might be lost, and what was lost. Written by `cargo xtask reliability`, each row when its part last
ran. What is tried is a fault or an operation; what survived it went on with every turn that had been told; the rest is lost.

- *Orders of threads*: mailbox, generation, session and the inference thread as they are, stepped through in orders that a checker
  ([shuttle](https://github.com/awslabs/shuttle)) draws. Who waits for ever fails, as does an event that comes twice or not at all.
- *Killed processes* (SIGKILL) die while they start, restore, in their first turn or in their second. The next one restores what they left.
- *Failing operations of a disk*: each one once and for good, a disk that is full after so many bytes, a limit of a file's length.
- *Random operations*: ask, cancel, fork, save, restore, reset, prewarm, close, heat, short memory and the background, from four threads
  at once. Each answer is the one that a thread alone gets, nobody stands still for a minute, and memory stays flat.
- *Random bytes*: what [must hold for them](../fuzz/README.md), an input a time. Edges and features are what libFuzzer calls coverage.

![Memory during the soak](images/soak.svg)

| what | tried | survived | lost | more | minutes | commit | date |
|---|---|---|---|---|---|---|---|
";

/// Runs the chosen parts and writes their rows; fails if one of them did.
pub(crate) fn run(options: &Options) -> Result<()> {
    let parts = Part::value_variants().iter().copied();
    let plan = Plan {
        parts: parts.filter(|part| options.only.is_empty() || options.only.contains(part)).collect(),
        amounts: if options.short { Amounts::SHORT } else { options.amounts.clone() },
        targets: fuzz::chosen(&options.target)?,
    };
    follow(&plan).map(|_| ())
}

/// Runs all parts; what was tried and lost in sum.
pub(crate) fn everything(amounts: &Amounts) -> Result<String> {
    let plan = Plan { parts: Part::value_variants().into(), amounts: amounts.clone(), targets: fuzz::chosen(&[])? };
    let sum = follow(&plan)?;
    Ok(format!("{} faults and operations, {} lost: [reliability.md](reliability.md)", sum.tried, sum.lost))
}

fn follow(plan: &Plan) -> Result<Found> {
    let commit = report::clean_commit()?;
    let mut titles: Vec<String> = Part::value_variants().iter().map(|part| part.title().to_owned()).collect();
    titles.extend(fuzz::targets()?.iter().map(|target| fuzz_title(target)));
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let (mut sum, mut failed) = (Found::default(), 0);
    for part in &plan.parts {
        println!("reliability: {}", part.title());
        let start = Instant::now();
        let minutes = || start.elapsed().as_secs_f64() / 60.0;
        let outcome = part.run(plan, &mut |row| {
            // At once: what follows may take an hour and be broken off. Of several rows each tells its own minutes.
            REPORT.write(&titles, &row.title, &row.cells(row.minutes.unwrap_or_else(minutes)), &commit)?;
            sum += row;
            Ok(())
        });
        if let Err(error) = outcome {
            eprintln!("reliability: {}: {error:#}", part.title());
            failed += 1;
            let cells = format!("? | ? | ? | FAILED: {} | {:.1}", format!("{error:#}").replace('\n', " "), minutes());
            REPORT.write(&titles, part.title(), &cells, &commit)?;
        }
    }
    ensure!(failed == 0 && sum.lost == 0, "{failed} of {} parts failed, {} lost", plan.parts.len(), sum.lost);
    Ok(sum)
}

/// Runs tests, all of which have to pass and tell what they tried.
fn tried(tests: &mut Command) -> Result<Found> {
    let mut found = Found::default();
    let passed = check_lines(tests, |line| found += Found::read_line(line))?;
    ensure!(passed, "the tests did not pass");
    ensure!(found.tried > 0, "the tests tried nothing");
    Ok(found)
}

/// The tests of the SDK, as these words choose them.
fn sdk(chosen: &[&str]) -> Command {
    let mut test = cargo(&["test", "--package", "phonelm-sdk"]);
    test.args(chosen).args(["--nocapture", "--test-threads", "1"]);
    test
}

/// Orders for each test of the protocol; one takes about 20 ms.
const ORDERS: u32 = 2000;

fn orders() -> Result<Found> {
    let mut test = sdk(&["--features", "shuttle", "--lib", "--", "interleavings::"]);
    let found = tried(test.env("PHONELM_ORDERS", ORDERS.to_string()))?;
    Ok(Found { more: format!("{ORDERS} for each test"), ..found })
}

fn kills(kills: u32) -> Result<Found> {
    tried(sdk(&["--test", "saved", "--", "every_turn_that_was_told"]).env("PHONELM_CRASHES", kills.to_string()))
}

fn disks() -> Result<Found> {
    let mut found = tried(&mut sdk(&["--lib", "--", "whatever_operation_fails"]))?;
    found += tried(&mut sdk(&["--test", "full_disk", "--"]))?;
    Ok(found)
}

fn soak(seconds: u32) -> Result<Found> {
    let csv = curve("rust")?;
    let mut test = sdk(&["--test", "soak", "--"]);
    test.env("PHONELM_SOAK_SECONDS", seconds.to_string()).env("PHONELM_SOAK_CSV", &csv);
    let found = tried(&mut test)?;
    memory::plot()?;
    Ok(found)
}

fn soak_kotlin(seconds: u32) -> Result<Found> {
    kotlin::pack()?;
    let csv = curve("kotlin")?;
    let mut test = jvm::maven("tests/pom.xml");
    test.args(["test", "-Dtest=SoakTest"]).arg(format!("-Dsoak.seconds={seconds}"));
    let found = tried(test.arg(format!("-Dsoak.csv={}", csv.display())))?;
    memory::plot()?;
    Ok(found)
}

/// Where a soak writes the memory of each second.
fn curve(of: &str) -> Result<PathBuf> {
    let folder = memory::folder();
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder.join(format!("{of}.csv")))
}

/// The standard library is built with the sanitizer as well, so that it knows every lock.
fn races() -> Result<Found> {
    let sources = output("rustc", &["+nightly", "--print", "sysroot"]).map(|root| PathBuf::from(root.trim()));
    ensure!(
        sources.is_some_and(|root| root.join("lib/rustlib/src/rust/library").is_dir()),
        "nightly Rust or its sources are missing:\n  rustup toolchain install nightly --component rust-src"
    );
    let host = output("rustc", &["--print", "host-tuple"]).context("`rustc --print host-tuple` failed")?;
    let mut test =
        command("cargo", ["+nightly", "test", "-Zbuild-std", "--target", host.trim(), "--package", "phonelm-sdk"]);
    test.args(["--test", "sessions", "--test", "soak", "--", "--test-threads", "1", "--nocapture"]);
    build_in("tsan", &mut test).env("RUSTFLAGS", "-Zsanitizer=thread");
    // A race that was seen ends the program with this code, and so the test.
    test.env("TSAN_OPTIONS", "halt_on_error=1 exitcode=66").env("PHONELM_SOAK_SECONDS", "60");
    let (mut counts, mut found) = (Counts::default(), Found::default());
    let passed = check_lines(&mut test, |line| {
        counts += Counts::read_line(line);
        found += Found::read_line(line);
    })?;
    ensure!(passed && counts.passed > 0, "a race, or a test that did not pass: {counts}");
    let more = format!("{} operations of soak among them", found.tried);
    Ok(Found { tried: counts.passed as u64, survived: counts.passed as u64, more, ..Found::default() })
}

fn fuzz_title(target: &str) -> String {
    format!("random bytes: {target}")
}

fn random_bytes(target: &str, seconds: u32) -> Result<Found> {
    let run = fuzz::run(target, seconds)?;
    Ok(Found {
        title: fuzz_title(target),
        tried: run.executions,
        survived: run.executions,
        more: format!("{} edges, {} features", run.edges, run.features),
        minutes: Some(run.minutes),
        ..Found::default()
    })
}
