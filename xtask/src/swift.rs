//! The Swift package: laid out as an app developer gets it, built without a warning, tested, and held to its public API.
//!
//! No Apple compiler takes part: what exists only on Apple's platforms is compiled against stand-ins.

mod api;
pub(crate) mod layout;
mod samples;
mod standins;
mod toolchain;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use self::layout::copy_changed;
use self::toolchain::Toolchain;
use crate::counts::Counts;
use crate::package::apple;
use crate::package::border::Border;
use crate::process::{check, check_lines, root};

pub(crate) use self::toolchain::{can_install, install};

const MODEL: &str = "models/phonelm-tiny/phonelm-tiny.gguf";
/// How packages are built.
const BUILDING: [&str; 4] = ["-debug-info-format", "none", "-Xswiftc", "-warnings-as-errors"];
/// How their tests run.
const TESTING: [&str; 3] = ["--skip-build", "--disable-xctest", "--no-parallel"];

/// Why the suite cannot run here, if so.
pub(crate) fn missing() -> Option<String> {
    Toolchain::find().is_none().then(|| "no Swift 6; cargo xtask setup --swift installs one".into())
}

/// Builds the package and its tests, runs them, then checks what is not run: API, Apple's lines, examples, format. The same
/// for the samples.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let swift = toolchain()?;
    stage(&swift)?;
    build(&swift)?;
    let mut counts = Counts::default();
    let tested = check_lines(&mut swift_test(&swift), |line| counts += count(line))?;
    let compared = standins::symbol_graphs(&swift)
        .and_then(|graphs| graphs.iter().try_for_each(|(module, graph)| api::compare(module, graph)));
    let (app_tested, app_counts) = samples::test_app(&swift)?;
    counts += app_counts;
    let mut passed = tested && app_tested;
    let outcomes = [
        compared,
        standins::examples(&swift),
        check(&mut format(&swift)),
        samples::screens(&swift),
        samples::assistant(&swift),
        check(&mut samples::format(&swift)),
    ];
    for outcome in outcomes {
        counts += if outcome.is_ok() { Counts::PASSED } else { Counts::FAILED };
        passed &= outcome.inspect_err(|error| println!("{error:#}")).is_ok();
    }
    Ok((passed, counts))
}

/// Writes the public API of the sources to swift-package/api.
pub(crate) fn accept_api() -> Result<()> {
    let swift = toolchain()?;
    stage(&swift)?;
    build(&swift)?;
    standins::symbol_graphs(&swift)?.iter().try_for_each(|(module, graph)| api::accept(module, graph))
}

/// Renders the documentation with DocC to a folder; a warning is an error.
pub(crate) fn document() -> Result<PathBuf> {
    let swift = toolchain()?;
    stage(&swift)?;
    build(&swift)?;
    standins::symbol_graphs(&swift)?;
    let mut docc = swift.command("symbols", swift.docc());
    docc.args(["convert", "--warnings-as-errors", "--fallback-display-name", "PhoneLM"]);
    docc.args(["--fallback-bundle-identifier", "io.phonelm.PhoneLM", "--additional-symbol-graph-dir", "."]);
    check(docc.args(["--output-path", &swift.path("docc")]))?;
    Ok(swift.work_dir().join("docc"))
}

fn toolchain() -> Result<Toolchain> {
    Toolchain::find().context("there is no Swift 6; cargo xtask setup --swift installs one")
}

/// Lays the package out in dist/, with the host's library, and puts it where the toolchain sees it.
fn stage(swift: &Toolchain) -> Result<()> {
    let border = Border::of_suites()?;
    let package = root().join("dist/swift/PhoneLM");
    layout::lay_out(&package, &layout::generate(&border)?)?;
    let work = swift.work_dir();
    if layout::mirror(&package, &work.join("package"), &["PhoneLMFFI.xcframework", "lib"])? {
        // The package manager does not see that a module of another package has changed.
        for dependent in ["SampleCore.build", "SampleCoreTests.build", "Assistant.build"] {
            fs::remove_dir_all(work.join("build/debug").join(dependent)).ok();
        }
    }
    for (folder, staged) in [("Standins", "standins"), ("Examples", "examples")] {
        layout::mirror(&root().join("swift-package").join(folder), &work.join(staged), &[])?;
    }
    copy_changed(&root().join("swift-package/.swift-format"), &work.join(".swift-format"))?;
    samples::stage(swift)?;
    copy_changed(&root().join(MODEL), &work.join("phonelm-tiny.gguf"))?;
    if copy_changed(&border.library().with_file_name(apple::LIBRARY), &work.join("lib/libphonelm.a"))? {
        // The package manager does not see that a library of the system has changed.
        for linked in ["PhoneLMPackageTests.xctest", "SampleCorePackageTests.xctest", "Assistant"] {
            fs::remove_dir_all(work.join("build/debug").join(linked)).ok();
            fs::remove_file(work.join("build/debug").join(linked)).ok();
        }
    }
    Ok(())
}

fn build(swift: &Toolchain) -> Result<()> {
    check(swift_package(swift, "package", "build").arg("--build-tests").args(BUILDING))
}

fn swift_test(swift: &Toolchain) -> Command {
    let mut test = swift_package(swift, "package", "test");
    test.args(TESTING).env("PHONELM_TINY", swift.path("phonelm-tiny.gguf"));
    test
}

/// The formatter on what is written by hand; its configuration lies above.
fn format(swift: &Toolchain) -> Command {
    let mut format = swift.command("package", "swift");
    format.args(["format", "lint", "--strict", "--recursive", "Package.swift", "Tests", "../standins", "../examples"]);
    format.args(layout::FACADES.map(|module| format!("Sources/{module}")));
    format
}

/// A command of the package manager in a folder of the toolchain's.
fn swift_package(swift: &Toolchain, folder: &str, action: &str) -> Command {
    let mut command = swift.command(folder, "swift");
    command.args([action, "--scratch-path", &swift.path("build")]).env("PHONELM_LIB_DIR", swift.path("lib"));
    command
}

/// Counts a line of Swift Testing such as `✔ Test fork() passed after 0.1 seconds.`
fn count(line: &str) -> Counts {
    let Some((mark, rest)) = line.split_once(" Test ") else { return Counts::default() };
    match mark {
        _ if rest.starts_with("run ") => Counts::default(),
        "✔" if rest.contains(" passed after ") => Counts::PASSED,
        "✘" if rest.contains(" failed after ") => Counts::FAILED,
        "➜" if rest.contains(" skipped") => Counts::SKIPPED,
        _ => Counts::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_is_counted_once() {
        let lines = [
            "◇ Test run started.",
            "◇ Test fork() started.",
            "✔ Test fork() passed after 0.001 seconds.",
            "✘ Test reset() recorded an issue at SessionTests.swift:9:5: Expectation failed: 1 == 2",
            "✘ Test reset() failed after 0.002 seconds with 1 issue.",
            "✔ Test \"a run of several words\" passed after 0.001 seconds.",
            "✔ Suite SessionTests passed after 0.003 seconds.",
            "✘ Test run with 3 tests failed after 0.003 seconds with 1 issue.",
        ];
        let mut sum = Counts::default();
        lines.iter().for_each(|line| sum += count(line));
        assert_eq!(sum, Counts { passed: 2, failed: 1, skipped: 0 });
    }
}
