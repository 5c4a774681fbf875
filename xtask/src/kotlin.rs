//! The kotlin suite: packs the JVM's artefacts around this build's library and tests them as a consumer gets them, from a
//! Maven repository. One of the tests compares the public API with the dump that is committed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::assistant;
use crate::counts::Counts;
use crate::files::remove_folder;
use crate::package::border::Border;
use crate::package::jvm;
use crate::process::{check, check_lines, output};

/// Why the suite cannot run here, if so.
pub(crate) fn missing() -> Option<String> {
    (!is_ready()).then(|| "no JDK or no Maven: cargo xtask setup".into())
}

/// Whether a JDK and Maven are there.
pub(crate) fn is_ready() -> bool {
    output("javac", &["-version"]).is_some() && output("mvn", &["--version"]).is_some()
}

/// Packs and tests, then runs the samples.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let mut tests = consumer()?;
    let mut counts = Counts::default();
    let passed = check_lines(tests.arg("test"), |line| counts += Counts::read_surefire_line(line))?;
    let samples =
        [sample_answers()?, assistant::answers(sample().arg("-Dexec.mainClass=AssistantKt"), &jvm::build_root())?];
    for answers in samples {
        counts += if answers { Counts::PASSED } else { Counts::FAILED };
    }
    Ok((passed && samples == [true, true], counts))
}

/// Whether samples/jvm prints an answer.
fn sample_answers() -> Result<bool> {
    let mut answers = false;
    let ran = check_lines(&mut sample(), |line| answers |= line.contains("Bolt"))?;
    Ok(ran && answers)
}

/// samples/jvm, taking what the tests take.
fn sample() -> Command {
    let mut sample = jvm::maven("../../samples/jvm/pom.xml");
    sample.arg(format!("-Dphonelm.repository={}", repository().display()));
    sample.args(["--quiet", "compile", "exec:java"]).current_dir(jvm::build_root());
    sample
}

/// Writes the dump of the public API anew.
pub(crate) fn accept_api() -> Result<()> {
    check(consumer()?.args(["test", "-Dtest=ApiTest", "-Dapi.accept=true"]))
}

/// Renders the KDoc of phonelm-core to a folder; a warning, as of a name without description, is an error.
pub(crate) fn document() -> Result<PathBuf> {
    let folder = jvm::build_root().join("phonelm-core/dokka");
    remove_folder(&folder)?;
    jvm::generate(&jvm::border()?)?;
    let mut dokka = jvm::maven("pom.xml");
    dokka.args(["--projects", "core", "dokka:dokka"]);
    let mut warnings = Vec::new();
    let rendered = check_lines(&mut dokka, |line| warnings.extend(warning(line).map(str::to_owned)))?;
    ensure!(rendered, "Dokka failed");
    ensure!(warnings.is_empty(), "Dokka warns: {}", warnings.join("; "));
    Ok(folder)
}

/// What a line warns of. Members that the compiler adds to every enum cannot be described.
fn warning(line: &str) -> Option<&str> {
    const OF_ENUMS: [&str; 3] = ["/values/#/ (JVM)", "/valueOf/#kotlin.String/ (JVM)", "/entries/#/ (JVM)"];
    let warning = line.strip_prefix("[WARNING] ")?;
    let is_of_enum = warning.starts_with("Undocumented: ") && OF_ENUMS.iter().any(|end| warning.ends_with(end));
    (!is_of_enum).then_some(warning)
}

/// Maven on the tests, with the artefacts packed.
fn consumer() -> Result<Command> {
    pack()?;
    remove_folder(&jvm::build_root().join("phonelm-tests"))?;
    Ok(jvm::maven("tests/pom.xml"))
}

/// Packs the JVM's artefacts around the library of the suites; returns the repository that they are in.
pub(crate) fn pack() -> Result<PathBuf> {
    jvm::pack(&Border::of_suites()?, &repository())?;
    forget_earlier_artefacts()?;
    Ok(repository())
}

/// Where the tests take the artefacts from.
fn repository() -> PathBuf {
    jvm::build_root().join("maven")
}

/// Maven keeps what it took from a repository and would not look at a new build of the same version.
fn forget_earlier_artefacts() -> Result<()> {
    let home = std::env::home_dir().context("no home folder, where Maven keeps its artefacts")?;
    remove_folder(&home.join(".m2/repository/io/phonelm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_description_are_warned_of_unless_the_compiler_adds_them() {
        assert_eq!(warning("[WARNING] Undocumented: io.phonelm/Backend/values/#/ (JVM)"), None);
        assert_eq!(warning("[INFO] Generation completed with 14 warnings"), None);
        assert!(warning("[WARNING] Undocumented: io.phonelm/ModelStore.Companion/ (JVM)").is_some());
        assert!(warning("[WARNING] Couldn't resolve link for open").is_some());
    }
}
