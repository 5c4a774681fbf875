//! The packages suite: builds what an app developer adds to a project, and checks the finished files.

use std::time::Instant;

use anyhow::Result;

use super::{android, zig};
use crate::counts::Counts;
use crate::setup::apt_install;
use crate::{arm, kotlin, verify_aar};

/// Compilers and linker for phones, and what drives the finished libraries. A JDK and Maven are there for every suite.
const PACKAGES: &[&str] = &[
    "gcc",
    "gcc-aarch64-linux-gnu",
    "libc6-dev-arm64-cross",
    "lld-22",
    "python3-venv",
    "qemu-user",
    "rust-web-src",
    "rustc-web",
];

/// One command of the suite.
type Step = fn() -> Result<()>;

/// Why this machine cannot run the suite, if so.
pub(crate) fn missing() -> Option<String> {
    let no_emulator = "no cross compiler or no qemu for arm64: cargo xtask setup --packages";
    android::missing().or_else(kotlin::missing).or_else(|| (!arm::emulator_is_ready()).then(|| no_emulator.into()))
}

/// Installs what the suite needs.
pub(crate) fn install() -> Result<()> {
    apt_install(PACKAGES)?;
    zig::install()
}

/// Builds and checks each package; a step counts as one test.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let steps: [(&str, Step); 2] = [("package android", android::run), ("verify-aar", || verify_aar::run(None))];
    let mut counts = Counts::default();
    for (name, step) in steps {
        let start = Instant::now();
        counts += match step() {
            Ok(()) => Counts::PASSED,
            Err(error) => {
                eprintln!("packages: {name}: {error:#}");
                Counts::FAILED
            }
        };
        println!("packages: {name} took {:.0} seconds", start.elapsed().as_secs_f64());
    }
    Ok((counts.failed == 0, counts))
}
