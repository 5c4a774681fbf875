//! A folder of model files that the app brought: each is whole, checked and named with its checksum, or not there.
//!
//! `NAME.SHA256.gguf` is a model, `NAME.SHA256.part` one on its way (`NAME.part` if its checksum was not told). One rename
//! makes the one of the other. The library has no network: the app brings the bytes.

mod import;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use import::{Import, ImportOptions};

use crate::SdkError;

/// A model in a store.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct StoredModel {
    /// Its name in the store.
    pub name: String,
    /// Its file, for [`crate::ModelSource::Path`].
    pub path: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file when it was imported, in hex.
    pub sha256: String,
}

/// A folder of models. Its methods wait for the disk: call them off the main thread.
#[derive(uniffi::Object)]
pub struct ModelStore {
    directory: PathBuf,
}

#[uniffi::export]
impl ModelStore {
    /// Opens the store in a folder, which is made if it is missing.
    ///
    /// Errors: [`SdkError::StorageFailed`].
    #[uniffi::constructor]
    pub fn open(directory: String) -> Result<Arc<Self>, SdkError> {
        let directory = PathBuf::from(directory);
        fs::create_dir_all(&directory).map_err(|error| failed(&directory, &error))?;
        Ok(Arc::new(Self { directory }))
    }

    /// The models by name.
    ///
    /// Errors: [`SdkError::StorageFailed`].
    pub fn list(&self) -> Result<Vec<StoredModel>, SdkError> {
        let mut models = self.files()?;
        models.dedup_by(|later, first| later.name == first.name);
        Ok(models)
    }

    /// The model with this name, if there is one.
    ///
    /// Errors: [`SdkError::StorageFailed`].
    pub fn find(&self, name: String) -> Result<Option<StoredModel>, SdkError> {
        Ok(self.list()?.into_iter().find(|model| model.name == name))
    }

    /// Deletes a model and whatever part of it is on its way; whether there was one. One that is open stays usable until
    /// it is unloaded.
    ///
    /// Errors: [`SdkError::OptionInvalid`] for what can be no name, [`SdkError::StorageFailed`].
    pub fn delete(&self, name: String) -> Result<bool, SdkError> {
        check_name(&name)?;
        let mut found = false;
        for path in self.paths()? {
            let file_name = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
            let of_model = parse(file_name).is_some_and(|(of, _)| of == name);
            if of_model || is_part_of(file_name, &name) {
                fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
                found |= of_model;
            }
        }
        Ok(found)
    }

    /// Begins to take a model in, or goes on where an earlier attempt with the same name and checksum stopped:
    /// [`Import::offset`] tells from which byte on. A model of this name is replaced when the new one is whole.
    ///
    /// Errors: [`SdkError::OptionInvalid`] for what can be no name or checksum, [`SdkError::StorageFull`],
    /// [`SdkError::StorageFailed`], also while another import of this model runs.
    pub fn begin_import(&self, name: String, options: ImportOptions) -> Result<Arc<Import>, SdkError> {
        check_name(&name)?;
        Import::begin(&self.directory, name, options).map(Arc::new)
    }
}

impl ModelStore {
    fn paths(&self) -> Result<Vec<PathBuf>, SdkError> {
        let entries = fs::read_dir(&self.directory).map_err(|error| failed(&self.directory, &error))?;
        let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
        paths.map_err(|error| failed(&self.directory, &error))
    }

    /// The models by name; of several with one name, which a crash between two steps of an import leaves, the newest first.
    fn files(&self) -> Result<Vec<StoredModel>, SdkError> {
        let mut models = Vec::new();
        for path in self.paths()? {
            let Some((name, sha256)) = path.file_name().and_then(|file| file.to_str()).and_then(parse) else {
                continue;
            };
            // A file that another thread has deleted meanwhile is no model.
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if metadata.is_file() {
                let model = StoredModel {
                    name: name.to_owned(),
                    path: path.to_string_lossy().into_owned(),
                    bytes: metadata.len(),
                    sha256: sha256.to_owned(),
                };
                models.push((model, metadata.modified().ok()));
            }
        }
        models.sort_by(|(a, at_a), (b, at_b)| a.name.cmp(&b.name).then(at_b.cmp(at_a)));
        Ok(models.into_iter().map(|(model, _)| model).collect())
    }
}

/// Longest name in bytes; file systems allow 255 with checksum and ending.
const MAX_NAME: usize = 128;

/// Names are parts of file names on every system.
fn check_name(name: &str) -> Result<(), SdkError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > MAX_NAME || name.starts_with('.') || !name.chars().all(allowed) {
        return Err(SdkError::OptionInvalid {
            option: "name".into(),
            value: format!("{name:?}"),
            allowed: format!("1 to {MAX_NAME} of the letters A to Z, digits, '-', '_' and '.', the first no '.'"),
        });
    }
    Ok(())
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Name and checksum in a model's file name.
fn parse(file_name: &str) -> Option<(&str, &str)> {
    let (name, sha256) = file_name.strip_suffix(".gguf")?.rsplit_once('.')?;
    is_sha256(sha256).then_some((name, sha256))
}

/// Whether the file is a part of the model `name` on its way.
fn is_part_of(file_name: &str, name: &str) -> bool {
    let rest = file_name.strip_prefix(name).and_then(|rest| rest.strip_suffix(".part"));
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('.').is_some_and(is_sha256))
}

/// What stands against reading or writing a file or folder.
pub(crate) fn failed(path: &Path, error: &io::Error) -> SdkError {
    SdkError::StorageFailed { path: path.to_string_lossy().into_owned(), reason: error.to_string() }
}
