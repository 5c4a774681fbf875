//! The highest of a row of logits as wide as the model's vocabulary, with ties and in every number that is looked for.

use phonelm_model::Config;

use super::{Bench, values};
use crate::error::LoadError;
use crate::pipelines::Group;
use crate::shaders::{BEST_COUNTS, Shader, best_chunks, padded};

pub(super) fn shaders() -> Vec<Shader> {
    BEST_COUNTS.into_iter().flat_map(of).collect()
}

fn of(count: u32) -> [Shader; 2] {
    [true, false].map(|first| Shader::Best { first, count })
}

pub(super) fn run(bench: &mut Bench<'_>, config: &Config) -> Result<(), LoadError> {
    let mut logits = values(padded(config.vocab), 9);
    // What lies behind the vocabulary is no logit.
    logits[config.vocab..].fill(9.0);
    let mut order: Vec<usize> = (0..config.vocab).collect();
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    // Any group of the layout will do: the shader reads none of its matrix.
    let nothing = bench.buffer(&[0; 16])?;
    let shape = bench.uploader().uniform(&[0; 32])?;
    let matrix = bench.pipelines.bind(bench.device, Group::Matrix, &[&nothing, &nothing, &nothing, &shape]);
    let logits = bench.floats(&logits)?;
    for count in BEST_COUNTS {
        let shaders = of(count);
        let pairs = count as usize * 2;
        let chunks = bench.floats(&vec![0.0; best_chunks(config.vocab) * pairs])?;
        let out = bench.floats(&vec![0.0; pairs])?;
        let bind = |from, to| bench.pipelines.bind(bench.device, Group::Rows, &[from, to]);
        let (to_chunks, to_best) = (bind(&logits, &chunks), bind(&chunks, &out));
        let found = bench.run(&out, |recorder| {
            recorder.step(shaders[0], [&matrix, &to_chunks], [best_chunks(config.vocab) as u32, 1, 1]);
            recorder.step(shaders[1], [&matrix, &to_best], [1, 1, 1]);
        })?;
        let tokens = found.chunks_exact(2).take(count as usize).map(|pair| pair[1] as usize);
        let wrong = tokens.zip(&order).filter(|(found, expected)| found != *expected).count();
        if wrong > 0 {
            return Err(bench.wrong(&shaders, wrong as f64));
        }
    }
    Ok(())
}
