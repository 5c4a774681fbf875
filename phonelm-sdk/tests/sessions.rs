//! Sessions with the model that ships: turns, cancelling, several at once, forks, transcripts, a full context.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::*;
use phonelm_sdk::*;
use pollster::block_on;

#[test]
fn text_streams_and_adds_up() {
    let model = tiny();
    let session = session(&model);
    let response = answer(&session, "Who are you?");
    assert_eq!(response.finish, FinishReason::Stop);
    let cost = &response.statistics;
    assert!(cost.prompt_tokens > 0 && cost.generated_tokens > 1 && cost.tokens_per_second > 0.0, "{cost:?}");
    assert!(!session.is_responding());
    assert_eq!(model.info().family, "phonelm");
}

#[test]
fn a_second_turn_reuses_the_cache() {
    let model = tiny();
    let session = session(&model);
    let first = answer(&session, "My name is Ada").statistics;
    let second = answer(&session, "What is my name?");
    assert!(second.text.contains("Ada"), "{second:?}");
    assert!(second.statistics.cached_tokens >= first.prompt_tokens, "{first:?} {second:?}");
    assert!(session.usage().tokens > second.statistics.prompt_tokens, "{:?}", session.usage());
    assert_eq!(session.usage().context, model.info().context);
}

#[test]
fn a_cancelled_turn_leaves_no_trace() {
    let model = tiny();
    let (disturbed, plain) = (session(&model), session(&model));
    let generation = disturbed.generate(endless()).unwrap();
    assert!(matches!(block_on(generation.next()), Ok(Some(Event::Text { .. }))));
    generation.cancel();
    generation.cancel();
    let (_, response) = events(&generation).unwrap();
    assert_eq!(response.finish, FinishReason::Cancelled);
    assert!(disturbed.transcript().entries.is_empty());
    generation.cancel();
    drop(disturbed.generate(endless()).unwrap());
    assert_eq!(answer(&disturbed, "Who are you?").text, answer(&plain, "Who are you?").text);
    assert_eq!(disturbed.transcript(), plain.transcript());
}

#[test]
fn a_cancelled_turn_is_kept_where_asked() {
    let model = tiny();
    let session = session(&model);
    let mut request = endless();
    request.options.keep_partial = Some(true);
    let generation = session.generate(request).unwrap();
    block_on(generation.next()).unwrap();
    generation.cancel();
    let (_, response) = events(&generation).unwrap();
    let said = PromptSegment::Text { text: response.text };
    assert_eq!(session.transcript().entries[1], TranscriptEntry::Response { segments: vec![said] });
}

#[test]
fn what_was_cancelled_makes_room_for_the_next_request_at_once() {
    let model = tiny();
    let session = session(&model);
    for _ in 0..20 {
        let generation = session.generate(endless()).unwrap();
        assert!(matches!(session.generate(endless()), Err(SdkError::SessionBusy)));
        generation.cancel();
    }
    assert_eq!(answer(&session, "Who are you?").finish, FinishReason::Stop);
}

#[test]
fn sessions_at_once_answer_as_they_do_alone() {
    let model = load(path(TINY), ModelOptions { threads: Some(2), ..ModelOptions::default() }).unwrap();
    let prompts = ["Who are you?", "What is the capital of France?", "What is 3 plus 4?"];
    let alone: Vec<String> = prompts.iter().map(|prompt| answer(&session(&model), prompt).text).collect();
    let sessions: Vec<_> = prompts.iter().map(|_| session(&model)).collect();
    let generations: Vec<_> = sessions.iter().zip(prompts).map(|(session, prompt)| ask(session, prompt)).collect();
    let together: Vec<String> = generations.iter().map(|g| finish(g).unwrap().text).collect();
    assert_eq!(alone, together);
}

#[test]
fn a_long_prompt_does_not_hold_up_another_session() {
    let model = load(path(TINY), ModelOptions { threads: Some(1), ..ModelOptions::default() }).unwrap();
    let (long, short) = (session(&model), session(&model));
    let words = "a word and ".repeat(250);
    let slow = ask(&long, &words);
    assert_eq!(answer(&short, "Who are you?").finish, FinishReason::Stop);
    assert_eq!(slow.state(), GenerationState::Running);
    finish(&slow).unwrap();
}

