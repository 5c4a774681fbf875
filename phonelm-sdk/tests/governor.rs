//! Models under a governor: pauses, fewer threads, caches that are given back, loads that are refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    task::{Context, Wake, Waker},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use common::*;
use phonelm_sdk::*;
use pollster::block_on;

const LONG: &str = "My name is Ada, I live by the sea, I have two cats, and on Sundays I bake bread for all my neighbours. Tell me \
                    something about cats, about bread and about the sea, and then say what I am called.";

fn governor(models: &[&Arc<Model>]) -> Arc<Governor> {
    let governor = Governor::new(GovernorPolicy::default()).unwrap();
    models.iter().for_each(|model| governor.attach(Arc::clone(model)));
    governor
}

/// A request whose answer has as many tokens, whatever they are.
fn of_length(tokens: u32) -> GenerationRequest {
    let request = endless();
    GenerationRequest { options: GenerationOptions { max_tokens: Some(tokens), ..request.options }, ..request }
}

/// Pieces of text of a generation, as another thread takes them.
fn texts(generation: &Arc<Generation>) -> Receiver<String> {
    let (sender, texts) = channel();
    let generation = generation.clone();
    thread::spawn(move || {
        while let Ok(Some(event)) = block_on(generation.next()) {
            if let Event::Text { text } = event {
                // A test that has seen enough takes no more.
                let _ = sender.send(text);
            }
        }
    });
    texts
}

/// What comes until nothing does for a while.
fn until_still(texts: &Receiver<String>) -> String {
    std::iter::from_fn(|| texts.recv_timeout(Duration::from_millis(300)).ok()).collect()
}

fn soon(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_paused_answer_goes_on_with_the_same_tokens() {
    let model = tiny();
    let expected = finish(&session(&model).generate(of_length(120)).unwrap()).unwrap().text;
    let governor = governor(&[&model]);
    let paused = session(&model);
    let generation = paused.generate(of_length(120)).unwrap();
    let texts = texts(&generation);
    let first = texts.recv().unwrap();
    governor.set_thermal_state(ThermalState::Critical);
    let first = first + &until_still(&texts);
    assert_eq!(generation.state(), GenerationState::Running);
    assert!(expected.starts_with(&first) && first.len() < expected.len(), "{first}");
    governor.set_thermal_state(ThermalState::Nominal);
    assert_eq!(first + &texts.iter().collect::<String>(), expected);
}

#[test]
fn nothing_begins_in_a_pause() {
    let model = tiny();
    let governor = governor(&[&model]);
    governor.set_thermal_state(ThermalState::Critical);
    let session = session(&model);
    session.prewarm(None).unwrap();
    let generation = ask(&session, "Who are you?");
    assert_eq!(until_still(&texts(&generation)), "");
    assert!(session.is_responding());
    governor.set_thermal_state(ThermalState::Fair);
    soon("it goes on", || !session.is_responding());
}

#[test]
fn what_ends_in_a_pause_ends_at_once() {
    let model = tiny();
    let governor = governor(&[&model]);
    let sessions: Vec<_> = (0..5).map(|_| session(&model)).collect();
    let generations: Vec<_> = sessions.iter().map(|session| session.generate(endless()).unwrap()).collect();
    let [cancelled, early, closed, again, unloaded] = &generations[..] else { panic!("five") };
    assert!(matches!(block_on(cancelled.next()).unwrap(), Some(Event::Text { .. })));
    early.cancel();
    governor.set_thermal_state(ThermalState::Critical);
    let reason = |reason| GenerationState::Ended { reason };
    soon("cancelled before", || early.state() == reason(FinishReason::Cancelled));
    cancelled.cancel();
    soon("cancelled", || cancelled.state() == reason(FinishReason::Cancelled));
    sessions[2].end();
    soon("closed", || closed.state() == reason(FinishReason::Error));
    sessions[3].reset().unwrap();
    soon("reset", || again.state() == reason(FinishReason::Cancelled));
    let dir = tempfile::tempdir().unwrap();
    let copy = SessionFolder { path: dir.path().join("copy").to_string_lossy().into(), key: None };
    block_on(sessions[0].save(copy.clone())).unwrap();
    assert!(sessions[0].fork().is_ok());
    assert_eq!(model.restore_saved_session(copy, SessionOptions::default()).unwrap().turns, 0);
    assert_eq!(unloaded.state(), GenerationState::Running);
    model.unload();
    soon("unloaded", || unloaded.state() == reason(FinishReason::Error));
    assert!(matches!(events(closed), Err(SdkError::SessionClosed)));
    assert!(matches!(events(unloaded), Err(SdkError::ModelUnloaded)));
}

#[test]
fn a_hot_device_computes_the_same_with_fewer_threads() {
    let options = ModelOptions { threads: Some(3), backend: Some(BackendPreference::Cpu), ..ModelOptions::default() };
    let model = load(path(TINY), options).unwrap();
    let governor = governor(&[&model]);
    let expected = answer(&session(&model), LONG).text;
    let has = |threads: u32| model.info().executor.contains(&format!("{threads} threads"));
    assert!(has(3), "{}", model.info().executor);
    governor.set_thermal_state(ThermalState::Serious);
    assert_eq!(answer(&session(&model), LONG).text, expected);
    assert!(has(2), "{}", model.info().executor);
    governor.set_thermal_state(ThermalState::Fair);
    soon("all threads again", || has(3));
}

/// How many blocks of keys and values lie in the folder.
fn blocks(folder: &SessionFolder) -> usize {
    let entries = fs::read_dir(Path::new(&folder.path).join("kv")).into_iter().flatten();
    entries.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "kv")).count()
}

