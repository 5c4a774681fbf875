//! Products with norms: for each kind of matrix of the model a small one, with as many rows as each shader is made for.

use phonelm_gguf::TensorType;
use phonelm_kernels::blocks::dequantize;
use phonelm_model::{Activation, Config, Tensor};
use wgpu::Buffer;

use super::{Bench, values};
use crate::error::LoadError;
use crate::linear::{Matrix, TILE};
use crate::pass::Network;
use crate::pipelines::{Group, Pipelines};
use crate::scratch::Product;
use crate::shaders::{Emit, FEW_ROWS, Format, MATVEC_OUTPUTS, Shader, padded};
use crate::upload::{Extras, Rows, Source};

/// Outputs of a matrix, which fill neither a tile nor four.
const OUTPUTS: usize = 70;
/// Columns that a row has too few for whole blocks.
const MISSING: usize = 11;
/// Columns for many rows, and rows that fill more than a tile.
const NARROW: usize = 3 * 32 - MISSING;
const MANY: usize = TILE + 3;
const EPS: f32 = 1e-5;
/// A scale of blocks of integers, 0.03 as f16.
const SCALE: u16 = 0x27AE;

/// A kind of product of a model: its matrix, and what becomes of the outputs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    format: Format,
    emit: Emit,
    norm: bool,
    blocks: u32,
    /// Whether the workgroups of one row's product loop.
    loops: bool,
}

/// The kinds of products of a model.
pub(super) fn used(network: &Network, config: &Config, pipelines: &Pipelines) -> Vec<Kind> {
    let gated = Emit::Gated { relu: config.activation == Activation::Relu };
    let store = |bias| Emit::Store { bias };
    let mut all = Vec::new();
    let mut add = |matrix: &Matrix, emit, norm| {
        for part in &matrix.parts {
            let (_, loops) = pipelines.matvec_groups(part.outputs, matrix.blocks);
            let kind = Kind { format: matrix.format, emit, norm, blocks: matrix.blocks, loops };
            if !all.contains(&kind) {
                all.push(kind);
            }
        }
    };
    for layer in &network.layers {
        add(&layer.qkv, store(config.qkv_bias), true);
        add(&layer.o, Emit::Add, false);
        add(&layer.gate_up, gated, true);
        add(&layer.down, Emit::Add, false);
    }
    add(&network.head, store(false), true);
    all
}

impl Kind {
    fn matvec(&self) -> Shader {
        let Self { format, emit, norm, blocks, loops } = *self;
        if format.has_scales() {
            Shader::Matvec { format, emit, norm, blocks, loops }
        } else {
            Shader::Matfew { format, emit, norm, rows: 1 }
        }
    }

    /// What many rows go through.
    fn many(&self, pipelines: &Pipelines) -> Vec<Shader> {
        let Self { format, emit, norm, .. } = *self;
        let matmul = Shader::Matmul { format, emit };
        match (pipelines.halves(format), norm) {
            (true, _) => vec![Shader::Columns { norm }, matmul],
            (false, true) => vec![Shader::Norm, matmul],
            (false, false) => vec![matmul],
        }
    }

    /// What the model uses of it.
    pub(super) fn shaders(&self, pipelines: &Pipelines) -> Vec<Shader> {
        let Self { format, emit, norm, .. } = *self;
        let few = FEW_ROWS.map(|rows| Shader::Matfew { format, emit, norm, rows });
        [self.matvec()].into_iter().chain(few).chain(self.many(pipelines)).collect()
    }

