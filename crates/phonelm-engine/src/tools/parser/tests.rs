//! Answers with calls, whole and in pieces.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn call(name: &str, arguments: Json) -> ToolCall {
    ToolCall { name: name.into(), arguments: arguments.as_object().unwrap().clone() }
}

fn parsed(text: &str, calls: Vec<ToolCall>) -> Parsed {
    Parsed { text: text.into(), calls, errors: Vec::new() }
}

#[test]
fn hermes_calls_among_text() {
    let answer = "One.\n<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>\n<tool_call>{\"name\": \"b\", \"arguments\": {\"x\": [1, 2]}}</tool_call>\nTwo.\n";
    let calls = vec![call("a", json!({})), call("b", json!({"x": [1, 2]}))];
    assert_eq!(ToolFormat::Hermes.parse(answer), parsed("One.\n\n\nTwo.", calls));
}

#[test]
fn strings_hold_braces_quotes_newlines_and_marks() {
    let text = "}{\"\\\n</tool_call> <tool_call>; é";
    let json = json!({"name": "say", "arguments": {"text": text}});
    let answer = format!("<tool_call>{json}</tool_call>");
    assert_eq!(ToolFormat::Hermes.parse(&answer), parsed("", vec![call("say", json!({"text": text}))]));
    let json = json!({"name": "say", "parameters": {"text": text}});
    assert_eq!(ToolFormat::Llama3.parse(&json.to_string()), parsed("", vec![call("say", json!({"text": text}))]));
}

#[test]
fn llama3_bare_announced_and_several() {
    let one = r#"{"name": "a", "parameters": {"x": 1}}"#;
    let expected = vec![call("a", json!({"x": 1}))];
    assert_eq!(ToolFormat::Llama3.parse(one), parsed("", expected.clone()));
    assert_eq!(ToolFormat::Llama3.parse(&format!("<|python_tag|>{one}")), parsed("", expected.clone()));
    let two = [expected.clone(), expected].concat();
    assert_eq!(ToolFormat::Llama3.parse(&format!(" {one}; {one}")), parsed("", two));
}

#[test]
fn llama3_text_that_only_looks_like_a_call() {
    for text in ["Hello", "{}", "{x} is a set", "{\"names\": 1}", "{\"name\": \"Bob\"}", "{\"name\"", " <|py", "  "] {
        let found = ToolFormat::Llama3.parse(text);
        let unfinished = text == "{\"name\"";
        assert_eq!((found.text.is_empty(), found.errors.len()), (unfinished, usize::from(unfinished)), "{text:?}");
    }
}

#[test]
fn arguments_as_text_or_absent() {
    let answer =
        r#"<tool_call>{"name": "a", "arguments": "{\"x\": 1}"}</tool_call><tool_call>{"name": "b"}</tool_call>"#;
    let calls = vec![call("a", json!({"x": 1})), call("b", json!({}))];
    assert_eq!(ToolFormat::Hermes.parse(answer), parsed("", calls));
}

#[test]
fn bad_calls_are_errors_with_what_was_written() {
    let wrap = |inside: &str| format!("Hm.<tool_call>{inside}</tool_call> So.");
    let errors = |answer: &str| ToolFormat::Hermes.parse(answer);
    let found = errors(&wrap("{\"name\": a}"));
    assert!(matches!(&found.errors[..], [CallError::Syntax { raw, .. }] if raw == "{\"name\": a}"), "{found:?}");
    assert_eq!(found.text, "Hm. So.");
    let found = errors(&wrap("{\"arguments\": {}}")).errors;
    assert_eq!(found, [CallError::NoName { raw: "{\"arguments\": {}}".into() }]);
    let found = errors(&wrap("[1]")).errors;
    assert_eq!(found, [CallError::NoName { raw: "[1]".into() }]);
    let found = errors(&wrap("{\"name\": \"a\", \"arguments\": 5}")).errors;
    let raw = "{\"name\": \"a\", \"arguments\": 5}".to_owned();
    assert_eq!(found, [CallError::Arguments { name: "a".into(), raw }]);
    let found = errors("<tool_call>{\"name\": \"a").errors;
    assert_eq!(found, [CallError::Unfinished { raw: "{\"name\": \"a".into() }]);
    let deep = "[".repeat(100_000);
    assert_eq!(errors(&wrap(&deep)).errors.len(), 1);
}

#[test]
fn call_syntax_is_never_shown() {
    let mut parser = CallParser::new(ToolFormat::Hermes);
    assert_eq!(parser.push("Yes. <tool"), [Part::Text("Yes.".into())]);
    assert_eq!(parser.push("_call>{\"name\""), []);
    assert_eq!(parser.push(": \"a\"}"), [Part::Call(call("a", json!({})))]);
    assert_eq!(parser.push("</tool_"), []);
    assert_eq!(parser.finish().len(), 1, "an unfinished end is an error");
}

#[test]
fn calls_or_text_and_never_both() {
    let read = |format, text: &str| pushed(CallParser::of_calls_or_text(format), &[text]);
    let one = r#"<tool_call>{"name": "a", "arguments": {}}</tool_call>"#;
    let found = vec![call("a", json!({}))];
    assert_eq!(read(ToolFormat::Hermes, one), parsed("", found.clone()));
    assert_eq!(read(ToolFormat::Hermes, &format!("{one}\n{one}")), parsed("", [found.clone(), found].concat()));
    for text in [format!("[1, {one}]"), "<tool".into(), "<b>\n".into(), String::new()] {
        assert_eq!(read(ToolFormat::Hermes, &text), parsed(&text, Vec::new()));
    }
    for text in [r#"{"name": "<|python_tag|>"}"#, r#"["<|python_tag|>"]"#, "{}"] {
        assert_eq!(read(ToolFormat::Llama3, text), parsed(text, Vec::new()));
    }
}

/// Text parts joined, so that only what is shown counts and not where it was cut.
fn pushed(mut parser: CallParser, pieces: &[&str]) -> Parsed {
    let mut parsed = Parsed::default();
    for piece in pieces {
        parsed.extend(parser.push(piece));
    }
    parsed.extend(parser.finish());
    parsed
}

fn answers() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("<tool_call>".to_owned()),
        Just("</tool_call>".to_owned()),
        Just("<|python_tag|>".to_owned()),
        Just(r#"{"name": "a", "arguments": {"t": "}\"</tool_call>"}}"#.to_owned()),
        Just(r#"{"name": "b", "parameters": {}}"#.to_owned()),
        "[a {}\"\n;<|]{0,4}",
    ];
    prop::collection::vec(part, 0..7).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn pieces_read_as_the_whole(answer in answers(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..9)) {
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(answer.len() + 1)).filter(|&at| answer.is_char_boundary(at)).collect();
        ends.extend([0, answer.len()]);
        ends.sort_unstable();
        let pieces: Vec<&str> = ends.windows(2).map(|pair| &answer[pair[0]..pair[1]]).collect();
        for format in [ToolFormat::Hermes, ToolFormat::Llama3] {
            prop_assert_eq!(pushed(CallParser::new(format), &pieces), format.parse(&answer));
            let exclusive = CallParser::of_calls_or_text(format);
            prop_assert_eq!(pushed(exclusive.clone(), &pieces), pushed(exclusive, &[&answer]));
        }
    }
}
