//! Whole passes of models so small that an interpreter of the language can follow each access to memory: `cargo xtask
//! release-check --only miri` runs this suite under Miri, with the portable kernels and two threads.

#![allow(clippy::unwrap_used)]

use phonelm_convert::random_model;
use phonelm_gguf::TensorType;
use phonelm_kernels::{CpuExecutor, CpuOptions, KV_BLOCK, KvType};
use phonelm_model::{Config, Executor, Family, Mapping, ModelFile};
use phonelm_tests::{extend, small_config};

const VOCAB: usize = 17;

/// One key head for two query heads, rows of one block, and a tile of logits that is not full.
fn model(family: Family, ty: TensorType, head_dim: usize) -> ModelFile {
    let small = small_config(family, false);
    let config = Config { hidden: 32, head_dim, layers: 1, heads: 2, kv_heads: 1, ffn: 32, vocab: VOCAB, ..small };
    ModelFile::new(Mapping::from_vec(random_model(&config, ty, 7).unwrap())).unwrap()
}

fn executor(file: ModelFile, kv: KvType) -> CpuExecutor {
    let kernels = Some("any-q8-scalar".to_owned());
    CpuExecutor::new(file, &CpuOptions { threads: Some(2), kv, kernels, ..CpuOptions::default() }).unwrap()
}

/// Two tokens at once, and the second again by itself.
fn follow(family: Family, ty: TensorType, kv: KvType) {
    let mut executor = executor(model(family, ty, 16), kv);
    let cache = executor.create();
    let both = extend(&mut executor, cache, &[5, 10]);
    assert_eq!(executor.truncate(cache, 1), Ok(1));
    assert_eq!(extend(&mut executor, cache, &[10]), both[VOCAB..], "{family:?} {ty} {kv:?}");
}

#[test]
fn every_family() {
    for family in Family::ALL {
        follow(family, TensorType::Q4_0, KvType::F16);
    }
}

#[test]
fn every_weight_type() {
    use TensorType::{BF16, F16, F32, Q4_1, Q5_0, Q5_1, Q8_0};
    for ty in [Q4_1, Q5_0, Q5_1, Q8_0, F16, BF16, F32] {
        follow(Family::PhoneLm, ty, KvType::F32);
    }
}

#[test]
fn over_the_end_of_a_block() {
    let file = model(Family::PhoneLm, TensorType::F32, 32);
    for kv in [KvType::F16, KvType::F32, KvType::Q8_0] {
        let mut executor = executor(file.clone(), kv);
        let begun = executor.create();
        extend(&mut executor, begun, &[3]);
        // An export tells its length before its blocks: as if all but one token of the block had been there, all zero.
        let mut export = executor.export(begun).unwrap();
        export[6 * 8..][..8].copy_from_slice(&(KV_BLOCK as u64 - 1).to_ne_bytes());
        let cache = executor.import(&export).unwrap();
        let fork = executor.fork(cache).unwrap();
        let both = extend(&mut executor, fork, &[2, 4]);
        let found = [2, 4].map(|token| extend(&mut executor, cache, &[token])).concat();
        assert_eq!(found, both, "{kv:?}");
    }
}
