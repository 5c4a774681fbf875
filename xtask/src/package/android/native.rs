//! libphonelm.so for each ABI: by cargo-ndk where the NDK is, else without it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::aar::LIBRARY;
use super::bionic::{self, MIN_API};
use super::{ABIS, Abi, Variant, linker, sysroot};
use crate::package::rust::{self, PROFILE};
use crate::package::zig;
use crate::process::{cargo, check, output, parts_dir};

/// The variable by which Android's tools find the NDK.
const NDK_HOME: &str = "ANDROID_NDK_HOME";
const PACKAGE: [&str; 2] = ["--package", "phonelm"];

/// How the library is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The NDK in this folder through cargo-ndk.
    Ndk(PathBuf),
    /// LLVM's linker, and stand-ins for bionic's libraries.
    WithoutNdk,
}

impl Way {
    /// The NDK if `ANDROID_NDK_HOME` is set.
    pub(crate) fn chosen() -> Self {
        std::env::var_os(NDK_HOME).map_or(Self::WithoutNdk, |home| Self::Ndk(home.into()))
    }

    /// The folder of its linkers in [`rust::build_dir`].
    fn folder(&self) -> &'static str {
        match self {
            Self::Ndk(_) => "android-ndk",
            Self::WithoutNdk => "android",
        }
    }

    /// Why this machine cannot go this way, if so.
    pub(crate) fn missing(&self) -> Option<String> {
        match self {
            Self::Ndk(home) if !home.join("source.properties").is_file() => {
                Some(format!("{NDK_HOME} is {}, where no NDK lies: it has no source.properties", home.display()))
            }
            Self::Ndk(_) if output("cargo", &["ndk", "--version"]).is_none() => {
                Some(format!("{NDK_HOME} is set, but there is no cargo-ndk: cargo install cargo-ndk"))
            }
            Self::Ndk(_) => {
                let target = ABIS.iter().map(|abi| abi.target).find(|target| !rust::has_library(target))?;
                let reason = rust::missing()?;
                Some(format!("Rust's library for {target} is missing: rustup target add {target} ({reason})"))
            }
            Self::WithoutNdk => {
                let reason = rust::missing()
                    .or_else(|| (!linker::is_ready()).then(|| "ld.lld-22 is missing".into()))
                    .or_else(|| zig::library_dir().is_none().then(|| "Zig is missing".into()))?;
                Some(format!("{reason}: cargo xtask setup --packages"))
            }
        }
    }

    /// `cargo build` for all ABIs at once: one after the other leaves processors idle.
    fn cargo(&self) -> Command {
        match self {
            Self::Ndk(home) => {
                let api = MIN_API.to_string();
                let mut cargo = cargo(&["ndk", "--platform", &api]);
                cargo.args(ABIS.iter().flat_map(|abi| ["--target", abi.name])).args(["build", "--profile", PROFILE]);
                if ABIS.iter().any(|abi| !rust::has_library(abi.target)) {
                    rust::with_library(&mut cargo);
                }
                rust::into_build_dir(&mut cargo).env(NDK_HOME, home);
                cargo
            }
            Self::WithoutNdk => {
                let mut cargo = rust::build();
                cargo.args(ABIS.iter().flat_map(|abi| ["--target", abi.target]));
                cargo
            }
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ndk(home) => write!(f, "with the NDK in {}", home.display()),
            Self::WithoutNdk => write!(f, "without the NDK ({NDK_HOME} is not set)"),
        }
    }
}

/// The libraries of one variant.
pub(crate) struct Built {
    pub(crate) variant: Variant,
    /// Their bytes in the order of [`ABIS`]: the next variant's take the place of the files.
    pub(crate) libraries: Vec<Vec<u8>>,
    /// One of them before it was stripped, for the generator of the bindings.
    pub(crate) border: PathBuf,
}

/// Builds variants for all ABIs, one after the other.
pub(crate) fn build(way: &Way, variants: &[Variant]) -> Result<Vec<Built>> {
    println!("package: libphonelm.so for Android {way}");
    if let Some(reason) = way.missing() {
        bail!("{reason}");
    }
    let folder = |abi: &Abi| parts_dir(PROFILE).join(way.folder()).join(abi.name);
    if *way == Way::WithoutNdk {
        let bionic = bionic::read()?;
        ABIS.iter().try_for_each(|abi| sysroot::make(abi, &bionic, &folder(abi)))?;
    }
    let border = linker::unstripped(&folder(&ABIS[0]));
    let build = |variant: &Variant| {
        let mut cargo = way.cargo();
        cargo.args(PACKAGE).args(variant.features());
        for abi in &ABIS {
            link_in(&folder(abi), abi, &mut cargo)?;
        }
        check(&mut cargo)?;
        ensure!(
            border.is_file(),
            "{} is missing; remove {} and build again",
            border.display(),
            parts_dir(PROFILE).display()
        );
        let libraries = ABIS.iter().map(built).collect::<Result<_>>()?;
        Ok(Built { variant: *variant, libraries, border: border.clone() })
    };
    variants.iter().map(build).collect()
}

/// What cargo built for `abi` last.
fn built(abi: &Abi) -> Result<Vec<u8>> {
    let file = rust::build_dir().join(abi.target).join(PROFILE).join(LIBRARY);
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Lets cargo link for `abi` by our linker in `dir`.
fn link_in(dir: &Path, abi: &Abi, cargo: &mut Command) -> Result<()> {
    let linker = linker::install(dir)?;
    rust::link_by(&linker.display().to_string(), abi.target, cargo);
    // Another version's new lints are no errors here.
    cargo.arg("--config").arg(format!("target.{}.rustflags=[\"--cap-lints=warn\"]", abi.target));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_no_ndk_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let reason = Way::Ndk(folder.path().to_owned()).missing().unwrap();
        assert!(
            reason.contains("source.properties") && reason.contains(&folder.path().display().to_string()),
            "{reason}"
        );
    }
}
