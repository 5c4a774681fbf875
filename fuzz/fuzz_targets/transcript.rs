//! Any text as a saved transcript: an error, or a session whose own transcript restores the same.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use phonelm_sdk::{LoadEvent, Model, ModelOptions, ModelSource, SessionOptions, load_model};
use pollster::block_on;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/phonelm-tiny/phonelm-tiny.gguf");

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| {
    let loading = load_model(ModelSource::Path { path: TINY.into() }, ModelOptions::default());
    loop {
        if let Some(LoadEvent::Ready { model }) = block_on(loading.next()).unwrap() {
            return model;
        }
    }
});

fuzz_target!(|bytes: &[u8]| {
    let json = String::from_utf8_lossy(bytes).into_owned();
    let Ok(session) = MODEL.restore_session(json, SessionOptions::default()) else { return };
    let again = MODEL.restore_session(session.transcript_json().unwrap(), SessionOptions::default()).unwrap();
    assert_eq!(session.transcript(), again.transcript());
});
