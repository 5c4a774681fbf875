//! Logs on a disk that fails, logs that were cut off or changed, and what they tell.

use std::{
    io,
    sync::{Arc, Mutex},
};

use phonelm_engine::{Answer, ToolCall, ToolResult};
use proptest::prelude::*;

use super::{
    log::{Head, Log, Media},
    *,
};

/// A disk in memory that fails at one of its operations, or at each from there on.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    /// Length that a crash leaves.
    synced: usize,
    operations: usize,
    fails: Option<(usize, bool)>,
}

impl Disk {
    /// Whether the next operation fails.
    fn step(&self) -> io::Result<std::sync::MutexGuard<'_, State>> {
        let mut state = self.0.lock().unwrap();
        state.operations += 1;
        let now = state.operations;
        match state.fails {
            Some((at, ever_after)) if now == at || (ever_after && now > at) => {
                Err(io::Error::from(io::ErrorKind::StorageFull))
            }
            _ => Ok(state),
        }
    }
}

impl Media for Disk {
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let failed = self.step().err();
        let mut state = self.0.lock().unwrap();
        // A write that fails leaves a part.
        let written = if failed.is_some() { bytes.len() / 2 } else { bytes.len() };
        let at = at as usize;
        let len = state.bytes.len().max(at + written);
        state.bytes.resize(len, 0);
        state.bytes[at..at + written].copy_from_slice(&bytes[..written]);
        failed.map_or(Ok(()), Err)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.step()?;
        state.synced = state.bytes.len();
        Ok(())
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.step()?;
        state.bytes.truncate(len as usize);
        Ok(())
    }
}

const HEAD: Head = Head { sealed: false, name: [7; 16] };

fn said(number: usize) -> Vec<Message> {
    let answer = Answer { text: format!("answer {number}"), raw: format!("answer {number}"), ..Answer::default() };
    vec![Message::User(format!("prompt {number}")), Message::Answer(answer)]
}

fn origin() -> Origin {
    Origin { fingerprint: "abc".into(), vocab: 100, backend: "fake".into(), shape: None }
}

fn on(disk: &Disk) -> Result<Saved, SdkError> {
    let path = PathBuf::from("nowhere");
    let log = Log::create(Box::new(disk.clone()), HEAD).map_err(|error| failed(&path, &error, 0))?;
    let writer = origin().writer(None);
    let saved = Saved::of(path, Seal::new(None)?, log, writer.clone());
    saved.with_log(|written| saved.append(written, &[Record::Opened(writer)]))?;
    Ok(saved)
}

/// What a log tells to whoever reads it.
fn told(bytes: &[u8]) -> Result<Vec<Message>, String> {
    let found = log::read(bytes, bytes.len() as u64).unwrap()?;
    let mut replay = Replay::new("abc", 100);
    found.payloads.iter().try_for_each(|payload| replay.push(payload))?;
    Ok(replay.finish())
}

#[test]
fn what_was_told_as_written_is_there_whatever_operation_fails() {
    let (turns, mut faults) = (6, 0);
    for ever_after in [false, true] {
        // The first three operations begin the log.
        for fails in 4..4 + 2 * turns {
            let disk = Disk::default();
            let saved = on(&disk).unwrap();
            disk.0.lock().unwrap().fails = Some((fails, ever_after));
            let mut messages = Vec::new();
            for turn in 0..turns {
                messages.extend(said(turn));
                if saved.commit(&messages).is_err() {
                    // As a turn that failed.
                    messages.truncate(messages.len() - 2);
                }
                let bytes = disk.0.lock().unwrap().bytes.clone();
                let told = told(&bytes).unwrap();
                // A disk that takes nothing any more cannot take back a record whose sync failed.
                let whole = if ever_after { told.starts_with(&messages) } else { told == messages };
                assert!(whole, "operation {fails} failed, turn {turn}: {told:?}");
            }
            assert_eq!(messages.len(), 2 * if ever_after { (fails - 4) / 2 } else { turns - 1 });
            faults += 1;
        }
    }
    println!("\nreliability: disk-operations tried {faults} survived {faults} lost 0");
}

#[test]
fn a_log_may_be_cut_off_anywhere() {
    let disk = Disk::default();
    let saved = on(&disk).unwrap();
    let mut messages = Vec::new();
    let mut ends = vec![disk.0.lock().unwrap().bytes.len()];
    for turn in 0..4 {
        messages.extend(said(turn));
        saved.commit(&messages).unwrap();
        ends.push(disk.0.lock().unwrap().bytes.len());
    }
    let bytes = disk.0.lock().unwrap().bytes.clone();
    for len in ends[0]..=bytes.len() {
        let whole = ends.iter().rposition(|&end| end <= len).unwrap();
        assert_eq!(told(&bytes[..len]).unwrap(), messages[..2 * whole], "cut at {len} of {}", bytes.len());
    }
}

