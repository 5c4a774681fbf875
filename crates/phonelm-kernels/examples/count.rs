//! Runs one kernel some times over, so that `cargo xtask instructions` can count what it executes:
//! `count SET matmul TYPE ROWS REPEATS` or `count SET attend KV_TYPE ROWS REPEATS`.
//!
//! Prints the multiply-accumulates of all repeats. Setting up is the same for any number of them: the difference of two
//! runs is the kernel's own. It has one thread.

use std::error::Error;
use std::hint::black_box;

use phonelm_gguf::TensorType;
use phonelm_kernels::{
    GROUP, KV_BLOCK, Kernels, KvBlock, OutRows, Packed, Pool, Q8Square, QuantizedGroup, QuantizedRows, TILE_ROWS,
    kernels_named,
};

/// Of PhoneLM-1.5B: its hidden size and the size of a head.
const COLS: usize = 2560;
const HEAD_DIM: usize = 160;
/// Rows of weights; what a row costs does not depend on them.
const WEIGHT_ROWS: usize = 4 * TILE_ROWS;
/// Blocks of keys and values.
const BLOCKS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [set, primitive, ty, rows, repeats] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        return Err("usage: count SET matmul|attend TYPE ROWS REPEATS".into());
    };
    let kernels = kernels_named(set).ok_or_else(|| format!("this CPU has no kernel set {set}"))?;
    let (rows, repeats) = (rows.parse()?, repeats.parse()?);
    let macs = match primitive {
        "matmul" => matmul(kernels, ty, rows, repeats)?,
        "attend" => attend(kernels, ty, rows, repeats)?,
        _ => return Err(format!("no primitive is named {primitive}").into()),
    };
    println!("macs {macs}");
    Ok(())
}

fn matmul(kernels: &dyn Kernels, ty: &str, rows: usize, repeats: usize) -> Result<usize, Box<dyn Error>> {
    let no_weights = || format!("no weights of {COLS} columns have type {ty}");
    let ty = TensorType::from_name(ty).ok_or_else(no_weights)?;
    let row_bytes = ty.row_bytes(COLS).ok_or_else(no_weights)?;
    let bytes: Vec<u8> = (0..WEIGHT_ROWS * row_bytes).map(|i| (i * 31 % 59) as u8).collect();
    let weights = Packed::from_blocks(ty, &bytes, WEIGHT_ROWS, COLS, &Pool::new(1))?;
    let mut x = QuantizedRows::new();
    x.resize(rows, COLS);
    let floats = waves(COLS);
    x.rows_mut().for_each(|row| kernels.quantize(&floats, row));
    let mut out = vec![0.0; rows * WEIGHT_ROWS];
    for _ in 0..repeats {
        // SAFETY: one call at a time.
        let view = unsafe { OutRows::new(&mut out, WEIGHT_ROWS) };
        kernels.matmul(&weights, 0..weights.tiles(), &x, &view);
        black_box(&view);
    }
    Ok(repeats * rows * WEIGHT_ROWS * COLS)
}

fn attend(kernels: &dyn Kernels, ty: &str, rows: usize, repeats: usize) -> Result<usize, Box<dyn Error>> {
    let halves = vec![0x2e66; HEAD_DIM * KV_BLOCK];
    let singles = waves(HEAD_DIM * KV_BLOCK);
    let squares = vec![square(); HEAD_DIM / GROUP * (KV_BLOCK / GROUP)];
    let block = match ty {
        "f16" => KvBlock::F16 { keys: &halves, values: &halves },
        "f32" => KvBlock::F32 { keys: &singles, values: &singles },
        "q8_0" => KvBlock::Q8_0 { keys: &squares, values: &squares },
        _ => return Err(format!("no keys and values of type {ty}").into()),
    };
    let (blocks, tokens) = ([block; BLOCKS], BLOCKS * KV_BLOCK);
    let visible = vec![tokens; rows];
    let q = waves(rows * HEAD_DIM);
    let mut out = vec![0.0; rows * HEAD_DIM];
    for _ in 0..repeats {
        kernels.attend(&q, &blocks, &visible, &mut out);
        black_box(&out);
    }
    Ok(repeats * rows * 2 * tokens * HEAD_DIM)
}

fn waves(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i as f32).sin()).collect()
}

/// Bytes of all sizes.
fn square() -> Q8Square {
    let mut square = Q8Square::ZERO;
    for token in 0..GROUP {
        let values = std::array::from_fn(|i| ((i * 37 + token * 11) % 255) as i8);
        square.put_key(token, &QuantizedGroup { values, scale: 0.01, ..QuantizedGroup::default() });
    }
    square
}
