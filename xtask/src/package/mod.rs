//! `cargo xtask package`: what an app developer adds to a project, built into `dist/`.

pub(crate) mod android;
pub(crate) mod archive;
mod bindings;
pub(crate) mod jvm;
mod licences;
mod maven;
mod rust;
pub(crate) mod suite;
mod zig;

use anyhow::Result;
use clap::Subcommand;

/// The packages by platform.
#[derive(Subcommand)]
pub(crate) enum Package {
    /// The AAR with libphonelm.so for arm64-v8a and x86_64, into dist/maven.
    #[command(after_help = "With ANDROID_NDK_HOME set it is built by cargo-ndk, else without the NDK.

Examples:
  cargo xtask package android
  cargo xtask verify-aar           check what was built")]
    Android,
    /// phonelm-core, phonelm-native-desktop and phonelm-tiny, into dist/maven.
    #[command(after_help = "Needs a JDK and Maven: cargo xtask setup.

Example:
  cargo xtask package jvm")]
    Jvm,
}

impl Package {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Android => android::run(),
            Self::Jvm => jvm::run(),
        }
    }
}
