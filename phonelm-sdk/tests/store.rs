//! The model store: what is in it is whole and checked, what is on its way can go on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;

use common::{TINY, answer, load, path, session};
use phonelm_sdk::*;

struct Store {
    folder: tempfile::TempDir,
    store: Arc<ModelStore>,
}

fn store() -> Store {
    let folder = tempfile::tempdir().unwrap();
    let store = ModelStore::open(folder.path().join("models").to_string_lossy().into_owned()).unwrap();
    Store { folder, store }
}

impl Store {
    fn import(&self, options: ImportOptions) -> Arc<Import> {
        self.store.begin_import("tiny".into(), options).unwrap()
    }

    /// Names of the files in the folder.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("models")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

fn bytes() -> Vec<u8> {
    std::fs::read(TINY).unwrap()
}

fn sha256() -> String {
    let store = store();
    let import = store.import(ImportOptions::default());
    import.write(bytes()).unwrap();
    import.finish().unwrap().sha256
}

#[test]
fn an_imported_model_opens() {
    let (store, bytes) = (store(), bytes());
    let import = store.import(ImportOptions { size: Some(bytes.len() as u64), sha256: None });
    for part in bytes.chunks(1 << 20) {
        import.write(part.to_vec()).unwrap();
    }
    assert!(store.store.list().unwrap().is_empty());
    let model = import.finish().unwrap();
    assert_eq!((model.name.as_str(), model.bytes), ("tiny", bytes.len() as u64));
    assert_eq!(store.store.list().unwrap(), std::slice::from_ref(&model));
    assert_eq!(store.store.find("tiny".into()).unwrap(), Some(model.clone()));
    let loaded = load(path(model.path), ModelOptions::default()).unwrap();
    assert_eq!(answer(&session(&loaded), "Who are you?").finish, FinishReason::Stop);
    assert!(store.store.delete("tiny".into()).unwrap() && !store.store.delete("tiny".into()).unwrap());
    assert!(store.files().is_empty());
}

#[test]
fn an_interrupted_import_goes_on() {
    let (store, bytes, sha256) = (store(), bytes(), sha256());
    let options = ImportOptions { size: Some(bytes.len() as u64), sha256: Some(sha256.to_uppercase()) };
    let import = store.import(options.clone());
    import.write(bytes[..5000].to_vec()).unwrap();
    let error = import.finish().unwrap_err();
    assert!(matches!(&error, SdkError::StorageFailed { reason, .. } if reason.contains("5000")), "{error}");
    drop(import);
    let import = store.import(options);
    assert_eq!(import.offset(), 5000);
    assert_eq!(import.write(bytes[5000..].to_vec()).unwrap(), bytes.len() as u64);
    assert_eq!(import.finish().unwrap().sha256, sha256);
    assert_eq!(import.finish().map_err(|error| error.is_retryable()), Err(false));
}

#[test]
fn wrong_bytes_leave_nothing_behind() {
    let (store, bytes) = (store(), bytes());
    let import = store.import(ImportOptions { size: None, sha256: Some("ab".repeat(32)) });
    import.write(bytes.clone()).unwrap();
    let error = import.finish().unwrap_err();
    assert!(matches!(&error, SdkError::ChecksumMismatch { expected, .. } if *expected == "ab".repeat(32)), "{error}");
    let import = store.import(ImportOptions::default());
    import.write(bytes[..5000].to_vec()).unwrap();
    assert!(matches!(import.finish(), Err(SdkError::ModelInvalid { .. })));
    let import = store.import(ImportOptions { size: Some(10), sha256: None });
    assert!(matches!(import.write(bytes), Err(SdkError::ModelInvalid { .. })));
    import.discard().unwrap();
    assert!(store.files().is_empty(), "{:?}", store.files());
}

#[test]
fn a_model_is_replaced_when_the_new_one_is_whole() {
    let (store, bytes) = (store(), bytes());
    let import = store.import(ImportOptions::default());
    import.write(bytes.clone()).unwrap();
    let old = import.finish().unwrap();
    let mut other = bytes;
    let last = other.len() - 1;
    other[last] ^= 1;
    let import = store.import(ImportOptions::default());
    import.write(other).unwrap();
    assert_eq!(store.store.list().unwrap(), std::slice::from_ref(&old));
    let new = import.finish().unwrap();
    assert_ne!(new.sha256, old.sha256);
    assert_eq!(store.store.list().unwrap(), [new]);
    assert_eq!(store.files().len(), 1);
}

#[test]
fn room_on_disk_is_checked_first() {
    let store = store();
    let options = ImportOptions { size: Some(u64::MAX), sha256: None };
    let error = store.store.begin_import("huge".into(), options).err().unwrap();
    assert!(matches!(error, SdkError::StorageFull { needed: u64::MAX, available } if available > 0), "{error}");
    assert!(error.is_retryable());
}

#[test]
fn one_import_of_a_model_at_a_time() {
    let store = store();
    let first = store.import(ImportOptions::default());
    let error = store.store.begin_import("tiny".into(), ImportOptions::default()).err().unwrap();
    assert!(matches!(&error, SdkError::StorageFailed { reason, .. } if reason.contains("running")), "{error}");
    first.suspend();
    store.import(ImportOptions::default());
}

#[test]
fn names_cannot_leave_the_folder() {
    let store = store();
    for name in ["", ".", "..", "../x", "a/b", ".hidden", "ä", &"x".repeat(200)] {
        let error = store.store.begin_import(name.into(), ImportOptions::default()).err().unwrap();
        assert!(matches!(error, SdkError::OptionInvalid { .. }), "{name}: {error}");
        assert!(store.store.delete(name.into()).is_err());
    }
    let bad = ImportOptions { size: None, sha256: Some("xyz".into()) };
    assert!(matches!(store.store.begin_import("a".into(), bad), Err(SdkError::OptionInvalid { .. })));
    let file = store.folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = ModelStore::open(file.join("models").to_string_lossy().into_owned()).err().unwrap();
    assert!(matches!(error, SdkError::StorageFailed { .. }), "{error}");
}

#[test]
fn other_files_are_left_alone() {
    let store = store();
    let notes = store.folder.path().join("models/notes.txt");
    std::fs::write(&notes, "mine").unwrap();
    std::fs::write(store.folder.path().join("models/tiny.gguf"), "no checksum in its name").unwrap();
    assert!(store.store.list().unwrap().is_empty());
    assert!(!store.store.delete("tiny".into()).unwrap());
    assert_eq!(store.files().len(), 2);
}
