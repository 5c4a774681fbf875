//! Grammars made ready, within bounds: their size and nesting are checked before anything is built from them, what is
//! built is counted by llguidance ([`super::vocabulary`]), and the building has a stack of its own that is deep enough
//! for whatever passed the checks.

use llguidance::Matcher;
use llguidance::api::TopLevelGrammar;
use serde_json::Value as Json;

use super::vocabulary::Vocabulary;
use super::{Grammar, GrammarError, tools};
use crate::tools::{Tool, ToolFormat};

/// Most bytes of one grammar or schema, and of all schemas of a conversation's functions.
const MAX_BYTES: usize = 64 << 10;
const MAX_BYTES_OF_TOOLS: usize = 256 << 10;
/// Most levels of a schema.
const MAX_DEPTH: usize = 48;
/// Most patterns for the names of one object's members: each pair of them is compared.
const MAX_PATTERNS: usize = 16;
/// Most rules and brackets of a Lark grammar: each may be a level of what refers to what.
const MAX_LEVELS: usize = 2_000;
/// Stack for the building, of which only what is used is ever real.
const STACK: usize = 32 << 20;

/// A grammar at its beginning.
pub(super) fn grammar(vocabulary: &Vocabulary, grammar: &Grammar) -> Result<Matcher, GrammarError> {
    let (what, grammar) = match grammar {
        Grammar::JsonSchema(schema) => {
            check_schema("the JSON schema", schema, MAX_BYTES)?;
            ("the JSON schema", TopLevelGrammar::from_grammar(tools::of_schema("json".into(), schema.clone())))
        }
        Grammar::Regex(text) => {
            check("the regular expression", "bytes", text.len(), MAX_BYTES)?;
            ("the regular expression", TopLevelGrammar::from_regex(text))
        }
        Grammar::Lark(text) => {
            check("the Lark grammar", "bytes", text.len(), MAX_BYTES)?;
            let levels = text.bytes().filter(|byte| b"([{:~".contains(byte)).count();
            check("the Lark grammar", "rules and brackets", levels, MAX_LEVELS)?;
            ("the Lark grammar", TopLevelGrammar::from_lark(text.clone()))
        }
    };
    build(vocabulary, grammar).map_err(|reason| GrammarError::Invalid { what: what.into(), reason })
}

/// What calls of tools look like: [`tools::calls`] or [`tools::answers`].
type OfTools = fn(ToolFormat, &[Tool]) -> Result<TopLevelGrammar, tools::Refused>;

/// A grammar of calls of these tools at its beginning.
pub(super) fn calls(
    vocabulary: &Vocabulary,
    grammar: OfTools,
    format: ToolFormat,
    tools: &[Tool],
) -> Result<Matcher, GrammarError> {
    let mut left = MAX_BYTES_OF_TOOLS;
    for tool in tools {
        left -= check_schema(&parameters_of(tool), &tool.parameters, left.min(MAX_BYTES))?;
    }
    let invalid = |index: usize, reason: String| {
        let what = tools.get(index).map_or_else(|| "the functions".into(), parameters_of);
        GrammarError::Invalid { what, reason }
    };
    let all = grammar(format, tools).map_err(|(index, reason)| invalid(index, reason))?;
    build(vocabulary, all).map_err(|reason| {
        let alone = |tool: &Tool| {
            let one = grammar(format, std::slice::from_ref(tool)).map_err(|(_, reason)| reason)?;
            build(vocabulary, one)
        };
        let first = tools.iter().enumerate().find_map(|(index, tool)| Some((index, alone(tool).err()?)));
        let (index, reason) = first.unwrap_or((tools.len(), reason));
        invalid(index, reason)
    })
}

/// The grammar of one function's arguments at its beginning, and the schema that it holds them to.
pub(super) fn arguments(vocabulary: &Vocabulary, tool: &Tool) -> Result<(Matcher, Json), GrammarError> {
    let what = parameters_of(tool);
    check_schema(&what, &tool.parameters, MAX_BYTES)?;
    let built = tools::of_arguments(&tool.parameters).and_then(|schema| {
        let grammar = TopLevelGrammar::from_grammar(tools::of_schema("arguments".into(), schema.clone()));
        Ok((build(vocabulary, grammar)?, schema))
    });
    built.map_err(|reason| GrammarError::Invalid { what, reason })
}

fn parameters_of(tool: &Tool) -> String {
    format!("the parameters of function {:?}", tool.name)
}

/// Bytes of a schema, if it is within bounds.
fn check_schema(what: &str, schema: &Json, limit: usize) -> Result<usize, GrammarError> {
    check_levels(what, schema, MAX_DEPTH)?;
    let bytes = schema.to_string().len();
    check(what, "bytes", bytes, limit)?;
    Ok(bytes)
}

fn check_levels(what: &str, schema: &Json, left: usize) -> Result<(), GrammarError> {
    if left == 0 {
        return check(what, "levels", MAX_DEPTH + 1, MAX_DEPTH);
    }
    match schema {
        Json::Array(items) => items.iter().try_for_each(|item| check_levels(what, item, left - 1)),
        Json::Object(map) => {
            if let Some(Json::Object(patterns)) = map.get("patternProperties") {
                check(what, "patterns in one \"patternProperties\"", patterns.len(), MAX_PATTERNS)?;
            }
            map.values().try_for_each(|item| check_levels(what, item, left - 1))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
    }
}

fn check(what: &str, unit: &'static str, found: usize, limit: usize) -> Result<(), GrammarError> {
    if found > limit {
        return Err(GrammarError::TooLarge { what: what.into(), unit, found, limit });
    }
    Ok(())
}

/// Builds a grammar on a thread of its own. Errors: what is wrong with it, in a line.
fn build(vocabulary: &Vocabulary, grammar: TopLevelGrammar) -> Result<Matcher, String> {
    let make = || {
        let mut matcher = Matcher::new(vocabulary.factory().create_parser(grammar));
        match matcher.get_error() {
            Some(error) => Err(plain(error)),
            None => {
                // The first step of a lexer walks all of its expressions.
                matcher.compute_ff_bytes();
                matcher.get_error().map_or(Ok(matcher), |error| Err(plain(error)))
            }
        }
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("phonelm-grammar".into()).stack_size(STACK);
        let thread = thread.spawn_scoped(scope, make).map_err(|cause| format!("no thread to build it: {cause}"))?;
        thread.join().unwrap_or_else(|_| Err("llguidance failed on it".into()))
    })
}

/// An error of llguidance in one line, without the state that it adds.
pub(super) fn plain(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let text = ["\n<state>", "\n<non-verbose", "\n<backtrace>"]
        .iter()
        .fold(&*text, |text, mark| text.split(mark).next().unwrap_or(text));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
