//! Calls of offered functions under a constraint: on phonelm-tiny with its own functions, and by script in each format.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use common::fake::Fake;
use common::{json, root, shipped_model, template_model, tiny};
use jsonschema::Validator;
use phonelm_engine::{
    Conversation, Engine, Error, FinishReason, GenerateOptions, Grammar, GrammarError, Input, Response, SamplerOptions,
    Setup, Tool, ToolCall,
};
use serde_json::{Value, json};

/// The functions of phonelm-tiny.
fn tools() -> Vec<Tool> {
    let list = json(&root().join("models/phonelm-tiny/tools.json"));
    let tool = |function: &Value| Tool {
        name: function["name"].as_str().unwrap().into(),
        description: function["description"].as_str().unwrap().into(),
        parameters: function["parameters"].clone(),
    };
    list.as_array().unwrap().iter().map(tool).collect()
}

fn validators(tools: &[Tool]) -> BTreeMap<String, Validator> {
    tools.iter().map(|tool| (tool.name.clone(), jsonschema::validator_for(&tool.parameters).unwrap())).collect()
}

fn is_valid(validators: &BTreeMap<String, Validator>, call: &ToolCall) -> bool {
    validators.get(&call.name).is_some_and(|schema| schema.is_valid(&Value::Object(call.arguments.clone())))
}

/// The hand-written requests for development.
fn requests() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("training/requests/dev.jsonl")).unwrap();
    let case = |line: &str| serde_json::from_str::<Value>(line).unwrap()["request"].as_str().unwrap().to_owned();
    text.lines().map(case).collect()
}

/// Answers each of the requests at high temperature with all functions offered, and holds every call against its schema.
fn hold(prompts: impl Iterator<Item = String>, temperature: f32) -> usize {
    let (mut engine, tools) = (tiny(), tools());
    let validators = validators(&tools);
    let mut conversation = engine.conversation(Setup { tools, ..Setup::default() });
    let mut calls = 0;
    for (seed, prompt) in (0..).zip(prompts) {
        let options = GenerateOptions {
            sampler: SamplerOptions { temperature, seed: Some(seed), ..SamplerOptions::default() },
            max_tokens: Some(160),
            exact_calls: true,
            ..GenerateOptions::default()
        };
        let input = Input::User(prompt.clone());
        let response = engine.respond(&mut conversation, input, options, |_| ControlFlow::Continue(())).unwrap();
        let answer = &response.answer;
        assert!(answer.calls.iter().all(|call| is_valid(&validators, call)), "{prompt}: {}", answer.raw);
        // Only where the tokens ran out may a call be left unfinished.
        assert!(answer.bad_calls.is_empty() || response.finish == FinishReason::Length, "{prompt}: {}", answer.raw);
        calls += answer.calls.len();
        engine.reset(&mut conversation);
    }
    calls
}

/// Requests with some of their words exchanged.
fn mixed(count: usize) -> impl Iterator<Item = String> {
    let requests = requests();
    let words: Vec<String> = requests.iter().flat_map(|text| text.split(' ')).map(str::to_owned).collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    (0..count).map(move |_| {
        let request = &requests[draw(requests.len())];
        let word = |own: &str| if draw(4) == 0 { words[draw(words.len())].clone() } else { own.to_owned() };
        request.split(' ').map(word).collect::<Vec<_>>().join(" ")
    })
}

/// 300 answers, or as many as PHONELM_ANSWERS says.
#[test]
fn every_call_follows_its_schema_at_any_temperature() {
    let answers = std::env::var("PHONELM_ANSWERS").map_or(300, |count| count.parse().unwrap());
    let calls = hold(mixed(answers), 1.5);
    assert!(calls > answers / 3, "only {calls} calls in {answers} answers");
}

