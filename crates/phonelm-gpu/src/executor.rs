//! The GPU executor: caches, batches and the way of numbers to the GPU and back.
//!
//! Embedding rows and RoPE's cosines and sines come from the CPU, which has them in the mapped file and in the table that
//! defines the model: a few kilobytes a token. Each batch is a few command buffers, so that the GPU begins early.

use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::time::Instant;

use phonelm_kernels::{Embedding, KvType, read_vector};
use phonelm_model::{
    Best, CacheId, Caches, Config, Executor, ExecutorError, ExportShape, Input, Logits, ModelFile, Part, RopeTable,
    Segment, batches,
};
use wgpu::{CommandEncoder, CommandEncoderDescriptor};

use crate::cache::{Cache, Pool};
use crate::calls::{self, Run};
use crate::device::{Adapter, Device};
use crate::error::LoadError;
use crate::kept::KeptPipelines;
use crate::keys::KvFormat;
use crate::linear::TILE;
use crate::pace::Pace;
use crate::pass::{Batch, Layer, Network, Pass};
use crate::pipelines::Pipelines;
use crate::results::Results;
use crate::scratch::{BATCH, MOST_FEW, Room, Scratch, partials, shares};
use crate::self_test;
use crate::shaders::{Arithmetic, BEST_COUNTS, Composer, MAX_HEAD_DIM, padded};
use crate::upload::{Extras, Rows, Uploader};

/// How to run a model on a GPU.
#[derive(Clone, Debug, Default)]
pub struct GpuOptions {
    /// Part of the GPU's name; the default GPU if absent.
    pub adapter: Option<String>,
    /// Storage of keys and values: f16 or q8_0.
    pub kv: KvType,
    /// Longest text in tokens; the model's own context if absent, and never more than that.
    pub context: Option<usize>,
    /// Bytes that a shader may read from one binding, if less than the GPU allows. Larger matrices are split.
    pub max_binding: Option<u64>,
    /// What to compute with at most, if less than the GPU can. [`Arithmetic::Single`] leaves subgroups out as well.
    pub arithmetic: Option<Arithmetic>,
    /// A folder that exists, in which compiled shaders are kept between starts where the driver gives them away.
    pub cache_dir: Option<PathBuf>,
}

/// Rows whose logits are computed together.
const HEAD_BATCH: usize = TILE;
/// After how many eighths of the layers is sent what was written down so far.
const EARLY: [usize; 2] = [1, 3];

/// Runs one model on a GPU.
pub struct GpuExecutor {
    device: Device,
    pipelines: Pipelines,
    network: Network,
    scratch: Scratch,
    pool: Pool,
    file: ModelFile,
    embedding: Embedding,
    rope: RopeTable,
    context: usize,
    batch: usize,
    pace: Pace,
    caches: Caches<Cache>,
    weight_bytes: u64,
    dispatches: u64,
}

