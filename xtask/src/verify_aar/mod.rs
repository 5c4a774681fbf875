//! `cargo xtask verify-aar`: the finished archives looked at from outside: their entries, their libraries, their classes.
//!
//! The classes are the same in all archives, and tested once.

mod actions;
mod archive;
mod drive;
mod elf;
mod shrink;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::counts::Counts;
use crate::files::remove_folder;
use crate::package::android::classes::{HELPERS, Jars, core_jar};
use crate::package::android::{self, ABIS, Abi, Variant, aar, bionic};
use crate::package::maven::Repository;
use crate::package::symbols::Symbols;
use crate::process::target_dir;
use archive::Entries;
use elf::Library;
use shrink::Input;
pub(crate) use shrink::java_home;

/// The archive's classes.
const CLASSES: &str = "classes.jar";

/// An archive and where it lies.
struct Archive {
    variant: Variant,
    file: PathBuf,
    bytes: usize,
    entries: Entries,
}

impl Archive {
    fn read(variant: Variant, file: PathBuf) -> Result<Self> {
        let bytes = fs::read(&file)
            .with_context(|| format!("cannot read {}; `cargo xtask package android` builds it", file.display()))?;
        let entries = archive::read(&bytes).with_context(|| format!("{} is no AAR", file.display()))?;
        Ok(Self { variant, file, bytes: bytes.len(), entries })
    }

    /// The artifactId.
    fn name(&self) -> &'static str {
        self.variant.name()
    }

    /// The library of an ABI; what is missing is empty.
    fn library(&self, abi: &Abi) -> &[u8] {
        self.entries.get(&aar::library(abi)).map_or(&[], Vec::as_slice)
    }
}

/// How many checks failed so far.
#[derive(Default)]
struct Report(usize);

impl Report {
    /// Prints one check, which passed if it ran and found nothing wrong.
    fn line(&mut self, archive: &str, check: &str, found: Result<Vec<String>>) {
        let wrong = found.unwrap_or_else(|error| vec![format!("{error:#}")]);
        self.0 += Counts::check(archive, check, &wrong).failed;
    }
}

/// Checks archives of a repository, and that of the actions.
pub(crate) fn all(repository: &Repository, variants: &[Variant]) -> Result<()> {
    let read = |variant: &Variant| Archive::read(*variant, android::file(variant.name(), repository));
    let archives = variants.iter().map(read).collect::<Result<Vec<_>>>()?;
    verify(&archives, Some(&android::file(aar::ACTIONS_NAME, repository)))
}

/// Checks one archive with a library, whose name says which variant it is.
pub(crate) fn one(file: PathBuf) -> Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let alone = "is tested with the library of another archive: `cargo xtask verify-aar` without a file";
    ensure!(!name.starts_with(aar::ACTIONS_NAME), "{name} {alone}");
    let variant = if name.starts_with(Variant::Gpu.name()) { Variant::Gpu } else { Variant::Cpu };
    verify(&[Archive::read(variant, file)?], None)
}

