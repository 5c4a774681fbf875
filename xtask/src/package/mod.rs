//! `cargo xtask package`: what an app developer adds to a project, built into `dist/`.

pub(crate) mod android;
pub(crate) mod apple;
pub(crate) mod archive;
mod bindings;
pub(crate) mod border;
pub(crate) mod jvm;
mod licences;
mod linked;
pub(crate) mod macho;
pub(crate) mod maven;
pub(crate) mod rust;
mod sbom;
pub(crate) mod seal;
pub(crate) mod suite;
pub(crate) mod swift;
pub(crate) mod symbols;
pub(crate) mod xcframework;
pub(crate) mod zig;

use anyhow::Result;
use border::Generator;
use clap::Subcommand;

/// The packages by platform.
#[derive(Subcommand)]
pub(crate) enum Package {
    /// The AARs with libphonelm.so for arm64-v8a and x86_64, phonelm and phonelm-gpu, and phonelm-actions, into dist/maven.
    #[command(after_help = "With ANDROID_NDK_HOME set they are built by cargo-ndk, else without the NDK.

Examples:
  cargo xtask package android
  cargo xtask verify-aar           check what was built")]
    Android,
    /// phonelm-core, phonelm-native-desktop and phonelm-tiny, into dist/maven.
    #[command(after_help = "Needs a JDK and Maven: cargo xtask setup.

Example:
  cargo xtask package jvm")]
    Jvm,
    /// The Swift package with PhoneLMFFI.xcframework, and the framework's zip, into dist/swift.
    #[command(after_help = "Needs neither Xcode nor Apple's SDK: cargo xtask setup --packages.

Examples:
  cargo xtask package swift
  cargo xtask package swift --url https://example.org/PhoneLMFFI.xcframework.zip
  cargo xtask verify-xcframework   check what was built")]
    Swift {
        /// The package names the zip at this address instead of holding the XCFramework.
        #[arg(long)]
        url: Option<String>,
    },
}

impl Package {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Android => android::run(&android::VARIANTS, Generator::build),
            Self::Jvm => jvm::run(),
            Self::Swift { url } => swift::run(url.as_deref(), Generator::build),
        }
    }
}
