//! Turns on real, small, random models: what the cache holds changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::ops::ControlFlow;

use phonelm_engine::{Conversation, Engine, GenerateOptions, Input, Response, SamplerOptions, Setup};
use phonelm_kernels::{CpuOptions, KvType};
use phonelm_model::ModelFile;

fn engine(file: &str) -> Engine {
    let file = ModelFile::open(&common::golden().join("gguf").join(file)).unwrap();
    Engine::open(file, &CpuOptions { threads: Some(1), ..CpuOptions::default() }).unwrap()
}

fn options(temperature: f32) -> GenerateOptions {
    let sampler = SamplerOptions { temperature, seed: Some(5), ..SamplerOptions::default() };
    GenerateOptions { sampler, max_tokens: Some(12), ..GenerateOptions::default() }
}

fn turn(engine: &mut Engine, conversation: &mut Conversation, input: Input) -> Response {
    engine.respond(conversation, input, options(1.0), |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn a_kept_cache_gives_the_same_answers_as_a_fresh_one() {
    for file in ["llama-freqs-q8_0.gguf", "qwen2-q5_1.gguf", "qwen3-bf16.gguf"] {
        let mut engine = engine(file);
        let mut conversation = engine.conversation(Setup::default());
        for question in ["Hi", "Who are you?", "Bye"] {
            let input = Input::User(question.into());
            let prompt = engine.prompt(&conversation, &input).unwrap();
            let mut fresh = engine.conversation(Setup::default());
            let expected = turn(&mut engine, &mut fresh, Input::Ids(prompt.ids));
            engine.close(fresh);
            let found = turn(&mut engine, &mut conversation, input);
            assert_eq!(found.answer.ids, expected.answer.ids, "{file}: {question}");
            assert_eq!(found.stats.prompt_tokens, expected.stats.prompt_tokens);
        }
        assert!(conversation.cached().len() > 12);
    }
}

#[test]
fn turns_taken_in_turns_give_the_same_answers() {
    let mut engine = engine("llama-freqs-q8_0.gguf");
    let alone = ["Hi", "Go on"].map(|question| {
        let mut conversation = engine.conversation(Setup::default());
        turn(&mut engine, &mut conversation, Input::User(question.into())).answer.ids
    });
    let mut both = ["Hi", "Go on"].map(|question| {
        let mut conversation = engine.conversation(Setup::default());
        engine.begin(&mut conversation, Input::User(question.into()), options(1.0)).unwrap();
        conversation
    });
    while both.iter().any(Conversation::is_answering) {
        for conversation in both.iter_mut().filter(|c| c.is_answering()) {
            engine.step(conversation).unwrap();
        }
    }
    let said = both.map(|conversation| match conversation.messages().last() {
        Some(phonelm_engine::Message::Answer(answer)) => answer.ids.clone(),
        other => panic!("{other:?}"),
    });
    assert_eq!(said, alone);
}

/// Two turns on a text that repeats itself: ids, how they ended, and how many tokens were drafted.
fn two_turns(engine: &mut Engine, sampler: &SamplerOptions, max_tokens: Option<usize>) -> (Vec<Response>, usize) {
    let mut conversation = engine.conversation(Setup::default());
    let turns = [[7, 8, 9, 10, 11, 12].repeat(4), [20, 21, 20, 21, 22, 7, 8].repeat(3)].map(|ids| {
        let options = GenerateOptions { sampler: sampler.clone(), max_tokens, ..GenerateOptions::default() };
        engine.respond(&mut conversation, Input::Ids(ids), options, |_| ControlFlow::Continue(())).unwrap()
    });
    engine.close(conversation);
    let drafted = turns.iter().map(|turn| turn.stats.drafted_tokens).sum();
    (turns.into(), drafted)
}

#[test]
fn drafts_change_no_token() {
    let mut drafted = 0;
    for file in ["llama-freqs-q8_0.gguf", "qwen2-q5_1.gguf", "qwen3-bf16.gguf"] {
        let mut engine = engine(file);
        for (temperature, repetition_penalty) in [(0.0, 1.0), (0.0, 1.2), (0.5, 1.0), (1.5, 1.0)] {
            let sampler =
                SamplerOptions { temperature, repetition_penalty, seed: Some(3), ..SamplerOptions::default() };
            for max_tokens in [Some(1), Some(2), Some(40), None] {
                engine.set_drafts(false);
                let (plain, none) = two_turns(&mut engine, &sampler, max_tokens);
                engine.set_drafts(true);
                let (with, some) = two_turns(&mut engine, &sampler, max_tokens);
                for (plain, with) in plain.iter().zip(&with) {
                    assert_eq!(with.answer.ids, plain.answer.ids, "{file} {sampler:?} {max_tokens:?}");
                    assert_eq!(with.finish, plain.finish);
                    assert_eq!(with.stats.generated_tokens, plain.stats.generated_tokens);
                }
                assert_eq!(none, 0);
                drafted += some;
            }
        }
    }
    assert!(drafted > 100, "only {drafted} tokens were drafted");
}

#[test]
fn perplexity_is_that_of_the_logits() {
    let mut engine = engine("qwen3-q4_1.gguf");
    let ids: Vec<u32> = (0..40).map(|i| i * 7 % engine.vocab() as u32).collect();
    let logits = engine.logits(&ids).unwrap();
    let nll = logits.rows().zip(&ids[1..]).map(|(row, &next)| {
        let sum: f64 = row.iter().map(|&x| f64::from(x).exp()).sum();
        sum.ln() - f64::from(row[next as usize])
    });
    let expected = nll.sum::<f64>() / 39.0;
    let found = engine.perplexity(&ids).unwrap();
    assert_eq!(found.tokens, 39);
    assert!((found.nll - expected).abs() < 1e-6, "{} {expected}", found.nll);
}

/// phonelm-tiny on sentences that it was taught, on others, and on prose that it was not made for (files that do not change).
#[test]
fn keys_and_values_in_bytes_foresee_a_text_as_well() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let texts = ["training/data/facts.tsv", "training/data/jokes.txt", "LICENSE"]
        .map(|file| std::fs::read_to_string(root.join(file)).unwrap());
    let perplexity = |kv| {
        let file = ModelFile::open(&root.join("models/phonelm-tiny/phonelm-tiny.gguf")).unwrap();
        let mut engine = Engine::open(file, &CpuOptions { kv, ..CpuOptions::default() }).unwrap();
        let (mut nats, mut tokens) = (0.0, 0);
        for text in &texts {
            let ids = engine.tokenizer().unwrap().encode(text).unwrap();
            let part = engine.perplexity(&ids).unwrap();
            nats += part.nll * part.tokens as f64;
            tokens += part.tokens;
        }
        (nats / tokens as f64).exp()
    };
    let (halves, bytes) = (perplexity(KvType::F16), perplexity(KvType::Q8_0));
    println!("f16 {halves:.3}, q8_0 {bytes:.3}: {:+.3} %", (bytes / halves - 1.0) * 100.0);
    assert!((bytes / halves - 1.0).abs() <= 1e-3);
}
