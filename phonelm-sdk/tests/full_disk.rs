//! Disks that take nothing more, as an app meets them: one of memory that is filled up to each page and emptied again, and a
//! limit on the length of files.
//!
//! The disk is mounted for this program alone, started again for the one test; where a user may not mount, the test says so.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::Duration,
};

use common::*;
use phonelm_sdk::*;
use pollster::block_on;

const DISK: &str = "PHONELM_TEST_DISK";
const LIMITED: &str = "PHONELM_TEST_LIMITED";

/// Runs a test of this program again through a shell that has made its arrangements; its exit code and what it printed.
fn again(shell: &mut Command, test: &str) -> (Option<i32>, String) {
    let shell = shell.arg(std::env::current_exe().unwrap()).args([test, "--exact", "--nocapture"]);
    let output = shell.stderr(Stdio::inherit()).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

struct Disk {
    root: PathBuf,
    faults: u64,
}

impl Disk {
    /// Fills it but for so many pages.
    fn leave(&self, pages: u64) {
        let disk = || rustix::fs::statvfs(&self.root).unwrap();
        // Whoever writes behind may take some or give it back meanwhile.
        while disk().f_bavail != pages {
            self.empty();
            let filler = vec![1; (disk().f_bavail.saturating_sub(pages) * disk().f_frsize) as usize];
            let _ = fs::write(self.filler(), filler);
            sleep(Duration::from_millis(10));
        }
    }

    fn empty(&self) {
        let _ = fs::remove_file(self.filler());
    }

    fn filler(&self) -> PathBuf {
        self.root.join("filler")
    }

    fn folder(&self, name: &str) -> SessionFolder {
        SessionFolder { path: self.root.join(name).to_string_lossy().into(), key: None }
    }

    /// Notes a fault, which has to be told with its numbers.
    fn met(&mut self, error: &SdkError) {
        assert!(matches!(error, SdkError::StorageFull { needed, .. } if *needed > 0), "{error}");
        self.faults += 1;
    }

    /// Makes room; whoever writes behind may put a block back, which takes little.
    fn wipe(&self) {
        for entry in fs::read_dir(&self.root).unwrap() {
            let path = entry.unwrap().path();
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }
}

/// A session that goes on for as long as a disk takes it.
fn options(folder: Option<&SessionFolder>) -> SessionOptions {
    let overflow = Some(OverflowPolicy::DropOldest { keep_share: 0.5 });
    SessionOptions { folder: folder.cloned(), overflow, ..SessionOptions::default() }
}

fn kept(model: &Model, folder: &SessionFolder) -> Result<Arc<Session>, SdkError> {
    model.new_session(options(Some(folder)))
}

fn say(session: &Session, turn: usize) -> Result<String, SdkError> {
    let request = GenerationRequest::text(format!("This is turn {turn}"), most(4));
    session.generate(request).and_then(|generation| finish(&generation)).map(|response| response.text)
}

#[test]
fn a_full_disk_costs_what_did_not_fit_and_no_turn_that_was_told() {
    let Ok(root) = std::env::var(DISK) else {
        let dir = tempfile::tempdir().unwrap();
        let mut shell = Command::new("unshare");
        shell.args([
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            "mount -t tmpfs -o size=16m tmpfs \"$0\" && exec \"$@\"",
        ]);
        shell.arg(dir.path()).env(DISK, dir.path());
        let (code, output) = again(&mut shell, "a_full_disk_costs_what_did_not_fit_and_no_turn_that_was_told");
        println!("{output}");
        // Rust's harness ends with 101 when a test failed.
        match code {
            Some(0 | 101) => assert_eq!(code, Some(0)),
            _ => println!("skipped: this user may not mount a disk of memory"),
        }
        return;
    };
    let mut disk = Disk { root: root.into(), faults: 0 };
    let model = tiny();
    for pages in 0..4 {
        turns_go_on_when_there_is_room_again(&mut disk, &model, pages);
    }
    a_copy_is_whole_or_not_there(&mut disk, &model);
    a_session_begins_when_there_is_room(&mut disk, &model);
    an_import_goes_on_where_it_stopped(&mut disk);
    println!("\nreliability: full-disk tried {} survived {} lost 0", disk.faults, disk.faults);
}

fn turns_go_on_when_there_is_room_again(disk: &mut Disk, model: &Model, pages: u64) {
    let folder = disk.folder(&format!("session-{pages}"));
    let (here, plain) = (kept(model, &folder).unwrap(), model.new_session(options(None)).unwrap());
    disk.leave(pages);
    let mut turn = 0;
    let error = loop {
        match say(&here, turn) {
            Ok(text) => assert_eq!(text, say(&plain, turn).unwrap()),
            Err(error) => break error,
        }
        turn += 1;
        assert!(turn < 500, "the disk is never full");
    };
    disk.met(&error);
    assert_eq!(here.transcript(), plain.transcript(), "{pages} pages, turn {turn}");
    disk.empty();
    assert_eq!(say(&here, turn).unwrap(), say(&plain, turn).unwrap());
    here.end();
    let restored = model.restore_saved_session(folder, options(None)).unwrap();
    assert_eq!(restored.session.transcript(), plain.transcript());
    assert_eq!(say(&restored.session, turn + 1).unwrap(), say(&plain, turn + 1).unwrap());
    restored.session.end();
    disk.wipe();
}

fn a_copy_is_whole_or_not_there(disk: &mut Disk, model: &Model) {
    let plain = session(model);
    answer(&plain, &"My name is Ada and I live by the sea. ".repeat(12));
    let copies = disk.root.join("copies");
    fs::create_dir(&copies).unwrap();
    for pages in (0..8).chain((8..).step_by(5)) {
        let folder = disk.folder("copies/copy");
        disk.leave(pages);
        match block_on(plain.save(folder.clone())) {
            Err(error) => disk.met(&error),
            Ok(()) => {
                disk.empty();
                let restored = model.restore_saved_session(folder, SessionOptions::default()).unwrap();
                assert_eq!(restored.session.transcript(), plain.transcript());
                restored.session.end();
                break;
            }
        }
        assert_eq!(fs::read_dir(&copies).unwrap().count(), 0, "{pages} pages");
    }
    disk.wipe();
}

fn a_session_begins_when_there_is_room(disk: &mut Disk, model: &Model) {
    let folder = disk.folder("new");
    disk.leave(0);
    disk.met(&kept(model, &folder).err().unwrap());
    disk.empty();
    let session = kept(model, &folder).unwrap();
    say(&session, 0).unwrap();
    session.end();
    disk.wipe();
}

fn an_import_goes_on_where_it_stopped(disk: &mut Disk) {
    let bytes = fs::read(TINY).unwrap();
    let store = ModelStore::open(disk.root.join("models").to_string_lossy().into_owned()).unwrap();
    let import = store.begin_import("tiny".into(), ImportOptions::default()).unwrap();
    for pages in [0, 1, 500] {
        disk.leave(pages);
        let offset = import.offset();
        disk.met(&import.write(bytes[offset as usize..].to_vec()).unwrap_err());
        assert!(import.offset() >= offset && store.list().unwrap().is_empty());
        disk.empty();
    }
    import.write(bytes[import.offset() as usize..].to_vec()).unwrap();
    let model = load(path(import.finish().unwrap().path), ModelOptions::default()).unwrap();
    assert_eq!(answer(&session(&model), "Who are you?").finish, FinishReason::Stop);
    disk.wipe();
}

/// Each limit refuses another write: those of the log, of its head, of a record's frame or words.
#[test]
fn a_write_that_is_refused_costs_its_turn_alone() {
    if let Ok(folder) = std::env::var(LIMITED) {
        let folder = SessionFolder { path: folder, key: None };
        let model = tiny();
        let session = kept(&model, &folder);
        let error = match &session {
            Ok(session) => (0..).find_map(|turn| say(session, turn).map(|_| println!("told {turn}")).err()).unwrap(),
            Err(error) => error.clone(),
        };
        assert!(matches!(&error, SdkError::StorageFailed { reason, .. } if reason.contains("large")), "{error}");
        return;
    }
    let model = tiny();
    let mut faults = 0;
    for limit in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let folder = SessionFolder { path: dir.path().join("session").to_string_lossy().into(), key: None };
        let mut shell = Command::new("sh");
        // A process that ignores the signal sees the error.
        shell
            .args(["-c", "trap '' XFSZ; ulimit -f \"$0\" && exec \"$@\"", &limit.to_string()])
            .env(LIMITED, &folder.path);
        let (code, output) = again(&mut shell, "a_write_that_is_refused_costs_its_turn_alone");
        assert_eq!(code, Some(0), "{output}");
        let told = output.lines().filter(|line| line.contains("told ")).count();
        faults += 1;
        if !Path::new(&folder.path).join("transcript.log").exists() {
            assert_eq!(told, 0);
            continue;
        }
        let restored = model.restore_saved_session(folder, SessionOptions::default()).unwrap();
        assert_eq!(restored.turns, told as u64, "a limit of {limit} blocks");
        say(&restored.session, told).unwrap();
    }
    println!("\nreliability: refused-writes tried {faults} survived {faults} lost 0");
}
