//! What exists only on Apple's platforms, compiled here: a module of swift-package/Standins takes the place of each that
//! the facades ask for with `canImport`, so that every line is seen by a compiler. The same goes for the documentation's
//! examples in swift-package/Examples.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::layout::FACADES;
use super::toolchain::Toolchain;
use crate::process::{check, root};

/// Where the symbol graphs of [`symbol_graphs`] lie in the work folder.
const GRAPHS: &str = "symbols";

/// Compiles the facade's modules with the stand-ins, and says where the symbol graph of each lies.
pub(crate) fn symbol_graphs(swift: &Toolchain) -> Result<Vec<(&'static str, PathBuf)>> {
    let standins = standins()?;
    let graphs = swift.work_dir().join(GRAPHS);
    fs::create_dir_all(&graphs).with_context(|| format!("cannot make {}", graphs.display()))?;
    for name in in_order(&standins)? {
        let mut compile = swift.command("standins", "swiftc");
        compile.args(["-swift-version", "6", "-parse-as-library", "-emit-module", "-module-name", name, "-I", "."]);
        check(compile.args(["-o", &format!("{name}.swiftmodule"), &format!("{name}.swift")]))?;
    }
    let names = standins.keys().cloned().collect();
    let graph = |module| Ok((module, symbol_graph(swift, module, &names)?));
    FACADES.into_iter().map(graph).collect()
}

/// Compiles a module of the facade, as the package has it.
fn symbol_graph(swift: &Toolchain, module: &str, standins: &BTreeSet<String>) -> Result<PathBuf> {
    let folder = format!("package/Sources/{module}");
    let sources = swift_files(&swift.work_dir().join(&folder))?;
    for (name, text) in &sources {
        let complaints = uncovered(text, standins);
        ensure!(complaints.is_empty(), "{module}/{name}: {}", complaints.join("; "));
    }
    let mut compile = swift.command(&folder, "swiftc");
    compile.args(["-swift-version", "6", "-warnings-as-errors", "-module-name", module, "-emit-module"]);
    compile.args(["-o", &swift.path(&format!("{GRAPHS}/{module}.swiftmodule"))]);
    compile.args(["-emit-symbol-graph", "-emit-symbol-graph-dir", &swift.path(GRAPHS)]);
    compile.args(["-symbol-graph-minimum-access-level", "public"]);
    compile.args(searched(swift));
    check(compile.args(sources.keys()))?;
    Ok(swift.work_dir().join(GRAPHS).join(format!("{module}.symbols.json")))
}

/// Compiles the documentation's examples with the stand-ins; to be called after [`symbol_graphs`].
pub(crate) fn examples(swift: &Toolchain) -> Result<()> {
    for name in swift_files(&root().join("swift-package/Examples"))?.keys() {
        let mut compile = swift.command("examples", "swiftc");
        compile.args(["-swift-version", "6", "-warnings-as-errors", "-parse-as-library", "-typecheck"]);
        check(compile.args(searched(swift)).arg(name))?;
    }
    Ok(())
}

/// Where modules are found: the facades as compiled with the stand-ins before the one of the tests.
fn searched(swift: &Toolchain) -> impl Iterator<Item = String> {
    ["standins", GRAPHS, "build/debug/Modules", "package/Sources/PhoneLMFFI"]
        .into_iter()
        .flat_map(|folder| ["-I".to_owned(), swift.path(folder)])
}

/// The text of each stand-in by its module.
fn standins() -> Result<BTreeMap<String, String>> {
    let files = swift_files(&root().join("swift-package/Standins"))?;
    Ok(files.into_iter().filter_map(|(name, text)| Some((name.strip_suffix(".swift")?.to_owned(), text))).collect())
}

/// The stand-ins, each after those that it imports.
fn in_order(standins: &BTreeMap<String, String>) -> Result<Vec<&str>> {
    let imports = |text: &str, name: &str| text.lines().any(|line| line.strip_prefix("import ") == Some(name));
    let mut ordered: Vec<&str> = Vec::new();
    while ordered.len() < standins.len() {
        let next = standins.iter().find(|(name, text)| {
            let waits = standins.keys().any(|other| imports(text, other) && !ordered.contains(&other.as_str()));
            !waits && !ordered.contains(&name.as_str())
        });
        ordered.push(next.context("stand-ins import each other in a circle")?.0);
    }
    Ok(ordered)
}

/// The Swift files below a folder by path from it.
fn swift_files(dir: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            files.extend(swift_files(&path)?.into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
        } else if name.ends_with(".swift") {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.insert(name, text);
        }
    }
    Ok(files)
}

/// What the conditions of a file ask for that no stand-in answers.
fn uncovered(text: &str, modules: &BTreeSet<String>) -> Vec<String> {
    let conditions = text.lines().map(str::trim).filter(|line| line.starts_with("#if") || line.starts_with("#elseif"));
    let complaint = |condition: &str| {
        let asks = condition.split_once(' ').map_or("", |(_, rest)| rest.trim());
        let module = asks.trim_start_matches('!').strip_prefix("canImport(").and_then(|rest| rest.strip_suffix(')'));
        match module {
            Some(module) if modules.contains(module) => None,
            Some(module) => Some(format!("no stand-in in swift-package/Standins covers canImport({module})")),
            None => Some(format!("`{condition}` hides code from the compiler; ask with canImport of one module")),
        }
    };
    conditions.filter_map(complaint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_comes_after_what_it_imports() {
        let text = |text: &str| text.to_owned();
        let modules = BTreeMap::from([
            (text("A"), text("import Foundation\nimport C\n")),
            (text("B"), text("")),
            (text("C"), text("import B\n")),
        ]);
        assert_eq!(in_order(&modules).unwrap(), ["B", "C", "A"]);
        let circle = BTreeMap::from([(text("A"), text("import B\n")), (text("B"), text("import A\n"))]);
        assert!(in_order(&circle).is_err());
    }

    #[test]
    fn a_condition_without_a_stand_in_is_named() {
        let modules = BTreeSet::from(["os".to_owned()]);
        assert_eq!(uncovered("#if canImport(os)\nimport os\n#else\n#endif\n", &modules), [""; 0]);
        assert_eq!(uncovered("  #if !canImport(os)\n", &modules), [""; 0]);
        for hidden in
            ["#if canImport(UIKit)", "#if os(iOS)", "#if canImport(os) && os(iOS)", "#elseif DEBUG", "#if(os(iOS))"]
        {
            assert_eq!(uncovered(hidden, &modules).len(), 1, "{hidden}");
        }
    }
}
