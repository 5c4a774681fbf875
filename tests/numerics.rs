//! The numerics contract: on one machine a token's logits are the same bits however they are computed, for every kernel
//! set that this machine runs, every weight type and every family.

#![allow(clippy::unwrap_used, clippy::panic)]

use phonelm_convert::random_model;
use phonelm_gguf::TensorType;
use phonelm_kernels::{CpuExecutor, CpuOptions, KvType, LoadError, kernel_sets};
use phonelm_model::{Executor, Family, Input, LogitsFor, Mapping, ModelFile, Segment};
use phonelm_tests::{extend, logits, small_config};
use proptest::prelude::*;

fn model(family: Family, ty: TensorType, awkward: bool) -> ModelFile {
    let bytes = random_model(&small_config(family, awkward), ty, 7).unwrap();
    ModelFile::new(Mapping::from_vec(bytes)).unwrap()
}

fn executor(file: &ModelFile, kernels: &str, threads: usize, kv: KvType) -> CpuExecutor {
    let options = CpuOptions { threads: Some(threads), kv, kernels: Some(kernels.to_owned()), ..CpuOptions::default() };
    CpuExecutor::new(file.clone(), &options).unwrap()
}

fn available_kernels() -> Vec<&'static str> {
    kernel_sets().into_iter().filter(|set| set.available).map(|set| set.name).collect()
}

fn text(len: usize, vocab: usize) -> Vec<u32> {
    (0..len).map(|i| (i * i * 31 + i * 7 + 3) as u32 % vocab as u32).collect()
}

/// Every way to the same text gives the same bits.
fn check_all_ways(file: &ModelFile, kernels: &str, kv: KvType) {
    let tokens = text(150, file.config().vocab);
    let vocab = file.config().vocab;
    let mut one = executor(file, kernels, 1, kv);
    let mut four = executor(file, kernels, 4, kv);
    let whole = logits(&mut one, &tokens);
    assert!(whole.iter().all(|x| x.is_finite()));
    assert_eq!(whole, logits(&mut four, &tokens), "four threads");

    let cache = one.create();
    let stepwise: Vec<f32> = tokens.iter().flat_map(|t| extend(&mut one, cache, &[*t])).collect();
    assert_eq!(whole, stepwise, "token by token");

    // Cut back into the middle of a block, write something else, cut back again, go on.
    one.truncate(cache, 70).unwrap();
    extend(&mut one, cache, &[1, 2, 3]);
    let fork = one.fork(cache).unwrap();
    one.truncate(cache, 70).unwrap();
    assert_eq!(whole[70 * vocab..], extend(&mut one, cache, &tokens[70..]), "cut back");
    extend(&mut one, fork, &[9; 20]);

    // A fork shares blocks until one of the two writes.
    one.truncate(cache, 100).unwrap();
    let fork = one.fork(cache).unwrap();
    extend(&mut one, fork, &[5; 30]);
    assert_eq!(whole[100 * vocab..], extend(&mut one, cache, &tokens[100..]), "beside a fork");

    // Saved in one executor, restored in another.
    one.truncate(cache, 90).unwrap();
    let saved = one.export(cache).unwrap();
    let restored = four.import(&saved).unwrap();
    assert_eq!(whole[90 * vocab..], extend(&mut four, restored, &tokens[90..]), "restored");

    // Two texts in one call, one of them a single token.
    let (a, b) = (one.create(), one.create());
    extend(&mut one, b, &tokens[..149]);
    let both = one
        .forward(&[
            Segment { cache: a, input: Input::Tokens(&tokens), logits: LogitsFor::All },
            Segment { cache: b, input: Input::Tokens(&tokens[149..]), logits: LogitsFor::Last },
        ])
        .unwrap();
    assert_eq!(both.values[..150 * vocab], whole, "first of two texts");
    assert_eq!(both.last().unwrap(), &whole[149 * vocab..], "second of two texts");
}

