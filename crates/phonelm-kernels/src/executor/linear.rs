//! The matrices of a model as the kernels take them, quantised ones packed once at load, float ones read in place, and
//! products with them on all threads.

use std::ops::Range;

use phonelm_gguf::TensorType;
use phonelm_model::{Activation, ModelFile, Tensor};

use super::LoadError;
use super::activations::{Inputs, Matrix};
use super::chunks::Chunks;
use crate::blocks::BlockError;
use crate::{FloatMatrix, GROUP, Kernels, OutRows, Packed, Pool, TILE_ROWS};

/// A `[rows, cols]` matrix that multiplies activations from the left.
pub(super) enum Linear {
    Packed(Packed),
    Float(Tensor),
}

impl Linear {
    /// Takes a tensor in: float and packed types stay in the file, others are packed, which costs memory.
    pub(super) fn load(file: &ModelFile, tensor: &Tensor, pool: &Pool) -> Result<Self, LoadError> {
        match tensor.ty {
            TensorType::F32 | TensorType::F16 | TensorType::BF16 => {
                float_matrix(file, tensor)?;
                Ok(Self::Float(tensor.clone()))
            }
            ty if ty.tile_rows() > 1 => Ok(Self::Packed(Packed::in_file(file, tensor)?)),
            ty => {
                let bytes = file.bytes_of(tensor);
                Ok(Self::Packed(Packed::from_blocks(ty, bytes, tensor.rows, tensor.cols, pool)?))
            }
        }
    }

    /// Takes in a matrix of a layer whose neurons are skipped as the packed type `ty`, which it may have in the file.
    pub(super) fn load_as(ty: TensorType, file: &ModelFile, tensor: &Tensor, pool: &Pool) -> Result<Self, LoadError> {
        if tensor.ty == ty {
            return Self::load(file, tensor, pool);
        }
        Ok(Self::Packed(Packed::laid_out(ty, file.bytes_of(tensor), tensor.rows, tensor.cols, pool)?))
    }

    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Packed(packed) => packed.rows(),
            Self::Float(tensor) => tensor.rows,
        }
    }

    /// Bytes held in memory beyond the mapped file.
    pub(super) fn resident_bytes(&self) -> usize {
        match self {
            Self::Packed(packed) if !packed.is_mapped() => packed.bytes(),
            Self::Packed(_) | Self::Float(_) => 0,
        }
    }

    /// Bytes that a multiplication reads of it.
    pub(super) fn read_bytes(&self) -> usize {
        match self {
            Self::Packed(packed) => packed.bytes(),
            Self::Float(tensor) => tensor.range.len(),
        }
    }

    /// See [`Packed::tiles_together`].
    fn tiles_together(&self, threads: usize) -> usize {
        match self {
            Self::Packed(packed) => packed.tiles_together(threads),
            Self::Float(_) => 1,
        }
    }

    /// Whether it reads activations in int8.
    pub(super) fn needs_quantized(&self) -> bool {
        matches!(self, Self::Packed(_))
    }

    /// Multiplies `inputs` with some tiles of 16 rows.
    fn multiply_tiles(
        &self,
        tiles: Range<usize>,
        inputs: &Inputs,
        file: &ModelFile,
        kernels: &dyn Kernels,
        out: &OutRows<'_>,
    ) {
        match self {
            Self::Packed(packed) => kernels.matmul(packed, tiles, inputs.quantized(), out),
            Self::Float(tensor) => {
                let Ok(matrix) = float_matrix(file, tensor) else { unreachable!("`load` checked the tensor") };
                let rows = tiles.start * TILE_ROWS..(tiles.end * TILE_ROWS).min(tensor.rows);
                kernels.matmul_float(&matrix, rows, inputs.float(), out);
            }
        }
    }
}

fn float_matrix<'a>(file: &'a ModelFile, tensor: &Tensor) -> Result<FloatMatrix<'a>, BlockError> {
    FloatMatrix::new(tensor.ty, file.bytes_of(tensor), tensor.rows, tensor.cols)
}

