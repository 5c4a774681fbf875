//! Any text as a saved transcript: an error, or a session whose own transcript restores the same.

use std::sync::{Arc, LazyLock};

use phonelm_sdk::{Model, ModelOptions, SessionOptions};

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| crate::model(ModelOptions::default()));

/// Takes one input.
pub fn run(bytes: &[u8]) {
    let json = String::from_utf8_lossy(bytes).into_owned();
    let Ok(session) = MODEL.restore_session(json, SessionOptions::default()) else { return };
    let again = MODEL.restore_session(session.transcript_json().unwrap(), SessionOptions::default()).unwrap();
    assert_eq!(session.transcript(), again.transcript());
}
