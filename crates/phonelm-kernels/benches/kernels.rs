//! Speed of every kernel set on this machine: attention by type of keys and values, and matrix products by shape, batch
//! and threads, beside a plain read of the same memory. Run with `cargo bench -p phonelm-kernels [-- SET
//! [attention|matmul]]`; SET is part of the names of some sets.
//!
//! Each figure is the median of several passes over 256 MB of weights or of keys and values (decode) or over one matrix
//! (prefill).

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use phonelm_gguf::TensorType;
use phonelm_kernels::{
    GROUP, KV_BLOCK, Kernels, KvBlock, KvType, OutRows, Packed, Pool, Q8Square, QuantizedGroup, QuantizedRows,
    TILE_ROWS, kernel_sets, kernels_named,
};

/// The matrices of a layer of PhoneLM-0.5B, `(rows, cols)`.
const SHAPES: [(usize, usize); 3] = [(1024, 1024), (4864, 1024), (1024, 4864)];
/// Weights read in one decode pass, more than any cache holds.
const STREAM: usize = 256 << 20;

fn main() {
    // Cargo passes its own flags, such as --bench.
    let mut words = std::env::args().skip(1).filter(|a| !a.starts_with('-'));
    let (filter, part) = (words.next().unwrap_or_default(), words.next());
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{:<24} {:<6} {:>11} {:>5} {:>7} {:>7} {:>8}",
        "kernel", "type", "shape", "rows", "threads", "GB/s", "GMAC/s"
    );
    for threads in [1, cores] {
        let pool = Pool::new(threads);
        println!("{:<24} {:<6} {:>11} {:>5} {threads:>7} {:>7.2}", "plain read", "", "", "", read_speed(&pool));
        for set in kernel_sets().iter().filter(|s| s.available && s.name.contains(&filter)) {
            let Some(kernels) = kernels_named(set.name).filter(|_| !set.name.contains("scalar")) else { continue };
            for kv in [KvType::F16, KvType::F32, KvType::Q8_0].into_iter().filter(|_| wanted("attention")) {
                for head_dim in [64, 160] {
                    for batch in [1, 8] {
                        attend(kernels, kv, head_dim, batch, &pool);
                    }
                }
            }
            let types = [TensorType::Q4_0, TensorType::Q8_0, TensorType::Q4_K, TensorType::Q6_K];
            for ty in types.into_iter().filter(|_| wanted("matmul")) {
                for (rows, cols) in SHAPES {
                    // K-quants need whole blocks of 256 columns, which all shapes have.
                    for batch in [1, 4, 128] {
                        measure(kernels, ty, (rows, cols), batch, &pool);
                    }
                }
            }
        }
        if cores == 1 {
            break;
        }
    }
}

fn measure(kernels: &dyn Kernels, ty: TensorType, (rows, cols): (usize, usize), batch: usize, pool: &Pool) {
    let bytes: Vec<u8> = (0..rows * ty.row_bytes(cols).unwrap()).map(|i| (i * 31 % 59) as u8).collect();
    let mut x = QuantizedRows::new();
    x.resize(batch, cols);
    let floats: Vec<f32> = (0..cols).map(|i| (i as f32).sin()).collect();
    x.rows_mut().for_each(|row| kernels.quantize(&floats, row));
    let stride = OutRows::stride_for(rows);
    let mut out = vec![0.0; batch * stride];

    let size = Packed::from_blocks(ty, &bytes, rows, cols, pool).unwrap().bytes();
    let copies = if batch > 8 { 1 } else { STREAM.div_ceil(size) };
    let matrices: Vec<Packed> =
        (0..copies).map(|_| Packed::from_blocks(ty, &bytes, rows, cols, pool).unwrap()).collect();
    // Chunks as the executor cuts them: four a thread.
    let tiles = rows / TILE_ROWS;
    let step = tiles.div_ceil(4 * pool.threads());
    let seconds = median(|| {
        // SAFETY: chunks are disjoint ranges of tiles.
        let view = unsafe { OutRows::new(&mut out, stride) };
        for w in &matrices {
            pool.run(tiles.div_ceil(step), &|chunk| {
                kernels.matmul(w, chunk * step..(chunk * step + step).min(tiles), &x, &view);
            });
        }
    });
    let passes = copies as f64 / seconds;
    println!(
        "{:<24} {:<6} {:>11} {batch:>5} {:>7} {:>7.2} {:>8.1}",
        kernels.name(),
        ty.name(),
        format!("{rows}x{cols}"),
        pool.threads(),
        size as f64 * passes / 1e9,
        (rows * cols * batch) as f64 * passes / 1e9,
    );
}

