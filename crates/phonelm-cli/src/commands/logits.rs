//! `phonelm logits`: what the model computes for given token ids, as an array for NumPy.

use std::path::PathBuf;

use clap::Args;
use phonelm_kernels::CpuOptions;
use phonelm_model::{ExecutorError, Input, LogitsFor, PREFILL_BATCH, Segment};

use crate::backend::Backend;
use crate::error::Error;
use crate::kv::Kv;
use crate::model::Model;
use crate::output::print;
use crate::{interrupt, npy, save};

/// Write the logits for a list of token ids to a .npy file
#[derive(Args)]
#[command(after_help = "\
The array is f32 of shape [tokens, vocab]; no token is put before the given ones. OUT appears when it is whole.

Examples:
  phonelm logits model.gguf --tokens 1,2,3 -o logits.npy
  python3 -c 'import numpy; print(numpy.load(\"logits.npy\").argmax(1))'")]
pub(crate) struct Options {
    /// Model file
    model: PathBuf,
    /// Token ids, separated by commas
    #[arg(long, value_name = "IDS", allow_hyphen_values = true)]
    tokens: String,
    /// File to write
    #[arg(short, long, value_name = "OUT.npy")]
    out: PathBuf,
    #[command(flatten)]
    backend: Backend,
    /// How keys and values are kept [default: f32; f16 with another backend than cpu]
    #[arg(long, value_enum)]
    kv: Option<Kv>,
    /// Compute threads [default: the number of big cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let tokens = parse_ids(&options.tokens)?;
    let model = Model::open(Some(&options.model))?;
    let config = model.file.config();
    let (vocab, limit) = (config.vocab, config.context);
    if tokens.len() > limit {
        return Err(model.failed(ExecutorError::ContextFull { needed: tokens.len(), limit }));
    }
    if let Some((position, &token)) = tokens.iter().enumerate().find(|(_, id)| **id as usize >= vocab) {
        return Err(model.failed(ExecutorError::TokenOutOfRange { token, position, vocab }));
    }
    save::check_place(&options.out)?;
    let kv = options.kv.unwrap_or(if options.backend.is_cpu() { Kv::F32 } else { Kv::F16 });
    let cpu = CpuOptions { threads: options.threads, kv: kv.into(), ..CpuOptions::default() };
    let mut executor = options.backend.load(&model, &cpu)?;
    let cache = executor.create();
    interrupt::catch()?;
    save::whole(&options.out, |file| {
        file.write_all(&npy::header(tokens.len(), vocab))?;
        // Piece by piece, because a row is as wide as the vocabulary.
        for (index, batch) in tokens.chunks(PREFILL_BATCH).enumerate() {
            if interrupt::pressed() {
                return Err(Error::Interrupted { path: options.out.clone() }.into());
            }
            let segment = Segment { cache, input: Input::Tokens(batch), logits: LogitsFor::All };
            let logits = executor.forward(&[segment]).map_err(|error| {
                model.failed(match error {
                    ExecutorError::NotFinite { position } => {
                        ExecutorError::NotFinite { position: index * PREFILL_BATCH + position }
                    }
                    other => other,
                })
            })?;
            let bytes: Vec<u8> = logits.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            file.write_all(&bytes)?;
        }
        Ok(())
    })?;
    print(&format!("{}: f32 [{}, {vocab}]\n", options.out.display(), tokens.len()))
}

/// Token ids from `1,2,3`, with blanks allowed.
fn parse_ids(text: &str) -> Result<Vec<u32>, Error> {
    if text.trim().is_empty() {
        return Err(Error::Usage("--tokens is empty: give ids such as 1,2,3".to_owned()));
    }
    let wrong =
        |part: &str| Error::Usage(format!("--tokens holds {part:?}, which is no token id: give ids such as 1,2,3"));
    text.split(',').map(|part| part.trim().parse().map_err(|_| wrong(part))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_numbers() {
        assert_eq!(parse_ids("1, 2,3").unwrap(), [1, 2, 3]);
        for wrong in ["", " ", "1,", "1,,2", "-1", "a", "4294967296", "1.5"] {
            assert!(parse_ids(wrong).is_err(), "{wrong:?}");
        }
    }
}
