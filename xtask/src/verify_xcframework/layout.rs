//! Checks of the XCFramework's folders: property lists, frameworks, links and module maps.

use plist::{Dictionary, Value};

use super::shipped::{Shipped, framework};
use crate::package::apple::{SLICES, Slice};
use crate::package::maven::VERSION;
use crate::package::xcframework::{MODULE, binary, info_path};

/// The XCFramework's own Info.plist against the slices and the folders.
pub(super) fn slices(shipped: &Shipped) -> Vec<String> {
    let Some(info) = shipped.xcframework.plist("Info.plist") else {
        return vec!["Info.plist: missing, or no property list".into()];
    };
    let mut complaints =
        wrong_strings("Info.plist", &info, &[("CFBundlePackageType", "XFWK"), ("XCFrameworkFormatVersion", "1.0")]);
    let listed: Vec<&Dictionary> = info
        .get("AvailableLibraries")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_dictionary).collect())
        .unwrap_or_default();
    if listed.len() != SLICES.len() {
        complaints.push(format!("Info.plist: lists {} libraries instead of {}", listed.len(), SLICES.len()));
    }
    for slice in &SLICES {
        let is_it = |library: &&&Dictionary| string(library, "LibraryIdentifier") == Some(slice.identifier);
        match listed.iter().find(is_it) {
            Some(library) => complaints.extend(library_complaints(library, slice)),
            None => complaints.push(format!("Info.plist: does not list {}", slice.identifier)),
        }
    }
    complaints
}

fn library_complaints(library: &Dictionary, slice: &Slice) -> Vec<String> {
    let at = format!("Info.plist: {}", slice.identifier);
    let framework = format!("{MODULE}.framework");
    let binary = format!("{framework}/{}", binary(slice));
    let expected =
        [("LibraryPath", framework.as_str()), ("BinaryPath", binary.as_str()), ("SupportedPlatform", slice.platform)];
    let mut complaints = wrong_strings(&at, library, &expected);
    if string(library, "SupportedPlatformVariant") != slice.variant {
        complaints.push(format!("{at}: SupportedPlatformVariant should be {:?}", slice.variant));
    }
    if library.get("SupportedArchitectures") != Some(&Value::Array(vec!["arm64".into()])) {
        complaints.push(format!("{at}: SupportedArchitectures should be arm64 alone"));
    }
    complaints
}

/// Each framework's Info.plist and where its files lie.
pub(super) fn frameworks(shipped: &Shipped) -> Vec<String> {
    SLICES.iter().flat_map(|slice| framework_complaints(shipped, slice)).collect()
}

fn framework_complaints(shipped: &Shipped, slice: &Slice) -> Vec<String> {
    let root = framework(slice);
    let path = format!("{root}/{}", info_path(slice));
    let Some(info) = shipped.xcframework.plist(&path) else {
        return vec![format!("{path}: missing, or no property list")];
    };
    let oldest_system = if slice.is_versioned() { "LSMinimumSystemVersion" } else { "MinimumOSVersion" };
    let expected = [
        ("CFBundleExecutable", MODULE),
        ("CFBundlePackageType", "FMWK"),
        ("CFBundleShortVersionString", VERSION),
        ("CFBundleVersion", VERSION),
        (oldest_system, slice.min_os),
    ];
    let mut complaints = wrong_strings(&path, &info, &expected);
    if info.get("CFBundleSupportedPlatforms") != Some(&Value::Array(vec![slice.bundle_platform.into()])) {
        complaints.push(format!("{path}: CFBundleSupportedPlatforms should be {} alone", slice.bundle_platform));
    }
    let flat: Vec<String> =
        [MODULE, "Headers", "Modules", "Resources"].iter().map(|name| format!("{root}/{name}")).collect();
    if slice.is_versioned() {
        let missing = flat
            .iter()
            .chain([&format!("{root}/Versions/Current")])
            .filter(|path| shipped.xcframework.0.get(*path).is_none_or(|entry| !entry.is_link))
            .map(|path| format!("{path}: should be a link, as macOS wants versioned frameworks"))
            .collect::<Vec<_>>();
        complaints.extend(missing);
    }
    complaints
}

/// Links are for macOS alone, relative, and end at something that is there.
pub(super) fn links(shipped: &Shipped) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, entry) in shipped.xcframework.0.iter().filter(|(_, entry)| entry.is_link) {
        let target = String::from_utf8_lossy(&entry.bytes);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let end = format!("{folder}/{target}").replace("Versions/Current/", "Versions/A/");
        let is_there = shipped
            .xcframework
            .0
            .keys()
            .any(|name| name.strip_prefix(&end).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
        if target.starts_with('/') || target.contains("..") || !is_there {
            complaints.push(format!("{path}: leads to {target}, which is not inside its framework"));
        }
        if SLICES.iter().any(|slice| !slice.is_versioned() && path.starts_with(&framework(slice))) {
            complaints.push(format!("{path}: frameworks for iOS have no links"));
        }
    }
    complaints
}

