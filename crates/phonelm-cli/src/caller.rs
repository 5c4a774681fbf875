//! A model that answers requests one by one, each as if it were the first: what `call` and `eval-calls` share.

use std::path::{Path, PathBuf};

use clap::Args;
use phonelm_engine::{Conversation, Engine, GenerateOptions, Input, Response, Setup, Tool};
use phonelm_kernels::CpuOptions;
use serde_json::Value;

use crate::error::Error;
use crate::model::{Model, read_text};
use crate::tools;
use crate::turn::{Failure, answer};

/// Which model answers, and how.
#[derive(Args)]
pub(crate) struct Calling {
    /// Model file [default: phonelm-tiny]
    #[arg(short, long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Functions to offer: a JSON list of {name, description, parameters} [default: those of the model file]
    #[arg(long, value_name = "FILE.json")]
    tools: Option<PathBuf>,
    /// Let calls be whatever the model writes; otherwise they follow the functions' schemas
    #[arg(long)]
    free: bool,
    /// Most tokens of an answer
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    max_tokens: u32,
    /// Compute threads [default: the number of big cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// A model ready to call functions.
pub(crate) struct Caller {
    pub(crate) model: Model,
    engine: Engine,
    conversation: Conversation,
    options: GenerateChoice,
}

/// What each answer is generated with.
#[derive(Clone, Copy)]
struct GenerateChoice {
    exact_calls: bool,
    max_tokens: usize,
}

impl Caller {
    pub(crate) fn open(calling: &Calling) -> Result<Self, Error> {
        let model = Model::open(calling.model.as_deref())?;
        let tools = tools::offered(calling.tools.as_deref(), &model)?;
        if tools.is_empty() {
            return Err(Error::Usage(format!("{} carries no functions: give some with --tools FILE.json", model.name)));
        }
        let cpu = CpuOptions { threads: calling.threads, ..CpuOptions::default() };
        let mut engine = Engine::open(model.file.clone(), &cpu).map_err(|cause| model.engine(cause))?;
        let conversation = engine.conversation(Setup { tools, ..Setup::default() });
        let options = GenerateChoice { exact_calls: !calling.free, max_tokens: calling.max_tokens as usize };
        Ok(Self { model, engine, conversation, options })
    }

    /// The functions that are offered.
    pub(crate) fn tools(&self) -> &[Tool] {
        &self.conversation.setup().tools
    }

    /// Offers these functions from now on.
    pub(crate) fn offer(&mut self, tools: Vec<Tool>) {
        if tools != self.conversation.setup().tools {
            let next = self.engine.conversation(Setup { tools, ..Setup::default() });
            self.engine.close(std::mem::replace(&mut self.conversation, next));
        }
    }

    /// The likeliest answer to a request, nothing said before.
    pub(crate) fn answer(&mut self, request: &str) -> Result<Response, Error> {
        self.engine.reset(&mut self.conversation);
        let options = GenerateOptions {
            exact_calls: self.options.exact_calls,
            max_tokens: Some(self.options.max_tokens),
            ..GenerateOptions::default()
        };
        let input = Input::User(request.to_owned());
        let answered = answer(&mut self.engine, &mut self.conversation, input, options, true);
        answered.map_err(|failure| match failure {
            Failure::Engine(cause) => self.model.engine(cause),
            Failure::Shown(error) => error,
        })
    }
}

/// The lines of a JSONL file, each read by `read`, which says what is missing.
pub(crate) fn read_lines<T>(path: &Path, read: impl Fn(Value) -> Result<T, String>) -> Result<Vec<T>, Error> {
    let text = read_text(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read_line = |(index, line): (usize, &str)| {
        let value = serde_json::from_str(line).map_err(|cause| format!("no JSON: {cause}"));
        value
            .and_then(&read)
            .map_err(|why| Error::Content { path: path.to_path_buf(), why: format!("line {}: {why}", index + 1) })
    };
    let all: Vec<T> = lines.map(read_line).collect::<Result<_, _>>()?;
    if all.is_empty() {
        return Err(Error::Content { path: path.to_path_buf(), why: "there is no line in it".to_owned() });
    }
    Ok(all)
}
