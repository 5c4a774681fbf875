//! What was shipped, read once: the zip's entries, each slice's objects, the package beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use plist::{Dictionary, Value};

use super::system;
use crate::package::apple::{SLICES, Slice};
use crate::package::archive::{self, Entry};
use crate::package::macho::{self, Object};
use crate::package::symbols::Symbols;
use crate::package::{swift, xcframework};

/// The finished package in memory; a checker needs nothing else.
#[derive(Clone, Default)]
pub(crate) struct Shipped {
    /// The checksum of the zip, and what the file beside it says.
    pub(crate) checksum: String,
    pub(crate) stated_checksum: String,
    /// The XCFramework in the zip, by path from its folder.
    pub(crate) xcframework: Files,
    /// The package's files; an XCFramework in it among them.
    pub(crate) package: Files,
    /// The static library of each slice.
    pub(crate) libraries: Vec<(&'static Slice, Vec<Object>)>,
    /// The names that libSystem defines.
    pub(crate) system: BTreeSet<String>,
    /// The frameworks that we may call beside it.
    pub(crate) frameworks: Symbols,
}

/// Files and links by path.
#[derive(Clone, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Entry>);

impl Files {
    fn new(entries: Vec<Entry>) -> Self {
        Self(entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect())
    }

    /// A file's bytes.
    pub(crate) fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).filter(|entry| !entry.is_link).map(|entry| entry.bytes.as_slice())
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(path)?).ok()
    }

    /// A property list.
    pub(crate) fn plist(&self, path: &str) -> Option<Dictionary> {
        Value::from_reader_xml(self.bytes(path)?).ok()?.into_dictionary()
    }
}

impl Shipped {
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let zip_path = dir.join(swift::ZIP);
        let zip = fs::read(&zip_path)
            .with_context(|| format!("cannot read {}; make it with: cargo xtask package swift", zip_path.display()))?;
        let stated_path = dir.join(swift::CHECKSUM);
        let stated =
            fs::read_to_string(&stated_path).with_context(|| format!("cannot read {}", stated_path.display()))?;
        let inside = format!("{}/", xcframework::FOLDER);
        let mut entries = archive::unzip(&zip).with_context(|| format!("{} is no zip", zip_path.display()))?;
        for entry in &mut entries {
            entry.name = entry.name.strip_prefix(&inside).unwrap_or(&entry.name).to_owned();
        }
        let xcframework = Files::new(entries);
        let mut libraries = Vec::new();
        for slice in &SLICES {
            let path = library_path(slice);
            let bytes = xcframework.bytes(&path).with_context(|| format!("{path} is not in {}", zip_path.display()))?;
            libraries.push((slice, macho::read_library(bytes).with_context(|| format!("cannot read {path}"))?));
        }
        let package = Files::new(archive::folder(&dir.join(swift::PACKAGE))?);
        Ok(Self {
            checksum: swift::checksum(&zip),
            stated_checksum: stated,
            xcframework,
            package,
            libraries,
            system: system::names()?,
            frameworks: system::frameworks()?,
        })
    }
}

/// The folder of a slice's framework in the XCFramework.
pub(crate) fn framework(slice: &Slice) -> String {
    format!("{}/{}.framework", slice.identifier, xcframework::MODULE)
}

/// A slice's static library in the XCFramework.
pub(crate) fn library_path(slice: &Slice) -> String {
    format!("{}/{}", framework(slice), xcframework::binary(slice))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::package::apple::Library;
    use crate::package::seal::PERSONALITY;

    /// A package in which every check finds what it looks for.
    pub(crate) fn good() -> Shipped {
        let libraries: Vec<Library> =
            SLICES.iter().map(|slice| Library { slice, built: PathBuf::new(), sealed: vec![1] }).collect();
        let header = "uint64_t uniffi_phonelm_sdk_fn_clone_model(uint64_t handle);\nvoid ffi_phonelm_sdk_free(void);\n";
        let framework = xcframework::entries(header.as_bytes(), &libraries).unwrap();
        let mut package: Vec<Entry> = framework.iter().map(|entry| entry.inside(xcframework::FOLDER)).collect();
        let manifest = "Target.binaryTarget(path: \"PhoneLMFFI.xcframework\") [.linkedFramework(\"Metal\")]";
        package.push(Entry::new("Package.swift", manifest));
        package.push(Entry::new("Sources/PhoneLM/PrivacyInfo.xcprivacy", PRIVACY));
        let object = |slice: &Slice| Object {
            name: "phonelm-0.o".into(),
            is_arm64: true,
            build: Some((slice.number, slice.min_os.into())),
            strong: ["_uniffi_phonelm_sdk_fn_clone_model", "_ffi_phonelm_sdk_free", PERSONALITY].map(Into::into).into(),
            undefined: ["_memcpy", "_fstat", "_MTLCreateSystemDefaultDevice"].map(Into::into).into(),
            ..Object::default()
        };
        Shipped {
            checksum: "abc".into(),
            stated_checksum: "abc\n".into(),
            xcframework: Files::new(framework),
            package: Files::new(package),
            libraries: SLICES.iter().map(|slice| (slice, vec![object(slice)])).collect(),
            system: ["_memcpy", "_fstat"].map(Into::into).into(),
            frameworks: Symbols::parse("[Metal]\n_MTLCreateSystemDefaultDevice\n[Metal macos]\n_MTLCopyAllDevices\n")
                .unwrap(),
        }
    }

    const PRIVACY: &str = r#"<plist version="1.0"><dict>
        <key>NSPrivacyTracking</key><false/>
        <key>NSPrivacyAccessedAPITypes</key><array><dict>
            <key>NSPrivacyAccessedAPIType</key><string>NSPrivacyAccessedAPICategoryFileTimestamp</string>
            <key>NSPrivacyAccessedAPITypeReasons</key><array><string>C617.1</string></array>
        </dict></array>
    </dict></plist>"#;

    impl Files {
        /// Another text in a file.
        pub(crate) fn set(&mut self, path: &str, text: &str) {
            self.0.insert(path.into(), Entry::new(path, text));
        }

        /// A file with one part of its text replaced.
        pub(crate) fn replace(&mut self, path: &str, from: &str, to: &str) {
            let text = self.text(path).unwrap();
            assert!(text.contains(from), "{path} does not hold {from}");
            let text = text.replace(from, to);
            self.set(path, &text);
        }
    }
}
