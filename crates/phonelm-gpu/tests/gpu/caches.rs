//! Caches do on the GPU what they do on the CPU: forks, cuts, exports, several texts a call, errors.

use phonelm_gguf::{Gguf, TensorType};
use phonelm_gpu::{GpuExecutor, GpuOptions};
use phonelm_kernels::KvType;
use phonelm_model::{CacheId, Config, Executor, ExecutorError, Family, Input, LogitsFor, Mapping, ModelFile, Segment};
use phonelm_tests::{distance, extend, logits, small_config};

use crate::common::{KV_TYPES, cpu, gpu, gpu_with, model, text};

/// Sums come in another order when other rows are computed with them, and many rows are multiplied in half precision.
const SAME: f64 = 6e-3;

fn config() -> Config {
    Config { head_dim: 64, ..small_config(Family::Qwen2, true) }
}

#[track_caller]
fn assert_near(found: &[f32], expected: &[f32]) {
    assert_within(SAME, found, expected);
}

#[track_caller]
fn assert_within(limit: f64, found: &[f32], expected: &[f32]) {
    let apart = distance(found, expected);
    assert!(apart < limit, "{apart:.1e} of the spread");
}

#[test]
fn however_a_cache_was_filled() {
    KV_TYPES.into_iter().for_each(fill_in_all_ways);
}

fn fill_in_all_ways(kv: KvType) {
    let config = config();
    let (file, vocab) = (model(&config, TensorType::Q8_0), config.vocab);
    let tokens = text(150, vocab);
    let mut gpu = gpu_with(&file, kv);
    let whole = logits(&mut gpu, &tokens);

    // Cut back into a block, written differently, forked, cut back again.
    let cache = gpu.create();
    extend(&mut gpu, cache, &tokens[..100]);
    assert_eq!(gpu.truncate(cache, 70).unwrap(), 70);
    extend(&mut gpu, cache, &[1, 2, 3]);
    let fork = gpu.fork(cache).unwrap();
    gpu.truncate(cache, 70).unwrap();
    assert_near(&extend(&mut gpu, cache, &tokens[70..]), &whole[70 * vocab..]);
    extend(&mut gpu, fork, &[9; 20]);

    // A fork shares blocks until one of the two writes.
    gpu.truncate(cache, 100).unwrap();
    let before = gpu.cache_bytes();
    let fork = gpu.fork(cache).unwrap();
    assert_eq!(gpu.cache_bytes(), before);
    extend(&mut gpu, fork, &[5; 30]);
    assert!(gpu.cache_bytes() > before);
    assert_near(&extend(&mut gpu, cache, &tokens[100..]), &whole[100 * vocab..]);

    // Two texts in one call, one of them a single token; then both together, token by token.
    let (a, b) = (gpu.create(), gpu.create());
    extend(&mut gpu, b, &tokens[..140]);
    let segment = |cache, tokens, logits| Segment { cache, input: Input::Tokens(tokens), logits };
    let both = gpu
        .forward(&[segment(a, &tokens[..139], LogitsFor::None), segment(b, &tokens[140..141], LogitsFor::Last)])
        .unwrap();
    assert_near(&both.values, &whole[140 * vocab..141 * vocab]);
    let both = gpu
        .forward(&[segment(a, &tokens[139..140], LogitsFor::Last), segment(b, &tokens[141..142], LogitsFor::All)])
        .unwrap();
    let expected = [&whole[139 * vocab..140 * vocab], &whole[141 * vocab..142 * vocab]].concat();
    assert_near(&both.values, &expected);

    // All memory is given back.
    (1..=9).map(CacheId).for_each(|id| gpu.release(id));
    for cache in [cache, fork, a, b] {
        gpu.release(cache);
        assert_eq!(gpu.len(cache), Err(ExecutorError::UnknownCache { id: cache.0 }));
    }
    assert_eq!(gpu.cache_bytes(), 0);
}

#[test]
fn exports_pass_between_gpu_and_cpu() {
    let config = config();
    let (file, vocab) = (model(&config, TensorType::F16), config.vocab);
    let tokens = text(120, vocab);
    // The CPU rounds queries too where keys are bytes.
    for (kv, limit) in KV_TYPES.into_iter().zip([SAME, 2e-2]) {
        let (mut gpu, mut cpu) = (gpu_with(&file, kv), cpu(&file, kv));
        let expected = &logits(&mut cpu, &tokens)[90 * vocab..];
        let (on_gpu, on_cpu) = (gpu.create(), cpu.create());
        extend(&mut gpu, on_gpu, &tokens[..90]);
        extend(&mut cpu, on_cpu, &tokens[..90]);
        let (from_gpu, from_cpu) = (gpu.export(on_gpu).unwrap(), cpu.export(on_cpu).unwrap());

        let (back, from_there) = (gpu.import(&from_gpu).unwrap(), gpu.import(&from_cpu).unwrap());
        assert!(gpu.export(back).unwrap() == from_gpu && gpu.export(from_there).unwrap() == from_cpu);
        for cache in [back, from_there] {
            assert_within(limit, &extend(&mut gpu, cache, &tokens[90..]), expected);
        }
        let moved = cpu.import(&from_gpu).unwrap();
        assert!(cpu.export(moved).unwrap() == from_gpu);
        assert_within(limit, &extend(&mut cpu, moved, &tokens[90..]), expected);
        assert_eq!(gpu.cache_bytes() * 2, cpu.cache_bytes() * 3, "three caches on the GPU, two on the CPU");
    }
}

