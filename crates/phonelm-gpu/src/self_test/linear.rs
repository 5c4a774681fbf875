//! Products and norms: for each kind of matrix of the model a small one, with as many rows as each shader is made for.

use phonelm_gguf::TensorType;
use phonelm_kernels::blocks::dequantize;
use phonelm_model::{Activation, Config, Tensor};
use wgpu::{BindGroup, Buffer};

use super::{Bench, values};
use crate::error::LoadError;
use crate::linear::{Matrix, TILE};
use crate::pass::Network;
use crate::pipelines::Group;
use crate::shaders::{Emit, Format, MATVEC_ROWS, Shader, padded};
use crate::upload::{Extras, Rows, Source};

/// Outputs of a matrix, which fill neither a tile nor four.
const OUTPUTS: usize = 70;
/// Columns for a few rows: more blocks than the threads of a workgroup take at once.
const WIDE: usize = 37 * 32 - 11;
/// Columns for many rows, and rows that fill more than a tile.
const NARROW: usize = 3 * 32 - 11;
const MANY: usize = TILE + 3;
const EPS: f32 = 1e-5;
/// A scale of blocks of integers, 0.03 as f16.
const SCALE: u16 = 0x27AE;

/// A matrix and what becomes of its outputs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Product {
    format: Format,
    emit: Emit,
    norm: bool,
}

/// The kinds of products of a model.
pub(super) fn used(network: &Network, config: &Config) -> Vec<Product> {
    let gated = Emit::Gated { relu: config.activation == Activation::Relu };
    let store = |bias| Emit::Store { bias };
    let mut all = Vec::new();
    let mut add = |matrix: &Matrix, emit, norm| {
        let product = Product { format: matrix.format, emit, norm };
        if !all.contains(&product) {
            all.push(product);
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

impl Product {
    /// What the model uses of it.
    pub(super) fn shaders(&self) -> Vec<Shader> {
        let Self { format, emit, norm } = *self;
        let mut shaders: Vec<Shader> = MATVEC_ROWS.map(|rows| Shader::Matvec { format, emit, norm, rows }).into();
        shaders.push(Shader::Matmul { format, emit });
        shaders.extend(norm.then_some(Shader::Norm));
        shaders
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

    /// Holds each shader of this product against the reference.
    pub(super) fn run(&self, bench: &mut Bench<'_>) -> Result<(), LoadError> {
        let Self { format, emit, norm } = *self;
        let few = Case::new(self, bench, WIDE, MATVEC_ROWS[3] as usize)?;
        for rows in MATVEC_ROWS {
            let count = rows as usize;
            let (out, group) = few.out(bench, &few.start)?;
            let found = bench.run(&out, |recorder| recorder.matvec(&few.matrix, &group, emit, norm, count))?;
            let inputs = if norm { &few.normed } else { &few.rows };
            let expected = few.expected(self, &inputs[..count]);
            bench.compare(Shader::Matvec { format, emit, norm, rows }, &self.kept(&found, count), &expected)?;
        }
        if norm {
            let stride = padded(few.columns);
            let (out, group) = few.out(bench, &vec![0.0; few.rows.len() * stride])?;
            let found = bench.run(&out, |recorder| recorder.norm(&few.matrix, &group, few.rows.len()))?;
            let rows = found.chunks_exact(stride).take(few.rows.len());
            let found: Vec<f32> = rows.flat_map(|row| &row[..few.columns]).copied().collect();
            bench.compare(Shader::Norm, &found, &few.normed.concat())?;
        }
        let many = Case::new(self, bench, NARROW, MANY)?;
        let (out, group) = many.out(bench, &many.start)?;
        let found = bench.run(&out, |recorder| recorder.matmul(&many.matrix, &group, emit, MANY))?;
        let expected = many.expected(self, &many.rows);
        bench.compare(Shader::Matmul { format, emit }, &self.kept(&found, MANY), &expected)
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
    rows: Vec<Vec<f64>>,
    /// The rows after their norm.
    normed: Vec<Vec<f64>>,
    /// What lies where the outputs come.
    start: Vec<f32>,
}

impl Case {
    fn new(product: &Product, bench: &Bench<'_>, columns: usize, count: usize) -> Result<Self, LoadError> {
        let (tensor, bytes, weights) = product.weights(columns)?;
        let columns = tensor.cols;
        let (norm, bias) = (values(columns, 2), values(OUTPUTS, 3));
        let extras = Extras {
            norm: if product.norm { &norm } else { &[] },
            bias: if product.emit == (Emit::Store { bias: true }) { &bias } else { &[] },
            out_stride: padded(OUTPUTS),
            eps: EPS,
        };
        let source = Source { ty: tensor.ty, bytes: bytes.into(), rows: OUTPUTS, columns };
        let matrix = bench.uploader().matrix_as(product.format, &Rows::Stacked(&[&tensor]), &[source], &extras)?;
        let matrix = matrix.ok_or(LoadError::Driver { cause: "the self-test's matrix was refused".to_owned() })?;
        // Room for the rows that shaders touch.
        let room = if count > MATVEC_ROWS[3] as usize { count.next_multiple_of(TILE) } else { count };
        let mut x = vec![0.0; room * padded(columns)];
        let rows: Vec<Vec<f32>> = (0..count).map(|row| values(columns, 10 + row)).collect();
        x.chunks_exact_mut(padded(columns)).zip(&rows).for_each(|(x, row)| x[..columns].copy_from_slice(row));
        Ok(Self {
            matrix,
            weights,
            columns,
            bias,
            x: bench.floats(&x)?,
            normed: rows.iter().map(|row| rms_norm(row, &norm)).collect(),
            rows: rows.iter().map(|row| row.iter().map(|x| f64::from(*x)).collect()).collect(),
            start: values(room * padded(OUTPUTS), 4),
        })
    }

    /// Where outputs come, and the rows bound with it.
    fn out(&self, bench: &Bench<'_>, start: &[f32]) -> Result<(Buffer, BindGroup), LoadError> {
        let out = bench.floats(start)?;
        let group = bench.pipelines.bind(bench.device, Group::Rows, &[&self.x, &out]);
        Ok((out, group))
    }

    fn expected(&self, product: &Product, inputs: &[Vec<f64>]) -> Vec<f64> {
        let starts = self.start.chunks_exact(padded(OUTPUTS));
        let rows = inputs.iter().zip(starts);
        rows.flat_map(|(x, start)| product.outputs(&self.weights, x, &self.bias, start)).collect()
    }
}

/// Blocks of integers behind their scale.
fn blocks(count: usize, bytes: usize) -> Vec<u8> {
    let integers = (0..count * bytes).map(|i| (i * 7919 % 251) as u8).collect::<Vec<_>>();
    integers.chunks_exact(bytes).flat_map(|block| [&SCALE.to_le_bytes()[..], block].concat()).collect()
}

fn rms_norm(x: &[f32], weights: &[f32]) -> Vec<f64> {
    let mean = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / x.len() as f64;
    let scale = 1.0 / (mean + f64::from(EPS)).sqrt();
    x.iter().zip(weights).map(|(x, w)| f64::from(*x) * scale * f64::from(*w)).collect()
}