#[test]
fn forgetting_and_taking_back_are_written_as_what_is_left() {
    let disk = Disk::default();
    let saved = on(&disk).unwrap();
    let all: Vec<Message> = (0..5).flat_map(said).collect();
    for messages in [&all[..6], &all[4..8], &all[4..8], &all[..2], &all[2..10]] {
        saved.commit(messages).unwrap();
        let bytes = disk.0.lock().unwrap().bytes.clone();
        assert_eq!(told(&bytes).unwrap(), messages);
    }
    let before = disk.0.lock().unwrap().bytes.len();
    saved.commit(&all[2..10]).unwrap();
    assert_eq!(disk.0.lock().unwrap().bytes.len(), before, "nothing new, nothing written");
}

#[test]
fn what_is_spent_does_not_pile_up_and_what_is_forgotten_goes() {
    let dir = tempfile::tempdir().unwrap();
    let folder = SessionFolder { path: dir.path().to_string_lossy().into(), key: None };
    let saved = Saved::create(&folder, &origin(), Some("Be brief.")).unwrap();
    let long = |number: usize| vec![Message::User(format!("{number} {}", "words ".repeat(20_000)))];
    for number in 0..40 {
        saved.commit(&long(number)).unwrap();
        let bytes = fs::metadata(dir.path().join(LOG)).unwrap().len();
        assert!(bytes < 2 << 20, "{bytes} bytes after {number}");
    }
    saved.close();
    let restored = Saved::restore(&folder, &origin()).unwrap();
    assert_eq!((&restored.messages, restored.instructions().as_deref()), (&long(39), Some("Be brief.")));
    let saved = restored.go_on(&origin(), Some("Be brief.")).unwrap();
    saved.commit(&[]).unwrap();
    let log = fs::read(dir.path().join(LOG)).unwrap();
    assert!(log.len() < 1000 && fs::read_dir(dir.path()).unwrap().count() == 1);
    saved.commit(&said(1)).unwrap();
    saved.close();
    assert_eq!(Saved::restore(&folder, &origin()).unwrap().messages, said(1));
}

#[test]
fn calls_read_as_done_as_unknown_or_as_not_confirmed() {
    let disk = Disk::default();
    let saved = on(&disk).unwrap();
    let call = |name: &str| ToolCall { name: name.into(), arguments: serde_json::Map::new() };
    let calls = ["a", "b", "c"].map(call).to_vec();
    let messages = [Message::User("do".into()), Message::Answer(Answer { calls, ..Answer::default() })];
    saved.commit(&messages).unwrap();
    saved.note_calls([(0, None), (1, None)]).unwrap();
    saved.note_calls([(0, Some("done".into()))]).unwrap();
    let bytes = disk.0.lock().unwrap().bytes.clone();
    let told = told(&bytes).unwrap();
    let results: Vec<&str> = told[2..]
        .iter()
        .map(|message| match message {
            Message::ToolResult(ToolResult { content, .. }) => content.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(results, ["done", "outcome unknown", r#"{"error":"not done: nobody confirmed it"}"#]);
}

#[test]
fn sealed_bytes_open_only_with_their_key_at_their_place() {
    let (key, other) = (Seal::new(Some(&[1; 32])).unwrap(), Seal::new(Some(&[2; 32])).unwrap());
    let sealed = key.close(b"here", b"secret words".to_vec()).unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"secret"));
    assert_eq!(key.open(b"here", sealed.clone()).as_deref(), Some(&b"secret words"[..]));
    assert!(key.open(b"there", sealed.clone()).is_none() && other.open(b"here", sealed.clone()).is_none());
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(key.open(b"here", changed).is_none() && key.open(b"here", sealed[..20].to_vec()).is_none());
    let error = Seal::new(Some(&[1; 16])).err().unwrap().to_string();
    assert!(error.contains("of 16 bytes") && error.contains("32 bytes"), "{error}");
}

proptest! {
    #[test]
    fn no_bytes_do_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let disk = Disk::default();
        let saved = on(&disk).unwrap();
        saved.commit(&said(0)).unwrap();
        let mut bytes = disk.0.lock().unwrap().bytes.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // What is still told is a beginning of what was said.
        if let Ok(messages) = told(&bytes) {
            prop_assert!(said(0).starts_with(&messages));
        }
    }

    #[test]
    fn no_records_do_harm(payloads in prop::collection::vec("\\PC{0,60}|[{]\"record\":\"(messages|call_started|call_ended|opened)\"[^}]{0,40}[}]", 0..6)) {
        let mut replay = Replay::new("abc", 100);
        let _ = payloads.iter().try_for_each(|payload| replay.push(payload.as_bytes()));
        replay.finish();
    }
}