    /// A tensor of so many columns, or of whole blocks of them, its bytes, and what they stand for.
    fn weights(&self, columns: usize) -> Result<(Tensor, Vec<u8>, Vec<f32>), LoadError> {
        let whole = padded(columns);
        let count = OUTPUTS * whole / 32;
        let (ty, columns, bytes) = match self.format {
            Format::F32 => {
                let bytes = values(OUTPUTS * columns, 1).iter().flat_map(|x| x.to_le_bytes()).collect();
                (TensorType::F32, columns, bytes)
            }
            Format::F16 => {
                let half = |x: &f32| half::f16::from_f32(*x).to_le_bytes();
                (TensorType::F16, columns, values(OUTPUTS * columns, 1).iter().flat_map(half).collect())
            }
            Format::Q4 => (TensorType::Q4_0, whole, blocks(count, 16)),
            Format::Q8 => (TensorType::Q8_0, whole, blocks(count, 32)),
        };
        let mut floats = vec![0.0; OUTPUTS * columns];
        dequantize(ty, &bytes, &mut floats)?;
        Ok((Tensor { ty, rows: OUTPUTS, cols: columns, range: 0..bytes.len() }, bytes, floats))
    }

    /// Holds each shader of this kind against the reference.
    pub(super) fn run(&self, bench: &mut Bench<'_>) -> Result<(), LoadError> {
        let Self { format, emit, norm, blocks, .. } = *self;
        let few = Case::new(self, bench, blocks as usize * 32 - MISSING, FEW_ROWS[2] as usize)?;
        let (out, rows) = few.rows(bench)?;
        let shader = self.matvec();
        let found = bench.run(&out, |recorder| {
            for part in &few.matrix.parts {
                // Fewer workgroups than there are outputs, so that they have to loop.
                let loops = self.loops && format.has_scales();
                let groups = if loops { 2 } else { part.outputs.div_ceil(MATVEC_OUTPUTS) };
                recorder.step(shader, [&part.group, &rows.direct], [groups, 1, 1]);
            }
        })?;
        bench.compare(&[shader], &self.kept(&found, 1), &few.expected(self, 1))?;
        for rows in FEW_ROWS {
            let (count, shader) = (rows as usize, Shader::Matfew { format, emit, norm, rows });
            let (out, rows) = few.rows(bench)?;
            let found = bench.run(&out, |recorder| recorder.product(&few.matrix, &rows, emit, norm, count))?;
            bench.compare(&[shader], &self.kept(&found, count), &few.expected(self, count))?;
        }
        let many = Case::new(self, bench, NARROW, MANY)?;
        let (out, rows) = many.rows(bench)?;
        let found = bench.run(&out, |recorder| recorder.product(&many.matrix, &rows, emit, norm, MANY))?;
        let shaders = self.many(bench.pipelines);
        bench.compare(&shaders, &self.kept(&found, MANY), &many.expected(self, MANY))
    }

    /// Outputs of a row, of which gates and ups make half as many.
    fn width(&self) -> usize {
        if matches!(self.emit, Emit::Gated { .. }) { OUTPUTS / 2 } else { OUTPUTS }
    }

    fn kept(&self, found: &[f32], rows: usize) -> Vec<f32> {
        let rows = found.chunks_exact(padded(OUTPUTS)).take(rows);
        rows.flat_map(|row| &row[..self.width()]).copied().collect()
    }

    /// What becomes of one row.
    fn outputs(&self, weights: &[f32], x: &[f64], bias: &[f32], start: &[f32]) -> Vec<f64> {
        let dot = |w: &[f32]| w.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum::<f64>();
        let sums: Vec<f64> = weights.chunks_exact(x.len()).map(dot).collect();
        let with = |others: &[f32]| sums.iter().zip(others).map(|(sum, other)| sum + f64::from(*other)).collect();
        match self.emit {
            Emit::Store { bias: false } => sums,
            Emit::Store { bias: true } => with(bias),
            Emit::Add => with(start),
            Emit::Gated { relu } => {
                let activate = |gate: f64| if relu { gate.max(0.0) } else { gate / (1.0 + (-gate).exp()) };
                sums.chunks_exact(2).map(|pair| activate(pair[0]) * pair[1]).collect()
            }
        }
    }
}

