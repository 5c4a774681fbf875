//! The arm suite: tests compiled for arm64 and run under qemu as three processors, so that every kernel set of that
//! architecture is run, and is seen to be left alone where the processor lacks it.
//!
//! Clippy reads the code of that architecture here too, because on another machine it sees only that machine's.
//!
//! Programs are linked statically: qemu then needs no arm64 system beside this one.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::counts::Counts;
use crate::package::rust::Compiler;
use crate::process::{build_in, cargo, check_lines, output, target_dir};

pub(crate) const TARGET: &str = "aarch64-unknown-linux-gnu";
const LINKER: &str = "aarch64-linux-gnu-gcc";
pub(crate) const EMULATOR: &str = "qemu-aarch64";
/// With dotprod and i8mm, with dotprod, with neither.
const PROCESSORS: [&str; 3] = ["max", "cortex-a76", "cortex-a53"];
const PACKAGES: [&str; 3] = ["phonelm-gguf", "phonelm-model", "phonelm-kernels"];
/// Seconds after which one test program counts as hung.
const PROGRAM_LIMIT: u32 = 240;

/// A compiler that has the standard library of arm64.
pub(crate) fn compiler() -> Option<Compiler> {
    Compiler::that(has_library)
}

/// Another version's new lints are no errors here.
fn flags(compiler: Compiler) -> &'static str {
    match compiler {
        Compiler::Pinned => "-Ctarget-feature=+crt-static",
        Compiler::Debian => "-Ctarget-feature=+crt-static --cap-lints=warn",
    }
}

fn has_library(rustc: &str) -> bool {
    output(rustc, &["--print", "target-libdir", "--target", TARGET]).is_some_and(|dir| Path::new(dir.trim()).is_dir())
}

/// Whether the cross linker with its C library and the emulator are there.
pub(crate) fn emulator_is_ready() -> bool {
    let library = output(LINKER, &["-print-file-name=libc.a"]).is_some_and(|path| Path::new(path.trim()).is_absolute());
    library && output(EMULATOR, &["--version"]).is_some()
}

/// Why the suite cannot run here, if so.
pub(crate) fn missing() -> Option<String> {
    let reason = if !emulator_is_ready() {
        "no cross compiler or no qemu for arm64"
    } else if compiler().is_none() {
        "no Rust library for arm64"
    } else {
        return None;
    };
    Some(format!("{reason}: cargo xtask setup --arm"))
}

/// Builds the tests once and runs them as each processor.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let compiler = compiler().context("no Rust library for arm64")?;
    let mut all_passed = true;
    let mut counts = Counts::default();
    if matches!(compiler, Compiler::Pinned) {
        let mut clippy = cross(compiler, &["clippy", "--lib"]);
        let passed = check_lines(clippy.args(["--", "--deny", "warnings"]), |_| {})?;
        counts += if passed { Counts::PASSED } else { Counts::FAILED };
        all_passed &= passed;
    }
    for processor in PROCESSORS {
        println!("arm: as {processor}");
        let mut test = cross(compiler, &["test", "--tests", "--no-fail-fast"]);
        test.env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER",
            format!("timeout {PROGRAM_LIMIT} {EMULATOR} -cpu {processor}"),
        );
        all_passed &= check_lines(&mut test, |line| counts += Counts::read_line(line))?;
    }
    Ok((all_passed, counts))
}

/// The folder in which [`cross`] builds.
const FOLDER: &str = "arm";

/// Where [`cross`] puts what it builds.
pub(crate) fn build_dir() -> PathBuf {
    target_dir().join(FOLDER)
}

/// A cargo command for the packages of this suite.
pub(crate) fn cross(compiler: Compiler, args: &[&str]) -> Command {
    let mut cargo = cargo(args);
    cargo.args(["--target", TARGET]).args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    build_in(FOLDER, &mut cargo)
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER)
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS", flags(compiler));
    if matches!(compiler, Compiler::Debian) {
        cargo.env("RUSTC", compiler.program());
    }
    cargo
}
