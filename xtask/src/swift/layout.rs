//! The package's folder as an app developer gets it: manifest, facades, tests, the generated side of the border, and what
//! models are told of the phone's functions.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::package::android::aar::catalogue;
use crate::package::border::Border;
use crate::process::{root, target_dir};

/// Writes the Swift side of the border, and says where.
pub(crate) fn generate(border: &Border) -> Result<PathBuf> {
    let dir = target_dir().join("swift-bindings");
    border.write("swift", &dir)?;
    Ok(dir)
}

/// The facade's modules, each after those that it imports.
pub(crate) const FACADES: [&str; 2] = ["PhoneLM", "PhoneLMActions"];
/// The generated file of PhoneLMActions.
const FUNCTIONS: &str = "Functions.swift";

/// Lays the package out in a folder, whose other contents stay: PhoneLMFFI.xcframework, licences.
pub(crate) fn lay_out(package: &Path, bindings: &Path) -> Result<()> {
    let sources = root().join("swift-package");
    for module in FACADES {
        let folder = Path::new("Sources").join(module);
        mirror(&sources.join(&folder), &package.join(&folder), &[FUNCTIONS])?;
    }
    mirror(&sources.join("Tests"), &package.join("Tests"), &[])?;
    let json = fs::read_to_string(catalogue()).with_context(|| format!("cannot read {}", catalogue().display()))?;
    write_changed(functions(&json)?.as_bytes(), &package.join("Sources/PhoneLMActions").join(FUNCTIONS))?;
    for file in ["Package.swift", "Sources/PhoneLMFFI/module.modulemap"] {
        copy_changed(&sources.join(file), &package.join(file))?;
    }
    copy_changed(&bindings.join("PhoneLMFFI.h"), &package.join("Sources/PhoneLMFFI/PhoneLMFFI.h"))?;
    let generated = "PhoneLMBindings.swift";
    copy_changed(&bindings.join(generated), &package.join("Sources/PhoneLMBindings").join(generated))?;
    Ok(())
}

/// What a model is told of a function.
#[derive(Deserialize)]
struct Function {
    name: String,
    description: String,
    parameters: Value,
}

/// The functions of a catalogue as Swift, whose literals have the escapes of JSON's.
fn functions(json: &str) -> Result<String> {
    let functions: Vec<Function> = serde_json::from_str(json).context("the catalogue of functions is no JSON")?;
    let mut swift = String::from(
        "// The functions that phonelm-tiny was trained on. Written by cargo xtask, never edited.\n\
         // swift-format-ignore-file\n\nextension Function {\n    static let all = [\n",
    );
    for function in functions {
        let [name, description, parameters] = [function.name, function.description, function.parameters.to_string()]
            .map(|text| Value::from(text).to_string());
        writeln!(swift, "        Function(name: {name}, description: {description}, parameters: {parameters}),")?;
    }
    swift.push_str("    ]\n}\n");
    Ok(swift)
}

/// Makes a folder equal to another but for the names left out. Files that are equal already are not touched, so that
/// what was built from them stays good.
pub(crate) fn mirror(from: &Path, to: &Path, left_out: &[&str]) -> Result<bool> {
    let names = |dir: &Path| -> Result<Vec<_>> {
        let entries = fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
        let names = entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
        Ok(names.into_iter().filter(|name| !left_out.iter().any(|left_out| name == left_out)).collect())
    };
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    let wanted = names(from)?;
    let mut changed = false;
    for stale in names(to)?.iter().filter(|name| !wanted.contains(name)) {
        let stale = to.join(stale);
        if stale.is_dir() { fs::remove_dir_all(&stale) } else { fs::remove_file(&stale) }
            .with_context(|| format!("cannot delete {}", stale.display()))?;
        changed = true;
    }
    for name in wanted {
        let (from, to) = (from.join(&name), to.join(&name));
        changed |= if from.is_dir() { mirror(&from, &to, &[])? } else { copy_changed(&from, &to)? };
    }
    Ok(changed)
}

/// Copies a file unless its copy is equal already; whether it was not.
pub(crate) fn copy_changed(from: &Path, to: &Path) -> Result<bool> {
    let bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    write_changed(&bytes, to)
}

/// Writes a file unless it holds that already; whether it did not.
fn write_changed(bytes: &[u8], to: &Path) -> Result<bool> {
    if fs::read(to).is_ok_and(|copy| copy == bytes) {
        return Ok(false);
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_become_swift() {
        let json = r#"[{"name": "dial", "description": "Says \"hi\".", "parameters": {"b": 1, "a": []}}]"#;
        let line = r#"Function(name: "dial", description: "Says \"hi\".", parameters: "{\"b\":1,\"a\":[]}"),"#;
        assert!(functions(json).unwrap().contains(line), "{}", functions(json).unwrap());
        assert!(functions("{}").is_err());
    }

    #[test]
    fn a_mirror_takes_what_is_new_drops_what_is_gone_and_leaves_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        for (file, text) in [("from/a", "1"), ("from/sub/b", "2"), ("to/a", "0"), ("to/old", "3"), ("to/lib/c", "4")] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        mirror(&from, &to, &["lib"]).unwrap();
        let text = |file: &str| fs::read_to_string(to.join(file)).ok();
        assert_eq!((text("a"), text("sub/b"), text("old")), (Some("1".into()), Some("2".into()), None));
        assert_eq!(text("lib/c").as_deref(), Some("4"));
        assert!(!copy_changed(&from.join("a"), &to.join("a")).unwrap());
    }
}
