//! The `phonelm` program: runs, converts, inspects and measures models on this machine.
//!
//! Left out on purpose: arithmetic and formats, which are the other crates' work; a command here is glue and words.

#![forbid(unsafe_code)]

mod backend;
mod caller;
mod chat;
mod commands;
mod error;
mod interrupt;
mod kv;
mod memory;
mod model;
mod npy;
mod output;
mod save;
mod scoring;
mod tools;
mod trace;
mod turn;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use commands::Command;
use error::Error;

/// A language model on your own processor.
#[derive(Parser)]
#[command(
    name = "phonelm",
    version,
    arg_required_else_help = true,
    after_help = "\
Without MODEL, commands use phonelm-tiny, which is part of the program.

Examples:
  phonelm run                                     chat with phonelm-tiny
  phonelm run --prompt \"Wake me at 7 tomorrow\"    one answer
  phonelm convert Qwen2.5-0.5B -o qwen.gguf --type q4_0
  phonelm run qwen.gguf --stats
  phonelm call \"Wake me at 7 tomorrow\"            the calls as JSON

Environment:
  PHONELM_LOG       what to log on stderr, such as debug or phonelm_kernels=debug
  PHONELM_KERNELS   the kernel set to use; `phonelm kernels` lists them"
)]
struct Program {
    /// Tell on stderr how long loading and computing took.
    #[arg(short, long, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let result = match Program::try_parse() {
        Ok(program) => trace::start(program.verbose).and_then(|()| program.command.run()),
        Err(error) => usage(&error),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            output::tell(&format!("phonelm: {}", error.one_line()));
            ExitCode::FAILURE
        }
    }
}

/// Prints help or the version where it was asked for; everything else is one line about the command line.
fn usage(error: &clap::Error) -> Result<(), Error> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.print().map_err(Error::Output),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => output::print(&error.render().to_string()),
        _ => {
            let text = error.render().to_string();
            let message = text.split("\n\n").next().unwrap_or(&text).trim_start_matches("error: ");
            let words: Vec<&str> = message.split_whitespace().collect();
            Err(Error::Usage(format!("{} (--help shows what is possible)", words.join(" "))))
        }
    }
}
