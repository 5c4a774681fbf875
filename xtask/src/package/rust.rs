//! Compiling the library for phones where neither Google's nor Apple's SDK is: Debian's rustc builds the standard library
//! along from its sources, for targets that have no built one here.
//!
//! The trap: what is built must not depend on where. Cargo trims paths, and flags that hold a path stay out of
//! `RUSTFLAGS`, because those are part of every symbol's hash.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{cargo as pinned_cargo, output, target_dir};

/// The profile of what apps embed; see the root Cargo.toml.
pub(crate) const PROFILE: &str = "ship";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Why Debian's compiler cannot build here, if so.
pub(crate) fn missing() -> Option<String> {
    let Some(sysroot) = output(DEBIAN_RUSTC, &["--print", "sysroot"]) else {
        return Some(format!("no compiler at {DEBIAN_RUSTC}"));
    };
    let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
    (!sources.is_dir()).then(|| format!("the standard library's sources are not in {}", sources.display()))
}

/// Where the builds go: one folder, so that what runs on this machine is compiled once for all platforms.
pub(crate) fn build_dir() -> PathBuf {
    target_dir().join(PROFILE)
}

/// Whether the pinned compiler has its standard library for a target.
pub(crate) fn has_library(target: &str) -> bool {
    output("rustc", &["--print", "sysroot"])
        .is_some_and(|sysroot| Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib").is_dir())
}

/// `cargo build` with the pinned compiler and the profile of what apps embed.
pub(crate) fn pinned_build() -> Command {
    let mut cargo = pinned_cargo(&["build", "--profile", PROFILE]);
    into_build_dir(&mut cargo);
    cargo
}

/// The same with Debian's compiler, which builds the standard library too.
pub(crate) fn build() -> Command {
    let mut cargo = pinned_build();
    with_library(&mut cargo);
    cargo
}

/// Lets Debian's compiler do it, which builds the standard library too.
pub(crate) fn with_library(cargo: &mut Command) {
    // Without the feature `backtrace`: nobody reads one in an app, and it takes a reader of object files along.
    let std = ["-Zbuild-std=std,panic_unwind", "-Zbuild-std-features=panic-unwind"];
    cargo.args(std).env("RUSTC", DEBIAN_RUSTC);
}

/// Lets cargo build into [`build_dir`] and keep paths of this machine out, which no stable cargo offers yet.
pub(crate) fn into_build_dir(cargo: &mut Command) -> &mut Command {
    cargo.arg("-Ztrim-paths").env("RUSTC_BOOTSTRAP", "1").env("CARGO_PROFILE_SHIP_TRIM_PATHS", "all");
    cargo.env("CARGO_TARGET_DIR", build_dir())
}
