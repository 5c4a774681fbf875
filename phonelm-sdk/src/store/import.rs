//! One model on its way into a store.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use phonelm_model::ModelFile;
use rustix::fs::{FlockOperation, flock, statvfs};
use sha2::{Digest, Sha256};

use super::{StoredModel, failed, is_sha256, parse};
use crate::{SdkError, verification::hex};

/// What is known of a model before its bytes come.
#[derive(Clone, Debug, Default, PartialEq, Eq, uniffi::Record)]
pub struct ImportOptions {
    /// Its bytes, so that room on disk can be checked first and a cut-off end is noticed.
    #[uniffi(default = None)]
    pub size: Option<u64>,
    /// Its SHA-256 in hex, so that wrong bytes are noticed and an interrupted import can go on.
    #[uniffi(default = None)]
    pub sha256: Option<String>,
}

/// A model on its way into a store. Dropping it keeps what was written, for a later attempt.
///
/// ```no_run
/// # fn read_from(offset: u64) -> Vec<u8> { Vec::new() }
/// use phonelm_sdk::{ImportOptions, ModelStore};
///
/// let store = ModelStore::open("models".into())?;
/// let import = store.begin_import("assistant".into(), ImportOptions::default())?;
/// import.write(read_from(import.offset()))?;
/// let model = import.finish()?;
/// println!("{}: {} bytes", model.path, model.bytes);
/// # Ok::<(), phonelm_sdk::SdkError>(())
/// ```
#[derive(uniffi::Object)]
pub struct Import {
    directory: PathBuf,
    name: String,
    options: ImportOptions,
    path: PathBuf,
    part: Mutex<Option<Part>>,
}

/// The file that grows. Its lock keeps other imports away.
struct Part {
    file: File,
    written: u64,
    hash: Sha256,
}

impl Import {
    pub(super) fn begin(directory: &Path, name: String, mut options: ImportOptions) -> Result<Self, SdkError> {
        options.sha256 = options.sha256.map(|sha256| sha256.to_ascii_lowercase());
        if let Some(sha256) = options.sha256.as_ref().filter(|sha256| !is_sha256(sha256)) {
            return Err(SdkError::OptionInvalid {
                option: "sha256".into(),
                value: format!("{sha256:?}"),
                allowed: "64 hexadecimal digits".into(),
            });
        }
        let checksum = options.sha256.as_ref().map(|sha256| format!(".{sha256}")).unwrap_or_default();
        let path = directory.join(format!("{name}{checksum}.part"));
        let part = Part::open(&path).map_err(|error| failed(&path, &error))?;
        let import = Self { directory: directory.to_owned(), name, options, path, part: Mutex::new(Some(part)) };
        if let Some(size) = import.options.size {
            let written = import.offset();
            if written > size {
                import.discard()?;
                return Self::begin(directory, import.name.clone(), import.options.clone());
            }
            import.check_room(size - written)?;
        }
        Ok(import)
    }

