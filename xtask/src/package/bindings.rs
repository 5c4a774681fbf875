//! The generated Kotlin side of the border, made internal: apps see the facade alone.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::border::Border;
use crate::files::remove_folder;

/// How a declaration at the top of a file begins, after its visibility.
const DECLARATIONS: [&str; 13] = [
    "abstract",
    "annotation",
    "class",
    "const",
    "data",
    "enum",
    "fun",
    "inline",
    "interface",
    "object",
    "open",
    "sealed",
    "typealias",
];

/// Writes the bindings below `folder`, in place of what was there.
pub(crate) fn generate(border: &Border, folder: &Path) -> Result<()> {
    remove_folder(folder)?;
    border.write("kotlin", folder)?;
    let file = folder.join("io/phonelm/ffi/phonelm.kt");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    fs::write(&file, internal(&text)).with_context(|| format!("cannot write {}", file.display()))
}

/// The same source with every declaration at its top internal and its warnings off. One that this overlooks does not
/// compile, because the module is compiled with explicit visibilities only.
fn internal(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    for line in source.lines() {
        let declaration = line.strip_prefix("public ").unwrap_or(line);
        let word = declaration.split([' ', '<']).next().unwrap_or_default();
        if DECLARATIONS.contains(&word) {
            text.push_str("internal ");
            text.push_str(declaration);
        } else if let Some((before, function)) = top_function(line) {
            text.push_str(before);
            text.push_str(" internal fun ");
            text.push_str(function);
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text.replacen("@file:Suppress(", "@file:Suppress(\"warnings\", ", 1)
}

/// Functions at the top stand behind a space, the end of a comment, or what they throw; members stand elsewhere.
fn top_function(line: &str) -> Option<(&str, &str)> {
    let (before, function) = line.split_once(" fun ")?;
    let at_top = before.is_empty() || before.ends_with("*/") || before.ends_with("::class)");
    at_top.then_some((before, function))
}

#[cfg(test)]
mod tests {
    use super::internal;

    #[test]
    fn declarations_at_the_top_become_internal() {
        for (line, expected) in [
            ("data class Plan (", "internal data class Plan ("),
            ("public object FfiConverterULong: X {", "internal object FfiConverterULong: X {"),
            (" fun `sdkVersion`(): String {", " internal fun `sdkVersion`(): String {"),
            ("         */ fun `sdkVersion`()", "         */ internal fun `sdkVersion`()"),
            ("    @Throws(SdkException::class) fun `plan`()", "    @Throws(SdkException::class) internal fun `plan`()"),
            ("inline fun <T : Disposable?> T.use()", "internal inline fun <T : Disposable?> T.use()"),
            ("@file:Suppress(\"NAME_SHADOWING\")", "@file:Suppress(\"warnings\", \"NAME_SHADOWING\")"),
        ] {
            assert_eq!(internal(line).trim_end(), expected.trim_end());
        }
    }

    #[test]
    fn everything_else_stays() {
        for line in [
            "    fun `info`(): ModelInfo",
            "    @Throws(SdkException::class)override fun `next`()",
            "     */override fun `cancel`()",
            "private class UniffiJnaCleaner : X {",
            "internal open class X(",
            "import com.sun.jna.Callback",
            "}",
        ] {
            assert_eq!(internal(line).trim_end(), line);
        }
    }
}
