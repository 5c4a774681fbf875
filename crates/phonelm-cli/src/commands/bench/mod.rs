//! `phonelm bench`: how fast a model, or a random one of a known shape, reads and writes on this machine.

mod measure;
mod report;
mod shape;

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use phonelm_gguf::TensorType;
use phonelm_kernels::CpuOptions;
use phonelm_model::{ExecutorError, Mapping, ModelFile};

use crate::backend::Backend;
use crate::commands::convert::writable_type;
use crate::error::Error;
use crate::kv::Kv;
use crate::model::{self, Model};
use crate::output::{print, print_json};
use crate::save;

use measure::Plan;
use report::Report;
use shape::Known;

/// Measure prefill and decode speed
#[derive(Args)]
#[command(after_help = "\
Prefill computes -p tokens at once, decode -n tokens one by one, each after --depth tokens. One unmeasured round warms \
up; the figures are medians of -r rounds, with the slowest and fastest round behind them.

--rows times passes over several tokens at once, as for a short follow-up or a draft, against decoding one. --bandwidth \
reads 800 MB in every way that this CPU has between the other measurements and holds what decode reads against the \
fastest; on x86-64 it holds the products of prefill against the most that registers give.

Examples:
  phonelm bench
  phonelm bench model.gguf -p 512 -n 64 -t 4
  phonelm bench model.gguf --depth 1900 -p 0 --bandwidth
  phonelm bench --shape phonelm-0.5b --type q4_0 --rows 2,4,8 --json
  phonelm bench --shape phonelm-1.5b --sparsity 0.9 -p 0
  phonelm bench --shape phonelm-1.5b --backend gpu -p 512 -n 64
  phonelm bench --backend auto
  phonelm bench --shape phonelm-0.5b --llama --save random.gguf")]
pub(crate) struct Options {
    /// Model file [default: phonelm-tiny]
    #[arg(conflicts_with = "shape")]
    model: Option<PathBuf>,
    /// Tokens of the prefill; 0 leaves it out
    #[arg(short, long, value_name = "N", default_value_t = 128)]
    prompt: usize,
    /// Tokens of the decode; 0 leaves it out
    #[arg(short = 'n', long, value_name = "N", default_value_t = 32)]
    generate: usize,
    /// Tokens that are in the cache before each measurement
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    depth: usize,
    /// Also pass over so many tokens at once, such as 2,4,8
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    rows: Vec<usize>,
    /// Also measure how fast this machine reads memory and multiplies
    #[arg(long)]
    bandwidth: bool,
    #[command(flatten)]
    backend: Backend,
    /// Compute threads [default: the number of big cores]
    #[arg(short, long, value_name = "N")]
    threads: Option<usize>,
    /// How keys and values are kept
    #[arg(long, value_enum, default_value = "f16")]
    kv: Kv,
    /// Measured rounds
    #[arg(short, long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    repetitions: u32,
    /// Use random weights of this shape in memory
    #[arg(long, value_enum)]
    shape: Option<Known>,
    /// Type of the random weights [default: q4_0]
    #[arg(long = "type", value_name = "TYPE", value_parser = writable_type)]
    ty: Option<TensorType>,
    /// Share of the FFN's neurons that ReLU leaves at zero in the random model, 0 to 1 [default: about one half]
    #[arg(long, value_name = "SHARE")]
    sparsity: Option<f64>,
    /// Compute every neuron, also those that ReLU leaves at zero
    #[arg(long)]
    dense: bool,
    /// Give the random model llama's architecture, which other programs know
    #[arg(long)]
    llama: bool,
    /// Write the random model to a file and measure nothing
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    check(options)?;
    if let (Some(shape), Some(path)) = (options.shape, &options.save) {
        let bytes = random(options, shape)?;
        return save::whole(path, |out| Ok(out.write_all(&bytes)?));
    }
    let model = open(options)?;
    let (needed, limit) = (options.depth + options.prompt.max(options.generate), model.file.config().context);
    if needed > limit {
        return Err(model.failed(ExecutorError::ContextFull { needed, limit }));
    }
    let cpu =
        CpuOptions { threads: options.threads, kv: options.kv.into(), dense: options.dense, ..CpuOptions::default() };
    let start = Instant::now();
    let executor = options.backend.load(&model, &cpu)?;
    let loading = start.elapsed();
    let plan = Plan {
        depth: options.depth,
        prompt: options.prompt,
        generate: options.generate,
        rows: options.rows.clone(),
        bandwidth: options.bandwidth,
        rounds: options.repetitions,
    };
    let rounds = measure::run(executor, &model.file, &plan).map_err(|cause| model.failed(cause))?;
    let report = Report::new(&model, loading, &plan, &rounds);
    if options.json { print_json(&report) } else { print(&report.text()) }
}

fn check(options: &Options) -> Result<(), Error> {
    let usage = |text: String| Err(Error::Usage(text));
    if options.prompt == 0 && options.generate == 0 && options.save.is_none() {
        return usage("-p 0 and -n 0 leave nothing to measure".to_owned());
    }
    if options.shape.is_none() && (options.ty.is_some() || options.llama || options.save.is_some()) {
        return usage("--type, --llama and --save are for random weights: they need --shape".to_owned());
    }
    if options.bandwidth && !options.backend.is_cpu() {
        return usage("--bandwidth reads the processor's memory: it needs --backend cpu".to_owned());
    }
    if let Some(share) = options.sparsity {
        if options.shape.is_none() || options.llama || ty(options) != TensorType::Q4_0 {
            return usage(
                "--sparsity is for random weights with ReLU in q4_0: it needs --shape, without --llama".to_owned(),
            );
        }
        if !(0.0..=1.0).contains(&share) {
            return usage(format!("--sparsity {share}: choose from 0 to 1"));
        }
    }
    if let Some(rows) = options.rows.iter().find(|rows| !(1..=options.generate).contains(*rows)) {
        return usage(format!("--rows {rows}: choose from 1 up to the {} tokens of -n", options.generate));
    }
    Ok(())
}

fn open(options: &Options) -> Result<Model, Error> {
    let Some(shape) = options.shape else {
        return Model::open(options.model.as_deref());
    };
    let name = shape.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let name = format!("{name} {}, random weights", ty(options));
    let mapping = Mapping::from_vec(random(options, shape)?);
    let file = ModelFile::new(mapping).map_err(|cause| model::error(&name, cause))?;
    Ok(Model { name, file })
}

fn random(options: &Options, shape: Known) -> Result<Vec<u8>, Error> {
    let mut file = phonelm_convert::random_model(&shape.config(options.llama), ty(options), 1)?;
    if let Some(share) = options.sparsity {
        phonelm_convert::silence(&mut file, share).map_err(|cause| model::error("random model", cause.into()))?;
    }
    Ok(file)
}

fn ty(options: &Options) -> TensorType {
    options.ty.unwrap_or(TensorType::Q4_0)
}
