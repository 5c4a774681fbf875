//! A kernel set against the reference on this very machine, once before it is used: a CPU, an emulator or a compiler that
//! computes wrongly is found out before it talks nonsense.
//!
//! Small inputs, each primitive once or twice; the suites of the tests go into every corner.

use std::ops::Range;

use phonelm_gguf::TensorType;
use phonelm_model::{Activation, RopeLayout};

use crate::attention::{KV_BLOCK, KvBlock, Q8Square};
use crate::kernels::{GROUP, Kernels, TILE_ROWS};
use crate::packed::Packed;
use crate::pool::Pool;
use crate::rows::{FloatMatrix, OutRows, QuantizedGroup, QuantizedRows};
use crate::scalar::Scalar;
use crate::skipping::Active;

/// Inputs of 96 columns: whole groups, and a half of what the widest instruction set takes at once.
const COLS: usize = 3 * GROUP;
const HEAD_DIM: usize = 2 * GROUP;

/// What a primitive gives for inputs of this file, as bits.
type Run = fn(&dyn Kernels) -> Vec<u32>;

/// The first primitive with which `kernels` gives other bits than the reference.
pub(crate) fn fault(kernels: &dyn Kernels) -> Option<&'static str> {
    let primitives: [(&str, Run); 11] = [
        ("quantize", quantize),
        ("matmul", matmul),
        ("matmul_rows", matmul_rows),
        ("matmul_active", matmul_active),
        ("matmul_float", matmul_float),
        ("rms_norm", rms_norm),
        ("rope", rope),
        ("activate", activate),
        ("add", add),
        ("attend", attend_half),
        ("attend", attend_bytes),
    ];
    primitives.into_iter().find(|(_, run)| run(kernels) != run(&Scalar)).map(|(name, _)| name)
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Numbers in -1..1 that repeat late.
fn floats(len: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 7919 + 13) % 2003) as f32 / 1001.5 - 1.0).collect()
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7919 % 251) as u8).collect()
}

fn quantized(kernels: &dyn Kernels, rows: usize) -> QuantizedRows {
    let mut out = QuantizedRows::new();
    out.resize(rows, COLS);
    let x = floats(rows * COLS);
    out.rows_mut().zip(x.chunks_exact(COLS)).for_each(|(out, x)| kernels.quantize(x, out));
    out
}

fn quantize(kernels: &dyn Kernels) -> Vec<u32> {
    let of_group = |group: &QuantizedGroup| {
        let values = group.values.map(|value| value as u32);
        let rest = [group.scale.to_bits(), group.offset as u32, group.sums[0] as u32, group.sums[1] as u32];
        values.into_iter().chain(rest)
    };
    quantized(kernels, 1).row(0).iter().flat_map(of_group).collect()
}

/// Two tiles, the second of which is padded, of each kind of block times 1 and 5 rows.
fn matmul(kernels: &dyn Kernels) -> Vec<u32> {
    const ROWS: usize = 20;
    let pool = Pool::new(1);
    let mut found = Vec::new();
    for ty in [TensorType::Q4_0, TensorType::Q8_0, TensorType::Q4_1] {
        let blocks = blocks(ty, ROWS);
        let Ok(w) = Packed::from_blocks(ty, &blocks, ROWS, COLS, &pool) else { return Vec::new() };
        for rows in [1, 5] {
            found.extend(output(rows, OutRows::stride_for(ROWS), |out| {
                kernels.matmul(&w, 0..w.tiles(), &quantized(&Scalar, rows), out);
            }));
        }
    }
    found
}

/// Rows of [`COLS`] columns.
fn blocks(ty: TensorType, rows: usize) -> Vec<u8> {
    let mut blocks = bytes(rows * COLS / ty.block_len() * ty.block_bytes());
    // Scales and minima that are numbers: 0.03 and 0.06 as f16.
    for block in blocks.chunks_exact_mut(ty.block_bytes()) {
        block[..2].copy_from_slice(&0x27AE_u16.to_le_bytes());
        if ty == TensorType::Q4_1 {
            block[2..4].copy_from_slice(&0x2BAE_u16.to_le_bytes());
        }
    }
    blocks
}

/// A Q4_0 matrix of two of its tiles, laid out for skipping as `ty`, with the blocks of two along a row.
fn laid_out(ty: TensorType) -> Option<Packed> {
    let (rows, cols) = (2 * ty.tile_rows(), 2 * ty.block_len());
    let mut bytes = bytes(rows * cols / GROUP * 18);
    bytes.chunks_exact_mut(18).for_each(|block| block[..2].copy_from_slice(&0x27AE_u16.to_le_bytes()));
    Packed::laid_out(ty, &bytes, rows, cols, &Pool::new(1)).ok()
}

