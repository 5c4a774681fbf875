//! Packed and float matrix products: the reference against f64, every kernel set against the reference.

#![allow(clippy::unwrap_used)]

mod common;

use common::{BLOCK_TYPES, Random, each_set, reference};
use phonelm_gguf::TensorType;
use phonelm_kernels::{FloatMatrix, Kernels, OutRows, Packed, Pool, QuantizedRows, blocks};
use phonelm_model::Mapping;

const ROWS: [usize; 7] = [1, 2, 15, 16, 17, 33, 80];
const BATCHES: [usize; 13] = [1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 33, 64];

/// `x` with large, tiny and zero groups.
fn activations(random: &mut Random, rows: usize, cols: usize) -> Vec<f32> {
    let mut x = random.floats(rows * cols, 1.0);
    for group in x.chunks_mut(32) {
        let factor = [1.0, 100.0, 1e-3, 0.0, 1e-42][(random.bits() % 5) as usize];
        group.iter_mut().for_each(|v| *v *= factor);
    }
    x
}

fn quantized(kernels: &dyn Kernels, x: &[f32], cols: usize) -> QuantizedRows {
    let mut rows = QuantizedRows::new();
    rows.resize(x.len() / cols, cols);
    rows.rows_mut().zip(x.chunks_exact(cols)).for_each(|(row, x)| kernels.quantize(x, row));
    rows
}

fn multiply(kernels: &dyn Kernels, w: &Packed, x: &[f32], split: bool) -> Vec<f32> {
    let rows = quantized(kernels, x, w.cols());
    let stride = OutRows::stride_for(w.rows());
    let mut out = vec![f32::NAN; rows.rows() * stride];
    // SAFETY: one thread writes.
    let view = unsafe { OutRows::new(&mut out, stride) };
    if split {
        for tile in 0..w.tiles() {
            kernels.matmul(w, tile..tile + 1, &rows, &view);
        }
    } else {
        kernels.matmul(w, 0..w.tiles(), &rows, &view);
    }
    out.chunks_exact(stride).flat_map(|row| row[..w.rows()].to_vec()).collect()
}

#[test]
fn reference_agrees_with_f64() {
    let mut random = Random(1);
    let pool = Pool::new(2);
    for ty in BLOCK_TYPES {
        for (rows, cols, batch) in [(5, 256, 3), (33, 512, 2)] {
            let bytes = random.blocks(ty, rows * cols / ty.block_len());
            let mut dense = vec![0.0; rows * cols];
            blocks::dequantize(ty, &bytes, &mut dense).unwrap();
            let w = Packed::from_blocks(ty, &bytes, rows, cols, &pool).unwrap();
            let x = random.floats(batch * cols, 1.0);
            let out = multiply(reference(), &w, &x, false);
            for m in 0..batch {
                // Activations lose at most half a step of max|x| / 127 each.
                let x = &x[m * cols..(m + 1) * cols];
                for n in 0..rows {
                    let w = &dense[n * cols..(n + 1) * cols];
                    let exact: f64 = w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
                    let slack: f64 = w.iter().map(|w| f64::from(w.abs())).sum::<f64>() * (0.5 / 127.0 + 1e-5) + 1e-6;
                    let found = f64::from(out[m * rows + n]);
                    assert!((found - exact).abs() <= slack, "{ty} row {n}: {found}, exact {exact}, slack {slack}");
                }
            }
        }
    }
}

#[test]
fn packed_sets_equal_the_reference() {
    each_set("packed matmul", |kernels, failures| {
        let mut random = Random(2);
        let pool = Pool::new(2);
        for ty in BLOCK_TYPES {
            for cols in [1, 2, 3, 8, 9].map(|blocks| blocks * ty.block_len()) {
                for rows in ROWS {
                    // Odd addresses too.
                    let bytes = [vec![0], random.blocks(ty, rows * cols / ty.block_len())].concat();
                    let w = Packed::from_blocks(ty, &bytes[1..], rows, cols, &pool).unwrap();
                    let batch = BATCHES[(random.bits() % BATCHES.len() as u64) as usize];
                    let x = activations(&mut random, batch, cols);
                    let expected = multiply(reference(), &w, &x, false);
                    for split in [false, true] {
                        let found = multiply(kernels, &w, &x, split);
                        failures.compare(&found, &expected, || {
                            format!("{} {ty} {rows}x{cols}, {batch} rows, split {split}", kernels.name())
                        });
                    }
                }
            }
        }
    });
}

