//! Any bytes as the folder of a session, with and without the frames that make records count: an error, or a session that
//! restores the same when it is opened again.

use std::fs;
use std::sync::{Arc, LazyLock};

use phonelm_sdk::{Model, ModelOptions, SessionFolder, SessionOptions};

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| crate::model(ModelOptions::default()));

/// A log whose records are the lines of a text, as docs/adr/0013-sessions-on-the-disk.md describes it.
fn framed(text: &[u8]) -> Vec<u8> {
    let name = [7; 16];
    let mut log = b"PLMSESS\x01\0\0\0\0\0\0\0\0".to_vec();
    log.extend(name);
    for (number, line) in (0u64..).zip(text.split(|&byte| byte == b'\n')) {
        let mut sum = blake3::Hasher::new();
        sum.update(&name).update(&number.to_le_bytes()).update(line);
        log.extend((line.len() as u32).to_le_bytes());
        log.extend(&sum.finalize().as_bytes()[..16]);
        log.extend(line);
    }
    log
}

/// Takes one input.
pub fn run(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let dir = tempfile::tempdir().unwrap();
    let log = if kind & 1 == 0 { framed(bytes) } else { bytes.to_vec() };
    fs::write(dir.path().join("transcript.log"), log).unwrap();
    let restore = || {
        let folder = SessionFolder { path: dir.path().to_string_lossy().into(), key: None };
        MODEL.restore_saved_session(folder, SessionOptions::default()).ok()
    };
    let Some(first) = restore() else { return };
    let said = first.session.transcript();
    first.session.end();
    let again = restore().expect("what was restored once is whole");
    assert_eq!(again.session.transcript(), said);
    again.session.end();
}
