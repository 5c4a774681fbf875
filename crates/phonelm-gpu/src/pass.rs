//! The steps of a forward pass over a batch of rows, written into command buffers: the same for every family.
//!
//! A few rows, as in decode, take six steps a layer at most: norm and QKV; heads, cache and attention (one more where a long
//! text is shared by several workgroups); O and residual; norm, gate and up; down and residual. Many rows are made ready in
//! steps of their own and multiplied tile by tile.

use std::ops::Range;

use phonelm_model::{Activation, Config};
use wgpu::{CommandEncoder, ComputePassDescriptor};

use crate::cache::Pool;
use crate::device::Device;
use crate::linear::{Matrix, Recorder};
use crate::pipelines::Pipelines;
use crate::results::Results;
use crate::scratch::Scratch;
use crate::shaders::{Emit, FEW_ROWS, Shader, best_chunks, padded};

/// One layer's matrices; their norms and biases lie with them.
pub(crate) struct Layer {
    pub(crate) qkv: Matrix,
    pub(crate) o: Matrix,
    pub(crate) gate_up: Matrix,
    pub(crate) down: Matrix,
}

/// Everything of a model that a pass reads on the GPU.
pub(crate) struct Network {
    pub(crate) layers: Vec<Layer>,
    pub(crate) head: Matrix,
}

/// What a pass works with.
pub(crate) struct Pass<'a> {
    pub(crate) device: &'a Device,
    pub(crate) pipelines: &'a mut Pipelines,
    pub(crate) network: &'a Network,
    pub(crate) pool: &'a Pool,
    pub(crate) scratch: &'a Scratch,
    pub(crate) config: &'a Config,
}

/// The rows of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) rows: usize,
    /// Whether each row is alone in its cache.
    pub(crate) alone: bool,
    /// Groups of rows whose attention is computed together, where they are not.
    pub(crate) groups: usize,
    /// Workgroups that share the attention of a head.
    pub(crate) shares: usize,
}

fn few(rows: usize) -> bool {
    rows <= FEW_ROWS[2] as usize
}

impl Pass<'_> {
    /// Some layers over the residual stream. Returns the number of steps.
    pub(crate) fn layers(&mut self, encoder: &mut CommandEncoder, batch: Batch, range: Range<usize>) -> u64 {
        let (bias, relu) = (self.config.qkv_bias, self.config.activation == Activation::Relu);
        let groups = &self.scratch.groups;
        let rows = batch.rows;
        let heads = [self.config.heads as u32, rows as u32];
        let (store, gated) = (Emit::Store { bias }, Emit::Gated { relu });
        let mut recorder = Recorder {
            device: self.device,
            pipelines: self.pipelines,
            pass: encoder.begin_compute_pass(&ComputePassDescriptor::default()),
            dispatches: 0,
        };
        for index in range {
            let layer = &self.network.layers[index];
            recorder.product(&layer.qkv, &groups.qkv, store, true, rows);
            let bound = [self.pool.group(index), &groups.heads];
            let shares = batch.shares as u32;
            if batch.alone {
                recorder.step(Shader::Attention, bound, [heads[0], heads[1], shares]);
            } else {
                let all = heads[0] + self.config.kv_heads as u32;
                recorder.step(Shader::Rope, bound, [all, heads[1], 1]);
                recorder.step(Shader::AttentionRows, bound, [heads[0], batch.groups as u32, shares]);
            }
            if batch.shares > 1 {
                recorder.step(Shader::Merge, bound, [heads[0], heads[1], 1]);
            }
            recorder.product(&layer.o, &groups.o, Emit::Add, false, rows);
            recorder.product(&layer.gate_up, &groups.gate_up, gated, true, rows);
            recorder.product(&layer.down, &groups.down, Emit::Add, false, rows);
        }
        recorder.dispatches
    }

    /// Norm and head for those rows of the residual stream whose logits are wanted, and `results` on their way back.
    /// Where they are all rows, they need not be gathered. Returns the number of steps.
    pub(crate) fn head(
        &mut self,
        encoder: &mut CommandEncoder,
        wanted: &[usize],
        rows: usize,
        results: &Results,
    ) -> u64 {
        let row_bytes = (padded(self.config.hidden) * size_of::<f32>()) as u64;
        let groups = &self.scratch.groups;
        let in_place = wanted.len() == rows && few(rows);
        if !in_place {
            for (to, from) in wanted.iter().enumerate() {
                let (x, out) = (&self.scratch.x, &self.scratch.wanted);
                encoder.copy_buffer_to_buffer(x, *from as u64 * row_bytes, out, to as u64 * row_bytes, row_bytes);
            }
        }
        let mut recorder = Recorder {
            device: self.device,
            pipelines: self.pipelines,
            pass: encoder.begin_compute_pass(&ComputePassDescriptor::default()),
            dispatches: 0,
        };
        let (head, store) = (&self.network.head, Emit::Store { bias: false });
        let from = if in_place { &groups.all_logits } else { &groups.logits };
        recorder.product(head, from, store, true, wanted.len());
        let best = results.made_for();
        if let (Some(count), Some(part)) = (best, head.parts.first()) {
            let chunks = best_chunks(self.config.vocab) as u32;
            let steps = [(true, &groups.logits_to_chunks, chunks), (false, &groups.chunks_to_best, 1)];
            for (first, rows, across) in steps {
                recorder.step(Shader::Best { first, count }, [&part.group, rows], [across, wanted.len() as u32, 1]);
            }
        }
        let dispatches = recorder.dispatches;
        drop(recorder);
        let source = if best.is_some() { &self.scratch.best } else { &self.scratch.logits };
        let bytes = (wanted.len() * results.row_bytes()) as u64;
        encoder.copy_buffer_to_buffer(source, 0, &self.scratch.staging, 0, bytes);
        dispatches
    }
}