#[test]
fn unloading_ends_what_runs() {
    let model = tiny();
    let session = session(&model);
    let generation = session.generate(endless()).unwrap();
    block_on(generation.next()).unwrap();
    model.unload();
    model.unload();
    assert_eq!(events(&generation).unwrap_err(), SdkError::ModelUnloaded);
    assert_eq!(block_on(generation.next()), Ok(None));
    assert_eq!(generation.state(), GenerationState::Ended { reason: FinishReason::Error });
    assert!(!model.is_loaded() && !session.is_responding());
    assert!(matches!(session.generate(endless()), Err(SdkError::ModelUnloaded)));
    assert!(matches!(model.new_session(SessionOptions::default()), Err(SdkError::ModelUnloaded)));
}

#[test]
fn ending_a_session_ends_what_runs() {
    let model = tiny();
    let session = session(&model);
    let generation = session.generate(endless()).unwrap();
    session.end();
    session.end();
    assert_eq!(events(&generation).unwrap_err(), SdkError::SessionClosed);
    assert!(matches!(session.generate(endless()), Err(SdkError::SessionClosed)));
    assert_eq!(session.reset(), Err(SdkError::SessionClosed));
    assert_eq!(answer(&common::session(&model), "Who are you?").finish, FinishReason::Stop);
}

#[test]
fn a_model_lives_as_long_as_its_sessions() {
    let session = session(&tiny());
    assert_eq!(answer(&session, "Who are you?").finish, FinishReason::Stop);
}

#[test]
fn reset_forgets_all_but_the_instructions() {
    let model = tiny();
    let options = SessionOptions { instructions: Some("You are Bolt.".into()), ..SessionOptions::default() };
    let session = model.new_session(options).unwrap();
    let first = answer(&session, "Who are you?");
    assert!(first.text.contains("Bolt"), "{first:?}");
    answer(&session, "My name is Ada");
    let running = session.generate(endless()).unwrap();
    session.reset().unwrap();
    assert_eq!(session.transcript().entries.len(), 1);
    assert_eq!(events(&running).unwrap().1.finish, FinishReason::Cancelled);
    assert_eq!(answer(&session, "Who are you?").text, first.text);
}

#[test]
fn prewarming_spares_the_prompt() {
    let model = tiny();
    let options = SessionOptions { instructions: Some("You are Bolt. ".repeat(20)), ..SessionOptions::default() };
    let (cold, warm) = (model.new_session(options.clone()).unwrap(), model.new_session(options).unwrap());
    warm.prewarm(Some("What is".into())).unwrap();
    // Served behind the prewarming, token by token.
    answer(&cold, "What is your name?");
    let response = answer(&warm, "What is your name?");
    let cost = &response.statistics;
    assert!(cost.cached_tokens + 12 > cost.prompt_tokens, "{cost:?}");
    assert_eq!(warm.transcript(), cold.transcript());
    warm.prewarm(None).unwrap();
    assert_eq!(answer(&warm, "Who are you?").text, answer(&cold, "Who are you?").text);
}

#[test]
fn a_fork_goes_its_own_way() {
    let model = tiny();
    let session = session(&model);
    answer(&session, "My name is Ada");
    let fork = session.fork().unwrap();
    assert_eq!(fork.transcript(), session.transcript());
    answer(&session, "What is 3 plus 4?");
    let response = answer(&fork, "What is my name?");
    assert!(response.text.contains("Ada") && response.statistics.cached_tokens > 0, "{response:?}");
    assert_eq!((session.transcript().entries.len(), fork.transcript().entries.len()), (4, 4));
    drop(session);
    assert_eq!(answer(&fork, "Who are you?").finish, FinishReason::Stop);
}

#[test]
fn a_restored_session_goes_on_exactly() {
    let model = tiny();
    let options = SessionOptions { instructions: Some("You are Bolt.".into()), ..SessionOptions::default() };
    let session = model.new_session(options).unwrap();
    answer(&session, "My name is Ada");
    let json = session.transcript_json().unwrap();
    let restored = model.restore_session(json.clone(), SessionOptions::default()).unwrap();
    assert_eq!(restored.transcript(), session.transcript());
    let (went_on, again) = (answer(&session, "What is my name?"), answer(&restored, "What is my name?"));
    assert_eq!(went_on.text, again.text);
    assert_eq!(went_on.statistics.prompt_tokens, again.statistics.prompt_tokens);
    assert_eq!(again.statistics.cached_tokens, 0);
    let error = model.restore_session(json.replace("\"version\":1", "\"version\":9"), SessionOptions::default());
    assert!(matches!(error, Err(SdkError::TranscriptInvalid { .. })));
}

fn small(context: u32, overflow: OverflowPolicy) -> std::sync::Arc<Session> {
    let model = load(path(TINY), ModelOptions { context: Some(context), ..ModelOptions::default() }).unwrap();
    let options = SessionOptions {
        instructions: Some("You are Bolt.".into()),
        overflow: Some(overflow),
        defaults: Some(most(16)),
        ..SessionOptions::default()
    };
    model.new_session(options).unwrap()
}

