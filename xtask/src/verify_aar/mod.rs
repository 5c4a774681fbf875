//! `cargo xtask verify-aar`: the finished archive looked at from outside: its entries, its libraries, its classes.

mod archive;
mod drive;
mod elf;
mod helpers;
mod shrink;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::counts::Counts;
use crate::files::remove_folder;
use crate::package::android::bionic::Bionic;
use crate::package::android::classes::{Jars, core_jar};
use crate::package::android::{ABIS, Abi, aar, finished};
use crate::process::target_dir;
use archive::Entries;
use elf::Library;
use shrink::Input;

/// The archive's classes.
const CLASSES: &str = "classes.jar";

/// How many checks failed so far.
#[derive(Default)]
struct Report(usize);

impl Report {
    /// Prints one check, which passed if it ran and found nothing wrong.
    fn line(&mut self, check: &str, found: Result<Vec<String>>) {
        let wrong = found.unwrap_or_else(|error| vec![format!("{error:#}")]);
        self.0 += Counts::check("verify-aar", check, &wrong).failed;
    }
}

/// Checks the archive in `file`, or the one that was built last.
pub(crate) fn run(file: Option<PathBuf>) -> Result<()> {
    let file = file.unwrap_or_else(finished);
    let bytes = fs::read(&file)
        .with_context(|| format!("cannot read {}; `cargo xtask package android` builds it", file.display()))?;
    let entries = archive::read(&bytes).with_context(|| format!("{} is no AAR", file.display()))?;
    let dir = target_dir().join("verify-aar");
    remove_folder(&dir)?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;

    let mut report = Report::default();
    report.line("it has its entries and no others", Ok(archive::names(&entries)));
    report.line("the manifest asks for nothing", Ok(archive::manifest(&entries)));
    report.line("it is small enough", Ok(archive::sizes(&entries, bytes.len())));
    let bionic = Bionic::read()?;
    let called = called_by_classes()?;
    for abi in &ABIS {
        let library = entries.get(&aar::library(abi)).map_or(&[][..], Vec::as_slice);
        println!("verify-aar: {} has {} bytes", aar::library(abi), library.len());
        inspect(abi, library, &called, &bionic, &mut report);
    }
    let driver = shrunk_driver(&entries, &dir, &mut report);
    for abi in &ABIS {
        let library = entries.get(&aar::library(abi)).map_or(&[][..], Vec::as_slice);
        let dir = dir.join(abi.name);
        let found = match (abi.name, &driver) {
            ("x86_64", Some(driver)) => drive::x86_64(library, driver, &dir),
            ("x86_64", None) => Ok(vec!["there are no shrunk classes to drive it with".into()]),
            _ => drive::arm64(library, &dir),
        };
        report.line(&format!("{}: it runs", abi.name), found);
    }
    report.line("its helpers work on Android's classes", helpers::test(&dir.join(CLASSES), &dir.join("x86_64")));
    ensure!(report.0 == 0, "{} checks of {} failed", report.0, file.display());
    println!("verify-aar: {} ({} bytes) is good", file.display(), bytes.len());
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

fn inspect(abi: &Abi, bytes: &[u8], called: &BTreeSet<String>, bionic: &Bionic, report: &mut Report) {
    let library = Library::read(bytes);
    let mut line = |check: &str, find: &dyn Fn(&Library) -> Vec<String>| {
        let found = library.as_ref().map(find).map_err(|error| anyhow::anyhow!("{error:#}"));
        report.line(&format!("{}: {check}", abi.name), found);
    };
    line("Android can load it", &|library| library.loading(abi));
    line("it needs only what bionic has", &|library| library.dependencies(bionic));
    line(&format!("it exports the {} functions that Kotlin calls", called.len()), &|library| library.exports(called));
    line("it is stripped", &|library| library.leftovers());
}

/// Runs Android's compilers and returns the shrunk classes that drive the library.
fn shrunk_driver(entries: &Entries, dir: &Path, report: &mut Report) -> Option<PathBuf> {
    let input = match shrink_input(entries, dir) {
        Ok(input) => input,
        Err(error) => {
            report.line("its classes can be compiled", Err(error));
            return None;
        }
    };
    report.line("D8 translates the classes", input.translate(dir).map(|()| Vec::new()));
    let shrunk = input.shrink(dir);
    let driver = shrunk.as_ref().ok().cloned();
    report.line("R8 shrinks the classes with the archive's rules", shrunk.map(|_| Vec::new()));
    driver
}

fn shrink_input(entries: &Entries, dir: &Path) -> Result<Input> {
    let unpack = |name: &str| {
        let path = dir.join(name);
        let bytes = entries.get(name).with_context(|| format!("the archive has no {name}"))?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        Ok::<PathBuf, anyhow::Error>(path)
    };
    let (jars, classes) = Jars::resolve()?;
    let driver = crate::package::archive::folder(&classes)?;
    let driver =
        driver.iter().filter(|entry| entry.name.ends_with(".class")).map(|entry| classes.join(&entry.name)).collect();
    Ok(Input { helpers: unpack(CLASSES)?, driver, jars, rules: unpack("proguard.txt")? })
}
