//! The measurements in a file, one a line, appended as they come: what an interrupted search goes on from.
//!
//! The first line says which search it is. A last line without its end was cut off by an interruption and is dropped;
//! anything else that cannot be read is an error, and the file stays as it is.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::measure::Round;
use crate::{Error, Shape, Stage};

/// The file's name in the folder of the results.
const FILE: &str = "measurements.jsonl";
/// More than any search writes.
const MAX_BYTES: u64 = 64 << 20;
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    phonelm_search: u32,
    settings: BTreeMap<String, String>,
}

/// One measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) stage: Stage,
    pub(crate) shape: Shape,
    pub(crate) rounds: Vec<Round>,
    /// Bytes that a token reads.
    pub(crate) bytes: u64,
    /// The reference, before and after.
    pub(crate) reference: [Round; 2],
    /// Seconds that all of it took.
    pub(crate) seconds: f64,
}

impl Record {
    fn is_sound(&self) -> bool {
        let times = self.rounds.iter().chain(&self.reference).flatten().chain([&self.seconds]);
        !self.rounds.is_empty() && self.bytes > 0 && times.into_iter().all(|&t| t > 0.0)
    }
}

/// The file, open and locked.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    pub(crate) records: Vec<Record>,
}

impl Journal {
    /// Opens the search in `dir`, or begins one there.
    pub(crate) fn open(dir: &Path, settings: Vec<(String, String)>) -> Result<Self, Error> {
        let path = dir.join(FILE);
        check_folder(dir, &path)?;
        let write = |cause| Error::Write { path: path.clone(), cause };
        fs::create_dir_all(dir).map_err(write)?;
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(write)?;
        // Some file systems of phones know no locks.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(Error::Busy { path });
        }
        let settings: BTreeMap<String, String> = settings.into_iter().collect();
        let text = read(&mut file, &path)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut journal = Self { path: path.clone(), file, records: Vec::new() };
        if text.is_empty() {
            journal.append(&Header { phonelm_search: VERSION, settings })?;
        } else {
            journal.take(&text, whole, settings)?;
            journal.file.set_len(whole as u64).map_err(write)?;
            journal.file.seek(SeekFrom::End(0)).map_err(write)?;
        }
        Ok(journal)
    }

    /// Reads the lines up to `whole`.
    fn take(&mut self, text: &str, whole: usize, settings: BTreeMap<String, String>) -> Result<(), Error> {
        let broken = |line: usize, why: String| Error::BrokenLine { path: self.path.clone(), line, why };
        let mut lines = text[..whole].lines();
        let Some(first) = lines.next() else {
            return Err(broken(1, "it is no line of a search".to_owned()));
        };
        let header: Header = serde_json::from_str(first).map_err(|error| broken(1, error.to_string()))?;
        let version = ("format".to_owned(), header.phonelm_search.to_string(), VERSION.to_string());
        let fields = settings.into_iter().map(|(field, wanted)| {
            let found = header.settings.get(&field).cloned().unwrap_or_else(|| "missing".to_owned());
            (field, found, wanted)
        });
        for (field, found, wanted) in [version].into_iter().chain(fields) {
            if found != wanted {
                return Err(Error::OtherSearch { path: self.path.clone(), field, found, wanted });
            }
        }
        for (number, line) in (2..).zip(lines) {
            let record: Record = serde_json::from_str(line).map_err(|error| broken(number, error.to_string()))?;
            if !record.is_sound() {
                return Err(broken(number, "times and bytes must be above zero".to_owned()));
            }
            self.records.push(record);
        }
        Ok(())
    }

    /// Appends a measurement; it is on the disk when this returns.
    pub(crate) fn push(&mut self, record: Record) -> Result<(), Error> {
        self.append(&record)?;
        self.records.push(record);
        Ok(())
    }

    fn append(&mut self, line: &impl Serialize) -> Result<(), Error> {
        let write = |cause| Error::Write { path: self.path.clone(), cause };
        let mut text = serde_json::to_string(line).map_err(|error| write(error.into()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data()).map_err(write)
    }

    /// Seconds spent so far.
    pub(crate) fn seconds(&self) -> f64 {
        self.records.iter().map(|record| record.seconds).sum()
    }
}

/// Refuses a folder with other things in it, which results would mix with or replace.
fn check_folder(dir: &Path, path: &Path) -> Result<(), Error> {
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            Some(_) if !path.exists() => Err(Error::NotEmpty { dir: dir.to_path_buf() }),
            _ => Ok(()),
        },
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(Error::Read { path: dir.to_path_buf(), cause }),
    }
}

fn read(file: &mut File, path: &Path) -> Result<String, Error> {
    let broken = |why: String| Error::BrokenLine { path: path.to_path_buf(), line: 1, why };
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|cause| Error::Read { path: path.to_path_buf(), cause })?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(broken(format!("the file has more than the {MAX_BYTES} bytes of any search")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Error::BrokenLine { path: path.to_path_buf(), line, why: "it is no UTF-8 text".to_owned() }
    })
}