#[test]
fn a_full_context_fails_with_numbers_and_keeps_the_conversation() {
    let session = small(128, OverflowPolicy::Fail);
    while session.usage().tokens < 96 {
        answer(&session, "What is the capital of France?");
    }
    let before = session.transcript();
    let error = finish(&ask(&session, &"word ".repeat(100))).unwrap_err();
    assert!(matches!(error, SdkError::ContextFull { needed, limit: 128 } if needed > 128), "{error}");
    assert_eq!(session.transcript(), before);
}

#[test]
fn a_full_context_drops_the_oldest_turns_where_asked() {
    let session = small(160, OverflowPolicy::DropOldest { keep_share: 0.5 });
    let mut dropped = None;
    for _ in 0..20 {
        let (events, response) = events(&ask(&session, "What is the capital of France?")).unwrap();
        assert!(response.text.contains("Paris"), "{response:?}");
        if let Some(Event::ContextDropped { turns, tokens }) = events.first() {
            dropped = Some((*turns, *tokens));
            assert!(response.statistics.prompt_tokens <= 80, "{response:?}");
            break;
        }
    }
    let (turns, tokens) = dropped.unwrap();
    assert!(turns > 1 && tokens > 40, "{turns} turns, {tokens} tokens");
    assert!(matches!(session.transcript().entries[0], TranscriptEntry::Instructions { .. }));
    assert_eq!(session.transcript().entries.len() % 2, 1);
    let error = finish(&ask(&session, &"word ".repeat(200))).unwrap_err();
    assert!(matches!(error, SdkError::ContextFull { .. }), "{error}");
}

#[test]
fn turns_that_were_dropped_for_a_cancelled_one_come_back() {
    let session = small(160, OverflowPolicy::DropOldest { keep_share: 0.5 });
    while session.usage().tokens < 120 {
        answer(&session, "What is the capital of France?");
    }
    let before = session.transcript();
    let generation = ask(&session, &"word ".repeat(30));
    assert!(matches!(block_on(generation.next()), Ok(Some(Event::ContextDropped { .. }))));
    generation.cancel();
    let (_, response) = events(&generation).unwrap();
    if response.finish == FinishReason::Cancelled {
        assert_eq!(session.transcript(), before);
    }
}

#[test]
fn bad_requests_are_refused_with_what_is_allowed() {
    let model = tiny();
    let session = session(&model);
    let empty = session.generate(GenerationRequest::text("", GenerationOptions::default()));
    assert!(matches!(empty, Err(SdkError::PromptInvalid { .. })));
    for options in [
        GenerationOptions { temperature: Some(-1.0), ..most(3) },
        GenerationOptions { top_p: Some(f32::NAN), ..most(3) },
        most(0),
    ] {
        let error = session.generate(GenerationRequest::text("Hello", options)).err().unwrap();
        assert!(matches!(error, SdkError::OptionInvalid { .. }), "{error}");
        assert!(
            !error.is_retryable() && !error_is_retryable(error.clone()) && error_message(error).contains("allowed")
        );
    }
    let overflow = Some(OverflowPolicy::DropOldest { keep_share: 2.0 });
    let error = model.new_session(SessionOptions { overflow, ..SessionOptions::default() }).err().unwrap();
    assert!(matches!(error, SdkError::OptionInvalid { .. }), "{error}");
    assert!(SdkError::SessionBusy.is_retryable());
    assert_eq!(answer(&session, "Who are you?").finish, FinishReason::Stop);
}

#[test]
fn defaults_of_the_session_hold_where_a_request_is_silent() {
    let model = tiny();
    let options = SessionOptions { defaults: Some(most(2)), ..SessionOptions::default() };
    let session = model.new_session(options).unwrap();
    let response = answer(&session, "Who are you?");
    assert_eq!((response.finish, response.statistics.generated_tokens), (FinishReason::Length, 2));
    let response = finish(&session.generate(GenerationRequest::text("Go on", most(3))).unwrap()).unwrap();
    assert_eq!(response.statistics.generated_tokens, 3);
}

#[test]
fn the_context_ends_an_answer() {
    let session = small(64, OverflowPolicy::Fail);
    let mut request = endless();
    request.options.max_tokens = Some(1000);
    let response = finish(&session.generate(request).unwrap()).unwrap();
    assert_eq!(response.finish, FinishReason::ContextFull);
}
