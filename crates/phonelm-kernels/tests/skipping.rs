//! Products that skip neurons, and the layouts for them: every kernel set against the tiles of the reference.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, each_set, reference};
use phonelm_gguf::TensorType;
use phonelm_kernels::{Active, Kernels, OutRows, Packed, Pool, QuantizedRows, TILE_ROWS};
use phonelm_model::Mapping;

/// Shares of zeros.
const ZEROS: [f32; 5] = [0.0, 0.3, 0.7, 0.9, 1.0];

/// Rows with zeros here and there, and groups of zeros alone.
fn activations(random: &mut Random, rows: usize, cols: usize, zeros: f32) -> Vec<f32> {
    let mut x = random.floats(rows * cols, 1.0);
    for group in x.chunks_mut(32) {
        let all = random.bits().is_multiple_of(5);
        group.iter_mut().filter(|_| all || random.unit() * 0.5 + 0.5 < zeros).for_each(|x| *x = 0.0);
    }
    x
}

fn quantized(x: &[f32], cols: usize) -> QuantizedRows {
    let mut rows = QuantizedRows::new();
    rows.resize(x.len() / cols, cols);
    rows.rows_mut().zip(x.chunks_exact(cols)).for_each(|(row, x)| reference().quantize(x, row));
    rows
}

