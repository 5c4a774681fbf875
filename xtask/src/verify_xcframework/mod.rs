//! Checks a finished Swift package as an app's build gets it: the zip of the XCFramework and the package beside it.
//!
//! A check is a function from what was shipped to complaints; each complaint says where, what and what to do.

mod binaries;
mod layout;
mod link;
mod release;
mod shipped;
mod system;

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::counts::Counts;
use crate::package::swift;
use shipped::Shipped;

type Check = fn(&Shipped) -> Vec<String>;

/// The checks by name.
const CHECKS: [(&str, Check); 13] = [
    ("the checksum is the zip's", release::checksum),
    ("the package has this XCFramework", release::package),
    ("Info.plist lists every slice", layout::slices),
    ("every framework is laid out as its platform wants", layout::frameworks),
    ("links lead to files inside", layout::links),
    ("module maps name the header", layout::module_maps),
    ("static libraries hold arm64 code for their platform", binaries::platforms),
    ("the header's functions are defined", binaries::functions),
    ("nothing else is visible", binaries::visible),
    ("no symbol is defined twice", binaries::duplicates),
    ("what is missing is in libSystem or in a framework that we know", binaries::undefined),
    ("the package links these frameworks and no others", binaries::linked),
    ("the privacy manifest covers what is called", release::privacy),
];

/// The check that starts a linker.
const LINK: (&str, Check) = ("a linker takes it, it is small enough and reaches no network", link::link);

/// Why this machine cannot run every check, if so.
pub(crate) fn missing() -> Option<String> {
    let reason = system::names().err()?;
    Some(format!("{reason:#}"))
}

/// Runs every check on what `cargo xtask package swift` wrote into `dir`, or wrote last.
pub(crate) fn run(dir: Option<PathBuf>) -> Result<()> {
    let dir = dir.unwrap_or_else(swift::dist);
    let shipped = Shipped::read(&dir)?;
    for (slice, objects) in &shipped.libraries {
        let bytes: usize = objects.iter().map(|object| object.bytes.len()).sum();
        println!("verify-xcframework: {} has {bytes} bytes of code", slice.identifier);
    }
    let mut failed = 0;
    for (name, check) in CHECKS.into_iter().chain([LINK]) {
        failed += Counts::check("verify-xcframework", name, &check(&shipped)).failed;
    }
    ensure!(failed == 0, "{failed} checks of {} failed", dir.display());
    println!("verify-xcframework: {} is good", dir.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_package_passes_every_check() {
        let shipped = shipped::tests::good();
        for (name, check) in CHECKS {
            assert_eq!(check(&shipped), [""; 0], "{name}");
        }
    }
}
