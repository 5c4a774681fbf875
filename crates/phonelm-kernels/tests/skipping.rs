//! Products that skip neurons, and the layouts for them: every kernel set against the tiles of the reference.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, each_set, reference};
use phonelm_gguf::TensorType;
use phonelm_kernels::{Active, Kernels, OutRows, Packed, Pool, QuantizedRows, TILE_ROWS};
use phonelm_model::Mapping;

/// Shares of zeros.
const ZEROS: [f32; 5] = [0.7, 0.0, 0.3, 0.9, 1.0];

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

/// What products write, and add to nothing: no element may be added twice.
fn output(rows: usize, features: usize, multiply: impl Fn(&OutRows<'_>)) -> Vec<f32> {
    let stride = OutRows::stride_for(features);
    let [mut written, mut added] = [f32::NAN, 0.0].map(|before| vec![before; rows * stride]);
    // SAFETY: one thread writes.
    unsafe {
        multiply(&OutRows::new(&mut written, stride));
        multiply(&OutRows::new(&mut added, stride).adding());
    }
    let [written, added] = [written, added]
        .map(|out| out.chunks_exact(stride).flat_map(|row| row[..features].to_vec()).collect::<Vec<f32>>());
    assert_eq!(written, added);
    written
}

fn dense(kernels: &dyn Kernels, w: &Packed, x: &QuantizedRows) -> Vec<f32> {
    output(x.rows(), w.rows(), |out| kernels.matmul(w, 0..w.tiles(), x, out))
}

/// The same matrix in tiles and laid out for skipping; that in a file at an even address that is no multiple of 4.
fn both(random: &mut Random, ty: TensorType, rows: usize, cols: usize) -> [Packed; 3] {
    let bytes = random.blocks(TensorType::Q4_0, rows * cols / 32);
    let pool = Pool::new(2);
    let tiles = Packed::from_blocks(TensorType::Q4_0, &bytes, rows, cols, &pool).unwrap();
    let w = Packed::laid_out(ty, &bytes, rows, cols, &pool).unwrap();
    assert!(w.unpack().unwrap() == bytes && !w.is_mapped());
    let (found, file) = w.file_bytes().unwrap();
    assert_eq!((found, file.len()), (ty, bytes.len()));
    let mut room = vec![0; file.len() + 4];
    let at = (0..4).find(|at| room[*at..].as_ptr().addr() % 4 == 2).unwrap();
    room[at..][..file.len()].copy_from_slice(file);
    let range = at..at + file.len();
    let mapped = Packed::in_mapping(ty, &Mapping::from_vec(room), range, rows, cols).unwrap();
    assert!(mapped.is_mapped());
    [tiles, w, mapped]
}

/// All of them, or the first few where Miri looks at each step.
fn cases<T: Copy>(few: usize, all: &[T]) -> impl Iterator<Item = T> {
    all.iter().copied().take(if cfg!(miri) { few } else { all.len() })
}

const ROWS: TensorType = TensorType::Q4_0Rows;
const COLUMNS: TensorType = TensorType::Q4_0Columns;

#[test]
fn chosen_rows_are_those_of_the_whole_product() {
    each_set("matmul of rows", |kernels, failures| {
        let mut random = Random(11);
        for (rows, cols) in cases(1, &[(16, 256), (48, 512), (112, 1024), (128, 2560)]) {
            let [tiles, w, mapped] = both(&mut random, ROWS, rows, cols);
            let x = quantized(&activations(&mut random, 1, cols, 0.2), cols);
            let whole = dense(reference(), &tiles, &x);
            for (count, w) in [(1, &w), (2, &mapped), (5, &w)] {
                let chosen: Vec<[u32; TILE_ROWS]> =
                    (0..count).map(|_| std::array::from_fn(|_| (random.bits() % rows as u64) as u32)).collect();
                let found = output(1, count * TILE_ROWS, |out| {
                    kernels.matmul_rows(w, &chosen, 0..count / 2, x.row(0), out);
                    kernels.matmul_rows(w, &chosen, count / 2..count, x.row(0), out);
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
        for (rows, cols) in cases(1, &[(256, 32), (256, 96), (512, 1024), (768, 1056), (256, 6816)]) {
            let [tiles, w, mapped] = both(&mut random, COLUMNS, rows, cols);
            for (zeros, w) in cases(2, &ZEROS).zip([&w, &mapped].into_iter().cycle()) {
                let x = quantized(&activations(&mut random, 1, cols, zeros), cols);
                let mut active = Active::new();
                active.fill(x.row(0));
                let halves = rows / Packed::HALF_ROWS;
                let expected = dense(reference(), &tiles, &x);
                for cut in [0, 1, halves / 2] {
                    let found = output(1, rows, |out| {
                        for halves in [0..cut, cut..cut, cut..halves] {
                            kernels.matmul_active(w, halves, &active, out);
                        }
                    });
                    failures.compare(&found, &expected, || format!("{} {rows}x{cols}, {zeros} zeros", kernels.name()));
                }
            }
        }
    });
}

#[test]
fn both_layouts_multiply_like_tiles() {
    each_set("matmul of layouts for skipping", |kernels, failures| {
        let mut random = Random(13);
        let shapes = [(ROWS, 48, 256), (ROWS, 32, 1024), (COLUMNS, 256, 32), (COLUMNS, 512, 96), (COLUMNS, 256, 1056)];
        for (ty, rows, cols) in shapes {
            let [tiles, w, mapped] = both(&mut random, ty, rows, cols);
            for (batch, w) in [1, 1, 2, 2, 3, 5, 8, 17, 66].into_iter().zip([&w, &mapped].into_iter().cycle()) {
                let x = quantized(&activations(&mut random, batch, cols, 0.5), cols);
                let expected = dense(reference(), &tiles, &x);
                for cut in [0, 1, w.tiles_together(1), w.tiles() / 2] {
                    let found = output(batch, rows, |out| {
                        for tiles in [0..cut, cut..cut, cut..w.tiles()] {
                            kernels.matmul(w, tiles, &x, out);
                        }
                    });
                    let case = || format!("{} {ty} {rows}x{cols}, {batch} rows", kernels.name());
                    failures.compare(&found, &expected, case);
                }
            }
        }
    });
}

/// The largest sums there are: what wraps on the way must come back.
#[test]
fn extreme_sums_are_exact() {
    each_set("matmul of extremes", |kernels, failures| {
        for (ty, rows, cols) in [(ROWS, 16, 256), (COLUMNS, 256, 64)] {
            for (nibbles, sign) in [(0x00, 1.0), (0x00, -1.0), (0xff, 1.0), (0xff, -1.0)] {
                let block = [&[0x00, 0x3c], &[nibbles; 16][..]].concat();
                let bytes = block.repeat(rows * cols / 32);
                let w = Packed::laid_out(ty, &bytes, rows, cols, &Pool::new(1)).unwrap();
                let x = quantized(&vec![sign; cols], cols);
                let mut active = Active::new();
                active.fill(x.row(0));
                let chosen = [std::array::from_fn(|i| i as u32)];
                let found = output(1, rows, |out| match ty {
                    ROWS => kernels.matmul_rows(&w, &chosen, 0..1, x.row(0), out),
                    _ => kernels.matmul_active(&w, 0..2, &active, out),
                });
                let expected = dense(reference(), &w, &x);
                failures.compare(&found, &expected, || format!("{} {ty} of {nibbles}, {sign}", kernels.name()));
                let expected = dense(kernels, &w, &x);
                failures.compare(&found, &expected, || format!("{} {ty} of {nibbles}, {sign}, dense", kernels.name()));
            }
        }
    });
}

#[test]
fn rows_of_both_layouts_are_those_of_the_tiles() {
    let mut random = Random(14);
    for (ty, rows, cols) in [(ROWS, 32, 512), (COLUMNS, 256, 96)] {
        let [tiles, w, mapped] = both(&mut random, ty, rows, cols);
        let (mut found, mut expected) = (vec![f32::NAN; cols], vec![f32::NAN; cols]);
        for row in 0..w.rows() {
            tiles.row(row, &mut expected);
            for w in [&w, &mapped] {
                w.row(row, &mut found);
                assert_eq!(found, expected, "row {row}");
            }
        }
    }
}

#[test]
fn hostile_shapes_are_refused() {
    let pool = Pool::new(1);
    let refused = |ty, len: usize, rows, cols| {
        let file = Mapping::from_vec(vec![0; len]);
        let (made, read) = (
            Packed::laid_out(ty, &vec![0; len], rows, cols, &pool).is_err(),
            Packed::in_mapping(ty, &file, 0..len, rows, cols).is_err(),
        );
        assert_eq!(made, read, "{ty} {rows}x{cols} of {len} bytes");
        made
    };
    for (ty, rows, cols) in [(ROWS, 16, 256), (COLUMNS, 256, 32)] {
        let len = rows * cols / 32 * 18;
        assert!(!refused(ty, len, rows, cols));
        assert!(refused(ty, len - 1, rows, cols));
        assert!(refused(ty, len, rows, cols + 1));
        assert!(refused(ty, len, rows - 1, cols));
        assert!(refused(ty, len / 2, rows / 2, cols));
        assert!(refused(ty, len, usize::MAX, cols));
    }
    assert!(refused(ROWS, 16 * 128 / 32 * 18, 16, 128));
}
