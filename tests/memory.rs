//! What is foretold of a model's memory is what it takes, for every weight type and family.

#![allow(clippy::unwrap_used)]

use phonelm_convert::random_model;
use phonelm_gguf::TensorType;
use phonelm_kernels::{CpuExecutor, CpuOptions, KvType, Memory};
use phonelm_model::{Executor, Family, Mapping, ModelFile};
use phonelm_tests::{extend, small_config};

#[test]
fn weights_and_caches_cost_what_was_foretold() {
    for ty in [TensorType::F16, TensorType::Q4_0, TensorType::Q8_0, TensorType::Q5_1] {
        for kv in [KvType::F16, KvType::F32, KvType::Q8_0] {
            let bytes = random_model(&small_config(Family::PhoneLm, false), ty, 7).unwrap();
            let file = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
            let options = CpuOptions { threads: Some(1), kv, ..CpuOptions::default() };
            let memory = Memory::of(&file, &options, 64).unwrap();
            let mut executor = CpuExecutor::new(file, &options).unwrap();
            assert_eq!(memory.weights, executor.weight_bytes() as u64, "{ty}");
            let cache = executor.create();
            extend(&mut executor, cache, &[1; 65]);
            assert_eq!(2 * memory.kv_block, executor.cache_bytes() as u64, "{ty}");
        }
    }
}

#[test]
fn a_token_reads_every_matrix_once_and_its_context() {
    for ty in [TensorType::F16, TensorType::Q4_0] {
        let bytes = random_model(&small_config(Family::PhoneLm, false), ty, 7).unwrap();
        let file = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
        let options = CpuOptions { threads: Some(1), ..CpuOptions::default() };
        let kv_block = Memory::of(&file, &options, 64).unwrap().kv_block;
        let weights = file.weights();
        let layers = weights.layers.iter().flat_map(|l| [&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down]);
        let matrices: u64 = layers.chain([&weights.head]).map(|tensor| tensor.range.len() as u64).sum();
        let executor = CpuExecutor::new(file, &options).unwrap();
        let read = executor.bytes_per_token(0);
        assert!(read >= matrices.max(executor.weight_bytes() as u64), "{ty}: {read} of {matrices}");
        // Rows that fill up a tile, vectors, and one row of the embedding.
        assert!(read < matrices * 5 / 4, "{ty}: {read} of {matrices}");
        assert_eq!(executor.bytes_per_token(64) - read, kv_block, "{ty}");
    }
}

#[test]
fn the_largest_context_is_the_largest_that_fits() {
    let bytes = random_model(&small_config(Family::PhoneLm, false), TensorType::Q8_0, 7).unwrap();
    let file = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
    let memory = Memory::of(&file, &CpuOptions::default(), 64).unwrap();
    assert_eq!(memory.largest_context(0), 0);
    assert_eq!(memory.largest_context(memory.total()), memory.context);
    let budget = memory.weights + memory.scratch + memory.text(128);
    assert_eq!(memory.largest_context(budget), 128.min(memory.context));
    assert_eq!(memory.largest_context(budget - 1), 64);
}

#[test]
fn twenty_forks_of_a_long_text_cost_less_than_a_second_one() {
    let bytes = random_model(&small_config(Family::PhoneLm, false), TensorType::Q8_0, 7).unwrap();
    let file = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
    let context = file.config().context.min(1000);
    let mut executor = CpuExecutor::new(file, &CpuOptions { threads: Some(1), ..CpuOptions::default() }).unwrap();
    let cache = executor.create();
    extend(&mut executor, cache, &vec![1; context - 1]);
    let alone = executor.cache_bytes();
    let forks: Vec<_> = (0..20).map(|_| executor.fork(cache).unwrap()).collect();
    assert_eq!(executor.cache_bytes(), alone);
    extend(&mut executor, forks[0], &[2]);
    assert!(executor.cache_bytes() < 2 * alone);
}
