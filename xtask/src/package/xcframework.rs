//! PhoneLMFFI.xcframework: a framework with a static library for each of Apple's platforms.
//!
//! ```text
//! Info.plist
//! ios-arm64/PhoneLMFFI.framework/{PhoneLMFFI, Headers, Modules, Info.plist}
//! macos-arm64/PhoneLMFFI.framework/Versions/A/{PhoneLMFFI, Headers, Modules, Resources/Info.plist}
//! ```
//!
//! The trap: Xcode refuses a framework for macOS whose files are not below `Versions`, with links beside them
//! (<https://github.com/n0-computer/iroh-ffi/issues/247>), and one for iOS whose Info.plist is missing or names no oldest
//! system (<https://github.com/firebase/firebase-ios-sdk/pull/12439>).

use anyhow::Result;
use plist::{Dictionary, Value};

use crate::package::apple::{Library, Slice};
use crate::package::archive::Entry;
use crate::package::maven::VERSION;

/// The module that the generated Swift imports, and every name derived from it.
pub(crate) const MODULE: &str = "PhoneLMFFI";
/// The XCFramework's folder.
pub(crate) const FOLDER: &str = "PhoneLMFFI.xcframework";

/// Everything in the XCFramework, named from its folder: each slice with its static library, and the header of all.
pub(crate) fn entries(header: &[u8], libraries: &[Library]) -> Result<Vec<Entry>> {
    let info = dictionary([
        ("AvailableLibraries", Value::Array(libraries.iter().map(|library| listed(library.slice)).collect())),
        ("CFBundlePackageType", "XFWK".into()),
        ("XCFrameworkFormatVersion", "1.0".into()),
    ]);
    let mut entries = vec![Entry::new("Info.plist", xml(&info)?)];
    for Library { slice, sealed, .. } in libraries {
        let framework = format!("{}/{MODULE}.framework", slice.identifier);
        let files = [
            (binary(slice), sealed.clone()),
            (format!("{}Headers/{MODULE}.h", slice.inside()), header.to_vec()),
            (format!("{}Modules/module.modulemap", slice.inside()), modulemap().into_bytes()),
            (info_path(slice), xml(&framework_info(slice))?),
        ];
        entries.extend(files.map(|(name, bytes)| Entry::new(format!("{framework}/{name}"), bytes)));
        if slice.is_versioned() {
            entries.push(Entry::link(format!("{framework}/Versions/Current"), "A"));
            let links = [MODULE, "Headers", "Modules", "Resources"];
            entries.extend(
                links.map(|name| Entry::link(format!("{framework}/{name}"), &format!("Versions/Current/{name}"))),
            );
        }
    }
    Ok(entries)
}

/// The static library inside its framework.
pub(crate) fn binary(slice: &Slice) -> String {
    format!("{}{MODULE}", slice.inside())
}

/// The Info.plist inside its framework.
pub(crate) fn info_path(slice: &Slice) -> String {
    let folder = if slice.is_versioned() { "Resources/" } else { "" };
    format!("{}{folder}Info.plist", slice.inside())
}

fn listed(slice: &Slice) -> Value {
    let framework = format!("{MODULE}.framework");
    let mut library = vec![
        ("BinaryPath", format!("{framework}/{}", binary(slice)).into()),
        ("LibraryIdentifier", slice.identifier.into()),
        ("LibraryPath", framework.into()),
        ("SupportedArchitectures", Value::Array(vec!["arm64".into()])),
        ("SupportedPlatform", slice.platform.into()),
    ];
    library.extend(slice.variant.map(|variant| ("SupportedPlatformVariant", variant.into())));
    dictionary(library)
}

fn framework_info(slice: &Slice) -> Value {
    let oldest_system = if slice.is_versioned() { "LSMinimumSystemVersion" } else { "MinimumOSVersion" };
    dictionary([
        ("CFBundleDevelopmentRegion", "en".into()),
        ("CFBundleExecutable", MODULE.into()),
        ("CFBundleIdentifier", format!("io.phonelm.{MODULE}").into()),
        ("CFBundleInfoDictionaryVersion", "6.0".into()),
        ("CFBundleName", MODULE.into()),
        ("CFBundlePackageType", "FMWK".into()),
        ("CFBundleShortVersionString", VERSION.into()),
        ("CFBundleSupportedPlatforms", Value::Array(vec![slice.bundle_platform.into()])),
        ("CFBundleVersion", VERSION.into()),
        (oldest_system, slice.min_os.into()),
    ])
}

/// Written by hand, because the generator's own one breaks `canImport` (<https://github.com/mozilla/uniffi-rs/issues/2917>).
fn modulemap() -> String {
    format!("framework module {MODULE} {{\n    header \"{MODULE}.h\"\n    export *\n}}\n")
}

fn dictionary<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Dictionary(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Dictionary>())
}

fn xml(value: &Value) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    value.to_writer_xml(&mut bytes)?;
    Ok(bytes)
}