impl GpuExecutor {
    /// Brings a model's weights onto a GPU.
    pub fn new(file: ModelFile, options: &GpuOptions) -> Result<Self, LoadError> {
        Self::load(file, options, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`Self::new`]; `progress` hears after each layer what share is done, 0 to 1, and ends the loading with
    /// [`ControlFlow::Break`].
    pub fn load(
        file: ModelFile,
        options: &GpuOptions,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, LoadError> {
        let config = file.config().clone();
        let context = options.context.unwrap_or(config.context);
        if !(1..=config.context).contains(&context) {
            return Err(LoadError::Option { option: "context", value: context, max: config.context });
        }
        if config.head_dim > MAX_HEAD_DIM {
            return Err(LoadError::HeadWidth { head_dim: config.head_dim, limit: MAX_HEAD_DIM });
        }
        let keys = KvFormat::of(options.kv, &config)?;
        let device = Device::open(options.adapter.as_deref(), options.max_binding)?;
        let batch = batch_rows(&device, &config)?;
        let arithmetic = device.adapter.arithmetic().min(options.arithmetic.unwrap_or(Arithmetic::Matrices));
        let subgroup = device.adapter.subgroup.filter(|_| options.arithmetic != Some(Arithmetic::Single));
        let kept = options.cache_dir.as_deref().and_then(|dir| KeptPipelines::open(&device, dir));
        let cache = kept.as_ref().map(|kept| kept.cache.clone());
        let composer = Composer::new(&config, keys, subgroup, arithmetic);
        let mut pipelines = Pipelines::new(&device, composer, |_, text| text, cache);
        let mut uploader = Uploader { device: &device, pipelines: &pipelines, file: &file, bytes: 0 };
        let network = upload(&mut uploader, &config, progress)?;
        let norms = head_norms(&uploader, &config)?;
        let weight_bytes = uploader.bytes;
        let no_room = |what| LoadError::OutOfMemory { what, bytes: 0 };
        let pool = Pool::new(&device, &pipelines, &config, keys, context, norms).ok_or(no_room("keys and values"))?;
        let room = Room { rows: 1, wanted: 1, ..Room::default() };
        let scratch = Scratch::new(&device, &pipelines, &config, room).ok_or(no_room("a token"))?;
        self_test::run(&device, &mut pipelines, &file, &network, keys)?;
        device.check_load()?;
        if let Some(kept) = kept {
            kept.keep();
        }
        tracing::info!(adapter = device.adapter.name, context, "GPU executor ready");
        Ok(Self {
            pipelines,
            network,
            scratch,
            pool,
            embedding: Embedding::load(&file)?,
            rope: RopeTable::new(&config.rope, config.head_dim),
            context,
            batch,
            pace: Pace::new(batch),
            caches: Caches::default(),
            weight_bytes,
            dispatches: 0,
            device,
            file,
        })
    }

    /// The GPU.
    pub fn adapter(&self) -> &Adapter {
        &self.device.adapter
    }

    /// Bytes of weights on the GPU.
    pub fn weight_bytes(&self) -> u64 {
        self.weight_bytes
    }

    /// Bytes of the buffers of passes, as large as the largest so far needed them.
    pub fn scratch_bytes(&self) -> u64 {
        self.scratch.bytes
    }

    /// Steps that the GPU was given so far.
    pub fn dispatches(&self) -> u64 {
        self.dispatches
    }

    /// Its matrices.
    #[cfg(test)]
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    fn truncate_to(&mut self, id: CacheId, len: usize) -> Result<usize, ExecutorError> {
        let cache = self.caches.get_mut(id)?;
        self.pool.truncate(cache, len);
        Ok(cache.len)
    }

    /// Makes room in the caches of a batch, and says where its rows stand.
    fn place(&mut self, batch: &[Part<'_>], rows: usize) -> Result<(Batch, Vec<u32>), ExecutorError> {
        let alone = batch.iter().all(|part| part.positions == 1) && rows <= MOST_FEW;
        for part in batch {
            let cache = self.caches.get_mut(part.cache)?;
            self.pool.reserve(&self.device, &self.pipelines, cache, part.positions)?;
        }
        let run = |part: &Part<'_>| {
            let cache = self.caches.get(part.cache)?;
            Ok(Run { position: cache.len, rows: part.positions, blocks: &cache.blocks })
        };
        let runs = batch.iter().map(run).collect::<Result<Vec<_>, ExecutorError>>()?;
        let longest = runs.iter().map(|run| run.position + run.rows).max().unwrap_or(0);
        let shares = shares(rows, longest);
        let (calls, groups) = calls::words(shares, &runs);
        Ok((Batch { rows, alone, groups, shares }, calls))
    }

    /// Embeddings and RoPE of a batch, row by row at the GPU's distances.
    fn inputs(&mut self, batch: &[Part<'_>], rows: usize) -> Result<[Vec<f32>; 2], ExecutorError> {
        let config = self.file.config();
        let stride = padded(config.hidden);
        let mut x = vec![0.0; rows * stride];
        let mut turns = Vec::with_capacity(rows * config.head_dim);
        let mut out = x.chunks_exact_mut(stride);
        for part in batch {
            let start = self.caches.get(part.cache)?.len;
            self.rope.grow(start + part.positions);
            for (i, out) in out.by_ref().take(part.positions).enumerate() {
                let out = &mut out[..config.hidden];
                match part.input {
                    Input::Tokens(tokens) => self.embedding.row(&self.file, tokens[i], out),
                    Input::Rows(values) => out.copy_from_slice(&values[i * config.hidden..][..config.hidden]),
                }
                let (cos, sin) = self.rope.at(start + i);
                turns.extend(cos.iter().zip(sin).flat_map(|(cos, sin)| [*cos, *sin]));
            }
        }
        Ok([x, turns])
    }

    /// Runs all batches; of each wanted row come its logits back, or the `count` highest of them.
    fn run(&mut self, segments: &[Segment<'_>], count: Option<usize>) -> Result<Results, ExecutorError> {
        let config: &Config = self.file.config();
        let batches = batches(segments, config, self.context, self.batch, |id| self.len(id))?;
        self.device.check()?;
        let length = |segment: &Segment<'_>| Ok((segment.cache, self.len(segment.cache)?));
        let lengths = segments.iter().map(length).collect::<Result<Vec<_>, ExecutorError>>()?;
        let mut results = Results::new(config.vocab, count);
        let start = Instant::now();
        let done = batches.iter().try_for_each(|batch| self.run_batch(batch, &mut results));
        // Where nothing comes back: whoever asks next is not to wait for this pass as well.
        if let Err(error) = done.and_then(|()| if results.rows() == 0 { self.device.wait() } else { Ok(()) }) {
            for (id, len) in lengths {
                self.truncate_to(id, len)?;
            }
            return Err(error);
        }
        // A prompt, of which at most one row comes back.
        if results.rows() <= segments.len() {
            let positions = batches.iter().flatten().map(|part| part.positions).sum();
            self.pace.note(positions, start.elapsed());
        }
        Ok(results)
    }

    /// Runs one batch, appends what its wanted rows give, and counts its tokens as held.
    fn run_batch(&mut self, batch: &[Part<'_>], results: &mut Results) -> Result<(), ExecutorError> {
        self.compute(batch, results)?;
        for part in batch {
            self.caches.get_mut(part.cache)?.len += part.positions;
        }
        Ok(())
    }

    /// The passes of a batch and their way back.
    fn compute(&mut self, batch: &[Part<'_>], results: &mut Results) -> Result<(), ExecutorError> {
        let rows = batch.iter().map(|part| part.positions).sum();
        let (steps, calls) = self.place(batch, rows)?;
        let [x, turns] = self.inputs(batch, rows)?;
        let (mut wanted, mut first_row) = (Vec::new(), 0);
        for part in batch {
            wanted.extend(part.wanted.clone().map(|i| first_row + i));
            first_row += part.positions;
        }
        let config = self.file.config();
        let partials = partials(config, rows, steps.shares);
        let room = Room { rows, wanted: wanted.len().clamp(1, HEAD_BATCH), calls: calls.len(), partials };
        let bytes = rows * (config.hidden + config.q_width() + config.ffn) * size_of::<f32>();
        self.scratch
            .with_room(&self.device, &self.pipelines, config, room)
            .ok_or(ExecutorError::OutOfMemory { bytes })?;

        let queue = &self.device.queue;
        queue.write_buffer(&self.scratch.x, 0, bytemuck::cast_slice(&x));
        queue.write_buffer(&self.scratch.calls, 0, bytemuck::cast_slice(&calls));
        queue.write_buffer(&self.scratch.turns, 0, bytemuck::cast_slice(&turns));
        let mut encoder = self.device.gpu.create_command_encoder(&CommandEncoderDescriptor::default());
        let mut pass = Pass {
            device: &self.device,
            pipelines: &mut self.pipelines,
            network: &self.network,
            pool: &self.pool,
            scratch: &self.scratch,
            config,
        };
        // The GPU has begun while the larger part is still written down, and never waits for what follows.
        let mut done = 0;
        for early in EARLY.map(|eighths| config.layers * eighths / 8) {
            self.dispatches += pass.layers(&mut encoder, steps, done..early);
            submit(pass.device, &mut encoder);
            done = early;
        }
        self.dispatches += pass.layers(&mut encoder, steps, done..config.layers);
        let mut pieces = wanted.chunks(HEAD_BATCH).peekable();
        if pieces.peek().is_none() {
            submit(pass.device, &mut encoder);
            return self.device.check();
        }
        for piece in pieces {
            self.dispatches += pass.head(&mut encoder, piece, rows, results);
            submit(pass.device, &mut encoder);
            let row_bytes = results.row_bytes();
            pass.device.read(&pass.scratch.staging, (piece.len() * row_bytes) as u64, |bytes| {
                bytes.chunks_exact(row_bytes).try_for_each(|row| results.take(row))
            })??;
        }
        Ok(())
    }
}

/// Sends what was written down, and begins anew.
fn submit(device: &Device, encoder: &mut CommandEncoder) {
    let next = device.gpu.create_command_encoder(&CommandEncoderDescriptor::default());
    device.queue.submit([std::mem::replace(encoder, next).finish()]);
}

impl Executor for GpuExecutor {
    fn describe(&self) -> String {
        format!("GPU, {}, {}", self.device.adapter.backend, self.device.adapter.name)
    }

    fn context(&self) -> usize {
        self.context
    }

    fn prefill_batch(&self) -> usize {
        self.pace.rows()
    }

    fn create(&mut self) -> CacheId {
        self.caches.insert(Cache::default())
    }

    fn fork(&mut self, cache: CacheId) -> Result<CacheId, ExecutorError> {
        let copy = self.pool.fork(self.caches.get(cache)?);
        Ok(self.caches.insert(copy))
    }

    fn len(&self, cache: CacheId) -> Result<usize, ExecutorError> {
        Ok(self.caches.get(cache)?.len)
    }

    fn truncate(&mut self, cache: CacheId, len: usize) -> Result<usize, ExecutorError> {
        self.truncate_to(cache, len)
    }

    fn release(&mut self, cache: CacheId) {
        if let Some(mut cache) = self.caches.remove(cache) {
            self.pool.truncate(&mut cache, 0);
        }
    }

    fn export_shape(&self) -> Result<ExportShape, ExecutorError> {
        Ok(*self.pool.shape())
    }

    fn append_blocks(&self, cache: CacheId, blocks: Range<usize>, out: &mut Vec<u8>) -> Result<(), ExecutorError> {
        self.pool.append_blocks(&self.device, self.caches.get(cache)?, blocks, out)
    }

    fn import(&mut self, bytes: &[u8]) -> Result<CacheId, ExecutorError> {
        let cache = self.pool.import(&self.device, &self.pipelines, bytes, self.context)?;
        Ok(self.caches.insert(cache))
    }

    fn cache_bytes(&self) -> usize {
        self.pool.bytes()
    }

    fn bytes_per_token(&self, context: usize) -> u64 {
        self.weight_bytes + (context * self.pool.token_bytes()) as u64
    }

    fn forward(&mut self, segments: &[Segment<'_>]) -> Result<Logits, ExecutorError> {
        let results = self.run(segments, None)?;
        Ok(Logits { values: results.logits, vocab: self.file.config().vocab })
    }

    fn forward_best(&mut self, segments: &[Segment<'_>], count: usize) -> Result<Best, ExecutorError> {
        let count = count.min(self.file.config().vocab);
        if !(1..=BEST_COUNTS[2] as usize).contains(&count) {
            return Ok(Best::of(&self.forward(segments)?, count));
        }
        Ok(Best { values: self.run(segments, Some(count))?.best, count })
    }
}

/// Rows that a binding holds of the widest matrix of activations.
fn batch_rows(device: &Device, config: &Config) -> Result<usize, LoadError> {
    let Adapter { max_binding: limit, name, .. } = &device.adapter;
    let row = |columns: usize| (padded(columns) * size_of::<f32>()) as u64;
    let widest = row(config.ffn).max(row(config.q_width() + 2 * config.kv_width())).max(row(config.hidden));
    let needed = widest.max(row(config.vocab)) * TILE as u64;
    if needed > *limit {
        return Err(LoadError::Binding {
            what: "64 rows of activations",
            needed,
            limit: *limit,
            adapter: name.clone(),
        });
    }
    let rows = usize::try_from(limit / widest).unwrap_or(BATCH);
    Ok(BATCH.min(rows / TILE * TILE))
}

/// Brings all matrices with their norms and biases onto the GPU.
fn upload(
    uploader: &mut Uploader<'_>,
    config: &Config,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Network, LoadError> {
    let file = uploader.file;
    let weights = file.weights();
    let eps = config.norm_eps;
    let hidden = padded(config.hidden);
    // The head counts as one more layer.
    let mut done = |layers: usize| match progress(layers as f64 / (config.layers + 1) as f64) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LoadError::Cancelled),
    };
    let mut layers = Vec::with_capacity(config.layers);
    for (index, w) in weights.layers.iter().enumerate() {
        done(index)?;
        let attn_norm = read_vector(file, &w.attn_norm, "norm", index)?;
        let ffn_norm = read_vector(file, &w.ffn_norm, "norm", index)?;
        let mut bias = Vec::new();
        for tensor in w.qkv_bias.iter().flatten() {
            bias.extend(read_vector(file, tensor, "bias", index)?);
        }
        let qkv =
            Extras { norm: &attn_norm, bias: &bias, out_stride: padded(config.q_width() + 2 * config.kv_width()), eps };
        let gate_up = Extras { norm: &ffn_norm, bias: &[], out_stride: padded(config.ffn), eps };
        let residual = Extras { out_stride: hidden, ..Extras::default() };
        layers.push(Layer {
            qkv: uploader.matrix(&Rows::Stacked(&[&w.q, &w.k, &w.v]), &qkv)?,
            o: uploader.matrix(&Rows::Stacked(&[&w.o]), &residual)?,
            gate_up: uploader.matrix(&Rows::Interleaved(&w.gate, &w.up), &gate_up)?,
            down: uploader.matrix(&Rows::Stacked(&[&w.down]), &residual)?,
        });
    }
    done(config.layers)?;
    let norm = read_vector(file, &weights.norm, "norm", config.layers)?;
    let extras = Extras { norm: &norm, bias: &[], out_stride: padded(config.vocab), eps };
    let head = uploader.matrix(&Rows::Stacked(&[&weights.head]), &extras)?;
    done(config.layers + 1)?;
    Ok(Network { layers, head })
}

/// The norms of query and key heads of each layer, nothing where the family has none.
fn head_norms(uploader: &Uploader<'_>, config: &Config) -> Result<Vec<wgpu::Buffer>, LoadError> {
    let file = uploader.file;
    let layers = file.weights().layers.iter().enumerate();
    layers
        .map(|(index, w)| {
            let mut norms = Vec::with_capacity(2 * config.head_dim);
            for tensor in w.qk_norm.iter().flatten() {
                norms.extend(read_vector(file, tensor, "norm", index)?);
            }
            uploader.vector(&norms)
        })
        .collect()
}
