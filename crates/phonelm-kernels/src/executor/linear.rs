//! The matrices of a model as the kernels take them: quantised ones packed once at load, float ones read in place.

use std::{
    marker::PhantomData,
    ops::Range,
    sync::{Mutex, PoisonError},
};

use phonelm_gguf::TensorType;
use phonelm_model::{ModelFile, Tensor};

use super::LoadError;
use super::chunks::Chunks;
use crate::blocks::BlockError;
use crate::{FloatMatrix, Kernels, OutRows, Packed, Pool, QuantizedRows, TILE_ROWS};

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

    fn needs_quantized(&self) -> bool {
        matches!(self, Self::Packed(_))
    }
}

fn float_matrix<'a>(file: &'a ModelFile, tensor: &Tensor) -> Result<FloatMatrix<'a>, BlockError> {
    FloatMatrix::new(tensor.ty, file.bytes_of(tensor), tensor.rows, tensor.cols)
}

/// A `[rows, cols]` activation matrix whose rows lie `stride` apart, a multiple of 16.
#[derive(Default)]
pub(super) struct Matrix {
    values: Vec<f32>,
    rows: usize,
    cols: usize,
    stride: usize,
}

impl Matrix {
    pub(super) fn resize(&mut self, rows: usize, cols: usize) {
        (self.rows, self.cols, self.stride) = (rows, cols, cols.next_multiple_of(TILE_ROWS));
        self.values.resize(rows * self.stride, 0.0);
    }

    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.stride..][..self.cols]
    }

    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.values[row * self.stride..][..self.cols]
    }

    /// As the output of products.
    ///
    /// # Safety
    /// As for [`OutRows::new`].
    pub(super) unsafe fn out(&mut self) -> OutRows<'_> {
        // SAFETY: passed on.
        unsafe { OutRows::new(&mut self.values, self.stride) }
    }

    /// One row as the output of products.
    ///
    /// # Safety
    /// As for [`OutRows::new`].
    pub(super) unsafe fn row_out(&mut self, row: usize) -> OutRows<'_> {
        // SAFETY: passed on.
        unsafe { OutRows::new(&mut self.values[row * self.stride..][..self.stride], self.stride) }
    }

    /// For tasks that touch disjoint parts.
    pub(super) fn shared(&mut self) -> SharedMatrix<'_> {
        SharedMatrix { start: self.values.as_mut_ptr(), rows: self.rows, stride: self.stride, owner: PhantomData }
    }
}

/// A [`Matrix`] during a step whose tasks touch disjoint parts of it.
pub(super) struct SharedMatrix<'a> {
    start: *mut f32,
    rows: usize,
    stride: usize,
    owner: PhantomData<&'a mut Matrix>,
}

// SAFETY: the matrix is borrowed exclusively; `part` obliges its callers to keep their parts disjoint.
unsafe impl Send for SharedMatrix<'_> {}
// SAFETY: as above.
unsafe impl Sync for SharedMatrix<'_> {}

impl SharedMatrix<'_> {
    /// Some columns of one row.
    ///
    /// # Safety
    /// While the result lives, no other task writes any of these elements, nor reads them if this one writes.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn part(&self, row: usize, columns: Range<usize>) -> &mut [f32] {
        assert!(
            row < self.rows && columns.start <= columns.end && columns.end <= self.stride,
            "part outside its matrix"
        );
        // SAFETY: inside the matrix by the assertion, and apart from other tasks' parts by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(row * self.stride + columns.start), columns.len()) }
    }
}

/// Inputs of linear layers: float rows, and the same rows quantised where a packed matrix will read them.
#[derive(Default)]
pub(super) struct Inputs {
    rows: usize,
    float: Vec<f32>,
    quantized: QuantizedRows,
}

impl Inputs {
    /// The rows in int8, if a packed matrix reads them.
    pub(super) fn quantized(&self) -> &QuantizedRows {
        &self.quantized
    }

    /// Fills `rows` rows of `cols`: `fill(row, out)` writes one, and it is quantised if one of `readers` is packed.
    pub(super) fn fill(
        &mut self,
        (rows, cols): (usize, usize),
        readers: &[&Linear],
        kernels: &dyn Kernels,
        pool: &Pool,
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        self.rows = rows;
        self.float.resize(rows * cols, 0.0);
        let float = self.float.chunks_exact_mut(cols).enumerate();
        if readers.iter().any(|linear| linear.needs_quantized()) {
            self.quantized.resize(rows, cols);
            for_each(pool, rows, float.zip(self.quantized.rows_mut()), |((row, out), quantized)| {
                fill(row, out);
                kernels.quantize(out, quantized);
            });
        } else {
            for_each(pool, rows, float, |(row, out)| fill(row, out));
        }
    }
}

/// Calls `work` with each of `count` items, spread over the pool.
pub(super) fn for_each<I: Iterator + Send>(pool: &Pool, count: usize, items: I, work: impl Fn(I::Item) + Sync) {
    let items = Mutex::new(items);
    pool.run(count, &|_| {
        let item = items.lock().unwrap_or_else(PoisonError::into_inner).next();
        if let Some(item) = item {
            work(item);
        }
    });
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
        out.resize(inputs.rows, linear.rows());
        let all = first..first + tiles(linear);
        first = all.end;
        // SAFETY: the chunks below take disjoint ranges of tiles.
        (all, linear, unsafe { out.out() })
    });
    pool.run(chunks.count(), &|chunk| {
        let chunk = chunks.items(chunk);
        for (all, linear, out) in &jobs {
            let (start, end) = (chunk.start.max(all.start), chunk.end.min(all.end));
            if start >= end {
                continue;
            }
            let (start, end) = (start - all.start, end - all.start);
            match linear {
                Linear::Packed(packed) => kernels.matmul(packed, start..end, &inputs.quantized, out),
                Linear::Float(tensor) => {
                    let Ok(matrix) = float_matrix(file, tensor) else { unreachable!("`load` checked the tensor") };
                    let rows = start * TILE_ROWS..(end * TILE_ROWS).min(tensor.rows);
                    kernels.matmul_float(&matrix, rows, &inputs.float, out);
                }
            }
        }
    });
}
