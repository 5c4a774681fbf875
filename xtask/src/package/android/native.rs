//! libphonelm.so for each ABI: by cargo-ndk where the NDK is, else without it.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::bionic::{Bionic, MIN_API};
use super::{ABIS, linker, sysroot};
use crate::package::rust::{self, PROFILE};
use crate::package::zig;
use crate::process::{cargo, check, output, target_dir};

const LIBRARY: [&str; 2] = ["--package", "phonelm"];

/// How the library is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Google's NDK through cargo-ndk, with the pinned Rust toolchain.
    Ndk,
    /// Debian's rustc, LLVM's linker, and stand-ins for bionic's libraries.
    WithoutNdk,
}

impl Way {
    /// The NDK if `ANDROID_NDK_HOME` is set.
    pub(crate) fn chosen() -> Self {
        if std::env::var_os("ANDROID_NDK_HOME").is_some() { Self::Ndk } else { Self::WithoutNdk }
    }

    /// Why this machine cannot go this way, if so.
    pub(crate) fn missing(self) -> Option<String> {
        match self {
            Self::Ndk if output("cargo", &["ndk", "--version"]).is_none() => {
                Some("ANDROID_NDK_HOME is set, but there is no cargo-ndk: cargo install cargo-ndk".into())
            }
            Self::Ndk => None,
            Self::WithoutNdk => {
                let reason = rust::missing()
                    .or_else(|| (!linker::is_ready()).then(|| "ld.lld-22 is missing".into()))
                    .or_else(|| zig::library_dir().is_none().then(|| "Zig is missing".into()))?;
                Some(format!("{reason}: cargo xtask setup --packages"))
            }
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ndk => "with the NDK of ANDROID_NDK_HOME",
            Self::WithoutNdk => "without the NDK (ANDROID_NDK_HOME is not set): Debian's rustc and ld.lld",
        })
    }
}

/// Builds all ABIs and returns the files, in the order of [`ABIS`].
pub(crate) fn build(way: Way) -> Result<Vec<PathBuf>> {
    println!("package: libphonelm.so for Android {way}");
    if let Some(reason) = way.missing() {
        bail!("{reason}");
    }
    let dir = match way {
        Way::Ndk => with_ndk()?,
        Way::WithoutNdk => without_ndk()?,
    };
    Ok(ABIS.iter().map(|abi| dir.join(abi.target).join(PROFILE).join("libphonelm.so")).collect())
}

fn with_ndk() -> Result<PathBuf> {
    let api = MIN_API.to_string();
    let mut cargo = cargo(&["ndk", "--platform", &api]);
    cargo.args(ABIS.iter().flat_map(|abi| ["--target", abi.name]));
    cargo.args(["build", "--profile", PROFILE]).args(LIBRARY);
    let flags = linker::OPTIONS.map(|option| format!("-Clink-arg=-Wl,{option}"));
    check(rust::trim_paths(&mut cargo).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")))?;
    Ok(target_dir())
}

fn without_ndk() -> Result<PathBuf> {
    let bionic = Bionic::read()?;
    let dir = rust::build_dir();
    let mut settings = Vec::new();
    for abi in &ABIS {
        let libraries = dir.join("android").join(abi.name);
        sysroot::make(abi, &bionic, &libraries)?;
        let variable = format!("CARGO_TARGET_{}", abi.target.to_uppercase().replace('-', "_"));
        settings.push((format!("{variable}_LINKER"), linker::install(&libraries)?));
        // Another version's new lints are no errors here.
        settings.push((format!("{variable}_RUSTFLAGS"), "--cap-lints=warn".into()));
    }
    // All ABIs at once: one after the other leaves processors idle.
    let mut cargo = rust::build();
    check(cargo.args(ABIS.iter().flat_map(|abi| ["--target", abi.target])).args(LIBRARY).envs(settings))?;
    Ok(dir)
}
