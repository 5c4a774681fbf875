//! Sessions that are kept in a folder: restored after their process is gone, copied, sealed, and with tools that ran.
//!
//! A process that dies is this program, started again for the one test of its name and killed from outside.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use common::*;
use phonelm_sdk::*;
use pollster::block_on;
use tempfile::TempDir;

fn folder(path: &Path) -> SessionFolder {
    SessionFolder { path: path.to_string_lossy().into(), key: None }
}

/// A place for a folder that is not there yet.
fn place() -> (TempDir, SessionFolder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = folder(&dir.path().join("session"));
    (dir, folder)
}

fn kept(model: &Model, folder: &SessionFolder) -> Arc<Session> {
    let instructions = Some("You are brief.".to_owned());
    model
        .new_session(SessionOptions { folder: Some(folder.clone()), instructions, ..SessionOptions::default() })
        .unwrap()
}

fn restore(model: &Model, folder: &SessionFolder) -> RestoredSession {
    model.restore_saved_session(folder.clone(), SessionOptions::default()).unwrap()
}

/// Waits until so many blocks of keys and values lie in the folder.
fn wait_for_blocks(folder: &SessionFolder, count: usize) {
    let start = Instant::now();
    let blocks = || {
        let entries = fs::read_dir(Path::new(&folder.path).join("kv")).into_iter().flatten();
        entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "kv")).count()
    };
    while blocks() < count {
        assert!(start.elapsed() < Duration::from_secs(20), "{} of {count} blocks", blocks());
        std::thread::sleep(Duration::from_millis(5));
    }
}

const LONG: &str = "My name is Ada, I live by the sea, I have two cats, and on Sundays I bake bread for all my neighbours. Tell me \
                    something about cats, about bread and about the sea, and then say what I am called.";

#[test]
fn a_restored_session_goes_on_exactly_and_reads_little_anew() {
    let model = tiny();
    let (_dir, folder) = place();
    let session = kept(&model, &folder);
    let plain = model
        .new_session(SessionOptions { instructions: Some("You are brief.".into()), ..SessionOptions::default() })
        .unwrap();
    assert_eq!(answer(&session, LONG).text, answer(&plain, LONG).text);
    let whole = usize::try_from(session.usage().tokens / 64).unwrap();
    assert!(whole >= 1);
    wait_for_blocks(&folder, whole);
    let before = session.transcript();
    session.end();

    let RestoredSession { session, turns, lost_bytes, reads_anew } = restore(&model, &folder);
    assert_eq!((turns, lost_bytes, reads_anew), (1, 0, None));
    assert_eq!(session.transcript(), before);
    let (here, there) = (answer(&session, "What is my name?"), answer(&plain, "What is my name?"));
    assert_eq!(here.text, there.text);
    assert_eq!(here.statistics.prompt_tokens, there.statistics.prompt_tokens);
    assert_eq!(here.statistics.cached_tokens, 64 * whole as u64);
}

#[test]
fn lost_and_torn_blocks_cost_their_tokens_and_no_word() {
    let model = tiny();
    let (_dir, folder) = place();
    let session = kept(&model, &folder);
    let told = answer(&session, LONG);
    wait_for_blocks(&folder, usize::try_from(session.usage().tokens / 64).unwrap());
    let before = session.transcript();
    session.end();
    let kv = Path::new(&folder.path).join("kv");
    for file in fs::read_dir(&kv).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    }
    let restored = restore(&model, &folder);
    assert_eq!(restored.session.transcript(), before);
    assert!(!told.text.is_empty());
    assert_eq!(answer(&restored.session, "What is my name?").statistics.cached_tokens, 0);
    restored.session.end();
    // Whoever writes behind may still be at it.
    while kv.exists() {
        let _ = fs::remove_dir_all(&kv);
    }
    assert_eq!(restore(&model, &folder).turns, 2);
}

