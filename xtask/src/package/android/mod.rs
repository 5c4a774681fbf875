//! The Android archive: libphonelm.so for both ABIs and the Android helpers of the Kotlin facade, as a Maven artefact.

pub(crate) mod aar;
pub(crate) mod bionic;
pub(crate) mod classes;
pub(crate) mod linker;
mod native;
mod ndk;
mod sysroot;

use std::path::PathBuf;

use anyhow::Result;

use super::border::{self, Generator};
use super::jvm;
use super::maven::{Repository, VERSION};
use crate::process::{root, target_dir};
use native::Way;

/// An instruction set that Android apps ship code for.
pub(crate) struct Abi {
    /// Android's name, and the folder in an archive.
    pub(crate) name: &'static str,
    /// Rust's name of the platform.
    pub(crate) target: &'static str,
    /// Zig's name of the platform whose headers come nearest.
    zig_target: &'static str,
}

/// What the archive holds: phones, and emulators and Chromebooks.
pub(crate) const ABIS: [Abi; 2] = [
    Abi { name: "arm64-v8a", target: "aarch64-linux-android", zig_target: "aarch64-linux-musl" },
    Abi { name: "x86_64", target: "x86_64-linux-android", zig_target: "x86_64-linux-musl" },
];

/// Why this machine cannot build the archive, if so.
pub(crate) fn missing() -> Option<String> {
    Way::chosen().missing()
}

/// Builds the archive and publishes it, with the classes that it depends on, to `dist/maven`.
pub(crate) fn run(generator: fn() -> Result<Generator>) -> Result<()> {
    let (generator, built) = border::beside(generator, || native::build(&Way::chosen()))?;
    let repository = Repository::new(root().join("dist/maven"));
    jvm::pack_core(&generator.border(built.border), &repository)?;
    let classes = classes::compile()?;
    let folder = aar::publish(&built.libraries, &classes, &repository)?;
    println!("packed {}", folder.display());
    Ok(())
}

/// Builds the archive with a stand-in for the NDK into a folder of its own, around the classes in `dist/maven`, and returns
/// its file: the way of `ANDROID_NDK_HOME` where there is no NDK.
pub(crate) fn run_with_stand_in() -> Result<PathBuf> {
    let home = target_dir().join("ndk-stand-in");
    ndk::make(&home)?;
    let libraries = native::build(&Way::Ndk(home))?.libraries;
    let repository = Repository::new(target_dir().join("ndk-maven"));
    let folder = aar::publish(&libraries, &classes::compile()?, &repository)?;
    Ok(folder.join(file_name()))
}

fn file_name() -> String {
    format!("phonelm-{VERSION}.aar")
}

/// The archive where [`run`] puts it.
pub(crate) fn finished() -> PathBuf {
    root().join(format!("dist/maven/io/phonelm/phonelm/{VERSION}")).join(file_name())
}