#[test]
fn caches_that_were_given_back_come_from_their_folder_and_no_word_is_lost() {
    let model = tiny();
    let governor = governor(&[&model]);
    let dir = tempfile::tempdir().unwrap();
    let folder = SessionFolder { path: dir.path().join("session").to_string_lossy().into(), key: None };
    let kept = model.new_session(SessionOptions { folder: Some(folder.clone()), ..SessionOptions::default() }).unwrap();
    let (plain, untouched) = (session(&model), session(&model));
    for session in [&kept, &plain, &untouched] {
        answer(session, LONG);
    }
    let before = kept.transcript();
    let whole = usize::try_from(kept.usage().tokens / 64).unwrap();
    assert!(whole >= 2);

    governor.set_memory_pressure(MemoryPressure::Low);
    soon("all blocks are written", || blocks(&folder) == whole);
    assert_eq!(kept.transcript(), before);
    let next = "What is my name?";
    let expected = answer(&untouched, next);
    let cached = |session: &Session| {
        let response = answer(session, next);
        assert_eq!(response.text, expected.text);
        response.statistics.cached_tokens
    };
    assert_eq!(cached(&kept), 64 * whole as u64);
    assert_eq!(cached(&plain), expected.statistics.cached_tokens, "it has no folder and keeps its cache");

    let plain = session(&model);
    answer(&plain, LONG);
    governor.set_memory_pressure(MemoryPressure::Critical);
    let response = answer(&plain, next);
    assert_eq!((response.text, response.statistics.cached_tokens), (expected.text, 0));
    // The signal was an event: what is said afterwards stays.
    assert!(answer(&plain, "And yours?").statistics.cached_tokens > 0);
    assert!(kept.fork().is_ok());
    let copy = SessionFolder { path: dir.path().join("copy").to_string_lossy().into(), key: None };
    block_on(kept.save(copy.clone())).unwrap();
    assert!(blocks(&copy) >= whole);
}

#[test]
fn a_running_turn_keeps_its_cache() {
    let model = tiny();
    let governor = governor(&[&model]);
    let expected = finish(&session(&model).generate(of_length(100)).unwrap()).unwrap().text;
    let session = session(&model);
    let generation = session.generate(of_length(100)).unwrap();
    assert!(matches!(block_on(generation.next()).unwrap(), Some(Event::Text { .. })));
    governor.set_memory_pressure(MemoryPressure::Critical);
    assert_eq!(events(&generation).unwrap().1.text, expected);
    assert!(answer(&session, "And then?").statistics.cached_tokens >= 100);
}

#[test]
fn a_load_over_its_budget_is_refused_with_numbers() {
    let needed = plan(path(TINY), ModelOptions::default(), None).unwrap().total_bytes;
    let within = |memory_budget_bytes, context| {
        load(
            path(TINY),
            ModelOptions { memory_budget_bytes: Some(memory_budget_bytes), context, ..ModelOptions::default() },
        )
    };
    assert!(within(needed, None).is_ok());
    let error = within(needed - 1, None).err().unwrap();
    let SdkError::OverBudget { needed: told, granted, largest_context } = error else { panic!("{error}") };
    assert_eq!((told, granted), (needed, needed - 1));
    assert!(largest_context > 0 && error.to_string().contains(&largest_context.to_string()), "{error}");
    assert!(!error.is_retryable());
    let smaller = u32::try_from(largest_context).unwrap();
    assert_eq!(within(needed - 1, Some(smaller)).unwrap().info().context, largest_context);
    let error = within(1000, None).err().unwrap();
    assert!(matches!(error, SdkError::OverBudget { largest_context: 0, .. }), "{error}");
}

