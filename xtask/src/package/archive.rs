//! Zip archives whose bytes depend on nothing but their entries: names sorted, times fixed, permissions the same.
//!
//! Jars, AARs and zips of frameworks are all such archives.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The first entry of a jar, where tools look for it.
const MANIFEST: &str = "META-INF/MANIFEST.MF";

/// A file in an archive.
pub(crate) struct Entry {
    /// The path inside, with `/`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Entry {
    pub(crate) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }

    /// The file at `path`, under another name.
    pub(crate) fn read(name: impl Into<String>, path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self::new(name, bytes))
    }
}

/// All files below `dir`, named from there.
pub(crate) fn folder(dir: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let list = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    for item in list {
        let path = item?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            let inner = folder(&path)?;
            entries.extend(inner.into_iter().map(|entry| Entry { name: format!("{name}/{}", entry.name), ..entry }));
        } else {
            entries.push(Entry::read(name, &path)?);
        }
    }
    Ok(entries)
}

/// A jar of `entries`; its manifest names the module that Java programs may require.
pub(crate) fn jar(module: &str, mut entries: Vec<Entry>) -> Result<Vec<u8>> {
    entries.push(Entry::new(MANIFEST, format!("Manifest-Version: 1.0\r\nAutomatic-Module-Name: {module}\r\n\r\n")));
    zip(entries)
}

/// An archive of `entries`.
pub(crate) fn zip(mut entries: Vec<Entry>) -> Result<Vec<u8>> {
    entries.sort_by(|a, b| (a.name != MANIFEST, &a.name).cmp(&(b.name != MANIFEST, &b.name)));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in &entries {
        writer.start_file(&entry.name, options).with_context(|| format!("cannot add {}", entry.name))?;
        writer.write_all(&entry.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_entries_does_not_change_the_bytes() {
        let entry = |name: &str| Entry::new(name, name.repeat(40));
        let one = jar("m", vec![entry("b/c"), entry("a")]).unwrap();
        let two = jar("m", vec![entry("a"), entry("b/c")]).unwrap();
        assert_eq!(one, two);
        let mut archive = zip::ZipArchive::new(Cursor::new(one)).unwrap();
        let names: Vec<String> =
            (0..archive.len()).map(|index| archive.by_index(index).unwrap().name().unwrap().into_owned()).collect();
        assert_eq!(names, [MANIFEST, "a", "b/c"]);
    }

    #[test]
    fn a_folder_is_read_with_its_folders() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("x/y")).unwrap();
        fs::write(dir.path().join("x/y/z"), "1").unwrap();
        fs::write(dir.path().join("w"), "2").unwrap();
        let mut names: Vec<String> = folder(dir.path()).unwrap().into_iter().map(|entry| entry.name).collect();
        names.sort();
        assert_eq!(names, ["w", "x/y/z"]);
    }
}
