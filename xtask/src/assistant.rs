//! The assistants of samples/jvm and samples/swift-cli, spoken to: what is typed, and what has to be answered.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::check_lines;

/// Requests, and what is said to calls that have to be asked for.
const TYPED: &str = "Set a timer for 5 minutes
Create a text document called budget
n
Create a text document called plan
y
";

/// What is answered, in this order.
const ANSWERED: [&str; 8] = [
    "→ set_timer {\"seconds\":300}",
    "← ok",
    "May I call create_document {",
    "← refused",
    "May I call create_document {",
    "→ create_document {",
    "← created plan.txt",
    "> ",
];

/// Whether an assistant that makes its files in `folder` answers as it should.
pub(crate) fn answers(assistant: &mut Command, folder: &Path) -> Result<bool> {
    for file in ["budget.txt", "plan.txt"] {
        fs::remove_file(folder.join(file)).ok();
    }
    let typed = folder.join("typed");
    fs::write(&typed, TYPED).with_context(|| format!("cannot write {}", typed.display()))?;
    assistant.stdin(File::open(&typed).with_context(|| format!("cannot read {}", typed.display()))?);
    let mut said = String::new();
    let ran = check_lines(assistant, |line| {
        said.push_str(line);
        said.push('\n');
    })?;
    let missing = first_missing(&said);
    if let Some(missing) = missing {
        println!("the assistant did not say in its place: {missing}");
    }
    Ok(ran && missing.is_none() && folder.join("plan.txt").is_file() && !folder.join("budget.txt").exists())
}

/// The first answer that does not follow the one before.
fn first_missing(said: &str) -> Option<&'static str> {
    let mut rest = said;
    ANSWERED.into_iter().find(|answer| match rest.split_once(answer) {
        Some((_, after)) => {
            rest = after;
            false
        }
        None => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_an_order() {
        let said = ANSWERED.join("\n");
        assert_eq!(first_missing(&said), None);
        assert_eq!(first_missing(&said.replace("← refused", "")), Some("← refused"));
        let turned: Vec<&str> = ANSWERED.into_iter().rev().collect();
        assert!(first_missing(&turned.join("\n")).is_some());
    }
}
