//! The suites android and apple: they build what an app developer adds to a project, and check the finished files.

use std::time::Instant;

use anyhow::Result;

use super::border::Generator;
use super::{android, apple, rust, swift, zig};
use crate::counts::Counts;
use crate::setup::{apt_install, gpu_driver};
use crate::{arm, gpu, kotlin, verify_aar, verify_xcframework};

/// Linker for phones, and what drives the finished libraries. A JDK and Maven are there for every suite; a GPU comes apart.
const PACKAGES: &[&str] =
    &["gcc", "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "lld-22", "python3-venv", "qemu-user"];

/// One command of the suite.
type Step = fn() -> Result<()>;

/// Why this machine cannot run the suite android, if so.
pub(crate) fn android_missing() -> Option<String> {
    let no_emulator = "no cross compiler or no qemu for arm64: cargo xtask setup --packages";
    android::missing()
        .or_else(kotlin::missing)
        .or_else(gpu::missing)
        .or_else(|| (!arm::emulator_is_ready()).then(|| no_emulator.into()))
}

/// Why this machine cannot run the suite apple, if so.
pub(crate) fn apple_missing() -> Option<String> {
    apple::missing().or_else(verify_xcframework::missing)
}

/// Installs what both need.
pub(crate) fn install() -> Result<()> {
    apt_install(PACKAGES)?;
    gpu_driver()?;
    rust::install()?;
    zig::install()
}

/// The AAR with the GPU: its libraries hold all that the other's do, and building both takes half as long again. The
/// release check builds both.
const VARIANTS: [android::Variant; 1] = [android::Variant::Gpu];

/// Builds and checks an AAR.
pub(crate) fn android() -> Result<(bool, Counts)> {
    let package = || android::run(&VARIANTS, Generator::of_suites);
    run([("package android", package), ("verify-aar", || verify_aar::all(&android::repository(), &VARIANTS))])
}

/// Builds and checks the Swift package.
pub(crate) fn apple() -> Result<(bool, Counts)> {
    let package = || swift::run(None, Generator::of_suites);
    run([("package swift", package), ("verify-xcframework", || verify_xcframework::run(None))])
}

/// A step counts as one test.
fn run(steps: [(&str, Step); 2]) -> Result<(bool, Counts)> {
    let mut counts = Counts::default();
    for (name, step) in steps {
        let start = Instant::now();
        counts += match step() {
            Ok(()) => Counts::PASSED,
            Err(error) => {
                eprintln!("{name}: {error:#}");
                Counts::FAILED
            }
        };
        println!("{name} took {:.0} seconds", start.elapsed().as_secs_f64());
    }
    Ok((counts.failed == 0, counts))
}
