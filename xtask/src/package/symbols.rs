//! What a system's libraries have, as a text lists it: `[library]` on a line of its own, then its symbols; `#` starts a
//! comment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};

use crate::process::root;

/// Libraries by name, with the symbols that each has.
#[derive(Clone, Default)]
pub(crate) struct Symbols(BTreeMap<String, BTreeSet<String>>);

impl Symbols {
    /// The text in a file of the repository.
    pub(crate) fn read(file: &str) -> Result<Self> {
        let text = fs::read_to_string(root().join(file)).with_context(|| format!("cannot read {file}"))?;
        Self::parse(&text).with_context(|| format!("cannot understand {file}"))
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut libraries = BTreeMap::<String, BTreeSet<String>>::new();
        let mut library = None;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                library = Some(libraries.entry(name.to_owned()).or_default());
            } else if let Some(library) = &mut library {
                library.extend(line.split_whitespace().map(str::to_owned));
            } else if !line.trim().is_empty() {
                bail!("line {}: symbols stand before the first [library]", number + 1);
            }
        }
        Ok(Self(libraries))
    }

    pub(crate) fn libraries(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.0.iter().map(|(name, symbols)| (name.as_str(), symbols))
    }

    pub(crate) fn has_library(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn has_symbol(&self, symbol: &str) -> bool {
        self.0.values().any(|symbols| symbols.contains(symbol))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_belong_to_a_library() {
        assert!(Symbols::parse("# a comment\nabort\n").is_err());
        let symbols = Symbols::parse("[libc.so]\nabort\nabs\n\n[libm.so]\ncos sin\n").unwrap();
        assert!(symbols.has_library("libm.so") && symbols.has_symbol("abs") && symbols.has_symbol("sin"));
    }
}
