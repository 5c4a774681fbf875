//! Every repeated command of this repository.
//!
//! ```text
//! cargo xtask setup --arm      installs what the tests need
//! cargo xtask test             runs what this machine can, names the rest
//! cargo xtask ci               what CI runs
//! ```
//!
//! Programs are started directly, never through a shell. Left out on purpose: anything that a plain `cargo` command
//! already does.

#![forbid(unsafe_code)]

mod arm;
mod assistant;
mod bench_peer;
mod counts;
mod drawing;
mod files;
mod fuzz;
mod golden;
mod gpu;
mod instructions;
mod kotlin;
mod network;
mod package;
mod process;
mod release_check;
mod reliability;
mod report;
mod sample;
mod setup;
mod suites;
mod swift;
mod tidy;
mod training;
mod venv;
mod verify_aar;
mod verify_xcframework;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Every repeated command of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
#[command(after_help = "Examples:
  cargo xtask test --setup         install what is missing, then test
  cargo xtask test --only tidy     one suite
  cargo xtask ci                   the whole run, as CI does it")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs what the tests need and says what was there already.
    #[command(after_help = "As root, or through sudo where it exists; otherwise prints the command to run.

Examples:
  cargo xtask setup                what the ordinary suites need
  cargo xtask setup --arm          also a cross compiler and qemu for the suites arm and instructions
  cargo xtask setup --packages     also what `package` and the suites android, sample and apple need
  cargo xtask setup --swift        also Swift 6 for the swift suite
  cargo xtask setup --training     also PyTorch for the training suite")]
    Setup(setup::Tools),
    /// Runs the test suites; the last line reads `N passed, N failed, N skipped`.
    #[command(
        after_help = "A suite that this machine cannot run is named with its reason; with CI=true that is an error.
The suites arm, instructions, android, sample, apple and swift run where their tools are installed; --only and CI=true
demand them.

Examples:
  cargo xtask test                 what this machine can run
  cargo xtask test --setup         install what is missing first
  cargo xtask test --only rust     one suite; repeat --only for more
  cargo xtask test --setup --arm   with the kernels of arm64 under qemu"
    )]
    Test(suites::Options),
    /// The same as `test --setup` with CI=true.
    #[command(after_help = "Example:
  cargo xtask ci")]
    Ci,
    /// Makes the reference data in tests/golden anew; review the difference before you commit it.
    #[command(after_help = "Needs python3; packages go to a virtual environment under target/.
What follows `--` reaches tests/golden/scripts/refresh.py.

