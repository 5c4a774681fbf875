//! Weights on their way to the GPU: rows are brought into one of the GPU's formats piece by piece, so that beside the
//! mapped file no second copy of a model lies in main memory.
//!
//! Q4_0 and Q8_0 keep their numbers, packed or not; everything else becomes f16, or f32 where a weight is too large for
//! that. Matrices that are multiplied with the same rows become one.

use std::borrow::Cow;

use half::f16;
use phonelm_gguf::TensorType;
use phonelm_kernels::Packed;
use phonelm_kernels::blocks::{BlockError, dequantize};
use phonelm_model::{ModelFile, Tensor};
use wgpu::{Buffer, BufferUsages};

use crate::device::Device;
use crate::error::LoadError;
use crate::linear::{MAX_GROUPS, Matrix, Part, TILE};
use crate::pipelines::{Group, Pipelines};
use crate::shaders::{Format, padded};

/// Columns of a block.
pub(crate) const BLOCK: usize = 32;
/// Bytes that are converted between two transfers.
const PIECE: usize = 16 << 20;

impl Format {
    /// Bytes of the integers or floats of a block.
    pub(crate) const fn block_bytes(self) -> usize {
        match self {
            Self::Q4 => 16,
            Self::Q8 => 32,
            Self::F16 => 64,
            Self::F32 => 128,
        }
    }

    fn of(ty: TensorType) -> Self {
        match ty.unpacked() {
            TensorType::Q4_0 => Self::Q4,
            TensorType::Q8_0 => Self::Q8,
            TensorType::F32 => Self::F32,
            _ => Self::F16,
        }
    }

    /// The format that holds the weights of all of these tensors, unless one is too large.
    pub(crate) fn of_all(tensors: &[&Tensor]) -> Self {
        tensors.iter().map(|t| Self::of(t.ty)).reduce(Self::with).unwrap_or(Self::F32)
    }

    /// The format that holds what both hold.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::F32, _) | (_, Self::F32) => Self::F32,
            (Self::F16, _) | (_, Self::F16) => Self::F16,
            (Self::Q8, _) | (_, Self::Q8) => Self::Q8,
            (Self::Q4, Self::Q4) => Self::Q4,
        }
    }
}

/// The rows of a matrix that is put together from tensors of the same width.
pub(crate) enum Rows<'a> {
    /// One tensor's after the other's.
    Stacked(&'a [&'a Tensor]),
    /// A row of the first and a row of the second in turn.
    Interleaved(&'a Tensor, &'a Tensor),
}

impl Rows<'_> {
    pub(crate) fn tensors(&self) -> Vec<&Tensor> {
        match self {
            Self::Stacked(tensors) => tensors.to_vec(),
            Self::Interleaved(a, b) => vec![a, b],
        }
    }

    /// The tensor and its row behind a row of the matrix.
    fn place(&self, row: usize) -> (usize, usize) {
        match self {
            Self::Interleaved(..) => (row % 2, row / 2),
            Self::Stacked(tensors) => {
                let mut row = row;
                for (index, tensor) in tensors.iter().enumerate() {
                    if row < tensor.rows {
                        return (index, row);
                    }
                    row -= tensor.rows;
                }
                (tensors.len() - 1, row)
            }
        }
    }
}

/// What belongs to a product beside its matrix.
#[derive(Default)]
pub(crate) struct Extras<'a> {
    /// Weights of the RMSNorm before it.
    pub(crate) norm: &'a [f32],
    /// One for each output, or none.
    pub(crate) bias: &'a [f32],
    /// Elements from one row of outputs to the next.
    pub(crate) out_stride: usize,
    pub(crate) eps: f32,
}

/// Brings matrices and vectors onto the GPU.
pub(crate) struct Uploader<'a> {
    pub(crate) device: &'a Device,
    pub(crate) pipelines: &'a Pipelines,
    pub(crate) file: &'a ModelFile,
    /// Bytes of the matrices so far.
    pub(crate) bytes: u64,
}

