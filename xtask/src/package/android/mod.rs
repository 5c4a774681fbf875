//! The Android archives as Maven artefacts. Two hold libphonelm.so for both ABIs and the Android helpers of the Kotlin
//! facade: one computes on the CPU alone, and one on the GPU too; all else in them is the same, and an app takes one of
//! them. The third holds the phone's functions as tools, and no library.

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
use native::{Built, Way};

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

/// An archive by what its libraries compute on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    Cpu,
    /// GPU and CPU.
    Gpu,
}

/// In the order in which they are built and checked.
pub(crate) const VARIANTS: [Variant; 2] = [Variant::Cpu, Variant::Gpu];

impl Variant {
    /// The artifactId.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cpu => "phonelm",
            Self::Gpu => "phonelm-gpu",
        }
    }

    /// What cargo builds the library with.
    pub(crate) fn features(self) -> &'static [&'static str] {
        match self {
            Self::Cpu => &[],
            Self::Gpu => &["--features", "gpu"],
        }
    }
}

/// An archive in a repository.
pub(crate) fn file(name: &str, repository: &Repository) -> PathBuf {
    repository.folder(name).join(format!("{VERSION}/{name}-{VERSION}.aar"))
}

/// Why this machine cannot build the archives, if so.
pub(crate) fn missing() -> Option<String> {
    Way::chosen().missing()
}

/// Builds archives and publishes them, with the classes that they depend on, to `dist/maven`.
pub(crate) fn run(variants: &[Variant], generator: fn() -> Result<Generator>) -> Result<()> {
    let (generator, built) = border::beside(generator, || native::build(&Way::chosen(), variants))?;
    let repository = repository();
    jvm::pack_core(&generator.border(built[0].border.clone()), &repository)?;
    publish(&built, &repository)
}

/// Builds the archives with a stand-in for the NDK into a folder of its own, around the classes in `dist/maven`: the way
/// of `ANDROID_NDK_HOME` where there is no NDK.
pub(crate) fn run_with_stand_in() -> Result<Repository> {
    let home = target_dir().join("ndk-stand-in");
    ndk::make(&home)?;
    let repository = Repository::new(target_dir().join("ndk-maven"));
    publish(&native::build(&Way::Ndk(home), &VARIANTS)?, &repository)?;
    Ok(repository)
}

/// Where [`run`] puts the archives.
pub(crate) fn repository() -> Repository {
    Repository::new(root().join("dist/maven"))
}

fn publish(built: &[Built], repository: &Repository) -> Result<()> {
    let classes = classes::HELPERS.compile()?;
    for built in built {
        println!("packed {}", aar::publish_native(built, &classes, repository)?.display());
    }
    println!("packed {}", aar::publish_actions(repository)?.display());
    Ok(())
}
