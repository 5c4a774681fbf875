//! What others wrote of a library that ships: each crate in it with its licence, and the texts that must come along.
//!
//! Where a crate may be taken under Apache-2.0, as our own code is, that is the licence chosen; its text is in LICENSE.
//! Terms of other licences that want to come along follow the list.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::cargo;

/// What comes with the compiler rather than from crates.io.
const WITH_COMPILER: &str = "\
Rust's standard library, <https://github.com/rust-lang/rust>, under Apache-2.0
LLVM's libunwind, <https://llvm.org>, under Apache-2.0 with LLVM exceptions
";
/// What MIT asks to come along, for crates that name it and bring no text; who the authors are stands at their address.
const MIT: &str = "\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the \"Software\"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
";
/// Beginnings of the names of files with terms.
const TERMS: [&str; 4] = ["license", "licence", "copying", "notice"];

/// A crate from elsewhere.
struct Crate {
    name: String,
    version: String,
    licence: String,
    repository: String,
    /// The terms, unless they are in our LICENSE already.
    terms: String,
}

/// The list for libphonelm as built for `targets`, with these `features` as cargo's arguments.
pub(crate) fn third_party(targets: &[&str], features: &[&str]) -> Result<String> {
    let linked = linked(targets, features)?;
    let metadata = print(&["metadata", "--format-version", "1", "--locked"])?;
    let metadata: Value = serde_json::from_str(&metadata).context("cannot understand what cargo metadata prints")?;
    let packages = metadata["packages"].as_array().context("cargo metadata prints no packages")?;
    let foreign = packages.iter().filter(|package| !package["source"].is_null());
    let foreign = foreign.filter(|package| linked.contains(&name_and_version(package)));
    let mut crates = foreign.map(part).collect::<Result<Vec<_>>>()?;
    crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    let mut text = format!("libphonelm contains work of others.\n\n{WITH_COMPILER}");
    for Crate { name, version, licence, repository, .. } in &crates {
        writeln!(text, "{name} {version}, <{repository}>, under {licence}")?;
    }
    for Crate { name, version, terms, .. } in crates.iter().filter(|part| !part.terms.is_empty()) {
        write!(text, "\n\n==== {name} {version} ====\n\n{terms}")?;
    }
    Ok(text)
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

fn name_and_version(package: &Value) -> String {
    format!("{} {}", text(&package["name"]), text(&package["version"]))
}

fn part(package: &Value) -> Result<Crate> {
    let [name, version, licence, repository] =
        ["name", "version", "license", "repository"].map(|key| text(&package[key]));
    let manifest = text(&package["manifest_path"]);
    let may_be_apache = licence.split(" OR ").flat_map(|part| part.split('/')).any(|part| part.trim() == "Apache-2.0");
    let (licence, terms) = if may_be_apache {
        ("Apache-2.0".into(), String::new())
    } else if licence == "MPL-2.0" {
        // It asks for its address and for that of the source.
        let source = format!("https://crates.io/crates/{name}/{version}");
        (format!("MPL-2.0 <https://mozilla.org/MPL/2.0/>, source at <{source}>"), String::new())
    } else {
        let mut terms = terms(Path::new(&manifest).parent().context("a manifest lies in no folder")?)?;
        if terms.is_empty() && licence == "MIT" {
            terms = format!("Copyright (c) the authors of {name}, <{repository}>\n\n{MIT}");
        }
        ensure!(
            !terms.is_empty(),
            "{name} {version} brings no text of its licence, {licence}: drop the crate or add it"
        );
        (licence, terms)
    };
    Ok(Crate { name, version, licence, repository, terms })
}

/// The files with terms that a crate brings, one after the other.
fn terms(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    for item in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = item?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && TERMS.iter().any(|start| name.starts_with(start)) {
            files.push(path);
        }
    }
    files.sort();
    let read = |path: &PathBuf| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(files.iter().map(read).collect::<Result<Vec<_>>>()?.join("\n"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_brings_its_terms() {
        let text = third_party(&["aarch64-apple-ios"], &["--features", "gpu"]).unwrap();
        let of_objc2 = text.split_once("==== objc2 ").unwrap().1;
        assert!(of_objc2.contains("the authors of objc2, <https://") && of_objc2.contains("free of charge"));
        assert!(!third_party(&["aarch64-apple-ios"], &[]).unwrap().contains("objc2"));
    }

    #[test]
    fn the_list_has_what_is_linked_and_nothing_else() {
        let text = third_party(&["aarch64-linux-android"], &[]).unwrap();
        let listed = |name: &str| text.lines().any(|line| line.starts_with(&format!("{name} ")));
        for name in ["tokenizers", "minijinja", "memmap2", "uniffi_core"] {
            assert!(listed(name), "{name}");
        }
        // Our own, a macro, the command line's and a test's.
        for name in ["phonelm-engine", "serde_derive", "clap", "proptest"] {
            assert!(!listed(name), "{name}");
        }
    }
}
