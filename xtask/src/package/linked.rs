//! The crates from elsewhere whose code is in a library that ships.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::cargo;

/// A crate from elsewhere.
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The licences that it may be taken under, as an SPDX expression.
    pub(crate) licence: String,
    /// The address of its sources.
    pub(crate) repository: String,
    /// Where its sources lie here.
    pub(crate) folder: PathBuf,
}

/// Those in libphonelm as built for `targets`, with these `features` as cargo's arguments, by name.
pub(crate) fn crates(targets: &[&str], features: &[&str]) -> Result<Vec<Crate>> {
    let linked = linked(targets, features)?;
    let metadata = print(&["metadata", "--format-version", "1", "--locked"])?;
    let metadata: Value = serde_json::from_str(&metadata).context("cannot understand what cargo metadata prints")?;
    let packages = metadata["packages"].as_array().context("cargo metadata prints no packages")?;
    let foreign = packages.iter().filter(|package| !package["source"].is_null());
    let mut crates = foreign.map(part).collect::<Result<Vec<_>>>()?;
    crates.retain(|part| linked.contains(&format!("{} {}", part.name, part.version)));
    crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(crates)
}

/// Name and version of every crate whose code is in the library: what it needs at run time, without macros.
fn linked(targets: &[&str], features: &[&str]) -> Result<BTreeSet<String>> {
    let tree = ["tree", "--package", "phonelm", "--edges", "normal,no-proc-macro", "--prefix", "none", "--no-dedupe"];
    let mut linked = BTreeSet::new();
    for target in targets {
        let lines = print(&[&tree[..], features, &["--locked", "--target", target]].concat())?;
        let words = lines.lines().filter_map(|line| line.split_once(" v"));
        linked.extend(words.map(|(name, rest)| format!("{name} {}", rest.split(' ').next().unwrap_or_default())));
    }
    Ok(linked)
}

/// What a cargo command prints.
fn print(args: &[&str]) -> Result<String> {
    let output = cargo(args).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo {} failed: {}", args[0], String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn part(package: &Value) -> Result<Crate> {
    let [name, version, licence, repository, manifest] =
        ["name", "version", "license", "repository", "manifest_path"].map(|key| text(&package[key]));
    let folder = PathBuf::from(manifest).parent().context("a manifest lies in no folder")?.to_owned();
    // Older crates divide what is to choose from by a stroke, which SPDX no longer knows.
    let licence = licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ");
    Ok(Crate { name, version, licence, repository, folder })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_there_and_nothing_else() {
        let crates = crates(&["aarch64-linux-android"], &[]).unwrap();
        let listed = |name: &str| crates.iter().any(|part| part.name == name);
        for name in ["tokenizers", "minijinja", "memmap2", "uniffi_core"] {
            assert!(listed(name), "{name}");
        }
        // Our own, a macro, the command line's and a test's.
        for name in ["phonelm-engine", "serde_derive", "clap", "proptest"] {
            assert!(!listed(name), "{name}");
        }
        assert!(crates.iter().all(|part| !part.licence.contains('/') && !part.licence.is_empty()));
    }
}