/// A greedy answer of phonelm-tiny.
fn greedy(engine: &mut Engine, conversation: &mut Conversation, request: &str, exact_calls: bool) -> Response {
    engine.reset(conversation);
    let options = GenerateOptions { max_tokens: Some(160), exact_calls, ..GenerateOptions::default() };
    let input = Input::User(request.into());
    engine.respond(conversation, input, options, |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn answers_that_follow_the_schemas_stay_as_they_are() {
    let (mut engine, tools) = (tiny(), tools());
    let validators = validators(&tools);
    let mut conversation = engine.conversation(Setup { tools, ..Setup::default() });
    let (mut same, mut drafted) = (0, 0);
    for request in requests().into_iter().step_by(2) {
        let free = greedy(&mut engine, &mut conversation, &request, false);
        let exact = greedy(&mut engine, &mut conversation, &request, true);
        let right =
            free.answer.bad_calls.is_empty() && free.answer.calls.iter().all(|call| is_valid(&validators, call));
        if right && free.finish != FinishReason::Length {
            assert_eq!(exact.answer.ids, free.answer.ids, "{request}: {} {}", exact.answer.raw, free.answer.raw);
            assert_eq!(exact.finish, free.finish);
            same += 1;
        }
        engine.set_drafts(false);
        let plain = greedy(&mut engine, &mut conversation, &request, true);
        engine.set_drafts(true);
        assert_eq!(exact.answer.ids, plain.answer.ids, "{request}");
        drafted += exact.stats.drafted_tokens;
    }
    assert!(same >= 70, "only {same} answers follow the schemas");
    assert!(drafted > 200, "only {drafted} tokens were drafted");
}

#[test]
fn a_narrower_schema_narrows_the_call() {
    let mut engine = tiny();
    let mut tools = tools();
    let alarm = tools.iter_mut().find(|tool| tool.name == "set_alarm").unwrap();
    alarm.parameters["properties"]["hour"]["minimum"] = 18.into();
    alarm.parameters["properties"]["label"]["enum"] = json!(["Büro 東京", "née"]);
    alarm.parameters["required"] = json!(["hour", "minutes", "label"]);
    let validators = validators(&tools);
    let mut conversation = engine.conversation(Setup { tools, ..Setup::default() });
    let free = greedy(&mut engine, &mut conversation, "Wake me at 7 tomorrow", false);
    assert!(!is_valid(&validators, &free.answer.calls[0]), "{}", free.answer.raw);
    let exact = greedy(&mut engine, &mut conversation, "Wake me at 7 tomorrow", true);
    assert!(is_valid(&validators, &exact.answer.calls[0]), "{}", exact.answer.raw);
    assert_eq!(exact.finish, FinishReason::ToolCalls);
}

/// What comes out where a model wants to write `text`, token by token.
fn scripted(template: &str, text: &str) -> Response {
    scripted_under(None, template, text)
}

/// The same where what is no call has to follow a grammar.
fn scripted_under(grammar: Option<&Grammar>, template: &str, text: &str) -> Response {
    let (fake, script) = Fake::new(200_000, 8192);
    let file = if template == "phonelm-tiny" { shipped_model() } else { template_model(template) };
    let mut engine = Engine::new(file.metadata(), 200_000, fake).unwrap();
    let ids = engine.tokenizer().unwrap().encode_with_marks(text).unwrap();
    let end = engine.tokenizer().unwrap().eos().unwrap();
    engine.set_drafts(false);
    let parameters = json!({"type": "object", "properties": {"hour": {"type": "integer", "maximum": 23}, "label": {"type": "string", "maxLength": 8}}});
    let tool = |name: &str| Tool { name: name.into(), description: "Does it.".into(), parameters: parameters.clone() };
    let mut setup = Setup { tools: vec![tool("set_alarm"), tool("set_\"timer\"")], ..Setup::default() };
    setup.variables.insert("date_string".into(), "26 Jul 2024".into());
    let mut conversation = engine.conversation(setup);
    script.lock().unwrap().say = ids.into_iter().chain([end; 200]).collect();
    let mask = grammar.map(|grammar| engine.constraint(grammar).unwrap());
    let options = GenerateOptions { exact_calls: true, max_tokens: Some(120), mask, ..GenerateOptions::default() };
    engine.respond(&mut conversation, Input::User("Go".into()), options, |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn what_follows_the_schema_is_written_as_wanted() {
    let hermes = [
        "Just <text> with <tool and {\"name\": 3}.",
        "<tool_call>\n{\"name\": \"set_alarm\", \"arguments\": {\"hour\": 7}}\n</tool_call>",
        "Yes.\n<tool_call>\n{\"name\": \"set_alarm\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n{\"name\": \"set_\\\"timer\\\"\", \"arguments\": {\"label\": \"é 東 \\\"\"}}\n</tool_call>\nDone.",
    ];
    let llama = [
        "Just text.",
        "{\"a\": {\"name\": 1}}",
        " {\"name\": \"set_alarm\", \"parameters\": {\"hour\": 7}}",
        "{ \"name\": \"set_alarm\", \"parameters\": {\"hour\": 7, \"label\": \"x\"}}; {\"name\": \"set_alarm\", \"parameters\": {}}",
        "<|python_tag|>{\"name\": \"set_alarm\", \"parameters\": {\"label\": \"ü\"}}",
    ];
    let hermes =
        ["phonelm-tiny", "qwen2.5", "qwen3", "hermes-2-pro"].into_iter().flat_map(|t| hermes.map(|text| (t, text)));
    for (template, text) in hermes.chain(llama.map(|text| ("llama-3.2", text))) {
        let response = scripted(template, text);
        assert_eq!(response.answer.raw, text, "{template}");
        assert!(response.answer.bad_calls.is_empty(), "{template}: {text}");
    }
}

#[test]
fn what_does_not_is_bent() {
    for (template, text) in [
        ("phonelm-tiny", "<tool_call>\n{\"name\": \"set_clock\", \"arguments\": {\"hour\": 7}}\n</tool_call>"),
        (
            "phonelm-tiny",
            "<tool_call>\n{\"name\": \"set_alarm\", \"arguments\": {\"hour\": 77, \"day\": \"x\"}}\n</tool_call>",
        ),
        ("phonelm-tiny", "<tool_call>{\"arguments\": {\"hour\": \"seven\"}, \"name\": \"set_alarm\"}</tool_call>"),
        ("phonelm-tiny", "<tool_call>\n{\"name\": \"set_alarm\", \"arguments\": {"),
        ("hermes-2-pro", "<tool_call>\n{\"name\": \"set_alarm\", \"arguments\": {\"hour\": true}}\n</tool_call>"),
        ("llama-3.2", "{\"name\": \"set_clock\", \"parameters\": {\"hour\": 7}}"),
        ("llama-3.2", "{\"name\": \"set_alarm\", \"arguments\": {\"hour\": 7}}"),
        ("llama-3.2", "<|python_tag|>alarm.set(hour=7)"),
    ] {
        let response = scripted(template, text);
        let answer = &response.answer;
        assert_ne!(answer.raw, text, "{template}");
        for call in &answer.calls {
            assert!(call.name == "set_alarm" || call.name == "set_\"timer\"", "{template}: {}", answer.raw);
            let known = call.arguments.iter().all(|(name, value)| match name.as_str() {
                "hour" => value.as_i64().is_some_and(|hour| hour <= 23) || value.is_f64(),
                "label" => value.as_str().is_some_and(|label| label.chars().count() <= 8),
                _ => false,
            });
            assert!(known, "{template}: {}", answer.raw);
        }
        assert!(answer.calls.len() + answer.bad_calls.len() > 0, "{template}: {text}: {}", answer.raw);
    }
}

#[test]
fn an_answer_does_not_end_where_a_call_may_begin() {
    let response = scripted("llama-3.2", " {\"nam");
    assert!(response.answer.bad_calls.is_empty() && response.answer.raw.len() > 6, "{}", response.answer.raw);
}

#[test]
fn schemas_that_cannot_be_held_are_named() {
    let (mut engine, good) = (tiny(), tools().remove(0));
    for (parameters, expected) in [
        (json!(3), "they are a number, not a JSON schema"),
        (json!({"type": "string"}), "\"type\" is \"string\""),
        (json!({"type": "object", "properties": {"a": {"type": "array", "uniqueItems": true}}}), "uniqueItems"),
        (json!({"type": "object", "properties": {}, "required": ["a"]}), "required property 'a'"),
    ] {
        let bad = Tool { name: "odd \"one\"".into(), description: "Does it.".into(), parameters };
        let mut conversation = engine.conversation(Setup { tools: vec![good.clone(), bad], ..Setup::default() });
        let begin = |engine: &mut Engine, conversation: &mut _, exact_calls| {
            let options = GenerateOptions { exact_calls, ..GenerateOptions::default() };
            engine.begin(conversation, Input::User("Hi".into()), options)
        };
        match begin(&mut engine, &mut conversation, true) {
            Err(Error::Grammar(error @ GrammarError::Invalid { .. })) => {
                let line = error.to_string();
                assert!(
                    line.contains("the parameters of function \"odd \\\"one\\\"\"") && line.contains(expected),
                    "{line}"
                );
            }
            other => panic!("{other:?}"),
        }
        begin(&mut engine, &mut conversation, false).unwrap();
        engine.close(conversation);
    }
}

#[test]
fn an_answer_under_a_grammar_is_calls_or_its_text() {
    let schema = json!({
        "type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"], "additionalProperties": false,
    });
    let grammar = Grammar::JsonSchema(schema);
    let hermes = "<tool_call>\n{\"name\": \"set_alarm\", \"arguments\": {\"hour\": 7}}\n</tool_call>";
    let llama = "{\"name\": \"set_alarm\", \"parameters\": {\"hour\": 7}}";
    let (two, three) = (format!("{hermes}\n{hermes}"), format!("<|python_tag|>{llama};{llama};{llama}"));
    for (template, text, calls) in [
        ("phonelm-tiny", "{\"n\": \"<tool_call>x</tool_call> é\"}", 0),
        ("phonelm-tiny", hermes, 1),
        ("phonelm-tiny", two.as_str(), 2),
        ("qwen2.5", two.as_str(), 2),
        ("qwen2.5", "{\"n\": \"<tool_call>\"}", 0),
        ("llama-3.2", "{\"n\": \"<|python_tag|>\"}", 0),
        ("llama-3.2", llama, 1),
        ("llama-3.2", three.as_str(), 3),
    ] {
        let response = scripted_under(Some(&grammar), template, text);
        let answer = &response.answer;
        assert_eq!(answer.raw, text, "{template}");
        assert_eq!((answer.calls.len(), answer.bad_calls.len()), (calls, 0), "{template}: {text}");
        assert_eq!(answer.text, if calls == 0 { text } else { "" }, "{template}");
        let finish = if calls == 0 { FinishReason::Stop } else { FinishReason::ToolCalls };
        assert_eq!(response.finish, finish, "{template}: {text}");
    }
    for other in ["Sure.", "{\"m\": 3}"] {
        let text = scripted_under(Some(&grammar), "phonelm-tiny", other).answer.text;
        assert!(text.starts_with("{\"n\": \""), "{other}: {text}");
    }
    let bent = scripted_under(Some(&grammar), "phonelm-tiny", &format!("Sure. {hermes}"));
    assert!(bent.answer.calls.is_empty() || bent.answer.text.is_empty(), "{}", bent.answer.raw);
    assert!(!bent.answer.raw.starts_with("Sure"), "{}", bent.answer.raw);
}