#[test]
fn the_app_decides_when_it_wants_to() {
    let model = tiny();
    let governor = governor(&[&model]);
    let watch = governor.watch();
    let next = || block_on(watch.next()).unwrap();
    assert_eq!(next(), GovernorState::default());
    governor.set_override(Some(Measures { pause: true, ..Measures::default() })).unwrap();
    assert!(next().measures.pause && governor.state().overridden);
    let generation = session(&model).generate(of_length(5)).unwrap();
    governor.set_thermal_state(ThermalState::Serious);
    assert!(next().measures.pause);
    assert_eq!(until_still(&texts(&generation)), "");
    governor.set_override(None).unwrap();
    let state = next();
    assert_eq!((state.measures.pause, state.measures.thread_share, state.overridden), (false, 0.5, false));
    assert_eq!(state.signals.thermal, ThermalState::Serious);
    soon("it goes on", || matches!(generation.state(), GenerationState::Ended { .. }));

    for share in [0.0, -1.0, 1.1, f64::NAN] {
        let error = governor.set_override(Some(Measures { thread_share: share, ..Measures::default() })).unwrap_err();
        assert!(matches!(error, SdkError::OptionInvalid { .. }), "{error}");
        assert!(Governor::new(GovernorPolicy { hot_thread_share: share, ..GovernorPolicy::default() }).is_err());
    }
    assert!(!governor.state().overridden);
}

#[test]
fn a_watch_tells_the_newest_state_and_ends() {
    let governor = governor(&[]);
    let watch = governor.watch();
    governor.set_thermal_state(ThermalState::Fair);
    governor.set_background(true);
    let state = block_on(watch.next()).unwrap();
    assert!(state.signals.background && state.measures.background && state.signals.thermal == ThermalState::Fair);
    // What changes nothing is not told.
    governor.set_background(true);
    let waiting = thread::spawn({
        let watch = watch.clone();
        move || block_on(watch.next())
    });
    sleep(Duration::from_millis(50));
    assert!(!waiting.is_finished());
    watch.end();
    assert_eq!(waiting.join().unwrap(), None);
    let other = governor.watch();
    drop(governor);
    assert!(block_on(other.next()).is_some() && block_on(other.next()).is_none());
}

#[test]
fn whoever_is_woken_may_call_the_governor() {
    struct Caller(Arc<Governor>);
    impl Wake for Caller {
        fn wake(self: Arc<Self>) {
            assert!(self.0.state().signals.background);
        }
    }
    let governor = governor(&[]);
    let watch = governor.watch();
    assert!(block_on(watch.next()).is_some());
    let waker = Waker::from(Arc::new(Caller(governor.clone())));
    let mut next = Box::pin(watch.next());
    assert!(next.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    governor.set_background(true);
    assert!(block_on(next).is_some_and(|state| state.signals.background));
}

#[test]
fn signals_from_many_threads_and_two_models_end_in_one_state() {
    let (one, two) = (tiny(), tiny());
    let governor = governor(&[&one, &two]);
    governor.attach(one.clone());
    let expected = answer(&session(&one), LONG).text;
    thread::scope(|scope| {
        for number in 0..8 {
            let governor = &governor;
            scope.spawn(move || {
                for round in 0..50 {
                    match (number + round) % 4 {
                        0 => governor.set_thermal_state(ThermalState::Critical),
                        1 => governor.set_thermal_state(ThermalState::Serious),
                        2 => governor.set_memory_pressure(MemoryPressure::Critical),
                        _ => governor.set_background(round % 2 == 0),
                    }
                }
            });
        }
        scope.spawn(|| (0..20).for_each(|_| drop(session(&one).generate(endless()).unwrap())));
    });
    governor.set_thermal_state(ThermalState::Critical);
    let paused = [&one, &two].map(|model| ask(&session(model), LONG));
    paused.iter().for_each(|generation| assert_eq!(generation.state(), GenerationState::Running));
    governor.set_thermal_state(ThermalState::Nominal);
    for model in [&one, &two] {
        assert_eq!(answer(&session(model), LONG).text, expected);
    }
}

#[test]
fn a_model_that_is_dropped_is_not_kept_and_one_that_is_let_go_goes_on() {
    let governor = governor(&[&tiny()]);
    let model = tiny();
    governor.attach(model.clone());
    governor.set_thermal_state(ThermalState::Critical);
    let session = session(&model);
    let weak = Arc::downgrade(&model);
    drop(model);
    assert!(weak.upgrade().is_none());
    // Its session still holds what computes.
    let generation = ask(&session, "Who are you?");
    assert_eq!(until_still(&texts(&generation)), "");
    drop(governor);
    soon("it goes on without its governor", || !session.is_responding());
}
