//! What Android's C library has at the oldest level we support, read from android-aar/bionic-api26.txt.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};

use crate::process::root;

/// Android's level of 8.0, the oldest that the AAR runs on.
pub(crate) const MIN_API: u32 = 26;
const LIST: &str = "android-aar/bionic-api26.txt";

/// Libraries by file name, with the symbols that each has.
pub(crate) struct Bionic(BTreeMap<String, BTreeSet<String>>);

impl Bionic {
    pub(crate) fn read() -> Result<Self> {
        let text = fs::read_to_string(root().join(LIST)).with_context(|| format!("cannot read {LIST}"))?;
        Self::parse(&text).with_context(|| format!("cannot understand {LIST}"))
    }

    /// `[library]` on a line of its own, then its symbols; `#` starts a comment.
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
    fn the_list_has_what_level_26_has_and_nothing_younger() {
        let bionic = Bionic::read().unwrap();
        let libraries: Vec<&str> = bionic.libraries().map(|(name, _)| name).collect();
        assert_eq!(libraries, ["libc.so", "libdl.so", "liblog.so", "libm.so"]);
        for symbol in ["abort", "__errno", "getauxval", "pthread_getname_np", "dl_iterate_phdr", "expf"] {
            assert!(bionic.has_symbol(symbol), "{symbol}");
        }
        // Since 28, 28, 29, 30; on 32 bits only; of glibc only.
        for symbol in ["getrandom", "aligned_alloc", "__tls_get_addr", "memfd_create", "valloc", "__errno_location"] {
            assert!(!bionic.has_symbol(symbol), "{symbol}");
        }
    }

    #[test]
    fn symbols_belong_to_a_library() {
        assert!(Bionic::parse("# a comment\nabort\n").is_err());
        let bionic = Bionic::parse("[libc.so]\nabort\nabs\n\n[libm.so]\ncos sin\n").unwrap();
        assert!(bionic.has_library("libm.so") && bionic.has_symbol("abs") && bionic.has_symbol("sin"));
    }
}
