//! A session that is kept in a folder: `transcript.log`, which holds all that was said and done, and blocks of keys and
//! values in `kv`.
//!
//! A turn is told as ended once its record lies on the disk, and a call runs once the disk says that it was started. After
//! a crash the session stands at the last of these; what was written behind and is lost costs time and no word.

mod copy;
mod log;
mod record;
mod seal;
mod segments;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests;

use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use phonelm_engine::{Conversation, Engine, Message};
use phonelm_model::ExportShape;

pub(crate) use self::copy::{Answer, Copy};
use self::segments::{Segments, names};
use self::{
    log::{Head, Log},
    record::{Record, Replay, Writer},
    seal::Seal,
};
use crate::{SdkError, entry::Entry, store};

/// Bytes of records that say nothing any more which a log may hold beside twice those that do.
const SPENT: u64 = 1 << 20;
/// The log in the folder.
const LOG: &str = "transcript.log";
/// The log before it is whole.
const NEW_LOG: &str = "transcript.log.new";

/// A folder that a session is kept in.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct SessionFolder {
    /// Its path. Nothing else may lie in it.
    pub path: String,
    /// 32 bytes with which all that is written is sealed; readable by everybody if absent.
    #[uniffi(default = None)]
    pub key: Option<Vec<u8>>,
}

impl fmt::Debug for SessionFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFolder").field("path", &self.path).field("sealed", &self.key.is_some()).finish()
    }
}

/// What a session's model tells of itself in the log.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) fingerprint: String,
    pub(crate) vocab: u64,
    pub(crate) backend: String,
    pub(crate) shape: Option<ExportShape>,
}

impl Origin {
    fn writer(&self, instructions: Option<&str>) -> Writer {
        Writer {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.fingerprint.clone(),
            instructions: instructions.map(str::to_owned),
            backend: self.backend.clone(),
            kv_element_bytes: self.shape.map_or(0, |shape| shape.element_bytes),
            block: self.shape.map_or(0, |shape| shape.block),
        }
    }
}

/// What a folder held.
pub(crate) struct Restored {
    saved: Saved,
    pub(crate) messages: Vec<Message>,
    /// Bytes at the end of the log that no record holds.
    pub(crate) lost_bytes: u64,
    /// Why nothing of the keys and values can be taken over, if so.
    pub(crate) reads_anew: Option<String>,
    /// Who wrote it last.
    writer: Writer,
    /// Messages that the log holds; behind them are outputs of calls that did not end.
    logged: usize,
}

/// A session's folder, open and locked.
pub(crate) struct Saved {
    path: PathBuf,
    fingerprint: String,
    seal: Seal,
    /// Nothing once the session has ended.
    log: Mutex<Option<Written>>,
    segments: Segments,
}

/// The log, and what it says of the conversation.
struct Written {
    log: Log,
    writer: Writer,
    /// BLAKE3 of each message as it is written down.
    messages: Vec<blake3::Hash>,
}

impl Saved {
    /// Begins a session in a folder, which is made if it is missing.
    ///
    /// Errors: [`SdkError::SessionInvalid`] if there is a session in it, [`SdkError::OptionInvalid`] for a key of another
    /// length, [`SdkError::StorageFailed`], [`SdkError::StorageFull`].
    pub(crate) fn create(
        folder: &SessionFolder,
        origin: &Origin,
        instructions: Option<&str>,
    ) -> Result<Self, SdkError> {
        let path = PathBuf::from(&folder.path);
        let seal = Seal::new(folder.key.as_deref())?;
        fs::create_dir_all(&path).map_err(|error| failed(&path, &error, 0))?;
        if path.join(LOG).exists() {
            return Err(invalid(&path, "a session is kept there already; restore it, or choose another folder"));
        }
        let writer = origin.writer(instructions);
        let log = whole_log(&path, &seal, &writer, &[])?;
        sync_folder(parent_of(&path)).map_err(|error| failed(&path, &error, 0))?;
        Ok(Self::of(path, seal, log, writer))
    }

