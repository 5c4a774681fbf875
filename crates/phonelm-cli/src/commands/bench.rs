//! `phonelm bench`: how fast a model, or a random one of a known shape, reads and writes on this machine.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use phonelm_gguf::TensorType;
use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::{
    Activation, Config, Executor, ExecutorError, Family, Input, LogitsFor, Mapping, ModelFile, Rope, RopeLayout,
    Segment,
};
use serde::Serialize;

use crate::commands::convert::writable_type;
use crate::error::Error;
use crate::kv::Kv;
use crate::memory;
use crate::model::{self, Model};
use crate::output::{bytes, count, print, print_json, table};

/// Measure prefill and decode speed
#[derive(Args)]
#[command(after_help = "\
Prefill computes -p tokens at once, decode -n tokens one by one, each on an empty cache. One unmeasured round warms \
up; the figures are medians of -r rounds, with the slowest and fastest round behind them.

Examples:
  phonelm bench
  phonelm bench model.gguf -p 512 -n 64 -t 4
  phonelm bench --shape phonelm-0.5b --type q4_0 --json")]
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
    shape: Option<Shape>,
    /// Type of the random weights [default: q4_0]
    #[arg(long = "type", value_name = "TYPE", value_parser = writable_type)]
    ty: Option<TensorType>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The two published PhoneLM models.
#[derive(Clone, Copy, ValueEnum)]
enum Shape {
    #[value(name = "phonelm-0.5b")]
    PhoneLm05,
    #[value(name = "phonelm-1.5b")]
    PhoneLm15,
}

impl Shape {
    fn config(self) -> Config {
        let (hidden, ffn, layers) = match self {
            Self::PhoneLm05 => (1024, 4864, 24),
            Self::PhoneLm15 => (2560, 6816, 19),
        };
        Config {
            family: Family::PhoneLm,
            context: 2048,
            hidden,
            layers,
            heads: 16,
            kv_heads: 16,
            head_dim: hidden / 16,
            ffn,
            vocab: 49_152,
            norm_eps: 1e-6,
            rope: Rope { base: 10_000.0, layout: RopeLayout::Halves, linear_factor: 1.0, factors: None, int8: true },
            activation: Activation::Relu,
            qkv_bias: false,
            qk_norm: false,
            tied: true,
        }
    }
}

/// Tokens a second over all rounds.
#[derive(Serialize)]
struct Speed {
    tokens: usize,
    median: f64,
    min: f64,
    max: f64,
}

#[derive(Serialize)]
struct Measure {
    model: String,
    parameters: u64,
    /// Kernel set and threads, as the executor tells them.
    kernels: &'static str,
    threads: usize,
    repetitions: u32,
    prefill_tokens_per_second: Option<Speed>,
    decode_tokens_per_second: Option<Speed>,
    /// Bytes of weights that one decoded token reads.
    weight_bytes: u64,
    decode_gigabytes_per_second: Option<f64>,
    peak_memory_bytes: Option<u64>,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    if options.prompt == 0 && options.generate == 0 {
        return Err(Error::Usage("-p 0 and -n 0 leave nothing to measure".to_owned()));
    }
    if options.ty.is_some() && options.shape.is_none() {
        return Err(Error::Usage("--type is for random weights: it needs --shape".to_owned()));
    }
    let model = open(options)?;
    let (needed, limit) = (options.prompt.max(options.generate), model.file.config().context);
    if needed > limit {
        return Err(model.failed(ExecutorError::ContextFull { needed, limit }));
    }
    let threads = options.threads.unwrap_or_else(phonelm_kernels::default_threads);
    let mut executor =
        model.executor(&CpuOptions { threads: Some(threads), kv: options.kv.into(), ..CpuOptions::default() })?;
    let vocab = model.file.config().vocab;
    let weight_bytes = weight_bytes(&model.file, &executor);

    let (mut prefill, mut decode) = (Vec::new(), Vec::new());
    for round in 0..=options.repetitions {
        let text = tokens(options.prompt, vocab);
        let seconds = time(&mut executor, text.chunks(options.prompt.max(1))).map_err(|e| model.failed(e))?;
        prefill.push(options.prompt as f64 / seconds);
        let text = tokens(options.generate, vocab);
        let seconds = time(&mut executor, text.chunks(1)).map_err(|e| model.failed(e))?;
        decode.push(options.generate as f64 / seconds);
        if round == 0 {
            prefill.clear();
            decode.clear();
        }
    }
    let decode = speed(options.generate, decode);
    let measure = Measure {
        parameters: model.file.config().parameters(),
        model: model.name,
        kernels: phonelm_kernels::choose()?.name(),
        threads,
        repetitions: options.repetitions,
        prefill_tokens_per_second: speed(options.prompt, prefill),
        decode_gigabytes_per_second: decode.as_ref().map(|speed| speed.median * weight_bytes as f64 / 1e9),
        decode_tokens_per_second: decode,
        weight_bytes,
        peak_memory_bytes: memory::peak(),
    };
    if options.json { print_json(&measure) } else { print(&text(&measure)) }
}

