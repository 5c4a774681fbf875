//! The engine as a static library for Apple's platforms, one a slice of the XCFramework.
//!
//! Where Xcode is, the compiler takes the standard libraries that rustup installs. Elsewhere it builds them too: a static
//! library needs neither Apple's linker nor its SDK.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::package::rust::{self, PROFILE, build_dir};
use crate::package::seal::seal;
use crate::process::{check, output};

/// One platform of the XCFramework.
pub(crate) struct Slice {
    /// Rust's name of the platform.
    pub(crate) target: &'static str,
    /// The folder in the XCFramework.
    pub(crate) identifier: &'static str,
    /// `SupportedPlatform` and `SupportedPlatformVariant` of the XCFramework's Info.plist.
    pub(crate) platform: &'static str,
    pub(crate) variant: Option<&'static str>,
    /// The platform in a framework's Info.plist.
    pub(crate) bundle_platform: &'static str,
    /// The platform in a Mach-O file's LC_BUILD_VERSION.
    pub(crate) number: u32,
    /// The oldest system it runs on.
    pub(crate) min_os: &'static str,
}

/// What the XCFramework holds.
pub(crate) const SLICES: [Slice; 3] = [
    Slice {
        target: "aarch64-apple-ios",
        identifier: "ios-arm64",
        platform: "ios",
        variant: None,
        bundle_platform: "iPhoneOS",
        number: object::macho::PLATFORM_IOS.0,
        min_os: MIN_IOS,
    },
    Slice {
        target: "aarch64-apple-ios-sim",
        identifier: "ios-arm64-simulator",
        platform: "ios",
        variant: Some("simulator"),
        bundle_platform: "iPhoneSimulator",
        number: object::macho::PLATFORM_IOSSIMULATOR.0,
        min_os: MIN_IOS,
    },
    Slice {
        target: "aarch64-apple-darwin",
        identifier: "macos-arm64",
        platform: "macos",
        variant: None,
        bundle_platform: "MacOSX",
        number: object::macho::PLATFORM_MACOS.0,
        min_os: MIN_MACOS,
    },
];

/// The oldest systems, as in swift-package/Package.swift.
const MIN_IOS: &str = "16.0";
const MIN_MACOS: &str = "13.0";

impl Slice {
    /// macOS alone wants a framework's files below `Versions/A`.
    pub(crate) fn is_versioned(&self) -> bool {
        self.platform == "macos"
    }

    /// The platform as linkers name it.
    pub(crate) fn linker_platform(&self) -> String {
        [Some(self.platform), self.variant].into_iter().flatten().collect::<Vec<_>>().join("-")
    }

    /// Where a framework's files lie: nothing, or that folder with a `/`.
    pub(crate) fn inside(&self) -> &'static str {
        if self.is_versioned() { "Versions/A/" } else { "" }
    }
}

/// Where there is none: the program takes any arguments and does nothing.
const NO_LINKER: &str = "true";

/// Where the standard library comes from.
#[derive(Clone, Copy)]
enum Toolchain {
    /// The pinned toolchain with the targets added by rustup, on a machine with Xcode.
    Xcode,
    /// The standard library from its sources.
    WithoutXcode,
}

impl Toolchain {
    fn find() -> Result<Self, String> {
        if output("xcrun", &["--sdk", "iphoneos", "--show-sdk-path"]).is_some() {
            return Ok(Self::Xcode);
        }
        rust::missing().map_or(Ok(Self::WithoutXcode), |reason| Err(format!("there is no Xcode, and {reason}")))
    }

    /// `cargo build` for every slice.
    fn build(self) -> Command {
        let mut cargo = match self {
            Self::Xcode => rust::pinned_build(),
            Self::WithoutXcode => rust::build(),
        };
        cargo.args(SLICES.iter().flat_map(|slice| ["--target", slice.target]));
        if matches!(self, Self::WithoutXcode) {
            // llguidance calls itself a dynamic library too, so cargo has one linked that nobody uses.
            SLICES.iter().for_each(|slice| rust::link_by(NO_LINKER, slice.target, &mut cargo));
        }
        cargo.env("IPHONEOS_DEPLOYMENT_TARGET", MIN_IOS).env("MACOSX_DEPLOYMENT_TARGET", MIN_MACOS);
        cargo
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Xcode => "Xcode's SDKs",
            Self::WithoutXcode => "no SDK of Apple's",
        })
    }
}

/// Why this machine cannot build for Apple's platforms, if so.
pub(crate) fn missing() -> Option<String> {
    Toolchain::find().err()
}

/// What cargo builds the library with: every device has Metal.
pub(crate) const FEATURES: [&str; 2] = ["--features", "gpu"];

/// The static library as cargo names it.
pub(crate) const LIBRARY: &str = "libphonelm_static.a";

/// A slice's static library, which shows nothing but the border's symbols.
pub(crate) struct Library {
    pub(crate) slice: &'static Slice,
    /// The file before, whose metadata the generator of the bindings reads.
    pub(crate) built: PathBuf,
    pub(crate) sealed: Vec<u8>,
}

/// Builds all slices, in the order of [`SLICES`].
pub(crate) fn build() -> Result<Vec<Library>> {
    let toolchain = Toolchain::find().map_err(|reason| anyhow!("{reason}: cargo xtask setup --packages"))?;
    println!("package: Apple's slices with {toolchain}");
    // All slices at once: one after the other leaves processors idle.
    check(toolchain.build().args(["--package", "phonelm-static"]).args(FEATURES))?;
    SLICES.iter().map(sealed).collect()
}

fn sealed(slice: &'static Slice) -> Result<Library> {
    let folder = build_dir().join(slice.target).join(PROFILE);
    let built = folder.join(LIBRARY);
    let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    let sealed = seal(&bytes, &folder).with_context(|| format!("cannot hide the symbols of {}", built.display()))?;
    Ok(Library { slice, built, sealed })
}