    fn of(path: PathBuf, seal: Seal, log: Log, writer: Writer) -> Self {
        let segments = Segments::open(path.join(segments::FOLDER), seal.clone());
        let fingerprint = writer.model.clone();
        let log = Mutex::new(Some(Written { log, writer, messages: Vec::new() }));
        Self { path, fingerprint, seal, log, segments }
    }

    /// Reads the session in a folder for a model. Nothing is written before [`Restored::go_on`].
    ///
    /// Errors: [`SdkError::SessionInvalid`] where there is none, where it cannot be read with this key, or where it is open
    /// already; [`SdkError::OptionInvalid`], [`SdkError::StorageFailed`].
    pub(crate) fn restore(folder: &SessionFolder, origin: &Origin) -> Result<Restored, SdkError> {
        let path = PathBuf::from(&folder.path);
        let seal = Seal::new(folder.key.as_deref())?;
        let log = path.join(LOG);
        let file = open_locked(&log, &path)?;
        let len = file.metadata().map_err(|error| failed(&log, &error, 0))?.len();
        let found = log::read(io::BufReader::new(&file), len).map_err(|error| failed(&log, &error, 0))?;
        let mut found = found.map_err(|reason| invalid(&path, &reason))?;
        match (found.head.sealed, seal.is_sealed()) {
            (true, false) => return Err(invalid(&path, "it is sealed; give the key that it was made with")),
            (false, true) => return Err(invalid(&path, "it is not sealed; restore it without a key")),
            _ => {}
        }
        let mut replay = Replay::new(&origin.fingerprint, origin.vocab);
        for (number, payload) in (0..).zip(std::mem::take(&mut found.payloads)) {
            let json = seal.open(&place(found.head, number), payload.clone());
            let json = json.ok_or_else(|| invalid(&path, "it was sealed with another key"))?;
            replay.push(&json).map_err(|reason| invalid(&path, &format!("record {number}: {reason}")))?;
            found.payloads.push(payload);
        }
        if found.payloads.is_empty() {
            return Err(invalid(&path, "its first record is damaged"));
        }
        let writer = replay.writer.clone();
        let now = origin.writer(writer.instructions.as_deref());
        let reads_anew = reads_anew(&writer, &now);
        let saved = Self::of(path, seal, Log::go_on(Box::new(file), &found), now);
        let logged = replay.messages();
        let messages = replay.finish();
        Ok(Restored { saved, messages, lost_bytes: found.rest, reads_anew, writer, logged })
    }

    /// Writes down what was said, and returns once it lies on the disk. Only what is new is written.
    pub(crate) fn commit(&self, messages: &[Message]) -> Result<(), SdkError> {
        let (sums, bytes) = sums(messages)?;
        self.with_log(|written| {
            // What was forgotten is the shortest beginning without which the log says what is said now.
            let kept = |&forgotten: &usize| sums.starts_with(written.messages.get(forgotten..).unwrap_or_default());
            let forgotten = (0..=written.messages.len()).find(kept).unwrap_or(written.messages.len());
            let new = messages.get(written.messages.len() - forgotten..).unwrap_or_default();
            if forgotten == 0 && new.is_empty() {
                return Ok(());
            }
            // What the user has forgotten is not to stay on the disk, and what is spent is not to pile up.
            if messages.is_empty() || written.log.len() > 2 * bytes + SPENT {
                written.log = whole_log(&self.path, &self.seal, &written.writer, messages)?;
            } else {
                let entries = new.iter().map(Entry::of).collect();
                self.append(written, &[Record::Messages { forgotten, entries }])?;
            }
            written.messages = sums;
            Ok(())
        })
    }