#[test]
fn exports_of_another_type_are_refused() {
    let file = model(&config(), TensorType::Q8_0);
    let [mut f16, mut q8] = KV_TYPES.map(|kv| gpu_with(&file, kv));
    let (a, b) = (f16.create(), q8.create());
    extend(&mut f16, a, &[1, 2, 3]);
    extend(&mut q8, b, &[1, 2, 3]);
    let (from_f16, from_q8) = (f16.export(a).unwrap(), q8.export(b).unwrap());
    assert!(matches!(f16.import(&from_q8), Err(ExecutorError::BadImport { field: "bytes an element", .. })));
    assert!(matches!(q8.import(&from_f16), Err(ExecutorError::BadImport { field: "bytes an element", .. })));
}

#[test]
fn keys_that_a_gpu_does_not_keep_are_refused() {
    let narrow = model(&small_config(Family::Qwen2, true), TensorType::Q8_0);
    let refused = |file: &ModelFile, kv| {
        GpuExecutor::new(file.clone(), &GpuOptions { kv, ..GpuOptions::default() }).err().unwrap().to_string()
    };
    assert!(refused(&narrow, KvType::Q8_0).contains("heads whose width is a multiple of 32"));
    assert!(refused(&narrow, KvType::F32).contains("f16 or q8_0"));
}

#[test]
fn damaged_exports_are_refused() {
    let file = model(&config(), TensorType::Q8_0);
    let mut gpu = gpu_with(&file, KvType::Q8_0);
    let cache = gpu.create();
    extend(&mut gpu, cache, &[1, 2, 3]);
    let good = gpu.export(cache).unwrap();
    let held = gpu.cache_bytes();
    let mut bad = vec![Vec::new(), good[..good.len() - 1].to_vec(), good[..8].to_vec()];
    bad.extend((0..7).map(|word| {
        let mut bytes = good.clone();
        bytes[8 * word + 6] ^= 1;
        bytes
    }));
    // The first scale behind the seven words of the header, infinite.
    let mut infinite = good.clone();
    infinite[7 * 8..][..2].copy_from_slice(&half::f16::INFINITY.to_ne_bytes());
    bad.push(infinite);
    for bytes in bad {
        assert!(matches!(gpu.import(&bytes), Err(ExecutorError::BadImport { .. })));
    }
    assert_eq!(gpu.cache_bytes(), held);
}

