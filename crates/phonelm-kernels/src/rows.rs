//! What flows into and out of a matrix product: int8 activations, float weights, and the shared output.

use std::marker::PhantomData;
use std::ops::Range;

use phonelm_gguf::TensorType;

use crate::blocks::{BlockError, check_length};
use crate::kernels::{GROUP, TILE_ROWS};

/// [`GROUP`] neighbouring activations: `x = scale * value`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(16))]
pub struct QuantizedGroup {
    /// In `-127..=127`; 0 past the end of a row.
    pub values: [i8; GROUP],
    /// Multiplies all values.
    pub scale: f32,
    /// `-8 *` the sum of all values: what weights stored around 8 have too much.
    pub offset: i32,
    /// Sum of each half of the values.
    pub sums: [i32; 2],
}

const _: () = assert!(size_of::<QuantizedGroup>() == 48);

/// Activations in int8, `[rows, cols]`, with one scale for every [`GROUP`] columns. The buffer is kept between uses.
#[derive(Debug, Default)]
pub struct QuantizedRows {
    rows: usize,
    cols: usize,
    groups: Vec<QuantizedGroup>,
}

impl QuantizedRows {
    /// No rows and no memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the shape. What the rows hold afterwards is not specified.
    pub fn resize(&mut self, rows: usize, cols: usize) {
        (self.rows, self.cols) = (rows, cols);
        self.groups.resize(rows * self.groups_per_row(), QuantizedGroup::default());
    }

    /// All rows, each to be written by [`crate::Kernels::quantize`].
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut [QuantizedGroup]> + Send {
        let per_row = self.groups_per_row().max(1);
        self.groups.chunks_exact_mut(per_row)
    }

    /// For tasks that write disjoint parts.
    pub(crate) fn parts(&mut self) -> QuantizedParts<'_> {
        let per_row = self.groups_per_row();
        QuantizedParts { start: self.groups.as_mut_ptr(), rows: self.rows, per_row, owner: PhantomData }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of the activations, without padding.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The groups of row `m`, the last one padded with zeros.
    pub fn row(&self, m: usize) -> &[QuantizedGroup] {
        let per_row = self.groups_per_row();
        &self.groups[m * per_row..(m + 1) * per_row]
    }

    fn groups_per_row(&self) -> usize {
        self.cols.div_ceil(GROUP)
    }
}

/// [`QuantizedRows`] during a step whose tasks write disjoint parts of them.
#[derive(Debug)]
pub(crate) struct QuantizedParts<'a> {
    start: *mut QuantizedGroup,
    rows: usize,
    per_row: usize,
    owner: PhantomData<&'a mut QuantizedRows>,
}

// SAFETY: the rows are borrowed exclusively; `part` obliges its callers to keep their parts disjoint.
unsafe impl Send for QuantizedParts<'_> {}
// SAFETY: as above.
unsafe impl Sync for QuantizedParts<'_> {}

impl QuantizedParts<'_> {
    /// Some groups of one row.
    ///
    /// # Safety
    /// While the result lives, no other task uses any of these groups.
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn part(&self, row: usize, groups: Range<usize>) -> &mut [QuantizedGroup] {
        assert!(row < self.rows && groups.start <= groups.end && groups.end <= self.per_row, "part outside its rows");
        // SAFETY: inside the rows by the assertion, and apart from other tasks' parts by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(row * self.per_row + groups.start), groups.len()) }
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
    /// Whether results are added to what is there.
    adds: bool,
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
        Self { start: values.as_mut_ptr(), rows, stride, adds: false, owner: PhantomData }
    }

    /// The same view, to which products add: `out += product`.
    pub fn adding(self) -> Self {
        Self { adds: true, ..self }
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

    /// Writes `values` to columns `column..` of row `m`, or adds them to what is there. Panics outside the rows, which would
    /// be a bug of the caller.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&self, m: usize, column: usize, mut values: [f32; N]) {
        assert!(m < self.rows && column <= self.stride && N <= self.stride - column, "output tile outside its matrix");
        // SAFETY: in bounds by the assertion; nobody else touches these columns by the promise made to `new`.
        unsafe {
            let out = self.start.add(m * self.stride + column).cast::<[f32; N]>();
            if self.adds {
                for (value, before) in values.iter_mut().zip(out.read()) {
                    *value += before;
                }
            }
            out.write(values);
        }
    }

    /// Some columns of row `m`, for whoever goes on with what products have written.
    ///
    /// # Safety
    /// While the result lives, no other task writes any of these elements, nor reads them if this one writes.
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn part(&self, m: usize, columns: Range<usize>) -> &mut [f32] {
        assert!(m < self.rows && columns.start <= columns.end && columns.end <= self.stride, "part outside its matrix");
        // SAFETY: inside the matrix by the assertion, and apart from other tasks' parts by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(m * self.stride + columns.start), columns.len()) }
    }
}
