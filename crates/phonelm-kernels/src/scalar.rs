//! The reference: every primitive in plain Rust, which the other kernel sets equal to the bit.

use std::ops::Range;

use half::f16;
use phonelm_model::{Activation, RopeLayout};

use crate::attention::{ByteTile, KvBlock};
use crate::float::float_methods;
use crate::kernels::{GROUP, Kernels, LANES, TILE_ROWS};
use crate::packed::{AffineBlock, Blocks, Packed, Q4Block, Q8Block, Weave, Woven};
use crate::rows::{FloatMatrix, OutRows, QuantizedGroup, QuantizedRows};
use crate::vector::{Array, Isa, Vector};

/// Runs everywhere.
pub(crate) struct Scalar;

impl Kernels for Scalar {
    fn name(&self) -> &'static str {
        "any-q8-scalar"
    }

    fn matmul(&self, w: &Packed, tiles: Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) {
        let mut woven = Woven::default();
        for tile in tiles {
            // SAFETY: the reference needs no instructions.
            match unsafe { w.tile::<Self>(tile, &mut woven) } {
                Blocks::Q4(blocks) => tile_times_rows(blocks, x, tile, out),
                Blocks::Q8(blocks) => tile_times_rows(blocks, x, tile, out),
                Blocks::Affine32(blocks) => tile_times_rows(blocks, x, tile, out),
                Blocks::Affine16(blocks) => tile_times_rows(blocks, x, tile, out),
            }
        }
    }

    float_methods! { isa: Self, attention_rows: 1, }
}

impl Weave for Scalar {}

impl Isa for Scalar {
    type Floats = Array;

    fn prefetch(_line: *const u8) {}

    unsafe fn dots<const R: usize>(tile: &ByteTile, x: [&QuantizedGroup; R]) -> [Array; R] {
        x.map(|x| {
            let mut sums = [0; LANES];
            for (col, x) in x.values.iter().enumerate() {
                for (row, sum) in sums.iter_mut().enumerate() {
                    *sum += i32::from(tile[col / 4][4 * row + col % 4]) * i32::from(*x);
                }
            }
            // SAFETY: the portable vector needs no instructions.
            unsafe { Array::load(&sums.map(|sum| sum as f32)) }
        })
    }

    unsafe fn fine_dots<const R: usize>(tile: &ByteTile, x: &[[QuantizedGroup; 2]; R]) -> [[Array; 2]; R] {
        // SAFETY: as above.
        std::array::from_fn(|r| unsafe { Self::dots(tile, x[r].each_ref()) })
    }
}

/// A packed block, weight by weight.
trait Weights {
    const COLS: usize;

    fn value(&self, row: usize, col: usize) -> i32;
    fn scale(&self, row: usize) -> f32;

    fn min(&self, _row: usize) -> Option<f32> {
        None
    }
}

impl Weights for Q4Block {
    const COLS: usize = 32;

    fn value(&self, row: usize, col: usize) -> i32 {
        let byte = self.values[col / 8][4 * row + col % 4];
        i32::from(if col % 8 < 4 { byte & 15 } else { byte >> 4 }) - 8
    }

    fn scale(&self, row: usize) -> f32 {
        f16::from_bits(self.scales[row]).to_f32()
    }
}

impl Weights for Q8Block {
    const COLS: usize = 32;

    fn value(&self, row: usize, col: usize) -> i32 {
        i32::from(self.values[col / 4][4 * row + col % 4])
    }

    fn scale(&self, row: usize) -> f32 {
        f16::from_bits(self.scales[row]).to_f32()
    }
}

impl<const QUADS: usize> Weights for AffineBlock<QUADS> {
    const COLS: usize = 4 * QUADS;

    fn value(&self, row: usize, col: usize) -> i32 {
        i32::from(self.values[col / 4][4 * row + col % 4])
    }

    fn scale(&self, row: usize) -> f32 {
        self.scales[row]
    }

    fn min(&self, row: usize) -> Option<f32> {
        Some(self.mins[row])
    }
}

fn tile_times_rows<W: Weights>(blocks: &[W], x: &QuantizedRows, tile: usize, out: &OutRows<'_>) {
    for m in 0..x.rows() {
        out.store(m, tile * TILE_ROWS, tile_times_row(blocks, x, m));
    }
}

fn tile_times_row<W: Weights>(blocks: &[W], x: &QuantizedRows, m: usize) -> [f32; TILE_ROWS] {
    let mut acc = [0f32; TILE_ROWS];
    for (b, block) in blocks.iter().enumerate() {
        let group = &x.row(m)[b * W::COLS / GROUP];
        let first = b * W::COLS % GROUP;
        let values = &group.values[first..first + W::COLS];
        let x_sum: i32 = group.sums[first / 16..(first + W::COLS) / 16].iter().sum();
        for (row, acc) in acc.iter_mut().enumerate() {
            let product = |(col, x): (usize, &i8)| block.value(row, col) * i32::from(*x);
            let dot: i32 = values.iter().enumerate().map(product).sum();
            *acc = (dot as f32).mul_add(block.scale(row) * group.scale, *acc);
            if let Some(min) = block.min(row) {
                *acc = (x_sum as f32).mul_add(min * group.scale, *acc);
            }
        }
    }
    acc
}
