//! `phonelm run`: one answer, or a chat.

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use clap::Args;
use phonelm_engine::{Conversation, Engine, GenerateOptions, Input, SamplerOptions, Setup};
use phonelm_kernels::CpuOptions;

use crate::backend::Backend;
use crate::chat::{Terminal, chat};
use crate::error::Error;
use crate::kv::Kv;
use crate::model::Model;
use crate::output::{print, print_json, tell};
use crate::tools;
use crate::turn::{Failure, answer, stats_text, to_json};

/// Temperature of models that were made for no functions; with functions the likeliest token counts.
const TALKATIVE: f32 = 0.7;

/// Answer a prompt, or chat
#[derive(Args)]
#[command(after_help = "\
Without --prompt, the prompt is what comes on a pipe; at a terminal a chat begins, in which /help lists the commands \
and Ctrl-C stops an answer. A model without a chat template continues the prompt as plain text. Calls of functions are \
shown, such as `→ set_alarm(hour: 7, minutes: 0)`; phonelm itself runs none.

Examples:
  phonelm run --prompt \"Wake me at 7 tomorrow\"
  phonelm run qwen.gguf --instructions \"Answer in French.\" --temperature 0.7
  echo \"What can you do?\" | phonelm run --stats
  phonelm run --prompt \"Set a timer for 5 minutes\" --json")]
pub(crate) struct Options {
    /// Model file [default: phonelm-tiny]
    model: Option<PathBuf>,
    /// What to answer
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    prompt: Option<String>,
    /// What the model is told before anything else
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    instructions: Option<String>,
    /// Functions to offer: a JSON list of {name, description, parameters}, or none [default: those of the model file]
    #[arg(long, value_name = "FILE.json|none")]
    tools: Option<PathBuf>,
    /// Let calls be whatever the model writes; otherwise they follow the functions' schemas
    #[arg(long)]
    free: bool,
    /// Most tokens of an answer [default: as many as the context holds]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_tokens: Option<u32>,
    /// 0 takes the likeliest token, more takes less likely ones too [default: 0 if the model file has functions, else 0.7]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    temperature: Option<f32>,
    /// Makes answers at temperatures above 0 repeatable
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    #[command(flatten)]
    backend: Backend,
    /// Compute threads [default: the number of big cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Compute each token in a pass of its own; the answer is the same
    #[arg(long)]
    no_drafts: bool,
    /// How keys and values are kept
    #[arg(long, value_enum, default_value = "f16")]
    kv: Kv,
    /// Tell on stderr what an answer cost
    #[arg(long)]
    stats: bool,
    /// Print one answer as JSON, with calls and costs
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let prompt = prompt(options)?;
    let model = Model::open(options.model.as_deref())?;
    let refused = |cause| model.engine(cause);
    let tools = tools::offered(options.tools.as_deref(), &model)?;
    let usual = if tools::has_own(&model)? { 0.0 } else { TALKATIVE };
    let sampler = SamplerOptions {
        temperature: options.temperature.unwrap_or(usual),
        seed: options.seed,
        ..SamplerOptions::default()
    };
    sampler.check(model.file.config().vocab).map_err(refused)?;
    let generate = || GenerateOptions {
        sampler: sampler.clone(),
        max_tokens: options.max_tokens.map(|n| n as usize),
        exact_calls: !options.free,
        ..GenerateOptions::default()
    };

    let cpu = CpuOptions { threads: options.threads, kv: options.kv.into(), ..CpuOptions::default() };
    let mut engine = options.backend.engine(&model, &cpu)?;
    engine.set_drafts(!options.no_drafts);
    engine.tokenizer().map_err(refused)?;
    let offered = tools.len();
    let setup = Setup { instructions: options.instructions.clone(), tools, ..Setup::default() };
    let mut conversation = engine.conversation(setup);
    match prompt {
        Some(prompt) => {
            let input = first_input(&model, &engine, &conversation, prompt)?;
            one(options, &model, &mut engine, &mut conversation, input, generate())
        }
        None => {
            engine.template().map_err(refused)?;
            let functions = if offered == 0 { String::new() } else { format!(" with {offered} functions") };
            print(&format!("{}{functions}. /help lists commands, Ctrl-D leaves.\n", model.name))?;
            chat(&mut engine, &mut conversation, &mut Terminal::open()?, &generate, options.stats)
        }
    }
}

/// One answer, as it comes or as JSON.
fn one(
    options: &Options,
    model: &Model,
    engine: &mut Engine,
    conversation: &mut Conversation,
    input: Input,
    generate: GenerateOptions,
) -> Result<(), Error> {
    let response = answer(engine, conversation, input, generate, options.json).map_err(|failure| match failure {
        Failure::Engine(cause) => model.engine(cause),
        Failure::Shown(error) => error,
    })?;
    if options.json {
        print_json(&to_json(&response))?;
    }
    if options.stats {
        tell(&stats_text(&response.stats));
    }
    Ok(())
}

/// The prompt of the command line or of a pipe; `None` at a terminal.
fn prompt(options: &Options) -> Result<Option<String>, Error> {
    let (text, place) = match &options.prompt {
        Some(text) => (text.clone(), "--prompt"),
        None if io::stdin().is_terminal() && options.json => {
            return Err(Error::Usage("--json needs a prompt: give --prompt or a pipe".to_owned()));
        }
        None if io::stdin().is_terminal() => return Ok(None),
        None => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map_err(Error::Input)?;
            let text = String::from_utf8(bytes).map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                Error::Usage(format!("byte {at} of standard input is no UTF-8 text"))
            })?;
            (text, "standard input")
        }
    };
    let text = text.trim_end_matches(['\n', '\r']);
    match text.trim().is_empty() {
        true => Err(Error::Usage(format!("the prompt from {place} is empty: give --prompt TEXT or a pipe with text"))),
        false => Ok(Some(text.to_owned())),
    }
}

/// A turn of the conversation, or of plain text where the model has no chat template.
fn first_input(model: &Model, engine: &Engine, conversation: &Conversation, prompt: String) -> Result<Input, Error> {
    let plain = matches!(engine.template(), Err(phonelm_engine::Error::NoTemplate));
    let setup = conversation.setup();
    if !plain || setup.instructions.is_some() || !setup.tools.is_empty() {
        return Ok(Input::User(prompt));
    }
    let tokenizer = engine.tokenizer().map_err(|cause| model.engine(cause))?;
    let bos = model.wants_bos()?.then(|| tokenizer.bos()).flatten();
    let ids = tokenizer.encode(&prompt).map_err(|cause| model.engine(cause))?;
    Ok(Input::Ids(bos.into_iter().chain(ids).collect()))
}
