//! `cargo xtask package jvm`: `phonelm-core` (all classes), `phonelm-native-desktop` (this machine's library) and
//! `phonelm-tiny` (the tiny model) as a Maven repository folder.
//!
//! Maven only compiles. Archives, poms and checksums are written here, so that building twice gives the same bytes.

use std::env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::archive::{self, Entry};
use super::border::{self, Border, Generator};
use super::maven::{Artifact, Dependency, Repository, VERSION};
use super::rust::{PROFILE, build_dir};
use super::{bindings, licences, linked, rust};
use crate::files::remove_folder;
use crate::process::{check, command, output, root, target_dir};

const CORE: &str = "phonelm-core";
const DESKTOP: &str = "phonelm-native-desktop";
const TINY: &str = "phonelm-tiny";

/// Builds the library as it ships and packs everything into `dist/maven`.
pub(crate) fn run() -> Result<()> {
    pack(&border()?, &root().join("dist/maven"))
}

/// The border of this machine's library as it ships.
pub(crate) fn border() -> Result<Border> {
    let build = || check(rust::pinned_build().args(["--package", "phonelm"]));
    let (generator, ()) = border::beside(Generator::build, build)?;
    Ok(generator.border(build_dir().join(PROFILE).join(library_name())))
}

/// The name of the library's file on this machine.
pub(crate) fn library_name() -> String {
    format!("{DLL_PREFIX}phonelm{DLL_SUFFIX}")
}

/// Packs all three artefacts around the library that the border leads to.
pub(crate) fn pack(border: &Border, repository: &Path) -> Result<()> {
    let repository = Repository::new(repository);
    pack_core(border, &repository)?;
    desktop(&repository, border.library())?;
    tiny(&repository)
}

/// Packs `phonelm-core` alone.
pub(crate) fn pack_core(border: &Border, repository: &Repository) -> Result<()> {
    generate(border)?;
    compile()?;
    core(repository)
}

/// Writes the Kotlin side of the border to where Maven compiles it.
pub(crate) fn generate(border: &Border) -> Result<()> {
    bindings::generate(border, &build_root().join("generated"))
}

/// The version of `kotlin`, `coroutines`, `serialization` or `jna` that the Kotlin modules are built with.
pub(crate) fn version(of: &str) -> Result<String> {
    let pom = root().join("bindings/kotlin/pom.xml");
    let text = fs::read_to_string(&pom).with_context(|| format!("cannot read {}", pom.display()))?;
    let (start, end) = (format!("<{of}.version>"), format!("</{of}.version>"));
    let value = text.split_once(&start).and_then(|(_, rest)| rest.split_once(&end));
    value.map(|(value, _)| value.to_owned()).with_context(|| format!("{} has no {start}", pom.display()))
}

/// Where Maven builds.
pub(crate) fn build_root() -> PathBuf {
    target_dir().join("kotlin")
}

/// Maven on a pom below `bindings/kotlin`.
pub(crate) fn maven(pom: &str) -> Command {
    let mut maven = command("mvn", ["--batch-mode", "--no-transfer-progress", "--file"]);
    maven.arg(root().join("bindings/kotlin").join(pom));
    maven.arg(format!("-Drevision={VERSION}")).arg(format!("-Dbuild.root={}", build_root().display()));
    maven
}

fn compile() -> Result<()> {
    // Classes of deleted sources would stay.
    for module in [CORE, TINY] {
        let classes = build_root().join(module);
        remove_folder(&classes)?;
    }
    check(maven("pom.xml").args(["--quiet", "compile"]))
}

fn classes(module: &str) -> Result<Vec<Entry>> {
    archive::folder(&build_root().join(module).join("classes"))
}

fn core(repository: &Repository) -> Result<()> {
    let (kotlin, coroutines) = (version("kotlin")?, version("coroutines")?);
    let serialization = version("serialization")?;
    let artifact = Artifact {
        name: CORE,
        packaging: "jar",
        description: "Language models in an app: sessions, streams, tools. All classes; the native library comes apart.",
        dependencies: &[
            Dependency::compile("org.jetbrains.kotlin", "kotlin-stdlib", &kotlin),
            Dependency::compile("org.jetbrains.kotlinx", "kotlinx-coroutines-core-jvm", &coroutines),
            Dependency::compile("org.jetbrains.kotlinx", "kotlinx-serialization-json-jvm", &serialization),
        ],
        crates: &[],
    };
    publish(repository, &artifact, "io.phonelm.core", classes(CORE)?, Some("core"))
}

