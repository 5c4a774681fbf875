//! The samples in Swift, as somebody who takes the package has them: samples/ios is tested beneath its screens, and these are
//! compiled against stand-ins of Apple's modules; the assistant of samples/swift-cli runs.
//!
//! Each builds into the package's own folder, so that nothing of PhoneLM is compiled again.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::layout::{copy_changed, mirror};
use super::toolchain::Toolchain;
use crate::assistant;
use crate::counts::Counts;
use crate::process::{check, check_lines, root};

/// Apple's modules that the screens use, each after those that it uses.
const STANDINS: [&str; 3] = ["UniformTypeIdentifiers", "SwiftUI", "Charts"];

/// Lays the samples out where the toolchain sees them.
pub(super) fn stage(swift: &Toolchain) -> Result<()> {
    for sample in ["ios", "swift-cli"] {
        mirror(&root().join("samples").join(sample), &swift.work_dir().join("samples").join(sample), &[".build"])?;
    }
    copy_changed(&root().join("swift-package/.swift-format"), &swift.work_dir().join("samples/.swift-format"))?;
    Ok(())
}

/// Tests what lies beneath the screens of samples/ios.
pub(super) fn test_app(swift: &Toolchain) -> Result<(bool, Counts)> {
    let mut build = package(swift, "ios", "build");
    build.arg("--build-tests").args(super::BUILDING);
    // Swift 6.0's libswiftObservation asks for a function that no library of it has, and calls it when a lock fails.
    check(build.args(["-Xlinker", "--allow-shlib-undefined"]))?;
    let mut test = package(swift, "ios", "test");
    test.args(super::TESTING).env("PHONELM_TINY", swift.path("phonelm-tiny.gguf"));
    let mut counts = Counts::default();
    let passed = check_lines(&mut test, |line| counts += super::count(line))?;
    Ok((passed, counts))
}

/// Compiles the screens of samples/ios with the stand-ins; to be called after [`test_app`].
pub(super) fn screens(swift: &Toolchain) -> Result<()> {
    let modules = swift.work_dir().join("samples/modules");
    fs::create_dir_all(&modules).with_context(|| format!("cannot make {}", modules.display()))?;
    for module in STANDINS {
        let mut compile = compiler(swift);
        compile.args(["-emit-module", "-module-name", module]);
        compile.args(["-o", &swift.path(&format!("samples/modules/{module}.swiftmodule"))]);
        check(compile.args(files(swift, &format!("samples/ios/Standins/{module}"))?))?;
    }
    check(compiler(swift).arg("-typecheck").args(files(swift, "samples/ios/App")?))
}

/// Builds the assistant of samples/swift-cli and speaks to it.
pub(super) fn assistant(swift: &Toolchain) -> Result<()> {
    check(package(swift, "swift-cli", "build").args(super::BUILDING))?;
    let mut assistant = swift.command("samples", &swift.path("build/debug/Assistant"));
    assistant.arg(swift.path("phonelm-tiny.gguf"));
    let answers = assistant::answers(&mut assistant, &swift.work_dir().join("samples"))?;
    answers.then_some(()).context("samples/swift-cli does not answer as it should")
}

/// The formatter on all of it.
pub(super) fn format(swift: &Toolchain) -> Command {
    let mut format = swift.command("samples", "swift");
    format.args(["format", "lint", "--strict", "--recursive", "ios", "swift-cli"]);
    format
}

fn package(swift: &Toolchain, sample: &str, action: &str) -> Command {
    let mut command = super::swift_package(swift, &format!("samples/{sample}"), action);
    command.env("PHONELM_PACKAGE", swift.path("package"));
    command
}

fn compiler(swift: &Toolchain) -> Command {
    let mut compile = swift.command("samples", "swiftc");
    compile.args(["-swift-version", "6", "-warnings-as-errors", "-parse-as-library"]);
    // What the package has on Apple's platforms alone is in the modules that were compiled with its stand-ins.
    for folder in ["samples/modules", "standins", "symbols", "build/debug/Modules", "package/Sources/PhoneLMFFI"] {
        compile.args(["-I", &swift.path(folder)]);
    }
    compile
}

/// The files of a folder, as the toolchain calls them.
fn files(swift: &Toolchain, folder: &str) -> Result<Vec<String>> {
    let dir = swift.work_dir().join(folder);
    let entries = fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))?;
    let name = |entry: std::io::Result<fs::DirEntry>| -> Result<String> {
        Ok(swift.path(&Path::new(folder).join(entry?.file_name()).to_string_lossy()))
    };
    let mut files = entries.map(name).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}