/// Two tiles of rows in no order, and the whole matrix as it lies and woven.
fn matmul_rows(kernels: &dyn Kernels) -> Vec<u32> {
    let Some(w) = laid_out(TensorType::Q4_0Rows) else { return Vec::new() };
    let chosen = [0, 1].map(|tile| std::array::from_fn(|i| (tile + 7 * i as u32) % w.rows() as u32));
    let x = of_values(&floats(w.cols()), 1);
    let mut found = output(1, 2 * TILE_ROWS, |out| kernels.matmul_rows(&w, &chosen, 0..2, x.row(0), out));
    found.extend(whole(kernels, &w, &floats(w.cols())));
    found
}

/// Half a slab and a whole one times a row of which every third is left, and the same as it lies and woven.
fn matmul_active(kernels: &dyn Kernels) -> Vec<u32> {
    let Some(w) = laid_out(TensorType::Q4_0Columns) else { return Vec::new() };
    let mut values = floats(w.cols());
    values.iter_mut().enumerate().filter(|(i, _)| i % 3 > 0).for_each(|(_, x)| *x = 0.0);
    let mut active = Active::new();
    active.fill(of_values(&values, 1).row(0));
    let mut found = output(1, w.rows(), |out| {
        kernels.matmul_active(&w, 0..1, &active, out);
        kernels.matmul_active(&w, 1..w.rows() / Packed::HALF_ROWS, &active, out);
    });
    found.extend(whole(kernels, &w, &values));
    found
}

/// A matrix times one row and times five that are the same.
fn whole(kernels: &dyn Kernels, w: &Packed, values: &[f32]) -> Vec<u32> {
    let product = |rows| output(rows, w.rows(), |out| kernels.matmul(w, 0..w.tiles(), &of_values(values, rows), out));
    [product(1), product(5)].concat()
}

/// So many times the same row.
fn of_values(values: &[f32], rows: usize) -> QuantizedRows {
    let mut x = QuantizedRows::new();
    x.resize(rows, values.len());
    x.rows_mut().for_each(|row| Scalar.quantize(values, row));
    x
}

fn matmul_float(kernels: &dyn Kernels) -> Vec<u32> {
    const ROWS: usize = 5;
    let stored: Vec<u8> = floats(ROWS * COLS).iter().flat_map(|x| half::f16::from_f32(*x).to_le_bytes()).collect();
    let Ok(w) = FloatMatrix::new(TensorType::F16, &stored, ROWS, COLS) else { return Vec::new() };
    output(3, ROWS, |out| kernels.matmul_float(&w, 0..ROWS, &floats(3 * COLS), out))
}

