//! Activations between the steps of a pass: float rows that products write, and the inputs of products, which packed
//! matrices read in int8.

use std::sync::{Mutex, PoisonError};

use super::linear::Linear;
use crate::rows::QuantizedParts;
use crate::{GROUP, Kernels, OutRows, Pool, QuantizedRows, TILE_ROWS};

/// A `[rows, cols]` activation matrix whose rows lie `stride` apart, a multiple of 16.
#[derive(Default)]
pub(super) struct Matrix {
    values: Vec<f32>,
    cols: usize,
    stride: usize,
}

impl Matrix {
    pub(super) fn resize(&mut self, rows: usize, cols: usize) {
        (self.cols, self.stride) = (cols, cols.next_multiple_of(TILE_ROWS));
        self.values.resize(rows * self.stride, 0.0);
    }

    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.stride..][..self.cols]
    }

    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.values[row * self.stride..][..self.cols]
    }

    /// As the output of products, or for tasks that touch disjoint parts.
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
}

/// Inputs of linear layers, `[rows, cols]`: in int8 where a packed matrix reads them, in float where one of floats does.
#[derive(Default)]
pub(super) struct Inputs {
    rows: usize,
    cols: usize,
    float: Vec<f32>,
    quantized: QuantizedRows,
    /// Whether the rows are only in float, though they are read in int8.
    unsettled: bool,
}

impl Inputs {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The rows in float, one behind the other.
    pub(super) fn float(&self) -> &[f32] {
        &self.float
    }

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
        self.resize((rows, cols), readers);
        let float = self.float.chunks_exact_mut(cols).enumerate();
        if readers.iter().any(|linear| linear.needs_quantized()) {
            for_each(pool, rows, float.zip(self.quantized.rows_mut()), |((row, out), quantized)| {
                fill(row, out);
                kernels.quantize(out, quantized);
            });
        } else {
            for_each(pool, rows, float, |(row, out)| fill(row, out));
        }
    }

    /// Lets tasks write `reader`'s inputs part by part, each a multiple of `width` columns except at a row's end. Once all
    /// are written, [`Self::settle`] ends it.
    pub(super) fn open(&mut self, shape: (usize, usize), reader: &Linear, width: usize) -> Parts<'_> {
        self.resize(shape, &[reader]);
        let whole_groups = width.is_multiple_of(GROUP);
        self.unsettled = reader.needs_quantized() && !whole_groups;
        let quantized = (reader.needs_quantized() && whole_groups).then(|| self.quantized.parts());
        // SAFETY: `put` obliges its callers to keep their parts apart.
        Parts { float: unsafe { OutRows::new(&mut self.float, self.cols) }, quantized }
    }

    /// Quantises rows whose parts were no whole groups.
    pub(super) fn settle(&mut self, kernels: &dyn Kernels, pool: &Pool) {
        if std::mem::take(&mut self.unsettled) {
            let rows = self.float.chunks_exact(self.cols).zip(self.quantized.rows_mut());
            for_each(pool, self.rows, rows, |(row, quantized)| kernels.quantize(row, quantized));
        }
    }

    fn resize(&mut self, (rows, cols): (usize, usize), readers: &[&Linear]) {
        (self.rows, self.cols) = (rows, cols);
        self.float.resize(rows * cols, 0.0);
        if readers.iter().any(|linear| linear.needs_quantized()) {
            self.quantized.resize(rows, cols);
        }
    }
}

/// [`Inputs`] while tasks write disjoint parts of them.
pub(super) struct Parts<'a> {
    float: OutRows<'a>,
    /// Where parts are whole groups and only packed matrices read them.
    quantized: Option<QuantizedParts<'a>>,
}

impl Parts<'_> {
    /// Writes a part of a row, from `column` on.
    ///
    /// # Safety
    /// No other task writes any of these elements.
    pub(super) unsafe fn put(&self, row: usize, column: usize, values: &[f32], kernels: &dyn Kernels) {
        match &self.quantized {
            Some(quantized) => {
                let groups = column / GROUP..(column + values.len()).div_ceil(GROUP);
                // SAFETY: parts are whole groups, and apart from each other by the caller's promise.
                kernels.quantize(values, unsafe { quantized.part(row, groups) });
            }
            // SAFETY: by the caller's promise.
            None => unsafe { self.float.part(row, column..column + values.len()) }.copy_from_slice(values),
        }
    }
}

/// Calls `work` with each of `count` items, spread over the pool.
fn for_each<I: Iterator + Send>(pool: &Pool, count: usize, items: I, work: impl Fn(I::Item) + Sync) {
    let items = Mutex::new(items);
    pool.run(count, &|_| {
        let item = items.lock().unwrap_or_else(PoisonError::into_inner).next();
        if let Some(item) = item {
            work(item);
        }
    });
}
