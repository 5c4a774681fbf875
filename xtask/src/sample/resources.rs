//! The resources of the sample and of its archives, linked by aapt2 into resources.apk, with R.java for all of them and the
//! manifest that the app has once its libraries are merged into it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Build, check_quietly, source};
use crate::files::remove_folder;
use crate::package::android::bionic::MIN_API;
use crate::package::archive;
use crate::package::maven::VERSION;
use crate::process::command;

/// The app's package.
pub(super) const PACKAGE: &str = "io.phonelm.sample";
/// Android 15.
const TARGET_API: u32 = 35;
/// The library whose manifest asks for something. Those of AndroidX only name what warms up an app, which it does without.
const ASKING: &str = "phonelm-actions";

/// Links the resources; R.java goes to the folder `r`, R8 rules for what the manifest names to aapt.pro.
pub(super) fn link(build: &Build, archives: &[PathBuf]) -> Result<()> {
    let (compiled, r) = (build.file("resources"), build.file("r"));
    for folder in [&compiled, &r] {
        remove_folder(folder)?;
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let framework = build.file("framework.apk");
    write(&framework, &archive::zip(archive::folder(&build.file("archives/framework"))?)?)?;
    let manifest = build.file("AndroidManifest.xml");
    write(&manifest, merged(&read(&source("app/src/main/AndroidManifest.xml"))?, &asked(archives)?).as_bytes())?;

    // Debian's aapt2 is older than `<queries>`: it keeps what it does not know, but would refuse it.
    let mut link = command("aapt2", ["link", "--warn-manifest-validation", "--auto-add-overlay", "-o"]);
    link.arg(build.file("resources.apk")).arg("-I").arg(framework).arg("--manifest").arg(manifest);
    link.arg("--java").arg(&r).arg("--extra-packages").arg(packages(archives)?.join(":"));
    link.arg("--proguard").arg(build.file("aapt.pro"));
    link.args(["--min-sdk-version", &MIN_API.to_string(), "--target-sdk-version", &TARGET_API.to_string()]);
    link.args(["--version-code", "1", "--version-name", VERSION]);
    for folder in archives.iter().filter(|folder| folder.join("res").is_dir()) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        link.arg("-R").arg(compile(&folder.join("res"), &compiled.join(format!("{name}.zip")))?);
    }
    link.arg("-R").arg(compile(&source("app/src/main/res"), &compiled.join("app.zip"))?);
    check_quietly(&mut link)
}

fn compile(resources: &Path, to: &Path) -> Result<PathBuf> {
    check_quietly(command("aapt2", ["compile", "--dir"]).arg(resources).arg("-o").arg(to))?;
    Ok(to.to_path_buf())
}

/// What a library's manifest asks for: permissions and queries.
fn asked(archives: &[PathBuf]) -> Result<String> {
    let is_asking = |folder: &&PathBuf| folder.to_string_lossy().contains(ASKING);
    let folder = archives.iter().find(is_asking).with_context(|| format!("archives.xml names no {ASKING}"))?;
    let text = read(&folder.join("AndroidManifest.xml"))?;
    let inside = text.split_once("<uses-permission").and_then(|(_, rest)| rest.split_once("</manifest>"));
    let (inside, _) = inside.with_context(|| format!("the manifest of {ASKING} asks for nothing"))?;
    Ok(format!("<uses-permission{inside}"))
}

/// The app's manifest with its package, and with what a library asks for.
fn merged(manifest: &str, asked: &str) -> String {
    let named = manifest.replacen("<manifest ", &format!("<manifest package=\"{PACKAGE}\" "), 1);
    named.replacen("<application", &format!("{asked}\n    <application"), 1)
}

/// The packages of the archives, each of which has an R of its own.
fn packages(archives: &[PathBuf]) -> Result<Vec<String>> {
    let mut packages = Vec::new();
    for folder in archives {
        let text = read(&folder.join("AndroidManifest.xml"))?;
        let package = text.split_once("package=\"").and_then(|(_, rest)| rest.split_once('"'));
        packages.extend(package.map(|(name, _)| name.to_owned()));
    }
    packages.sort();
    packages.dedup();
    Ok(packages)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_gets_its_package_and_what_a_library_asks_for() {
        let text = "<manifest xmlns:android=\"x\">\n    <application android:label=\"a\" />\n</manifest>";
        let merged = merged(text, "<queries />");
        assert!(merged.starts_with("<manifest package=\"io.phonelm.sample\" xmlns"), "{merged}");
        assert!(merged.contains("<queries />\n    <application android:label"), "{merged}");
    }
}
