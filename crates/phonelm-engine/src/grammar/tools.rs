//! The grammar of calls: for each format the text that models of it were trained to write, around the arguments that a
//! function's schema allows.

use std::fmt::Write;

use llguidance::api::{GrammarWithLexer, TopLevelGrammar};
use serde_json::{Value as Json, json};

use crate::tools::{Tool, ToolFormat};

/// One call in the hermes form, from behind its mark.
const HERMES_CALL: &str = r#""\n{\"name\": " call "}\n</tool_call>""#;
/// One call in the llama3 form, which may be the answer's beginning.
const LLAMA3_CALL: &str = r#"/[ \t\r\n]*\{[ \t\r\n]*"name"/ ": " call "}""#;

/// Any call of these tools, from where its text begins.
pub(super) fn calls(format: ToolFormat, tools: &[Tool]) -> Result<TopLevelGrammar, Refused> {
    let start = match format {
        ToolFormat::Hermes => format!("start: {HERMES_CALL}\n"),
        ToolFormat::Llama3 => format!("start: one (\";\" one)*\none: {LLAMA3_CALL}\n"),
    };
    grammar(start, format, tools)
}

/// An answer that is nothing but calls of these tools, marks included.
pub(super) fn answers(format: ToolFormat, tools: &[Tool]) -> Result<TopLevelGrammar, Refused> {
    let mark = json!(format.opening());
    let start = match format {
        ToolFormat::Hermes => format!("start: one (\"\\n\" one)*\none: {mark} {HERMES_CALL}\n"),
        ToolFormat::Llama3 => format!("start: {mark}? one (\";\" one)*\none: {LLAMA3_CALL}\n"),
    };
    grammar(start, format, tools)
}

/// Which tool stands against it, and why.
pub(super) type Refused = (usize, String);

/// The rules of `start`, and of `call`, which they use: a function's name and its arguments.
fn grammar(start: String, format: ToolFormat, tools: &[Tool]) -> Result<TopLevelGrammar, Refused> {
    let mut text = start;
    let arguments = if format == ToolFormat::Hermes { "arguments" } else { "parameters" };
    let mut grammars = Vec::new();
    for (index, tool) in tools.iter().enumerate() {
        let head = format!("{}, \"{arguments}\": ", json!(tool.name));
        let rule = if index == 0 { "call:" } else { "    |" };
        // Writing into a string does not fail.
        let _ = writeln!(text, "{rule} {} @arguments-{index}", json!(head));
        let schema = of_arguments(&tool.parameters).map_err(|reason| (index, reason))?;
        grammars.push(of_schema(format!("arguments-{index}"), schema));
    }
    grammars.insert(0, GrammarWithLexer::from_lark(text));
    Ok(TopLevelGrammar { grammars, max_tokens: None })
}

/// JSON under `schema`, spaced as Python's `json.dumps` spaces it: the form that chat templates show and models learn.
pub(super) fn of_schema(name: String, mut schema: Json) -> GrammarWithLexer {
    if let Json::Object(map) = &mut schema {
        let spacing = json!({"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": false});
        map.insert("x-guidance".into(), spacing);
    }
    GrammarWithLexer { name: Some(name), json_schema: Some(schema), lark_grammar: None }
}

/// The schema of a function's arguments: an object, with no other members than those that it lists.
pub(super) fn of_arguments(parameters: &Json) -> Result<Json, String> {
    let Json::Object(map) = parameters else {
        return Err(format!("they are {}, not a JSON schema", kind(parameters)));
    };
    let mut map = map.clone();
    match map.get("type") {
        None | Some(Json::Array(_)) => {}
        Some(Json::String(name)) if name == "object" => {}
        Some(other) => return Err(format!("their \"type\" is {other}, but the arguments of a call are an \"object\"")),
    }
    map.insert("type".into(), "object".into());
    map.entry("properties").or_insert_with(|| json!({}));
    let mut schema = Json::Object(map);
    close(&mut schema);
    Ok(schema)
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// Rules out what an object with `properties` does not list, where the schema leaves that open. Parts of a combination
/// see only some of the members, so they stay as they are.
fn close(schema: &mut Json) {
    let Json::Object(map) = schema else { return };
    let open = ["allOf", "anyOf", "oneOf", "$ref", "patternProperties"].iter().any(|key| map.contains_key(*key));
    if map.contains_key("properties") && !open {
        map.entry("additionalProperties").or_insert(false.into());
    }
    if let Some(Json::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(close);
    }
    if let Some(items) = map.get_mut("items") {
        close(items);
    }
}
