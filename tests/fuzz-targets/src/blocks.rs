//! Any bytes as the keys and values of a saved session, under a sum that fits or without one: the session restores, and its
//! next turn is computed from them, or anew where they are no numbers.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use phonelm_sdk::{
    Generation, GenerationOptions, GenerationRequest, Model, ModelOptions, SdkError, Session, SessionFolder,
    SessionOptions,
};
use pollster::block_on;
use tempfile::TempDir;

static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| crate::model(ModelOptions::default()));

/// A session of more than a block of tokens, and the first of its blocks.
struct Place {
    folder: TempDir,
    log: Vec<u8>,
    block: PathBuf,
    bytes: usize,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("session");
    let whole = MODEL.new_session(SessionOptions::default()).unwrap();
    read(&ask(&whole, "Who are you? ".repeat(12))).unwrap();
    block_on(whole.save(folder(&path))).unwrap();
    let mut blocks: Vec<PathBuf> = fs::read_dir(path.join("kv")).unwrap().map(|entry| entry.unwrap().path()).collect();
    blocks.sort();
    let block = blocks.swap_remove(0);
    let bytes = fs::metadata(&block).unwrap().len() as usize - blake3::OUT_LEN;
    Place { log: fs::read(path.join("transcript.log")).unwrap(), folder: dir, block, bytes }
});

fn folder(path: &Path) -> SessionFolder {
    SessionFolder { path: path.to_string_lossy().into(), key: None }
}

fn ask(session: &Session, prompt: String) -> Arc<Generation> {
    let options = GenerationOptions { max_tokens: Some(2), ..GenerationOptions::default() };
    session.generate(GenerationRequest::text(prompt, options)).unwrap()
}

fn read(generation: &Generation) -> Result<(), SdkError> {
    while block_on(generation.next())?.is_some() {}
    Ok(())
}

/// Takes one input.
pub fn run(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let Place { folder: dir, log, block, bytes: length } = &*PLACE;
    let file = if kind & 1 == 0 && !bytes.is_empty() {
        let keys: Vec<u8> = bytes.iter().copied().cycle().take(*length).collect();
        [blake3::hash(&keys).as_bytes().as_slice(), &keys].concat()
    } else {
        bytes.to_vec()
    };
    let path = dir.path().join("session");
    fs::write(path.join("transcript.log"), log).unwrap();
    fs::write(block, file).unwrap();
    let restored = MODEL.restore_saved_session(folder(&path), SessionOptions::default()).expect("its log is whole");
    let said = restored.session.transcript();
    read(&ask(&restored.session, "And you?".into())).unwrap();
    assert_ne!(restored.session.transcript(), said, "a turn came of it");
    restored.session.end();
}