impl Uploader<'_> {
    /// A matrix with its norm and biases.
    pub(crate) fn matrix(&mut self, rows: &Rows<'_>, extras: &Extras<'_>) -> Result<Matrix, LoadError> {
        let tensors = rows.tensors();
        let sources = tensors.iter().map(|t| Source::open(self.file, t)).collect::<Result<Vec<_>, _>>()?;
        let format = Format::of_all(&tensors);
        match self.matrix_as(format, rows, &sources, extras)? {
            Some(matrix) => Ok(matrix),
            // A weight beyond f16; f32 holds all.
            None => self
                .matrix_as(Format::F32, rows, &sources, extras)?
                .ok_or(LoadError::Driver { cause: "a matrix does not even fit into f32".to_owned() }),
        }
    }

    /// The same in a given format; `None` if a weight is too large for it.
    pub(crate) fn matrix_as(
        &mut self,
        format: Format,
        rows: &Rows<'_>,
        sources: &[Source<'_>],
        extras: &Extras<'_>,
    ) -> Result<Option<Matrix>, LoadError> {
        let (outputs, columns) = (sources.iter().map(|s| s.rows).sum::<usize>(), sources[0].columns);
        let blocks = columns.div_ceil(BLOCK);
        let mut vectors = vec![0.0; blocks * BLOCK + padded(outputs)];
        vectors[..extras.norm.len()].copy_from_slice(extras.norm);
        vectors[blocks * BLOCK..][..extras.bias.len()].copy_from_slice(extras.bias);
        let vectors = self.vector(&vectors)?;

        let row_bytes = blocks * format.block_bytes();
        let limit = self.device.adapter.max_binding;
        let per_part = (limit / row_bytes as u64 / TILE as u64 * TILE as u64).min(u64::from(MAX_GROUPS) * TILE as u64);
        if per_part == 0 {
            let needed = (TILE * row_bytes) as u64;
            let adapter = self.device.adapter.name.clone();
            return Err(LoadError::Binding { what: "64 rows of a matrix", needed, limit, adapter });
        }
        let (mut parts, mut bytes) = (Vec::new(), 0);
        for first in (0..outputs).step_by(per_part as usize) {
            let last = outputs.min(first + per_part as usize);
            let shape = [
                blocks as u32,
                first as u32,
                last.next_multiple_of(4) as u32,
                padded(columns) as u32,
                extras.out_stride as u32,
                (columns as f32).to_bits(),
                extras.eps.to_bits(),
                0,
            ];
            let shape = self.uniform(bytemuck::cast_slice(&shape))?;
            let Some([quants, scales]) = self.rows(format, rows, sources, first..last)? else {
                return Ok(None);
            };
            let group = self.pipelines.bind(self.device, Group::Matrix, &[&quants, &scales, &vectors, &shape]);
            parts.push(Part { group, outputs: (last - first) as u32 });
            bytes += quants.size() + scales.size();
        }
        self.bytes += bytes;
        Ok(Some(Matrix { format, blocks: blocks as u32, parts }))
    }

    /// The buffers of some rows; `None` if a weight is too large for the format.
    fn rows(
        &self,
        format: Format,
        rows: &Rows<'_>,
        sources: &[Source<'_>],
        range: std::ops::Range<usize>,
    ) -> Result<Option<[Buffer; 2]>, LoadError> {
        let blocks = sources[0].columns.div_ceil(BLOCK);
        let count = range.len().next_multiple_of(TILE);
        let row_bytes = blocks * format.block_bytes();
        let scale_bytes = if format.has_scales() { blocks * size_of::<u16>() } else { 0 };
        let quants = self.storage("weights", (count * row_bytes) as u64)?;
        let scales = self.storage("scales", (count * scale_bytes) as u64)?;
        let piece = (PIECE / row_bytes / TILE * TILE).max(TILE);
        let mut converted = Converted::default();
        for first in range.clone().step_by(piece) {
            converted.clear();
            for row in first..range.end.min(first + piece) {
                let (source, row) = rows.place(row);
                if !sources[source].convert(row, format, &mut converted)? {
                    return Ok(None);
                }
            }
            converted.interleave(row_bytes, scale_bytes);
            let done = first - range.start;
            self.write(&quants, done * row_bytes, &mut converted.quants);
            self.write(&scales, done * scale_bytes, &mut converted.scales);
            // Otherwise the transfers would wait in main memory, all of them.
            self.device.queue.submit([]);
            self.device.wait().map_err(|cause| LoadError::Driver { cause: cause.to_string() })?;
        }
        Ok(Some([quants, scales]))
    }

    /// A buffer of floats.
    pub(crate) fn vector(&self, values: &[f32]) -> Result<Buffer, LoadError> {
        self.filled("vectors", BufferUsages::STORAGE, bytemuck::cast_slice(values))
    }

    /// A buffer for a uniform.
    pub(crate) fn uniform(&self, bytes: &[u8]) -> Result<Buffer, LoadError> {
        self.filled("shape", BufferUsages::UNIFORM, bytes)
    }

    fn filled(&self, what: &'static str, usage: BufferUsages, bytes: &[u8]) -> Result<Buffer, LoadError> {
        let buffer = self.device.buffer(what, bytes.len() as u64, usage | BufferUsages::COPY_DST);
        let buffer = buffer.ok_or(LoadError::OutOfMemory { what, bytes: bytes.len() as u64 })?;
        self.device.queue.write_buffer(&buffer, 0, bytes);
        Ok(buffer)
    }

    fn storage(&self, what: &'static str, bytes: u64) -> Result<Buffer, LoadError> {
        let buffer = self.device.buffer(what, bytes, BufferUsages::STORAGE | BufferUsages::COPY_DST);
        buffer.ok_or(LoadError::OutOfMemory { what, bytes })
    }

    fn write(&self, buffer: &Buffer, at: usize, bytes: &mut Vec<u8>) {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        if !bytes.is_empty() {
            self.device.queue.write_buffer(buffer, at as u64, bytes);
        }
    }
}

#[derive(Default)]
struct Converted {
    quants: Vec<u8>,
    scales: Vec<u8>,
    floats: Vec<f32>,
    interleaved: Vec<u8>,
}

impl Converted {
    /// Brings four rows together, word by word and scale by scale.
    fn interleave(&mut self, row_bytes: usize, scale_bytes: usize) {
        for (bytes, row, unit) in [(&mut self.quants, row_bytes, 4), (&mut self.scales, scale_bytes, 2)] {
            // Behind the last row of a matrix may be room for up to three.
            bytes.resize(bytes.len().next_multiple_of((4 * row).max(1)), 0);
            self.interleaved.clear();
            for rows in bytes.chunks_exact((4 * row).max(1)) {
                for at in (0..row).step_by(unit) {
                    (0..4).for_each(|i| self.interleaved.extend_from_slice(&rows[i * row + at..][..unit]));
                }
            }
            std::mem::swap(bytes, &mut self.interleaved);
        }
    }

    fn clear(&mut self) {
        self.quants.clear();
        self.scales.clear();
    }
}

/// A tensor's rows, one after the other.
pub(crate) struct Source<'a> {
    pub(crate) ty: TensorType,
    pub(crate) bytes: Cow<'a, [u8]>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl<'a> Source<'a> {
    fn open(file: &'a ModelFile, tensor: &Tensor) -> Result<Self, BlockError> {
        let bytes = if tensor.ty.tile_rows() == 1 {
            Cow::Borrowed(file.bytes_of(tensor))
        } else {
            Cow::Owned(Packed::in_file(file, tensor)?.unpack().ok_or(BlockError::Packed { ty: tensor.ty })?)
        };
        Ok(Self { ty: tensor.ty.unpacked(), bytes, rows: tensor.rows, columns: tensor.cols })
    }

    /// Appends a row in the wanted format. Says no if a weight is too large for it.
    fn convert(&self, row: usize, format: Format, out: &mut Converted) -> Result<bool, BlockError> {
        let row_bytes = self.bytes.len() / self.rows;
        let bytes = &self.bytes[row * row_bytes..][..row_bytes];
        match (self.ty, format) {
            (TensorType::Q4_0, Format::Q4) | (TensorType::Q8_0, Format::Q8) => {
                for block in bytes.chunks_exact(self.ty.block_bytes()) {
                    out.scales.extend_from_slice(&block[..2]);
                    out.quants.extend_from_slice(&block[2..]);
                }
            }
            (TensorType::Q4_0, Format::Q8) => {
                for block in bytes.chunks_exact(self.ty.block_bytes()) {
                    out.scales.extend_from_slice(&block[..2]);
                    out.quants.extend(block[2..].iter().map(|both| (both & 15).wrapping_sub(8)));
                    out.quants.extend(block[2..].iter().map(|both| (both >> 4).wrapping_sub(8)));
                }
            }
            (ty, _) => {
                out.floats.resize(self.columns, 0.0);
                dequantize(ty, bytes, &mut out.floats)?;
                let padding = padded(self.columns) - self.columns;
                if format == Format::F32 {
                    out.quants.extend(out.floats.iter().flat_map(|x| x.to_le_bytes()));
                    out.quants.extend(std::iter::repeat_n(0, 4 * padding));
                } else {
                    let too_large = |x: &f32| x.is_finite() && f16::from_f32(*x).is_infinite();
                    if out.floats.iter().any(too_large) {
                        return Ok(false);
                    }
                    out.quants.extend(out.floats.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()));
                    out.quants.extend(std::iter::repeat_n(0, 2 * padding));
                }
            }
        }
        Ok(true)
    }
}
