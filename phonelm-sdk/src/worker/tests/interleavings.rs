//! The protocol of queue, cancel and close under many orders of its threads' steps: mailbox, generation, session and the
//! inference thread as they are, with threads, locks and channels that a checker steps through.
//!
//! An order in which anybody waits for ever fails, as does one that breaks what a test says. Atomics are taken as
//! sequentially consistent.

use std::{
    pin::pin,
    task::{Context, Waker},
};

use shuttle::{
    Config, Runner,
    future::block_on,
    rand::{Rng, thread_rng},
    scheduler::{PctScheduler, RandomScheduler},
    thread::{JoinHandle, spawn},
};

use super::*;
use crate::{Generation, GenerationState, mailbox::Mailbox};

/// Changes of thread at which the second scheduler lowers a priority.
const CHANGES: usize = 3;

/// Runs `body` in so many orders (or as many as `PHONELM_ORDERS` says): one half drawn step by step, the other by priorities
/// that change at a few places.
fn in_orders(orders: usize, body: impl Fn() + Send + Sync + Clone + 'static) {
    let orders = std::env::var("PHONELM_ORDERS").map_or(orders, |orders| orders.parse().unwrap());
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    Runner::new(RandomScheduler::new_from_seed(1, orders.div_ceil(2)), config.clone()).run(body.clone());
    Runner::new(PctScheduler::new_from_seed(1, CHANGES, orders / 2), config).run(body);
    println!("\nreliability: orders tried {orders} survived {orders} lost 0");
}

const MAILBOX: usize = 4000;
const SESSION: usize = 200;

/// A model that says two tokens to each prompt.
fn brief() -> Arc<Model> {
    model().0
}

fn opened(model: &Model) -> Arc<Session> {
    model.new_session(SessionOptions::default()).unwrap()
}

fn asked(prompt: &str) -> GenerationRequest {
    GenerationRequest::text(prompt, GenerationOptions { max_tokens: Some(2), ..GenerationOptions::default() })
}

/// How a generation ends: with one last event, or one error, and nothing behind it.
fn ending(generation: &Generation) -> Result<FinishReason, SdkError> {
    let outcome = loop {
        match block_on(generation.next()) {
            Ok(Some(Event::Finished { response })) => break Ok(response.finish),
            Ok(Some(_)) => {}
            Ok(None) => unreachable!("a generation ends with its outcome"),
            Err(error) => break Err(error),
        }
    };
    assert_eq!(block_on(generation.next()), Ok(None));
    let reason = *outcome.as_ref().unwrap_or(&FinishReason::Error);
    assert_eq!(generation.state(), GenerationState::Ended { reason });
    outcome
}

fn join<T>(threads: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn every_letter_is_taken_once_and_every_reader_hears_of_the_end() {
    in_orders(MAILBOX, || {
        let mailbox = Arc::new(Mailbox::new());
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let mailbox = mailbox.clone();
                spawn(move || std::iter::from_fn(|| block_on(mailbox.next())).collect::<String>())
            })
            .collect();
        for letter in ["a", "b.", "c"] {
            mailbox.put(letter.to_owned());
            mailbox.tick();
        }
        mailbox.put_last("d".to_owned());
        let mut taken: Vec<char> = join(readers).concat().chars().filter(|&c| c != '.').collect();
        taken.sort_unstable();
        assert_eq!(taken, ['a', 'b', 'c', 'd']);
    });
}

#[test]
fn a_dropped_future_takes_no_letter_and_no_wake() {
    in_orders(MAILBOX, || {
        let mailbox = Arc::new(Mailbox::new());
        let (impatient, reader) = (mailbox.clone(), mailbox.clone());
        let impatient = spawn(move || {
            let mut next = pin!(impatient.next());
            match next.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                std::task::Poll::Ready(letter) => letter,
                std::task::Poll::Pending => None,
            }
        });
        let reader = spawn(move || block_on(reader.next()));
        mailbox.put("a.".to_owned());
        mailbox.close();
        let taken = join([impatient, reader]);
        assert_eq!(taken.iter().flatten().count(), 1, "{taken:?}");
    });
}

#[test]
fn one_request_at_a_time_is_answered() {
    in_orders(SESSION, || {
        let session = opened(&brief());
        let askers = ["one", "two"].map(|prompt| {
            let session = session.clone();
            spawn(move || match session.generate(asked(prompt)) {
                Ok(generation) => ending(&generation),
                Err(error) => Err(error),
            })
        });
        let outcomes = join(askers);
        let answered = outcomes.iter().filter(|outcome| **outcome == Ok(FinishReason::Length)).count();
        let busy = outcomes.iter().filter(|outcome| **outcome == Err(SdkError::SessionBusy)).count();
        assert!(answered >= 1 && answered + busy == 2, "{outcomes:?}");
        assert_eq!(session.transcript().entries.len(), 2 * answered);
        assert!(!session.is_responding());
    });
}

