//! Public chat templates against what `transformers` renders and encodes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{golden, json};
use phonelm_engine::{ChatTemplate, Error, Prompt, TemplateError, TemplateInput, Tokenizer};
use serde_json::Value;

struct Model {
    template: ChatTemplate,
    tokenizer: Tokenizer,
    cases: Vec<Value>,
}

fn model(folder: &std::path::Path) -> Model {
    let file = common::template_model(&folder.file_name().unwrap().to_string_lossy());
    let source = file.metadata().str("tokenizer.chat_template").unwrap().unwrap();
    Model {
        template: ChatTemplate::new(source).unwrap(),
        tokenizer: Tokenizer::from_metadata(file.metadata(), 1 << 20).unwrap().unwrap(),
        cases: json(&folder.join("cases.json")).as_array().unwrap().clone(),
    }
}

fn models() -> Vec<(String, Model)> {
    let mut folders: Vec<_> =
        std::fs::read_dir(golden().join("templates")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 10, "{} templates", folders.len());
    folders.iter().map(|f| (f.file_name().unwrap().to_string_lossy().into_owned(), model(f))).collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

#[test]
fn text_and_ids_are_those_of_transformers() {
    let mut compared = 0;
    for (name, model) in models() {
        for case in &model.cases {
            let (messages, tools) = (list(&case["messages"]), list(&case["tools"]));
            let input = TemplateInput {
                messages: &messages,
                tools: &tools,
                add_generation_prompt: case["add_generation_prompt"] == true,
                variables: case["variables"].as_object(),
            };
            let prompt = Prompt::new(&model.template, &model.tokenizer, &input);
            let what = format!("{name}: {}", case["name"]);
            if let Some(error) = case.get("error") {
                // Where Python stumbles over `None`, we may go on; what the template itself refuses stays refused.
                if error["kind"] == "TemplateError" {
                    let message = error["message"].as_str().unwrap().to_owned();
                    let refused = prompt.expect_err(&what);
                    assert!(
                        matches!(refused, Error::Template(TemplateError::Refused { message: m }) if m == message),
                        "{what}"
                    );
                }
                continue;
            }
            let prompt = prompt.unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_eq!(prompt.text, case["text"].as_str().unwrap(), "{what}");
            let ids = case.get("ids_text").unwrap_or(&case["ids"]);
            assert_eq!(serde_json::json!(prompt.ids), *ids, "{what}");
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared} cases");
}
