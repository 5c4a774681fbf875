//! The measured rounds: everything is timed once a round, so that what disturbs the machine disturbs all of it.

use std::time::Instant;

use phonelm_kernels::{BANDWIDTH_BYTES, Bandwidth, BandwidthProbe, Pool, ProductPeak, product_peak};
use phonelm_model::{CacheId, Config, ExecutorError, Input, LogitsFor, ModelFile, Segment};

use crate::backend::Loaded;
use crate::memory;

/// What to measure.
pub(super) struct Plan {
    pub(super) depth: usize,
    pub(super) prompt: usize,
    pub(super) generate: usize,
    pub(super) rows: Vec<usize>,
    pub(super) bandwidth: bool,
    pub(super) rounds: u32,
}

/// What one round found; seconds are those of one pass.
pub(super) struct Round {
    pub(super) prefill: Option<f64>,
    pub(super) decode: Option<f64>,
    /// In the plan's order.
    pub(super) rows: Vec<f64>,
    pub(super) bandwidth: Option<Bandwidth>,
    /// Where there is a prefill to hold against it, and a way of multiplying bytes is known.
    pub(super) peak: Option<ProductPeak>,
}

/// All rounds, and what does not change between them.
pub(super) struct Rounds {
    pub(super) measured: Vec<Round>,
    /// The kernel set, or what else computes.
    pub(super) kernels: String,
    /// Of the processor, if it computes.
    pub(super) threads: Option<usize>,
    /// Of a token in the middle of the decode.
    pub(super) bytes_per_token: u64,
    /// Multiply-accumulates of a prefill with weights.
    pub(super) prompt_macs: u64,
    /// Before memory was taken for the bandwidth.
    pub(super) peak_memory: Option<u64>,
}

/// One round to warm up, then those of the plan.
pub(super) fn run(executor: Loaded, file: &ModelFile, plan: &Plan) -> Result<Rounds, ExecutorError> {
    let threads = executor.threads();
    let mut bench = Bench::new(executor, file.config().vocab, plan)?;
    bench.round(plan)?;
    let peak_memory = memory::peak();
    let reader = if plan.bandwidth {
        let probe = BandwidthProbe::new(Some(file.bytes()), BANDWIDTH_BYTES);
        Some((probe.map_err(|_| ExecutorError::OutOfMemory { bytes: BANDWIDTH_BYTES })?, Pool::new(threads)))
    } else {
        None
    };
    let measured = (0..plan.rounds)
        .map(|_| {
            let bandwidth = reader.as_ref().map(|(probe, pool)| probe.read(pool));
            let peak = reader.as_ref().filter(|_| plan.prompt > 0).and_then(|(_, pool)| product_peak(pool));
            Ok(Round { bandwidth, peak, ..bench.round(plan)? })
        })
        .collect::<Result<_, _>>()?;
    let bytes_per_token = bench.executor.bytes_per_token(plan.depth + plan.generate / 2);
    let (kernels, threads) = (bench.executor.kernels(), bench.executor.is_cpu().then_some(threads));
    let prompt_macs = prompt_macs(file.config(), plan.prompt as u64);
    Ok(Rounds { measured, kernels, threads, bytes_per_token, prompt_macs, peak_memory })
}

/// The products of `tokens` tokens with each layer's weights, and of the last one with the head; attention is left out.
fn prompt_macs(config: &Config, tokens: u64) -> u64 {
    tokens * config.layers as u64 * config.layer_macs() + (config.vocab * config.hidden) as u64
}

/// An executor with a text of the wanted depth.
struct Bench {
    executor: Loaded,
    cache: CacheId,
    depth: usize,
    vocab: usize,
}

impl Bench {
    fn new(mut executor: Loaded, vocab: usize, plan: &Plan) -> Result<Self, ExecutorError> {
        let cache = executor.create();
        let text = tokens(plan.depth, vocab);
        executor.forward(&[Segment { cache, input: Input::Tokens(&text), logits: LogitsFor::None }])?;
        Ok(Self { executor, cache, depth: plan.depth, vocab })
    }

    fn round(&mut self, plan: &Plan) -> Result<Round, ExecutorError> {
        Ok(Round {
            decode: self.pass(1, plan.generate)?,
            rows: plan
                .rows
                .iter()
                .filter_map(|rows| self.pass(*rows, plan.generate).transpose())
                .collect::<Result<_, _>>()?,
            prefill: self.pass(plan.prompt, plan.prompt)?,
            bandwidth: None,
            peak: None,
        })
    }

    /// Seconds of a pass over `rows` tokens with the likeliest token after the last: the mean of as many as `total` tokens
    /// make, one after the other. Afterwards the text is what it was.
    fn pass(&mut self, rows: usize, total: usize) -> Result<Option<f64>, ExecutorError> {
        let text = tokens(total, self.vocab);
        let passes = text.chunks_exact(rows.max(1));
        let count = passes.len();
        let start = Instant::now();
        for tokens in passes {
            let input = Input::Tokens(tokens);
            self.executor.forward_best(&[Segment { cache: self.cache, input, logits: LogitsFor::Last }], 1)?;
        }
        let seconds = start.elapsed().as_secs_f64();
        self.executor.truncate(self.cache, self.depth)?;
        Ok((count > 0).then(|| seconds / count as f64))
    }
}

/// Some token ids, always the same.
fn tokens(len: usize, vocab: usize) -> Vec<u32> {
    (0..len).map(|i| (i * 7919 % vocab) as u32).collect()
}
