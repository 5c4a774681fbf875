//! The seam to whatever computes: one call is a whole forward pass over one or several sessions' new tokens.
//!
//! An executor owns its caches and names them by [`CacheId`]; callers never see keys or values except
//! as exported bytes. Errors leave every cache as it was before the call.

use std::ops::Range;

use crate::{Best, ExportShape};

/// Names one KV cache of one executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheId(pub u64);

/// What a segment feeds in, one item a position.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Token ids, each below the vocabulary's size.
    Tokens(&'a [u32]),
    /// Embedding rows, `[positions, hidden]`, in place of tokens (images).
    Rows(&'a [f32]),
}

/// The positions of a segment whose logits the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogitsFor {
    /// None: the segment only fills the cache.
    None,
    /// The last one.
    Last,
    /// Every one.
    All,
}

/// New positions of one cache.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The cache they are appended to.
    pub cache: CacheId,
    /// The new positions.
    pub input: Input<'a>,
    /// Whose logits to return.
    pub logits: LogitsFor,
}

/// Logits of a forward pass, row after row in the order of segments and positions asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logits {
    /// `[rows, vocab]`.
    pub values: Vec<f32>,
    /// Width of a row.
    pub vocab: usize,
}

impl Logits {
    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.vocab.max(1))
    }

    /// The last row, if any was asked for.
    pub fn last(&self) -> Option<&[f32]> {
        self.rows().last()
    }
}

/// Where a model computes on a device that has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// All on the CPU.
    Cpu,
    /// All on the GPU.
    Gpu,
    /// Many positions at once on the GPU, few on the CPU.
    PrefillOnGpu,
}

/// Something else began to compute. Caches stay as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendChange {
    /// What computed before, as [`Executor::describe`] says it.
    pub from: String,
    /// What computes now.
    pub to: String,
    /// Why, for people.
    pub reason: String,
}

/// Positions of a prompt that go through at once where an executor does not say otherwise.
pub const PREFILL_BATCH: usize = 64;

/// Computes forward passes of one model.
pub trait Executor: Send {
    /// A short description for people: kind, instruction set, threads.
    fn describe(&self) -> String;

    /// Longest text in tokens that one cache holds.
    fn context(&self) -> usize;

    /// A new, empty cache. Costs no memory until text comes.
    fn create(&mut self) -> CacheId;

    /// A second cache with the same text that shares its full blocks.
    fn fork(&mut self, cache: CacheId) -> Result<CacheId, ExecutorError>;

    /// Positions that the cache holds.
    fn len(&self, cache: CacheId) -> Result<usize, ExecutorError>;

    /// Cuts the cache back to at most `len` positions and returns the length really kept: some families can only go
    /// back to a checkpoint.
    fn truncate(&mut self, cache: CacheId, len: usize) -> Result<usize, ExecutorError>;

    /// Gives the cache and its memory back. Unknown ids are ignored.
    fn release(&mut self, cache: CacheId);

    /// What an export of its caches looks like.
    fn export_shape(&self) -> Result<ExportShape, ExecutorError>;

    /// Appends blocks of the cache to `out`, one behind the other, as an export holds them.
    fn append_blocks(&self, cache: CacheId, blocks: Range<usize>, out: &mut Vec<u8>) -> Result<(), ExecutorError>;

    /// The cache as bytes that [`Self::import`] of the same kind of executor and model takes.
    fn export(&self, cache: CacheId) -> Result<Vec<u8>, ExecutorError> {
        let (shape, len) = (self.export_shape()?, self.len(cache)?);
        let mut out = shape.begin(len);
        self.append_blocks(cache, 0..len.div_ceil(shape.block), &mut out)?;
        Ok(out)
    }

    /// A new cache from exported bytes, which are checked.
    fn import(&mut self, bytes: &[u8]) -> Result<CacheId, ExecutorError>;

    /// Tells the tokens of an imported cache, all of them, to an executor that may have to compute it again.
    fn remember(&mut self, _cache: CacheId, _tokens: &[u32]) {}

    /// Bytes held by all caches together.
    fn cache_bytes(&self) -> usize;

