//! What exists only on Apple's platforms, compiled here: a module of swift-package/Standins takes the place of each that
//! the facade asks for with `canImport`, so that every line is seen by a compiler. The same goes for the documentation's
//! examples in swift-package/Examples.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::toolchain::Toolchain;
use crate::process::{check, root};

/// Compiles the facade with the stand-ins, and says where its symbol graph lies.
pub(crate) fn symbol_graph(swift: &Toolchain) -> Result<PathBuf> {
    let modules = standins()?;
    let sources = sources()?;
    for (name, text) in &sources {
        let complaints = uncovered(text, &modules);
        ensure!(complaints.is_empty(), "{name}: {}", complaints.join("; "));
    }
    let work = swift.work_dir();
    let graph = work.join("symbols");
    fs::create_dir_all(&graph).with_context(|| format!("cannot make {}", graph.display()))?;
    for module in &modules {
        let mut compile = swift.command("standins", "swiftc");
        compile.args(["-swift-version", "6", "-parse-as-library", "-emit-module", "-module-name", module]);
        check(compile.args(["-o", &format!("{module}.swiftmodule"), &format!("{module}.swift")]))?;
    }
    let mut compile = swift.command("package/Sources/PhoneLM", "swiftc");
    compile.args(["-swift-version", "6", "-warnings-as-errors", "-module-name", "PhoneLM", "-emit-module"]);
    compile.args(["-o", &swift.path("symbols/PhoneLM.swiftmodule")]);
    compile.args(["-emit-symbol-graph", "-emit-symbol-graph-dir", &swift.path("symbols")]);
    compile.args(["-symbol-graph-minimum-access-level", "public"]);
    compile.args(searched(swift));
    check(compile.args(sources.iter().map(|(name, _)| name)))?;
    Ok(graph.join("PhoneLM.symbols.json"))
}

/// Compiles the documentation's examples with the stand-ins; to be called after [`symbol_graph`].
pub(crate) fn examples(swift: &Toolchain) -> Result<()> {
    for (name, _) in swift_files(&root().join("swift-package/Examples"))? {
        let mut compile = swift.command("examples", "swiftc");
        compile.args(["-swift-version", "6", "-warnings-as-errors", "-parse-as-library", "-typecheck"]);
        check(compile.args(searched(swift)).arg(&name))?;
    }
    Ok(())
}

/// Where modules are found: the facade as compiled with the stand-ins before the one of the tests.
fn searched(swift: &Toolchain) -> impl Iterator<Item = String> {
    ["standins", "symbols", "build/debug/Modules", "package/Sources/PhoneLMFFI"]
        .into_iter()
        .flat_map(|folder| ["-I".to_owned(), swift.path(folder)])
}

/// The modules that have a stand-in.
fn standins() -> Result<BTreeSet<String>> {
    let files = swift_files(&root().join("swift-package/Standins"))?;
    Ok(files.into_iter().filter_map(|(name, _)| Some(name.strip_suffix(".swift")?.to_owned())).collect())
}

/// The facade's files by name.
fn sources() -> Result<Vec<(String, String)>> {
    swift_files(&root().join("swift-package/Sources/PhoneLM"))
}

fn swift_files(dir: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "swift")
            && let Some(name) = path.file_name()
        {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.push((name.to_string_lossy().into_owned(), text));
        }
    }
    files.sort();
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
