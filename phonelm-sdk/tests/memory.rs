//! What sessions and models cost in memory, read from Linux.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{thread::sleep, time::Duration};

use common::*;
use phonelm_sdk::*;

/// Bytes of its own that this process holds, once the threads that free have done so.
fn resident() -> i64 {
    sleep(Duration::from_millis(100));
    resident_kb() as i64 * 1024
}

#[test]
fn memory_is_held_by_what_is_open_alone() {
    // One test, because tests of one program run side by side and would count each other's memory.
    a_session_adds_little_beyond_its_keys_and_values();
    caches_that_are_given_back_hold_nothing();
    opening_and_closing_leaves_nothing();
}

fn a_session_adds_little_beyond_its_keys_and_values() {
    const SESSIONS: i64 = 50;
    let model = tiny();
    let ask = || {
        let session = session(&model);
        let request = GenerationRequest::text("Who are you?", most(8));
        finish(&session.generate(request).unwrap()).unwrap();
        assert!(session.usage().tokens <= 64, "one block of keys and values: {:?}", session.usage());
        session
    };
    drop(ask());
    let before = resident();
    let sessions: Vec<_> = (0..SESSIONS).map(|_| ask()).collect();
    let each = (resident() - before) / SESSIONS;
    let block = plan(path(TINY), ModelOptions::default(), None).unwrap().kv_bytes_per_token as i64 * 64;
    println!("memory: a session has {} kB beyond {} kB of keys and values", (each - block) / 1024, block / 1024);
    assert!(each - block <= 256 * 1024, "a session takes {each} bytes, {block} of them for keys and values");
    drop(sessions);
}

fn caches_that_are_given_back_hold_nothing() {
    let model = tiny();
    let governor = Governor::new(GovernorPolicy::default()).unwrap();
    governor.attach(model.clone());
    let long = "Once upon a time there was a king who counted his sheep. ".repeat(20);
    let ask = || {
        let session = session(&model);
        finish(&session.generate(GenerationRequest::text(&long, most(8))).unwrap()).unwrap();
        session
    };
    drop(ask());
    let before = resident();
    let sessions: Vec<_> = (0..20).map(|_| ask()).collect();
    let held = resident() - before;
    let each_token = plan(path(TINY), ModelOptions::default(), None).unwrap().kv_bytes_per_token;
    let caches = sessions.iter().map(|session| session.usage().tokens * each_token).sum::<u64>() as i64;
    governor.set_memory_pressure(MemoryPressure::Critical);
    // A busy machine takes its time to get there.
    let freed = (0..100).map(|_| before + held - resident()).find(|freed| *freed >= caches * 8 / 10);
    println!("memory: {freed:?} of {held} bytes are given back, {caches} are caches");
    assert!(freed.is_some());
    assert!(sessions.iter().all(|session| !session.transcript().entries.is_empty()));
}

fn opening_and_closing_leaves_nothing() {
    let round = || {
        let model = tiny();
        answer(&model.new_session(SessionOptions::default()).unwrap(), "Who are you?");
        model.unload();
    };
    // What leaks shows in every part, what the allocator keeps for a while does not.
    let mut sizes = Vec::new();
    for _ in 0..5 {
        (0..50).for_each(|_| round());
        sizes.push(resident());
    }
    let growth: Vec<i64> = sizes.windows(2).map(|pair| (pair[1] - pair[0]) / 1024).collect();
    println!("memory: {growth:?} kB more after each 50 models");
    assert!(growth.iter().min().unwrap() < &64, "{growth:?}");
}