fn output(rows: usize, stride: usize, multiply: impl FnOnce(&OutRows<'_>)) -> Vec<u32> {
    let mut out = vec![0.0; rows * stride];
    // SAFETY: one thread writes.
    multiply(&unsafe { OutRows::new(&mut out, stride) });
    bits(&out)
}

fn rms_norm(kernels: &dyn Kernels) -> Vec<u32> {
    let mut out = vec![0.0; COLS + 5];
    kernels.rms_norm(&floats(COLS + 5), &floats(COLS + 5), 1e-6, &mut out);
    bits(&out)
}

fn rope(kernels: &dyn Kernels) -> Vec<u32> {
    let angles = floats(HEAD_DIM);
    let (cos, sin) = angles.split_at(HEAD_DIM / 2);
    let turned = |layout| {
        let mut head = floats(HEAD_DIM);
        kernels.rope(&mut head, cos, sin, layout);
        bits(&head)
    };
    [turned(RopeLayout::Halves), turned(RopeLayout::Pairs)].concat()
}

fn activate(kernels: &dyn Kernels) -> Vec<u32> {
    let activated = |activation| {
        let mut gate = floats(COLS + 5);
        kernels.activate(&mut gate, &floats(COLS + 5), activation);
        bits(&gate)
    };
    [activated(Activation::Relu), activated(Activation::Silu)].concat()
}

fn add(kernels: &dyn Kernels) -> Vec<u32> {
    let mut x = floats(COLS + 5);
    kernels.add(&mut x, &floats(COLS + 5));
    bits(&x)
}

/// One block of keys and values, all of it and a part, for 1 and 5 queries.
fn attended(kernels: &dyn Kernels, block: KvBlock<'_>) -> Vec<u32> {
    let mut found = Vec::new();
    let visible: Range<usize> = KV_BLOCK - 4..KV_BLOCK + 1;
    for visible in [vec![19], visible.collect()] {
        let mut out = vec![0.0; visible.len() * HEAD_DIM];
        kernels.attend(&floats(out.len()), &[block], &visible, &mut out);
        found.extend(bits(&out));
    }
    found
}

fn attend_half(kernels: &dyn Kernels) -> Vec<u32> {
    let stored: Vec<u16> = floats(2 * HEAD_DIM * KV_BLOCK).iter().map(|x| half::f16::from_f32(*x).to_bits()).collect();
    let (keys, values) = stored.split_at(HEAD_DIM * KV_BLOCK);
    attended(kernels, KvBlock::F16 { keys, values })
}

fn attend_bytes(kernels: &dyn Kernels) -> Vec<u32> {
    let squares: Vec<Q8Square> = (0..2 * HEAD_DIM / GROUP * 2)
        .map(|square| {
            let mut filled = Q8Square { scales: [0x27AE; GROUP], ..Q8Square::ZERO };
            let values = filled.tiles.as_flattened_mut().as_flattened_mut();
            values.iter_mut().zip(bytes(square + 64 * GROUP).iter().skip(square)).for_each(|(value, byte)| {
                *value = *byte as i8;
            });
            filled
        })
        .collect();
    let (keys, values) = squares.split_at(squares.len() / 2);
    attended(kernels, KvBlock::Q8_0 { keys, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference with one primitive whose last output is one bit off.
    struct Broken(&'static str);

    impl Broken {
        fn spoil(&self, primitive: &str, value: &mut f32) {
            if self.0 == primitive {
                *value = f32::from_bits(value.to_bits() ^ 1);
            }
        }
    }

    impl Kernels for Broken {
        fn name(&self) -> &'static str {
            "any-q8-broken"
        }

        fn quantize(&self, x: &[f32], out: &mut [QuantizedGroup]) {
            Scalar.quantize(x, out);
            out.last_mut().into_iter().for_each(|group| self.spoil("quantize", &mut group.scale));
        }

        fn matmul(&self, w: &Packed, tiles: Range<usize>, x: &QuantizedRows, out: &OutRows<'_>) {
            Scalar.matmul(w, tiles, x, out);
            if self.0 == "matmul" {
                out.store(x.rows() - 1, w.rows() - 1, [f32::MIN_POSITIVE]);
            }
        }

        fn matmul_rows(
            &self,
            w: &Packed,
            chosen: &[[u32; TILE_ROWS]],
            tiles: Range<usize>,
            x: &[QuantizedGroup],
            out: &OutRows<'_>,
        ) {
            Scalar.matmul_rows(w, chosen, tiles, x, out);
            if self.0 == "matmul_rows" {
                out.store(0, 0, [f32::MIN_POSITIVE]);
            }
        }

        fn matmul_active(&self, w: &Packed, slabs: Range<usize>, x: &Active, out: &OutRows<'_>) {
            Scalar.matmul_active(w, slabs, x, out);
            if self.0 == "matmul_active" {
                out.store(0, 0, [f32::MIN_POSITIVE]);
            }
        }

        fn matmul_float(&self, w: &FloatMatrix<'_>, rows: Range<usize>, x: &[f32], out: &OutRows<'_>) {
            Scalar.matmul_float(w, rows, x, out);
            if self.0 == "matmul_float" {
                out.store(0, w.rows() - 1, [f32::MIN_POSITIVE]);
            }
        }

        fn rms_norm(&self, x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
            Scalar.rms_norm(x, weight, eps, out);
            out.last_mut().into_iter().for_each(|value| self.spoil("rms_norm", value));
        }

        fn rope(&self, head: &mut [f32], cos: &[f32], sin: &[f32], layout: RopeLayout) {
            Scalar.rope(head, cos, sin, layout);
            if layout == RopeLayout::Pairs {
                head.last_mut().into_iter().for_each(|value| self.spoil("rope", value));
            }
        }

        fn activate(&self, gate: &mut [f32], up: &[f32], activation: Activation) {
            Scalar.activate(gate, up, activation);
            if activation == Activation::Silu {
                gate.last_mut().into_iter().for_each(|value| self.spoil("activate", value));
            }
        }

        fn add(&self, x: &mut [f32], y: &[f32]) {
            Scalar.add(x, y);
            x.last_mut().into_iter().for_each(|value| self.spoil("add", value));
        }

        fn attend(&self, q: &[f32], blocks: &[KvBlock<'_>], visible: &[usize], out: &mut [f32]) {
            Scalar.attend(q, blocks, visible, out);
            if matches!(blocks, [KvBlock::Q8_0 { .. }]) {
                out.last_mut().into_iter().for_each(|value| self.spoil("attend", value));
            }
        }
    }

    #[test]
    fn one_wrong_bit_of_any_primitive_is_found() {
        for primitive in [
            "quantize",
            "matmul",
            "matmul_rows",
            "matmul_active",
            "matmul_float",
            "rms_norm",
            "rope",
            "activate",
            "add",
            "attend",
        ] {
            assert_eq!(fault(&Broken(primitive)), Some(primitive));
        }
        assert_eq!(fault(&Broken("nothing")), None);
    }
}