fn desktop(repository: &Repository, library: &Path) -> Result<()> {
    let stripped = build_root().join(library_name());
    check(command("strip", ["--strip-unneeded", "-o"]).arg(&stripped).arg(library))?;
    let jna = version("jna")?;
    let host = output("rustc", &["--print", "host-tuple"]).context("`rustc --print host-tuple` failed")?;
    let crates = linked::crates(&[host.trim()], &[])?;
    let artifact = Artifact {
        name: DESKTOP,
        packaging: "jar",
        description: "The native library of phonelm-core for desktops, for unit tests on the JVM and desktop programs.",
        dependencies: &[Dependency::runtime("net.java.dev.jna", "jna", &jna)],
        crates: &crates,
    };
    let entries = vec![
        Entry::read(format!("{}/{}", resource_folder(), library_name()), &stripped)?,
        Entry::new("META-INF/THIRD-PARTY.txt", licences::third_party(&crates)?),
    ];
    publish(repository, &artifact, "io.phonelm.desktop", entries, None)
}

/// Where JNA looks for libraries of this machine, for example `linux-x86-64`.
fn resource_folder() -> String {
    let os = if OS == "macos" { "darwin" } else { OS };
    format!("{os}-{}", ARCH.replace("x86_64", "x86-64"))
}

fn tiny(repository: &Repository) -> Result<()> {
    let (kotlin, coroutines) = (version("kotlin")?, version("coroutines")?);
    let artifact = Artifact {
        name: TINY,
        packaging: "jar",
        description: "A model of 10.6 million parameters for tests, simulators and first steps.",
        dependencies: &[
            Dependency::compile("org.jetbrains.kotlin", "kotlin-stdlib", &kotlin),
            Dependency::compile("org.jetbrains.kotlinx", "kotlinx-coroutines-core-jvm", &coroutines),
        ],
        crates: &[],
    };
    let mut entries = classes(TINY)?;
    let model = root().join("models/phonelm-tiny/phonelm-tiny.gguf");
    entries.push(Entry::read("io/phonelm/tiny/phonelm-tiny.gguf", &model)?);
    publish(repository, &artifact, "io.phonelm.tiny", entries, Some("tiny"))
}

/// Publishes a jar with the jars of sources and documentation that repositories ask for.
fn publish(
    repository: &Repository,
    artifact: &Artifact<'_>,
    module: &str,
    mut entries: Vec<Entry>,
    sources: Option<&str>,
) -> Result<()> {
    entries.push(licence()?);
    let code = match sources {
        Some(folder) => archive::folder(&root().join("bindings/kotlin").join(folder).join("src/main/kotlin"))?,
        None => Vec::new(),
    };
    let (main, sources, javadoc) = (archive::jar(module, entries)?, self::sources(module, code)?, javadoc(artifact)?);
    let files = [(".jar", main.as_slice()), ("-sources.jar", &sources), ("-javadoc.jar", &javadoc)];
    let folder = repository.publish(artifact, &files)?;
    println!("packed {} ({} kB)", folder.display(), main.len().div_ceil(1000));
    Ok(())
}

/// The jar of sources that repositories ask for.
pub(crate) fn sources(module: &str, mut code: Vec<Entry>) -> Result<Vec<u8>> {
    code.push(licence()?);
    archive::jar(&format!("{module}.sources"), code)
}

/// The jar of documentation that repositories ask for; it leads to the sources.
pub(crate) fn javadoc(artifact: &Artifact<'_>) -> Result<Vec<u8>> {
    let page = format!(
        "<!doctype html><title>{name} {VERSION}</title><p>{description}<p>The documentation of every class stands beside \
         it in {name}-{VERSION}-sources.jar. <a href=\"{url}\">{url}</a>\n",
        name = artifact.name,
        description = artifact.description,
        url = env!("CARGO_PKG_REPOSITORY"),
    );
    archive::zip(vec![Entry::new("index.html", page), licence()?])
}

fn licence() -> Result<Entry> {
    Entry::read("META-INF/LICENSE", &root().join("LICENSE"))
}