    /// How many positions of a prompt to feed in at once: whoever cancels, or waits for another cache, waits for one such
    /// pass. May change with each pass.
    fn prefill_batch(&self) -> usize {
        PREFILL_BATCH
    }

    /// Bytes that one token after `context` others reads from memory, or 0 where nobody knows.
    fn bytes_per_token(&self, _context: usize) -> u64 {
        0
    }

    /// Threads that compute.
    fn threads(&self) -> usize {
        1
    }

    /// Computes with so many of the threads that it was made with, from the next pass on: at least 1, at most all. No
    /// result changes. Executors that have no threads ignore it.
    fn set_threads(&mut self, _threads: usize) {}

    /// Computes with this share, 0 to 1, of the threads that [`Self::set_threads`] allows, rounded up, from the next pass on.
    /// No result changes. Executors that have no threads ignore it.
    fn set_thread_share(&mut self, _share: f64) {}

    /// The latest change of what computes, if there was one since the last call.
    fn take_change(&mut self) -> Option<BackendChange> {
        None
    }

    /// Tells whether the app is in the background, where a phone may forbid work on the GPU. Executors that have no GPU
    /// ignore it.
    fn set_background(&mut self, _background: bool) {}

    /// Measures where the model computes fastest, and computes there from then on. `None` if there is no choice or `go_on`,
    /// which is asked before each pass, ended it.
    fn measure_placement(&mut self, _go_on: &mut dyn FnMut() -> bool) -> Result<Option<Placement>, ExecutorError> {
        Ok(None)
    }

    /// Appends each segment's positions to its cache and returns the logits asked for. A cache may occur once a call.
    fn forward(&mut self, segments: &[Segment<'_>]) -> Result<Logits, ExecutorError>;

    /// As [`Self::forward`], but of each row only the `count` highest logits.
    fn forward_best(&mut self, segments: &[Segment<'_>], count: usize) -> Result<Best, ExecutorError> {
        Ok(Best::of(&self.forward(segments)?, count))
    }
}

/// Why an executor refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExecutorError {
    /// The text would outgrow the cache.
    #[error("{needed} tokens do not fit into a context of {limit}")]
    ContextFull {
        /// Positions held and new together.
        needed: usize,
        /// Positions that fit.
        limit: usize,
    },
    /// A token id outside the vocabulary.
    #[error("token id {token} at position {position} of the input is outside the vocabulary of {vocab}")]
    TokenOutOfRange {
        /// The id.
        token: u32,
        /// Its place in the segment.
        position: usize,
        /// Size of the vocabulary.
        vocab: usize,
    },
    /// Embedding rows of another width.
    #[error("{len} values are no whole number of embedding rows of {hidden}")]
    RowWidth {
        /// Values given.
        len: usize,
        /// Values a row.
        hidden: usize,
    },
    /// A cache id that was released or never given out.
    #[error("cache {id} does not exist; it was released or belongs to another executor")]
    UnknownCache {
        /// The id.
        id: u64,
    },
    /// The same cache twice in one call.
    #[error("cache {id} occurs twice in one forward pass")]
    DuplicateCache {
        /// The id.
        id: u64,
    },
    /// The computation gave NaN or infinity where a number is needed: the weights are damaged.
    #[error("logits at position {position} are not finite: the model file is damaged or holds NaN weights")]
    NotFinite {
        /// Place among the rows asked for.
        position: usize,
    },
    /// Exported bytes that cannot be taken in.
    #[error("a saved cache cannot be restored: {field} is {found}, expected {expected}")]
    BadImport {
        /// What did not fit.
        field: &'static str,
        /// What the bytes say.
        found: u64,
        /// What this executor needs.
        expected: u64,
    },
    /// The machine has no memory for the positions.
    #[error("{bytes} bytes for the KV cache cannot be had")]
    OutOfMemory {
        /// Bytes asked for.
        bytes: usize,
    },
    /// What computes beside the CPU failed: the GPU was lost or its driver gave up.
    #[error("the GPU failed ({cause}): load the model again or use the CPU")]
    Device {
        /// What the driver said.
        cause: String,
    },
}
