//! `phonelm perplexity`: how well a model foresees a text.

use std::path::PathBuf;

use clap::Args;
use phonelm_engine::Engine;
use phonelm_kernels::CpuOptions;
use serde::Serialize;

use crate::error::Error;
use crate::kv::Kv;
use crate::model::{Model, read_text};
use crate::output::{bar, print, print_json};

/// Measure how well a model foresees a text file
#[derive(Args)]
#[command(after_help = "\
The text is cut into chunks as long as the context. Each token is foreseen from those before it in its chunk; \
the first one of a chunk is given, or follows the token that begins a text where the model wants one. Special tokens \
in the file are plain text. Perplexity is exp of the mean of -ln p; bits per byte relates the same sum to the length of the text, \
so that it compares models with different tokenizers.

Examples:
  phonelm perplexity model.gguf book.txt
  phonelm perplexity model.gguf book.txt --context 512 --json")]
pub(crate) struct Options {
    /// Model file
    model: PathBuf,
    /// Text file in UTF-8
    file: PathBuf,
    /// Length of a chunk in tokens [default: the model's context]
    #[arg(long, value_name = "N")]
    context: Option<usize>,
    /// Compute threads [default: the number of big cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// How keys and values are kept
    #[arg(long, value_enum, default_value = "f16")]
    kv: Kv,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Serialize)]
struct Measure {
    /// Tokens of the text.
    tokens: usize,
    /// Tokens that were foreseen.
    scored: usize,
    perplexity: f64,
    bits_per_byte: f64,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let model = Model::open(Some(&options.model))?;
    let tokenizer = model.tokenizer()?;
    let ids = tokenizer.encode(&read_text(&options.file)?).map_err(|cause| model.engine(cause))?;
    let bos = model.wants_bos()?.then(|| tokenizer.bos()).flatten();
    let cpu = CpuOptions {
        threads: options.threads,
        kv: options.kv.into(),
        context: options.context,
        ..CpuOptions::default()
    };
    let mut engine = Engine::open(model.file.clone(), &cpu).map_err(|cause| model.engine(cause))?;
    let room = engine.context() - usize::from(bos.is_some());
    if ids.len() < 2 || room < 2 {
        let why = format!("{} tokens in chunks of {room}: at least 2 are needed to foresee one", ids.len());
        return Err(Error::Content { path: options.file.clone(), why });
    }

    let bar = bar(ids.len(), "tokens");
    let (mut nats, mut scored, mut bytes) = (0.0, 0, 0);
    for chunk in ids.chunks(room) {
        let input: Vec<u32> = bos.iter().chain(chunk).copied().collect();
        if input.len() > 1 {
            let part = engine.perplexity(&input).map_err(|cause| model.engine(cause))?;
            nats += part.nll * part.tokens as f64;
            scored += part.tokens;
            bytes += input.iter().skip(1).map(|&id| tokenizer.token_bytes(id).len()).sum::<usize>();
        }
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();

    let measure = Measure {
        tokens: ids.len(),
        scored,
        perplexity: (nats / scored as f64).exp(),
        bits_per_byte: nats / std::f64::consts::LN_2 / bytes as f64,
    };
    if options.json {
        return print_json(&measure);
    }
    print(&format!(
        "tokens         {}\nperplexity     {:.4}\nbits per byte  {:.4}\n",
        measure.tokens, measure.perplexity, measure.bits_per_byte
    ))
}