#[test]
fn folders_that_cannot_be_used_are_left_alone() {
    let model = tiny();
    let (dir, place) = place();
    let error =
        |folder: &SessionFolder| model.restore_saved_session(folder.clone(), SessionOptions::default()).err().unwrap();
    let starting = |folder: &SessionFolder| {
        model.new_session(SessionOptions { folder: Some(folder.clone()), ..SessionOptions::default() }).err().unwrap()
    };
    assert!(error(&place).to_string().contains("no session is kept there"), "{}", error(&place));
    let session = kept(&model, &place);
    assert!(error(&place).to_string().contains("open already"));
    assert!(starting(&place).to_string().contains("kept there already"));
    session.end();
    let sealed = SessionFolder { key: Some(vec![1; 32]), ..place.clone() };
    assert!(error(&sealed).to_string().contains("not sealed"));
    assert!(matches!(error(&SessionFolder { key: Some(vec![1; 5]), ..place.clone() }), SdkError::OptionInvalid { .. }));
    let options = SessionOptions { folder: Some(place.clone()), ..SessionOptions::default() };
    assert!(matches!(model.restore_saved_session(place.clone(), options), Err(SdkError::OptionInvalid { .. })));

    let log = Path::new(&place.path).join("transcript.log");
    let good = fs::read(&log).unwrap();
    for (bytes, reason) in [
        (&b""[..], "0 bytes"),
        (b"not a session, but long enough for its head", "no saved session"),
        (&good[..33], "first record is damaged"),
    ] {
        fs::write(&log, bytes).unwrap();
        assert!(error(&place).to_string().contains(reason), "{}", error(&place));
        assert_eq!(fs::read(&log).unwrap(), bytes);
    }
    let under_a_file = folder(&log.join("deeper"));
    assert!(matches!(starting(&under_a_file), SdkError::StorageFailed { .. }));
    assert!(dir.path().exists());
}

#[test]
fn a_sealed_session_is_read_with_its_key_alone() {
    let model = tiny();
    let (_dir, place) = place();
    let sealed = SessionFolder { key: Some(vec![7; 32]), ..place.clone() };
    let session = kept(&model, &sealed);
    answer(&session, LONG);
    wait_for_blocks(&sealed, 1);
    let before = session.transcript();
    session.end();
    for (wrong, reason) in
        [(place.clone(), "is sealed"), (SessionFolder { key: Some(vec![8; 32]), ..place }, "another key")]
    {
        let error = model.restore_saved_session(wrong, SessionOptions::default()).err().unwrap().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let log = fs::read(Path::new(&sealed.path).join("transcript.log")).unwrap();
    assert!(!log.windows(3).any(|window| window == b"Ada"));
    let restored = restore(&model, &sealed);
    assert_eq!(restored.session.transcript(), before);
    assert!(answer(&restored.session, "And now?").statistics.cached_tokens >= 64);
}

#[test]
fn a_copy_is_whole_and_a_session_of_its_own() {
    let model = tiny();
    let (dir, _) = place();
    let copy = folder(&dir.path().join("copy"));
    let session = session(&model);
    answer(&session, LONG);
    block_on(session.save(copy.clone())).unwrap();
    let error = block_on(session.save(copy.clone())).unwrap_err();
    assert!(error.to_string().contains("lies there already"), "{error}");
    let restored = restore(&model, &copy);
    assert_eq!(restored.session.transcript(), session.transcript());
    let (here, there) = (answer(&restored.session, "Go on"), answer(&session, "Go on"));
    assert_eq!(here.text, there.text);
    assert!(here.statistics.cached_tokens >= 64);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let nowhere = folder(&dir.path().join("a/b"));
    fs::write(dir.path().join("a"), "a file").unwrap();
    assert!(matches!(block_on(session.save(nowhere)), Err(SdkError::StorageFailed { .. })));
    session.end();
    assert_eq!(block_on(session.save(copy)), Err(SdkError::SessionClosed));
}

#[test]
fn what_was_forgotten_just_before_the_end_stays_forgotten() {
    let model = tiny();
    let (_dir, place) = place();
    kept(&model, &place).end();
    for _ in 0..30 {
        let RestoredSession { session, turns, .. } = restore(&model, &place);
        assert_eq!(turns, 0);
        finish(&session.generate(GenerationRequest::text("Hello", most(1))).unwrap()).unwrap();
        // The log is written anew while the next round waits for it.
        session.reset().unwrap();
        session.end();
    }
}

#[test]
fn another_model_reads_the_words_and_says_so() {
    let (_dir, place) = place();
    let model = tiny();
    let session = kept(&model, &place);
    answer(&session, "My name is Ada");
    session.end();
    let other = load(path(TINY), ModelOptions { kv_type: Some(KvType::Q8_0), ..ModelOptions::default() });
    let other = other.unwrap();
    let restored = restore(&other, &place);
    assert!(restored.reads_anew.unwrap().contains("type of keys and values"));
    assert!(answer(&restored.session, "What is my name?").text.contains("Ada"));
}

fn assistant(folder: SessionFolder) -> SessionOptions {
    let mut tools: Vec<ToolDefinition> =
        catalogue().into_iter().filter(|tool| ["set_alarm", "set_timer"].contains(&tool.name.as_str())).collect();
    tools[1].permission = Some(ToolPermission::Ask);
    SessionOptions { folder: Some(folder), tools, ..SessionOptions::default() }
}

/// Runs this program again as one of the processes below, with a folder to work in.
fn start(process: &str, folder: &SessionFolder) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["process", "--exact", "--nocapture"])
        .envs([(PROCESS, process), (FOLDER, &folder.path)])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills a process once it has said that it stands at its place.
