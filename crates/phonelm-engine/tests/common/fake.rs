//! An executor that computes nothing: it says what a script tells it and writes down what it was fed.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use phonelm_model::{CacheId, Executor, ExecutorError, ExportShape, Input, Logits, LogitsFor, PREFILL_BATCH, Segment};

/// What a test tells the executor and learns from it.
#[derive(Default)]
pub(crate) struct Script {
    /// Tokens to foresee, one a row of logits asked for; 0 when there is none left.
    pub(crate) say: VecDeque<u32>,
    /// What each forward pass was fed.
    pub(crate) fed: Vec<Vec<u32>>,
    /// The cache that each of them went into.
    pub(crate) caches: Vec<u64>,
    /// Fails that many passes from now.
    pub(crate) fail_after: Option<usize>,
    /// Panics in the next pass.
    pub(crate) panic: bool,
    /// Takes a millisecond for each pass.
    pub(crate) slow: bool,
    /// Tokens of a prompt that it likes at once, if other than most executors.
    pub(crate) prefill_batch: Option<usize>,
}

pub(crate) type Shared = Arc<Mutex<Script>>;

pub(crate) struct Fake {
    vocab: usize,
    context: usize,
    caches: HashMap<CacheId, Vec<u32>>,
    created: u64,
    script: Shared,
}

impl Fake {
    pub(crate) fn new(vocab: usize, context: usize) -> (Box<Self>, Shared) {
        let script = Shared::default();
        let fake = Self { vocab, context, caches: HashMap::new(), created: 0, script: script.clone() };
        (Box::new(fake), script)
    }

    fn add(&mut self, tokens: Vec<u32>) -> CacheId {
        self.created += 1;
        self.caches.insert(CacheId(self.created), tokens);
        CacheId(self.created)
    }

    fn get(&self, cache: CacheId) -> Result<&Vec<u32>, ExecutorError> {
        self.caches.get(&cache).ok_or(ExecutorError::UnknownCache { id: cache.0 })
    }
}

impl Executor for Fake {
    fn describe(&self) -> String {
        "fake".into()
    }

    fn context(&self) -> usize {
        self.context
    }

    fn prefill_batch(&self) -> usize {
        self.script.lock().unwrap().prefill_batch.unwrap_or(PREFILL_BATCH)
    }

    fn create(&mut self) -> CacheId {
        self.add(Vec::new())
    }

    fn fork(&mut self, cache: CacheId) -> Result<CacheId, ExecutorError> {
        let tokens = self.get(cache)?.clone();
        Ok(self.add(tokens))
    }

    fn len(&self, cache: CacheId) -> Result<usize, ExecutorError> {
        Ok(self.get(cache)?.len())
    }

    fn truncate(&mut self, cache: CacheId, len: usize) -> Result<usize, ExecutorError> {
        self.get(cache)?;
        let tokens = self.caches.get_mut(&cache).unwrap();
        tokens.truncate(len);
        Ok(tokens.len())
    }

    fn release(&mut self, cache: CacheId) {
        self.caches.remove(&cache);
    }

    fn export_shape(&self) -> Result<ExportShape, ExecutorError> {
        Ok(ExportShape { layers: 1, kv_heads: 1, head_dim: 1, element_bytes: 4, block: 64, block_bytes: 256 })
    }

    fn append_blocks(&self, cache: CacheId, blocks: Range<usize>, out: &mut Vec<u8>) -> Result<(), ExecutorError> {
        let tokens = self.get(cache)?;
        for at in blocks.start * 64..blocks.end * 64 {
            out.extend_from_slice(&tokens.get(at).copied().unwrap_or_default().to_ne_bytes());
        }
        Ok(())
    }

    fn import(&mut self, bytes: &[u8]) -> Result<CacheId, ExecutorError> {
        let (len, body) = self.export_shape()?.open(bytes, self.context)?;
        let words = body.as_chunks::<4>().0.iter().map(|word| u32::from_ne_bytes(*word));
        Ok(self.add(words.take(len).collect()))
    }

    fn cache_bytes(&self) -> usize {
        self.caches.values().map(|tokens| tokens.len() * 4).sum()
    }

    fn forward(&mut self, segments: &[Segment<'_>]) -> Result<Logits, ExecutorError> {
        let mut logits = Logits { values: Vec::new(), vocab: self.vocab };
        for segment in segments {
            let Input::Tokens(tokens) = segment.input else { panic!("only tokens") };
            let needed = self.get(segment.cache)?.len() + tokens.len();
            if needed > self.context {
                return Err(ExecutorError::ContextFull { needed, limit: self.context });
            }
            let mut script = self.script.lock().unwrap();
            if script.fail_after == Some(0) {
                return Err(ExecutorError::NotFinite { position: 0 });
            }
            script.fail_after = script.fail_after.map(|passes| passes - 1);
            script.fed.push(tokens.to_vec());
            script.caches.push(segment.cache.0);
            if std::mem::take(&mut script.panic) {
                drop(script);
                panic!("scripted panic");
            }
            if script.slow {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            self.caches.get_mut(&segment.cache).unwrap().extend_from_slice(tokens);
            let rows = match segment.logits {
                LogitsFor::None => 0,
                LogitsFor::Last => 1,
                LogitsFor::All => tokens.len(),
            };
            for _ in 0..rows {
                let mut row = vec![0.0; self.vocab];
                row[script.say.pop_front().unwrap_or(0) as usize] = 10.0;
                logits.values.extend(row);
            }
        }
        Ok(logits)
    }
}