/// A file of one packed matrix, beginning at `offset` of its bytes.
fn mapped(ty: TensorType, bytes: &[u8], offset: usize, rows: usize, cols: usize) -> Packed {
    let mapping = Mapping::from_vec([vec![0; offset], bytes.to_vec()].concat());
    Packed::in_mapping(ty, &mapping, offset..offset + bytes.len(), rows, cols).unwrap()
}

#[test]
fn a_packed_file_holds_the_same_matrix_at_any_address() {
    let mut random = Random(5);
    let pool = Pool::new(2);
    for ty in [TensorType::Q4_0, TensorType::Q8_0] {
        let (rows, cols) = (48, 96);
        let bytes = random.blocks(ty, rows * cols / ty.block_len());
        let w = Packed::from_blocks(ty, &bytes, rows, cols, &pool).unwrap();
        let (packed, file) = w.file_bytes().unwrap();
        assert_eq!((packed, file.len()), (ty.packed().unwrap(), bytes.len()));
        let x = activations(&mut random, 3, cols);
        for offset in 0..4 {
            let found = mapped(packed, file, offset, rows, cols);
            assert_eq!(found.is_mapped(), offset % 2 == 0, "an odd address is copied");
            assert_eq!(found.unpack().unwrap(), bytes);
            assert_eq!(multiply(reference(), &found, &x, false), multiply(reference(), &w, &x, false));
        }
    }
}

#[test]
fn rows_are_those_of_the_blocks() {
    let mut random = Random(6);
    for ty in BLOCK_TYPES {
        let (rows, cols) = (19, 512);
        let bytes = random.blocks(ty, rows * cols / ty.block_len());
        let mut dense = vec![0.0; rows * cols];
        blocks::dequantize(ty, &bytes, &mut dense).unwrap();
        let w = Packed::from_blocks(ty, &bytes, rows, cols, &Pool::new(1)).unwrap();
        let mut row = vec![f32::NAN; cols];
        for (at, expected) in dense.chunks(cols).enumerate() {
            w.row(at, &mut row);
            assert_eq!(row, expected, "{ty} row {at}");
        }
        assert!(w.file_bytes().is_none(), "19 rows are no whole tiles");
    }
}

#[test]
fn every_batch_gives_the_bits_of_single_rows() {
    each_set("batch invariance", |kernels, failures| {
        let mut random = Random(3);
        let pool = Pool::new(1);
        for ty in BLOCK_TYPES {
            let (rows, cols) = (33, 512);
            let w =
                Packed::from_blocks(ty, &random.blocks(ty, rows * cols / ty.block_len()), rows, cols, &pool).unwrap();
            for batch in BATCHES {
                let x = activations(&mut random, batch, cols);
                let together = multiply(kernels, &w, &x, false);
                let alone: Vec<f32> = x.chunks(cols).flat_map(|x| multiply(kernels, &w, x, false)).collect();
                failures.compare(&together, &alone, || format!("{} {ty}, {batch} rows", kernels.name()));
            }
        }
    });
}

#[test]
fn products_are_added_once() {
    each_set("adding", |kernels, failures| {
        let mut random = Random(7);
        let pool = Pool::new(1);
        let (rows, cols) = (48, 512);
        for ty in BLOCK_TYPES {
            let w =
                Packed::from_blocks(ty, &random.blocks(ty, rows * cols / ty.block_len()), rows, cols, &pool).unwrap();
            for batch in BATCHES {
                let x = activations(&mut random, batch, cols);
                let before = random.floats(batch * rows, 1.0);
                let product = multiply(kernels, &w, &x, false);
                let expected: Vec<f32> = product.iter().zip(&before).map(|(new, old)| old + new).collect();
                let mut out = before;
                // SAFETY: one thread writes.
                let view = unsafe { OutRows::new(&mut out, rows) }.adding();
                kernels.matmul(&w, 0..w.tiles(), &quantized(kernels, &x, cols), &view);
                failures.compare(&out, &expected, || format!("{} {ty}, {batch} rows", kernels.name()));
            }
        }
    });
}

