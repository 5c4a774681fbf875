//! What our static libraries may call: libSystem's names from Apple's own `libSystem.tbd`, which Zig brings, and those of
//! frameworks from swift-package/frameworks.txt; and stand-ins of these names for a linker.
//!
//! Apple's file is macOS's, whose names iOS has as well as far as the C standard and POSIX go. It does not tell since which
//! system a name is there; Rust's deployment target answers for that, and for the frameworks our own list does.

use std::collections::BTreeSet;
use std::{fs, iter};

use anyhow::{Context, Result, ensure};

use crate::package::apple::Slice;
use crate::package::symbols::Symbols;
use crate::package::zig;

/// Where Apple's linker finds libSystem.
const LIB_SYSTEM: &str = "/usr/lib/libSystem.B.dylib";

/// The frameworks that we call, with the names that we call there.
pub(super) fn frameworks() -> Result<Symbols> {
    Symbols::read("swift-package/frameworks.txt")
}

/// The framework of a list's section that a slice has: some names are macOS's alone.
pub(super) fn framework<'a>(section: &'a str, slice: &Slice) -> Option<&'a str> {
    match section.split_once(' ') {
        Some((name, platform)) => (platform == slice.platform).then_some(name),
        None => Some(section),
    }
}

/// The names that libSystem and the libraries inside it define.
pub(super) fn names() -> Result<BTreeSet<String>> {
    let zig = zig::library_dir().context("Zig is not installed: cargo xtask setup --packages")?;
    let path = zig.join("libc/darwin/libSystem.tbd");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let names = listed(&text);
    ensure!(names.contains("_malloc"), "{} does not list its symbols as expected", path.display());
    Ok(names)
}

/// What follows `symbols:` in brackets, in every document of a text stub
/// (<https://github.com/apple-oss-distributions/tapi/blob/main/docs/TBD.rst>).
fn listed(stub: &str) -> BTreeSet<String> {
    stub.split("symbols:")
        .skip(1)
        .filter_map(|rest| rest.split_once('[')?.1.split_once(']'))
        .flat_map(|(names, _)| names.split(','))
        .map(|name| name.trim().trim_matches('\'').to_owned())
        .filter(|name| name.starts_with('_'))
        .collect()
}

/// Text stubs for the linker, for the slice's platform, with what each library in them has: libSystem and the frameworks.
pub(super) fn stand_ins(slice: &Slice, system: &BTreeSet<String>, frameworks: &Symbols) -> Vec<String> {
    let frameworks = frameworks.libraries().filter_map(|(section, names)| {
        let name = framework(section, slice)?;
        Some(stand_in(slice, &format!("/System/Library/Frameworks/{name}.framework/{name}"), names))
    });
    iter::once(stand_in(slice, LIB_SYSTEM, system)).chain(frameworks).collect()
}

fn stand_in(slice: &Slice, library: &str, names: &BTreeSet<String>) -> String {
    let target = format!("arm64-{}", slice.linker_platform());
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    format!(
        "--- !tapi-tbd\ntbd-version: 4\ntargets: [ {target} ]\ninstall-name: '{library}'\n\
         exports:\n  - targets: [ {target} ]\n    symbols: [ {} ]\n...\n",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::apple::SLICES;

    #[test]
    fn names_are_read_from_all_documents() {
        let stub = "--- !tapi-tbd\nexports:\n  - targets: [ arm64e-macos ]\n    symbols: [ _a, '_b$UNIX2003',\n        \
                    '$ld$hide$_c' ]\n    weak-symbols: [ _d ]\n--- !tapi-tbd\nexports:\n  - symbols: [ _e ]\n...\n";
        assert_eq!(listed(stub), ["_a", "_b$UNIX2003", "_d", "_e"].map(str::to_owned).into());
        assert_eq!(listed("symbols: none"), BTreeSet::new());
    }

    #[test]
    fn stand_ins_are_for_the_platform_and_list_what_they_were_given() {
        let names = BTreeSet::from(["_memcpy".to_owned(), "_fstat".to_owned()]);
        let frameworks = Symbols::parse("[Metal]\n_a\n[Metal macos]\n_b\n").unwrap();
        let texts = stand_ins(&SLICES[1], &names, &frameworks);
        let listed: Vec<_> = texts.iter().map(|text| listed(text)).collect();
        assert_eq!(listed, [names.clone(), BTreeSet::from(["_a".to_owned()])]);
        assert!(texts.iter().all(|text| text.contains("targets: [ arm64-ios-simulator ]")), "{texts:?}");
        assert!(texts[1].contains("Metal.framework/Metal'"), "{texts:?}");
        assert_eq!(stand_ins(&SLICES[2], &names, &frameworks).len(), 3);
    }

    #[test]
    fn the_list_of_frameworks_can_be_read() {
        assert!(frameworks().unwrap().has_symbol("_MTLCreateSystemDefaultDevice"));
    }
}
