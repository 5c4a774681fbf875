//! The CPU executor: a model's whole forward pass on the kernels of one instruction set.
//!
//! On one machine and build a token's logits do not depend, to the bit, on the rows computed with it, the number of
//! threads, or how its cache was filled: activations are quantised row by row, each output sums its parts in one fixed
//! order, and attention merges blocks of 64 tokens in order.

mod activations;
mod cache;
mod chunks;
mod embedding;
mod forward;
mod linear;
mod memory;
mod skipping;
mod traffic;

use std::{
    collections::HashMap,
    ops::{ControlFlow, Range},
};

use phonelm_gguf::TensorType;
use phonelm_model::{
    CacheId, Caches, Config, Executor, ExecutorError, ExportShape, Input, LayerWeights, Logits, ModelFile, Part,
    RopeTable, Segment, Tensor, batches,
};

pub use cache::KvType;
use cache::{Cache, Geometry};
pub use embedding::Embedding;
use forward::{Layer, Network, Pass, Scratch, Span};
use linear::Linear;
pub use memory::Memory;

use crate::{
    KernelError, Kernels, Pool,
    blocks::{BlockError, dequantize},
    choose, choose_named,
};

/// How to run a model on the CPU.
#[derive(Clone, Debug, Default)]
pub struct CpuOptions {
    /// Compute threads; the number of big cores if absent.
    pub threads: Option<usize>,
    /// Storage of keys and values.
    pub kv: KvType,
    /// Longest text in tokens; the model's own context if absent, and never more than that.
    pub context: Option<usize>,
    /// Name of the kernel set; the best one of this CPU if absent.
    pub kernels: Option<String>,
    /// Computes every neuron of the FFN, also where ReLU would let some be skipped. The results are the same.
    pub dense: bool,
}

impl CpuOptions {
    fn choose_kernels(&self) -> Result<&'static dyn Kernels, KernelError> {
        self.kernels.as_deref().map_or_else(choose, choose_named)
    }
}

/// Why a model cannot be loaded onto the CPU.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    /// No kernel set could be chosen.
    #[error(transparent)]
    Kernels(#[from] KernelError),
    /// A tensor's bytes are damaged.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// A vector holds NaN or infinity.
    #[error("value {index} of a {role} vector in layer {layer} is {value}: the model file is damaged")]
    NotFinite {
        /// What the vector is for.
        role: &'static str,
        /// Its layer; the number of layers stands for the last norm.
        layer: usize,
        /// Place in the vector.
        index: usize,
        /// What the file says.
        value: f32,
    },
    /// The caller ended the loading.
    #[error("loading was cancelled")]
    Cancelled,
    /// An option out of range.
    #[error("{option} must lie between 1 and {max}, not {value}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What was asked for.
        value: usize,
        /// The largest allowed.
        max: usize,
    },
    /// Keys and values in 8 bits share a scale among a number of elements that does not divide the model's heads.
    #[error(
        "keys and values in q8_0 need heads whose width is a multiple of {multiple}, and this model's are {head_dim} wide: use f16"
    )]
    HeadWidth {
        /// Elements of a head.
        head_dim: usize,
        /// Elements that share a scale.
        multiple: usize,
    },
}

/// Rows computed together; longer inputs go through in several batches.
const BATCH: usize = 256;
/// More threads than any phone or developer machine has cores.
const MAX_THREADS: usize = 256;

/// Runs one model on the CPU.
pub struct CpuExecutor {
    network: Network,
    kernels: &'static dyn Kernels,
    pool: Pool,
    scratch: Scratch,
    geometry: Geometry,
    context: usize,
    caches: Caches<Cache>,
}

