//! What a folder costs a session: a turn with and without one, in turns, and a thousand tokens restored against reading
//! them anew.
//!
//! `cargo bench --package phonelm-sdk --bench saved -- [MODEL.gguf]`; phonelm-tiny if no model is given.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark for the command line")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use phonelm_model::median;
use phonelm_sdk::*;
use pollster::block_on;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/phonelm-tiny.gguf");
/// Pairs of turns, one of each kind.
const PAIRS: usize = 15;
/// Measurements of restoring and of reading.
const ROUNDS: usize = 5;

fn main() {
    // cargo's own flags begin with a dash.
    let path = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_else(|| TINY.to_owned());
    let loading = load_model(ModelSource::Path { path }, ModelOptions::default());
    let model = loop {
        if let Some(LoadEvent::Ready { model }) = block_on(loading.next()).unwrap() {
            break model;
        }
    };
    println!("{}, {}", model.info().name.unwrap_or_default(), model.info().executor);
    let dir = tempfile::tempdir().unwrap();
    turns(&model, dir.path());
    restoring(&model, dir.path());
}

/// Seconds of a turn of `tokens` tokens, and what it cost.
fn turn(session: &Session, prompt: &str, tokens: u32) -> (f64, Statistics) {
    let options = GenerationOptions { max_tokens: Some(tokens), ..GenerationOptions::default() };
    let start = Instant::now();
    let generation = session.generate(GenerationRequest::text(prompt, options)).unwrap();
    loop {
        if let Some(Event::Finished { response }) = block_on(generation.next()).unwrap() {
            return (start.elapsed().as_secs_f64(), response.statistics);
        }
    }
}

fn turns(model: &Model, dir: &Path) {
    let options = || SessionOptions {
        overflow: Some(OverflowPolicy::DropOldest { keep_share: 0.5 }),
        ..SessionOptions::default()
    };
    let folder = SessionFolder { path: dir.join("turns").to_string_lossy().into(), key: None };
    let kept = model.new_session(SessionOptions { folder: Some(folder), ..options() }).unwrap();
    let free = model.new_session(options()).unwrap();
    let (mut with, mut without, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..PAIRS {
        let prompt = format!("Tell me something about the number {number}");
        let (free, _) = turn(&free, &prompt, 48);
        let (kept, _) = turn(&kept, &prompt, 48);
        with.push(kept);
        without.push(free);
        more.push(kept - free);
    }
    let [with, without, more] = [with, without, more].map(|times| median(times).unwrap());
    println!(
        "a turn: {:.1} ms, in a folder {:.1} ms: {:+.1} ms ({:+.1} %)",
        1e3 * without,
        1e3 * with,
        1e3 * more,
        1e2 * more / without
    );
}

fn restoring(model: &Arc<Model>, dir: &Path) {
    let folder = SessionFolder { path: dir.join("long").to_string_lossy().into(), key: None };
    let prompt = "One and two and three and four and five and six and seven. ".repeat(75);
    let session =
        model.new_session(SessionOptions { folder: Some(folder.clone()), ..SessionOptions::default() }).unwrap();
    let (_, statistics) = turn(&session, &prompt, 1);
    let blocks = usize::try_from(session.usage().tokens / 64).unwrap();
    let kv = dir.join("long/kv");
    let written = || {
        let files = fs::read_dir(&kv).into_iter().flatten().flatten();
        files.filter(|file| file.path().extension().is_some_and(|end| end == "kv")).count()
    };
    while written() < blocks {
        std::thread::sleep(Duration::from_millis(5));
    }
    session.end();
    let (mut restored, mut read, mut cached) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let session = model.restore_saved_session(folder.clone(), SessionOptions::default()).unwrap().session;
        // The inference thread answers once it has the blocks.
        block_on(session.save(SessionFolder { path: dir.to_string_lossy().into(), key: None })).unwrap_err();
        restored.push(start.elapsed().as_secs_f64());
        cached = turn(&session.fork().unwrap(), "And?", 1).1.cached_tokens;
        session.end();
        let fresh = model.new_session(SessionOptions::default()).unwrap();
        read.push(turn(&fresh, &prompt, 1).0);
    }
    let (restored, read) = (median(restored).unwrap(), median(read).unwrap());
    println!(
        "{cached} of {} tokens: restored in {:.1} ms, read anew in {:.1} ms: {:.1} %",
        statistics.prompt_tokens,
        1e3 * restored,
        1e3 * read,
        1e2 * restored / read
    );
}
