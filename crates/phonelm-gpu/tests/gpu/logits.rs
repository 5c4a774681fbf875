//! Logits of every family and shape lie as close to exact ones as the CPU's.

use phonelm_convert::random_model;
use phonelm_gguf::{Gguf, TensorType, Writer};
use phonelm_gpu::shaders::Arithmetic;
use phonelm_gpu::{GpuExecutor, GpuOptions};
use phonelm_kernels::KvType;
use phonelm_kernels::blocks::dequantize;
use phonelm_model::{Config, Executor, Family, Mapping, ModelFile};
use phonelm_tests::{distance, extend, golden, logits, read_npy, read_tokens, small_config};

use crate::common::{KV_TYPES, cpu, gpu, gpu_with, model, text};

/// The same model with every quantised weight as the f32 that it stands for.
fn exact(bytes: &[u8]) -> ModelFile {
    let gguf = Gguf::parse(bytes).unwrap();
    let mut writer = Writer::new();
    for (key, value) in gguf.metadata().iter() {
        writer.set(key, value.clone());
    }
    for tensor in gguf.tensors() {
        writer.tensor(&tensor.name, &tensor.shape, TensorType::F32);
    }
    let mut body = writer.start(Vec::new()).unwrap();
    for tensor in gguf.tensors() {
        let mut values = vec![0.0; tensor.shape.iter().product::<u64>() as usize];
        dequantize(tensor.ty, tensor.bytes(bytes).unwrap(), &mut values).unwrap();
        body.tensor(&values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>()).unwrap();
    }
    ModelFile::new(Mapping::from_vec(body.finish().unwrap())).unwrap()
}

/// Holds the GPU's logits of a text, computed at once and then token by token, against exact ones, and against the CPU's
/// distance from them.
fn check(name: &str, config: &Config, ty: TensorType, options: &GpuOptions) -> Result<(), String> {
    let bytes = random_model(config, ty, 7).unwrap();
    let reference = exact(&bytes);
    let file = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
    let tokens = text(70, config.vocab);
    let expected = logits(&mut cpu(&reference, KvType::F32), &tokens);
    let of_cpu = distance(&logits(&mut cpu(&file, options.kv), &tokens), &expected);
    let mut gpu = GpuExecutor::new(file, options).unwrap();
    let at_once = distance(&logits(&mut gpu, &tokens), &expected);
    let cache = gpu.create();
    extend(&mut gpu, cache, &tokens[..63]);
    // One by one over the end of a block, then three at once.
    let mut found: Vec<f32> = tokens[63..67].iter().flat_map(|token| extend(&mut gpu, cache, &[*token])).collect();
    found.extend(extend(&mut gpu, cache, &tokens[67..]));
    let one_by_one = distance(&found, &expected[63 * config.vocab..]);
    println!("{name} as {ty}: {at_once:.1e} at once, {one_by_one:.1e} one by one, CPU {of_cpu:.1e}");
    let limit = match options.kv {
        // Rounded keys and values are what is farthest from exact, here as there.
        KvType::Q8_0 => of_cpu.min(2e-2),
        // Below a thousandth of the limit, rounding in another order is all there is.
        _ => (2.0 * of_cpu).clamp(1e-5, 1e-2),
    };
    if at_once <= limit && one_by_one <= limit { Ok(()) } else { Err(format!("{name} as {ty}: above {limit:.1e}")) }
}

