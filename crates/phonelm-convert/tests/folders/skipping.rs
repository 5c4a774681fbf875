//! Neurons that ReLU leaves at zero: skipping them changes no logit.

use phonelm_convert::random_model;
use phonelm_gguf::TensorType;
use phonelm_kernels::{CpuExecutor, CpuOptions, Memory, choose};
use phonelm_model::{
    Activation, Config, Executor, Family, Input, LogitsFor, Mapping, ModelFile, Rope, RopeLayout, Segment,
};

fn model(activation: Activation) -> ModelFile {
    let config = Config {
        family: Family::PhoneLm,
        context: 64,
        hidden: 256,
        layers: 2,
        heads: 4,
        kv_heads: 4,
        head_dim: 64,
        ffn: 416,
        vocab: 96,
        norm_eps: 1e-6,
        rope: Rope { base: 10_000.0, layout: RopeLayout::Halves, linear_factor: 1.0, factors: None, int8: true },
        activation,
        qkv_bias: false,
        qk_norm: false,
        tied: true,
    };
    ModelFile::new(Mapping::from_vec(random_model(&config, TensorType::Q4_0, 3).unwrap())).unwrap()
}

/// Logits of 24 tokens, passed on so many at a time.
fn logits(file: &ModelFile, dense: bool, at_once: usize) -> Vec<f32> {
    let options = CpuOptions { dense, threads: Some(2), ..CpuOptions::default() };
    let mut executor = CpuExecutor::new(file.clone(), &options).unwrap();
    let memory = Memory::of(file, &options, 64).unwrap();
    assert_eq!(memory.weights, executor.weight_bytes() as u64);
    let cache = executor.create();
    let tokens: Vec<u32> = (0..24).map(|i| i * 37 % 96).collect();
    let pass = |tokens: &[u32]| {
        executor.forward(&[Segment { cache, input: Input::Tokens(tokens), logits: LogitsFor::All }]).unwrap().values
    };
    tokens.chunks(at_once).flat_map(pass).collect()
}

#[test]
fn skipping_changes_no_logit() {
    for activation in [Activation::Relu, Activation::Silu] {
        let file = model(activation);
        let expected = logits(&file, true, 24);
        for at_once in [1, 2, 3, 8, 24] {
            assert!(logits(&file, false, at_once) == expected, "{activation:?}, {at_once} at once");
        }
    }
}

#[test]
fn a_token_reads_less_where_neurons_are_skipped() {
    let file = model(Activation::Relu);
    let read = |dense| {
        let mut executor = CpuExecutor::new(file.clone(), &CpuOptions { dense, ..CpuOptions::default() }).unwrap();
        let cache = executor.create();
        executor.forward(&[Segment { cache, input: Input::Tokens(&[5]), logits: LogitsFor::None }]).unwrap();
        executor.bytes_per_token(1)
    };
    assert_eq!(read(false) < read(true), choose().unwrap().skips());
}
