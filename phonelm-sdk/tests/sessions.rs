//! Sessions on a real engine with a small random model: streaming, turns, cancel, several at once, unload.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use phonelm_convert::{Options, convert};
use phonelm_gguf::TensorType;
use phonelm_sdk::{
    Event, FinishReason, Generation, GenerationOptions, Model, ModelOptions, Response, SdkError, SessionOptions,
};

fn open(options: ModelOptions) -> Arc<Model> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/models/qwen2-gqa");
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("model.gguf");
    convert(folder.as_ref(), &path, &Options { ty: TensorType::Q8_0 }, &mut |_| {}).unwrap();
    Model::open(path.to_string_lossy().into_owned(), options).unwrap()
}

fn options(max_tokens: u32) -> GenerationOptions {
    GenerationOptions { max_tokens: Some(max_tokens), temperature: Some(0.0), ..GenerationOptions::default() }
}

/// All text of a generation, and its outcome.
fn drain(generation: &Generation) -> (String, Response) {
    let mut all = String::new();
    loop {
        match generation.next().unwrap().unwrap() {
            Event::Text { text } => all.push_str(&text),
            Event::Finished { response } => return (all, response),
        }
    }
}

#[test]
fn text_streams_and_adds_up() {
    let model = open(ModelOptions::default());
    let session = model.session(SessionOptions::default()).unwrap();
    let generation = session.generate("Hello".into(), options(12)).unwrap();
    let (text, response) = drain(&generation);
    assert_eq!(text, response.text);
    assert!(response.generated_tokens <= 12 && response.prompt_tokens > 0);
    assert_eq!(generation.next().unwrap(), None);
    assert_eq!(model.info().family, "qwen2");
}

#[test]
fn a_second_turn_reuses_the_cache() {
    let model = open(ModelOptions::default());
    let session = model.session(SessionOptions::default()).unwrap();
    let (_, first) = drain(&session.generate("Hello".into(), options(8)).unwrap());
    let (_, second) = drain(&session.generate("And then?".into(), options(8)).unwrap());
    assert!(second.cached_tokens >= first.prompt_tokens, "{first:?} {second:?}");
}

#[test]
fn a_cancelled_turn_leaves_no_trace() {
    let model = open(ModelOptions::default());
    let (disturbed, plain) =
        (model.session(SessionOptions::default()).unwrap(), model.session(SessionOptions::default()).unwrap());
    let generation = disturbed.generate("Tell me everything".into(), options(400)).unwrap();
    generation.next().unwrap();
    generation.cancel();
    generation.cancel();
    assert_eq!(drain(&generation).1.finish, FinishReason::Cancelled);
    drop(disturbed.generate("And this is dropped".into(), options(400)).unwrap());
    let ask = |session: &phonelm_sdk::Session| loop {
        let generation = session.generate("Hello".into(), options(10)).unwrap();
        match generation.next() {
            Err(SdkError::SessionBusy) => std::thread::yield_now(),
            first => {
                let Some(Event::Text { text }) = first.unwrap() else { break String::new() };
                break text + &drain(&generation).0;
            }
        }
    };
    assert_eq!(ask(&disturbed), ask(&plain));
}

#[test]
fn sessions_at_once_answer_as_they_do_alone() {
    let model = open(ModelOptions { threads: Some(2), ..ModelOptions::default() });
    let prompts = ["One", "Two and more words", "Three"];
    let alone: Vec<String> = prompts
        .iter()
        .map(|p| {
            drain(&model.session(SessionOptions::default()).unwrap().generate((*p).into(), options(20)).unwrap()).0
        })
        .collect();
    let sessions: Vec<_> = prompts.iter().map(|_| model.session(SessionOptions::default()).unwrap()).collect();
    let generations: Vec<_> =
        sessions.iter().zip(prompts).map(|(s, p)| s.generate(p.into(), options(20)).unwrap()).collect();
    let together: Vec<String> = generations.iter().map(|g| drain(g).0).collect();
    assert_eq!(alone, together);
}

#[test]
fn a_second_generation_is_refused_while_one_runs() {
    let model = open(ModelOptions::default());
    let session = model.session(SessionOptions::default()).unwrap();
    let first = session.generate("Hello".into(), options(300)).unwrap();
    let second = session.generate("Me too".into(), options(3)).unwrap();
    assert_eq!(second.next(), Err(SdkError::SessionBusy));
    assert!(SdkError::SessionBusy.is_retryable());
    drain(&first);
}

#[test]
fn unloading_ends_what_runs() {
    let model = open(ModelOptions::default());
    let session = model.session(SessionOptions::default()).unwrap();
    let generation = session.generate("Hello".into(), options(5_000)).unwrap();
    model.unload();
    model.unload();
    let outcome = loop {
        match generation.next() {
            Ok(Some(Event::Text { .. })) => {}
            other => break other,
        }
    };
    assert_eq!(outcome, Err(SdkError::ModelUnloaded));
    assert_eq!(session.generate("Again".into(), options(3)).and_then(|g| g.next()), Err(SdkError::ModelUnloaded));
}

#[test]
fn errors_carry_numbers() {
    let model = open(ModelOptions { context: Some(32), ..ModelOptions::default() });
    let session = model.session(SessionOptions::default()).unwrap();
    let error = session.generate("word ".repeat(200), options(3)).unwrap().next().unwrap_err();
    assert!(matches!(error, SdkError::ContextFull { needed, limit: 32 } if needed > 32), "{error}");
    let hot = GenerationOptions { temperature: Some(-1.0), ..options(3) };
    let error = session.generate("Hello".into(), hot).unwrap().next().unwrap_err();
    assert!(matches!(error, SdkError::RequestInvalid { .. }), "{error}");
    let Err(error) = Model::open("no/such/file.gguf".into(), ModelOptions::default()) else { unreachable!() };
    assert!(matches!(error, SdkError::ModelInvalid { .. }), "{error}");
}