/// A matrix on the GPU and rows to multiply with it.
struct Case {
    matrix: Matrix,
    weights: Vec<f32>,
    columns: usize,
    bias: Vec<f32>,
    x: Buffer,
    /// The rows, after their norm if there is one.
    inputs: Vec<Vec<f64>>,
    /// What lies where the outputs come.
    start: Vec<f32>,
}

impl Case {
    fn new(kind: &Kind, bench: &Bench<'_>, columns: usize, count: usize) -> Result<Self, LoadError> {
        let (tensor, bytes, weights) = kind.weights(columns)?;
        let columns = tensor.cols;
        let (norm, bias) = (values(columns, 2), values(OUTPUTS, 3));
        let extras = Extras {
            norm: if kind.norm { &norm } else { &[] },
            bias: if kind.emit == (Emit::Store { bias: true }) { &bias } else { &[] },
            out_stride: padded(OUTPUTS),
            eps: EPS,
        };
        let source = Source { ty: tensor.ty, bytes: bytes.into(), rows: OUTPUTS, columns };
        let matrix = bench.uploader().matrix_as(kind.format, &Rows::Stacked(&[&tensor]), &[source], &extras)?;
        let matrix = matrix.ok_or(LoadError::Driver { cause: "the self-test's matrix was refused".to_owned() })?;
        // Room for the rows that shaders touch.
        let room = if count > FEW_ROWS[2] as usize { count.next_multiple_of(TILE) } else { count };
        let mut x = vec![0.0; room * padded(columns)];
        let rows: Vec<Vec<f32>> = (0..count).map(|row| values(columns, 10 + row)).collect();
        x.chunks_exact_mut(padded(columns)).zip(&rows).for_each(|(x, row)| x[..columns].copy_from_slice(row));
        Ok(Self {
            matrix,
            weights,
            columns,
            bias,
            x: bench.floats(&x)?,
            inputs: rows.iter().map(|row| input(row, kind.norm.then_some(&norm))).collect(),
            start: values(room * padded(OUTPUTS), 4),
        })
    }

    /// Where outputs come, and the rows bound with it.
    fn rows(&self, bench: &Bench<'_>) -> Result<(Buffer, Product), LoadError> {
        let out = bench.floats(&self.start)?;
        let room = self.inputs.len().next_multiple_of(TILE) * padded(self.columns);
        let between = bench.floats(&vec![0.0; room])?;
        let bind = |from, to| bench.pipelines.bind(bench.device, Group::Rows, &[from, to]);
        let rows = Product {
            direct: bind(&self.x, &out),
            to_normed: bind(&self.x, &between),
            of_normed: bind(&between, &out),
            to_columns: bind(&self.x, &between),
            of_columns: bind(&between, &out),
        };
        Ok((out, rows))
    }

    fn expected(&self, kind: &Kind, count: usize) -> Vec<f64> {
        let starts = self.start.chunks_exact(padded(OUTPUTS));
        let rows = self.inputs.iter().take(count).zip(starts);
        rows.flat_map(|(x, start)| kind.outputs(&self.weights, x, &self.bias, start)).collect()
    }
}

/// Blocks of integers behind their scale.
fn blocks(count: usize, bytes: usize) -> Vec<u8> {
    let integers = (0..count * bytes).map(|i| (i * 7919 % 251) as u8).collect::<Vec<_>>();
    integers.chunks_exact(bytes).flat_map(|block| [&SCALE.to_le_bytes()[..], block].concat()).collect()
}

/// A row as it is multiplied, after the norm of these weights if there is one.
fn input(x: &[f32], weights: Option<&Vec<f32>>) -> Vec<f64> {
    let mean = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / x.len() as f64;
    let scale = 1.0 / (mean + f64::from(EPS)).sqrt();
    match weights {
        Some(weights) => x.iter().zip(weights).map(|(x, w)| f64::from(*x) * scale * f64::from(*w)).collect(),
        None => x.iter().map(|x| f64::from(*x)).collect(),
    }
}
