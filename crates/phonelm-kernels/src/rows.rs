//! What flows into and out of a matrix product: int8 activations, float weights, and the shared output.

use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use phonelm_gguf::TensorType;

use crate::blocks::{BlockError, check_length};
use crate::kernels::{GROUP, Kernels, TILE_ROWS};
use crate::pool::Pool;

/// Activations in int8, `[rows, cols]`, with one scale for every [`GROUP`] columns. Buffers are kept between uses.
#[derive(Debug, Default)]
pub struct QuantizedRows {
    rows: usize,
    cols: usize,
    values: Vec<i8>,
    scales: Vec<f32>,
    sums: Vec<i32>,
    offsets: Vec<i32>,
}

/// One row of [`QuantizedRows`] to be written.
#[derive(Debug)]
pub struct QuantizedRow<'a> {
    /// Whole groups of `-127..=127`; the columns past the row's end are 0.
    pub values: &'a mut [i8],
    /// `x = scale * value`, one a group.
    pub scales: &'a mut [f32],
    /// Sum of the values of each half group of 16.
    pub sums: &'a mut [i32],
    /// `-8 *` the sum of the values of each group: what weights stored around 8 have too much.
    pub offsets: &'a mut [i32],
}

impl QuantizedRows {
    /// Empty rows without memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Quantises `x`, `[rows, cols]`, with `kernels`, spread over `pool`.
    pub fn fill(&mut self, kernels: &dyn Kernels, x: &[f32], cols: usize, pool: &Pool) {
        let rows = x.len().checked_div(cols).unwrap_or(0);
        self.resize(rows, cols);
        if rows == 1 {
            self.rows_mut().zip(x.chunks_exact(cols)).for_each(|(row, x)| kernels.quantize(x, row));
            return;
        }
        let work = Mutex::new(self.rows_mut().zip(x.chunks_exact(cols.max(1))));
        pool.run(rows, &|_| {
            let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
            if let Some((row, x)) = next {
                kernels.quantize(x, row);
            }
        });
    }

    /// Sets the shape. What the rows hold afterwards is not specified.
    pub fn resize(&mut self, rows: usize, cols: usize) {
        (self.rows, self.cols) = (rows, cols);
        let groups = rows * self.groups();
        self.values.resize(groups * GROUP, 0);
        self.scales.resize(groups, 0.0);
        self.sums.resize(2 * groups, 0);
        self.offsets.resize(groups, 0);
    }

    /// All rows, to be written.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = QuantizedRow<'_>> + Send {
        let groups = self.groups().max(1);
        let values = self.values.chunks_exact_mut(groups * GROUP);
        let scales = self.scales.chunks_exact_mut(groups);
        let sums = self.sums.chunks_exact_mut(2 * groups);
        let offsets = self.offsets.chunks_exact_mut(groups);
        values.zip(scales).zip(sums.zip(offsets)).map(|((values, scales), (sums, offsets))| QuantizedRow {
            values,
            scales,
            sums,
            offsets,
        })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of the activations, without padding.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Groups of a row.
    pub fn groups(&self) -> usize {
        self.cols.div_ceil(GROUP)
    }

    /// The values of row `m`, padded to whole groups.
    pub fn values(&self, m: usize) -> &[i8] {
        let len = self.groups() * GROUP;
        &self.values[m * len..(m + 1) * len]
    }

    /// The scales of row `m`, one a group.
    pub fn scales(&self, m: usize) -> &[f32] {
        &self.scales[m * self.groups()..(m + 1) * self.groups()]
    }

    /// The sums of row `m`, one a half group.
    pub fn sums(&self, m: usize) -> &[i32] {
        &self.sums[2 * m * self.groups()..2 * (m + 1) * self.groups()]
    }

    /// `-8 *` the sums of row `m`, one a group.
    pub fn offsets(&self, m: usize) -> &[i32] {
        &self.offsets[m * self.groups()..(m + 1) * self.groups()]
    }
}

/// A float weight matrix, `[rows, cols]`, read where it lies, at any alignment.
#[derive(Clone, Copy, Debug)]
pub struct FloatMatrix<'a> {
    ty: TensorType,
    bytes: &'a [u8],
    rows: usize,
    cols: usize,
}

impl<'a> FloatMatrix<'a> {
    /// Fails for quantised types (pack those, see [`crate::Packed`]) and for bytes of another length.
    pub fn new(ty: TensorType, bytes: &'a [u8], rows: usize, cols: usize) -> Result<Self, BlockError> {
        if !matches!(ty, TensorType::F32 | TensorType::F16 | TensorType::BF16) {
            return Err(BlockError::NotFloat { ty });
        }
        let len = rows.checked_mul(cols).ok_or(BlockError::TooLarge { ty, rows, cols })?;
        check_length(ty, bytes, len)?;
        Ok(Self { ty, bytes, rows, cols })
    }

    /// F32, F16 or BF16.
    pub fn ty(&self) -> TensorType {
        self.ty
    }

    /// Output features.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Input features.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The bytes of row `n`.
    pub(crate) fn row(&self, n: usize) -> &'a [u8] {
        let len = self.cols * self.ty.block_bytes();
        &self.bytes[n * len..(n + 1) * len]
    }
}

/// The output of a matrix product, `[rows, stride]` floats, which several threads fill column by column.
///
/// `stride` is the number of output features rounded up to whole tiles (see [`OutRows::stride_for`]), because kernels
/// write whole tiles.
#[derive(Debug)]
pub struct OutRows<'a> {
    start: *mut f32,
    rows: usize,
    stride: usize,
    owner: PhantomData<&'a mut [f32]>,
}

// SAFETY: the memory is borrowed exclusively for 'a, and `new` obliges its caller to keep concurrent writes apart.
unsafe impl Send for OutRows<'_> {}
// SAFETY: as above.
unsafe impl Sync for OutRows<'_> {}

impl<'a> OutRows<'a> {
    /// A view of `values` as rows of `stride`; what is left over at the end stays unused.
    ///
    /// # Safety
    /// While the view lives, kernel calls that run at the same time write different columns: their tiles (or rows of a
    /// float matrix, which need not be whole tiles) do not overlap.
    pub unsafe fn new(values: &'a mut [f32], stride: usize) -> Self {
        let rows = values.len().checked_div(stride).unwrap_or(0);
        Self { start: values.as_mut_ptr(), rows, stride, owner: PhantomData }
    }

    /// The stride that `features` outputs need: whole tiles.
    pub const fn stride_for(features: usize) -> usize {
        features.next_multiple_of(TILE_ROWS)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Floats from one row to the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Writes `values` to columns `column..` of row `m`. Panics outside the rows, which would be a bug of the caller.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&self, m: usize, column: usize, values: [f32; N]) {
        assert!(m < self.rows && column <= self.stride && N <= self.stride - column, "output tile outside its matrix");
        // SAFETY: in bounds by the assertion; nobody else touches these columns by the promise made to `new`.
        unsafe { self.start.add(m * self.stride + column).cast::<[f32; N]>().write(values) }
    }
}
