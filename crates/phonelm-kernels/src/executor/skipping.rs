//! The FFN of one token, or a few, in which only the neurons count that ReLU lets through: the gate is multiplied first, then the rows
//! of up and the columns of down that belong to what is above zero.

use phonelm_gguf::TensorType;
use phonelm_model::{Activation, Config, LayerWeights};

use super::activations::{Inputs, Matrix};
use super::chunks::Chunks;
use super::forward::Layer;
use super::linear::Linear;
use crate::{Active, Kernels, Packed, Pool, TILE_ROWS};

/// Whether the neurons of a layer can be skipped, and its up and down matrices are laid out for that.
pub(super) fn skips(config: &Config, layer: &LayerWeights, kernels: &dyn Kernels) -> bool {
    let types = [(&layer.up, TensorType::Q4_0Rows), (&layer.down, TensorType::Q4_0Columns)];
    kernels.skips()
        && config.activation == Activation::Relu
        && types
            .iter()
            .all(|(tensor, ty)| tensor.ty == *ty || tensor.ty == TensorType::Q4_0 && ty.holds(tensor.rows, tensor.cols))
}

/// Rows that are looked at one by one; more have hardly a neuron that none of them needs.
pub(super) const ROWS: usize = 8;

/// Share of the neurons from which on reading all of them is as fast: the next line comes by itself.
const FEW: f64 = 0.45;

/// What the neurons of a few rows leave behind. The buffers are kept between uses.
#[derive(Default)]
pub(super) struct Skipping {
    rows: [Row; ROWS],
    inputs: Inputs,
    /// Neurons that were read for single tokens, and all that were asked.
    total: [u64; 2],
}

#[derive(Default)]
struct Row {
    /// Neurons above zero, the last tile filled up with the last of them.
    chosen: Vec<[u32; TILE_ROWS]>,
    count: usize,
    active: Active,
}

impl Row {
    fn choose(&mut self, gate: &[f32]) {
        self.chosen.resize(gate.len() / TILE_ROWS + 1, [0; TILE_ROWS]);
        let chosen = self.chosen.as_flattened_mut();
        self.count = 0;
        for (neuron, gate) in gate.iter().enumerate() {
            chosen[self.count] = neuron as u32;
            // NaN counts, as it does where nothing is skipped.
            self.count += usize::from(*gate > 0.0 || gate.is_nan());
        }
        let last = chosen[self.count.saturating_sub(1)];
        chosen[self.count..].fill(last);
        self.chosen.truncate(self.count.div_ceil(TILE_ROWS));
    }

    fn neurons(&self) -> &[u32] {
        &self.chosen.as_flattened()[..self.count]
    }
}

impl Skipping {
    /// Share of the neurons that counted so far; all, before the first.
    pub(super) fn share(&self) -> f64 {
        let [counted, asked] = self.total;
        if asked == 0 { 1.0 } else { counted as f64 / asked as f64 }
    }

    /// Chooses the neurons of each of `rows` rows, [`ROWS`] or fewer, of `gate`. Says whether they are so few that skipping
    /// the others, one row after the other, is the faster way.
    pub(super) fn choose(&mut self, gate: &Matrix, rows: usize) -> bool {
        let (row_by_row, all) = (&mut self.rows[..rows], gate.row(0).len());
        row_by_row.iter_mut().enumerate().for_each(|(m, row)| row.choose(gate.row(m)));
        let count: usize = row_by_row.iter().map(|row| row.count).sum();
        let few = (count as f64) < FEW * all as f64;
        if rows == 1 {
            self.total[0] += if few { count } else { all } as u64;
            self.total[1] += all as u64;
        }
        few
    }

    /// Multiplies the chosen rows of up with `inputs`, then adds the active columns of down to `x`.
    pub(super) fn run(
        &mut self,
        layer: &Layer,
        [gate, up, x]: [&mut Matrix; 3],
        inputs: &Inputs,
        kernels: &dyn Kernels,
        pool: &Pool,
    ) {
        let (Linear::Packed(up_weights), Linear::Packed(down)) = (&layer.up, &layer.down) else { return };
        let count = inputs.quantized().rows();
        let width = gate.row(0).len();
        up.resize(count, width);
        let rows = &mut self.rows[..count];
        for (m, row) in rows.iter().enumerate() {
            let chunks = Chunks::new(row.chosen.len(), pool.threads(), 1);
            // SAFETY: the chunks take disjoint ranges of tiles.
            let up = unsafe { up.row_out(m) };
            chunks.run(pool, |tiles| {
                kernels.matmul_rows(up_weights, &row.chosen, tiles, inputs.quantized().row(m), &up);
            });
        }

        self.inputs.fill((count, width), &[&layer.down], kernels, pool, |m, out| {
            out.fill(0.0);
            let gate = gate.row(m);
            for (neuron, up) in rows[m].neurons().iter().zip(up.row(m)) {
                out[*neuron as usize] = gate[*neuron as usize] * up;
            }
        });
        rows.iter_mut().enumerate().for_each(|(m, row)| row.active.fill(self.inputs.quantized().row(m)));
        for (m, row) in rows.iter().enumerate() {
            let together = down.tiles_together(pool.threads()) * TILE_ROWS / Packed::HALF_ROWS;
            let chunks = Chunks::new(down.rows() / Packed::HALF_ROWS, pool.threads(), together);
            // SAFETY: the chunks take disjoint ranges of halves.
            let out = unsafe { x.row_out(m) }.adding();
            chunks.run(pool, |halves| kernels.matmul_active(down, halves, &row.active, &out));
        }
    }
}
