//! What others wrote of a library that ships: each crate in it with its licence, and the texts that must come along.
//!
//! Where a crate may be taken under Apache-2.0, as our own code is, that is the licence chosen; its text is in LICENSE.
//! Terms of other licences that want to come along follow the list.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::linked::Crate;

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

/// The list of these crates.
pub(crate) fn third_party(crates: &[Crate]) -> Result<String> {
    let mut text = format!("libphonelm contains work of others.\n\n{WITH_COMPILER}");
    let mut all_terms = String::new();
    for part in crates {
        let (licence, terms) = terms(part)?;
        let Crate { name, version, repository, .. } = part;
        writeln!(text, "{name} {version}, <{repository}>, under {licence}")?;
        if !terms.is_empty() {
            write!(all_terms, "\n\n==== {name} {version} ====\n\n{terms}")?;
        }
    }
    Ok(text + &all_terms)
}

/// The licence that is chosen for a crate, and its terms unless they are in our LICENSE already.
fn terms(part: &Crate) -> Result<(String, String)> {
    let Crate { name, version, licence, repository, folder } = part;
    if licence.split(" OR ").any(|licence| licence == "Apache-2.0") {
        return Ok(("Apache-2.0".into(), String::new()));
    }
    if licence == "MPL-2.0" {
        // It asks for its address and for that of the source.
        let source = format!("https://crates.io/crates/{name}/{version}");
        return Ok((format!("MPL-2.0 <https://mozilla.org/MPL/2.0/>, source at <{source}>"), String::new()));
    }
    let mut terms = files_with_terms(folder)?;
    if terms.is_empty() && licence == "MIT" {
        terms = format!("Copyright (c) the authors of {name}, <{repository}>\n\n{MIT}");
    }
    ensure!(!terms.is_empty(), "{name} {version} brings no text of its licence, {licence}: drop the crate or add it");
    Ok((licence.clone(), terms))
}

/// The files with terms that a crate brings, one after the other.
fn files_with_terms(folder: &Path) -> Result<String> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::linked::crates;

    #[test]
    fn every_crate_brings_its_terms() {
        let text = |features| third_party(&crates(&["aarch64-apple-ios"], features).unwrap()).unwrap();
        let with_gpu = text(&["--features", "gpu"]);
        let of_objc2 = with_gpu.split_once("==== objc2 ").unwrap().1;
        assert!(of_objc2.contains("the authors of objc2, <https://") && of_objc2.contains("free of charge"));
        assert!(!text(&[]).contains("objc2"));
    }
}
