//! The archive as Android's build tools expect it: what lies where in an AAR, and what stands in its pom.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::native::Built;
use super::{ABIS, Abi, Variant};
use crate::package::archive::{self, Entry};
use crate::package::jvm;
use crate::package::licences;
use crate::package::maven::{Artifact, Dependency, Repository};
use crate::process::root;

/// Where the build tools look for what an AAR asks of an app.
pub(crate) const METADATA: &str = "META-INF/com/android/build/gradle/aar-metadata.properties";
pub(crate) const LIBRARY: &str = "libphonelm.so";

/// The name of the library of an ABI inside the archive.
pub(crate) fn library(abi: &Abi) -> String {
    format!("jni/{}/{LIBRARY}", abi.name)
}

/// Packs libraries and compiled classes, and publishes the archive; returns its folder.
pub(crate) fn publish(built: &Built, classes: &Path, repository: &Repository) -> Result<PathBuf> {
    let (coroutines, jna) = (jvm::version("coroutines")?, jvm::version("jna")?);
    let artifact = Artifact {
        name: built.variant.name(),
        packaging: "aar",
        description: match built.variant {
            Variant::Cpu => {
                "Language models in an Android app: the native library, and helpers for assets, documents and memory."
            }
            Variant::Gpu => "phonelm with a native library that computes on the GPU too. An app takes one of the two.",
        },
        dependencies: &[
            Dependency::ours("phonelm-core"),
            Dependency::compile("org.jetbrains.kotlinx", "kotlinx-coroutines-android", &coroutines),
            Dependency { kind: "aar", ..Dependency::runtime("net.java.dev.jna", "jna", &jna) },
        ],
    };
    let sources = root().join("android-aar/src/main/kotlin");
    let sources = jvm::sources("io.phonelm.android", archive::folder(&sources)?)?;
    let javadoc = jvm::javadoc(&artifact)?;
    let aar = pack(built, classes)?;
    repository.publish(&artifact, &[(".aar", &aar), ("-sources.jar", &sources), ("-javadoc.jar", &javadoc)])
}

fn pack(built: &Built, classes: &Path) -> Result<Vec<u8>> {
    let ours = |name: &str| root().join("android-aar").join(name);
    let mut entries = vec![
        Entry::read("AndroidManifest.xml", &ours("AndroidManifest.xml"))?,
        Entry::read(METADATA, &ours("aar-metadata.properties"))?,
        Entry::read("proguard.txt", &ours("proguard.txt"))?,
        Entry::new("R.txt", ""),
        Entry::new("classes.jar", archive::jar("io.phonelm.android", archive::folder(classes)?)?),
        Entry::read("LICENSE", &root().join("LICENSE"))?,
        Entry::new("THIRD-PARTY.txt", licences::third_party(&ABIS.map(|abi| abi.target), built.variant.features())?),
    ];
    let libraries = ABIS.iter().zip(&built.libraries);
    entries.extend(libraries.map(|(abi, bytes)| Entry::new(library(abi), bytes.as_slice())));
    archive::zip(entries)
}
