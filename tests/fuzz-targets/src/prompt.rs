//! Any words as prompts of a session, with any options: an error that leaves the conversation as it was, or a turn of it
//! whose text came whole. Seven bytes choose the options; each line is a turn.

use std::sync::{Arc, LazyLock};

use phonelm_sdk::{
    Event, GenerationOptions, GenerationRequest, Model, ModelOptions, OverflowPolicy, SdkError, SessionOptions,
};
use pollster::block_on;

/// Short enough for prompts to outgrow it.
static MODEL: LazyLock<Arc<Model>> =
    LazyLock::new(|| crate::model(ModelOptions { context: Some(192), ..ModelOptions::default() }));

/// Takes one input.
pub fn run(bytes: &[u8]) {
    let Some((&[kind, heat, top_k, top_p, penalty, seed, stop], words)) = bytes.split_first_chunk() else { return };
    let options = GenerationOptions {
        max_tokens: Some(u32::from(kind % 8)),
        temperature: Some(f32::from(heat) / 16.0 - 1.0),
        top_k: Some(u32::from(top_k)),
        top_p: Some(f32::from(top_p) / 200.0),
        repetition_penalty: Some(f32::from(penalty) / 25.0),
        seed: Some(seed.into()),
        stop: (stop > 0).then(|| vec![char::from(stop).to_string()]),
        ..GenerationOptions::default()
    };
    let overflow = (kind & 8 != 0).then_some(OverflowPolicy::DropOldest { keep_share: 0.5 });
    let instructions = (kind & 16 != 0).then(|| "You are Bolt.".to_owned());
    let session = MODEL.new_session(SessionOptions { overflow, instructions, ..SessionOptions::default() }).unwrap();
    for line in String::from_utf8_lossy(words).split('\n').take(4) {
        let before = session.transcript();
        match turn(&session, line, &options) {
            Ok(()) => assert_ne!(session.transcript(), before),
            Err(_) => assert_eq!(session.transcript(), before),
        }
    }
    session.end();
}

fn turn(session: &phonelm_sdk::Session, prompt: &str, options: &GenerationOptions) -> Result<(), SdkError> {
    let generation = session.generate(GenerationRequest::text(prompt, options.clone()))?;
    let mut text = String::new();
    while let Some(event) = block_on(generation.next())? {
        match event {
            Event::Text { text: more } => text += &more,
            Event::Finished { response } => assert_eq!(response.text, text),
            _ => {}
        }
    }
    Ok(())
}
