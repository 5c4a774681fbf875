//! `phonelm call`: the calls that serve a request, or each of a file of requests.

use std::path::{Path, PathBuf};

use clap::Args;
use phonelm_engine::{Answer, ToolCall};
use serde_json::{Value, json};

use crate::caller::{Caller, Calling, read_lines};
use crate::error::Error;
use crate::output::{bar, print, printable, tell};
use crate::{interrupt, save};

/// Answer requests with calls as JSON
#[derive(Args)]
#[command(after_help = "\
Prints a JSON list of {\"name\": .., \"arguments\": {..}}; what the model says besides goes to stderr. Calls follow the schemas of the \
functions that are offered: names, arguments, types and form; --free leaves that to the model. The likeliest tokens are taken, so the \
same request has the same answer.

A line of IN.jsonl is {\"id\": .., \"request\": ..}; that of OUT.jsonl, which is whole or absent, is \
{\"id\": .., \"calls\": [..], \"text\": ..}.

Examples:
  phonelm call \"Wake me at 7 tomorrow\"
  phonelm call \"Dim the lamp\" -m qwen.gguf --tools functions.json
  phonelm call --batch requests.jsonl -o answers.jsonl")]
pub(crate) struct Options {
    /// What to serve
    #[arg(required_unless_present = "batch", conflicts_with = "batch", allow_hyphen_values = true)]
    request: Option<String>,
    /// Requests, one a line
    #[arg(long, value_name = "IN.jsonl", requires = "out")]
    batch: Option<PathBuf>,
    /// Where the answers of --batch go
    #[arg(short, long, value_name = "OUT.jsonl", requires = "batch")]
    out: Option<PathBuf>,
    /// Leave out what the model says besides
    #[arg(long, conflicts_with = "batch")]
    json_only: bool,
    #[command(flatten)]
    calling: Calling,
}

/// A line of the input.
struct Request {
    id: Value,
    request: String,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    match (&options.request, &options.batch, &options.out) {
        (None, Some(input), Some(output)) => batch(options, input, output),
        (request, ..) => one(options, request.as_deref().unwrap_or_default()),
    }
}

fn one(options: &Options, request: &str) -> Result<(), Error> {
    if request.trim().is_empty() {
        return Err(Error::Usage("the request is empty: say what is to be done".to_owned()));
    }
    let answer = Caller::open(&options.calling)?.answer(request)?.answer;
    if !options.json_only && !answer.text.is_empty() {
        tell(&printable(&answer.text));
    }
    if let Some(bad) = answer.bad_calls.first() {
        tell(&printable(&format!("phonelm: {bad}")));
    }
    print(&format!("{}\n", calls(&answer.calls)))
}

fn calls(calls: &[ToolCall]) -> Value {
    calls.iter().map(|call| json!({"name": call.name, "arguments": call.arguments})).collect()
}

fn batch(options: &Options, input: &Path, output: &Path) -> Result<(), Error> {
    save::check_place(output)?;
    let requests = read_lines(input, |line| match (line.get("id"), line["request"].as_str()) {
        (Some(id), Some(request)) => Ok(Request { id: id.clone(), request: request.to_owned() }),
        _ => Err("it needs \"id\" and \"request\"".to_owned()),
    })?;
    let mut caller = Caller::open(&options.calling)?;
    interrupt::catch()?;
    let bar = bar(requests.len(), "requests");
    save::whole(output, |writer| {
        for Request { id, request } in &requests {
            let answer: Answer = caller.answer(request)?.answer;
            if interrupt::pressed() {
                return Err(Error::Interrupted { path: output.to_path_buf() }.into());
            }
            let line = json!({"id": id, "calls": calls(&answer.calls), "text": answer.text});
            writeln!(writer, "{line}")?;
            bar.inc(1);
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    print(&format!("{}: {} answers\n", output.display(), requests.len()))
}
