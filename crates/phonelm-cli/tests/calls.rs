//! `phonelm call` and `phonelm eval-calls` with phonelm-tiny, as users and programs run them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::Place;
use serde_json::{Value, json};

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

const ALARM: &str = r#"[{"name": "set_alarm", "description": "Set an alarm.", "parameters": {"type": "object", "properties":
    {"hour": {"type": "integer", "minimum": 18, "maximum": 23}, "minutes": {"type": "integer"}}, "required": ["hour", "minutes"]}}]"#;

#[test]
fn a_request_becomes_calls() {
    let place = Place::new();
    let called = place.run(&["call", "Set a timer for 5 minutes and call mum"]);
    assert_eq!((called.code, called.stderr.as_str()), (Some(0), ""));
    let expected = json!([
        {"name": "set_timer", "arguments": {"seconds": 300}},
        {"name": "dial", "arguments": {"to": "mum"}}
    ]);
    assert_eq!(parse(&called.stdout), expected);
    let said = place.run(&["call", "Who are you?"]);
    assert_eq!(said.stdout, "[]\n");
    assert!(said.stderr.contains("PhoneLM"), "{said:?}");
    assert_eq!(place.run(&["call", "Who are you?", "--json-only"]).stderr, "");
}

#[test]
fn schemas_hold_unless_calls_are_free() {
    let place = Place::new();
    place.write("tools.json", ALARM);
    let hour = |free: &[&str]| {
        let args = [&["call", "Wake me at 7", "--tools", "tools.json"], free].concat();
        parse(&place.succeeds(&args))[0]["arguments"]["hour"].as_i64().unwrap()
    };
    assert_eq!(hour(&["--free"]), 7);
    assert!((18..=23).contains(&hour(&[])));
    let run = parse(&place.succeeds(&["run", "--prompt", "Wake me at 7", "--tools", "tools.json", "--json"]));
    assert!((18..=23).contains(&run["tool_calls"][0]["arguments"]["hour"].as_i64().unwrap()), "{run}");
}

#[test]
fn a_batch_is_whole_or_absent() {
    let place = Place::new();
    place.write(
        "in.jsonl",
        "{\"id\": 7, \"request\": \"Wake me at 7\"}\n\n{\"id\": \"b\", \"request\": \"Who are you?\"}\n",
    );
    let told = place.succeeds(&["call", "--batch", "in.jsonl", "-o", "out.jsonl"]);
    assert_eq!(told, "out.jsonl: 2 answers\n");
    let text = std::fs::read_to_string(place.path("out.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(parse).collect();
    assert_eq!(
        lines[0],
        json!({"id": 7, "calls": [{"name": "set_alarm", "arguments": {"hour": 7, "minutes": 0}}], "text": ""})
    );
    assert_eq!((&lines[1]["id"], lines[1]["calls"].as_array().unwrap().len()), (&json!("b"), 0));
    assert!(lines[1]["text"].as_str().unwrap().contains("PhoneLM"));
    place.write("bad.jsonl", "{\"id\": 7, \"request\": \"Wake me\"}\n{\"id\": 8}\n");
    let line = place.fails(&["call", "--batch", "bad.jsonl", "-o", "none.jsonl"]);
    assert!(line.contains("bad.jsonl: line 2: it needs \"id\" and \"request\""), "{line}");
    assert!(!place.path("none.jsonl").exists());
}

#[test]
fn what_cannot_be_asked() {
    let place = Place::new();
    place.convert("qwen2-gqa", "f16");
    place.write("tools.json", ALARM.replace("integer", "int"));
    place.write("empty.jsonl", "");
    place.write("case.jsonl", "{\"request\": \"Hi\", \"calls\": [], \"tools\": [\"fly\"]}");
    for (args, expected) in [
        (&["call", " "][..], "the request is empty"),
        (&["call"], "required"),
        (&["call", "Hi", "--batch", "in.jsonl"], "cannot be used with"),
        (&["call", "--batch", "in.jsonl"], "--out"),
        (&["call", "Hi", "-m", "qwen2-gqa.gguf"], "carries no functions: give some with --tools"),
        (&["call", "Hi", "--tools", "tools.json"], "the parameters of function \"set_alarm\" cannot be held"),
        (&["eval-calls", "empty.jsonl"], "there is no line in it"),
        (&["eval-calls", "tools.json"], "line 1: no JSON"),
        (&["eval-calls", "case.jsonl"], "case 1: there is no function \"fly\" to offer"),
    ] {
        let line = place.fails(args);
        assert!(line.contains(expected), "{args:?}: {line}");
    }
}

#[test]
fn cases_are_counted() {
    let place = Place::new();
    let case = |request: &str, name: &str, arguments: Value, kind: &str| {
        let calls = if name.is_empty() { json!([]) } else { json!([{"name": name, "arguments": arguments}]) };
        json!({"request": request, "calls": calls, "kind": kind}).to_string()
    };
    let cases = [
        case("Wake me at 7", "set_alarm", json!({"hour": 7, "minutes": 0}), "single"),
        case("Call mum", "dial", json!({"to": "MUM!"}), "single"),
        case("Call mum", "set_timer", json!({"seconds": 5}), "single"),
        case("Wake me at 7", "set_alarm", json!({"hour": 8, "minutes": 0}), "single"),
        case("Who are you?", "", json!({}), "none"),
    ];
    place.write("cases.jsonl", cases.join("\n"));
    let found = parse(&place.succeeds(&["eval-calls", "cases.jsonl", "--json", "--wrong", "1"]));
    assert_eq!((found["cases"].as_u64(), found["exact"].as_f64()), (Some(5), Some(0.6)));
    assert_eq!(found["functions_right"], 0.75);
    assert!((found["arguments_right"].as_f64().unwrap() - 4.0 / 6.0).abs() < 1e-9);
    assert_eq!((&found["none_without_call"], &found["kinds"]["single"]["right"]), (&json!(1.0), &json!(2)));
    assert_eq!(found["functions"]["set_alarm"], json!({"wanted": 2, "called": 2, "right": 1}));
    assert_eq!(found["confusions"], json!([{"wanted": "set_timer", "called": "dial", "times": 1}]));
    assert_eq!(found["wrong"].as_array().unwrap().len(), 1);
    let text = place.succeeds(&["eval-calls", "cases.jsonl", "--wrong", "9"]);
    for line in ["all calls right               60.0 %   3 of 5", "set_timer  dial            1"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(text.matches("   wanted [").count(), 2, "{text}");
}
