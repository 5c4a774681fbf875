//! Zip archives whose bytes depend on nothing but their entries: names sorted, times fixed, permissions the same.
//!
//! Jars, AARs and zips of frameworks are all such archives.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// The first entry of a jar, where tools look for it.
const MANIFEST: &str = "META-INF/MANIFEST.MF";

/// A file or link in an archive.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The path inside, with `/`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether `bytes` is where a symbolic link leads to.
    pub(crate) is_link: bool,
}

impl Entry {
    pub(crate) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into(), is_link: false }
    }

    pub(crate) fn link(name: impl Into<String>, target: &str) -> Self {
        Self { is_link: true, ..Self::new(name, target) }
    }

    /// The same entry in a folder.
    pub(crate) fn inside(&self, folder: &str) -> Self {
        Self { name: format!("{folder}/{}", self.name), ..self.clone() }
    }

    /// The file at `path`, under another name.
    pub(crate) fn read(name: impl Into<String>, path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self::new(name, bytes))
    }
}

/// All files and links below `dir`, named from there.
pub(crate) fn folder(dir: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let list = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    for item in list {
        let path = item?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_symlink() {
            entries.push(Entry::link(name, &fs::read_link(&path)?.to_string_lossy()));
        } else if path.is_dir() {
            let inner = folder(&path)?;
            entries.extend(inner.iter().map(|entry| entry.inside(&name)));
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
        let adding = || format!("cannot add {}", entry.name);
        if entry.is_link {
            let target = String::from_utf8_lossy(&entry.bytes);
            writer.add_symlink(&entry.name, target, options).with_context(adding)?;
        } else {
            writer.start_file(&entry.name, options).with_context(adding)?;
            writer.write_all(&entry.bytes)?;
        }
    }
    Ok(writer.finish()?.into_inner())
}

/// The files and links of an archive.
pub(crate) fn unzip(bytes: &[u8]) -> Result<Vec<Entry>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let mut entry = Entry { is_link: file.is_symlink(), ..Entry::new(file.name()?, []) };
        file.read_to_end(&mut entry.bytes).with_context(|| format!("cannot read {}", entry.name))?;
        entries.push(entry);
    }
    Ok(entries)
}

/// Writes the entries as files and links below `dir`.
pub(crate) fn unpack(dir: &Path, entries: &[Entry]) -> Result<()> {
    for entry in entries {
        let path = dir.join(&entry.name);
        let folder = path.parent().unwrap_or(dir);
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let written = if entry.is_link {
            symlink(String::from_utf8_lossy(&entry.bytes).as_ref(), &path)
        } else {
            fs::write(&path, &entry.bytes)
        };
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
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
        let names: Vec<String> = unzip(&one).unwrap().into_iter().map(|entry| entry.name).collect();
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

    #[test]
    fn links_stay_links() {
        let entries = [Entry::new("A/file", "1"), Entry::link("Current", "A")];
        let read = unzip(&zip(entries.to_vec()).unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        unpack(dir.path(), &read).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("Current/file")).unwrap(), "1");
        let names: Vec<String> = folder(dir.path()).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), 2, "a link is not followed: {names:?}");
    }
}