impl CpuExecutor {
    /// Takes a model in: float and packed matrices are read in the file, other quantised ones are packed into memory.
    pub fn new(file: ModelFile, options: &CpuOptions) -> Result<Self, LoadError> {
        Self::load(file, options, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`Self::new`]; `progress` hears after each layer what share is done, 0 to 1, and ends the loading with
    /// [`ControlFlow::Break`].
    pub fn load(
        file: ModelFile,
        options: &CpuOptions,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, LoadError> {
        let kernels = options.choose_kernels()?;
        let config = file.config().clone();
        let threads = within("threads", options.threads.unwrap_or_else(crate::default_threads), MAX_THREADS)?;
        let context = context_within(options, &config)?;
        let geometry = Geometry::new(&config, options.kv)?;
        let pool = Pool::new(threads);
        let network =
            load(file, &config, &pool, |layer| !options.dense && skipping::skips(&config, layer, kernels), progress)?;
        tracing::info!(kernels = kernels.name(), threads, context, "CPU executor ready");
        Ok(Self { network, kernels, pool, scratch: Scratch::default(), geometry, context, caches: Caches::default() })
    }

    /// Bytes of weights packed into memory, beyond the mapped file.
    pub fn weight_bytes(&self) -> usize {
        let n = &self.network;
        let layers = n.layers.iter().flat_map(|l| [&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down]);
        layers.chain([&n.head]).map(Linear::resident_bytes).sum()
    }

    /// Name of the kernel set.
    pub fn kernels(&self) -> &'static str {
        self.kernels.name()
    }

    fn config(&self) -> &Config {
        self.network.file.config()
    }

    /// Runs one batch and appends the logits of its wanted rows.
    fn run_batch(&mut self, batch: &[Part<'_>], logits: &mut Logits) -> Result<(), ExecutorError> {
        let geometry = self.geometry;
        let hidden = self.config().hidden;
        let rows = batch.iter().map(|part| part.positions).sum();
        self.scratch.x.resize(rows, hidden);
        let (mut first_row, mut wanted, mut spans) = (0, Vec::new(), Vec::new());
        let mut owned: HashMap<CacheId, &mut Cache> =
            self.caches.iter_mut().filter(|(id, _)| batch.iter().any(|p| p.cache == *id)).collect();
        for part in batch {
            for i in 0..part.positions {
                let x = self.scratch.x.row_mut(first_row + i);
                match part.input {
                    Input::Tokens(tokens) => self.network.embedding.row(&self.network.file, tokens[i], x),
                    Input::Rows(values) => x.copy_from_slice(&values[i * hidden..][..hidden]),
                }
            }
            wanted.extend(part.wanted.clone().map(|i| first_row + i));
            let cache = owned.remove(&part.cache).ok_or(ExecutorError::UnknownCache { id: part.cache.0 })?;
            cache.reserve(part.positions, geometry)?;
            self.network.rope.grow(cache.len() + part.positions);
            spans.push(Span { cache: cache.open(geometry), first_row, rows: part.positions });
            first_row += part.positions;
        }
        let pass = Pass { network: &self.network, kernels: self.kernels, pool: &self.pool, spans: &spans };
        pass.run(rows, &wanted, &mut self.scratch);
        for part in batch {
            self.caches.get_mut(part.cache)?.advance(part.positions);
        }
        for i in 0..wanted.len() {
            let row = self.scratch.logits.row(i);
            if row.iter().any(|x| !x.is_finite()) {
                return Err(ExecutorError::NotFinite { position: logits.values.len() / logits.vocab });
            }
            logits.values.extend_from_slice(row);
        }
        Ok(())
    }
}

impl Executor for CpuExecutor {
    fn describe(&self) -> String {
        format!("CPU, {}, {} threads", self.kernels.name(), self.pool.threads())
    }

    fn context(&self) -> usize {
        self.context
    }

    fn create(&mut self) -> CacheId {
        self.caches.insert(Cache::default())
    }

    fn fork(&mut self, cache: CacheId) -> Result<CacheId, ExecutorError> {
        let copy = self.caches.get(cache)?.clone();
        Ok(self.caches.insert(copy))
    }

    fn len(&self, cache: CacheId) -> Result<usize, ExecutorError> {
        Ok(self.caches.get(cache)?.len())
    }

    fn truncate(&mut self, cache: CacheId, len: usize) -> Result<usize, ExecutorError> {
        let cache = self.caches.get_mut(cache)?;
        cache.truncate(len);
        Ok(cache.len())
    }

    fn release(&mut self, cache: CacheId) {
        self.caches.remove(cache);
    }

    fn export_shape(&self) -> Result<ExportShape, ExecutorError> {
        Ok(self.geometry.export_shape())
    }

    fn append_blocks(&self, cache: CacheId, blocks: Range<usize>, out: &mut Vec<u8>) -> Result<(), ExecutorError> {
        self.caches.get(cache)?.append_blocks(blocks, out);
        Ok(())
    }

    fn import(&mut self, bytes: &[u8]) -> Result<CacheId, ExecutorError> {
        let cache = Cache::import(bytes, self.geometry, self.context)?;
        Ok(self.caches.insert(cache))
    }

    fn cache_bytes(&self) -> usize {
        Cache::bytes(self.caches.iter().map(|(_, cache)| cache), self.geometry)
    }

    fn bytes_per_token(&self, context: usize) -> u64 {
        self.traffic(context)
    }

    fn threads(&self) -> usize {
        self.pool.threads()
    }

    fn set_threads(&mut self, threads: usize) {
        self.pool.set_threads(threads);
    }

    fn set_thread_share(&mut self, share: f64) {
        self.pool.set_share(share);
    }

    fn forward(&mut self, segments: &[Segment<'_>]) -> Result<Logits, ExecutorError> {
        let batches = batches(segments, self.config(), self.context, BATCH, |id| self.len(id))?;
        let length = |segment: &Segment<'_>| Ok((segment.cache, self.len(segment.cache)?));
        let lengths = segments.iter().map(length).collect::<Result<Vec<_>, ExecutorError>>()?;
        let mut logits = Logits { values: Vec::new(), vocab: self.config().vocab };
        let result = batches.iter().try_for_each(|batch| self.run_batch(batch, &mut logits));
        if let Err(error) = result {
            for (id, len) in lengths {
                self.caches.get_mut(id)?.truncate(len);
            }
            return Err(error);
        }
        Ok(logits)
    }
}

fn context_within(options: &CpuOptions, config: &Config) -> Result<usize, LoadError> {
    within("context", options.context.unwrap_or(config.context), config.context)
}

fn within(option: &'static str, value: usize, max: usize) -> Result<usize, LoadError> {
    if (1..=max).contains(&value) { Ok(value) } else { Err(LoadError::Option { option, value, max }) }
}

fn load(
    file: ModelFile,
    config: &Config,
    pool: &Pool,
    skips: impl Fn(&LayerWeights) -> bool,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Network, LoadError> {
    let weights = file.weights();
    // The head counts as one more layer.
    let mut done = |layers: usize| match progress(layers as f64 / (config.layers + 1) as f64) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LoadError::Cancelled),
    };
    let linear = |tensor: &Tensor| Linear::load(&file, tensor, pool);
    let laid_out = |ty, tensor: &Tensor| Linear::load_as(ty, &file, tensor, pool);
    let layers = weights
        .layers
        .iter()
        .enumerate()
        .map(|(index, w)| {
            let vector = |role, tensor: &Tensor| read_vector(&file, tensor, role, index);
            done(index)?;
            let skips = skips(w);
            Ok(Layer {
                attn_norm: vector("norm", &w.attn_norm)?,
                q: linear(&w.q)?,
                k: linear(&w.k)?,
                v: linear(&w.v)?,
                qkv_bias: match &w.qkv_bias {
                    Some([q, k, v]) => Some([vector("bias", q)?, vector("bias", k)?, vector("bias", v)?]),
                    None => None,
                },
                qk_norm: match &w.qk_norm {
                    Some([q, k]) => Some([vector("norm", q)?, vector("norm", k)?]),
                    None => None,
                },
                o: linear(&w.o)?,
                ffn_norm: vector("norm", &w.ffn_norm)?,
                gate: linear(&w.gate)?,
                up: if skips { laid_out(TensorType::Q4_0Rows, &w.up)? } else { linear(&w.up)? },
                down: if skips { laid_out(TensorType::Q4_0Columns, &w.down)? } else { linear(&w.down)? },
                skips,
            })
        })
        .collect::<Result<_, LoadError>>()?;
    done(config.layers)?;
    let norm = read_vector(&file, &weights.norm, "norm", config.layers)?;
    let head = linear(&weights.head)?;
    done(config.layers + 1)?;
    let rope = RopeTable::new(&config.rope, config.head_dim);
    let embedding = Embedding::load(&file)?;
    Ok(Network { embedding, layers, norm, head, rope, file })
}

/// A norm or bias of a layer (the number of layers stands for the last norm); damaged ones are refused.
pub fn read_vector(file: &ModelFile, tensor: &Tensor, role: &'static str, layer: usize) -> Result<Vec<f32>, LoadError> {
    let mut values = vec![0.0; tensor.cols];
    dequantize(tensor.ty, file.bytes_of(tensor), &mut values)?;
    match values.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        Some((index, &value)) => Err(LoadError::NotFinite { role, layer, index, value }),
        None => Ok(values),
    }
}
