//! One forward pass over a batch of rows: the same for every family, whose differences are data in the config.
//!
//! Row by row: embedding; in each layer RMSNorm, Q K V, RoPE, attention over the row's own cache, residual, RMSNorm,
//! gated FFN (see `skipping.rs` for a few rows of a ReLU model), residual; at the end RMSNorm and head for the rows whose
//! logits are wanted.

use std::ops::Range;

use phonelm_model::{Config, ModelFile, RopeTable};

use super::{
    activations::{Inputs, Matrix, Parts},
    cache::OpenCache,
    embedding::Embedding,
    linear::{Linear, multiply, multiply_add, multiply_gated},
    skipping::{self, Skipping},
};
use crate::{KV_BLOCK, Kernels, KvBlock, OutRows, Pool};

/// One layer's matrices and vectors.
pub(super) struct Layer {
    pub(super) attn_norm: Vec<f32>,
    pub(super) q: Linear,
    pub(super) k: Linear,
    pub(super) v: Linear,
    pub(super) qkv_bias: Option<[Vec<f32>; 3]>,
    pub(super) qk_norm: Option<[Vec<f32>; 2]>,
    pub(super) o: Linear,
    pub(super) ffn_norm: Vec<f32>,
    pub(super) gate: Linear,
    pub(super) up: Linear,
    pub(super) down: Linear,
    /// Whether `up` and `down` are laid out for skipping neurons.
    pub(super) skips: bool,
}

/// Everything of a model that a pass reads.
pub(super) struct Network {
    pub(super) file: ModelFile,
    pub(super) embedding: Embedding,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Vec<f32>,
    pub(super) head: Linear,
    pub(super) rope: RopeTable,
}

/// Buffers of a pass, kept between passes.
#[derive(Default)]
pub(super) struct Scratch {
    /// The residual stream, `[rows, hidden]`.
    pub(super) x: Matrix,
    /// What the next product reads.
    inputs: Inputs,
    q: Matrix,
    k: Matrix,
    v: Matrix,
    gate: Matrix,
    up: Matrix,
    /// What the FFN's second product reads.
    hidden: Inputs,
    pub(super) skipping: Skipping,
    /// Logits of the wanted rows.
    pub(super) logits: Matrix,
}

/// The rows of one cache in a pass.
pub(super) struct Span<'a> {
    pub(super) cache: OpenCache<'a>,
    /// Its first row in the batch.
    pub(super) first_row: usize,
    pub(super) rows: usize,
}

/// Query positions that one task attends together, so that a block's keys are converted once for all of them.
const QUERY_TILE: usize = 8;

/// Tasks for each thread where neighbouring heads share one: others take those of a thread that comes late.
const TASKS_A_THREAD: usize = 2;

/// What all steps of a pass share.
pub(super) struct Pass<'a> {
    pub(super) network: &'a Network,
    pub(super) kernels: &'a dyn Kernels,
    pub(super) pool: &'a Pool,
    pub(super) spans: &'a [Span<'a>],
}