fn output(rows: usize, features: usize, multiply: impl FnOnce(&OutRows<'_>)) -> Vec<f32> {
    let stride = OutRows::stride_for(features);
    let mut out = vec![f32::NAN; rows * stride];
    // SAFETY: one thread writes.
    multiply(&unsafe { OutRows::new(&mut out, stride) });
    out.chunks_exact(stride).flat_map(|row| row[..features].to_vec()).collect()
}

fn dense(kernels: &dyn Kernels, w: &Packed, x: &QuantizedRows) -> Vec<f32> {
    output(x.rows(), w.rows(), |out| kernels.matmul(w, 0..w.tiles(), x, out))
}

/// The same matrix in tiles and by rows, at an odd address.
fn by_rows(random: &mut Random, rows: usize, cols: usize) -> [Packed; 2] {
    let bytes = [vec![0], random.blocks(TensorType::Q4_0, rows * cols / 32)].concat();
    let tiles = Packed::from_blocks(TensorType::Q4_0, &bytes[1..], rows, cols, &Pool::new(1)).unwrap();
    let len = bytes.len();
    [tiles, Packed::by_rows(&Mapping::from_vec(bytes), 1..len, rows, cols).unwrap()]
}

/// The same matrix in tiles and by columns.
fn by_columns(random: &mut Random, rows: usize, cols: usize) -> [Packed; 2] {
    let bytes = random.blocks(TensorType::Q4_0, rows * cols / 32);
    let pool = Pool::new(2);
    let tiles = Packed::from_blocks(TensorType::Q4_0, &bytes, rows, cols, &pool).unwrap();
    [tiles, Packed::by_columns(&bytes, rows, cols, &pool).unwrap()]
}

#[test]
fn chosen_rows_are_those_of_the_whole_product() {
    each_set("matmul of rows", |kernels, failures| {
        let mut random = Random(11);
        for (rows, cols) in [(1, 32), (17, 64), (33, 96), (40, 1024), (100, 1056), (128, 2560)] {
            let [tiles, w] = by_rows(&mut random, rows, cols);
            let x = quantized(&activations(&mut random, 1, cols, 0.2), cols);
            let whole = dense(reference(), &tiles, &x);
            for count in [1, 2, 5] {
                let chosen: Vec<[u32; TILE_ROWS]> =
                    (0..count).map(|_| std::array::from_fn(|_| (random.bits() % rows as u64) as u32)).collect();
                let found = output(1, count * TILE_ROWS, |out| {
                    kernels.matmul_rows(&w, &chosen, 0..count / 2, x.row(0), out);
                    kernels.matmul_rows(&w, &chosen, count / 2..count, x.row(0), out);
                });
                let expected: Vec<f32> = chosen.as_flattened().iter().map(|row| whole[*row as usize]).collect();
                failures.compare(&found, &expected, || format!("{} {count} tiles of {rows}x{cols}", kernels.name()));
            }
        }
    });
}

#[test]
fn active_columns_give_the_whole_product() {
    each_set("matmul of active columns", |kernels, failures| {
        let mut random = Random(12);
        for (rows, cols) in [(128, 32), (128, 96), (256, 1024), (384, 1056), (128, 6816)] {
            let [tiles, w] = by_columns(&mut random, rows, cols);
            for zeros in ZEROS {
                let x = quantized(&activations(&mut random, 1, cols, zeros), cols);
                let mut active = Active::new();
                active.fill(x.row(0));
                let slabs = rows / Packed::COLUMNS_ROWS;
                let found = output(1, rows, |out| {
                    kernels.matmul_active(&w, 0..slabs / 2, &active, out);
                    kernels.matmul_active(&w, slabs / 2..slabs, &active, out);
                });
                let expected = dense(reference(), &tiles, &x);
                failures.compare(&found, &expected, || format!("{} {rows}x{cols}, {zeros} zeros", kernels.name()));
            }
        }
    });
}

#[test]
fn both_layouts_multiply_like_tiles() {
    each_set("matmul of woven tiles", |kernels, failures| {
        let mut random = Random(13);
        for cols in [32, 96, 1056] {
            let pairs = [(by_rows(&mut random, 37, cols), "rows"), (by_columns(&mut random, 256, cols), "columns")];
            for ([tiles, w], layout) in &pairs {
                assert_eq!((w.bytes() * 8, w.is_mapped()), (w.rows() * cols * 36 / 8, *layout == "rows"));
                for batch in [1, 2, 3, 5, 8, 17, 66] {
                    let x = quantized(&activations(&mut random, batch, cols, 0.5), cols);
                    let case = || format!("{} by {layout}, {cols} columns, {batch} rows", kernels.name());
                    failures.compare(&dense(kernels, w, &x), &dense(reference(), tiles, &x), case);
                }
            }
        }
    });
}

#[test]
fn rows_of_both_layouts_are_those_of_the_tiles() {
    let mut random = Random(14);
    for [tiles, w] in [by_rows(&mut random, 19, 96), by_columns(&mut random, 128, 96)] {
        let (mut found, mut expected) = (vec![f32::NAN; 96], vec![f32::NAN; 96]);
        for row in 0..w.rows() {
            w.row(row, &mut found);
            tiles.row(row, &mut expected);
            assert_eq!(found, expected, "row {row}");
        }
        assert!(w.file_bytes().is_none() && w.unpack().is_none());
    }
}

#[test]
fn hostile_shapes_are_refused() {
    let pool = Pool::new(1);
    let columns = |bytes: &[u8], rows, cols| Packed::by_columns(bytes, rows, cols, &pool).err();
    assert!(columns(&[0; 128 * 18], 128, 32).is_none());
    assert!(columns(&[0; 128 * 18], 128, 33).is_some());
    assert!(columns(&[0; 127 * 18], 127, 32).is_some());
    assert!(columns(&[0; 128 * 18 - 1], 128, 32).is_some());
    assert!(columns(&[0; 18], usize::MAX, 32).is_some());
    let file = Mapping::from_vec(vec![0; 36]);
    assert!(Packed::by_rows(&file, 0..36, 2, 32).is_ok());
    assert!(Packed::by_rows(&file, 0..36, 2, 31).is_err());
    assert!(Packed::by_rows(&file, 18..54, 2, 32).is_err());
    assert!(Packed::by_rows(&file, 0..35, 2, 32).is_err());
    assert!(Packed::by_rows(&file, 0..36, usize::MAX, 32).is_err());
}
