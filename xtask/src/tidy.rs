//! House rules that a script can check. A rule is a function from the repository's files to complaints; each complaint
//! says where, what and what to do.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::counts::Counts;
use crate::process::{output, root};

/// Lines after which a file has a second subject.
const MAX_LINES: usize = 600;
/// Marks of unfinished work; in halves, so that this file does not complain of itself.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("unimple", "mented!(")];
/// Where `unsafe` may stand.
const UNSAFE_ROOMS: [&str; 4] = [
    "crates/phonelm-kernels/",
    "crates/phonelm-gpu/src/pipelines.rs",
    "crates/phonelm-gpu/src/kept.rs",
    "crates/phonelm-model/src/mapping.rs",
];

/// A file of the repository: its path with `/`, and its text.
struct File {
    path: String,
    text: String,
}

type Rule = fn(&[File]) -> Vec<String>;

/// The rules by name.
const RULES: [(&str, Rule); 8] = [
    ("files have one subject", short_files),
    ("crates say what they are", crate_docs),
    ("unsafe code stays in its rooms", unsafe_rooms),
    ("the exported API is the same with and without the GPU", one_api),
    ("nothing is left unfinished", finished),
    ("decisions are numbered", adr_numbers),
    ("changes are logged", changelog),
    ("code that documents show is compiled", shown_code),
];

/// Checks every rule; a rule counts as one test.
pub(crate) fn run() -> Result<(bool, Counts)> {
    let files = read_files()?;
    let mut counts = Counts::default();
    for (name, rule) in RULES {
        counts += Counts::check("tidy", name, &rule(&files));
    }
    Ok((counts.failed == 0, counts))
}

/// All text files that git knows or would add.
fn read_files() -> Result<Vec<File>> {
    let list = output("git", &["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .context("`git ls-files` failed; tidy needs a git checkout")?;
    let read = |path: &str| {
        let text = fs::read_to_string(root().join(path)).ok()?;
        Some(File { path: path.to_owned(), text })
    };
    Ok(list.split('\0').filter(|path| is_text(path)).filter_map(read).collect())
}

fn is_text(path: &str) -> bool {
    let end = Path::new(path).extension().and_then(|end| end.to_str()).unwrap_or("");
    is_code(path) || ["md", "toml"].contains(&end)
}

fn is_code(path: &str) -> bool {
    let end = Path::new(path).extension().and_then(|end| end.to_str()).unwrap_or("");
    ["rs", "py", "kt", "swift", "wgsl"].contains(&end)
}

fn short_files(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| is_code(&file.path))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(file, lines)| {
            format!("{}: {lines} lines of at most {MAX_LINES}: split off its second subject", file.path)
        })
        .collect()
}

fn crate_docs(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.path.ends_with("src/lib.rs") || file.path.ends_with("src/main.rs"))
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| format!("{}:1: begin with `//!`: what the crate does and what it leaves out", file.path))
        .collect()
}

fn unsafe_rooms(files: &[File]) -> Vec<String> {
    let is_unsafe = |line: &str| {
        let code = line.split("//").next().unwrap_or("");
        code.split("unsafe ")
            .skip(1)
            .any(|rest| ["{", "fn ", "impl", "extern ", "trait "].iter().any(|start| rest.starts_with(start)))
    };
    let outside = files
        .iter()
        .filter(|file| file.path.ends_with(".rs") && !UNSAFE_ROOMS.iter().any(|room| file.path.starts_with(room)));
    complain_of_lines(
        outside,
        is_unsafe,
        "unsafe code belongs in phonelm-kernels, phonelm-gpu's pipelines and kept, or phonelm-model's mapping",
    )
}

/// Only `backend` may know of the feature `gpu`, and nothing in it is exported.
fn one_api(files: &[File]) -> Vec<String> {
    let of_sdk = |file: &&File| file.path.starts_with("phonelm-sdk/src/");
    let is_backend = |file: &&File| file.path.starts_with("phonelm-sdk/src/backend");
    let (inside, outside): (Vec<&File>, Vec<&File>) = files.iter().filter(of_sdk).partition(is_backend);
    let mut complaints = complain_of_lines(
        outside.into_iter(),
        |line| line.contains("feature = \"gpu\""),
        "what depends on the feature belongs in phonelm-sdk/src/backend",
    );
    complaints.extend(complain_of_lines(
        inside.into_iter(),
        |line| line.contains("uniffi"),
        "nothing that a build without the GPU lacks may be exported",
    ));
    complaints
}

fn finished(files: &[File]) -> Vec<String> {
    let is_unfinished = |line: &str| UNFINISHED.iter().any(|mark| line.contains(mark));
    let code = files.iter().filter(|file| is_code(&file.path));
    complain_of_lines(code, is_unfinished, "finish it or leave it out")
}

/// `path:line: advice` for every line that `is_bad`.
fn complain_of_lines<'a>(
    files: impl Iterator<Item = &'a File>,
    is_bad: impl Fn(&str) -> bool,
    advice: &str,
) -> Vec<String> {
    files
        .flat_map(|file| file.text.lines().enumerate().map(move |(number, line)| (file, number + 1, line)))
        .filter(|(_, _, line)| is_bad(line))
        .map(|(file, number, _)| format!("{}:{number}: {advice}", file.path))
        .collect()
}

fn adr_numbers(files: &[File]) -> Vec<String> {
    let mut names: Vec<&str> = files
        .iter()
        .filter_map(|file| file.path.strip_prefix("docs/adr/"))
        .filter(|name| *name != "README.md")
        .collect();
    names.sort_unstable();
    (1..)
        .zip(names)
        .filter(|(number, name)| !name.starts_with(&format!("{number:04}-")))
        .map(|(number, name)| format!("docs/adr/{name}: the next number is {number:04}; names read NNNN-title.md"))
        .collect()
}

