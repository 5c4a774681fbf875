//! The Android archives of the sample: unpacked one by one for their resources and libraries, and their classes joined in one
//! jar for the app and one for its tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Build;
use crate::files::remove_folder;
use crate::package::android::{self, Variant};
use crate::package::archive::{self, Entry};
use crate::process::{check, root};

/// The archives that go into the app.
const APP: &str = "app";
/// Those that its tests need as well.
const TESTS: &str = "tests";

/// Copies the archives of archives.xml, joins their classes into app.jar and tests.jar, and returns the folders of those
/// that go into the app.
pub(super) fn unpack(build: &Build, archive: Variant) -> Result<Vec<PathBuf>> {
    let copied = build.file("archives");
    remove_folder(&copied)?;
    let mut maven = build.maven("archives.xml");
    maven.arg("--quiet").arg(format!("-Darchives={}", copied.display()));
    maven.arg(format!("-Dphonelm.archive={}", archive.name()));
    maven.arg(format!("-Dphonelm.repository={}", root().join("dist/maven").display()));
    check(maven.arg("package"))?;
    let unpacked = build.file("unpacked");
    remove_folder(&unpacked)?;
    join(&copied.join(TESTS), &unpacked.join(TESTS), &build.file("tests.jar"))?;
    join(&copied.join(APP), &unpacked.join(APP), &build.file("app.jar"))
}

/// Unpacks each AAR of a folder, writes the classes of all that is there into one jar, and returns the folders.
fn join(copied: &Path, unpacked: &Path, jar: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    let mut classes = BTreeMap::new();
    for file in files(copied)? {
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let entries = archive::unzip(&bytes).with_context(|| format!("{} is no archive", file.display()))?;
        if file.extension().is_some_and(|end| end == "aar") {
            let folder = unpacked.join(file.file_stem().unwrap_or_default());
            archive::unpack(&folder, &files_of(&entries))?;
            for entry in entries.iter().filter(|entry| is_jar(&entry.name)) {
                add(&mut classes, archive::unzip(&entry.bytes)?);
            }
            folders.push(folder);
        } else {
            add(&mut classes, entries);
        }
    }
    let joined = archive::zip(classes.into_values().collect())?;
    fs::write(jar, joined).with_context(|| format!("cannot write {}", jar.display()))?;
    Ok(folders)
}

/// The first of several files of one name counts, and no archive's manifest.
fn add(classes: &mut BTreeMap<String, Entry>, entries: Vec<Entry>) {
    for entry in entries.into_iter().filter(|entry| !entry.name.ends_with('/') && entry.name != "META-INF/MANIFEST.MF")
    {
        classes.entry(entry.name.clone()).or_insert(entry);
    }
}

fn files_of(entries: &[Entry]) -> Vec<Entry> {
    entries.iter().filter(|entry| !entry.name.ends_with('/') && !is_jar(&entry.name)).cloned().collect()
}

/// Classes of an AAR; those of lint are not the app's.
fn is_jar(name: &str) -> bool {
    name == "classes.jar" || (name.starts_with("libs/") && name.ends_with(".jar"))
}

/// The files of a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files = list.map(|item| Ok(item?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

/// The native libraries of the app by their place in an APK.
pub(super) fn libraries(archives: &[PathBuf]) -> Result<Vec<Entry>> {
    let mut libraries = Vec::new();
    for abi in &android::ABIS {
        for archive in archives {
            let folder = archive.join("jni").join(abi.name);
            for file in folder.is_dir().then(|| files(&folder)).transpose()?.unwrap_or_default() {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                libraries.push(Entry::read(format!("lib/{}/{name}", abi.name), &file)?);
            }
        }
    }
    Ok(libraries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_become_one_jar_and_their_folders() {
        let dir = tempfile::tempdir().unwrap();
        let (copied, unpacked, jar) =
            (dir.path().join("copied"), dir.path().join("unpacked"), dir.path().join("app.jar"));
        fs::create_dir_all(&copied).unwrap();
        let classes =
            archive::zip(vec![Entry::new("a/A.class", "a"), Entry::new("META-INF/MANIFEST.MF", "m")]).unwrap();
        let aar =
            archive::zip(vec![Entry::new("classes.jar", classes), Entry::new("res/values/values.xml", "r")]).unwrap();
        fs::write(copied.join("one.aar"), aar).unwrap();
        fs::write(
            copied.join("two.jar"),
            archive::zip(vec![Entry::new("b/B.class", "b"), Entry::new("a/A.class", "x")]).unwrap(),
        )
        .unwrap();
        let folders = join(&copied, &unpacked, &jar).unwrap();
        assert_eq!(folders, [unpacked.join("one")]);
        assert!(folders[0].join("res/values/values.xml").is_file() && !folders[0].join("classes.jar").exists());
        let joined = archive::unzip(&fs::read(&jar).unwrap()).unwrap();
        let named: Vec<(String, Vec<u8>)> = joined.into_iter().map(|entry| (entry.name, entry.bytes)).collect();
        assert_eq!(named, [("a/A.class".into(), b"a".to_vec()), ("b/B.class".into(), b"b".to_vec())]);
    }
}
