//! The Android helpers compiled by Maven, and the jars that an app with them consists of.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::files::remove_folder;
use crate::package::jvm;
use crate::package::maven::VERSION;
use crate::process::{check, root};

const POM: &str = "../../android-aar/pom.xml";

fn build_dir() -> PathBuf {
    jvm::build_root().join("phonelm")
}

/// `phonelm-core` as it was packed.
pub(crate) fn core_jar() -> PathBuf {
    root().join(format!("dist/maven/io/phonelm/phonelm-core/{VERSION}/phonelm-core-{VERSION}.jar"))
}

/// Compiles the helpers and returns the folder of their classes.
pub(crate) fn compile() -> Result<PathBuf> {
    // Classes of deleted sources would stay.
    remove_folder(&build_dir())?;
    maven(&["compile"])?;
    Ok(build_dir().join("classes"))
}

/// The jars of android-aar/pom.xml: what an app contains beside the helpers, what it is compiled against, and what verifies it.
pub(crate) struct Jars(Vec<PathBuf>);

impl Jars {
    /// Compiles the program that drives the library and asks Maven where everything lies; returns its classes as well.
    pub(crate) fn resolve() -> Result<(Self, PathBuf)> {
        let list = build_dir().join("jars.txt");
        let output = format!("-Dmdep.outputFile={}", list.display());
        maven(&["test-compile", "dependency:build-classpath", &output])?;
        let text = fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
        Ok((Self(std::env::split_paths(text.trim()).collect()), build_dir().join("test-classes")))
    }

    /// The jar whose file name begins so.
    pub(crate) fn named(&self, start: &str) -> Result<&Path> {
        let jar =
            self.0.iter().find(|jar| jar.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)));
        jar.map(PathBuf::as_path).with_context(|| format!("android-aar/pom.xml names no jar {start}"))
    }

    /// What an app contains beside our classes: neither Android's own nor the tools.
    pub(crate) fn of_others(&self) -> impl Iterator<Item = &Path> {
        const NOT: [&str; 3] = ["android-all-", "phonelm-core-", "r8-"];
        let is_left_out = |jar: &Path| {
            let name = jar.file_name().unwrap_or_default().to_string_lossy();
            NOT.iter().any(|start| name.starts_with(start))
        };
        self.0.iter().map(PathBuf::as_path).filter(move |jar| !is_left_out(jar))
    }
}

fn maven(goals: &[&str]) -> Result<()> {
    let mut maven = jvm::maven(POM);
    maven.arg("--quiet").arg(format!("-Dcore.jar={}", core_jar().display()));
    check(maven.args(goals))
}
