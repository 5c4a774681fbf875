//! Model files whose tensors lie at odd places give the bits of well aligned ones.

#![allow(clippy::unwrap_used)]

use phonelm_gguf::{Gguf, Writer};
use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::{Mapping, ModelFile};
use phonelm_tests::{golden, logits};

/// The same file with its tensors one behind the other, the first at an offset `odd` above a multiple of 64.
fn moved(file: &[u8], odd: u64) -> Vec<u8> {
    let gguf = Gguf::parse(file).unwrap();
    let written = |blanks: u64| {
        let mut writer = Writer::new();
        for (key, value) in gguf.metadata().iter() {
            writer.set(key, value.clone());
        }
        writer.alignment(1).set("blanks", " ".repeat(blanks as usize));
        for tensor in gguf.tensors() {
            writer.tensor(&tensor.name, &tensor.shape, tensor.ty);
        }
        let mut body = writer.start(Vec::new()).unwrap();
        for tensor in gguf.tensors() {
            body.tensor(tensor.bytes(file).unwrap()).unwrap();
        }
        body.finish().unwrap()
    };
    let start = Gguf::parse(&written(0)).unwrap().data_start();
    written((64 + odd - start % 64) % 64)
}

fn logits_of(file: Vec<u8>) -> Vec<f32> {
    let file = ModelFile::new(Mapping::from_vec(file)).unwrap();
    let mut executor = CpuExecutor::new(file, &CpuOptions { threads: Some(2), ..CpuOptions::default() }).unwrap();
    logits(&mut executor, &[1, 2, 3])
}

#[test]
fn tensors_may_lie_anywhere() {
    for name in ["llama-freqs-f16", "llama-spm-q4_k_m", "qwen2-q5_0", "qwen3-bf16", "qwen3-q4_1"] {
        let file = std::fs::read(golden(format!("gguf/{name}.gguf"))).unwrap();
        let expected = logits_of(file.clone());
        for odd in [1, 2, 6] {
            let moved = moved(&file, odd);
            assert_eq!(Gguf::parse(&moved).unwrap().data_start() % 64, odd);
            assert_eq!(logits_of(moved), expected, "{name}, {odd}");
        }
    }
}
