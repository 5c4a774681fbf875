//! One measurement: a random model of a shape is made, brought to the device, timed and dropped.
//!
//! The trap: rounds differ by what else the machine does, which only ever adds time. So the fastest round counts, and in it
//! the middle token.

use std::ops::{Add, Mul, RangeInclusive, Sub};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use phonelm_model::{CacheId, Executor, ExecutorError, Input, LogitsFor, Mapping, ModelFile, Segment, median};
use serde::{Deserialize, Serialize};

use crate::{Device, Error, Search, Shape};

/// What a shape costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Seconds of the whole prompt.
    pub prefill: f64,
    /// Seconds of one decoded token.
    pub decode: f64,
    /// Bytes that a token in the middle of the decode reads.
    pub bytes: f64,
}

impl Cost {
    fn with(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            prefill: f(self.prefill, other.prefill),
            decode: f(self.decode, other.decode),
            bytes: f(self.bytes, other.bytes),
        }
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }
}

impl Mul<f64> for Cost {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        self.with(self, |a, _| a * factor)
    }
}

/// Seconds of one round: the prompt, and the middle one of the decoded tokens.
pub(crate) type Round = [f64; 2];

/// Small models are timed in more rounds, until they took so long.
const ENOUGH: Duration = Duration::from_millis(600);

/// A model on the device with an empty text.
pub(crate) struct Loaded<'a> {
    shape: Shape,
    model: Box<dyn Executor>,
    cache: CacheId,
    vocab: usize,
    cancel: &'a AtomicBool,
}

impl<'a> Loaded<'a> {
    /// Makes a random model of `shape` and brings it to the device; `None` if the search is to end.
    pub(crate) fn new(
        shape: Shape,
        search: &Search,
        device: &mut dyn Device,
        cancel: &'a AtomicBool,
    ) -> Result<Option<Self>, Error> {
        let is_over = || cancel.load(Ordering::Relaxed);
        if is_over() {
            return Ok(None);
        }
        check_memory(&shape, search)?;
        let config = shape.config(search.vocab, search.context);
        let mut bytes =
            phonelm_convert::random_model(&config, search.ty, 1).map_err(|cause| Error::Random { shape, cause })?;
        if let Some(share) = search.sparsity.filter(|_| config.family == phonelm_model::Family::PhoneLm) {
            phonelm_convert::silence(&mut bytes, share)
                .map_err(|cause| Error::Random { shape, cause: cause.into() })?;
        }
        if is_over() {
            return Ok(None);
        }
        let file = ModelFile::new(Mapping::from_vec(bytes)).map_err(|cause| Error::Model { shape, cause })?;
        let mut model = device.load(file).map_err(|cause| Error::Load { shape, cause })?;
        let cache = model.create();
        Ok(Some(Self { shape, model, cache, vocab: search.vocab, cancel }))
    }

    /// What computes.
    pub(crate) fn device(&self) -> String {
        self.model.describe()
    }

    /// Times `prefill` tokens at once and `decode` tokens one by one after them, as often as `count` allows and until the
    /// times add up; `None` if the search is to end.
    pub(crate) fn rounds(
        &mut self,
        prefill: usize,
        decode: usize,
        count: RangeInclusive<usize>,
    ) -> Result<Option<Vec<Round>>, Error> {
        let (start, mut rounds) = (Instant::now(), Vec::new());
        while rounds.len() < *count.start() || rounds.len() < *count.end() && start.elapsed() < ENOUGH {
            match self.round(prefill, decode) {
                Ok(Some(round)) => rounds.push(round),
                Ok(None) => return Ok(None),
                Err(cause) => return Err(Error::Run { shape: self.shape, cause }),
            }
        }
        Ok(Some(rounds))
    }

    /// Bytes that a token in the middle of the decode reads.
    pub(crate) fn bytes(&self, prefill: usize, decode: usize) -> u64 {
        self.model.bytes_per_token(prefill + decode / 2)
    }

    fn round(&mut self, prefill: usize, decode: usize) -> Result<Option<Round>, ExecutorError> {
        let text: Vec<u32> = (0..prefill + decode).map(|i| (i * 7919 % self.vocab) as u32).collect();
        let (prompt, rest) = text.split_at(prefill);
        if self.cancel.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let start = Instant::now();
        self.pass(prompt)?;
        let read = start.elapsed().as_secs_f64();
        let mut tokens = Vec::with_capacity(decode);
        for token in rest.chunks(1) {
            if self.cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let start = Instant::now();
            self.pass(token)?;
            tokens.push(start.elapsed().as_secs_f64());
        }
        self.model.truncate(self.cache, 0)?;
        Ok(median(tokens).map(|token| [read, token]))
    }

    fn pass(&mut self, tokens: &[u32]) -> Result<(), ExecutorError> {
        let segment = Segment { cache: self.cache, input: Input::Tokens(tokens), logits: LogitsFor::Last };
        self.model.forward_best(&[segment], 1).map(drop)
    }
}

/// The fastest of some rounds, prompt and token each by itself.
pub(crate) fn fastest(rounds: &[Round]) -> Round {
    rounds.iter().fold([f64::INFINITY; 2], |best, round| [best[0].min(round[0]), best[1].min(round[1])])
}

/// Refuses a model that the system has no memory for, where it tells what is left: the random model and its packed copy
/// are there together.
fn check_memory(shape: &Shape, search: &Search) -> Result<(), Error> {
    let bytes = shape.parameters(search.vocab) as f64 * bytes_per_weight(search);
    let needed = (2.1 * bytes) as u64;
    match available_memory() {
        Some(available) if available < needed => Err(Error::Memory { shape: *shape, needed, available }),
        _ => Ok(()),
    }
}

/// Bytes of a weight in a matrix.
pub(crate) fn bytes_per_weight(search: &Search) -> f64 {
    search.ty.block_bytes() as f64 / search.ty.block_len() as f64
}

/// Bytes that programs can still have, where the system tells it in a file (Linux and Android).
fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
