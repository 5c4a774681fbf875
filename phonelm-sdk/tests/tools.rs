//! Turns in which the model that ships calls functions: what ran is written down and never undone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;

use common::*;
use phonelm_sdk::*;
use pollster::block_on;

fn tool(name: &str, parameters: &str) -> ToolDefinition {
    let catalogue = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/tools.json"));
    let catalogue: serde_json::Value = serde_json::from_str(&catalogue.unwrap()).unwrap();
    let found = catalogue.as_array().unwrap().iter().map(|entry| entry.get("function").unwrap_or(entry));
    let function = found.into_iter().find(|function| function["name"] == name).unwrap();
    let own = function["parameters"].to_string();
    ToolDefinition {
        name: name.into(),
        description: function["description"].as_str().unwrap().into(),
        parameters_json: if parameters.is_empty() { own } else { parameters.into() },
    }
}

fn assistant(model: &Model) -> Arc<Session> {
    let tools = vec![tool("set_alarm", ""), tool("set_timer", ""), tool("dial", "")];
    model.new_session(SessionOptions { tools, ..SessionOptions::default() }).unwrap()
}

/// The calls of a generation up to the point where it waits for their answers.
fn calls(generation: &Generation, count: usize) -> Vec<ToolCall> {
    let mut calls = Vec::new();
    while calls.len() < count {
        match block_on(generation.next()).unwrap().unwrap() {
            Event::ToolCall { call } => calls.push(call),
            Event::Text { .. } => {}
            event => panic!("{event:?}"),
        }
    }
    assert_eq!(generation.state(), GenerationState::WaitingForTools);
    calls
}

fn output(text: &str) -> ToolOutcome {
    ToolOutcome::Output { text: text.into() }
}

#[test]
fn the_model_calls_and_goes_on_with_the_result() {
    let model = tiny();
    let session = assistant(&model);
    let generation = ask(&session, "Wake me at 7 tomorrow");
    let call = calls(&generation, 1).remove(0);
    assert_eq!((call.name.as_str(), call.call_id.as_str()), ("set_alarm", "call00000"));
    assert!(call.arguments_json.contains("\"hour\":7"), "{call:?}");
    let asked = session.transcript().entries;
    assert!(matches!(asked.last(), Some(TranscriptEntry::ToolCalls { .. })), "{asked:?}");
    generation.answer(call.call_id.clone(), output(r#"{"status": "ok"}"#)).unwrap();
    assert_eq!(
        generation.answer(call.call_id.clone(), output("")),
        Err(SdkError::UnknownCall { call_id: call.call_id })
    );
    let (_, response) = events(&generation).unwrap();
    assert_eq!(response.finish, FinishReason::Stop);
    assert!(!response.text.is_empty());
    let kinds = session.transcript().entries;
    assert!(matches!(
        kinds.as_slice(),
        [
            TranscriptEntry::Prompt { .. },
            TranscriptEntry::ToolCalls { .. },
            TranscriptEntry::ToolOutput { .. },
            TranscriptEntry::Response { .. }
        ]
    ));
}

#[test]
fn calls_of_one_row_wait_for_all_their_answers() {
    let model = tiny();
    let session = assistant(&model);
    let generation = ask(&session, "Set a timer for 5 minutes and call mum");
    let calls = calls(&generation, 2);
    generation.answer(calls[1].call_id.clone(), ToolOutcome::Failed { message: "the line is busy".into() }).unwrap();
    assert_eq!(generation.state(), GenerationState::WaitingForTools);
    generation.answer(calls[0].call_id.clone(), output("ok")).unwrap();
    events(&generation).unwrap();
    let entries = session.transcript().entries;
    let outputs: Vec<_> = entries
        .iter()
        .filter_map(|entry| match entry {
            TranscriptEntry::ToolOutput { tool_name, segments, .. } => Some((tool_name.as_str(), segments)),
            _ => None,
        })
        .collect();
    assert_eq!(outputs[0].0, "set_timer");
    let PromptSegment::Text { text } = &outputs[1].1[0];
    assert!(outputs[1].0 == "dial" && text.contains("the line is busy"), "{outputs:?}");
}

#[test]
fn what_ran_stays_when_the_turn_is_cancelled() {
    let model = tiny();
    let session = assistant(&model);
    let generation = ask(&session, "Set a timer for 5 minutes and call mum");
    let calls = calls(&generation, 2);
    generation.answer(calls[0].call_id.clone(), output("started")).unwrap();
    generation.cancel();
    assert_eq!(events(&generation).unwrap().1.finish, FinishReason::Cancelled);
    let results = |session: &Session| -> Vec<String> {
        let entries = session.transcript().entries.into_iter();
        let text = |entry| match entry {
            TranscriptEntry::ToolOutput { segments, .. } => {
                let PromptSegment::Text { text } = segments.into_iter().next().unwrap();
                Some(text)
            }
            _ => None,
        };
        entries.filter_map(text).collect()
    };
    assert_eq!(results(&session), ["started", "outcome unknown"]);
    let restored = model.restore_session(session.transcript_json().unwrap(), SessionOptions::default()).unwrap();
    assert_eq!(results(&restored), ["started", "outcome unknown"]);
    assert_eq!(answer(&session, "Who are you?").finish, FinishReason::Stop);
}

#[test]
fn a_transcript_saved_while_a_tool_runs_says_that_its_outcome_is_unknown() {
    let model = tiny();
    let session = assistant(&model);
    let generation = ask(&session, "Wake me at 7 tomorrow");
    calls(&generation, 1);
    let json = session.transcript_json().unwrap();
    let restored = model.restore_session(json, SessionOptions::default()).unwrap();
    let entries = restored.transcript().entries;
    let Some(TranscriptEntry::ToolOutput { segments, tool_name, .. }) = entries.last() else { panic!("{entries:?}") };
    assert_eq!(tool_name, "set_alarm");
    assert_eq!(segments, &[PromptSegment::Text { text: "outcome unknown".into() }]);
}

#[test]
fn unloading_while_a_tool_runs_keeps_its_call() {
    let model = tiny();
    let session = assistant(&model);
    let generation = ask(&session, "Wake me at 7 tomorrow");
    let call = calls(&generation, 1).remove(0);
    model.unload();
    assert_eq!(events(&generation).unwrap_err(), SdkError::ModelUnloaded);
    let unknown = SdkError::UnknownCall { call_id: call.call_id.clone() };
    assert_eq!(generation.answer(call.call_id, output("late")), Err(unknown));
    assert!(matches!(session.transcript().entries.last(), Some(TranscriptEntry::ToolOutput { .. })));
}

#[test]
fn a_session_without_tools_calls_none() {
    let model = tiny();
    let (events, _) = events(&ask(&session(&model), "Wake me at 7 tomorrow")).unwrap();
    assert!(events.iter().all(|event| matches!(event, Event::Text { .. })), "{events:?}");
}

#[test]
fn unusable_tools_are_refused() {
    let model = tiny();
    for bad in
        [tool("set_alarm", "{"), tool("set_alarm", "[]"), ToolDefinition { name: "a b".into(), ..tool("dial", "") }]
    {
        let options = SessionOptions { tools: vec![bad], ..SessionOptions::default() };
        let error = model.new_session(options).err().unwrap();
        assert!(matches!(error, SdkError::OptionInvalid { .. }), "{error}");
    }
}
