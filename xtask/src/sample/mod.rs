//! samples/android without an Android SDK: the suite `sample`, which tests its screens on the JVM, and
//! `cargo xtask sample android`, which makes an APK of it.
//!
//! Both do what Android's Gradle plugin does for an app: they unpack its archives, link its resources, compile it.

mod apk;
mod archives;
mod resources;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Subcommand;

use crate::counts::Counts;
use crate::files::remove_folder;
use crate::kotlin;
use crate::package::android::{self, VARIANTS, Variant};
use crate::package::jvm;
use crate::process::{check_lines, output, root, target_dir};
use crate::setup::apt_install;

/// What `cargo xtask sample` makes.
#[derive(Subcommand)]
pub(crate) enum Sample {
    /// An APK of samples/android with the library for both ABIs, shrunk, signed with a key of its own, and checked.
    #[command(after_help = "Needs what `package android` and `package jvm` built.

Example:
  cargo xtask sample android       writes target/sample/phonelm-sample.apk")]
    Android,
}

impl Sample {
    pub(crate) fn run(&self) -> Result<()> {
        match self {
            Self::Android => apk::make(&Build::prepare(&root().join("dist/maven"))?),
        }
    }
}

/// aapt2, and what signs an APK.
const TOOLS: &[&str] = &["aapt", "apksigner"];

/// Installs what both need beside a JDK and Maven.
pub(crate) fn install() -> Result<()> {
    apt_install(TOOLS)
}

/// Why this machine cannot run the suite, if so.
pub(crate) fn missing() -> Option<String> {
    let no_tool = || output("aapt2", &["version"]).is_none().then(|| "no aapt2: cargo xtask setup --packages".into());
    let no_archive = || archive().is_none().then(|| "no AAR in dist/maven: cargo xtask package android".into());
    kotlin::missing().or_else(no_tool).or_else(no_archive)
}

/// The AAR with a library that was built, the smaller one first: their classes are the same.
fn archive() -> Option<Variant> {
    let repository = android::repository();
    VARIANTS.into_iter().find(|variant| android::file(variant.name(), &repository).is_file())
}

/// Tests the screens, with the AARs that were packed and the library of the suites.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let build = Build::prepare(&kotlin::pack()?)?;
    let mut counts = Counts::default();
    let passed = check_lines(build.maven("pom.xml").arg("test"), |line| counts += Counts::read_surefire_line(line))?;
    Ok((passed, counts))
}

/// The sample, ready to be compiled.
struct Build {
    folder: PathBuf,
    /// Where phonelm-core, phonelm-tiny and the library for this machine lie.
    repository: PathBuf,
}

impl Build {
    /// Unpacks the archives and links the resources.
    fn prepare(repository: &Path) -> Result<Self> {
        let archive = archive().context("no AAR in dist/maven: cargo xtask package android")?;
        let build = Self { folder: target_dir().join("sample"), repository: repository.to_path_buf() };
        remove_folder(&build.folder.join("maven"))?;
        let archives = archives::unpack(&build, archive)?;
        resources::link(&build, &archives)?;
        Ok(build)
    }

    /// A file of the build.
    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Maven on a pom of the sample.
    fn maven(&self, pom: &str) -> Command {
        let mut maven = jvm::maven(&format!("../../samples/android/{pom}"));
        maven.arg(format!("-Dbuild.folder={}", self.folder.display()));
        maven.arg(format!("-Dphonelm.repository={}", self.repository.display()));
        maven
    }
}

/// A file of samples/android.
fn source(name: &str) -> PathBuf {
    root().join("samples/android").join(name)
}

/// Runs a program that prints only what is wrong.
fn check_quietly(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} ended with {}: {said}", output.status);
    Ok(())
}