#[test]
fn errors_leave_caches_as_they_were() {
    let config = config();
    let (file, vocab) = (model(&config, TensorType::Q8_0), config.vocab);
    let mut gpu = GpuExecutor::new(file, &GpuOptions { context: Some(80), ..GpuOptions::default() }).unwrap();
    let cache = gpu.create();
    extend(&mut gpu, cache, &[1, 2, 3]);
    let segment = |tokens| Segment { cache, input: Input::Tokens(tokens), logits: LogitsFor::Last };
    let refused = |gpu: &mut GpuExecutor, segments: &[Segment<'_>]| gpu.forward(segments).unwrap_err();
    assert_eq!(refused(&mut gpu, &[segment(&[1; 78])]), ExecutorError::ContextFull { needed: 81, limit: 80 });
    let unknown = [1, vocab as u32];
    assert_eq!(
        refused(&mut gpu, &[segment(&unknown)]),
        ExecutorError::TokenOutOfRange { token: vocab as u32, position: 1, vocab }
    );
    assert_eq!(refused(&mut gpu, &[segment(&[1]), segment(&[2])]), ExecutorError::DuplicateCache { id: cache.0 });
    let rows = Segment { cache, input: Input::Rows(&[0.0; 95]), logits: LogitsFor::Last };
    assert_eq!(refused(&mut gpu, &[rows]), ExecutorError::RowWidth { len: 95, hidden: 96 });
    assert_eq!(gpu.len(cache), Ok(3));
    assert!(gpu.fork(CacheId(99)).is_err() && gpu.export(CacheId(99)).is_err());
}

#[test]
fn weights_that_are_no_numbers_are_told() {
    let config = small_config(Family::PhoneLm, false);
    for name in ["blk.1.ffn_gate.weight", "blk.0.attn_k.weight", "token_embd.weight"] {
        let mut bytes = phonelm_convert::random_model(&config, TensorType::Q4_0, 7).unwrap();
        let at = Gguf::parse(&bytes).unwrap().tensor(name).unwrap().range.start as usize;
        bytes[at..at + 2].copy_from_slice(&[0x00, 0x7e]);
        let file = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
        for kv in KV_TYPES {
            let mut gpu = gpu_with(&file, kv);
            let cache = gpu.create();
            for tokens in [&[0, 1, 2][..], &[0; 20]] {
                let segment = Segment { cache, input: Input::Tokens(tokens), logits: LogitsFor::Last };
                for error in [gpu.forward(&[segment]).err(), gpu.forward_best(&[segment], 3).err()] {
                    assert_eq!(error, Some(ExecutorError::NotFinite { position: 0 }), "{name}, {kv:?}");
                }
                assert_eq!(gpu.len(cache), Ok(0), "{name}");
            }
        }
    }
}

#[test]
fn embedding_rows_serve_as_tokens_do() {
    let config = small_config(Family::Llama, true);
    let file = model(&config, TensorType::F32);
    let tokens = [5, 6, 7];
    let bytes = file.bytes_of(&file.weights().embedding);
    let all: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let rows: Vec<f32> =
        tokens.iter().flat_map(|t| all[*t as usize * config.hidden..][..config.hidden].to_vec()).collect();
    let mut gpu = gpu(&file);
    let expected = logits(&mut gpu, &tokens);
    let cache = gpu.create();
    let found = gpu.forward(&[Segment { cache, input: Input::Rows(&rows), logits: LogitsFor::All }]).unwrap();
    assert_eq!(found.values, expected);
}

#[test]
fn a_token_takes_few_steps() {
    for family in Family::ALL {
        let config = small_config(family, true);
        let file = model(&config, TensorType::Q4_0);
        let mut gpu = gpu(&file);
        let cache = gpu.create();
        extend(&mut gpu, cache, &text(10, config.vocab));
        let before = gpu.dispatches();
        extend(&mut gpu, cache, &[1]);
        let steps = gpu.dispatches() - before;
        println!("{}: {steps} steps for {} layers", family.name(), config.layers);
        assert!(steps <= 6 * config.layers as u64 + 4);
    }
}

#[test]
fn a_header_tells_what_the_weights_take() {
    for ty in [TensorType::Q4_0, TensorType::Q8_0, TensorType::Q5_0, TensorType::F16, TensorType::F32] {
        let config = small_config(Family::Llama, false);
        let file = model(&config, ty);
        assert_eq!(phonelm_gpu::weight_bytes(&file), gpu(&file).weight_bytes(), "{ty}");
    }
}

#[test]
fn the_shape_tells_what_buffers_take() {
    for (family, awkward) in [(Family::PhoneLm, false), (Family::Qwen3, true)] {
        let config = Config { context: 700, ..small_config(family, awkward) };
        let mut gpu = gpu(&model(&config, TensorType::Q4_0));
        let told = phonelm_gpu::scratch_bytes(&config, config.context);
        let cache = gpu.create();
        let mut take = |tokens: usize| {
            let input = Input::Tokens(&[1; 700][..tokens]);
            gpu.forward_best(&[Segment { cache, input, logits: LogitsFor::Last }], 1).unwrap();
            gpu.scratch_bytes()
        };
        // A large batch and a small one, then a draft of which each row is looked at.
        assert!(take(1) < told);
        take(691);
        let taken = take(8);
        // Each of the buffers is a multiple of 16 bytes.
        assert!((told..told + 14 * 16).contains(&taken), "{told} told, {taken} taken");
        println!("{taken} bytes");
    }
}

#[test]
fn a_full_pool_is_told_and_costs_nothing() {
    let config = Config { context: 4000, ..small_config(Family::Llama, false) };
    let file = model(&config, TensorType::Q4_0);
    let options = GpuOptions { max_binding: Some(200_000), ..GpuOptions::default() };
    let mut gpu = GpuExecutor::new(file, &options).unwrap();
    // A block takes 32 KB in each layer, so that a binding holds six.
    let cache = gpu.create();
    extend(&mut gpu, cache, &[1; 70]);
    let held = gpu.cache_bytes();
    let tokens = text(400, config.vocab);
    let segment = Segment { cache, input: Input::Tokens(&tokens), logits: LogitsFor::None };
    assert!(matches!(gpu.forward(&[segment]), Err(ExecutorError::OutOfMemory { .. })));
    assert_eq!((gpu.len(cache), gpu.cache_bytes()), (Ok(70), held));
    extend(&mut gpu, cache, &tokens[..300]);
}