fn changelog(files: &[File]) -> Vec<String> {
    let good = files
        .iter()
        .any(|file| file.path == "CHANGELOG.md" && file.text.lines().any(|line| line.trim_end() == "## Unreleased"));
    if good { Vec::new() } else { vec!["CHANGELOG.md: needs a part headed `## Unreleased`".into()] }
}

/// A block of Kotlin, Swift or Rust in a document for users comes from a file that a suite compiles: the line before it reads
/// `<!-- from PATH -->`, and the block stands in that file as it is.
fn shown_code(files: &[File]) -> Vec<String> {
    let is_for_users = |file: &&File| {
        file.path == "README.md" || file.path.starts_with("docs/") && !file.path.starts_with("docs/adr/")
    };
    files
        .iter()
        .filter(is_for_users)
        .filter(|file| file.path.ends_with(".md"))
        .flat_map(|page| shown_in(page, files))
        .collect()
}

fn shown_in(page: &File, files: &[File]) -> Vec<String> {
    let lines: Vec<&str> = page.text.lines().collect();
    let languages = ["```kotlin", "```swift", "```rust"];
    let starts = (0..lines.len()).filter(|&at| languages.contains(&lines[at]));
    starts
        .filter_map(|at| {
            let source =
                at.checked_sub(1).and_then(|before| lines[before].strip_prefix("<!-- from ")?.strip_suffix(" -->"));
            let Some(source) = source else {
                return Some(format!("{}:{}: say where it is compiled: <!-- from PATH -->", page.path, at + 1));
            };
            let block =
                lines[at + 1..].iter().take_while(|line| **line != "```").copied().collect::<Vec<_>>().join("\n");
            let compiled = files.iter().any(|file| file.path == source && file.text.contains(&block));
            (!compiled).then(|| format!("{}:{}: this block does not stand in {source}", page.path, at + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(rule: Rule, path: &str, text: &str) -> usize {
        rule(&[File { path: path.into(), text: text.into() }]).len()
    }

    #[test]
    fn long_files_are_named() {
        assert_eq!(complaints(short_files, "a.rs", &"x\n".repeat(600)), 0);
        assert_eq!(complaints(short_files, "a.rs", &"x\n".repeat(601)), 1);
        assert_eq!(complaints(short_files, "a.md", &"x\n".repeat(601)), 0);
    }

    #[test]
    fn crates_begin_with_docs() {
        assert_eq!(complaints(crate_docs, "crates/a/src/lib.rs", "//! Reads.\n"), 0);
        assert_eq!(complaints(crate_docs, "crates/a/src/lib.rs", "mod a;\n"), 1);
        assert_eq!(complaints(crate_docs, "crates/a/src/b.rs", "mod a;\n"), 0);
    }

    #[test]
    fn the_word_counts_in_code_only() {
        let word = "unsafe";
        let code = format!("{word} {{ x() }}\n// {word} {{\n#![forbid({word}_code)]\n");
        assert_eq!(complaints(unsafe_rooms, "crates/phonelm-engine/src/lib.rs", &code), 1);
        assert_eq!(complaints(unsafe_rooms, "crates/phonelm-kernels/src/x86/avx2.rs", &code), 0);
        assert_eq!(complaints(unsafe_rooms, "crates/phonelm-model/src/mapping.rs", &code), 0);
    }

    #[test]
    fn unfinished_work_is_named() {
        assert_eq!(complaints(finished, "a.rs", &format!("// {}: later\n", UNFINISHED[0])), 1);
        assert_eq!(complaints(finished, "a.md", UNFINISHED[0]), 0);
    }

    #[test]
    fn decisions_have_no_gap_and_no_double() {
        let names = |names: &[&str]| -> usize {
            let file = |name: &&str| File { path: format!("docs/adr/{name}"), text: String::new() };
            adr_numbers(&names.iter().map(file).collect::<Vec<_>>()).len()
        };
        assert_eq!(names(&["0001-a.md", "0002-b.md", "README.md"]), 0);
        assert_eq!(names(&["0001-a.md", "0003-b.md"]), 1);
        assert_eq!(names(&["0001-a.md", "0001-b.md"]), 1);
    }

    #[test]
    fn shown_code_stands_in_its_source() {
        let source = File { path: "a.rs".into(), text: "fn main() {\n    go();\n}\n".into() };
        let page = |text: &str| File { path: "README.md".into(), text: text.into() };
        let complaints = |text: &str| shown_in(&page(text), std::slice::from_ref(&source)).len();
        assert_eq!(complaints("<!-- from a.rs -->\n```rust\n    go();\n```\n"), 0);
        assert_eq!(complaints("<!-- from a.rs -->\n```rust\n    stop();\n```\n"), 1);
        assert_eq!(complaints("<!-- from b.rs -->\n```rust\n    go();\n```\n"), 1);
        assert_eq!(complaints("```swift\ngo()\n```\n"), 1);
        assert_eq!(complaints("```sh\ngo\n```\n"), 0);
    }

    #[test]
    fn the_changelog_has_a_part_for_what_comes() {
        assert_eq!(complaints(changelog, "CHANGELOG.md", "# Changelog\n\n## Unreleased\n"), 0);
        assert_eq!(complaints(changelog, "CHANGELOG.md", "# Changelog\n\n## 0.1.0\n"), 1);
        assert_eq!(complaints(changelog, "README.md", "## Unreleased\n"), 1);
    }
}
