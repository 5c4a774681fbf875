//! The classes in the hands of Android's compilers: D8 translates ours, R8 shrinks an app's with the rules that the AAR
//! brings.
//!
//! R8 makes classes for the JVM here and keeps only what the program that drives the library needs, so that driving it
//! proves the rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::package::android::bionic::MIN_API;
use crate::package::android::classes::{Jars, core_jar};
use crate::process::{check, command};

const DRIVER: &str = "-keep class io.phonelm.android.DriveKt { public static void main(java.lang.String[]); }\n";

/// What the compilers read.
pub(crate) struct Input {
    /// classes.jar of the AAR.
    pub(crate) helpers: PathBuf,
    /// The classes of the program that drives the library.
    pub(crate) driver: Vec<PathBuf>,
    pub(crate) jars: Jars,
    /// proguard.txt of the AAR.
    pub(crate) rules: PathBuf,
}

impl Input {
    /// Translates our classes for the oldest Android.
    pub(crate) fn translate(&self, dir: &Path) -> Result<()> {
        check(self.d8(dir)?.arg(&self.helpers).arg(core_jar()))
    }

    /// Translates the classes of an archive that builds on phonelm-core.
    pub(crate) fn translate_beside(&self, classes: &Path, dir: &Path) -> Result<()> {
        check(self.d8(dir)?.arg("--classpath").arg(core_jar()).arg(classes))
    }

    /// What is wrong if an app with the helpers of two archives can be translated: it would have two libraries of one name.
    pub(crate) fn translate_twice(&self, dir: &Path) -> Result<Vec<String>> {
        let second = dir.join("second.jar");
        fs::copy(&self.helpers, &second).with_context(|| format!("cannot write {}", second.display()))?;
        let output =
            self.d8(dir)?.arg(&self.helpers).arg(second).arg(core_jar()).output().context("cannot start D8")?;
        let text = String::from_utf8_lossy(&output.stderr);
        let says_why = text.lines().any(|line| line.contains("io.phonelm.android") && line.contains("multiple times"));
        let wrong = (output.status.success() || !says_why).then(|| format!("D8 ended with {}: {text}", output.status));
        Ok(wrong.into_iter().collect())
    }

    fn d8(&self, dir: &Path) -> Result<Command> {
        let mut d8 = self.tool("D8", &dir.join("classes.zip"))?;
        d8.args(["--min-api", &MIN_API.to_string()]);
        for jar in self.jars.of_others() {
            d8.arg("--classpath").arg(jar);
        }
        Ok(d8)
    }

    /// Shrinks an app of nothing but the driver, and returns its jar.
    pub(crate) fn shrink(&self, dir: &Path) -> Result<PathBuf> {
        let (output, rules) = (dir.join("driver.jar"), dir.join("driver.pro"));
        fs::write(&rules, DRIVER).with_context(|| format!("cannot write {}", rules.display()))?;
        let mut r8 = self.tool("R8", &output)?;
        r8.arg("--classfile").arg("--pg-conf").arg(&self.rules).arg("--pg-conf").arg(rules);
        check(r8.args(&self.driver).arg(&self.helpers).arg(core_jar()).args(self.jars.of_others()))?;
        Ok(output)
    }

    /// A tool of com.android.tools:r8, with the classes of Android and, for java.*, of this machine's JDK.
    fn tool(&self, name: &str, output: &Path) -> Result<Command> {
        let mut tool = command("java", ["-Xmx2g", "--class-path"]);
        tool.arg(self.jars.named("r8-")?).arg(format!("com.android.tools.r8.{name}")).arg("--release");
        tool.arg("--lib").arg(self.jars.named("android-all-")?).arg("--lib").arg(java_home()?);
        tool.arg("--output").arg(output);
        Ok(tool)
    }
}

/// The folder of the JDK whose `java` is on the path.
pub(crate) fn java_home() -> Result<PathBuf> {
    let output = command("java", ["-XshowSettings:properties", "-version"]).output().context("cannot start java")?;
    let settings = String::from_utf8_lossy(&output.stderr).into_owned();
    let home = settings.lines().find_map(|line| line.trim().strip_prefix("java.home = "));
    home.map(PathBuf::from).context("java does not say where it lies")
}
