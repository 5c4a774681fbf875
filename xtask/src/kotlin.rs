//! The kotlin suite: packs the JVM's artefacts around this build's library and tests them as a consumer gets them, from a
//! Maven repository. One of the tests compares the public API with the dump that is committed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::counts::Counts;
use crate::package::jvm;
use crate::process::{build_for_suites, check, check_lines, output};

/// Why the suite cannot run here, if so.
pub(crate) fn missing() -> Option<String> {
    (!is_ready()).then(|| "no JDK or no Maven: cargo xtask setup".into())
}

/// Whether a JDK and Maven are there.
pub(crate) fn is_ready() -> bool {
    output("javac", &["-version"]).is_some() && output("mvn", &["--version"]).is_some()
}

/// Packs and tests.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let mut tests = consumer()?;
    let mut counts = Counts::default();
    let passed = check_lines(tests.arg("test"), |line| counts += Counts::read_surefire_line(line))?;
    Ok((passed, counts))
}

/// Writes the dump of the public API anew.
pub(crate) fn accept_api() -> Result<()> {
    check(consumer()?.args(["test", "-Dtest=ApiTest", "-Dapi.accept=true"]))
}

/// Maven on the tests, with the artefacts packed.
fn consumer() -> Result<Command> {
    let built = build_for_suites()?;
    jvm::pack(&built.join(jvm::library_name()), &jvm::build_root().join("maven"))?;
    forget_earlier_artefacts()?;
    remove(&jvm::build_root().join("phonelm-tests"))?;
    Ok(jvm::maven("tests/pom.xml"))
}

/// Maven keeps what it took from a repository and would not look at a new build of the same version.
fn forget_earlier_artefacts() -> Result<()> {
    let home = std::env::home_dir().context("no home folder, where Maven keeps its artefacts")?;
    remove(&home.join(".m2/repository/io/phonelm"))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
