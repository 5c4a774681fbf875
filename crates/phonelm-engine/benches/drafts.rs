//! What drafts gain: the speed of an answer with prompt lookup over that without, for three kinds of answers.
//!
//! A mask makes the model say a given text, so that a model with random weights serves too: what is timed is the engine.
//! `cargo bench -p phonelm-engine --bench drafts [-- MODEL.gguf [THREADS]]`; phonelm-tiny if no model is given.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;

use phonelm_engine::{Engine, Error, GenerateOptions, Input, Setup, TokenMask, TokenSet};
use phonelm_kernels::CpuOptions;
use phonelm_model::ModelFile;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/phonelm-tiny/phonelm-tiny.gguf");
const TEXT: &str = include_str!("../../../docs/api.md");
const PROMPT: usize = 256;
const ANSWER: usize = 128;
const ROUNDS: usize = 7;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let path = args.first().map_or(TINY, String::as_str);
    let threads = args.get(1).map(|threads| threads.parse().unwrap());
    let cpu = CpuOptions { threads, ..CpuOptions::default() };
    let mut engine = Engine::open(ModelFile::open(Path::new(path)).unwrap(), &cpu).unwrap();
    let tiny = Engine::open(ModelFile::open(Path::new(TINY)).unwrap(), &CpuOptions::default()).unwrap();
    let text = tiny.tokenizer().unwrap().encode(TEXT).unwrap();
    let (prompt, rest) = text.split_at(PROMPT);

    let copied = prompt[..ANSWER].to_vec();
    let edited = copied.iter().enumerate().map(|(i, token)| if i % 12 == 11 { rest[i] } else { *token }).collect();
    let fresh = rest[..ANSWER].to_vec();
    println!("{path}: {PROMPT} tokens of prompt, {ANSWER} of answer");
    for (name, answer) in [("copies the prompt", copied), ("edits it, one token in 12", edited), ("goes on", fresh)] {
        let mut ratios: Vec<f64> = (0..=ROUNDS)
            .map(|_| rate(&mut engine, prompt, &answer, true) / rate(&mut engine, prompt, &answer, false))
            .skip(1)
            .collect();
        ratios.sort_by(f64::total_cmp);
        let (least, median, most) = (ratios[0], ratios[ROUNDS / 2], ratios[ROUNDS - 1]);
        println!("{name:<26} {median:.2} x ({least:.2} to {most:.2})");
    }
}

/// Tokens a second of one answer.
fn rate(engine: &mut Engine, prompt: &[u32], answer: &[u32], drafts: bool) -> f64 {
    engine.set_drafts(drafts);
    let mut conversation = engine.conversation(Setup::default());
    let options = GenerateOptions {
        max_tokens: Some(answer.len()),
        mask: Some(Box::new(Script { text: answer.to_owned(), said: 0 })),
        ..GenerateOptions::default()
    };
    let input = Input::Ids(prompt.to_vec());
    let response = engine.respond(&mut conversation, input, options, |_| ControlFlow::Continue(())).unwrap();
    engine.close(conversation);
    assert_eq!(response.answer.ids, answer);
    response.stats.decode_rate()
}

/// Allows the tokens of a text, one after the other.
struct Script {
    text: Vec<u32>,
    said: usize,
}

impl TokenMask for Script {
    fn restrict(&mut self, allowed: &mut TokenSet) -> Result<(), Error> {
        allowed.clear();
        if let Some(token) = self.text.get(self.said) {
            allowed.insert(*token);
        }
        Ok(())
    }

    fn accept(&mut self, _token: u32) -> Result<(), Error> {
        self.said += 1;
        Ok(())
    }
}
