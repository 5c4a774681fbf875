//! Checks of what surrounds the XCFramework: the checksum, the package, the privacy manifest.

use std::collections::{BTreeMap, BTreeSet};

use plist::Value;

use super::shipped::Shipped;
use crate::package::swift;
use crate::package::xcframework::FOLDER;

/// What the file beside the zip says is what SwiftPM will compute.
pub(super) fn checksum(shipped: &Shipped) -> Vec<String> {
    let stated = shipped.stated_checksum.trim();
    if stated == shipped.checksum {
        return Vec::new();
    }
    vec![format!("{}: says {stated:?}; the zip's checksum is {}", swift::CHECKSUM, shipped.checksum)]
}

/// The package has the zip's XCFramework in a folder, or names the zip with its checksum.
pub(super) fn package(shipped: &Shipped) -> Vec<String> {
    let manifest = shipped.package.text("Package.swift").unwrap_or("");
    let inside = format!("{FOLDER}/");
    let unpacked: BTreeMap<&str, _> =
        shipped.package.0.iter().filter_map(|(path, entry)| Some((path.strip_prefix(&inside)?, entry))).collect();
    if unpacked.is_empty() {
        let names_zip = manifest.contains(swift::ZIP) && manifest.contains(&shipped.checksum);
        return if names_zip {
            Vec::new()
        } else {
            vec![format!("Package.swift: has no {FOLDER} beside it and does not name the zip with its checksum")]
        };
    }
    let mut complaints = Vec::new();
    if !manifest.contains(&format!("path: \"{FOLDER}\"")) {
        complaints.push(format!("Package.swift: does not name the {FOLDER} beside it"));
    }
    let same = |path: &str| {
        let (one, two) = (unpacked.get(path), shipped.xcframework.0.get(path));
        matches!((one, two), (Some(one), Some(two)) if one.bytes == two.bytes && one.is_link == two.is_link)
    };
    let paths = unpacked.keys().copied().chain(shipped.xcframework.0.keys().map(String::as_str));
    let different: BTreeSet<&str> = paths.filter(|path| !same(path)).collect();
    complaints.extend(different.into_iter().map(|path| format!("{FOLDER}/{path}: differs between package and zip")));
    complaints
}

const PRIVACY: &str = "Sources/PhoneLM/PrivacyInfo.xcprivacy";

/// C functions that need a stated reason, and the category of each, from
/// <https://developer.apple.com/documentation/bundleresources/describing-use-of-required-reason-api>.
const REASON_REQUIRED: [(&str, &str); 13] = [
    ("_stat", "FileTimestamp"),
    ("_fstat", "FileTimestamp"),
    ("_fstatat", "FileTimestamp"),
    ("_lstat", "FileTimestamp"),
    ("_getattrlist", "FileTimestamp"),
    ("_fgetattrlist", "FileTimestamp"),
    ("_getattrlistat", "FileTimestamp"),
    ("_getattrlistbulk", "FileTimestamp"),
    ("_statfs", "DiskSpace"),
    ("_statvfs", "DiskSpace"),
    ("_fstatfs", "DiskSpace"),
    ("_fstatvfs", "DiskSpace"),
    ("_mach_absolute_time", "SystemBootTime"),
];

/// The manifest gives a reason for each function that Apple wants one for, and says that nobody is tracked.
pub(super) fn privacy(shipped: &Shipped) -> Vec<String> {
    let Some(manifest) = shipped.package.plist(PRIVACY) else {
        return vec![format!("{PRIVACY}: missing, or no property list")];
    };
    let mut complaints = Vec::new();
    if manifest.get("NSPrivacyTracking") != Some(&Value::Boolean(false)) {
        complaints.push(format!("{PRIVACY}: NSPrivacyTracking should be false"));
    }
    let stated: Vec<&str> = manifest
        .get("NSPrivacyAccessedAPITypes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_dictionary)
        .filter(|api| {
            api.get("NSPrivacyAccessedAPITypeReasons").and_then(Value::as_array).is_some_and(|r| !r.is_empty())
        })
        .filter_map(|api| api.get("NSPrivacyAccessedAPIType").and_then(Value::as_string))
        .collect();
    let called = |function: &str| {
        shipped
            .libraries
            .iter()
            .flat_map(|(_, objects)| objects)
            .any(|object| object.undefined.iter().any(|it| it == function))
    };
    for (function, category) in REASON_REQUIRED.iter().filter(|(function, _)| called(function)) {
        let name = format!("NSPrivacyAccessedAPICategory{category}");
        if !stated.contains(&name.as_str()) {
            complaints.push(format!("{PRIVACY}: {function} is called; state a reason for {name}"));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::archive::Entry;
    use crate::verify_xcframework::shipped::tests::good;

    #[test]
    fn another_checksum_is_named() {
        let mut shipped = good();
        shipped.stated_checksum = "abd\n".into();
        assert_eq!(checksum(&shipped).len(), 1);
    }

    #[test]
    fn a_package_with_another_xcframework_is_named() {
        let mut shipped = good();
        shipped.package.set("PhoneLMFFI.xcframework/Info.plist", "other");
        let link = "PhoneLMFFI.xcframework/macos-arm64/PhoneLMFFI.framework/Headers";
        shipped.package.0.insert(link.into(), Entry::link(link, "Versions/A/Headers"));
        shipped.package.0.remove("PhoneLMFFI.xcframework/ios-arm64/PhoneLMFFI.framework/Info.plist");
        assert_eq!(package(&shipped).len(), 3);
    }

    #[test]
    fn a_released_package_names_the_zip_and_its_checksum() {
        let mut shipped = good();
        shipped.package.0.retain(|path, _| !path.starts_with(FOLDER));
        assert_eq!(package(&shipped).len(), 1);
        let address = "https://example.org/PhoneLMFFI.xcframework.zip";
        shipped.package.set("Package.swift", &format!("url: \"{address}\", checksum: \"abd\""));
        assert_eq!(package(&shipped).len(), 1);
        shipped.package.set("Package.swift", &format!("url: \"{address}\", checksum: \"abc\""));
        assert_eq!(package(&shipped), [""; 0]);
    }

    #[test]
    fn a_call_without_a_stated_reason_is_named() {
        let mut shipped = good();
        shipped.libraries[1].1[0].undefined.push("_statvfs".into());
        assert_eq!(privacy(&shipped).len(), 1);
        assert!(
            privacy(&shipped)[0]
                .contains("_statvfs is called; state a reason for NSPrivacyAccessedAPICategoryDiskSpace")
        );
        let mut shipped = good();
        shipped.package.replace(PRIVACY, "<string>C617.1</string>", "");
        assert_eq!(privacy(&shipped).len(), 1);
        let mut shipped = good();
        shipped.package.replace(PRIVACY, "<false/>", "<true/>");
        assert_eq!(privacy(&shipped).len(), 1);
        shipped.package.0.remove(PRIVACY);
        assert_eq!(privacy(&shipped).len(), 1);
    }
}