#[test]
fn what_is_cancelled_ends_and_frees_its_session() {
    in_orders(SESSION, || {
        let session = opened(&brief());
        let generation = session.generate(asked("one")).unwrap();
        let canceller = generation.clone();
        let canceller = spawn(move || {
            canceller.cancel();
            canceller.cancel();
        });
        let outcome = ending(&generation);
        join([canceller]);
        assert!(matches!(outcome, Ok(FinishReason::Cancelled | FinishReason::Length)), "{outcome:?}");
        assert_eq!(ending(&session.generate(asked("two")).unwrap()), Ok(FinishReason::Length));
        let kept = if outcome == Ok(FinishReason::Length) { 4 } else { 2 };
        assert_eq!(session.transcript().entries.len(), kept);
    });
}

#[test]
fn a_session_that_ends_and_a_model_that_unloads_leave_nobody_waiting() {
    in_orders(SESSION, || {
        let model = brief();
        let (session, other) = (opened(&model), opened(&model));
        let askers = [session.clone(), other.clone()].map(|session| {
            spawn(move || match session.generate(asked("one")) {
                Ok(generation) => ending(&generation),
                Err(error) => Err(error),
            })
        });
        let closing = session.clone();
        let enders = [spawn(move || closing.end()), spawn(move || model.unload())];
        let _ = other.prewarm(None);
        let outcomes = join(askers);
        join(enders);
        for outcome in &outcomes {
            let expected = [Ok(FinishReason::Length), Err(SdkError::SessionClosed), Err(SdkError::ModelUnloaded)];
            assert!(expected.contains(outcome), "{outcome:?}");
        }
        assert!(!session.is_responding() && !other.is_responding());
        assert!(session.generate(asked("late")).is_err());
    });
}

#[test]
fn what_a_tool_gave_is_written_down_or_refused_and_never_lost() {
    in_orders(SESSION, || {
        let (model, script, call) = model_saying("<tool_call>\n{\"name\": \"torch\", \"arguments\": {}}\n</tool_call>");
        let end = *call.last().unwrap();
        script.lock().unwrap().say = call.into_iter().chain([100, end]).collect();
        let session = model.new_session(with_torch()).unwrap();
        let generation = session.generate(GenerationRequest::text("light", GenerationOptions::default())).unwrap();
        let call_id = loop {
            match block_on(generation.next()) {
                Ok(Some(Event::ToolCall { call })) => break call.call_id,
                Ok(Some(_)) => {}
                other => panic!("{other:?}"),
            }
        };
        let (answering, cancelling, forking) = (generation.clone(), generation.clone(), session.clone());
        let (answers, cancels) = [(true, true), (true, false), (false, true)][thread_rng().gen_range(0..3)];
        let output = ToolOutcome::Output { text: "it is on".into() };
        let answering = spawn(move || answers && answering.answer(call_id, output).is_ok());
        let cancelling = spawn(move || {
            if cancels {
                cancelling.cancel();
            }
        });
        let forked = spawn(move || forking.fork().map(|fork| fork.transcript().entries.len()));
        let outcome = ending(&generation);
        let answered = answering.join().unwrap();
        cancelling.join().unwrap();
        assert!(forked.join().unwrap().is_ok());
        assert!(outcome.is_ok(), "{outcome:?}");
        assert!(cancels || answered && outcome == Ok(FinishReason::Stop), "{outcome:?}");
        let told = session.transcript_json().unwrap();
        let expected = if answered { "it is on" } else { "outcome unknown" };
        assert!(told.contains(expected), "{answered}: {told}");
    });
}

#[test]
fn what_the_app_sees_of_a_reset_is_what_the_model_has() {
    in_orders(SESSION, || {
        let session = opened(&brief());
        let (resetting, asking) = (session.clone(), session.clone());
        let resetting = spawn(move || resetting.reset().unwrap());
        let outcome = ending(&asking.generate(asked("one")).unwrap());
        join([resetting]);
        assert!(outcome.is_ok(), "{outcome:?}");
        let seen = session.transcript().entries.len();
        let fork = session.fork().unwrap();
        assert_eq!(ending(&fork.generate(asked("two")).unwrap()), Ok(FinishReason::Length));
        assert_eq!((fork.transcript().entries.len(), session.transcript().entries.len()), (seen + 2, seen));
    });
}
