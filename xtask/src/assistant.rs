//! The assistants of samples/jvm and samples/swift-cli, spoken to: what is typed, and what has to be answered.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::check_lines;

/// Requests, and what is said to calls that have to be asked for.
const TYPED: &str = "Set a timer for 5 minutes
n
Set a timer for 10 minutes
y
";

/// What is answered, in this order.
const ANSWERED: [&str; 6] = [
    "May I call set_timer {\"seconds\":300}",
    "← refused",
    "May I call set_timer {\"seconds\":600}",
    "→ set_timer {\"seconds\":600}",
    "← ok",
    "> ",
];

/// Whether an assistant answers as it should; what is typed is written into `folder`.
pub(crate) fn answers(assistant: &mut Command, folder: &Path) -> Result<bool> {
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
    Ok(ran && missing.is_none() && !said.contains("→ set_timer {\"seconds\":300}"))
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
