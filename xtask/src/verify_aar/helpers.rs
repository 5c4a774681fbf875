//! The archive's helpers on Android's own classes: their tests run on the JVM under Robolectric, with the archive's library.

use std::path::Path;

use anyhow::Result;

use crate::counts::Counts;
use crate::files::remove_folder;
use crate::package::android::classes::core_jar;
use crate::package::jvm;
use crate::process::check_lines;

/// Tests the classes in `helpers`, the archive's classes.jar, with the library in `dir`, where it stands beside a libc.so.
pub(super) fn test(helpers: &Path, dir: &Path) -> Result<Vec<String>> {
    let results = jvm::build_root().join("phonelm-android-tests");
    remove_folder(&results)?;
    let mut maven = jvm::maven("../../android-aar/tests/pom.xml");
    maven.arg("test").arg(format!("-Daar.jar={}", helpers.display()));
    maven.arg(format!("-Dcore.jar={}", core_jar().display())).arg(format!("-Dlibrary.folder={}", dir.display()));
    maven.env("LD_LIBRARY_PATH", dir);
    let mut counts = Counts::default();
    let passed = check_lines(&mut maven, |line| counts += Counts::read_surefire_line(line))?;
    if passed && counts.passed > 0 && counts.skipped == 0 {
        return Ok(Vec::new());
    }
    Ok(vec![format!("{counts}; see {}", results.join("surefire-reports").display())])
}