    fn check_room(&self, needed: u64) -> Result<(), SdkError> {
        let system = statvfs(&self.directory).map_err(|error| failed(&self.directory, &error.into()))?;
        let available = system.f_bavail.saturating_mul(system.f_frsize);
        if needed > available { Err(SdkError::StorageFull { needed, available }) } else { Ok(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Part>> {
        self.part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self) -> SdkError {
        SdkError::StorageFailed { path: self.path(), reason: "this import has ended; begin another one".into() }
    }

    fn path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }
}

impl Part {
    /// Opens the file, waits for nobody, and reads what an earlier attempt left.
    fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|error| match io::Error::from(error) {
            error if error.kind() == io::ErrorKind::WouldBlock => {
                io::Error::new(error.kind(), "another import of this model is running")
            }
            error => error,
        })?;
        let mut hash = Sha256::new();
        let mut written = 0;
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Self { file, written, hash }),
                Ok(count) => {
                    hash.update(buffer.get(..count).unwrap_or_default());
                    written += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[uniffi::export]
impl Import {
    /// Bytes that are there already: go on from this one.
    pub fn offset(&self) -> u64 {
        self.lock().as_ref().map_or(0, |part| part.written)
    }

    /// Appends bytes and returns how many there are now.
    ///
    /// Errors: [`SdkError::StorageFull`], [`SdkError::StorageFailed`], and [`SdkError::ModelInvalid`] for more bytes than
    /// were told.
    pub fn write(&self, bytes: Vec<u8>) -> Result<u64, SdkError> {
        let mut guard = self.lock();
        let part = guard.as_mut().ok_or_else(|| self.ended())?;
        let end = part.written + bytes.len() as u64;
        if let Some(size) = self.options.size.filter(|&size| end > size) {
            let reason = format!("byte {end} came, but it was to have {size}");
            return Err(SdkError::ModelInvalid { path: self.path(), reason });
        }
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let count = match part.file.write(rest) {
                Ok(0) => return Err(failed(&self.path, &io::ErrorKind::WriteZero.into())),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                    let needed = self.options.size.map_or(rest.len() as u64, |size| size - part.written);
                    self.check_room(needed)?;
                    return Err(SdkError::StorageFull { needed, available: 0 });
                }
                Err(error) => return Err(failed(&self.path, &error)),
            };
            let (done, left) = rest.split_at(count);
            part.hash.update(done);
            part.written += count as u64;
            rest = left;
        }
        Ok(part.written)
    }

    /// Checks size, checksum and the model's header, makes sure that all is on disk, and puts the model in its place. What
    /// turns out wrong is deleted; too few bytes are kept, so that the rest can follow.
    ///
    /// Errors: [`SdkError::ChecksumMismatch`], [`SdkError::ModelInvalid`], [`SdkError::StorageFailed`].
    pub fn finish(&self) -> Result<StoredModel, SdkError> {
        let mut guard = self.lock();
        let part = guard.as_ref().ok_or_else(|| self.ended())?;
        let bytes = part.written;
        if let Some(size) = self.options.size.filter(|&size| size != bytes) {
            let reason = format!("it has {bytes} of {size} bytes; write the rest");
            return Err(SdkError::StorageFailed { path: self.path(), reason });
        }
        let sha256 = hex(&part.hash.clone().finalize());
        let checked = match &self.options.sha256 {
            Some(expected) if *expected != sha256 => {
                Err(SdkError::ChecksumMismatch { expected: expected.clone(), found: sha256.clone() })
            }
            _ => ModelFile::open(&self.path).map(|_| ()).map_err(|error| SdkError::of_model(&self.path(), error)),
        };
        if let Err(error) = checked {
            *guard = None;
            fs::remove_file(&self.path).map_err(|error| failed(&self.path, &error))?;
            return Err(error);
        }
        part.file.sync_all().map_err(|error| failed(&self.path, &error))?;
        let path = self.directory.join(format!("{}.{sha256}.gguf", self.name));
        fs::rename(&self.path, &path).map_err(|error| failed(&path, &error))?;
        *guard = None;
        File::open(&self.directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| failed(&self.directory, &error))?;
        self.delete_older(&path)?;
        Ok(StoredModel { name: self.name.clone(), path: path.to_string_lossy().into_owned(), bytes, sha256 })
    }

    /// Ends the import and keeps what was written, as dropping it does.
    pub fn suspend(&self) {
        *self.lock() = None;
    }

    /// Ends the import and deletes what was written.
    ///
    /// Errors: [`SdkError::StorageFailed`].
    pub fn discard(&self) -> Result<(), SdkError> {
        match self.lock().take() {
            Some(_) => fs::remove_file(&self.path).map_err(|error| failed(&self.path, &error)),
            None => Ok(()),
        }
    }
}

impl Import {
    /// Deletes what the model's name stood for before.
    fn delete_older(&self, newest: &Path) -> Result<(), SdkError> {
        let entries = fs::read_dir(&self.directory).map_err(|error| failed(&self.directory, &error))?;
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path != newest) {
            let name = path.file_name().and_then(|file| file.to_str()).and_then(parse);
            if name.is_some_and(|(name, _)| name == self.name) {
                fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
            }
        }
        Ok(())
    }
}