/// Multiplies `inputs` with each matrix into its output, all in one parallel region.
pub(super) fn multiply<const N: usize>(
    jobs: [(&Linear, &mut Matrix); N],
    inputs: &Inputs,
    file: &ModelFile,
    kernels: &dyn Kernels,
    pool: &Pool,
) {
    let tiles = |linear: &Linear| linear.rows().div_ceil(TILE_ROWS);
    let together = jobs.iter().map(|(linear, _)| linear.tiles_together(pool.threads())).max().unwrap_or(1);
    let chunks = Chunks::new(jobs.iter().map(|(linear, _)| tiles(linear)).sum(), pool.threads(), together);
    let mut first = 0;
    let jobs = jobs.map(|(linear, out)| {
        out.resize(inputs.rows(), linear.rows());
        let all = first..first + tiles(linear);
        first = all.end;
        // SAFETY: the chunks below take disjoint ranges of tiles.
        (all, linear, unsafe { out.out() })
    });
    chunks.run(pool, |chunk| {
        for (all, linear, out) in &jobs {
            let (start, end) = (chunk.start.max(all.start), chunk.end.min(all.end));
            if start < end {
                linear.multiply_tiles(start - all.start..end - all.start, inputs, file, kernels, out);
            }
        }
    });
}

/// Adds the product of `inputs` to the rows of `x`.
pub(super) fn multiply_add(
    linear: &Linear,
    x: &mut Matrix,
    inputs: &Inputs,
    file: &ModelFile,
    kernels: &dyn Kernels,
    pool: &Pool,
) {
    let tiles = linear.rows().div_ceil(TILE_ROWS);
    let chunks = Chunks::new(tiles, pool.threads(), linear.tiles_together(pool.threads()));
    // SAFETY: the chunks take disjoint ranges of tiles.
    let out = unsafe { x.out() }.adding();
    chunks.run(pool, |tiles| linear.multiply_tiles(tiles, inputs, file, kernels, &out));
}

/// `activation(gate . inputs) * (up . inputs)` as the inputs of `down`: each task multiplies some neurons of both matrices
/// and finishes them, so that only bytes go on to the next product.
pub(super) fn multiply_gated(
    [(gate, gate_out), (up, up_out)]: [(&Linear, &mut Matrix); 2],
    activation: Activation,
    inputs: &Inputs,
    (down, hidden): (&Linear, &mut Inputs),
    file: &ModelFile,
    kernels: &dyn Kernels,
    pool: &Pool,
) {
    let (rows, neurons) = (inputs.rows(), gate.rows());
    gate_out.resize(rows, neurons);
    up_out.resize(rows, neurons);
    let hidden = hidden.open((rows, neurons), down, GROUP);
    let tiles = neurons.div_ceil(TILE_ROWS);
    let together = [gate, up].map(|linear| linear.tiles_together(pool.threads())).into_iter().max().unwrap_or(1);
    // In whole groups, because a task quantises what it has.
    let chunks = Chunks::new(tiles, pool.threads(), together.next_multiple_of(GROUP / TILE_ROWS));
    // SAFETY: the chunks take disjoint ranges of tiles.
    let (gate_out, up_out) = unsafe { (gate_out.out(), up_out.out()) };
    chunks.run(pool, |tiles| {
        gate.multiply_tiles(tiles.clone(), inputs, file, kernels, &gate_out);
        up.multiply_tiles(tiles.clone(), inputs, file, kernels, &up_out);
        let columns = tiles.start * TILE_ROWS..(tiles.end * TILE_ROWS).min(neurons);
        for row in 0..rows {
            // SAFETY: this task alone has these neurons.
            unsafe {
                let gate = gate_out.part(row, columns.clone());
                kernels.activate(gate, up_out.part(row, columns.clone()), activation);
                hidden.put(row, columns.start, gate, kernels);
            }
        }
    });
}