#[test]
fn every_weight_type_and_kernel_set() {
    for ty in [TensorType::Q4_0, TensorType::Q8_0, TensorType::Q5_1, TensorType::F16, TensorType::F32] {
        for kernels in available_kernels() {
            for kv in [KvType::F16, KvType::Q8_0] {
                println!("{ty} on {kernels}, keys and values as {kv:?}");
                check_all_ways(&model(Family::PhoneLm, ty, kv != KvType::Q8_0), kernels, kv);
            }
        }
    }
}

#[test]
fn every_family() {
    for family in Family::ALL {
        for (awkward, kv) in [(false, KvType::F32), (true, KvType::F32), (false, KvType::Q8_0)] {
            let kernels = available_kernels()[0];
            check_all_ways(&model(family, TensorType::Q8_0, awkward), kernels, kv);
        }
    }
}

#[test]
fn bytes_want_heads_of_whole_groups() {
    let file = model(Family::PhoneLm, TensorType::Q4_0, true);
    let options = CpuOptions { kv: KvType::Q8_0, ..CpuOptions::default() };
    let refused = CpuExecutor::new(file, &options).err().unwrap();
    assert!(matches!(refused, LoadError::HeadWidth { head_dim: 40, multiple: 32 }), "{refused}");
}

#[test]
fn an_export_goes_into_its_own_type_alone() {
    let file = model(Family::PhoneLm, TensorType::Q4_0, false);
    let mut executors =
        [KvType::F16, KvType::F32, KvType::Q8_0].map(|kv| executor(&file, available_kernels()[0], 1, kv));
    let exports = executors.each_mut().map(|executor| {
        let cache = executor.create();
        extend(executor, cache, &text(70, file.config().vocab));
        executor.export(cache).unwrap()
    });
    for (i, executor) in executors.iter_mut().enumerate() {
        for (j, export) in exports.iter().enumerate() {
            assert_eq!(executor.import(export).is_ok(), i == j, "{j} into {i}");
        }
    }
}

#[test]
fn all_kernel_sets_agree_to_the_bit() {
    for ty in [TensorType::Q4_0, TensorType::Q8_0, TensorType::Q4_1, TensorType::BF16] {
        for kv in [KvType::F16, KvType::Q8_0] {
            let file = model(Family::Qwen3, ty, kv != KvType::Q8_0);
            let tokens = text(80, file.config().vocab);
            let mut results =
                available_kernels().into_iter().map(|k| (k, logits(&mut executor(&file, k, 2, kv), &tokens)));
            let (first, reference) = results.next().unwrap();
            for (name, found) in results {
                assert_eq!(reference, found, "{ty}, {kv:?}: {first} against {name}");
            }
        }
    }
}

#[test]
fn long_inputs_pass_in_batches() {
    let file = model(Family::Llama, TensorType::Q4_0, false);
    let tokens = text(500, file.config().vocab);
    let kernels = available_kernels()[0];
    let mut executor = executor(&file, kernels, 2, KvType::F16);
    let whole = logits(&mut executor, &tokens);
    let cache = executor.create();
    let pieces: Vec<f32> = tokens.chunks(37).flat_map(|piece| extend(&mut executor, cache, piece)).collect();
    assert_eq!(whole, pieces);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_cuts_give_the_same_bits(
        cuts in prop::collection::vec(1usize..60, 1..6),
        keep in 1usize..100,
        kv in prop::sample::select(vec![KvType::F16, KvType::Q8_0]),
    ) {
        let file = model(Family::PhoneLm, TensorType::Q4_0, kv != KvType::Q8_0);
        let vocab = file.config().vocab;
        let total: usize = cuts.iter().sum();
        let tokens = text(total, vocab);
        let mut executor = executor(&file, available_kernels()[0], 2, kv);
        let whole = logits(&mut executor, &tokens);
        let cache = executor.create();
        let (mut found, mut start) = (Vec::new(), 0);
        for cut in cuts {
            found.extend(extend(&mut executor, cache, &tokens[start..start + cut]));
            start += cut;
        }
        prop_assert_eq!(&whole, &found);
        let keep = keep.min(total - 1);
        executor.truncate(cache, keep).unwrap();
        prop_assert_eq!(&whole[keep * vocab..], &extend(&mut executor, cache, &tokens[keep..])[..]);
    }
}