fn verify(archives: &[Archive], actions: Option<&Path>) -> Result<()> {
    let dir = target_dir().join("verify-aar");
    remove_folder(&dir)?;
    let mut report = Report::default();
    let bionic = bionic::read()?;
    let called = called_by_classes()?;
    for archive in archives {
        let Archive { variant, entries, bytes, .. } = archive;
        report.line(archive.name(), "it has its entries and no others", Ok(archive::native_names(entries)));
        report.line(archive.name(), "the manifest asks for nothing", Ok(archive::manifest(entries, &[])));
        report.line(archive.name(), "it is small enough", Ok(archive::sizes(*variant, entries, *bytes)));
        for abi in &ABIS {
            println!("verify-aar: {} has {} bytes", aar::library(abi), archive.library(abi).len());
            inspect(abi, archive, &called, &bionic, &mut report);
        }
    }
    let Some((first, others)) = archives.split_first() else { return Ok(()) };
    let input = shrink_input(&first.entries, &dir)?;
    let driver = shrunk_driver(first, &input, &dir, &mut report);
    for archive in archives {
        for abi in &ABIS {
            let dir = dir.join(archive.name()).join(abi.name);
            let (library, variant) = (archive.library(abi), archive.variant);
            let found = match (abi.name, &driver) {
                ("x86_64", Some(driver)) => drive::x86_64(library, variant, driver, &dir),
                ("x86_64", None) => Ok(vec!["there are no shrunk classes to drive it with".into()]),
                _ => drive::arm64(library, variant, &dir),
            };
            report.line(archive.name(), &format!("{}: it runs", abi.name), found);
        }
        if let (Variant::Gpu, Some(driver)) = (archive.variant, &driver) {
            let found = drive::x86_64_on_gpu(archive.library(&ABIS[1]), driver, &dir.join("on-gpu"));
            report.line(archive.name(), "x86_64: it computes on a GPU", found);
        }
    }
    let library = dir.join(first.name()).join("x86_64");
    report.line(first.name(), "its helpers work on Android's classes", HELPERS.test(&dir, &library));
    if let Some(file) = actions {
        actions::verify(file, &input, &library, &dir.join(aar::ACTIONS_NAME), &mut report)?;
    }
    for other in others {
        let found = archive::differences(&first.entries, &other.entries);
        report.line(other.name(), &format!("its classes and rules are those of {}", first.name()), Ok(found));
    }
    ensure!(report.0 == 0, "{} checks failed", report.0);
    for Archive { file, bytes, .. } in archives {
        println!("verify-aar: {} ({bytes} bytes) is good", file.display());
    }
    Ok(())
}

/// The functions of the border that the Kotlin classes call.
fn called_by_classes() -> Result<BTreeSet<String>> {
    let jar = core_jar();
    let bytes = fs::read(&jar).with_context(|| format!("cannot read {}", jar.display()))?;
    let called: BTreeSet<String> = archive::read(&bytes)?.values().flat_map(|class| elf::called_in(class)).collect();
    ensure!(called.iter().any(|name| name.contains("_checksum_")), "{} calls no native function", jar.display());
    Ok(called)
}

fn inspect(abi: &Abi, archive: &Archive, called: &BTreeSet<String>, bionic: &Symbols, report: &mut Report) {
    let library = Library::read(archive.library(abi));
    let mut line = |check: &str, find: &dyn Fn(&Library) -> Vec<String>| {
        let found = library.as_ref().map(find).map_err(|error| anyhow::anyhow!("{error:#}"));
        report.line(archive.name(), &format!("{}: {check}", abi.name), found);
    };
    line("Android can load it", &|library| library.loading(abi));
    line("it needs only what bionic has", &|library| library.dependencies(bionic));
    line("it reaches no network", &|library| library.network());
    line(&format!("it exports the {} functions that Kotlin calls", called.len()), &|library| library.exports(called));
    line("it is stripped", &|library| library.leftovers());
}

/// Runs Android's compilers and returns the shrunk classes that drive the libraries.
fn shrunk_driver(archive: &Archive, input: &Input, dir: &Path, report: &mut Report) -> Option<PathBuf> {
    report.line(archive.name(), "D8 translates the classes", input.translate(dir).map(|()| Vec::new()));
    report.line(archive.name(), "D8 refuses an app that takes two archives", input.translate_twice(dir));
    let shrunk = input.shrink(dir);
    let driver = shrunk.as_ref().ok().cloned();
    report.line(archive.name(), "R8 shrinks the classes with the archive's rules", shrunk.map(|_| Vec::new()));
    driver
}

fn shrink_input(entries: &Entries, dir: &Path) -> Result<Input> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let (jars, classes) = Jars::resolve()?;
    let driver = crate::package::archive::folder(&classes)?;
    let driver =
        driver.iter().filter(|entry| entry.name.ends_with(".class")).map(|entry| classes.join(&entry.name)).collect();
    Ok(Input { helpers: unpack(entries, CLASSES, dir)?, driver, jars, rules: unpack(entries, "proguard.txt", dir)? })
}

/// Writes an entry into a folder; returns where it lies.
fn unpack(entries: &Entries, name: &str, dir: &Path) -> Result<PathBuf> {
    let path = dir.join(name);
    let bytes = entries.get(name).with_context(|| format!("the archive has no {name}"))?;
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