#[test]
fn float_sets_equal_the_reference_and_f64() {
    each_set("float matmul", |kernels, failures| {
        let mut random = Random(4);
        for ty in [TensorType::F32, TensorType::F16, TensorType::BF16] {
            for cols in [1, 2, 15, 16, 17, 31, 32, 40, 64, 96, 100] {
                for rows in [1, 2, 3, 4, 5, 9, 33] {
                    let mut bytes = vec![0];
                    blocks::quantize(ty, &random.floats(rows * cols, 1.0), &mut bytes).unwrap();
                    let mut dense = vec![0.0; rows * cols];
                    blocks::dequantize(ty, &bytes[1..], &mut dense).unwrap();
                    let w = FloatMatrix::new(ty, &bytes[1..], rows, cols).unwrap();
                    let batch = BATCHES[(random.bits() % BATCHES.len() as u64) as usize];
                    let x = random.floats(batch * cols, 1.0);
                    let multiply = |kernels: &dyn Kernels| {
                        let mut out = vec![f32::NAN; batch * rows];
                        // SAFETY: one thread writes.
                        let view = unsafe { OutRows::new(&mut out, rows) };
                        kernels.matmul_float(&w, 0..rows / 2, &x, &view);
                        kernels.matmul_float(&w, rows / 2..rows, &x, &view);
                        out
                    };
                    let found = multiply(kernels);
                    let case = || format!("{} {ty} {rows}x{cols}, {batch} rows", kernels.name());
                    failures.compare(&found, &multiply(reference()), case);
                    for (at, found) in found.iter().enumerate() {
                        let (x, w) = (&x[at / rows * cols..], &dense[at % rows * cols..]);
                        let exact: f64 = (0..cols).map(|i| f64::from(x[i]) * f64::from(w[i])).sum();
                        if (f64::from(*found) - exact).abs() > 1e-6 * cols as f64 {
                            failures.add(|| format!("{}: {found}, exact {exact}", case()));
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn hostile_shapes_are_refused() {
    let pool = Pool::new(1);
    let pack = |ty, bytes: &[u8], rows, cols| Packed::from_blocks(ty, bytes, rows, cols, &pool).err();
    assert!(pack(TensorType::Q4_0, &[0; 18], 1, 33).is_some());
    assert!(pack(TensorType::Q4_0, &[0; 17], 1, 32).is_some());
    assert!(pack(TensorType::Q4_0, &[0; 18], usize::MAX, 32).is_some());
    assert!(pack(TensorType::F32, &[0; 128], 1, 32).is_some());
    assert!(pack(TensorType::Q4_0x16, &[0; 288], 16, 32).is_some());
    let file = Mapping::from_vec(vec![0; 576]);
    let in_file = |ty, range, rows, cols| Packed::in_mapping(ty, &file, range, rows, cols).err();
    assert!(in_file(TensorType::Q4_0x16, 0..288, 16, 32).is_none());
    assert!(in_file(TensorType::Q4_0x16, 0..288, 32, 16).is_some());
    assert!(in_file(TensorType::Q4_0x16, 0..18, 1, 32).is_some());
    assert!(in_file(TensorType::Q4_0x16, 0..287, 16, 32).is_some());
    assert!(in_file(TensorType::Q4_0x16, 288..864, 32, 32).is_some());
    assert!(in_file(TensorType::Q4_0x16, 0..288, usize::MAX, 32).is_some());
    assert!(in_file(TensorType::Q4_0, 0..288, 16, 32).is_some());
    assert!(FloatMatrix::new(TensorType::F16, &[0; 3], 1, 2).is_err());
    assert!(FloatMatrix::new(TensorType::Q8_0, &[0; 34], 1, 32).is_err());
    assert!(pack(TensorType::Q4_0, &[], 0, 0).is_none());
}