Examples:
  cargo xtask golden
  cargo xtask golden -- --help")]
    Golden {
        /// Arguments of refresh.py.
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Times the kernels.
    #[command(after_help = "Examples:
  cargo xtask bench
  cargo xtask bench -- 'attention f16'   only benchmarks whose names match
  cargo xtask bench -- --save-baseline before, then -- --baseline before: what a change does")]
    Bench {
        /// Arguments of the benchmark program.
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Counts the instructions that the kernels execute per multiply-accumulate and compares them with their bounds.
    #[command(after_help = "Needs no quiet machine: QEMU counts, and every run counts the same. The bounds stand in
crates/phonelm-kernels/instructions.tsv; a line without a number there is one to be counted.

Examples:
  cargo xtask setup --arm          installs the cross compiler and QEMU
  cargo xtask instructions         fails where a kernel takes 3 % more than its bound
  cargo xtask instructions --accept    writes the bounds anew; review the difference
  cargo xtask instructions --mca       a table of docs/performance.md; needs llvm-mca-19 (Debian: llvm-19)")]
    Instructions(instructions::Options),
    /// Measures this engine against the machine's memory and against llama.cpp, side by side.
    #[command(
        after_help = "Builds llama.cpp from its PyPI source into the cache folder the first time, which takes python3,
cmake, ninja and a C++ compiler. Both engines read the same random model. Two hours on two
cores, which should have nothing else to do; a run that was broken off goes on with the shape and
number of threads that it was at, until something is committed. Table and plot go to
docs/performance.md and docs/images; commit them.

Examples:
  cargo xtask bench-peer
  cargo xtask bench-peer --quick                       a first look, into target/bench-peer
  cargo xtask bench-peer --shape phonelm-0.5b --threads 1,2,4 --rounds 9"
    )]
    BenchPeer(bench_peer::Options),
    /// Feeds random bytes to the readers of foreign data (cargo fuzz, nightly Rust).
    #[command(after_help = "Examples:
  cargo xtask fuzz                 every target for a minute
  cargo xtask fuzz gguf session --seconds 300
  cargo xtask fuzz gguf --keep     and its inputs are tests from then on")]
    Fuzz {
        /// File names of fuzz/fuzz_targets without `.rs`; all of them if left out.
        target: Vec<String>,
        /// Seconds for each target.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Adds what was found to `fuzz/kept`, as few inputs as reach all of it.
        #[arg(long)]
        keep: bool,
    },
    /// Writes the dump of Kotlin's public API anew; review the difference before you commit it.
    #[command(after_help = "Example:
  cargo xtask kotlin-api           writes bindings/kotlin/core/api/core.api")]
    KotlinApi,
    /// Writes the dump of Swift's public API anew; review the difference before you commit it.
    #[command(after_help = "Example:
  cargo xtask swift-api            writes swift-package/api")]
    SwiftApi,
    /// Builds what an app developer adds to a project, into dist/.
    #[command(subcommand)]
    Package(package::Package),
    /// Checks finished AARs: entries, libraries, classes, size; runs their libraries on this machine.
    #[command(after_help = "Examples:
  cargo xtask verify-aar           those that `package android` built
  cargo xtask verify-aar my.aar")]
    VerifyAar {
        /// An AAR with a library, that with the GPU if its name begins with phonelm-gpu; all in dist/maven if left out.
        file: Option<std::path::PathBuf>,
    },
    /// Checks the finished Swift package: the XCFramework's layout, libraries, symbols and size, the zip, the manifests.
    #[command(after_help = "Example:
  cargo xtask verify-xcframework")]
    VerifyXcframework {
        /// What `package swift` wrote; dist/swift if left out.
        dir: Option<std::path::PathBuf>,
    },
    /// Builds a sample app.
    #[command(subcommand)]
    Sample(sample::Sample),
    /// Tries faults: kills, full disks, long use from many threads, orders of threads, races, random bytes.
    #[command(
        after_help = "Two hours and a half on two cores. Each row of docs/reliability.md is written when its part has run; commit it.

Examples:
  cargo xtask reliability
  cargo xtask reliability --short               a few minutes
  cargo xtask reliability --only kills --kills 200
  cargo xtask reliability --only soak --soak-seconds 36000
  cargo xtask reliability --only fuzz --target gguf --fuzz-seconds 1800"
    )]
    Reliability(reliability::Options),
    /// The long checks before a release: packages, a second build byte by byte, documentation, faults, fuzzing.
    #[command(after_help = "About five hours on two cores. The report goes to docs/release-check.md; commit it.

Examples:
  cargo xtask release-check
  cargo xtask release-check --against ../another-clone     compare with what was built there
  cargo xtask release-check --only docs --only calls")]
    ReleaseCheck(release_check::Options),
}

fn main() -> ExitCode {
    let result = match package::android::linker::called_in() {
        Some(dir) => package::android::linker::run(&dir).map(|()| ExitCode::SUCCESS),
        None => run(Cli::parse().command),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Setup(tools) => setup::run(tools)?,
        Command::Test(options) => {
            return suites::run(&options, std::env::var("CI").is_ok_and(|ci| ci == "true"));
        }
        Command::Ci => return suites::run(&suites::Options::everything(), true),
        Command::Golden { args } => golden::run(&args)?,
        Command::Bench { args } => {
            process::check(process::cargo(&["bench", "--package", "phonelm-kernels", "--"]).args(&args))?;
        }
        Command::Instructions(options) => instructions::command_line(&options)?,
        Command::BenchPeer(options) => bench_peer::run(&options)?,
        Command::KotlinApi => kotlin::accept_api()?,
        Command::SwiftApi => swift::accept_api()?,
        Command::Package(package) => package.run()?,
        Command::VerifyAar { file: Some(file) } => verify_aar::one(file)?,
        Command::VerifyAar { file: None } => {
            verify_aar::all(&package::android::repository(), &package::android::VARIANTS)?;
        }
        Command::VerifyXcframework { dir } => verify_xcframework::run(dir)?,
        Command::Sample(sample) => sample.run()?,
        Command::Reliability(options) => reliability::run(&options)?,
        Command::ReleaseCheck(options) => release_check::run(&options)?,
        Command::Fuzz { target, seconds, keep } => {
            for target in fuzz::chosen(&target)? {
                fuzz::run(&target, seconds)?;
                if keep {
                    println!("{target}: {} inputs are kept", fuzz::keep(&target)?);
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
