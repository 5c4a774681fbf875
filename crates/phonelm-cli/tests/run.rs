//! `phonelm run` without a terminal: the embedded model on real requests, random models on everything else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Place, refusal};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A random model whose chat template is gone.
fn without_template(place: &Place) -> String {
    let folder = place.copy("qwen2-gqa");
    std::fs::remove_file(folder.join("chat_template.jinja")).unwrap();
    place.succeeds(&["convert", "qwen2-gqa", "-o", "plain.gguf", "--type", "f16"]);
    "plain.gguf".to_owned()
}

#[test]
fn the_embedded_model_calls_and_talks() {
    let place = Place::new();
    let called = place.run(&["run", "--prompt", "Wake me at 7 tomorrow"]);
    assert_eq!((called.code, called.stderr.as_str()), (Some(0), ""));
    assert!(called.stdout.starts_with("→ set_alarm(hour: 7, minutes: 0"), "{called:?}");
    assert!(called.stdout.ends_with(")\n") && !called.stdout.contains('\u{1b}'), "{called:?}");

    let all = json(&place.succeeds(&["run", "--prompt", "Wake me at 7 tomorrow", "--json"]));
    assert_eq!(all["tool_calls"][0]["name"], "set_alarm");
    assert_eq!(all["tool_calls"][0]["arguments"]["hour"], 7);
    assert_eq!(all["finish"], "tool_calls");

    let said = json(&place.succeeds(&["run", "--prompt", "Who are you?", "--json"]));
    assert_eq!((said["tool_calls"].as_array().unwrap().len(), &said["finish"]), (0, &"stop".into()));
    assert!(said["text"].as_str().unwrap().contains("PhoneLM"), "{said}");
}

#[test]
fn only_offered_functions_are_known() {
    let place = Place::new();
    let none = json(&place.succeeds(&["run", "--prompt", "Wake me at 7 tomorrow", "--tools", "none", "--json"]));
    let own = json(&place.succeeds(&["run", "--prompt", "Wake me at 7 tomorrow", "--json"]));
    assert!(none["stats"]["prompt_tokens"].as_u64() < own["stats"]["prompt_tokens"].as_u64());
    let flashlight = r#"{"name": "set_alarm", "description": "Set an alarm.", "parameters": {"type": "object", "properties":
        {"hour": {"type": "integer"}, "minutes": {"type": "integer"}}}}"#;
    place.write("tools.json", format!("[{flashlight}]"));
    place.write("wrapped.json", format!("[{{\"type\": \"function\", \"function\": {flashlight}}}]"));
    let run = |file| {
        let args = ["run", "--prompt", "Wake me at 7", "--tools", file, "--json"];
        let all = json(&place.succeeds(&args));
        (all["tool_calls"].clone(), all["stats"]["prompt_tokens"].clone())
    };
    assert_eq!(run("tools.json"), run("wrapped.json"));
}

#[test]
fn tools_that_cannot_be_offered() {
    let place = Place::new();
    place.convert("qwen2-gqa", "f16");
    let good = r#"[{"name": "a", "description": "b", "parameters": {}}]"#;
    for (text, expected) in [
        ("", "no JSON list"),
        ("{}", "no JSON list"),
        ("[1]", "function 0 needs a name"),
        (r#"[{"name": "a", "description": "b"}]"#, "function 0 needs a name"),
        (good, "no tool format"),
    ] {
        place.write("tools.json", text);
        let line = place.fails(&["run", "qwen2-gqa.gguf", "--prompt", "a", "--tools", "tools.json"]);
        assert!(line.contains(expected), "{text}: {line}");
    }
    let line = place.fails(&["run", "--prompt", "a", "--tools", "missing.json"]);
    assert!(line.contains("cannot read missing.json"), "{line}");
}

#[test]
fn prompts_come_from_the_command_line_or_a_pipe() {
    let place = Place::new();
    place.convert("qwen2-gqa", "f16");
    let greedy = ["run", "qwen2-gqa.gguf", "--temperature", "0", "--max-tokens", "12"];
    let by_flag = place.succeeds(&[greedy.as_slice(), &["--prompt", "Hello there"]].concat());
    let by_pipe = place.pipe(&greedy, b"Hello there\n");
    assert_eq!((by_pipe.code, by_pipe.stdout), (Some(0), by_flag.clone()));
    assert!(by_flag.ends_with('\n'));
}

#[test]
fn seeds_repeat_answers() {
    let place = Place::new();
    place.convert("qwen2-gqa", "f16");
    let run = |seed| {
        let args = ["run", "qwen2-gqa.gguf", "--temperature", "1", "--max-tokens", "24", "--prompt", "Hello", "--seed"];
        place.succeeds(&[args.as_slice(), &[seed]].concat())
    };
    assert_eq!(run("7"), run("7"));
    assert_ne!(run("7"), run("8"));
}

#[test]
fn stats_go_to_stderr_and_into_json() {
    let place = Place::new();
    place.convert("qwen2-gqa", "f16");
    let args = ["run", "qwen2-gqa.gguf", "--temperature", "0", "--max-tokens", "3", "--prompt", "Hello", "--stats"];
    let ended = place.run(&args);
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr.lines().count(), 1);
    assert!(ended.stderr.contains("(0 cached), ") && ended.stderr.contains("tokens/s"), "{ended:?}");
    let all = json(&place.succeeds(&[args.as_slice(), &["--json"]].concat()));
    let generated = all["stats"]["generated_tokens"].as_u64().unwrap();
    assert!((1..=3).contains(&generated), "{all}");
    assert!(ended.stderr.contains(&format!(" {generated} generated")), "{ended:?}");
    let longer =
        ["run", "qwen2-gqa.gguf", "--prompt", "Hello", "--instructions", "Be brief.", "--json", "--max-tokens", "1"];
    assert_ne!(json(&place.succeeds(&longer))["stats"]["prompt_tokens"], all["stats"]["prompt_tokens"]);
}

#[test]
fn a_model_without_a_chat_template_continues_the_prompt() {
    let place = Place::new();
    let model = without_template(&place);
    let ids = json(&place.succeeds(&["tokenize", &model, "Hello there", "--ids"]));
    let all = json(&place.succeeds(&["run", &model, "--prompt", "Hello there", "--json", "--max-tokens", "2"]));
    assert_eq!(all["stats"]["prompt_tokens"], ids.as_array().unwrap().len());
    let line = place.fails(&["run", &model, "--prompt", "Hello", "--instructions", "Be brief."]);
    assert!(line.contains("no chat template"), "{line}");
    let line = refusal(&place.run(&["tokenize", &model, "--chat", "plain.gguf"]));
    assert!(line.contains("is no UTF-8 text"), "{line}");
}