impl Pass<'_> {
    /// Runs all layers over `scratch.x` (embeddings in, residual stream out), and leaves the logits of the rows `wanted`
    /// in `scratch.logits`.
    pub(super) fn run(&self, rows: usize, wanted: &[usize], scratch: &mut Scratch) {
        for (index, layer) in self.network.layers.iter().enumerate() {
            self.attention(index, layer, rows, scratch);
            self.ffn(layer, rows, scratch);
        }
        let Scratch { x, inputs, logits, .. } = scratch;
        let n = self.network;
        inputs.fill((wanted.len(), self.config().hidden), &[&n.head], self.kernels, self.pool, |i, out| {
            self.kernels.rms_norm(x.row(wanted[i]), &n.norm, self.config().norm_eps, out);
        });
        self.multiply([(&n.head, logits)], inputs);
    }

    fn config(&self) -> &Config {
        self.network.file.config()
    }

    fn multiply<const N: usize>(&self, jobs: [(&Linear, &mut Matrix); N], inputs: &Inputs) {
        multiply(jobs, inputs, &self.network.file, self.kernels, self.pool);
    }

    /// Adds the product of `inputs` to the residual stream.
    fn add_product(&self, linear: &Linear, x: &mut Matrix, inputs: &Inputs) {
        multiply_add(linear, x, inputs, &self.network.file, self.kernels, self.pool);
    }

    fn attention(&self, index: usize, layer: &Layer, rows: usize, scratch: &mut Scratch) {
        let c = self.config();
        let Scratch { x, inputs, q, k, v, .. } = scratch;
        inputs.fill((rows, c.hidden), &[&layer.q, &layer.k, &layer.v], self.kernels, self.pool, |row, out| {
            self.kernels.rms_norm(x.row(row), &layer.attn_norm, c.norm_eps, out);
        });
        self.multiply([(&layer.q, &mut *q), (&layer.k, &mut *k), (&layer.v, &mut *v)], inputs);

        let out = inputs.open((rows, c.q_width()), &layer.o, c.q_width() / c.kv_heads);
        // SAFETY: each task takes the heads of one key head in rows of its own.
        let (q, k, v) = unsafe { (q.out(), k.out(), v.out()) };
        Heads { pass: self, index, layer, q, k, v, out }.run();
        inputs.settle(self.kernels, self.pool);
        self.add_product(&layer.o, x, inputs);
    }

    fn ffn(&self, layer: &Layer, rows: usize, scratch: &mut Scratch) {
        let c = self.config();
        let Scratch { x, inputs, gate, up, hidden, skipping, .. } = scratch;
        inputs.fill((rows, c.hidden), &[&layer.gate, &layer.up], self.kernels, self.pool, |row, out| {
            self.kernels.rms_norm(x.row(row), &layer.ffn_norm, c.norm_eps, out);
        });
        if layer.skips && rows <= skipping::ROWS {
            self.multiply([(&layer.gate, &mut *gate)], inputs);
            if skipping.choose(gate, rows) {
                return skipping.run(layer, [gate, up, x], inputs, self.kernels, self.pool);
            }
            self.multiply([(&layer.up, &mut *up)], inputs);
            hidden.fill((rows, c.ffn), &[&layer.down], self.kernels, self.pool, |row, out| {
                out.copy_from_slice(gate.row(row));
                self.kernels.activate(out, up.row(row), c.activation);
            });
        } else {
            let file = &self.network.file;
            let both = [(&layer.gate, gate), (&layer.up, up)];
            multiply_gated(both, c.activation, inputs, (&layer.down, &mut *hidden), file, self.kernels, self.pool);
        }
        self.add_product(&layer.down, x, hidden);
    }
}

/// The attention of one layer, head by head.
struct Heads<'a> {
    pass: &'a Pass<'a>,
    index: usize,
    layer: &'a Layer,
    q: OutRows<'a>,
    k: OutRows<'a>,
    v: OutRows<'a>,
    out: Parts<'a>,
}

