//! Four threads that do anything to two models at random for `PHONELM_SOAK_SECONDS`: every answer is the one that a thread
//! alone gets, nobody waits for ever, and memory stays flat.
//!
//! `PHONELM_SOAK_SEED` repeats what each thread did; `PHONELM_SOAK_CSV` names a file for the memory of each second.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{sleep, spawn},
    time::{Duration, Instant, SystemTime},
};

use common::*;
use phonelm_sdk::*;
use pollster::block_on;
use tempfile::TempDir;

const THREADS: usize = 4;
/// Sessions that a thread holds at most.
const SESSIONS: usize = 4;
/// Turns after which a conversation begins anew.
const TURNS: usize = 3;
const PROMPTS: [&str; 3] = ["My name is Ada", "What is my name?", "What is 3 plus 4?"];
/// Longest time without a step of a thread.
const PATIENCE: Duration = Duration::from_secs(60);
/// Seconds from which on memory is judged.
const TELLING: usize = 60;

/// The answer after each history, a history being the prompts' numbers.
type Answers = Arc<HashMap<Vec<usize>, String>>;

fn greedy() -> GenerationOptions {
    GenerationOptions { temperature: Some(0.0), ..most(12) }
}

fn say(session: &Session, prompt: usize) -> String {
    finish(&session.generate(GenerationRequest::text(PROMPTS[prompt], greedy())).unwrap()).unwrap().text
}

/// All answers, from one thread and one session after the other.
fn answers(model: &Model) -> Answers {
    fn follow(session: &Session, history: &[usize], answers: &mut HashMap<Vec<usize>, String>) {
        for prompt in 0..PROMPTS.len() {
            let (fork, history) = (session.fork().unwrap(), [history, &[prompt]].concat());
            answers.insert(history.clone(), say(&fork, prompt));
            if history.len() < TURNS {
                follow(&fork, &history, answers);
            }
        }
    }
    let mut answers = HashMap::new();
    follow(&session(model), &[], &mut answers);
    Arc::new(answers)
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }
}

/// A session, what was said to it, and where it is kept.
struct Talk {
    model: Arc<Model>,
    session: Arc<Session>,
    history: Vec<usize>,
    folder: Option<Folder>,
}

struct Folder {
    _dir: TempDir,
    place: SessionFolder,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = SessionFolder { path: dir.path().join("session").to_string_lossy().into(), key: None };
        Self { _dir: dir, place }
    }
}

struct Actor {
    models: [Arc<Model>; 2],
    governor: Arc<Governor>,
    answers: Answers,
    random: Random,
    talks: Vec<Talk>,
}

/// What a thread does with one of its sessions.
const OPERATIONS: [fn(&mut Actor, usize); 12] = [
    Actor::ask,
    Actor::ask,
    Actor::cancel,
    Actor::fork,
    Actor::copy,
    Actor::restore,
    Actor::restore_transcript,
    Actor::reset,
    Actor::prewarm,
    Actor::open,
    Actor::close,
    Actor::signal,
];

impl Actor {
    fn step(&mut self) {
        if self.talks.is_empty() {
            self.open(0);
        }
        let talk = self.random.below(self.talks.len());
        OPERATIONS[self.random.below(OPERATIONS.len())](self, talk);
        while self.talks.len() > SESSIONS {
            let oldest = self.random.below(self.talks.len());
            self.talks.remove(oldest);
        }
    }

    fn open(&mut self, _: usize) {
        let model = self.models[self.random.below(2)].clone();
        let folder = (self.random.below(2) == 0).then(Folder::new);
        let place = folder.as_ref().map(|folder| folder.place.clone());
        let session = model.new_session(SessionOptions { folder: place, ..SessionOptions::default() }).unwrap();
        self.talks.push(Talk { model, session, history: Vec::new(), folder });
    }

    fn ask(&mut self, talk: usize) {
        let prompt = self.random.below(PROMPTS.len());
        let talk = &mut self.talks[talk];
        if talk.history.len() == TURNS {
            talk.session.reset().unwrap();
            talk.history.clear();
        }
        talk.history.push(prompt);
        assert_eq!(say(&talk.session, prompt), self.answers[&talk.history], "after {:?}", talk.history);
        talk.check();
    }

    fn cancel(&mut self, talk: usize) {
        let (waits, drops) = (self.random.below(2) == 0, self.random.below(2) == 0);
        let talk = &self.talks[talk];
        let generation = talk.session.generate(endless()).unwrap();
        if waits {
            block_on(generation.next()).unwrap();
        }
        if !drops {
            generation.cancel();
            assert_eq!(events(&generation).unwrap().1.finish, FinishReason::Cancelled);
        }
    }

    fn fork(&mut self, talk: usize) {
        let talk = &self.talks[talk];
        let session = talk.session.fork().unwrap();
        let fork = Talk { model: talk.model.clone(), session, history: talk.history.clone(), folder: None };
        fork.check();
        self.talks.push(fork);
    }

    fn copy(&mut self, talk: usize) {
        let (talk, folder) = (&self.talks[talk], Folder::new());
        block_on(talk.session.save(folder.place.clone())).unwrap();
        let copy = Talk::restored(talk.model.clone(), talk.history.clone(), folder);
        self.talks.push(copy);
    }

    fn restore(&mut self, talk: usize) {
        let Talk { model, session, history, folder } = self.talks.remove(talk);
        session.end();
        if let Some(folder) = folder {
            self.talks.push(Talk::restored(model, history, folder));
        }
    }

