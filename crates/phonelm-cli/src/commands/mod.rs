//! The commands, one a file.

mod bench;
mod call;
mod convert;
#[cfg(feature = "gpu")]
mod devices;
mod eval_calls;
mod inspect;
mod kernels;
mod logits;
mod perplexity;
mod run;
mod search;
mod tokenize;

use clap::Subcommand;

use crate::error::Error;

#[derive(Subcommand)]
pub(crate) enum Command {
    Run(run::Options),
    Call(call::Options),
    EvalCalls(eval_calls::Options),
    Convert(convert::Options),
    Inspect(inspect::Options),
    Tokenize(tokenize::Options),
    Logits(logits::Options),
    Perplexity(perplexity::Options),
    Bench(bench::Options),
    Search(search::Options),
    Kernels(kernels::Options),
    #[cfg(feature = "gpu")]
    Devices(devices::Options),
}

impl Command {
    pub(crate) fn run(self) -> Result<(), Error> {
        match self {
            Self::Run(options) => run::run(&options),
            Self::Call(options) => call::run(&options),
            Self::EvalCalls(options) => eval_calls::run(&options),
            Self::Convert(options) => convert::run(&options),
            Self::Inspect(options) => inspect::run(&options),
            Self::Tokenize(options) => tokenize::run(&options),
            Self::Logits(options) => logits::run(&options),
            Self::Perplexity(options) => perplexity::run(&options),
            Self::Bench(options) => bench::run(&options),
            Self::Search(options) => search::run(&options),
            Self::Kernels(options) => kernels::run(&options),
            #[cfg(feature = "gpu")]
            Self::Devices(options) => devices::run(&options),
        }
    }
}