    /// Writes down what becomes of calls of the last answer: that they are started, or, with a text, what the model reads
    /// of them.
    pub(crate) fn note_calls(&self, calls: impl IntoIterator<Item = (usize, Option<String>)>) -> Result<(), SdkError> {
        let record = |(call, content)| match content {
            None => Record::CallStarted { call },
            Some(content) => Record::CallEnded { call, content },
        };
        let records: Vec<Record> = calls.into_iter().map(record).collect();
        if records.is_empty() { Ok(()) } else { self.with_log(|written| self.append(written, &records)) }
    }

    /// Has the disk take those blocks of a conversation's cache that it does not hold, as long as nobody waits; whether it
    /// has all of them.
    pub(crate) fn save_blocks(
        &self,
        engine: &Engine,
        conversation: &Conversation,
        nobody_waits: &mut dyn FnMut() -> bool,
    ) -> bool {
        let Ok(shape) = engine.export_shape() else { return true };
        let names = names(&shape, &self.fingerprint, conversation.cached());
        while let Some((index, name)) = self.segments.missing(&names) {
            let block = match engine.export_blocks(conversation, index..index + 1) {
                Ok(block) => block,
                Err(error) => {
                    tracing::warn!(%error, "keys and values were not saved");
                    return true;
                }
            };
            if !self.segments.write_behind(name, block, nobody_waits) {
                return false;
            }
        }
        self.segments.keep_only(&names);
        true
    }

    /// Fills the cache of a conversation with what the disk holds of it.
    pub(crate) fn load_blocks(&self, engine: &mut Engine, conversation: &mut Conversation) -> Result<(), SdkError> {
        let (shape, said) = (engine.export_shape()?, engine.said(conversation)?);
        let names = names(&shape, &self.fingerprint, &said);
        let (count, blocks) = self.segments.read(&names, shape.block_bytes);
        let tokens = said.get(..count * shape.block).filter(|tokens| !tokens.is_empty());
        tokens.map_or(Ok(()), |tokens| Ok(engine.import_blocks(conversation, tokens, &blocks)?))
    }

    /// Gives the folder free. Nothing more is written.
    pub(crate) fn close(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn append(&self, written: &mut Written, records: &[Record]) -> Result<(), SdkError> {
        append(&mut written.log, &self.seal, &self.path, records)
    }

    fn with_log<T>(&self, work: impl FnOnce(&mut Written) -> Result<T, SdkError>) -> Result<T, SdkError> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        work(log.as_mut().ok_or(SdkError::SessionClosed)?)
    }
}

impl Restored {
    /// What its model was told before anything else.
    pub(crate) fn instructions(&self) -> Option<String> {
        self.writer.instructions.clone()
    }

    /// Goes on with the session in its folder, from these instructions on.
    pub(crate) fn go_on(self, origin: &Origin, instructions: Option<&str>) -> Result<Saved, SdkError> {
        let Self { saved, messages, writer, logged, .. } = self;
        let now = origin.writer(instructions);
        saved.with_log(|written| {
            (written.messages, _) = sums(messages.get(..logged).unwrap_or_default())?;
            written.writer = now.clone();
            if now == writer { Ok(()) } else { saved.append(written, &[Record::Opened(now)]) }
        })?;
        saved.commit(&messages)?;
        Ok(saved)
    }
}

/// Why keys and values of one writer are of no use to another.
fn reads_anew(then: &Writer, now: &Writer) -> Option<String> {
    let differs = |what: &str, then: &dyn fmt::Display, now: &dyn fmt::Display| {
        Some(format!("it was saved with another {what} ({then}, now {now})"))
    };
    if then.model != now.model {
        return Some("it was saved with another model".to_owned());
    }
    if then.version != now.version {
        return differs("version of this library", &then.version, &now.version);
    }
    if then.kv_element_bytes != now.kv_element_bytes {
        return differs("type of keys and values", &then.kv_element_bytes, &now.kv_element_bytes);
    }
    if then.block != now.block {
        return differs("size of blocks", &then.block, &now.block);
    }
    None
}