    fn restore_transcript(&mut self, talk: usize) {
        let talk = &mut self.talks[talk];
        let json = talk.session.transcript_json().unwrap();
        talk.session = talk.model.restore_session(json, SessionOptions::default()).unwrap();
        talk.folder = None;
        talk.check();
    }

    fn reset(&mut self, talk: usize) {
        let talk = &mut self.talks[talk];
        talk.session.reset().unwrap();
        talk.history.clear();
        talk.check();
    }

    fn prewarm(&mut self, talk: usize) {
        let prefix = (self.random.below(2) == 0).then(|| "What is".to_owned());
        self.talks[talk].session.prewarm(prefix).unwrap();
    }

    fn close(&mut self, talk: usize) {
        let talk = self.talks.remove(talk);
        talk.session.end();
        assert!(matches!(talk.session.generate(endless()), Err(SdkError::SessionClosed)));
    }

    /// Heat, short memory or the background for a moment. All of them end, since critical heat stops every answer.
    fn signal(&mut self, _: usize) {
        match self.random.below(3) {
            0 => {
                let state = [ThermalState::Serious, ThermalState::Critical][self.random.below(2)];
                self.governor.set_thermal_state(state);
                sleep(Duration::from_millis(self.random.below(20) as u64));
                self.governor.set_thermal_state(ThermalState::Nominal);
            }
            1 => {
                let pressure = [MemoryPressure::Low, MemoryPressure::Critical][self.random.below(2)];
                self.governor.set_memory_pressure(pressure);
            }
            _ => {
                self.governor.set_background(true);
                self.governor.set_background(false);
            }
        }
    }
}

impl Talk {
    fn restored(model: Arc<Model>, history: Vec<usize>, folder: Folder) -> Self {
        let restored = model.restore_saved_session(folder.place.clone(), SessionOptions::default()).unwrap();
        assert_eq!((restored.turns, restored.lost_bytes), (history.len() as u64, 0));
        let talk = Self { model, session: restored.session, history, folder: Some(folder) };
        talk.check();
        talk
    }

    /// Nothing was lost and nothing came twice.
    fn check(&self) {
        assert_eq!(self.session.transcript().entries.len(), 2 * self.history.len());
    }
}

/// The middle of a tenth of the samples that begins so many tenths (and a half) in.
fn median(samples: &[u64], half_tenths: usize) -> u64 {
    let start = samples.len() * half_tenths / 20;
    let mut part = samples[start..start + samples.len() / 10].to_vec();
    part.sort_unstable();
    part[part.len() / 2]
}

#[test]
fn anything_at_once_for_long() {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let seconds = number("PHONELM_SOAK_SECONDS").unwrap_or(10);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = number("PHONELM_SOAK_SEED").unwrap_or(now) | 1;
    println!("PHONELM_SOAK_SEED={seed}");
    let models = [tiny(), tiny()];
    let answers = answers(&models[0]);
    let governor = Governor::new(GovernorPolicy::default()).unwrap();
    models.iter().for_each(|model| governor.attach(model.clone()));
    let end = Instant::now() + Duration::from_secs(seconds);
    let steps: Arc<[AtomicU64; THREADS]> = Arc::default();
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let random = Random(seed.wrapping_mul(2 * thread as u64 + 1));
            let mut actor = Actor {
                models: models.clone(),
                governor: governor.clone(),
                answers: answers.clone(),
                random,
                talks: Vec::new(),
            };
            let steps = steps.clone();
            spawn(move || {
                while Instant::now() < end {
                    actor.step();
                    steps[thread].fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();

    let mut seen = [(0, Instant::now()); THREADS];
    let mut samples = Vec::new();
    while !threads.iter().all(|thread| thread.is_finished()) {
        sleep(Duration::from_secs(1));
        samples.push(resident_kb());
        for (thread, (last, at)) in seen.iter_mut().enumerate().filter(|(thread, _)| !threads[*thread].is_finished()) {
            let now = steps[thread].load(Ordering::Relaxed);
            if now != *last {
                (*last, *at) = (now, Instant::now());
            }
            assert!(at.elapsed() < PATIENCE, "thread {thread} stands at step {now}");
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
    if let Some(file) = std::env::var_os("PHONELM_SOAK_CSV") {
        let rows = (1..).zip(&samples).map(|(second, kb)| format!("{second},{kb}\n")).collect::<String>();
        std::fs::write(file, format!("second,resident_kb\n{rows}")).unwrap();
    }
    let done: u64 = steps.iter().map(|steps| steps.load(Ordering::Relaxed)).sum();
    let flat = memory(&samples);
    println!("\nreliability: soak tried {done} survived {done} lost 0 seconds {seconds} {flat}");
}

/// Holds the last tenth against the middle one. They may differ by what all sessions' keys and values take, since who holds
/// how many at a moment is drawn; a leak of one block in a thousand steps shows within minutes.
fn memory(samples: &[u64]) -> String {
    if samples.len() < TELLING {
        return String::new();
    }
    let token = plan(path(TINY), ModelOptions::default(), None).unwrap().kv_bytes_per_token;
    let blocks = (THREADS * SESSIONS) as u64 * 2;
    let swing = blocks * 64 * token / 1024;
    let (middle, last) = (median(samples, 9), median(samples, 18));
    assert!(last <= middle + swing, "memory grew from {middle} to {last} kB; {swing} kB may lie between");
    format!("middle-kb {middle} last-kb {last} bound-kb {swing}")
}
