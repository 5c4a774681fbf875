//! Speed of every kernel set on this machine: attention by type of keys and values, and matrix products by shape, batch and
//! threads, beside a plain read of the same memory. `cargo bench -p phonelm-kernels [-- FILTER]`; FILTER is a regular
//! expression over names such as `matmul q4_0 4864x1024, 1 rows/x86_64-q8-avx2, 2 threads`.
//!
//! One iteration passes over 256 MB of weights or of keys and values, more than any cache holds, and tells bytes a second;
//! with many rows it passes over one matrix and tells multiply-accumulates.

#![allow(clippy::unwrap_used)]

mod inputs;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use inputs::{square, waves};
use phonelm_gguf::TensorType;
use phonelm_kernels::{
    GROUP, KV_BLOCK, Kernels, KvBlock, KvType, OutRows, Packed, Pool, Q8Square, QuantizedRows, TILE_ROWS, kernel_sets,
    kernels_named,
};

/// The matrices of a layer of PhoneLM-0.5B, `(rows, cols)`.
const SHAPES: [(usize, usize); 3] = [(1024, 1024), (4864, 1024), (1024, 4864)];
/// Bytes of one iteration.
const STREAM: usize = 256 << 20;
/// Rows up to which memory is what limits.
const FEW: usize = 8;
/// Tokens of a text that is attended to.
const TOKENS: usize = 1900;

criterion_group! {
    name = kernels;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(kernels);

fn all(c: &mut Criterion) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut threads = vec![1, cores];
    threads.dedup();
    let sets = kernel_sets();
    let sets = sets.iter().filter(|set| set.available && !set.name.contains("scalar"));
    let sets: Vec<&dyn Kernels> = sets.filter_map(|set| kernels_named(set.name)).collect();
    for pool in threads.into_iter().map(Pool::new) {
        read(c, &pool);
        for &kernels in &sets {
            for kv in [KvType::F16, KvType::F32, KvType::Q8_0] {
                for head_dim in [64, 160] {
                    for rows in [1, 8] {
                        attend(c, kernels, kv, head_dim, rows, &pool);
                    }
                }
            }
            // K-quants need whole blocks of 256 columns, which all shapes have.
            for ty in [TensorType::Q4_0, TensorType::Q8_0, TensorType::Q4_K, TensorType::Q6_K] {
                for shape in SHAPES {
                    for rows in [1, 2, 4, 8, 128] {
                        matmul(c, kernels, ty, shape, rows, &pool);
                    }
                }
            }
        }
    }
}

/// The name of a measurement in its group.
fn name(kernels: &str, pool: &Pool) -> String {
    format!("{kernels}, {} threads", pool.threads())
}

fn matmul(
    c: &mut Criterion,
    kernels: &dyn Kernels,
    ty: TensorType,
    (rows, cols): (usize, usize),
    batch: usize,
    pool: &Pool,
) {
    let size = Packed::bytes_of(ty, rows, cols);
    let copies = if batch > FEW { 1 } else { (STREAM as u64).div_ceil(size) };
    let macs = (rows * cols * batch) as u64;
    let throughput = if batch > FEW { Throughput::Elements(macs) } else { Throughput::Bytes(copies * size) };
    let mut group = c.benchmark_group(format!("matmul {} {rows}x{cols}, {batch} rows", ty.name()));
    group.throughput(throughput).bench_function(name(kernels.name(), pool), |b| {
        let bytes: Vec<u8> = (0..rows * ty.row_bytes(cols).unwrap()).map(|i| (i * 31 % 59) as u8).collect();
        let pack = |_| Packed::from_blocks(ty, &bytes, rows, cols, pool).unwrap();
        let matrices: Vec<Packed> = (0..copies).map(pack).collect();
        let mut x = QuantizedRows::new();
        x.resize(batch, cols);
        x.rows_mut().for_each(|row| kernels.quantize(&waves(cols), row));
        let stride = OutRows::stride_for(rows);
        let mut out = vec![0.0; batch * stride];
        // Four pieces a thread.
        let tiles = rows / TILE_ROWS;
        let step = tiles.div_ceil(4 * pool.threads());
        b.iter(|| {
            // SAFETY: pieces are disjoint ranges of tiles.
            let view = unsafe { OutRows::new(&mut out, stride) };
            for w in &matrices {
                pool.run(tiles.div_ceil(step), &|piece| {
                    kernels.matmul(w, piece * step..(piece * step + step).min(tiles), &x, &view);
                });
            }
        });
    });
}

/// Texts of [`TOKENS`] tokens, as many heads as make up [`STREAM`], each in memory of its own.
fn attend(c: &mut Criterion, kernels: &dyn Kernels, kv: KvType, head_dim: usize, rows: usize, pool: &Pool) {
    let blocks = TOKENS.div_ceil(KV_BLOCK);
    let (elements, squares) = (head_dim * KV_BLOCK, head_dim / GROUP * (KV_BLOCK / GROUP));
    let bytes = match kv {
        KvType::F16 => 2 * elements * size_of::<u16>(),
        KvType::F32 => 2 * elements * size_of::<f32>(),
        KvType::Q8_0 => 2 * squares * size_of::<Q8Square>(),
    };
    let heads = STREAM / (blocks * bytes);
    let mut group = c.benchmark_group(format!("attention {kv:?} {TOKENS}x{head_dim}, {rows} rows"));
    group.throughput(Throughput::Bytes((heads * blocks * bytes) as u64));
    group.bench_function(name(kernels.name(), pool), |b| {
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
        let visible: Vec<usize> = (0..rows).map(|row| TOKENS - rows + row + 1).collect();
        let some = heads.div_ceil(2 * pool.threads());
        let q = waves(some * rows * head_dim);
        b.iter(|| {
            pool.run(heads.div_ceil(some), &|piece| {
                let heads = piece * some..(piece * some + some).min(heads);
                let blocks = (0..blocks).flat_map(|b| heads.clone().map(move |head| (head, b)));
                let blocks: Vec<KvBlock<'_>> = blocks.map(|(head, b)| block(head, b)).collect();
                let mut out = vec![0.0; heads.len() * rows * head_dim];
                kernels.attend(&q[..out.len()], &blocks, &visible, &mut out);
                black_box(out);
            });
        });
    });
}

/// What the memory gives to a sum over it.
fn read(c: &mut Criterion, pool: &Pool) {
    let mut group = c.benchmark_group("read");
    group.throughput(Throughput::Bytes(STREAM as u64)).bench_function(name("64-bit words", pool), |b| {
        let memory = vec![1u64; STREAM / 8];
        let pieces = 4 * pool.threads();
        b.iter(|| {
            pool.run(pieces, &|piece| {
                let part = &memory[piece * memory.len() / pieces..(piece + 1) * memory.len() / pieces];
                let sums = part.as_chunks::<32>().0.iter().fold([0u64; 32], |mut sums, x| {
                    sums.iter_mut().zip(x).for_each(|(sum, x)| *sum = sum.wrapping_add(*x));
                    sums
                });
                black_box(sums);
            });
        });
    });
}
