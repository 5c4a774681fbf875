//! Compiling the library for phones where neither Google's nor Apple's SDK is: the standard library is built along from
//! its sources, for targets that have no built one here.
//!
//! The pinned compiler does it where rustup can add those sources, Debian's with its own elsewhere; that takes twice as
//! long.
//!
//! The trap: what is built must not depend on where. Cargo trims paths, and flags that hold a path stay out of
//! `RUSTFLAGS`, because those are part of every symbol's hash.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{build_in, cargo as pinned_cargo, check, command, output, target_dir};
use crate::setup::apt_install;

/// The profile of what apps embed; see the root Cargo.toml.
pub(crate) const PROFILE: &str = "ship";
/// Debian's compiler and the sources of its standard library.
const DEBIAN: &[&str] = &["rustc-web", "rust-web-src"];

/// A compiler that may have what another platform needs.
#[derive(Clone, Copy)]
pub(crate) enum Compiler {
    /// The one of rust-toolchain.toml.
    Pinned,
    /// Debian's, for machines where rustup cannot fetch what is needed.
    Debian,
}

impl Compiler {
    /// The pinned compiler if its program `can`, else Debian's.
    pub(crate) fn that(can: impl Fn(&str) -> bool) -> Option<Self> {
        [Self::Pinned, Self::Debian].into_iter().find(|compiler| can(compiler.program()))
    }

    /// The program that cargo starts.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Pinned => "rustc",
            Self::Debian => "/usr/bin/rustc",
        }
    }
}

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pinned => "the pinned Rust toolchain",
            Self::Debian => "Debian's rustc",
        })
    }
}

/// Why nothing here can build the standard library, if so.
pub(crate) fn missing() -> Option<String> {
    Compiler::that(has_sources).is_none().then(|| "no Rust compiler has the sources of its standard library".into())
}

/// Adds the sources of the standard library to the pinned toolchain, or installs Debian's.
pub(crate) fn install() -> Result<()> {
    if !has_sources(Compiler::Pinned.program())
        && check(&mut command("rustup", ["component", "add", "rust-src"])).is_err()
    {
        println!("setup: rustup cannot supply rust-src; taking Debian's rustc");
        apt_install(DEBIAN)?;
    }
    match Compiler::that(has_sources) {
        Some(compiler) => println!("setup: {compiler} has the sources of its standard library"),
        None => bail!("no sources of Rust's standard library could be installed"),
    }
    Ok(())
}

fn sysroot(rustc: &str) -> Option<PathBuf> {
    output(rustc, &["--print", "sysroot"]).map(|sysroot| PathBuf::from(sysroot.trim()))
}

fn has_sources(rustc: &str) -> bool {
    sysroot(rustc).is_some_and(|sysroot| sysroot.join("lib/rustlib/src/rust/library/std").is_dir())
}

/// Where the builds go: one folder, so that what runs on this machine is compiled once for all platforms.
pub(crate) fn build_dir() -> PathBuf {
    target_dir().join(PROFILE)
}

/// Whether the pinned compiler has its standard library for a target.
pub(crate) fn has_library(target: &str) -> bool {
    sysroot("rustc").is_some_and(|sysroot| sysroot.join("lib/rustlib").join(target).join("lib").is_dir())
}

/// `cargo build` with the pinned compiler and the profile of what apps embed.
pub(crate) fn pinned_build() -> Command {
    let mut cargo = pinned_cargo(&["build", "--profile", PROFILE]);
    into_build_dir(&mut cargo);
    cargo
}

/// The same with the standard library built along.
pub(crate) fn build() -> Command {
    let mut cargo = pinned_build();
    with_library(&mut cargo);
    cargo
}

/// Lets cargo build the standard library too.
pub(crate) fn with_library(cargo: &mut Command) {
    // Without the feature `backtrace`: nobody reads one in an app, and it takes a reader of object files along.
    cargo.args(["-Zbuild-std=std,panic_unwind", "-Zbuild-std-features=panic-unwind"]);
    if let Some(compiler) = Compiler::that(has_sources) {
        println!("package: {compiler} builds the standard library too");
        if matches!(compiler, Compiler::Debian) {
            cargo.env("RUSTC", compiler.program());
        }
    }
}

/// Lets cargo link for a target by this program.
pub(crate) fn link_by(linker: &str, target: &str, cargo: &mut Command) {
    // An option, because it outranks the environment, in which cargo-ndk names another linker. A debug string is a TOML string.
    cargo.arg("--config").arg(format!("target.{target}.linker={linker:?}"));
}

/// Lets cargo build into [`build_dir`] and keep paths of this machine out, which no stable cargo offers yet.
pub(crate) fn into_build_dir(cargo: &mut Command) -> &mut Command {
    cargo.arg("-Ztrim-paths").env("RUSTC_BOOTSTRAP", "1").env("CARGO_PROFILE_SHIP_TRIM_PATHS", "all");
    build_in(PROFILE, cargo)
}