fn open(options: &Options) -> Result<Model, Error> {
    let Some(shape) = options.shape else {
        return Model::open(options.model.as_deref());
    };
    let ty = options.ty.unwrap_or(TensorType::Q4_0);
    let name = shape.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let name = format!("{name} {ty}, random weights");
    let bytes = phonelm_convert::random_model(&shape.config(), ty, 1)?;
    let file = ModelFile::new(Mapping::from_vec(bytes)).map_err(|cause| model::error(&name, cause))?;
    Ok(Model { name, file })
}

/// Feeds the pieces to an empty cache, logits wanted of the last token of each, and returns the seconds that it took.
fn time<'a>(executor: &mut CpuExecutor, pieces: impl Iterator<Item = &'a [u32]>) -> Result<f64, ExecutorError> {
    let cache = executor.create();
    let start = Instant::now();
    for piece in pieces {
        executor.forward(&[Segment { cache, input: Input::Tokens(piece), logits: LogitsFor::Last }])?;
    }
    let seconds = start.elapsed().as_secs_f64();
    executor.release(cache);
    Ok(seconds)
}

/// Some token ids, always the same.
fn tokens(len: usize, vocab: usize) -> Vec<u32> {
    (0..len).map(|i| (i * 7919 % vocab) as u32).collect()
}

/// Bytes that a pass over all weights reads: packed matrices as they lie in memory, float matrices from the file.
fn weight_bytes(file: &ModelFile, executor: &CpuExecutor) -> u64 {
    let weights = file.weights();
    let layers = weights.layers.iter().flat_map(|l| [&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down]);
    let floats = layers.chain([&weights.head]).filter(|tensor| tensor.ty.block_len() == 1);
    executor.weight_bytes() as u64 + floats.map(|tensor| tensor.range.len() as u64).sum::<u64>()
}

fn speed(tokens: usize, mut rounds: Vec<f64>) -> Option<Speed> {
    rounds.sort_by(f64::total_cmp);
    let (min, max) = (*rounds.first()?, *rounds.last()?);
    let middle = rounds.len() / 2;
    let median = if rounds.len() % 2 == 1 { rounds[middle] } else { (rounds[middle - 1] + rounds[middle]) / 2.0 };
    (tokens > 0).then_some(Speed { tokens, median, min, max })
}

fn text(measure: &Measure) -> String {
    let mut rows = vec![
        ["model".to_owned(), format!("{}, {} parameters", measure.model, count(measure.parameters))],
        ["kernels".to_owned(), format!("{}, {} threads", measure.kernels, measure.threads)],
    ];
    let speeds = [("prefill", &measure.prefill_tokens_per_second), ("decode", &measure.decode_tokens_per_second)];
    for (name, speed) in speeds {
        if let Some(s) = speed {
            let line = format!("{:.1} tokens/s ({:.1} to {:.1}, {} tokens)", s.median, s.min, s.max, s.tokens);
            rows.push([name.to_owned(), line]);
        }
    }
    let mut weights = format!("{} read for each token", bytes(measure.weight_bytes));
    if let Some(rate) = measure.decode_gigabytes_per_second {
        weights += &format!(", {rate:.1} GB/s in decode");
    }
    rows.push(["weights".to_owned(), weights]);
    let peak = measure.peak_memory_bytes.map_or_else(|| "not told by this system".to_owned(), bytes);
    rows.push(["peak memory".to_owned(), peak]);
    table(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spread() {
        let odd = speed(1, vec![3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.median, odd.min, odd.max), (2.0, 1.0, 3.0));
        assert_eq!(speed(1, vec![4.0, 1.0]).unwrap().median, 2.5);
        assert!(speed(0, vec![1.0]).is_none());
    }

    #[test]
    fn shapes_have_their_published_sizes() {
        assert_eq!(Shape::PhoneLm05.config().parameters() / 1_000_000, 509);
        assert_eq!(Shape::PhoneLm15.config().parameters() / 1_000_000, 1618);
    }
}