impl Heads<'_> {
    /// Stores keys and values and attends; in one step where a head's rows are few enough for one task.
    fn run(&self) {
        let kv_heads = self.pass.config().kv_heads;
        if self.pass.spans.iter().all(|span| span.rows <= QUERY_TILE) {
            // Few rows wait for the memory, which is fastest where much of it is read in a row: neighbouring heads together.
            let some = kv_heads.div_ceil(self.pass.pool.threads() * TASKS_A_THREAD);
            self.each_head(some, &|span, heads| {
                heads.clone().for_each(|head| self.fetch(span, head));
                heads.clone().for_each(|head| self.store(span, head));
                self.attend_tile(span, 0, heads);
            });
        } else {
            self.each_head(1, &|span, heads| heads.for_each(|head| self.store(span, head)));
            self.attend_tiles();
        }
    }

    /// Calls `work` for all key heads of each span, some at a time.
    fn each_head(&self, some: usize, work: &(dyn Fn(&Span<'_>, Range<usize>) + Sync)) {
        let kv_heads = self.pass.config().kv_heads;
        let tasks = kv_heads.div_ceil(some);
        self.pass.pool.run(self.pass.spans.len() * tasks, &|task| {
            let first = task % tasks * some;
            work(&self.pass.spans[task / tasks], first..(first + some).min(kv_heads));
        });
    }

    /// Fetches the block that new keys go into, where each of their elements touches another line.
    fn fetch(&self, span: &Span<'_>, kv_head: usize) {
        // SAFETY: nothing else touches this head in this pass, and this task does so later.
        let written = unsafe { span.cache.block(self.index, kv_head, span.cache.start() / KV_BLOCK) };
        self.pass.kernels.fetch_keys(&written);
    }

    /// Finishes queries, keys and values of a span's new rows (bias, norm, RoPE) and stores keys and values in its cache.
    fn store(&self, span: &Span<'_>, kv_head: usize) {
        for i in 0..span.rows {
            self.store_row(span, kv_head, i);
        }
    }

    fn store_row(&self, span: &Span<'_>, kv_head: usize, i: usize) {
        let c = self.pass.config();
        let (d, group) = (c.head_dim, c.heads / c.kv_heads);
        let (row, position) = (span.first_row + i, span.cache.start() + i);
        let (cos, sin) = self.pass.network.rope.at(position);
        let finish = |values: &mut [f32], head: usize, bias: usize, norm: Option<usize>| {
            if let Some(biases) = &self.layer.qkv_bias {
                self.pass.kernels.add(values, &biases[bias][head * d..][..d]);
            }
            let Some(norm) = norm else { return };
            if let Some(norms) = &self.layer.qk_norm {
                let unscaled = values.to_vec();
                self.pass.kernels.rms_norm(&unscaled, &norms[norm], c.norm_eps, values);
            }
            self.pass.kernels.rope(values, cos, sin, c.rope.layout);
        };
        for head in kv_head * group..(kv_head + 1) * group {
            // SAFETY: this task alone touches the query heads of its key head in its span's rows.
            let query = unsafe { self.q.part(row, head * d..(head + 1) * d) };
            finish(query, head, 0, Some(0));
        }
        // SAFETY: this task alone touches this key head in its span's rows.
        let (key, value) = unsafe {
            (self.k.part(row, kv_head * d..(kv_head + 1) * d), self.v.part(row, kv_head * d..(kv_head + 1) * d))
        };
        finish(key, kv_head, 1, Some(1));
        finish(value, kv_head, 2, None);
        // SAFETY: `position` is new, and this task alone touches this head of the cache.
        unsafe { span.cache.write((self.index, kv_head), position, [key, value], self.pass.kernels) };
    }

    /// Attends every new row to all tokens up to itself, some rows a task.
    fn attend_tiles(&self) {
        let kv_heads = self.pass.config().kv_heads;
        let tiles: Vec<(&Span<'_>, usize)> = self
            .pass
            .spans
            .iter()
            .flat_map(|span| (0..span.rows).step_by(QUERY_TILE).map(move |first| (span, first)))
            .collect();
        self.pass.pool.run(tiles.len() * kv_heads, &|task| {
            // Later tiles see more tokens: they come first, so that the last task to finish is a small one.
            let (span, first) = tiles[tiles.len() - 1 - task / kv_heads];
            let head = task % kv_heads;
            self.attend_tile(span, first, head..head + 1);
        });
    }

    /// Attends rows of some key heads whose keys and values are stored, block by block in order.
    fn attend_tile(&self, span: &Span<'_>, first: usize, kv_heads: Range<usize>) {
        let c = self.pass.config();
        let (d, group) = (c.head_dim, c.heads / c.kv_heads);
        let positions = (span.rows - first).min(QUERY_TILE);
        let rows = positions * group;
        let scale = 1.0 / (d as f32).sqrt();
        // Which position of which key head the parts of `q` and `out` belong to.
        let parts = kv_heads.clone().flat_map(|head| {
            (0..positions).map(move |i| (span.first_row + first + i, head * group * d..(head + 1) * group * d))
        });

        let mut q = vec![0.0; kv_heads.len() * rows * d];
        for (q, (row, columns)) in q.chunks_exact_mut(group * d).zip(parts.clone()) {
            // SAFETY: `store` has ended for this head; from then on its queries are only read.
            let source = unsafe { self.q.part(row, columns) };
            for (q, x) in q.iter_mut().zip(source.iter()) {
                *q = x * scale;
            }
        }
        let first_position = span.cache.start() + first;
        let visible: Vec<usize> = (0..rows).map(|row| first_position + row / group + 1).collect();
        let blocks: Vec<KvBlock<'_>> = (0..(first_position + positions).div_ceil(KV_BLOCK))
            .flat_map(|block| kv_heads.clone().map(move |head| (block, head)))
            // SAFETY: `store` has ended for these heads, and nothing else writes them in this pass.
            .map(|(block, head)| unsafe { span.cache.block(self.index, head, block) })
            .collect();
        let mut out = vec![0.0; q.len()];
        self.pass.kernels.attend(&q, &blocks, &visible, &mut out);
        for (out, (row, columns)) in out.chunks_exact(group * d).zip(parts) {
            // SAFETY: this task alone writes these heads of its rows.
            unsafe { self.out.put(row, columns.start, out, self.pass.kernels) };
        }
    }
}
