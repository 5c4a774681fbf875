//! libSystem, all that our static libraries may call: its names from Apple's own `libSystem.tbd`, which Zig brings, and a
//! stand-in of these names for a linker.
//!
//! The file is macOS's, whose names iOS has as well as far as the C standard and POSIX go. It does not tell since which
//! system a name is there; Rust's deployment target answers for that.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};

use crate::package::apple::Slice;
use crate::package::zig;

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

/// libSystem for the linker, as a text stub for the slice's platform.
pub(super) fn stand_in(slice: &Slice, names: &BTreeSet<String>) -> String {
    let target = format!("arm64-{}", slice.linker_platform());
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    format!(
        "--- !tapi-tbd\ntbd-version: 4\ntargets: [ {target} ]\ninstall-name: '/usr/lib/libSystem.B.dylib'\n\
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
    fn the_stand_in_is_for_the_platform_and_lists_what_it_was_given() {
        let names = BTreeSet::from(["_memcpy".to_owned(), "_fstat".to_owned()]);
        let text = stand_in(&SLICES[1], &names);
        assert!(text.contains("targets: [ arm64-ios-simulator ]"), "{text}");
        assert_eq!(listed(&text), names);
    }
}
