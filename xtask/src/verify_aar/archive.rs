//! An AAR's bytes: its entries, what it asks of an app, how large it is.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::package::android::aar::{METADATA, library};
use crate::package::android::bionic::MIN_API;
use crate::package::android::{ABIS, Variant};
use crate::package::archive;

/// A megabyte as app stores count.
const MB: usize = 1_000_000;
/// What others wrote of the libraries: it goes with them.
const THIRD_PARTY: &str = "THIRD-PARTY.txt";
const FILES: [&str; 7] =
    ["AndroidManifest.xml", "LICENSE", METADATA, "R.txt", THIRD_PARTY, "classes.jar", "proguard.txt"];

/// Entries by name.
pub(crate) type Entries = BTreeMap<String, Vec<u8>>;

pub(crate) fn read(bytes: &[u8]) -> Result<Entries> {
    let entries = archive::unzip(bytes).context("not a readable zip archive")?;
    Ok(entries.into_iter().map(|entry| (entry.name, entry.bytes)).collect())
}

/// What is missing of an archive with libraries, and what does not belong.
pub(crate) fn native_names(entries: &Entries) -> Vec<String> {
    let files = FILES.iter().map(|name| (*name).to_owned());
    names(entries, &files.chain(ABIS.iter().map(library)).collect::<Vec<_>>())
}

/// What is missing of an archive of classes, and what does not belong.
pub(crate) fn class_names(entries: &Entries) -> Vec<String> {
    let files = FILES.iter().filter(|name| **name != THIRD_PARTY);
    names(entries, &files.map(|name| (*name).to_owned()).collect::<Vec<_>>())
}

fn names(entries: &Entries, expected: &[String]) -> Vec<String> {
    let missing = expected.iter().filter(|name| !entries.contains_key(*name));
    let missing = missing.map(|name| format!("{name} is missing"));
    let more = entries.keys().filter(|name| !expected.contains(name));
    missing.chain(more.map(|name| format!("{name} does not belong into an AAR of ours"))).collect()
}

/// What is wrong with the manifest: an app must get these permissions from us and no others, and no higher level than we
/// need.
pub(crate) fn manifest(entries: &Entries, permissions: &[&str]) -> Vec<String> {
    let text = entries.get("AndroidManifest.xml").map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
    let mut wrong = Vec::new();
    let asked = text.split("<uses-permission").skip(1).map(|rest| rest.split('"').nth(1).unwrap_or_default());
    let asked: Vec<&str> = asked.collect();
    if asked != permissions {
        wrong.push(format!("AndroidManifest.xml asks for {asked:?}, not for {permissions:?}"));
    }
    if !text.contains(&format!("android:minSdkVersion=\"{MIN_API}\"")) {
        wrong.push(format!("AndroidManifest.xml does not say minSdkVersion {MIN_API}"));
    }
    wrong
}

/// What libphonelm.so and the whole archive may weigh.
fn limits(variant: Variant) -> (usize, usize) {
    match variant {
        Variant::Cpu => (8 * MB, 10 * MB),
        Variant::Gpu => (13 * MB, 16 * MB),
    }
}

/// In which files an archive differs from another variant's: all but the libraries are the same.
pub(crate) fn differences(one: &Entries, two: &Entries) -> Vec<String> {
    let is_shared = |name: &&str| *name != THIRD_PARTY;
    let differing = FILES.iter().copied().filter(is_shared).filter(|name| one.get(*name) != two.get(*name));
    differing.map(|name| format!("{name} differs: build both from the same commit")).collect()
}

/// What to say of bytes that are more than `limit`.
pub(crate) fn weigh(name: &str, bytes: usize, limit: usize) -> Option<String> {
    let (mb, limit_mb) = (bytes as f64 / MB as f64, limit as f64 / MB as f64);
    (bytes > limit).then(|| format!("{name} has {mb:.2} MB of at most {limit_mb}: see docs/packaging.md, Size"))
}

/// What weighs too much.
pub(crate) fn sizes(variant: Variant, entries: &Entries, archive: usize) -> Vec<String> {
    let (library_limit, archive_limit) = limits(variant);
    let libraries = ABIS.iter().map(library).filter_map(|name| {
        let bytes = entries.get(&name)?.len();
        weigh(&name, bytes, library_limit)
    });
    libraries.chain(weigh("the archive", archive, archive_limit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::android::VARIANTS;

    fn good() -> Entries {
        let mut entries: Entries = FILES.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
        entries.extend(ABIS.iter().map(|abi| (library(abi), vec![0; 1000])));
        let manifest = format!("<manifest><uses-sdk android:minSdkVersion=\"{MIN_API}\"/></manifest>");
        entries.insert("AndroidManifest.xml".into(), manifest.into());
        entries
    }

    #[test]
    fn a_good_archive_passes() {
        let entries = good();
        assert!(
            native_names(&entries).is_empty()
                && manifest(&entries, &[]).is_empty()
                && sizes(Variant::Cpu, &entries, 4000).is_empty()
        );
    }

    #[test]
    fn missing_and_foreign_entries_are_named() {
        let mut entries = good();
        entries.remove("proguard.txt");
        entries.insert("jni/armeabi-v7a/libphonelm.so".into(), Vec::new());
        let wrong = native_names(&entries);
        assert!(wrong.len() == 2 && wrong[0].starts_with("proguard.txt") && wrong[1].starts_with("jni/armeabi-v7a"));
    }

    #[test]
    fn an_archive_of_classes_holds_no_library() {
        let mut entries = good();
        entries.remove(THIRD_PARTY);
        assert_eq!(class_names(&entries).len(), ABIS.len());
        entries.retain(|name, _| !name.starts_with("jni/"));
        assert_eq!(class_names(&entries), [""; 0]);
    }

    #[test]
    fn permissions_and_another_level_are_named() {
        let mut entries = good();
        let text =
            "<uses-permission android:name=\"android.permission.INTERNET\"/><uses-sdk android:minSdkVersion=\"34\"/>";
        entries.insert("AndroidManifest.xml".into(), text.into());
        assert_eq!(manifest(&entries, &[]).len(), 2);
        assert_eq!(manifest(&entries, &["android.permission.INTERNET"]).len(), 1);
    }

    #[test]
    fn weight_is_named() {
        for variant in VARIANTS {
            let (library_limit, archive_limit) = limits(variant);
            let mut entries = good();
            entries.insert(library(&ABIS[0]), vec![0; library_limit + 1]);
            assert_eq!(sizes(variant, &entries, archive_limit).len(), 1);
            assert_eq!(sizes(variant, &entries, archive_limit + 1).len(), 2);
        }
    }

    #[test]
    fn variants_may_differ_in_their_libraries_alone() {
        let mut entries = good();
        entries.insert(library(&ABIS[0]), vec![1]);
        entries.insert(THIRD_PARTY.into(), vec![1]);
        assert_eq!(differences(&good(), &entries), [""; 0]);
        entries.insert("classes.jar".into(), vec![1]);
        assert_eq!(differences(&good(), &entries).len(), 1);
    }
}
