//! The grammar of calls: for each format the text that models of it were trained to write, around the arguments that a
//! function's schema allows.

use std::fmt::Write;

use llguidance::api::{GrammarWithLexer, TopLevelGrammar};
use serde_json::{Value as Json, json};

use crate::tools::{Tool, ToolFormat};

/// Any call of these tools, from where its text begins.
pub(super) fn grammar(format: ToolFormat, tools: &[Tool]) -> Result<TopLevelGrammar, (usize, String)> {
    let mut text = String::from(match format {
        ToolFormat::Hermes => "start: \"\\n{\\\"name\\\": \" call \"}\\n</tool_call>\"\n",
        ToolFormat::Llama3 => {
            "start: one (\";\" one)*\none: /[ \\t\\r\\n]*\\{[ \\t\\r\\n]*\"name\"/ \": \" call \"}\"\n"
        }
    });
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
