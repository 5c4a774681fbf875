//! A copy of a session in a folder of its own: whole, or not there.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use phonelm_engine::{Conversation, Engine, Message};

use super::{Origin, Saved, SessionFolder, failed, invalid, names, parent_of, seal::Seal, sync_folder, whole_log};
use crate::{SdkError, mailbox::Mailbox, task::Told};

/// Where a copy is to be written, and who waits for it.
pub(crate) struct Copy {
    pub(crate) folder: SessionFolder,
    pub(crate) origin: Arc<Origin>,
    pub(crate) instructions: Option<String>,
    pub(crate) answer: Answer,
}

/// What came of it. Dropped without an outcome, it tells nothing.
pub(crate) struct Answer(pub(crate) Arc<Mailbox<Result<(), SdkError>>>);

impl Answer {
    pub(crate) fn tell(self, outcome: Result<(), SdkError>) {
        self.0.put_last(outcome);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Told for () {
    fn is_progress(&self) -> bool {
        false
    }
}

impl Copy {
    /// Writes what was said and, of the cache, whole blocks.
    pub(crate) fn write(&self, engine: &Engine, conversation: &Conversation) -> Result<(), SdkError> {
        let path = PathBuf::from(&self.folder.path);
        let seal = Seal::new(self.folder.key.as_deref())?;
        if path.exists() {
            return Err(invalid(&path, "something lies there already; choose another folder, or delete it"));
        }
        let part = part_of(&path);
        self.fill(&part, seal, engine, conversation).and_then(|()| put_in_place(&part, &path)).inspect_err(|_| {
            // What cannot be deleted is written over by the next copy.
            let _ = fs::remove_dir_all(&part);
        })
    }

    fn fill(&self, part: &Path, seal: Seal, engine: &Engine, conversation: &Conversation) -> Result<(), SdkError> {
        match fs::remove_dir_all(part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(part, &error, 0)),
            _ => fs::create_dir_all(part).map_err(|error| failed(part, &error, 0))?,
        }
        let writer = self.origin.writer(self.instructions.as_deref());
        let log = whole_log(part, &seal, &writer, conversation.messages())?;
        let saved = Saved::of(part.to_path_buf(), seal, log, writer);
        saved.note_calls((0..running_calls(conversation.messages())).map(|call| (call, None)))?;
        let Some(shape) = &self.origin.shape else { return Ok(()) };
        let names = names(shape, &self.origin.fingerprint, conversation.cached());
        for (index, name) in names.iter().enumerate() {
            saved.segments.write(name, engine.export_blocks(conversation, index..index + 1)?)?;
        }
        Ok(())
    }
}

fn put_in_place(part: &Path, path: &Path) -> Result<(), SdkError> {
    sync_folder(part)
        .and_then(|()| fs::rename(part, path))
        .and_then(|()| sync_folder(parent_of(path)))
        .map_err(|error| failed(path, &error, 0))
}

/// Calls that have no outputs yet and may be running.
fn running_calls(messages: &[Message]) -> usize {
    match messages.last() {
        Some(Message::Answer(answer)) => answer.calls.len(),
        _ => 0,
    }
}

/// Where a copy is written before it is whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