/// Texts of 1,900 tokens, as many heads as make up [`STREAM`], each in memory of its own.
fn attend(kernels: &dyn Kernels, kv: KvType, head_dim: usize, rows: usize, pool: &Pool) {
    const TOKENS: usize = 1900;
    let blocks = TOKENS.div_ceil(KV_BLOCK);
    let (elements, squares) = (head_dim * KV_BLOCK, head_dim / GROUP * (KV_BLOCK / GROUP));
    let bytes = match kv {
        KvType::F16 => 2 * elements * size_of::<u16>(),
        KvType::F32 => 2 * elements * size_of::<f32>(),
        KvType::Q8_0 => 2 * squares * size_of::<Q8Square>(),
    };
    let heads = STREAM / (blocks * bytes);
    let halves: Vec<u16> = if kv == KvType::F16 { vec![0x2e66; heads * blocks * 2 * elements] } else { vec![] };
    let singles: Vec<f32> = if kv == KvType::F32 { vec![0.1; heads * blocks * 2 * elements] } else { vec![] };
    let bytes8 = if kv == KvType::Q8_0 { vec![square(); heads * blocks * 2 * squares] } else { vec![] };
    // As in the executor's caches, the heads of a block are neighbours.
    let block = |head: usize, block: usize| {
        let at = 2 * (block * heads + head);
        match kv {
            KvType::F16 => {
                let (keys, values) = halves[at * elements..(at + 2) * elements].split_at(elements);
                KvBlock::F16 { keys, values }
            }
            KvType::F32 => {
                let (keys, values) = singles[at * elements..(at + 2) * elements].split_at(elements);
                KvBlock::F32 { keys, values }
            }
            KvType::Q8_0 => {
                let (keys, values) = bytes8[at * squares..(at + 2) * squares].split_at(squares);
                KvBlock::Q8_0 { keys, values }
            }
        }
    };
    let q: Vec<f32> = (0..rows * head_dim).map(|i| (i as f32).sin()).collect();
    let visible: Vec<usize> = (0..rows).map(|row| TOKENS - rows + row + 1).collect();
    let seconds = median(|| {
        pool.run(heads, &|head| {
            let blocks: Vec<KvBlock<'_>> = (0..blocks).map(|b| block(head, b)).collect();
            let mut out = vec![0.0; rows * head_dim];
            kernels.attend(&q, &blocks, &visible, &mut out);
            black_box(out);
        });
    });
    println!(
        "{:<24} {:<6} {:>11} {rows:>5} {:>7} {:>7.2} {:>8.1}",
        kernels.name(),
        format!("{kv:?}"),
        format!("{TOKENS}x{head_dim}"),
        pool.threads(),
        (heads * blocks * bytes) as f64 / seconds / 1e9,
        (heads * rows * 2 * TOKENS * head_dim) as f64 / seconds / 1e9,
    );
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

/// Bytes a second that a sum over fresh memory reads.
fn read_speed(pool: &Pool) -> f64 {
    let memory = vec![1u64; STREAM / 8];
    let chunks = 4 * pool.threads();
    let seconds = median(|| {
        pool.run(chunks, &|chunk| {
            let part = &memory[chunk * memory.len() / chunks..(chunk + 1) * memory.len() / chunks];
            let sums = part.as_chunks::<32>().0.iter().fold([0u64; 32], |mut sums, x| {
                sums.iter_mut().zip(x).for_each(|(sum, x)| *sum = sum.wrapping_add(*x));
                sums
            });
            black_box(sums);
        });
    });
    STREAM as f64 / seconds / 1e9
}

/// Median seconds of nine runs after one that warms up.
fn median(mut run: impl FnMut()) -> f64 {
    run();
    let mut seconds: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[4]
}
