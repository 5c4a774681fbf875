//! Answers that are held to a form, alone and beside calls, and forms that are none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::*;
use phonelm_sdk::*;
use pollster::block_on;
use serde::Deserialize;

const TRIP: &str = r#"{"type": "object", "properties": {"city": {"type": "string", "enum": ["Berlin", "東京"]},
    "days": {"type": "integer", "minimum": 1, "maximum": 14}}, "required": ["city", "days"], "additionalProperties": false}"#;

#[derive(Deserialize)]
struct Trip {
    city: String,
    days: u8,
}

async fn plan(session: &Session) -> Result<Trip, SdkError> {
    let grammar = Some(Grammar::JsonSchema { schema: TRIP.into() });
    let options = GenerationOptions { grammar, ..GenerationOptions::default() };
    let generation = session.generate(GenerationRequest::text("Plan a trip", options))?;
    let mut text = String::new();
    while let Some(event) = generation.next().await? {
        match event {
            Event::Text { text: more } => {
                text.push_str(&more);
                println!("{}", complete_json(text.clone()).unwrap_or_default());
            }
            Event::Finished { response } => return response.decode(),
            _ => {}
        }
    }
    Err(SdkError::Cancelled)
}

#[test]
fn a_plan_is_a_value() {
    let trip = block_on(plan(&session(&tiny()))).unwrap();
    assert!((1..=14).contains(&trip.days));
}

fn schema(schema: &str) -> Grammar {
    Grammar::JsonSchema { schema: schema.into() }
}

fn under(grammar: Grammar) -> GenerationOptions {
    GenerationOptions { max_tokens: Some(200), grammar: Some(grammar), ..GenerationOptions::default() }
}

fn say(session: &Session, prompt: &str, options: GenerationOptions) -> Result<Response, SdkError> {
    let generation = session.generate(GenerationRequest::text(prompt, options))?;
    finish(&generation)
}

fn is_trip(response: &Response) -> bool {
    let trip: Trip = response.decode().unwrap();
    ["Berlin", "東京"].contains(&trip.city.as_str()) && (1..=14).contains(&trip.days)
}

#[test]
fn answers_keep_to_their_grammar() {
    let model = tiny();
    for seed in 0..20 {
        let wild = |grammar| GenerationOptions { temperature: Some(1.5), seed: Some(seed), ..under(grammar) };
        let response = say(&session(&model), "Plan a trip", wild(schema(TRIP))).unwrap();
        assert!(response.finish == FinishReason::Stop && is_trip(&response), "{}", response.text);
        let either = Grammar::Regex { pattern: "yes|no".into() };
        let response = say(&session(&model), "Is it raining?", wild(either)).unwrap();
        assert!(["yes", "no"].contains(&response.text.as_str()), "{}", response.text);
        let sum = Grammar::Lark { rules: "start: \"1\" (\"+\" \"1\")~0..4\n".into() };
        let response = say(&session(&model), "Count", wild(sum)).unwrap();
        assert!("1+1+1+1+1".starts_with(&response.text) && response.text.ends_with('1'), "{}", response.text);
    }
}

#[test]
fn a_sessions_grammar_holds_until_a_request_has_its_own() {
    let defaults = Some(under(Grammar::Regex { pattern: "aha".into() }));
    let session = tiny().new_session(SessionOptions { defaults, ..SessionOptions::default() }).unwrap();
    assert_eq!(answer(&session, "Who are you?").text, "aha");
    let own = under(Grammar::Regex { pattern: "oho".into() });
    assert_eq!(say(&session, "Who are you?", own).unwrap().text, "oho");
    assert_eq!(answer(&session.fork().unwrap(), "And you?").text, "aha");
}

#[test]
fn with_tools_an_answer_is_calls_or_text_of_the_grammar() {
    let model = tiny();
    let session = model.new_session(SessionOptions { tools: catalogue(), ..SessionOptions::default() }).unwrap();
    let request = GenerationRequest::text("Wake me at 7 tomorrow", under(schema(TRIP)));
    let generation = session.generate(request).unwrap();
    let event = block_on(generation.next()).unwrap().unwrap();
    let Event::ToolCall { call } = event else { panic!("{event:?}") };
    assert_eq!(call.name, "set_alarm");
    generation.answer(call.call_id, ToolOutcome::Output { text: r#"{"status": "ok"}"#.into() }).unwrap();
    let response = finish(&generation).unwrap();
    assert!(response.finish == FinishReason::Stop && is_trip(&response), "{}", response.text);
    let kinds = session.transcript().entries;
    assert!(
        matches!(&kinds[1..], [TranscriptEntry::ToolCalls { .. }, TranscriptEntry::ToolOutput { .. }, _]),
        "{kinds:?}"
    );
}

#[test]
fn grammars_that_are_none_are_errors_and_the_session_goes_on() {
    let session = session(&tiny());
    for (grammar, expected) in [
        (schema("{"), "the JSON schema is no JSON (EOF while parsing"),
        (schema("7"), "the JSON schema cannot be held"),
        (schema(r#"{"type": "strnig"}"#), "strnig"),
        (schema(r#"{"type": "array", "uniqueItems": true}"#), "uniqueItems"),
        (Grammar::Regex { pattern: "(a".into() }, "the regular expression cannot be held"),
        (Grammar::Regex { pattern: "a".repeat(100_000) }, "100000 bytes, at most 65536"),
        (Grammar::Lark { rules: "start: missing".into() }, "missing"),
    ] {
        let error = say(&session, "Hello", under(grammar)).unwrap_err();
        assert!(matches!(&error, SdkError::GrammarInvalid { reason } if reason.contains(expected)), "{error:?}");
        assert!(!error.is_retryable() && error.to_string().contains(expected));
        assert!(session.transcript().entries.is_empty());
    }
    assert_eq!(answer(&session, "Who are you?").finish, FinishReason::Stop);
}

#[test]
fn an_answer_that_is_not_whole_is_no_value() {
    let session = session(&tiny());
    let options = GenerationOptions { max_tokens: Some(3), ..under(schema(TRIP)) };
    let cut = say(&session, "Plan a trip", options).unwrap();
    assert_eq!(cut.finish, FinishReason::Length);
    let error = cut.decode::<Trip>().map(|_| ()).unwrap_err();
    assert!(matches!(&error, SdkError::ResponseInvalid { reason } if reason.contains("Length")), "{error}");
    let whole = say(&session, "Plan a trip", under(schema(TRIP))).unwrap();
    let error = whole.decode::<Vec<Trip>>().map(|_| ()).unwrap_err();
    assert!(
        matches!(&error, SdkError::ResponseInvalid { reason } if reason.contains("expected a sequence")),
        "{error}"
    );
}
