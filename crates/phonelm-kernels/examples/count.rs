//! Runs one kernel some times over, so that `cargo xtask instructions` can count what it executes:
//! `count SET matmul TYPE ROWS REPEATS`, `count SET attend KV_TYPE ROWS REPEATS`, or `count SET up|down q4_0 ZEROS REPEATS`
//! for the products of an FFN in which so many neurons of 100 are at zero.
//!
//! Prints the multiply-accumulates of all repeats, those that were skipped included. Setting up is the same for any number
//! of repeats: the difference of two runs is the kernel's own. It has one thread.

#[path = "../benches/inputs/mod.rs"]
mod inputs;

use std::error::Error;
use std::hint::black_box;

use inputs::{square, waves};
use phonelm_gguf::TensorType;
use phonelm_kernels::{
    Active, GROUP, KV_BLOCK, Kernels, KvBlock, OutRows, Packed, Pool, QuantizedRows, TILE_ROWS, kernels_named,
};

/// Of PhoneLM-1.5B: its hidden size and the size of a head.
const COLS: usize = 2560;
const HEAD_DIM: usize = 160;
/// Rows of weights; what a row costs does not depend on them.
const WEIGHT_ROWS: usize = 4 * TILE_ROWS;
/// The fewest in the layouts for skipping.
const SLAB_ROWS: usize = 2 * Packed::HALF_ROWS;
/// Neurons of an up matrix; 1,600 lie 16 times 100.
const NEURONS: usize = 1600;
/// Blocks of keys and values.
const BLOCKS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [set, primitive, ty, rows, repeats] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        return Err("usage: count SET matmul|attend|up|down TYPE ROWS REPEATS".into());
    };
    let kernels = kernels_named(set).ok_or_else(|| format!("this CPU has no kernel set {set}"))?;
    let (rows, repeats) = (rows.parse()?, repeats.parse()?);
    let macs = match primitive {
        "matmul" => matmul(kernels, ty, rows, repeats)?,
        "attend" => attend(kernels, ty, rows, repeats)?,
        "up" => up(kernels, rows, repeats)?,
        "down" => down(kernels, rows, repeats)?,
        _ => return Err(format!("no primitive is named {primitive}").into()),
    };
    println!("macs {macs}");
    Ok(())
}

fn matmul(kernels: &dyn Kernels, ty: &str, rows: usize, repeats: usize) -> Result<usize, Box<dyn Error>> {
    let no_weights = || format!("no weights of {COLS} columns have type {ty}");
    let ty = TensorType::from_name(ty).ok_or_else(no_weights)?;
    let weights = match ty {
        TensorType::Q4_0Rows | TensorType::Q4_0Columns => {
            Packed::laid_out(ty, &q4_0(SLAB_ROWS), SLAB_ROWS, COLS, &Pool::new(1))?
        }
        _ => {
            let row_bytes = ty.row_bytes(COLS).ok_or_else(no_weights)?;
            let bytes: Vec<u8> = (0..WEIGHT_ROWS * row_bytes).map(|i| (i * 31 % 59) as u8).collect();
            Packed::from_blocks(ty, &bytes, WEIGHT_ROWS, COLS, &Pool::new(1))?
        }
    };
    let mut x = QuantizedRows::new();
    x.resize(rows, COLS);
    let floats = waves(COLS);
    x.rows_mut().for_each(|row| kernels.quantize(&floats, row));
    let mut out = vec![0.0; rows * weights.rows()];
    for _ in 0..repeats {
        // SAFETY: one call at a time.
        let view = unsafe { OutRows::new(&mut out, weights.rows()) };
        kernels.matmul(&weights, 0..weights.tiles(), &x, &view);
        black_box(&view);
    }
    Ok(repeats * rows * weights.rows() * COLS)
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

fn up(kernels: &dyn Kernels, zeros: usize, repeats: usize) -> Result<usize, Box<dyn Error>> {
    let weights = Packed::laid_out(TensorType::Q4_0Rows, &q4_0(NEURONS), NEURONS, COLS, &Pool::new(1))?;
    let neurons: Vec<u32> = (0..NEURONS as u32).filter(|neuron| counts(*neuron as usize, zeros)).collect();
    let chosen: Vec<[u32; TILE_ROWS]> = neurons.as_chunks().0.to_vec();
    let mut x = QuantizedRows::new();
    x.resize(1, COLS);
    x.rows_mut().for_each(|row| kernels.quantize(&waves(COLS), row));
    let mut out = vec![0.0; NEURONS];
    for _ in 0..repeats {
        // SAFETY: one call at a time.
        let view = unsafe { OutRows::new(&mut out, NEURONS) };
        kernels.matmul_rows(&weights, &chosen, 0..chosen.len(), x.row(0), &view);
        black_box(&view);
    }
    Ok(repeats * NEURONS * COLS)
}

fn down(kernels: &dyn Kernels, zeros: usize, repeats: usize) -> Result<usize, Box<dyn Error>> {
    let weights = Packed::laid_out(TensorType::Q4_0Columns, &q4_0(SLAB_ROWS), SLAB_ROWS, COLS, &Pool::new(1))?;
    let mut x = waves(COLS);
    x.iter_mut().enumerate().filter(|(neuron, _)| !counts(*neuron, zeros)).for_each(|(_, x)| *x = 0.0);
    let mut rows = QuantizedRows::new();
    rows.resize(1, COLS);
    rows.rows_mut().for_each(|row| kernels.quantize(&x, row));
    let mut active = Active::new();
    active.fill(rows.row(0));
    let mut out = vec![0.0; SLAB_ROWS];
    for _ in 0..repeats {
        // SAFETY: one call at a time.
        let view = unsafe { OutRows::new(&mut out, SLAB_ROWS) };
        kernels.matmul_active(&weights, 0..2, &active, &view);
        black_box(&view);
    }
    Ok(repeats * SLAB_ROWS * COLS)
}

/// Rows of random Q4_0 weights.
fn q4_0(rows: usize) -> Vec<u8> {
    (0..rows * COLS / GROUP * 18).map(|i| (i * 31 % 59) as u8).collect()
}

/// Whether a neuron is one of those that are not at zero; they lie scattered.
fn counts(neuron: usize, zeros: usize) -> bool {
    neuron * 37 % 100 >= zeros
}
