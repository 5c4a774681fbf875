//! The inference thread with an executor that says what a script tells it and counts what it was fed.

#[path = "../../../crates/phonelm-engine/tests/common/fake.rs"]
mod fake;
#[cfg(feature = "shuttle")]
mod interleavings;

use std::sync::Arc;

use fake::{Fake, Shared as Script};
use phonelm_engine::Engine;
use phonelm_model::ModelFile;
use pollster::block_on;

use crate::{
    Event, FinishReason, GenerationOptions, GenerationRequest, Model, RefusalReason, SdkError, Session, SessionOptions,
    ToolDefinition, ToolOutcome, model::About, worker::ToMeasure,
};

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/phonelm-tiny.gguf");

fn model() -> (Arc<Model>, Script) {
    let (model, script, _) = model_saying("");
    script.lock().unwrap().say = std::iter::repeat_n(100, 10_000).collect();
    (model, script)
}

/// A model, and the tokens of a text with the end of an answer behind it.
fn model_saying(text: &str) -> (Arc<Model>, Script, Vec<u32>) {
    let file = ModelFile::open(TINY.as_ref()).unwrap();
    let (executor, script) = Fake::new(file.config().vocab, file.config().context);
    let mut engine = Engine::new(file.metadata(), file.config().vocab, executor).unwrap();
    engine.set_drafts(false);
    let tokenizer = engine.tokenizer().unwrap();
    let mut said = tokenizer.encode_with_marks(text).unwrap();
    said.extend(tokenizer.eos());
    (Model::start(engine, About::of(&file), None, ToMeasure::default()).unwrap(), script, said)
}

fn with_torch() -> SessionOptions {
    let torch = ToolDefinition {
        name: "torch".into(),
        description: "Turns the torch on.".into(),
        parameters_json: r#"{"type": "object", "properties": {}}"#.into(),
        permission: None,
    };
    SessionOptions { tools: vec![torch], ..SessionOptions::default() }
}

fn request(prompt: &str) -> GenerationRequest {
    GenerationRequest::text(prompt, GenerationOptions { max_tokens: Some(50), ..GenerationOptions::default() })
}

fn outcome(session: &Session, prompt: &str) -> Result<FinishReason, SdkError> {
    let generation = session.generate(request(prompt)).unwrap();
    loop {
        match block_on(generation.next())? {
            Some(Event::Finished { response }) => return Ok(response.finish),
            Some(_) => {}
            None => unreachable!("a generation ends with its outcome"),
        }
    }
}

#[test]
fn a_panic_ends_one_turn_and_neither_the_session_nor_its_neighbours() {
    let (model, script) = model();
    let (session, other) =
        (model.new_session(SessionOptions::default()).unwrap(), model.new_session(SessionOptions::default()).unwrap());
    assert_eq!(outcome(&session, "first"), Ok(FinishReason::Length));
    let before = session.transcript();
    script.lock().unwrap().panic = true;
    let error = outcome(&session, "second").unwrap_err();
    assert!(matches!(&error, SdkError::Internal { reason } if reason.contains("scripted panic")), "{error}");
    assert_eq!(session.transcript(), before);
    assert_eq!(outcome(&other, "third"), Ok(FinishReason::Length));
    assert_eq!(outcome(&session, "fourth"), Ok(FinishReason::Length));
    assert_eq!(session.transcript().entries.len(), 4);
}

#[test]
fn prompts_go_in_by_batches_and_cancelling_stops_between_them() {
    for batch in [64, 200] {
        let (model, script) = model();
        script.lock().unwrap().prefill_batch = Some(batch);
        let session = model.new_session(SessionOptions::default()).unwrap();
        let long = "a word and ".repeat(300);
        let generation = session.generate(request(&long)).unwrap();
        loop {
            if !script.lock().unwrap().fed.is_empty() {
                break;
            }
            std::thread::yield_now();
        }
        script.lock().unwrap().slow = true;
        generation.cancel();
        let fed = script.lock().unwrap().fed.len();
        while !matches!(block_on(generation.next()), Ok(None)) {}
        let script = script.lock().unwrap();
        assert!(script.fed.len() <= fed + 1, "{} passes after {fed}", script.fed.len());
        assert!(script.fed[0].len() == batch && script.fed.iter().all(|fed| fed.len() <= batch));
    }
}

#[test]
fn cancelling_stops_decoding_within_a_token() {
    let (model, script) = model();
    let session = model.new_session(SessionOptions::default()).unwrap();
    script.lock().unwrap().slow = true;
    let generation = session.generate(request("hi")).unwrap();
    assert!(matches!(block_on(generation.next()), Ok(Some(Event::Text { .. }))));
    let fed = {
        // While the script is held, at most the pass that waits for it has begun.
        let script = script.lock().unwrap();
        generation.cancel();
        script.fed.len()
    };
    while !matches!(block_on(generation.next()), Ok(None)) {}
    let all = script.lock().unwrap().fed.len();
    assert!(all <= fed + 1, "{all} passes after {fed}");
}

#[test]
fn sessions_take_turns_token_by_token() {
    let (model, script) = model();
    let sessions: Vec<_> = (0..3).map(|_| model.new_session(SessionOptions::default()).unwrap()).collect();
    script.lock().unwrap().slow = true;
    let generations: Vec<_> = sessions.iter().map(|session| session.generate(request("hi")).unwrap()).collect();
    for generation in &generations {
        while !matches!(block_on(generation.next()), Ok(None)) {}
    }
    let script = script.lock().unwrap();
    let decoded: Vec<usize> =
        script.caches.iter().zip(&script.fed).filter(|(_, fed)| fed.len() == 1).map(|(&c, _)| c as usize).collect();
    let unfair = decoded.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(unfair <= 6, "{unfair} of {} tokens in a row for one session", decoded.len());
}

#[test]
fn out_of_memory_is_told_with_its_bytes() {
    let error: SdkError =
        phonelm_engine::Error::Executor(phonelm_model::ExecutorError::OutOfMemory { bytes: 7 }).into();
    assert_eq!(error, SdkError::OutOfMemory { needed: 7 });
    assert!(error.is_retryable());
}

#[test]
fn a_model_that_calls_for_ever_is_stopped_after_the_rounds_that_the_session_allows() {
    let (model, script, call) = model_saying("<tool_call>\n{\"name\": \"torch\", \"arguments\": {}}\n</tool_call>");
    script.lock().unwrap().say = call.repeat(9).into();
    let session = model.new_session(SessionOptions { max_tool_rounds: Some(3), ..with_torch() }).unwrap();
    let generation = session.generate(GenerationRequest::text("light", GenerationOptions::default())).unwrap();
    let (mut ran, mut refused) = (0, Vec::new());
    let finish = loop {
        match block_on(generation.next()).unwrap().unwrap() {
            Event::ToolCall { call } => {
                ran += 1;
                generation.answer(call.call_id, ToolOutcome::Output { text: "on".into() }).unwrap();
            }
            Event::ToolRefused { reason, .. } => refused.push(reason),
            Event::Finished { response } => break response.finish,
            _ => {}
        }
    };
    assert_eq!((ran, refused, finish), (3, vec![RefusalReason::TooManyRounds], FinishReason::ToolLimit));
    let entries = session.transcript().entries;
    assert_eq!(entries.len(), 9, "a prompt, four calls with their results: {entries:?}");
}
