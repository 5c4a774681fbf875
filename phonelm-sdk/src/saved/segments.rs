//! Keys and values of a saved session in files of 64 tokens each, so that a restored one need not read all anew.
//!
//! A file's name is the BLAKE3 of this library's version, of the model, of the caches' shape and of all tokens up to its last
//! one: what has the name of a block is that block, whoever wrote it. Files are written behind and not synced; one that is missing or torn costs
//! the computation of its tokens and no more.

use std::{
    collections::HashSet,
    fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use crossbeam_channel::{SendTimeoutError, Sender, bounded};
use phonelm_model::{ExportShape, write_whole};

use super::seal::Seal;
use crate::SdkError;

/// The folder in that of the session.
pub(super) const FOLDER: &str = "kv";
/// Blocks that wait for the disk, which bounds the memory that they take.
const WAITING: usize = 2;
/// How often whoever waits for the disk looks up.
const LOOK_UP: Duration = Duration::from_millis(5);

/// Names of the whole blocks of these tokens, for the model with this fingerprint.
pub(super) fn names(shape: &ExportShape, fingerprint: &str, tokens: &[u32]) -> Vec<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes()).update(fingerprint.as_bytes()).update(&shape.begin(0));
    let blocks = tokens.chunks_exact(shape.block.max(1));
    let name = |block: &[u32]| {
        block.iter().for_each(|token| {
            hasher.update(&token.to_le_bytes());
        });
        hasher.finalize().to_hex()[..32].to_owned()
    };
    blocks.map(name).collect()
}

/// The files of one session.
pub(super) struct Segments {
    folder: PathBuf,
    seal: Seal,
    /// Names of blocks that are there, or on their way.
    there: Mutex<HashSet<String>>,
    behind: OnceLock<Sender<(String, Vec<u8>)>>,
}

impl Segments {
    /// Those in this folder, which need not exist. What a crash left half-written goes.
    pub(super) fn open(folder: PathBuf, seal: Seal) -> Self {
        let names = fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            match path.extension()?.to_str()? {
                "kv" => return Some(name),
                "partial" => drop(fs::remove_file(&path)),
                _ => {}
            }
            None
        });
        Self { there: Mutex::new(names.collect()), folder, seal, behind: OnceLock::new() }
    }

    /// The first of these blocks that is not there, with its place.
    pub(super) fn missing<'n>(&self, names: &'n [String]) -> Option<(usize, &'n str)> {
        let there = self.there();
        let mut names = names.iter().enumerate();
        names.find(|(_, name)| !there.contains(*name)).map(|(index, name)| (index, name.as_str()))
    }

    /// Writes a block now.
    pub(super) fn write(&self, name: &str, bytes: Vec<u8>) -> Result<(), SdkError> {
        write(&self.folder, &self.seal, name, bytes)
    }

    /// Has a thread write a block; false if somebody waits before that thread has taken it.
    pub(super) fn write_behind(&self, name: &str, bytes: Vec<u8>, nobody_waits: &mut dyn FnMut() -> bool) -> bool {
        let sender = self.behind.get_or_init(|| {
            let (sender, pieces) = bounded::<(String, Vec<u8>)>(WAITING);
            let (folder, seal) = (self.folder.clone(), self.seal.clone());
            let work = move || {
                for (name, bytes) in pieces {
                    if let Err(error) = write(&folder, &seal, &name, bytes) {
                        tracing::warn!(%error, "keys and values were not saved");
                    }
                }
            };
            // Without a thread nobody takes what is sent.
            if let Err(error) = thread::Builder::new().name("phonelm-save".into()).spawn(work) {
                tracing::warn!(%error, "keys and values are not saved: the system starts no further thread");
            }
            sender
        });
        let mut piece = (name.to_owned(), bytes);
        while nobody_waits() {
            piece = match sender.send_timeout(piece, LOOK_UP) {
                Err(SendTimeoutError::Timeout(piece)) => piece,
                // A thread that is gone takes nothing more; the block counts as there, so that nobody tries again.
                Ok(()) | Err(SendTimeoutError::Disconnected(_)) => {
                    self.there().insert(name.to_owned());
                    return true;
                }
            };
        }
        false
    }

    /// Keys and values of as many of these blocks as are there and whole, from the first one on, and how many those are.
    pub(super) fn read(&self, names: &[String], block_bytes: usize) -> (usize, Vec<u8>) {
        let mut out = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match self.read_block(name) {
                Some(block) if block.len() == block_bytes => out.extend(block),
                found => {
                    if found.is_some() || self.there().remove(name) {
                        tracing::warn!(name, "keys and values are missing or torn; they are computed anew");
                    }
                    return (index, out);
                }
            }
        }
        (names.len(), out)
    }

    fn read_block(&self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.folder.join(format!("{name}.kv"))).ok()?;
        let (sum, block) = bytes.split_at_checked(blake3::OUT_LEN)?;
        if blake3::hash(block).as_bytes() != sum {
            return None;
        }
        bytes.drain(..blake3::OUT_LEN);
        self.seal.open(name.as_bytes(), bytes)
    }

    /// Deletes all blocks but these.
    pub(super) fn keep_only(&self, names: &[String]) {
        let mut there = self.there();
        let kept: HashSet<&String> = names.iter().collect();
        there.retain(|name| {
            let keep = kept.contains(name);
            if !keep && let Err(error) = fs::remove_file(self.folder.join(format!("{name}.kv"))) {
                tracing::debug!(%error, name, "keys and values that nobody needs stay");
            }
            keep
        });
    }

    fn there(&self) -> MutexGuard<'_, HashSet<String>> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is whole or not there, unless the system dies: its sum tells.
fn write(folder: &std::path::Path, seal: &Seal, name: &str, bytes: Vec<u8>) -> Result<(), SdkError> {
    let sealed = seal.close(name.as_bytes(), bytes)?;
    let mut file = blake3::hash(&sealed).as_bytes().to_vec();
    file.extend(sealed);
    let path = folder.join(format!("{name}.kv"));
    fs::create_dir_all(folder)
        .and_then(|()| write_whole(&path, &file))
        .map_err(|error| super::failed(&path, &error, file.len()))
}
