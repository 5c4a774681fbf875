//! What holding calls to their schemas costs and gains: the time of greedy answers of phonelm-tiny with and without the
//! constraint, for requests that lead to calls and for talk, drafts on and off.
//!
//! `cargo bench -p phonelm-engine --bench calls`.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use phonelm_engine::{Conversation, Engine, GenerateOptions, Input, Response, SamplerOptions, Setup, Tool};
use phonelm_kernels::CpuOptions;
use phonelm_model::ModelFile;
use serde_json::Value;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/phonelm-tiny/phonelm-tiny.gguf");
const TOOLS: &str = include_str!("../../../models/phonelm-tiny/tools.json");
const CALLS: [&str; 4] = [
    "Wake me at 7 tomorrow",
    "Set a timer for 5 minutes and call mum",
    "Email ana@example.com that the meeting moves to Friday at noon",
    "Add lunch with Sam on Friday at 12:30 at the harbour to my calendar",
];
const TALK: [&str; 2] = ["Tell me a joke", "Who are you and what can you do?"];
const ROUNDS: usize = 15;

fn main() {
    let cpu = CpuOptions { threads: Some(1), ..CpuOptions::default() };
    let mut engine = Engine::open(ModelFile::open(Path::new(TINY)).unwrap(), &cpu).unwrap();
    let list: Vec<Value> = serde_json::from_str(TOOLS).unwrap();
    let tool = |tool: &Value| Tool {
        name: tool["name"].as_str().unwrap().into(),
        description: tool["description"].as_str().unwrap().into(),
        parameters: tool["parameters"].clone(),
    };
    let tools: Vec<Tool> = list.iter().map(tool).collect();
    let mut conversation = engine.conversation(Setup { tools, ..Setup::default() });
    let start = Instant::now();
    let first = answer(&mut engine, &mut conversation, CALLS[0], 0.0, true);
    let made = (start.elapsed() - first.stats.total).as_secs_f64() * 1e3;
    println!("the grammar of {} functions is made in {made:.1} ms, once", list.len());
    for (name, requests, temperature) in
        [("calls", &CALLS[..], 0.0), ("talk", &TALK[..], 0.0), ("calls at temperature 1", &CALLS[..], 1.0)]
    {
        for drafts in [false, true] {
            engine.set_drafts(drafts);
            let mut times: Vec<[f64; 2]> = (0..=ROUNDS)
                .map(|_| {
                    [false, true].map(|exact| {
                        let each = requests
                            .iter()
                            .map(|request| micros(&mut engine, &mut conversation, request, temperature, exact));
                        each.sum::<f64>() / requests.len() as f64
                    })
                })
                .skip(1)
                .collect();
            times.sort_by(|a, b| (a[1] / a[0]).total_cmp(&(b[1] / b[0])));
            let ratio = |at: usize| (times[at][1] / times[at][0] - 1.0) * 100.0;
            let [free, exact] = times[ROUNDS / 2];
            println!(
                "{name:<24} drafts {:<3} free {free:6.1} us/token, exact {exact:6.1}: {:+.1} % ({:+.1} to {:+.1})",
                if drafts { "on" } else { "off" },
                ratio(ROUNDS / 2),
                ratio(0),
                ratio(ROUNDS - 1)
            );
        }
    }
}

/// Microseconds a token after the first.
fn micros(
    engine: &mut Engine,
    conversation: &mut Conversation,
    request: &str,
    temperature: f32,
    exact_calls: bool,
) -> f64 {
    1e6 / answer(engine, conversation, request, temperature, exact_calls).stats.decode_rate()
}

fn answer(
    engine: &mut Engine,
    conversation: &mut Conversation,
    request: &str,
    temperature: f32,
    exact_calls: bool,
) -> Response {
    engine.reset(conversation);
    let options = GenerateOptions {
        sampler: SamplerOptions { temperature, seed: Some(5), ..SamplerOptions::default() },
        max_tokens: Some(120),
        exact_calls,
        ..GenerateOptions::default()
    };
    let input = Input::User(request.into());
    engine.respond(conversation, input, options, |_| ControlFlow::Continue(())).unwrap()
}