/// A new log that says a whole conversation, put in the place of the one that is there, if any.
fn whole_log(path: &Path, seal: &Seal, writer: &Writer, messages: &[Message]) -> Result<Log, SdkError> {
    let (place, new) = (path.join(LOG), path.join(NEW_LOG));
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&new);
    let file = file.map_err(|error| failed(&new, &error, 0))?;
    lock(&file, path)?;
    let head = Head { sealed: seal.is_sealed(), name: seal::random()? };
    let mut log = Log::create(Box::new(file), head).map_err(|error| failed(&new, &error, log::HEAD))?;
    let mut records = vec![Record::Opened(writer.clone())];
    if !messages.is_empty() {
        records.push(Record::Messages { forgotten: 0, entries: messages.iter().map(Entry::of).collect() });
    }
    append(&mut log, seal, path, &records)?;
    fs::rename(&new, &place).and_then(|()| sync_folder(path)).map_err(|error| failed(&place, &error, 0))?;
    Ok(log)
}

fn append(log: &mut Log, seal: &Seal, path: &Path, records: &[Record]) -> Result<(), SdkError> {
    let (head, next) = (log.head(), log.next());
    let close = |(record, number)| seal.close(&place(head, number), to_json(record)?);
    let payloads = records.iter().zip(next..).map(close).collect::<Result<Vec<_>, _>>()?;
    let bytes = payloads.iter().map(Vec::len).sum();
    log.append(&payloads).map_err(|error| failed(&path.join(LOG), &error, bytes))
}

/// BLAKE3 of each message as it is written down, and the bytes of all of them.
fn sums(messages: &[Message]) -> Result<(Vec<blake3::Hash>, u64), SdkError> {
    let mut bytes = 0;
    let sum = |message: &Message| {
        let json = to_json(&Entry::of(message))?;
        bytes += json.len() as u64;
        Ok(blake3::hash(&json))
    };
    let sums = messages.iter().map(sum).collect::<Result<Vec<_>, SdkError>>()?;
    Ok((sums, bytes))
}

/// Where a record stands, for its seal.
fn place(head: Head, number: u64) -> Vec<u8> {
    [&head.name[..], &number.to_le_bytes()].concat()
}

fn to_json(value: &impl serde::Serialize) -> Result<Vec<u8>, SdkError> {
    serde_json::to_vec(value).map_err(|error| SdkError::Internal { reason: error.to_string() })
}

/// How long a session that is being ended may take to give its folder free.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens the log that is there and locks it. Whoever held it may have put a new one in its place meanwhile, and what was
/// written to the old one would be lost.
fn open_locked(log: &Path, path: &Path) -> Result<File, SdkError> {
    loop {
        let file = match OpenOptions::new().read(true).write(true).open(log) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(invalid(path, "no session is kept there"));
            }
            file => file.map_err(|error| failed(log, &error, 0))?,
        };
        lock(&file, path)?;
        let opened = file.metadata().map_err(|error| failed(log, &error, 0))?;
        if fs::metadata(log).is_ok_and(|there| (there.dev(), there.ino()) == (opened.dev(), opened.ino())) {
            return Ok(file);
        }
    }
}

fn lock(file: &File, path: &Path) -> Result<(), SdkError> {
    let start = Instant::now();
    // Some file systems of phones know no locks.
    while let Err(TryLockError::WouldBlock) = file.try_lock() {
        if start.elapsed() > PATIENCE {
            return Err(invalid(path, "it is open already; end that session first"));
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Has the disk know what a folder holds, where the system can.
fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(folder) => folder.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

fn invalid(path: &Path, reason: &str) -> SdkError {
    SdkError::SessionInvalid { path: path.to_string_lossy().into_owned(), reason: reason.to_owned() }
}

fn failed(path: &Path, error: &io::Error, needed: usize) -> SdkError {
    if error.kind() == io::ErrorKind::StorageFull {
        let free = rustix::fs::statvfs(parent_of(path)).map_or(0, |fs| fs.f_bavail * fs.f_frsize);
        return SdkError::StorageFull { needed: needed as u64, available: free };
    }
    store::failed(path, error)
}
