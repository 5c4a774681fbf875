//! The archives as Android's build tools expect it: what lies where in an AAR, and what stands in its pom.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::classes::{ACTIONS, HELPERS, Module};
use super::native::Built;
use super::{ABIS, Abi, Variant};
use crate::package::archive::{self, Entry};
use crate::package::jvm;
use crate::package::maven::{Artifact, Dependency, Repository};
use crate::package::{licences, linked};
use crate::process::root;

/// Where the build tools look for what an AAR asks of an app.
pub(crate) const METADATA: &str = "META-INF/com/android/build/gradle/aar-metadata.properties";
pub(crate) const LIBRARY: &str = "libphonelm.so";
/// The artifactId of the archive with the actions.
pub(crate) const ACTIONS_NAME: &str = "phonelm-actions";
/// What the model is told of the actions, beside their classes.
pub(crate) const CATALOGUE: &str = "io/phonelm/actions/tools.json";

/// The functions that phonelm-tiny was trained on.
pub(crate) fn catalogue() -> PathBuf {
    root().join("models/phonelm-tiny/tools.json")
}

/// The name of the library of an ABI inside the archive.
pub(crate) fn library(abi: &Abi) -> String {
    format!("jni/{}/{LIBRARY}", abi.name)
}

/// Packs libraries and compiled classes, and publishes the archive; returns its folder.
pub(crate) fn publish_native(built: &Built, classes: &Path, repository: &Repository) -> Result<PathBuf> {
    let targets = ABIS.map(|abi| abi.target);
    let crates = linked::crates(&targets, built.variant.features())?;
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
        crates: &crates,
    };
    let mut more = vec![Entry::new("THIRD-PARTY.txt", licences::third_party(&crates)?)];
    let libraries = ABIS.iter().zip(&built.libraries);
    more.extend(libraries.map(|(abi, bytes)| Entry::new(library(abi), bytes.as_slice())));
    publish(&artifact, &HELPERS, archive::folder(classes)?, more, repository)
}

/// Compiles the actions and publishes their archive; returns its folder.
pub(crate) fn publish_actions(repository: &Repository) -> Result<PathBuf> {
    let artifact = Artifact {
        name: ACTIONS_NAME,
        packaging: "aar",
        description: "The functions of a phone as tools for a model: alarms, calendar, contacts, messages, maps and more.",
        dependencies: &[Dependency::ours("phonelm-core")],
        crates: &[],
    };
    let mut classes = archive::folder(&ACTIONS.compile()?)?;
    classes.push(Entry::read(CATALOGUE, &catalogue())?);
    publish(&artifact, &ACTIONS, classes, Vec::new(), repository)
}

fn publish(
    artifact: &Artifact<'_>,
    module: &Module,
    classes: Vec<Entry>,
    more: Vec<Entry>,
    repository: &Repository,
) -> Result<PathBuf> {
    let sources = jvm::sources(module.package, archive::folder(&module.file("src/main/kotlin"))?)?;
    let javadoc = jvm::javadoc(artifact)?;
    let mut entries = vec![
        Entry::read("AndroidManifest.xml", &module.file("AndroidManifest.xml"))?,
        Entry::read(METADATA, &HELPERS.file("aar-metadata.properties"))?,
        Entry::read("proguard.txt", &module.file("proguard.txt"))?,
        Entry::new("R.txt", ""),
        Entry::new("classes.jar", archive::jar(module.package, classes)?),
        Entry::read("LICENSE", &root().join("LICENSE"))?,
    ];
    entries.extend(more);
    let aar = archive::zip(entries)?;
    repository.publish(artifact, &[(".aar", &aar), ("-sources.jar", &sources), ("-javadoc.jar", &javadoc)])
}
