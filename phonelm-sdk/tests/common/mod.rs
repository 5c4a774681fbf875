//! What the suites share: the model that ships, and generations read to their end.

#![allow(dead_code, reason = "each suite uses its own part")]

use std::sync::Arc;

use phonelm_sdk::*;
use pollster::block_on;

pub(crate) const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/phonelm-tiny.gguf");

pub(crate) fn path(path: impl Into<String>) -> ModelSource {
    ModelSource::Path { path: path.into() }
}

/// Loads a model, or says why not.
pub(crate) fn load(source: ModelSource, options: ModelOptions) -> Result<Arc<Model>, SdkError> {
    let loading = load_model(source, options);
    let mut last = 0.0;
    loop {
        match block_on(loading.next())?.unwrap() {
            LoadEvent::Progress { fraction } => {
                assert!((last..=1.0).contains(&fraction), "{fraction} after {last}");
                last = fraction;
            }
            LoadEvent::Ready { model } => {
                assert!(block_on(loading.next()).unwrap().is_none());
                return Ok(model);
            }
        }
    }
}

pub(crate) fn tiny() -> Arc<Model> {
    load(path(TINY), ModelOptions::default()).unwrap()
}

/// The functions of the model that ships.
pub(crate) fn catalogue() -> Vec<ToolDefinition> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/tools.json");
    let functions: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let tool = |function: &serde_json::Value| ToolDefinition {
        name: function["name"].as_str().unwrap().into(),
        description: function["description"].as_str().unwrap().into(),
        parameters_json: function["parameters"].to_string(),
        permission: None,
    };
    functions.as_array().unwrap().iter().map(tool).collect()
}

pub(crate) fn session(model: &Model) -> Arc<Session> {
    model.new_session(SessionOptions::default()).unwrap()
}

pub(crate) fn most(max_tokens: u32) -> GenerationOptions {
    GenerationOptions { max_tokens: Some(max_tokens), ..GenerationOptions::default() }
}

/// A request whose answer goes on until it is stopped: at this temperature the end is as unlikely as any other token,
/// and with this seed it does not come within a thousand.
pub(crate) fn endless() -> GenerationRequest {
    let options = GenerationOptions { temperature: Some(10.0), seed: Some(3), ..GenerationOptions::default() };
    GenerationRequest::text("Tell me everything", options)
}

pub(crate) fn ask(session: &Session, prompt: &str) -> Arc<Generation> {
    session.generate(GenerationRequest::text(prompt, GenerationOptions::default())).unwrap()
}

/// Every event but the last, and the outcome.
pub(crate) fn events(generation: &Generation) -> Result<(Vec<Event>, Response), SdkError> {
    let mut events = Vec::new();
    loop {
        match block_on(generation.next())?.unwrap() {
            Event::Finished { response } => {
                assert_eq!(block_on(generation.next()), Ok(None));
                assert_eq!(generation.state(), GenerationState::Ended { reason: response.finish });
                return Ok((events, response));
            }
            event => events.push(event),
        }
    }
}

/// The outcome of a generation whose pieces of text add up to it.
pub(crate) fn finish(generation: &Generation) -> Result<Response, SdkError> {
    let (events, response) = events(generation)?;
    let text: String =
        events.iter().filter_map(|e| if let Event::Text { text } = e { Some(text.as_str()) } else { None }).collect();
    assert_eq!(text, response.text);
    Ok(response)
}

pub(crate) fn answer(session: &Session, prompt: &str) -> Response {
    finish(&ask(session, prompt)).unwrap()
}

/// What the model was told of its calls.
pub(crate) fn results(session: &Session) -> Vec<String> {
    let text = |entry| match entry {
        TranscriptEntry::ToolOutput { segments, .. } => {
            let PromptSegment::Text { text } = segments.into_iter().next().unwrap();
            Some(text)
        }
        _ => None,
    };
    session.transcript().entries.into_iter().filter_map(text).collect()
}

/// kB of its own that this process holds, as Linux tells.
pub(crate) fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
