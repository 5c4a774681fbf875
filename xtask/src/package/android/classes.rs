//! The classes of the Android archives, compiled and tested by Maven, and the jars that an app with them consists of.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::counts::Counts;
use crate::files::remove_folder;
use crate::package::jvm;
use crate::package::maven::VERSION;
use crate::process::{check, check_lines, root};

/// What an archive is made of, beside libraries.
pub(crate) struct Module {
    /// Its folder in the repository: manifest, R8 rules, sources, tests.
    pub(crate) folder: &'static str,
    /// The artifactId that its classes are compiled under.
    name: &'static str,
    /// The artifactId of its tests.
    tests: &'static str,
    /// The package of its classes.
    pub(crate) package: &'static str,
}

/// The helpers of phonelm and phonelm-gpu.
pub(crate) const HELPERS: Module =
    Module { folder: "android-aar", name: "phonelm", tests: "phonelm-android-tests", package: "io.phonelm.android" };
/// The actions of phonelm-actions.
pub(crate) const ACTIONS: Module = Module {
    folder: "android-actions",
    name: "phonelm-actions",
    tests: "phonelm-actions-tests",
    package: "io.phonelm.actions",
};

/// `phonelm-core` as it was packed.
pub(crate) fn core_jar() -> PathBuf {
    root().join(format!("dist/maven/io/phonelm/phonelm-core/{VERSION}/phonelm-core-{VERSION}.jar"))
}

impl Module {
    fn build_dir(&self) -> PathBuf {
        jvm::build_root().join(self.name)
    }

    /// A file of its folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        root().join(self.folder).join(name)
    }

    /// Compiles it and returns the folder of its classes.
    pub(crate) fn compile(&self) -> Result<PathBuf> {
        // Classes of deleted sources would stay.
        remove_folder(&self.build_dir())?;
        self.maven(&["compile"])?;
        Ok(self.build_dir().join("classes"))
    }

    /// Tests classes.jar and manifest of the archive that lies unpacked in `archive`, on Android's own classes under
    /// Robolectric, with the library in `library`, where it stands beside a libc.so. Returns what is wrong.
    pub(crate) fn test(&self, archive: &Path, library: &Path) -> Result<Vec<String>> {
        let results = jvm::build_root().join(self.tests);
        remove_folder(&results)?;
        let mut maven = jvm::maven(&format!("../../{}/tests/pom.xml", self.folder));
        maven.arg("test").arg(format!("-Daar.folder={}", archive.display()));
        maven.arg(format!("-Dcore.jar={}", core_jar().display()));
        maven.arg(format!("-Dlibrary.folder={}", library.display())).env("LD_LIBRARY_PATH", library);
        let mut counts = Counts::default();
        let passed = check_lines(&mut maven, |line| counts += Counts::read_surefire_line(line))?;
        if passed && counts.passed > 0 && counts.skipped == 0 {
            return Ok(Vec::new());
        }
        Ok(vec![format!("{counts}; see {}", results.join("surefire-reports").display())])
    }

    fn maven(&self, goals: &[&str]) -> Result<()> {
        let mut maven = jvm::maven(&format!("../../{}/pom.xml", self.folder));
        maven.arg("--quiet").arg(format!("-Dcore.jar={}", core_jar().display()));
        check(maven.args(goals))
    }
}

/// The jars of android-aar/pom.xml: what an app contains beside the helpers, what it is compiled against, and what verifies it.
pub(crate) struct Jars(Vec<PathBuf>);

impl Jars {
    /// Compiles the program that drives the library and asks Maven where everything lies; returns its classes as well.
    pub(crate) fn resolve() -> Result<(Self, PathBuf)> {
        let list = HELPERS.build_dir().join("jars.txt");
        let output = format!("-Dmdep.outputFile={}", list.display());
        HELPERS.maven(&["test-compile", "dependency:build-classpath", &output])?;
        let text = fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
        Ok((Self(std::env::split_paths(text.trim()).collect()), HELPERS.build_dir().join("test-classes")))
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