fn kill_at_its_place(process: &str, folder: &SessionFolder) {
    let mut child = start(process, folder);
    let there = BufReader::new(child.stdout.take().unwrap()).lines().any(|line| line.unwrap() == HERE);
    assert!(there, "{process} never came to its place");
    child.kill().unwrap();
    child.wait().unwrap();
}

const PROCESS: &str = "PHONELM_TEST_PROCESS";
const FOLDER: &str = "PHONELM_TEST_FOLDER";

const HERE: &str = "here";

/// Tells the parent that it may kill, and gives it time to.
fn stand_here() {
    // The harness writes the test's name to the same line.
    println!("\n{HERE}");
    std::io::stdout().flush().unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

/// Does nothing but in a process that [`start`] made.
#[test]
fn process() {
    match std::env::var(PROCESS).as_deref() {
        Ok("dies_before_the_user_decides") => dies_before_the_user_decides(),
        Ok("dies_while_a_tool_runs") => dies_while_a_tool_runs(),
        Ok("dies_after_a_tool_ran") => dies_after_a_tool_ran(),
        Ok("talks_without_end") => talks_without_end(),
        _ => {}
    }
}

fn child_folder() -> SessionFolder {
    folder(Path::new(&std::env::var(FOLDER).unwrap()))
}

fn dies_before_the_user_decides() {
    let session = tiny().new_session(assistant(child_folder())).unwrap();
    let generation = ask(&session, "Set a timer for 5 minutes");
    assert!(matches!(block_on(generation.next()), Ok(Some(Event::ConfirmationNeeded { .. }))));
    stand_here();
}

fn dies_while_a_tool_runs() {
    let session = tiny().new_session(assistant(child_folder())).unwrap();
    let generation = ask(&session, "Set a timer for 5 minutes");
    let Ok(Some(Event::ConfirmationNeeded { call })) = block_on(generation.next()) else { panic!("it is asked for") };
    generation.confirm(call.call_id, ToolDecision::Run).unwrap();
    assert!(matches!(block_on(generation.next()), Ok(Some(Event::ToolCall { .. }))));
    stand_here();
}

fn dies_after_a_tool_ran() {
    let session = tiny().new_session(assistant(child_folder())).unwrap();
    let generation = ask(&session, "Wake me at 7 tomorrow");
    let Ok(Some(Event::ToolCall { call })) = block_on(generation.next()) else { panic!("it is called") };
    generation.answer(call.call_id, ToolOutcome::Output { text: "alarm 12 set".into() }).unwrap();
    stand_here();
}

#[test]
fn a_process_that_dies_around_a_tool_leaves_what_is_known() {
    let model = tiny();
    for (process, known) in [
        ("dies_before_the_user_decides", r#"{"error":"not done: nobody confirmed it"}"#),
        ("dies_while_a_tool_runs", "outcome unknown"),
        ("dies_after_a_tool_ran", "alarm 12 set"),
    ] {
        let (_dir, place) = place();
        kill_at_its_place(process, &place);
        for _ in 0..2 {
            let options = SessionOptions { folder: None, ..assistant(place.clone()) };
            let RestoredSession { session, turns, .. } = model.restore_saved_session(place.clone(), options).unwrap();
            assert_eq!((turns, results(&session)), (1, vec![known.to_owned()]), "{process}");
            session.end();
        }
        let restored = model
            .restore_saved_session(place.clone(), SessionOptions { folder: None, ..assistant(place.clone()) })
            .unwrap();
        assert_eq!(answer(&restored.session, "Thank you").finish, FinishReason::Stop);
        assert_eq!(restored.session.transcript().entries.len(), 5, "{process}");
    }
}

fn talks_without_end() {
    let model = tiny();
    let folder = child_folder();
    let options =
        SessionOptions { overflow: Some(OverflowPolicy::DropOldest { keep_share: 0.5 }), ..SessionOptions::default() };
    let session = if Path::new(&folder.path).join("transcript.log").exists() {
        model.restore_saved_session(folder, options).unwrap().session
    } else {
        model.new_session(SessionOptions { folder: Some(folder), ..options }).unwrap()
    };
    println!("\nrestored {}", latest_turn(&session));
    let few = GenerationOptions { max_tokens: Some(4), ..GenerationOptions::default() };
    for turn in latest_turn(&session) + 1.. {
        let generation = session.generate(GenerationRequest::text(format!("turn {turn}"), few.clone())).unwrap();
        let (_, response) = events(&generation).unwrap();
        println!("\nturn {turn} {}", response.statistics.generated_tokens);
        std::io::stdout().flush().unwrap();
    }
}

/// The number in the last prompt of a session.
fn latest_turn(session: &Session) -> usize {
    let number = |entry: &TranscriptEntry| match entry {
        TranscriptEntry::Prompt { segments } => {
            let PromptSegment::Text { text } = &segments[0];
            text.strip_prefix("turn ")?.parse().ok()
        }
        _ => None,
    };
    session.transcript().entries.iter().rev().find_map(number).unwrap_or(0)
}

/// Kills a process that talks, at random points, and restores what it left: every turn that it told of is there.
#[test]
fn every_turn_that_was_told_survives_its_process() {
    let rounds: u64 = std::env::var("PHONELM_CRASHES").map_or(20, |rounds| rounds.parse().unwrap());
    let (_dir, place) = place();
    let model = tiny();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut told, mut lost) = (0, 0);
    let mut check = |latest: usize, told: usize| {
        assert!(latest <= told + 1, "turn {latest}, {told} was told");
        lost += u64::from(latest < told);
    };
    for round in 0..rounds {
        let mut child = start("talks_without_end", &place);
        let output = BufReader::new(child.stdout.take().unwrap());
        let (says, hears) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in output.lines().map(Result::unwrap) {
                for what in ["restored ", "turn "] {
                    let number = line.strip_prefix(what).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
                    number.into_iter().for_each(|number| says.send((what, number)).unwrap());
                }
            }
        });
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round | 1);
        // It dies while it starts, restores, in its first turn or in its second.
        let mut heard: Vec<_> = hears.iter().take((random >> 50) as usize % 4).collect();
        std::thread::sleep(Duration::from_micros(random >> 33 & 0x1_ffff));
        child.kill().unwrap();
        child.wait().unwrap();
        reader.join().unwrap();
        heard.extend(hears.try_iter());
        for (what, number) in heard {
            if what == "restored " {
                check(number, told);
            }
            told = number;
        }
    }
    let RestoredSession { session, .. } = restore(&model, &place);
    check(latest_turn(&session), told);
    println!("\nreliability: kills tried {rounds} survived {} lost {lost} turns {told}", rounds - lost);
    assert!(told > 1, "no turn was ever told");
    assert_eq!(lost, 0, "processes that lost a turn which they had told");
}
