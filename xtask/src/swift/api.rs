//! The public API of the facade's modules as texts that a person can review: swift-package/api, made from the compiler's
//! symbol graphs. A change of the API changes its file in the same commit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::process::root;

/// Protocols that every type has unless it says otherwise; not every compiler lists them.
const IMPLIED: [&str; 3] = ["Swift.Copyable", "Swift.Escapable", "Swift.SendableMetatype"];

/// Compares the graph of a module with the committed text; every public symbol must have a description.
pub(crate) fn compare(module: &str, graph: &Path) -> Result<()> {
    let graph = read(graph)?;
    let undocumented = undocumented(&graph);
    ensure!(undocumented.is_empty(), "the API has symbols without a description: {}", undocumented.join(", "));
    let (now, path) = (text(&graph), path(module));
    let before = fs::read_to_string(&path).unwrap_or_default();
    if now == before {
        return Ok(());
    }
    let mut changes = String::new();
    for line in before.lines().filter(|line| !now.lines().any(|other| other == *line)) {
        let _ = writeln!(changes, "- {line}");
    }
    for line in now.lines().filter(|line| !before.lines().any(|other| other == *line)) {
        let _ = writeln!(changes, "+ {line}");
    }
    anyhow::bail!(
        "the public API is not as {} says; if that is right: cargo xtask swift-api\n{changes}",
        path.display()
    )
}

/// Writes the API of a module's graph as the committed text.
pub(crate) fn accept(module: &str, graph: &Path) -> Result<()> {
    let path = path(module);
    fs::write(&path, text(&read(graph)?)).with_context(|| format!("cannot write {}", path.display()))?;
    println!("written: {}", path.display());
    Ok(())
}

fn path(module: &str) -> PathBuf {
    root().join(format!("swift-package/api/{module}.api"))
}

/// The parts of a symbol graph that matter here (format 0.6, swift-docc-symbolkit).
#[derive(Deserialize)]
struct Graph {
    symbols: Vec<Symbol>,
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Symbol {
    identifier: Identifier,
    path_components: Vec<String>,
    declaration_fragments: Vec<Fragment>,
    doc_comment: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Identifier {
    precise: String,
}

#[derive(Deserialize)]
struct Fragment {
    spelling: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    kind: String,
    source: String,
    target_fallback: Option<String>,
}

impl Symbol {
    /// What the compiler adds by itself, such as `!=` and the operators of sequences.
    fn is_synthesized(&self) -> bool {
        self.identifier.precise.contains("::SYNTHESIZED::")
    }
}

fn read(graph: &Path) -> Result<Graph> {
    let json = fs::read(graph).with_context(|| format!("cannot read {}", graph.display()))?;
    serde_json::from_slice(&json).with_context(|| format!("{} is no symbol graph", graph.display()))
}

fn undocumented(graph: &Graph) -> Vec<String> {
    let missing = |symbol: &&Symbol| !symbol.is_synthesized() && symbol.doc_comment.is_none();
    graph.symbols.iter().filter(missing).map(|symbol| symbol.path_components.join(".")).collect()
}

/// One line a symbol, below the type that it belongs to; types with what they conform to.
fn text(graph: &Graph) -> String {
    let mut lines = BTreeMap::new();
    for symbol in graph.symbols.iter().filter(|symbol| !symbol.is_synthesized()) {
        let mut line = "    ".repeat(symbol.path_components.len() - 1);
        line.extend(symbol.declaration_fragments.iter().map(|fragment| fragment.spelling.as_str()));
        let conformances = graph.relationships.iter().filter(|relationship| {
            relationship.kind == "conformsTo" && relationship.source == symbol.identifier.precise
        });
        let mut conformances: Vec<&str> = conformances
            .filter_map(|conformance| conformance.target_fallback.as_deref())
            .filter(|protocol| !IMPLIED.contains(protocol))
            .collect();
        conformances.sort_unstable();
        conformances.dedup();
        if !conformances.is_empty() {
            let _ = write!(line, ": {}", conformances.join(", "));
        }
        lines.insert((&symbol.path_components, &symbol.identifier.precise), line);
    }
    lines.into_values().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_stand_below_their_types_in_order() {
        let symbol = |id: &str, path: &[&str], declaration: &str, documented: bool| {
            let mut symbol = serde_json::json!({
                "identifier": { "precise": id },
                "pathComponents": path,
                "declarationFragments": [{ "spelling": declaration }],
            });
            if documented {
                symbol["docComment"] = serde_json::json!({ "lines": [] });
            }
            symbol
        };
        let json = serde_json::json!({
            "symbols": [
                symbol("s:m", &["Model", "unload()"], "func unload()", false),
                symbol("s:M", &["Model"], "final class Model", true),
                symbol("s:e::SYNTHESIZED::s:M", &["Model", "!=(_:_:)"], "static func !=", false),
            ],
            "relationships": [{ "kind": "conformsTo", "source": "s:M", "targetFallback": "Swift.Sendable" }],
        });
        let graph: Graph = serde_json::from_value(json).unwrap();
        assert_eq!(text(&graph), "final class Model: Swift.Sendable\n    func unload()\n");
        assert_eq!(undocumented(&graph), ["Model.unload()"]);
    }
}
