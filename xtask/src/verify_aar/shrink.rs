//! R8 on the classes as in an app that shrinks its code, with the rules that the AAR brings.
//!
//! One run makes code for Android, where everything public stays; the other makes classes for the JVM, where only the
//! program that drives the library stays, so that driving it proves the rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::package::android::bionic::MIN_API;
use crate::package::android::classes::Jars;
use crate::process::{check, command};

const PUBLIC: &str = "-keep public class io.phonelm.* { public *; }\n-keep class io.phonelm.android.** { public *; }\n";
const DRIVER: &str = "-keep class io.phonelm.android.DriveKt { public static void main(java.lang.String[]); }\n";

/// What R8 reads.
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
    /// Translates all of it for Android.
    pub(crate) fn for_android(&self, dir: &Path) -> Result<()> {
        let mut r8 = self.r8(PUBLIC, &dir.join("app.zip"))?;
        check(r8.args(["--min-api", &MIN_API.to_string()]))
    }

    /// Shrinks it for the JVM to what the driver needs, and returns the jar.
    pub(crate) fn for_jvm(&self, dir: &Path) -> Result<PathBuf> {
        let output = dir.join("driver.jar");
        let mut r8 = self.r8(DRIVER, &output)?;
        check(r8.arg("--classfile").args(&self.driver))?;
        Ok(output)
    }

    fn r8(&self, keep: &str, output: &Path) -> Result<Command> {
        let rules = output.with_extension("pro");
        fs::write(&rules, keep).with_context(|| format!("cannot write {}", rules.display()))?;
        let mut r8 = command("java", ["-Xmx2g", "--class-path"]);
        r8.arg(self.jars.named("r8-")?).args(["com.android.tools.r8.R8", "--release"]);
        r8.arg("--lib").arg(self.jars.named("android-all-")?).arg("--output").arg(output);
        r8.arg("--pg-conf").arg(&self.rules).arg("--pg-conf").arg(&rules);
        r8.arg(&self.helpers).args(self.jars.of_app());
        Ok(r8)
    }
}