fn check_all(cases: impl IntoIterator<Item = (String, Config, TensorType, GpuOptions)>) {
    let failures: Vec<String> =
        cases.into_iter().filter_map(|(name, config, ty, options)| check(&name, &config, ty, &options).err()).collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn every_family() {
    check_all(Family::ALL.into_iter().flat_map(|family| {
        [false, true].map(|awkward| {
            let name = format!("{}{}", family.name(), if awkward { ", awkward" } else { "" });
            (name, small_config(family, awkward), TensorType::Q4_0, GpuOptions::default())
        })
    }));
}

#[test]
fn every_weight_type() {
    let types =
        [TensorType::F32, TensorType::F16, TensorType::BF16, TensorType::Q8_0, TensorType::Q4_1, TensorType::Q5_0];
    check_all(
        types.into_iter().map(|ty| ("qwen3".to_owned(), small_config(Family::Qwen3, false), ty, GpuOptions::default())),
    );
}

#[test]
fn odd_shapes() {
    let base = small_config(Family::Llama, false);
    let shapes = [
        ("heads of 160", Config { hidden: 320, heads: 2, kv_heads: 2, head_dim: 160, ..base.clone() }),
        ("heads of 64", Config { hidden: 192, heads: 3, kv_heads: 1, head_dim: 64, ..base.clone() }),
        ("heads of 6", Config { heads: 5, kv_heads: 5, head_dim: 6, vocab: 97, ..base.clone() }),
        ("rows for all threads", Config { hidden: 32, ffn: 4200, ..base.clone() }),
        ("more outputs than threads", Config { hidden: 32, vocab: 24_000, ..base.clone() }),
        ("odd rows", Config { hidden: 96, ffn: 101, vocab: 131, tied: false, ..base.clone() }),
    ];
    check_all(shapes.map(|(name, config)| (name.to_owned(), config, TensorType::Q4_0, GpuOptions::default())));
}

#[test]
fn keys_and_values_as_bytes() {
    let bytes = GpuOptions { kv: KvType::Q8_0, ..GpuOptions::default() };
    let plain = GpuOptions { arithmetic: Some(Arithmetic::Single), ..bytes.clone() };
    let of = |family, head_dim| Config { head_dim, ..small_config(family, true) };
    let cases = [
        ("heads of 160", of(Family::PhoneLm, 160), TensorType::Q4_0, &bytes),
        ("heads of 32", of(Family::Llama, 32), TensorType::F16, &bytes),
        ("heads of 64", of(Family::Qwen2, 64), TensorType::F32, &bytes),
        ("plain, heads of 96", of(Family::Qwen3, 96), TensorType::Q8_0, &plain),
    ];
    check_all(cases.map(|(name, config, ty, options)| (name.to_owned(), config, ty, options.clone())));
}

#[test]
fn without_subgroups() {
    let options = GpuOptions { arithmetic: Some(Arithmetic::Single), ..GpuOptions::default() };
    let config = small_config(Family::Qwen3, true);
    check_all([TensorType::Q4_0, TensorType::F16].map(|ty| ("plain".to_owned(), config.clone(), ty, options.clone())));
}

#[test]
fn without_units_for_matrices() {
    let options = GpuOptions { arithmetic: Some(Arithmetic::Half), ..GpuOptions::default() };
    let config = small_config(Family::PhoneLm, true);
    check_all([TensorType::Q4_0, TensorType::Q8_0].map(|ty| ("half".to_owned(), config.clone(), ty, options.clone())));
}

#[test]
fn matrices_larger_than_a_binding_are_split() {
    // 64 rows of logits fit, the whole head does not.
    let config = Config { hidden: 256, vocab: 2000, ..small_config(Family::Qwen2, false) };
    let options = GpuOptions { max_binding: Some(600_000), ..GpuOptions::default() };
    check_all([TensorType::F16, TensorType::F32].map(|ty| ("split".to_owned(), config.clone(), ty, options.clone())));
}

#[test]
fn files_made_elsewhere() {
    let mut failures = Vec::new();
    let cases = [
        ("llama-freqs-f16", "llama-freqs"),
        ("llama-freqs-q4_0", "llama-freqs"),
        ("llama-spm-q4_k_m", "llama-spm"),
        ("llama-spm-q5_k", "llama-spm"),
        ("qwen2-q5_1", "qwen2"),
        ("qwen3-bf16", "qwen3"),
        ("qwen3-q4_1", "qwen3"),
    ];
    for (name, tokens) in cases {
        let path = golden(format!("gguf/{name}.gguf"));
        let tokens = read_tokens(&path.with_file_name(format!("{tokens}.tokens.json")));
        let (expected, _) = read_npy(&path.with_extension("exact.npy"));
        let file = ModelFile::open(&path).unwrap();
        let of_cpu = distance(&logits(&mut cpu(&file, KvType::F16), &tokens), &expected);
        let of_gpu = distance(&logits(&mut gpu(&file), &tokens), &expected);
        println!("{name}: GPU {of_gpu:.1e}, CPU {of_cpu:.1e} from exact");
        if of_gpu.is_nan() || of_gpu > (2.0 * of_cpu).min(1e-2) {
            failures.push(name);
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn a_weight_beyond_f16_keeps_its_size() {
    let config = small_config(Family::Llama, false);
    let mut bytes = random_model(&config, TensorType::BF16, 7).unwrap();
    let row = Gguf::parse(&bytes).unwrap().tensor("blk.0.ffn_down.weight").unwrap().range.start as usize;
    // 2^20 as bf16.
    bytes[row..row + 2].copy_from_slice(&[0x80, 0x49]);
    let file = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
    let tokens = text(20, config.vocab);
    let apart = distance(&logits(&mut gpu(&file), &tokens), &logits(&mut cpu(&file, KvType::F16), &tokens));
    assert!(apart < 1e-3, "{apart}");
}

#[test]
fn long_texts_are_shared_by_workgroups() {
    let config = Config { context: 2000, head_dim: 64, ..small_config(Family::Qwen3, true) };
    let file = model(&config, TensorType::F16);
    let tokens = text(1300, config.vocab);
    // The CPU rounds queries too where keys are bytes.
    for (kv, limit) in KV_TYPES.into_iter().zip([2e-3, 1e-2]) {
        let (mut gpu, mut cpu) = (gpu_with(&file, kv), cpu(&file, kv));
        // More than a batch, and than a chunk of many rows.
        let begin = &tokens[..520];
        let first = distance(&logits(&mut gpu, begin), &logits(&mut cpu, begin));
        // The CPU is done sooner with what comes before.
        let b = cpu.create();
        extend(&mut cpu, b, &tokens[..1230]);
        let a = gpu.import(&cpu.export(b).unwrap()).unwrap();
        let prefill = distance(&extend(&mut gpu, a, &tokens[1230..]), &extend(&mut cpu, b, &tokens[1230..]));
        let decode = distance(&extend(&mut gpu, a, &[3]), &extend(&mut cpu, b, &[3]));
        println!("{first:.1e} and {prefill:.1e} in prefill, {decode:.1e} in decode");
        assert!(first < limit && prefill < limit && decode < limit);
    }
}