/// A module map names the only header, which is the same for all slices.
pub(super) fn module_maps(shipped: &Shipped) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut first_header: Option<&[u8]> = None;
    for slice in &SLICES {
        let inside = format!("{}/{}", framework(slice), slice.inside());
        let map_path = format!("{inside}Modules/module.modulemap");
        let map = shipped.xcframework.text(&map_path).unwrap_or("");
        if !map.starts_with(&format!("framework module {MODULE} {{")) {
            complaints.push(format!("{map_path}: should begin with `framework module {MODULE} {{`"));
        }
        if !map.contains(&format!("header \"{MODULE}.h\"")) {
            complaints.push(format!("{map_path}: does not name {MODULE}.h"));
        }
        let headers: Vec<&String> =
            shipped.xcframework.0.keys().filter(|name| name.starts_with(&format!("{inside}Headers/"))).collect();
        let header_path = format!("{inside}Headers/{MODULE}.h");
        if headers != [&header_path] {
            complaints.push(format!("{inside}Headers: should hold {MODULE}.h alone, not {headers:?}"));
        }
        let header = shipped.xcframework.bytes(&header_path);
        if *first_header.get_or_insert(header.unwrap_or_default()) != header.unwrap_or_default() {
            complaints.push(format!("{header_path}: differs from the other slices'"));
        }
    }
    complaints
}

fn string<'a>(dictionary: &'a Dictionary, key: &str) -> Option<&'a str> {
    dictionary.get(key).and_then(Value::as_string)
}

/// A complaint for each key whose value is another one.
fn wrong_strings(at: &str, dictionary: &Dictionary, expected: &[(&str, &str)]) -> Vec<String> {
    expected
        .iter()
        .filter(|(key, value)| string(dictionary, key) != Some(value))
        .map(|(key, value)| format!("{at}: {key} is {:?}, not {value}", string(dictionary, key)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::archive::Entry;
    use crate::verify_xcframework::shipped::tests::good;

    const IOS: &str = "ios-arm64/PhoneLMFFI.framework";
    const MACOS: &str = "macos-arm64/PhoneLMFFI.framework";

    #[test]
    fn a_slice_with_another_platform_or_none_is_named() {
        let mut shipped = good();
        shipped.xcframework.replace("Info.plist", "<string>simulator</string>", "<string>maccatalyst</string>");
        assert!(slices(&shipped)[0].contains("ios-arm64-simulator: SupportedPlatformVariant"));
        let mut shipped = good();
        shipped.xcframework.replace("Info.plist", "macos-arm64", "macos-x86_64");
        assert_eq!(slices(&shipped), ["Info.plist: does not list macos-arm64"]);
        let mut shipped = good();
        shipped.xcframework.replace("Info.plist", "<string>arm64</string>", "<string>x86_64</string>");
        assert_eq!(slices(&shipped).len(), 3);
        shipped.xcframework.set("Info.plist", "no property list");
        assert_eq!(slices(&shipped).len(), 1);
    }

    #[test]
    fn a_framework_without_its_oldest_system_is_named() {
        let mut shipped = good();
        shipped.xcframework.replace(&format!("{IOS}/Info.plist"), "MinimumOSVersion", "MinimumVersion");
        assert_eq!(frameworks(&shipped), [format!("{IOS}/Info.plist: MinimumOSVersion is None, not 16.0")]);
        shipped.xcframework.0.remove(&format!("{IOS}/Info.plist"));
        assert_eq!(frameworks(&shipped).len(), 1);
    }

    #[test]
    fn a_shallow_framework_for_macos_is_named() {
        let mut shipped = good();
        shipped.xcframework.set(&format!("{MACOS}/Headers"), "a file");
        assert!(frameworks(&shipped)[0].starts_with("macos-arm64/PhoneLMFFI.framework/Headers: should be a link"));
    }

    #[test]
    fn links_that_lead_elsewhere_are_named() {
        for (path, target) in [
            (format!("{MACOS}/Headers"), "Versions/Current/Nothing"),
            (format!("{MACOS}/Headers"), "/usr/include"),
            (format!("{MACOS}/Headers"), "../../ios-arm64"),
            (format!("{IOS}/Other"), "Headers"),
        ] {
            let mut shipped = good();
            shipped.xcframework.0.insert(path.clone(), Entry::link(path.clone(), target));
            assert_eq!(links(&shipped).len(), 1, "{path} to {target}");
        }
    }

    #[test]
    fn module_maps_and_headers_that_do_not_match_are_named() {
        let mut shipped = good();
        shipped.xcframework.replace(&format!("{IOS}/Modules/module.modulemap"), "framework module", "module");
        assert!(module_maps(&shipped)[0].contains("should begin with"));
        let mut shipped = good();
        shipped.xcframework.replace(&format!("{IOS}/Modules/module.modulemap"), "PhoneLMFFI.h", "Other.h");
        assert!(module_maps(&shipped)[0].contains("does not name PhoneLMFFI.h"));
        let mut shipped = good();
        shipped.xcframework.set(&format!("{IOS}/Headers/Other.h"), "");
        assert!(module_maps(&shipped)[0].contains("should hold PhoneLMFFI.h alone"));
        let mut shipped = good();
        shipped.xcframework.set(&format!("{MACOS}/Versions/A/Headers/PhoneLMFFI.h"), "void other(void);");
        assert!(module_maps(&shipped)[0].contains("differs from the other slices'"));
    }
}
