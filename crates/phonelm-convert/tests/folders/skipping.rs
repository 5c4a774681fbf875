//! Neurons that ReLU leaves at zero: skipping them changes no logit.

use std::ops::ControlFlow;

use phonelm_convert::{Layout, random_model, repack, silence};
use phonelm_gguf::{Gguf, TensorType};
use phonelm_kernels::{CpuExecutor, CpuOptions, Memory, choose};
use phonelm_model::{
    Activation, Config, Executor, Family, Input, LogitsFor, Mapping, ModelFile, Rope, RopeLayout, Segment,
};

/// A model of whose neurons a share stays at zero.
fn model(activation: Activation, zeros: f64) -> ModelFile {
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
    let mut file = random_model(&config, TensorType::Q4_0, 3).unwrap();
    silence(&mut file, zeros).unwrap();
    // What the neurons give must reach the logits.
    let gguf = Gguf::parse(&file).unwrap();
    for tensor in gguf.tensors().iter().filter(|tensor| tensor.name.ends_with("ffn_down.weight")) {
        let blocks = file[tensor.range.start as usize..tensor.range.end as usize].chunks_exact_mut(18);
        blocks.enumerate().for_each(|(i, block)| block[..2].copy_from_slice(&[(i * 37 % 251) as u8, 0x0c]));
    }
    ModelFile::new(Mapping::from_vec(file)).unwrap()
}

/// The same model in the packed layout.
fn packed(file: &ModelFile) -> ModelFile {
    let dir = tempfile::TempDir::new().unwrap();
    let [source, out] = ["standard.gguf", "packed.gguf"].map(|name| dir.path().join(name));
    std::fs::write(&source, file.bytes()).unwrap();
    let relay = |from, to, layout| repack(from, to, layout, &mut |_| ControlFlow::Continue(())).unwrap();
    let report = relay(&source, &out, Layout::Packed);
    let relu = file.config().activation == Activation::Relu;
    for ty in ["q4_0_rows", "q4_0_columns"] {
        assert_eq!(report.tensors.get(ty).copied().unwrap_or(0), if relu { file.config().layers } else { 0 });
    }
    relay(&out, &source, Layout::Standard);
    assert!(std::fs::read(&source).unwrap() == file.bytes(), "back again");
    ModelFile::open(&out).unwrap()
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
    for (activation, zeros) in [(Activation::Relu, 0.2), (Activation::Relu, 0.8), (Activation::Silu, 0.8)] {
        let file = model(activation, zeros);
        let packed = packed(&file);
        let expected = logits(&file, true, 24);
        for at_once in [1, 2, 3, 8, 24] {
            for (file, dense) in [(&file, false), (&packed, false), (&packed, true)] {
                let found = logits(file, dense, at_once);
                assert!(found == expected, "{activation:?}, {zeros} zeros, {at_once} at once, dense {dense}");
            }
        }
    }
}

#[test]
fn a_token_reads_less_where_neurons_are_skipped() {
    for (zeros, pays) in [(0.2, false), (0.8, choose().unwrap().skips())] {
        let standard = model(Activation::Relu, zeros);
        for file in [&standard, &packed(&standard)] {
            let read = |dense| {
                let mut executor =
                    CpuExecutor::new(file.clone(), &CpuOptions { dense, ..CpuOptions::default() }).unwrap();
                let cache = executor.create();
                executor.forward(&[Segment { cache, input: Input::Tokens(&[5]), logits: LogitsFor::None }]).unwrap();
                executor.bytes_per_token(1)
            };
            assert_eq!(read(false) < read(true), pays, "{zeros} zeros");
        }
    }
}
